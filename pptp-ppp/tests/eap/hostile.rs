//! What is sent to do harm.

use super::ends::{Asked, Asking, BUILT_IN, alice, converse, packet};
use pptp_ppp::auth::eap::{Peer, Step};
use pptp_ppp::auth::{Credentials, Discard, Methods, Verdict};
use pptp_ppp::wire::mschapv2::ErrorCode;
use pptp_ppp::{DownReason, Instant};

fn value(kind: &[u8], size: u8, octets: usize) -> Vec<u8> {
    [kind, &[size], &vec![0x41; octets]].concat()
}

/// CVE-2020-8597: lengths of values and names, in both roles, right and wrong.
#[test]
fn cve_2020_8597_lengths_lie() {
    for size in 0..=255 {
        for octets in [0, 1, 15, 16, 17, 254, 255, 256, 1024, 1400] {
            let mut asked = Asked::new(Methods::EAP_MD5);
            let taken = asked.take(&packet(1, 1, &value(&[4], size, octets)));
            let fits = size > 0 && usize::from(size) <= octets;
            assert_eq!(taken.is_ok(), fits, "{size} of {octets}");
            assert_eq!(asked.says().is_some(), fits);

            let mut asking = Asking::identified(Methods::EAP_MD5, b"alice");
            let (identifier, _) = asking.asks();
            let taken = asking.answer(identifier, &value(&[4], size, octets));
            assert_eq!(taken.is_ok(), size == 16 && octets >= 16);

            let header = [26, 1, 9, 0xff, 0xff];
            let mut asked = Asked::new(BUILT_IN);
            let taken = asked.take(&packet(1, 1, &value(&header, size, octets)));
            assert_eq!(taken.is_ok(), size == 16 && octets >= 16);
        }
    }
    // Every packet that ends too early, and every Length that says more than there is.
    let whole = packet(1, 1, &value(&[4], 16, 20));
    for len in 0..whole.len() {
        let mut asked = Asked::new(BUILT_IN);
        assert!(asked.take(&whole[..len]).is_err());
        assert_eq!(asked.says(), None);
    }
}

/// The names at their limits: nothing, and 256 octets; with one more it is dropped.
#[test]
fn names_empty_and_of_256_octets() {
    for len in [0, 1, 255, 256] {
        let name = "n".repeat(len);
        for methods in [Methods::EAP_MD5, Methods::EAP_MS_CHAP_V2] {
            let (mut asked, mut asking) = (Asked::new(methods), Asking::new(methods));
            asked.who = Credentials::new(&name, "wonderland").unwrap();
            let steps = converse(&mut asked, &mut asking, &Verdict::Password("wonderland"));
            let expected = [Step::Requested, Step::Done, Step::Done];
            assert_eq!(steps, expected, "{len} {methods:?}");
        }
    }
    let mut asking = Asking::new(BUILT_IN);
    let (identifier, _) = asking.asks();
    let long = [&[1][..], &[b'n'; 257]].concat();
    assert!(matches!(
        asking.answer(identifier, &long),
        Err(Discard::NameTooLong(_))
    ));
    // The authenticator's name may be as long as it likes.
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(1, &value(&[4], 16, 1300));
}

/// Our own challenge is not answered: the answer would let somebody in here.
#[test]
fn reflection_is_not_answered() {
    for (methods, header) in [
        (Methods::EAP_MD5, &[4, 16][..]),
        (Methods::EAP_MS_CHAP_V2, &[26, 1, 1, 0, 21, 16]),
    ] {
        let mut asking = Asking::identified(methods, b"alice");
        asking.asks();
        let challenge = *asking.authenticator.challenge_value().unwrap();
        let mut asked = Asked::new(methods);
        asked.own_challenge = Some(challenge.to_vec());
        let reflected = [header, &challenge].concat();
        assert_eq!(asked.refuses(4, &reflected), Discard::OwnChallenge);
        asked.own_challenge = None;
        asked.ask(4, &reflected);
    }
}

/// A Failure of MSCHAPv2 whose challenge is our own allows no other try.
#[test]
fn reflection_by_a_failure_is_not_answered() {
    let mut asked = Asked::new(BUILT_IN);
    asked.own_challenge = Some(vec![0xab; 16]);
    asked.ask(1, &value(&[26, 1, 5, 0, 21], 16, 16));
    let text = format!("E=691 R=1 C={} V=3", "AB".repeat(16));
    let failure = [&[26, 4, 5, 0, 0], text.as_bytes()].concat();
    assert_eq!(asked.take(&packet(1, 2, &failure)), Ok(Step::Nothing));
    assert!(asked.peer.wanted().is_none());
    assert_eq!(asked.says().unwrap()[4..], [26, 4]);
}

/// An endless stream of Notifications is answered, and ends it no later.
#[test]
fn a_notification_storm_buys_no_time() {
    let mut asked = Asked::new(BUILT_IN);
    let until = asked.peer.next_timeout();
    for count in 0..2000_u16 {
        let [_, identifier] = count.to_be_bytes();
        asked.now = Instant::from_millis(1000 + u64::from(count));
        let taken = asked.take(&packet(1, identifier, b"\x02hold the line"));
        assert_eq!(taken, Ok(Step::Notified));
        assert_eq!(asked.says().unwrap().len(), 5);
        assert_eq!(asked.peer.next_timeout(), until);
    }
    let failed = Step::Failed(DownReason::AuthenticationTimeout);
    assert_eq!(asked.peer.handle_timeout(until.unwrap()), failed);
}

