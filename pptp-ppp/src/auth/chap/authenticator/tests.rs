use super::*;
use crate::auth::chap::tests::{Bytes, SESSIONS, Session, just_before, packet, seconds};
use crate::codec::ParseErrorKind;
use crate::mschap::NtHash;
use crate::mschap::vectors::{PPPD, WRONG_PASSWORD, unhex};
use std::boxed::Box;
use std::vec::Vec;

fn random(script: &[u8]) -> Random {
    Random::scripted(Box::leak(Box::<[u8]>::from(script)), [7; 32])
}

fn poll(authenticator: &mut Authenticator) -> Option<Bytes> {
    poll_as(authenticator, "")
}

fn poll_as(authenticator: &mut Authenticator, name: &str) -> Option<Bytes> {
    authenticator
        .poll_packet(name.as_bytes(), &mut [0; 400])
        .unwrap()
        .map(<[u8]>::to_vec)
}

/// An authenticator that has sent the Challenge of `session`, but for the identifier, which is ours: 1.
fn challenged(session: &Session) -> (Authenticator, Random) {
    let mut random = random(&session.vector.challenge());
    let mut authenticator = Authenticator::new();
    authenticator.challenge(seconds(0), &mut random);
    assert_eq!(
        poll_as(&mut authenticator, session.server).unwrap(),
        session.as_id(1).challenge()
    );
    (authenticator, random)
}

fn presented(session: &Session) -> (Authenticator, Random, AuthId) {
    let (mut authenticator, random) = challenged(session);
    let response = session.as_id(1).response();
    assert_eq!(authenticator.handle_packet(packet(&response)), Ok(true));
    let id = authenticator.request().unwrap().id;
    (authenticator, random, id)
}

#[test]
fn asks_and_answers_as_real_servers_did() {
    for session in &SESSIONS {
        let (mut authenticator, mut random, id) = presented(session);
        let request = authenticator.request().unwrap();
        assert_eq!(request.user_name, session.vector.user.as_bytes());
        assert_eq!(
            (request.identifier, request.challenge),
            (1, &session.vector.challenge())
        );
        assert_eq!(request.response.nt_response, session.vector.nt_response());
        assert_eq!(poll(&mut authenticator), None);
        let verdict = Verdict::Password(session.vector.password);
        let outcome = authenticator.authorize(seconds(1), id, &verdict, &mut random);
        assert_eq!(outcome, Some(Outcome::Accepted));
        // Our Success has no text.
        let expected = session
            .as_id(1)
            .verdict(3, session.vector.success.as_bytes());
        assert_eq!(poll(&mut authenticator).unwrap(), expected);
        assert!(authenticator.is_authenticated() && authenticator.request().is_none());
        authenticator.settle();
        assert_eq!(
            (poll(&mut authenticator), authenticator.next_timeout()),
            (None, None)
        );
    }
}

/// What is sent from `start` on, and after how many seconds, until there is nothing to wait for or it is given up.
fn goes_on(authenticator: &mut Authenticator, start: Instant) -> Vec<(u64, Option<Bytes>)> {
    let mut sent = Vec::new();
    while let Some(at) = authenticator.next_timeout() {
        assert_eq!(authenticator.handle_timeout(just_before(at)), None);
        assert_eq!(poll(authenticator), None, "early is a no-op");
        let silent = authenticator.handle_timeout(at);
        let packet = poll(authenticator);
        assert_eq!(silent.is_some(), packet.is_none());
        sent.push(((at - start).as_secs(), packet));
    }
    sent
}

/// A peer that does not send its Response again waits for a Success that was lost.
#[test]
fn a_success_is_told_again_until_the_peer_has_gone_on() {
    let session = &SESSIONS[1];
    let verdict = Verdict::Password(PPPD.password);
    for settled_after in [None, Some(0), Some(2)] {
        let (mut authenticator, mut random, id) = presented(session);
        let outcome = authenticator.authorize(seconds(1), id, &verdict, &mut random);
        assert_eq!(outcome, Some(Outcome::Accepted));
        let success = poll(&mut authenticator).unwrap();
        if let Some(times) = settled_after {
            for n in 1..=times {
                assert_eq!(authenticator.handle_timeout(seconds(1 + 3 * n)), None);
                assert_eq!(poll(&mut authenticator).as_ref(), Some(&success));
            }
            authenticator.settle();
        }
        let again = goes_on(&mut authenticator, seconds(1));
        let expected: Vec<_> = match settled_after {
            None => (1..=5).map(|n| (3 * n, Some(success.clone()))).collect(),
            Some(_) => Vec::new(),
        };
        assert_eq!(again, expected);
        assert!(authenticator.is_authenticated() && authenticator.keys().is_some());
        // Whoever asks again is told again at any time.
        let response = session.as_id(1).response();
        assert_eq!(authenticator.handle_packet(packet(&response)), Ok(false));
        assert_eq!(poll(&mut authenticator), Some(success));
    }
}

