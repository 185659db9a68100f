//! A server's last word that is lost, and a client that waits for it as pppd does: its Response is said once.

use super::common::script::{CCP, CHAP, IPCP};
use super::common::{End, Pair};
use super::*;
use pptp_ppp::wire::Frame;

const CHAP_METHODS: [Methods; 3] = [Methods::CHAP_MD5, Methods::MS_CHAP_V1, Methods::MS_CHAP_V2];

fn ends(methods: Methods) -> Pair<Every, Every> {
    let encrypts = Methods::MS_CHAP_V1 | Methods::MS_CHAP_V2;
    let policy = if encrypts.contains(methods) {
        mppe(Strengths::BITS_128)
    } else {
        NONE
    };
    pair(who(USER, methods), methods, policy)
}

/// The protocol and the code of a frame.
fn kind(frame: &[u8]) -> (u16, u8) {
    let frame = Frame::parse(frame).unwrap();
    (frame.protocol.0, frame.payload[0])
}

/// Has the ends find together while `pass` decides what gets through, for `seconds`. Gives when they were up.
fn find_together(
    pair: &mut Pair<Every, Every>,
    seconds: u64,
    mut pass: impl FnMut(End, (u16, u8)) -> bool,
) -> Option<Duration> {
    let start = pair.now;
    for _ in 0..seconds * 10 {
        let until = pair.now + Duration::from_millis(100);
        pair.run_with(until, |from, frame| pass(from, kind(frame)));
        if let Some(id) = pair.request.take() {
            let verdict = Verdict::Password(PASSWORD);
            pair.b.authorize(pair.now, id, &verdict, Grant::default());
        }
        if pair.is_up() {
            return Some(pair.now - start);
        }
    }
    None
}

/// As many Successes are lost as `lost` says, and whatever the client says of its own accord while it waits.
fn without(methods: Methods, lost: usize) -> (Pair<Every, Every>, Option<Duration>) {
    let mut pair = ends(methods);
    let (mut responses, mut successes) = (0, 0);
    let up = find_together(&mut pair, 40, |from, kind| match (from, kind) {
        (End::A, (CHAP, 2)) => {
            responses += 1;
            responses == 1
        }
        (End::B, (CHAP, 3)) => {
            successes += 1;
            successes > lost
        }
        // A client that is not let in yet is deaf to these.
        (End::B, (CCP | IPCP, _)) => successes > lost,
        _ => true,
    });
    (pair, up)
}

#[test]
fn a_lost_success_is_made_good_for_a_peer_that_asks_once() {
    for methods in CHAP_METHODS {
        for lost in 0..=5_usize {
            let (mut pair, up) = without(methods, lost);
            let up = up.unwrap_or_else(|| panic!("{methods:?} {lost}\n{}", pair.transcript()));
            let late = Duration::from_secs(3 * u64::try_from(lost).unwrap());
            assert!(
                up >= late && up < late + Duration::from_secs(3),
                "{methods:?} {lost} {up:?}"
            );
            assert!(passes(&mut pair), "{methods:?} {lost}");
        }
        // It comes so often, and then no more.
        let (pair, up) = without(methods, 6);
        assert_eq!(up, None, "{methods:?}");
        let mut told = said(&pair, End::B, CHAP);
        told.retain(|packet| packet[0] == 3);
        assert_eq!(told.len(), 6, "{methods:?}");
        told.dedup();
        assert_eq!(told.len(), 1, "always the same, {methods:?}");
    }
}

/// Once the client has gone on it is left alone.
#[test]
fn a_success_that_was_heard_is_not_told_again() {
    for methods in CHAP_METHODS {
        let mut pair = ends(methods);
        go(&mut pair);
        assert!(passes(&mut pair), "{methods:?}");
        // And as well after it has proved itself once more.
        assert!(pair.b.reauthenticate(pair.now));
        go(&mut pair);
        assert!(passes(&mut pair), "{methods:?}");
        let mut told = said(&pair, End::B, CHAP);
        told.retain(|packet| packet[0] == 3);
        assert_eq!(told.len(), 2, "{methods:?}");
    }
}

/// What the client says of encryption and addresses is lost for a while: it hears of its success several times.
#[test]
fn a_client_that_is_let_in_does_not_mind_to_hear_it_again() {
    for methods in CHAP_METHODS {
        let mut pair = ends(methods);
        let mut heard = 0;
        let up = find_together(&mut pair, 30, |from, kind| match (from, kind) {
            (End::A, (CCP | IPCP, _)) => heard > 3,
            (End::B, (CHAP, 3)) => {
                heard += 1;
                true
            }
            _ => true,
        });
        assert!(up.is_some(), "{methods:?}\n{}", pair.transcript());
        assert!(passes(&mut pair), "{methods:?}");
        assert!(heard > 3, "{methods:?}");
        let dropped = Discard::Authentication(pptp_ppp::auth::Discard::Unexpected);
        let again = pair.discards.iter().filter(|it| **it == (End::A, dropped));
        assert_eq!(again.count(), heard - 1, "{methods:?}");
    }
}