/// Requests without end, of every type: none buys time either.
#[test]
fn a_storm_of_requests_buys_no_time() {
    let mut asked = Asked::new(BUILT_IN);
    let until = asked.peer.next_timeout();
    for count in 0..2000_u16 {
        let [kind, identifier] = count.wrapping_mul(257).to_be_bytes();
        let _ = asked.take(&packet(1, identifier, &[kind, 1, 2, 3]));
        let _ = asked.says();
        assert_eq!(asked.peer.next_timeout(), until);
    }
    assert!(!asked.peer.is_authenticated());
}

/// A Failure that always allows another try: after a few there is none.
#[test]
fn a_retry_storm_comes_to_an_end() {
    let (mut asked, mut asking) = (Asked::new(BUILT_IN), Asking::new(BUILT_IN));
    let again = Verdict::Reject {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
        message: b"",
    };
    let mut tries = 0;
    loop {
        let steps = converse(&mut asked, &mut asking, &again);
        tries += 1;
        if !steps.iter().any(|it| matches!(it, Step::Wanted(_))) {
            let refused = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
            assert!(steps.contains(&Step::Failed(refused)), "{steps:?}");
            break;
        }
        let who = alice();
        asked
            .peer
            .retry(asked.now, &who, &mut asked.random)
            .unwrap();
        assert!(tries <= 6, "without end");
    }
    assert_eq!(tries, 5);
}

/// The same from an authenticator that is not ours and never stops.
#[test]
fn a_retry_storm_from_a_liar_comes_to_an_end() {
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(1, &value(&[26, 1, 5, 0, 21], 16, 16));
    let mut tries = 0;
    for identifier in 2..40 {
        let text = format!("E=691 R=1 C={identifier:032X} V=3 M=again");
        let failure = [&[26, 4, 5, 0, 0], text.as_bytes()].concat();
        match asked.take(&packet(1, identifier, &failure)) {
            Ok(Step::Wanted(_)) => tries += 1,
            other => {
                assert_eq!(other, Ok(Step::Nothing));
                assert_eq!(asked.says().unwrap()[4..], [26, 4]);
                break;
            }
        }
        let who = alice();
        asked
            .peer
            .retry(asked.now, &who, &mut asked.random)
            .unwrap();
        assert_eq!(asked.says().unwrap()[4..6], [26, 2]);
    }
    assert_eq!(tries, mschapv2_retries());
    let until = asked.peer.next_timeout().unwrap();
    assert_eq!(until, asked.now + Peer::FAILURE_TIMEOUT);
    let refused = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
    assert_eq!(asked.peer.handle_timeout(until), Step::Failed(refused));
}

fn mschapv2_retries() -> i32 {
    i32::from(pptp_ppp::auth::mschapv2::Peer::MAX_RETRIES)
}

/// A Challenge in the place of a verdict, which would get another proof out of us.
#[test]
fn a_second_challenge_is_not_answered() {
    let mut asked = Asked::new(BUILT_IN);
    asked.ask(1, &value(&[26, 1, 5, 0, 21], 16, 16));
    let mut other = value(&[26, 1, 6, 0, 21], 16, 16);
    other[9] = 0;
    assert_eq!(asked.refuses(2, &other), Discard::Unexpected);
}

/// A verdict before there was a Challenge, and messages of the other end.
#[test]
fn messages_of_mschapv2_out_of_turn_are_dropped() {
    for data in [
        &b"\x1a\x03\x05\x00\x2fS=0000000000000000000000000000000000000000"[..],
        b"\x1a\x04\x05\x00\x0aE=691",
        b"\x1a\x03",
        b"\x1a\x04",
    ] {
        let mut asked = Asked::new(BUILT_IN);
        asked.ask(1, &[1]);
        assert_eq!(asked.refuses(2, data), Discard::Unexpected);
        let mut asking = Asking::identified(BUILT_IN, b"alice");
        let (identifier, _) = asking.asks();
        assert_eq!(
            asking.answer(identifier, data),
            Err(Discard::Unexpected),
            "{data:?}"
        );
    }
    let mut asked = Asked::new(BUILT_IN);
    assert_eq!(asked.refuses(2, &[26, 9, 1, 0, 4]), Discard::UnknownCode(9));
}

/// A peer that says it believes us before it was let in, or answers a refusal as if it were none.
#[test]
fn an_acknowledgment_of_success_lets_nobody_in() {
    let (mut asked, mut asking) = (Asked::new(BUILT_IN), Asking::new(BUILT_IN));
    let refuse = Verdict::Reject {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
        message: b"",
    };
    converse(&mut asked, &mut asking, &refuse);
    let (said, _) = {
        asking.wait();
        asking.says().unwrap()
    };
    assert_eq!(asking.answer(said[1], &[26, 3]), Err(Discard::Unexpected));
    assert!(!asking.authenticator.is_authenticated());
    assert_eq!(asking.answer(said[1], &[26, 4]), Ok(Step::Nothing));
}