/// The last word is not: the link ends after it, of which the peer hears from LCP.
#[test]
fn a_failure_is_told_again_where_another_try_may_follow() {
    for retry in [true, false] {
        let (mut authenticator, mut random, id) = presented(&SESSIONS[1]);
        let verdict = Verdict::Reject {
            error: ErrorCode::AuthenticationFailure,
            retry,
            message: b"",
        };
        authenticator
            .authorize(seconds(1), id, &verdict, &mut random)
            .unwrap();
        let failure = poll(&mut authenticator).unwrap();
        authenticator.settle();
        let again = goes_on(&mut authenticator, seconds(1));
        let mut expected = Vec::new();
        if retry {
            expected.extend((1..=5).map(|n| (3 * n, Some(failure.clone()))));
            expected.push((60, None));
        }
        assert_eq!(again, expected);
    }
}

/// The same copy again does not move the peer's next try to another identifier.
#[test]
fn another_try_may_come_between_two_copies_of_a_failure() {
    let session = &SESSIONS[1];
    let (mut authenticator, mut random, id) = presented(session);
    let verdict = Verdict::Reject {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
        message: b"",
    };
    authenticator
        .authorize(seconds(1), id, &verdict, &mut random)
        .unwrap();
    for at in [4, 7] {
        assert_eq!(authenticator.handle_timeout(seconds(at)), None);
        assert_eq!(poll(&mut authenticator).unwrap()[1], 1);
    }
    let response = session.as_id(2).response();
    assert_eq!(authenticator.handle_packet(packet(&response)), Ok(true));
    assert_eq!(
        (poll(&mut authenticator), authenticator.next_timeout()),
        (None, None)
    );
}

/// The start keys are those that decrypt the captured session.
#[test]
fn gives_the_keys_of_the_exchange() {
    use pptp_mppe::StartKey;
    let (mut authenticator, mut random, id) = presented(&SESSIONS[0]);
    let hash = NtHash::new(unhex("39d855ea309489c05a213af753035537"));
    authenticator
        .authorize(seconds(1), id, &Verdict::NtHash(&hash), &mut random)
        .unwrap();
    let keys = authenticator.keys().unwrap();
    assert_eq!(
        keys.receive,
        StartKey::from_bytes(unhex("5feb418becd3d469e35a579c206297d0"))
    );
    assert_eq!(
        keys.send,
        StartKey::from_bytes(unhex("b34084a4b243be1aa89b97ccaf0782e3"))
    );
}

#[test]
fn a_wrong_password_is_refused() {
    let session = Session {
        vector: WRONG_PASSWORD,
        ..SESSIONS[1]
    };
    let (mut authenticator, _, id) = presented(&session);
    let mut random = random(&[0xc5; 16]);
    let verdict = Verdict::Password(PPPD.password);
    let outcome = authenticator.authorize(seconds(1), id, &verdict, &mut random);
    assert_eq!(
        outcome,
        Some(Outcome::Refused(ErrorCode::AuthenticationFailure))
    );
    assert!(!authenticator.is_authenticated() && authenticator.keys().is_none());
    let text = b"E=691 R=0 C=C5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C5 V=3";
    let failure = session.as_id(1).verdict(4, text);
    assert_eq!(poll(&mut authenticator).unwrap(), failure);
    // The same again, should it have been lost; but another attempt is not to be had.
    let response = session.as_id(1).response();
    assert_eq!(authenticator.handle_packet(packet(&response)), Ok(false));
    assert_eq!(poll(&mut authenticator).unwrap(), failure);
    let another = SESSIONS[1].as_id(1).response();
    assert_eq!(authenticator.handle_packet(packet(&another)), Ok(false));
    assert_eq!(poll(&mut authenticator).unwrap(), failure);
    assert_eq!(
        (poll(&mut authenticator), authenticator.next_timeout()),
        (None, None)
    );
}

