//! Methods of the caller's.

use super::ends::{Asked, Asking, BUILT_IN, packet};
use pptp_mppe::{Side, StartKeys};
use pptp_ppp::DownReason;
use pptp_ppp::auth::eap::{EapAnswer, EapError, Step};
use pptp_ppp::auth::{Discard, Methods};

fn msk() -> [u8; 64] {
    core::array::from_fn(|at| u8::try_from(at).unwrap())
}

impl Asked {
    fn answer_with(&mut self, answer: &EapAnswer<'_>) -> Result<Step, EapError> {
        let count = self.peer.passed().map_or(1, |it| it.0);
        self.peer.take_answer(self.now, count, answer)
    }
}

impl Asking {
    fn answer_with(&mut self, answer: &EapAnswer<'_>) -> Result<Step, EapError> {
        self.authenticator
            .take_answer(self.now, answer, &mut self.random)
    }
}

fn tls(methods: Methods) -> (Asked, Vec<u8>) {
    let mut asked = Asked::new(methods);
    asked.ask(1, &[1]);
    let request = packet(1, 2, &[13, 0x20]);
    assert_eq!(asked.take(&request), Ok(Step::Passed));
    assert_eq!(asked.says(), None);
    assert_eq!(asked.peer.passed(), Some((1, &request[..])));
    (asked, request)
}

#[test]
fn a_request_goes_to_the_caller_and_its_answer_back() {
    let (mut asked, request) = tls(BUILT_IN | Methods::EAP);
    // Once, whatever comes in between.
    assert_eq!(asked.take(&request), Err(Discard::Unexpected));
    let response = packet(2, 2, &[&[13, 0][..], &[7; 1400]].concat());
    assert_eq!(
        asked.answer_with(&EapAnswer::Reply(&response)),
        Ok(Step::Nothing)
    );
    assert_eq!(asked.says().unwrap(), response);
    // Again when it is asked again, without the caller.
    assert_eq!(asked.take(&request), Ok(Step::Nothing));
    assert_eq!(asked.says().unwrap(), response);
    assert_eq!(asked.peer.passed(), None);
    // It has begun: there is no other (RFC 3748 §2.1).
    assert_eq!(asked.refuses(3, &[4, 1, 1]), Discard::Unexpected);
    assert_eq!(asked.refuses(3, &[25, 0x20]), Discard::Unexpected);
    // Without a word of the caller's there is no success.
    assert_eq!(asked.success(2), Err(Discard::Unexpected));
    let keys = StartKeys::from_msk(&msk(), Side::Client);
    assert_eq!(
        asked.answer_with(&EapAnswer::Keys(Some(keys.clone()))),
        Ok(Step::Nothing)
    );
    assert_eq!(asked.peer.keys(), None);
    assert_eq!(asked.success(2), Ok(Step::Done));
    assert_eq!(asked.peer.keys(), Some(&keys));
}

/// RFC 5216 §2.3, RFC 3079 §4: the client sends with the first half.
#[test]
fn the_keys_of_an_msk_are_the_fronts_of_its_halves() {
    let key =
        |from: usize| pptp_mppe::StartKey::from_bytes(msk()[from..from + 16].try_into().unwrap());
    let client = StartKeys::from_msk(&msk(), Side::Client);
    assert_eq!((&client.send, &client.receive), (&key(0), &key(32)));
    let server = StartKeys::from_msk(&msk(), Side::Server);
    assert_eq!((server.send, server.receive), (client.receive, client.send));
}

#[test]
fn what_is_built_in_and_may_not_be_used_is_for_the_caller_too() {
    let mut asked = Asked::new(Methods::EAP_MS_CHAP_V2 | Methods::EAP);
    let request = packet(1, 1, &[4, 1, 1]);
    assert_eq!(asked.take(&request), Ok(Step::Passed));
    // A Nak of its own names what it has.
    let nak = packet(2, 1, &[3, 13, 26]);
    asked.answer_with(&EapAnswer::Reply(&nak)).unwrap();
    assert_eq!(asked.says().unwrap(), nak);
    // Or it leaves that to us.
    let request = packet(1, 2, &[21, 0x20]);
    assert_eq!(asked.take(&request), Ok(Step::Passed));
    asked.answer_with(&EapAnswer::Decline).unwrap();
    assert_eq!(asked.says().unwrap(), packet(2, 2, &[3, 26]));
    assert_eq!(asked.success(2), Err(Discard::Unexpected));
}

#[test]
fn without_leave_or_room_nothing_goes_to_the_caller() {
    let mut asked = Asked::new(BUILT_IN);
    assert_eq!(asked.ask(1, &[13, 0x20]), [3, 26, 4]);
    let mut asked = Asked::new(BUILT_IN | Methods::EAP);
    let long = [&[13, 0][..], &[0; 1495]].concat();
    assert_eq!(asked.refuses(1, &long), Discard::TooLong { max: 1500 });
    assert_eq!(
        asked.take(&packet(1, 1, &long[..1496])),
        Ok(Step::Passed),
        "as long as there is room"
    );
}

#[test]
fn an_answer_that_does_not_fit_is_not_taken() {
    let (mut asked, _) = tls(Methods::EAP);
    let long = packet(2, 2, &[&[13][..], &[0; 1496]].concat());
    for (answer, error) in [
        (packet(1, 2, &[13, 0]), EapError::Unsuitable),
        (packet(3, 2, &[]), EapError::Unsuitable),
        (packet(2, 3, &[13, 0]), EapError::Unsuitable),
        (packet(2, 2, &[25, 0]), EapError::Unsuitable),
        (long, EapError::TooLong { max: 1500 }),
    ] {
        assert_eq!(asked.answer_with(&EapAnswer::Reply(&answer)), Err(error));
        assert_eq!(asked.says(), None);
    }
    let broken = asked.answer_with(&EapAnswer::Reply(&[2, 2, 0, 9, 13]));
    assert!(matches!(broken, Err(EapError::Malformed(_))));
    let late = asked.peer.take_answer(asked.now, 7, &EapAnswer::Decline);
    assert_eq!(late, Err(EapError::NotWanted));
    assert!(asked.peer.passed().is_some());
}