#[test]
fn a_response_that_comes_again_is_no_new_attempt() {
    let session = &SESSIONS[1];
    let (mut authenticator, mut random, id) = presented(session);
    let response = session.as_id(1).response();
    for _ in 0..5 {
        assert_eq!(authenticator.handle_packet(packet(&response)), Ok(false));
        assert_eq!(authenticator.request().unwrap().id, id);
        assert_eq!(poll(&mut authenticator), None);
    }
    let verdict = Verdict::Password(PPPD.password);
    authenticator
        .authorize(seconds(1), id, &verdict, &mut random)
        .unwrap();
    let success = poll(&mut authenticator).unwrap();
    for _ in 0..5 {
        assert_eq!(authenticator.handle_packet(packet(&response)), Ok(false));
        assert_eq!(poll(&mut authenticator).unwrap(), success);
    }
    assert_eq!(poll(&mut authenticator), None);
}

/// RFC 1994 §4.1: no other name or password can be tried on a Challenge that has been answered.
#[test]
fn another_response_to_the_same_challenge_gets_the_same_verdict() {
    let session = &SESSIONS[1];
    let forged: [Bytes; 2] = [
        Session {
            vector: WRONG_PASSWORD,
            ..*session
        }
        .as_id(1)
        .response(),
        SESSIONS[0].as_id(1).response(),
    ];
    let (mut authenticator, mut random, id) = presented(session);
    for response in &forged {
        assert_eq!(authenticator.handle_packet(packet(response)), Ok(false));
        let request = authenticator.request().unwrap();
        assert_eq!(
            (request.id, request.user_name),
            (id, session.vector.user.as_bytes())
        );
    }
    let verdict = Verdict::Password(PPPD.password);
    authenticator
        .authorize(seconds(1), id, &verdict, &mut random)
        .unwrap();
    let success = poll(&mut authenticator).unwrap();
    for response in &forged {
        assert_eq!(authenticator.handle_packet(packet(response)), Ok(false));
        assert_eq!(poll(&mut authenticator).unwrap(), success);
        assert_eq!(authenticator.request(), None);
    }
}

#[test]
fn a_challenge_is_repeated_and_then_given_up() {
    let (mut authenticator, _) = challenged(&SESSIONS[0]);
    let challenge = SESSIONS[0].as_id(1).challenge();
    let mut times = Vec::new();
    let gave_up = loop {
        let at = authenticator.next_timeout().unwrap();
        assert_eq!(authenticator.handle_timeout(just_before(at)), None);
        assert_eq!(poll(&mut authenticator), None, "early is a no-op");
        if let Some(AuthenticatorError::NoResponse) = authenticator.handle_timeout(at) {
            break at;
        }
        let again = poll_as(&mut authenticator, SESSIONS[0].server);
        assert_eq!(again.unwrap(), challenge);
        times.push(at.as_micros() / 1000);
    };
    let expected: Vec<u64> = (0..19).map(|n| 1000 + 1500 * n).collect();
    assert_eq!(times, expected);
    assert_eq!(gave_up, Instant::from_millis(1000 + 1500 * 19));
    let late = SESSIONS[0].as_id(1).response();
    assert_eq!(
        authenticator.handle_packet(packet(&late)),
        Err(Discard::Unexpected)
    );
    assert_eq!(
        (poll(&mut authenticator), authenticator.next_timeout()),
        (None, None)
    );
}

#[test]
fn a_late_verdict_is_not_taken_for_another_request() {
    let session = &SESSIONS[1];
    let (mut authenticator, mut random, id) = presented(session);
    authenticator.challenge(seconds(2), &mut random);
    assert_eq!(authenticator.request(), None);
    let verdict = Verdict::Password(PPPD.password);
    assert_eq!(
        authenticator.authorize(seconds(2), id, &verdict, &mut random),
        None
    );
    let challenge = poll(&mut authenticator).unwrap();
    assert_eq!(challenge[1], 2);
    assert_ne!(challenge[5..21], session.challenge()[5..21]);
    // The Response to the Challenge before, under either identifier, is no answer to this one.
    let response = session.as_id(1).response();
    assert_eq!(
        authenticator.handle_packet(packet(&response)),
        Err(Discard::WrongIdentifier)
    );
    let response = session.as_id(2).response();
    assert_eq!(authenticator.handle_packet(packet(&response)), Ok(true));
    assert_eq!(
        authenticator.authorize(seconds(2), id, &verdict, &mut random),
        None
    );
    let id = authenticator.request().unwrap().id;
    let outcome = authenticator.authorize(seconds(2), id, &verdict, &mut random);
    assert_eq!(
        outcome,
        Some(Outcome::Refused(ErrorCode::AuthenticationFailure))
    );
    assert_eq!(
        authenticator.authorize(seconds(2), id, &verdict, &mut random),
        None
    );
}

#[test]
fn the_keys_hold_until_the_next_verdict() {
    let session = &SESSIONS[1];
    let (mut authenticator, mut random, id) = presented(session);
    let verdict = Verdict::Password(PPPD.password);
    authenticator
        .authorize(seconds(1), id, &verdict, &mut random)
        .unwrap();
    let keys = authenticator.keys().cloned();
    authenticator.challenge(seconds(9), &mut random);
    assert!(!authenticator.is_authenticated());
    assert_eq!(authenticator.keys(), keys.as_ref());
    authenticator
        .handle_packet(packet(&session.as_id(2).response()))
        .unwrap();
    let id = authenticator.request().unwrap().id;
    authenticator
        .authorize(seconds(9), id, &Verdict::WRONG_PASSWORD, &mut random)
        .unwrap();
    assert_eq!(authenticator.keys(), None);
}

/// RFC 2433 B.1.3: the Response to the new challenge has the next identifier.
#[test]
fn another_try_is_on_the_new_challenge() {
    let wrong = Session {
        vector: WRONG_PASSWORD,
        ..SESSIONS[1]
    };
    let right = &SESSIONS[1];
    let (mut authenticator, _, id) = presented(&wrong);
    let mut random = random(&right.vector.challenge());
    let verdict = Verdict::Reject {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
        message: b"Once more",
    };
    let outcome = authenticator.authorize(seconds(1), id, &verdict, &mut random);
    assert_eq!(
        outcome,
        Some(Outcome::Retry(ErrorCode::AuthenticationFailure))
    );
    let text = b"E=691 R=1 C=BC889AF9BDB6B589A3503227AB033B50 V=3 M=Once more";
    let failure = wrong.as_id(1).verdict(4, text);
    assert_eq!(poll(&mut authenticator).unwrap(), failure);
    let again = wrong.as_id(1).response();
    assert_eq!(authenticator.handle_packet(packet(&again)), Ok(false));
    assert_eq!(poll(&mut authenticator).unwrap(), failure);
    let response = right.as_id(3).response();
    assert_eq!(
        authenticator.handle_packet(packet(&response)),
        Err(Discard::WrongIdentifier)
    );
    let response = right.as_id(2).response();
    assert_eq!(authenticator.handle_packet(packet(&response)), Ok(true));
    let id = authenticator.request().unwrap().id;
    let verdict = Verdict::Password(right.vector.password);
    let outcome = authenticator.authorize(seconds(2), id, &verdict, &mut random);
    assert_eq!(outcome, Some(Outcome::Accepted));
    let success = right.as_id(2).verdict(3, right.vector.success.as_bytes());
    assert_eq!(poll(&mut authenticator).unwrap(), success);
}

#[test]
fn no_other_try_is_waited_for_without_end() {
    let (mut authenticator, mut random, id) = presented(&SESSIONS[1]);
    let verdict = Verdict::Reject {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
        message: &[b'x'; 1000],
    };
    authenticator
        .authorize(seconds(1), id, &verdict, &mut random)
        .unwrap();
    assert_eq!(
        poll(&mut authenticator).unwrap().len(),
        4 + 48 + 3 + 64,
        "the text is cut"
    );
    let again = goes_on(&mut authenticator, seconds(1));
    assert_eq!(again.last(), Some(&(60, None)));
    let late = SESSIONS[1].as_id(2).response();
    assert_eq!(
        authenticator.handle_packet(packet(&late)),
        Err(Discard::Unexpected)
    );
}