#[test]
fn a_server_that_is_not_trusted_lets_nobody_in() {
    for after in [true, false] {
        let (mut asked, _) = tls(Methods::EAP);
        let alert = packet(2, 2, &[13, 0, 21, 3, 3]);
        if after {
            asked.answer_with(&EapAnswer::Reply(&alert)).unwrap();
        }
        asked.answer_with(&EapAnswer::Distrust).unwrap();
        if !after {
            asked.answer_with(&EapAnswer::Reply(&alert)).unwrap();
        }
        assert_eq!(asked.says().unwrap(), alert);
        let late = asked.answer_with(&EapAnswer::Keys(None));
        assert_eq!(late, Ok(Step::Nothing));
        assert_eq!(asked.success(2), Err(Discard::Unexpected));
        let failed = Step::Failed(DownReason::PeerNotTrusted);
        if after {
            assert_eq!(asked.failure(2), Ok(failed));
        } else {
            let until = asked.peer.next_timeout().unwrap();
            assert_eq!(asked.peer.handle_timeout(until), failed);
        }
    }
}

/// As a RADIUS server behind it does.
#[test]
fn an_authenticator_passes_everything_on() {
    let mut asking = Asking::new(Methods::EAP);
    let (identifier, data) = asking.asks();
    assert_eq!(data, [1]);
    let identity = packet(2, identifier, b"\x01alice");
    assert_eq!(asking.take(&identity), Ok(Step::Passed));
    assert_eq!(asking.authenticator.passed(), Some(&identity[..]));
    assert_eq!(asking.wait(), None, "the caller has all the time it wants");
    let request = packet(1, 0x90, &[&[13][..], &[0x20; 1400]].concat());
    asking.answer_with(&EapAnswer::Reply(&request)).unwrap();
    assert_eq!(asking.says().unwrap().0, request);
    // Sent again by us.
    assert_eq!(asking.wait(), Some(Step::Nothing));
    assert_eq!(asking.says().unwrap().0, request);
    assert_eq!(
        asking.answer(identifier, b"\x01alice"),
        Err(Discard::WrongIdentifier)
    );
    // Whatever it is, a Nak too.
    assert_eq!(asking.answer(0x90, &[3, 26]), Ok(Step::Passed));
    for wrong in [
        packet(3, 0x91, &[]),
        packet(4, 0x8f, &[]),
        packet(2, 0x90, &[13]),
    ] {
        let taken = asking.answer_with(&EapAnswer::Reply(&wrong));
        assert_eq!(taken, Err(EapError::Unsuitable));
    }
    let keys = StartKeys::from_msk(&msk(), Side::Server);
    asking
        .answer_with(&EapAnswer::Keys(Some(keys.clone())))
        .unwrap();
    let success = packet(3, 0x90, &[]);
    assert_eq!(
        asking.answer_with(&EapAnswer::Reply(&success)),
        Ok(Step::Done)
    );
    assert_eq!(asking.says().unwrap(), (success, Step::Nothing));
    assert_eq!(asking.authenticator.keys(), Some(&keys));
    let late = asking.answer_with(&EapAnswer::Keys(None));
    assert_eq!(late, Err(EapError::NotWanted));
}

#[test]
fn a_callers_failure_ends_it() {
    let mut asking = Asking::identified(Methods::EAP, b"alice");
    let identifier = asking.authenticator.passed().unwrap()[1];
    let failure = packet(4, identifier, &[]);
    asking.answer_with(&EapAnswer::Reply(&failure)).unwrap();
    let failed = Step::Failed(DownReason::PeerRejected);
    assert_eq!(asking.says(), Some((failure, failed)));
}

#[test]
fn what_the_caller_declines_goes_on_built_in() {
    let mut asking = Asking::identified(BUILT_IN | Methods::EAP, b"alice");
    asking.answer_with(&EapAnswer::Decline).unwrap();
    assert_eq!(asking.asks().1[0], 26);
    // After a Nak, what it names.
    let mut asking = Asking::identified(BUILT_IN | Methods::EAP, b"alice");
    let start = packet(1, 0x30, &[13, 0x20]);
    asking.answer_with(&EapAnswer::Reply(&start)).unwrap();
    asking.says();
    assert_eq!(asking.answer(0x30, &[3, 25, 4]), Ok(Step::Passed));
    asking.answer_with(&EapAnswer::Decline).unwrap();
    let (identifier, data) = asking.asks();
    assert_eq!((identifier, data[0]), (0x31, 4));
    // In the midst of a method there is nothing to decline.
    let mut asking = Asking::identified(BUILT_IN | Methods::EAP, b"alice");
    asking.answer_with(&EapAnswer::Reply(&start)).unwrap();
    asking.says();
    assert_eq!(asking.answer(0x30, &[13, 0]), Ok(Step::Passed));
    let declined = asking.answer_with(&EapAnswer::Decline);
    assert_eq!(declined, Err(EapError::NotWanted));
    // With nothing built in that may be used, that is the end.
    let mut asking = Asking::identified(Methods::EAP, b"alice");
    asking.answer_with(&EapAnswer::Decline).unwrap();
    assert_eq!(asking.says().unwrap().0[0], 4);
}