#[test]
fn a_radius_server_may_have_decided() {
    let session = &SESSIONS[0];
    let (mut authenticator, mut random, id) = presented(session);
    let authenticator_response = session.vector.authenticator_response();
    let verdict = Verdict::AcceptWith {
        authenticator_response,
        keys: None,
    };
    let outcome = authenticator.authorize(seconds(1), id, &verdict, &mut random);
    assert_eq!(outcome, Some(Outcome::Accepted));
    let success = session
        .as_id(1)
        .verdict(3, session.vector.success.as_bytes());
    assert_eq!(poll(&mut authenticator).unwrap(), success);
    assert_eq!(authenticator.keys(), None);
}

#[test]
fn malformed_responses_ask_for_nothing() {
    let session = SESSIONS[0].as_id(1);
    let (mut authenticator, _) = challenged(&session);
    let right = session.response();
    let mut hostile: Vec<Bytes> = Vec::new();
    for size in (0..=255).filter(|size| *size != 49) {
        hostile.push([&[size][..], &right[5..54], &[0; 255]].concat());
    }
    hostile.extend((0..50).map(|len| right[4..4 + len].to_vec()));
    for data in hostile {
        let response = session.message(2, &data);
        let event = authenticator.handle_packet(packet(&response));
        assert!(matches!(event, Err(Discard::Malformed(_))), "{event:?}");
    }
    for code in [0, 1, 3, 4, 5, 6, 7, 255] {
        let other = session.message(code, &right[4..]);
        let event = authenticator.handle_packet(packet(&other));
        assert_eq!(event, Err(Discard::UnknownCode(code)));
    }
    assert_eq!(authenticator.request(), None);
    assert_eq!(authenticator.handle_packet(packet(&right)), Ok(true));
}

#[test]
fn names_have_up_to_256_octets() {
    for len in [0, 1, 255, 256, 257, 1000] {
        let session = SESSIONS[0].as_id(1);
        let (mut authenticator, _) = challenged(&session);
        let name = std::vec![b'n'; len];
        let response = session.message(2, &[&session.response()[4..54], &name[..]].concat());
        let event = authenticator.handle_packet(packet(&response));
        if len <= 256 {
            assert_eq!(event, Ok(true));
            assert_eq!(authenticator.request().unwrap().user_name, name);
        } else {
            assert!(matches!(event, Err(Discard::NameTooLong(_))), "{event:?}");
        }
    }
}

#[test]
fn nothing_is_taken_before_a_challenge_or_after_the_end() {
    let session = SESSIONS[0].as_id(0);
    let mut authenticator = Authenticator::new();
    assert_eq!(authenticator.challenge_value(), None);
    let response = session.response();
    assert_eq!(
        authenticator.handle_packet(packet(&response)),
        Err(Discard::Unexpected)
    );
    let (mut authenticator, _, _) = presented(&SESSIONS[0]);
    assert_eq!(
        authenticator.challenge_value(),
        Some(&SESSIONS[0].vector.challenge())
    );
    authenticator.close();
    assert_eq!(
        (authenticator.challenge_value(), authenticator.request()),
        (None, None)
    );
    let response = session.as_id(1).response();
    assert_eq!(
        authenticator.handle_packet(packet(&response)),
        Err(Discard::Unexpected)
    );
}

#[test]
fn a_small_buffer_loses_nothing() {
    let mut random = random(&SESSIONS[0].vector.challenge());
    let mut authenticator = Authenticator::new();
    authenticator.challenge(seconds(0), &mut random);
    let challenge = SESSIONS[0].as_id(1).challenge();
    for room in 0..challenge.len() {
        let before = authenticator.clone();
        let needed = challenge.len();
        let small = authenticator
            .poll_packet(SESSIONS[0].server.as_bytes(), &mut std::vec![0; room])
            .err();
        assert_eq!(small, Some(BufferTooSmall { needed }));
        assert_eq!(authenticator, before);
    }
    let whole = poll_as(&mut authenticator, SESSIONS[0].server);
    assert_eq!(whole.unwrap(), challenge);
}

#[test]
fn a_wrong_size_is_told_as_what_it_is() {
    let (mut authenticator, _) = challenged(&SESSIONS[0]);
    let response = SESSIONS[0]
        .as_id(1)
        .message(2, &[&[50][..], &[0; 60]].concat());
    let Err(Discard::Malformed(error)) = authenticator.handle_packet(packet(&response)) else {
        panic!("taken");
    };
    assert_eq!(error.kind, ParseErrorKind::Trailing { excess: 1 });
}
