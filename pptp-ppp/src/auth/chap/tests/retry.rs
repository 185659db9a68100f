//! Another try after a Failure (RFC 2759 §6 and §9.1, RFC 2433 B.1).

use super::{Bytes, SESSIONS, Session, packet, seconds};
use crate::auth::mschapv2::{
    Authenticator, Outcome, Peer, PeerError, PeerEvent, RetryError, Wanted,
};
use crate::auth::{Credentials, Discard, NtIdentity, Verdict};
use crate::mschap::vectors::{PPPD, WRONG_PASSWORD};
use crate::random::Random;
use crate::wire::mschapv2::{ErrorCode, Failure};
use std::boxed::Box;
use std::vec::Vec;

/// What pppd's server says to a wrong password, with the challenge for another try.
const FAILURE: &[u8] = b"E=691 R=1 C=BC889AF9BDB6B589A3503227AB033B50 V=0 M=Access denied";

fn random(script: &[u8]) -> Random {
    Random::scripted(Box::leak(Box::<[u8]>::from(script)), [7; 32])
}

pub(super) fn identity(user: &str, password: &str) -> NtIdentity {
    Credentials::new(user, password).unwrap().into()
}

fn poll(peer: &mut Peer, who: &NtIdentity) -> Option<Bytes> {
    let mut out = [0; 700];
    let sent = peer.poll_packet(who, &mut out).unwrap();
    sent.map(<[u8]>::to_vec)
}

/// The captured session with a wrong password, and the one with the right one under the next identifier.
fn sessions() -> (Session, Session) {
    let wrong = Session {
        vector: WRONG_PASSWORD,
        ..SESSIONS[1]
    };
    (wrong, SESSIONS[1].as_id(wrong.identifier.wrapping_add(1)))
}

/// A peer whose wrong password was refused with `failure`.
fn refused(failure: &[u8]) -> (Peer, Random) {
    let (wrong, right) = sessions();
    let script = [wrong.vector.peer_challenge(), right.vector.peer_challenge()];
    let mut random = random(&script.concat());
    let mut peer = Peer::new();
    let who = identity(wrong.vector.user, wrong.vector.password);
    peer.open(seconds(0));
    let challenge = wrong.challenge();
    peer.handle_packet(seconds(1), &who, packet(&challenge), None, &mut random)
        .unwrap();
    assert_eq!(poll(&mut peer, &who).unwrap(), wrong.response());
    let failure = wrong.verdict(4, failure);
    let event = peer.handle_packet(seconds(1), &who, packet(&failure), None, &mut random);
    assert!(
        matches!(event, Ok(Some(PeerEvent::Failed { .. }))),
        "{event:?}"
    );
    (peer, random)
}

/// RFC 2433 B.1.3: the Response has the next identifier and answers the challenge of the Failure. Both exchanges were
/// captured from pppd, on both ends.
#[test]
fn another_try_answers_the_challenge_of_the_failure() {
    let (wrong, right) = sessions();
    let (mut peer, mut random) = refused(FAILURE);
    let wanted = Wanted {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
        change: false,
        message: b"Access denied",
    };
    assert_eq!(peer.wanted(), Some(wanted));
    let who = identity(right.vector.user, right.vector.password);
    assert_eq!(poll(&mut peer, &who), None);
    peer.retry(seconds(20), &who, &mut random).unwrap();
    assert_eq!(peer.wanted(), None);
    assert_eq!(poll(&mut peer, &who).unwrap(), right.response());
    // It is sent again as any Response is.
    assert_eq!(peer.next_timeout(), Some(seconds(23)));
    assert_eq!(peer.handle_timeout(seconds(23)), None);
    assert_eq!(poll(&mut peer, &who).unwrap(), right.response());
    // The verdict on the one before is none on this one.
    let late = wrong.verdict(4, FAILURE);
    let event = peer.handle_packet(seconds(23), &who, packet(&late), None, &mut random);
    assert_eq!(event, Err(Discard::WrongIdentifier));
    let success = right.success();
    let event = peer.handle_packet(seconds(24), &who, packet(&success), None, &mut random);
    let message = right.success_text.as_bytes();
    assert_eq!(event, Ok(Some(PeerEvent::Authenticated { message })));
    assert!(peer.is_authenticated() && peer.keys().is_some());
    assert_eq!(peer.next_timeout(), None);
    let again = peer.retry(seconds(25), &who, &mut random);
    assert_eq!(again, Err(RetryError::NotWanted));
}

#[test]
fn nothing_is_tried_that_is_not_allowed() {
    let challenge = "C=BC889AF9BDB6B589A3503227AB033B50";
    let failures = [
        // No other try, no challenge, half a challenge, and one that is none.
        std::format!("E=691 R=0 {challenge} V=3"),
        "E=691 R=1 V=3".into(),
        std::format!("E=691 R=1 {} V=3", &challenge[..18]),
        std::format!("E=691 R=1 {} V=3", challenge.replace('8', "g")),
        std::format!("E=691 R=2 {challenge} V=3"),
        // There is no room for a change of password here.
        std::format!("E=648 R=0 {challenge} V=3"),
        "R=1".into(),
        "Access denied".into(),
        "".into(),
    ];
    let who = identity(PPPD.user, PPPD.password);
    for failure in failures {
        let (mut peer, mut random) = refused(failure.as_bytes());
        assert_eq!(peer.wanted(), None, "{failure}");
        let retried = peer.retry(seconds(2), &who, &mut random);
        assert_eq!(retried, Err(RetryError::NotWanted), "{failure}");
        let changed = peer.change_password(seconds(2), &who, &who, "new", &mut random);
        assert_eq!(changed, Err(RetryError::NotWanted), "{failure}");
        assert_eq!((poll(&mut peer, &who), peer.next_timeout()), (None, None));
    }
}

/// An expired password, R=1: another account may be tried, but where there is no room no password is changed.
#[test]
fn without_room_no_password_is_changed() {
    let failure = b"E=648 R=1 C=BC889AF9BDB6B589A3503227AB033B50 V=3";
    let (mut peer, mut random) = refused(failure);
    let wanted = peer.wanted().unwrap();
    assert!(wanted.retry && !wanted.change);
    let who = identity(PPPD.user, PPPD.password);
    let changed = peer.change_password(seconds(2), &who, &who, "new", &mut random);
    assert_eq!(changed, Err(RetryError::NotWanted));
    assert!(peer.retry(seconds(2), &who, &mut random).is_ok());
}

#[test]
fn somebody_who_is_asked_has_a_minute() {
    let who = identity(PPPD.user, PPPD.password);
    let (mut peer, mut random) = refused(FAILURE);
    peer.ask(seconds(2));
    assert_eq!(peer.next_timeout(), Some(seconds(62)));
    assert_eq!(peer.handle_timeout(seconds(61)), None);
    let cause = PeerError::Refused {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
    };
    assert_eq!(peer.handle_timeout(seconds(62)), Some(cause));
    assert_eq!(peer.wanted(), None);
    let late = peer.retry(seconds(62), &who, &mut random);
    assert_eq!(late, Err(RetryError::NotWanted));
    assert_eq!((poll(&mut peer, &who), peer.next_timeout()), (None, None));
}

/// Whatever a server sends while somebody is asked: nothing is answered, and nothing is forgotten.
#[test]
fn a_failure_storm_does_nothing() {
    let (wrong, right) = sessions();
    let (mut peer, mut random) = refused(FAILURE);
    let who = identity(right.vector.user, right.vector.password);
    peer.ask(seconds(2));
    let before = peer.clone();
    for identifier in 0..=255 {
        let other = wrong.as_id(identifier);
        let storm = [
            other.verdict(4, FAILURE),
            other.verdict(4, b"E=691 R=1 C=00000000000000000000000000000000 V=3"),
            other.verdict(4, b"E=647 R=0 V=3"),
            other.challenge(),
            other.success(),
        ];
        for octets in &storm {
            let event = peer.handle_packet(seconds(2), &who, packet(octets), None, &mut random);
            assert_eq!(event, Err(Discard::Unexpected));
        }
    }
    peer.hurry();
    assert_eq!(peer, before);
    peer.retry(seconds(3), &who, &mut random).unwrap();
    assert_eq!(poll(&mut peer, &who).unwrap(), right.response());
}

/// A server that refuses without end gets a few answers and no more.
#[test]
fn a_failure_that_never_ends_is_an_end() {
    let (wrong, _) = sessions();
    let (mut peer, mut random) = refused(FAILURE);
    let who = identity(PPPD.user, PPPD.password);
    let mut tries = 0;
    while peer.retry(seconds(2), &who, &mut random).is_ok() {
        tries += 1;
        let response = poll(&mut peer, &who).unwrap();
        assert_eq!(response[1], wrong.identifier.wrapping_add(tries));
        let failure = wrong.as_id(response[1]).verdict(4, FAILURE);
        let event = peer.handle_packet(seconds(2), &who, packet(&failure), None, &mut random);
        assert!(
            matches!(event, Ok(Some(PeerEvent::Failed { .. }))),
            "{event:?}"
        );
    }
    assert_eq!(tries, Peer::MAX_RETRIES);
    assert_eq!((peer.wanted(), peer.next_timeout()), (None, None));
}

/// Were it answered, the answer would log the server in to us.
#[test]
fn our_own_challenge_in_a_failure_is_not_answered() {
    let own: [u8; 16] = PPPD.challenge();
    let (wrong, _) = sessions();
    let mut random = random(&wrong.vector.peer_challenge());
    let who = identity(wrong.vector.user, wrong.vector.password);
    let mut peer = Peer::new();
    peer.open(seconds(0));
    let challenge = wrong.challenge();
    peer.handle_packet(
        seconds(1),
        &who,
        packet(&challenge),
        Some(&own),
        &mut random,
    )
    .unwrap();
    poll(&mut peer, &who).unwrap();
    let failure = wrong.verdict(4, FAILURE);
    let event = peer.handle_packet(seconds(1), &who, packet(&failure), Some(&own), &mut random);
    assert!(matches!(event, Ok(Some(PeerEvent::Failed { .. }))));
    assert_eq!(peer.wanted(), None);
    let retried = peer.retry(seconds(2), &who, &mut random);
    assert_eq!(retried, Err(RetryError::NotWanted));
}

/// A server that challenges for another try with what it challenged with before (pppd does) gets an answer of its own: the
/// one before is not sent again.
#[test]
fn the_old_challenge_gets_a_new_response() {
    let (wrong, _) = sessions();
    let text = std::format!("E=691 R=1 C={} V=0", wrong.vector.challenge.to_uppercase());
    let (mut peer, mut random) = refused(text.as_bytes());
    let who = identity(wrong.vector.user, wrong.vector.password);
    peer.retry(seconds(2), &who, &mut random).unwrap();
    let response = poll(&mut peer, &who).unwrap();
    let before = wrong.response();
    assert_eq!(response[1], before[1].wrapping_add(1));
    assert_ne!(response[5..21], before[5..21]);
    assert_ne!(response[29..53], before[29..53]);
    // And the Challenge of before, should it come late, gets none.
    let late = wrong.challenge();
    let event = peer.handle_packet(seconds(2), &who, packet(&late), None, &mut random);
    assert_eq!(event, Err(Discard::WrongIdentifier));
    assert_eq!(poll(&mut peer, &who), None);
}

/// RFC 2759 §9.1.5: a few attempts, each on a challenge of its own, and the last one is told that it was.
#[test]
fn an_authenticator_allows_so_many_tries() {
    let (wrong, _) = sessions();
    let mut random = Random::new([9; 32]);
    let mut authenticator = Authenticator::new();
    authenticator.challenge(seconds(0), &mut random);
    authenticator
        .poll_packet(b"", &mut [0; 100])
        .unwrap()
        .unwrap();
    let mut challenges: Vec<[u8; 16]> = Vec::new();
    for tried in 1..=Authenticator::MAX_TRIES {
        let response = wrong.as_id(tried).response();
        assert_eq!(authenticator.handle_packet(packet(&response)), Ok(true));
        let request = authenticator.request().unwrap();
        challenges.push(*request.challenge);
        let (id, error) = (request.id, ErrorCode::AuthenticationFailure);
        let verdict = Verdict::Reject {
            error,
            retry: true,
            message: b"",
        };
        let outcome = authenticator.authorize(seconds(1), id, &verdict, &mut random);
        let last = tried == Authenticator::MAX_TRIES;
        let expected = if last {
            Outcome::Refused(error)
        } else {
            Outcome::Retry(error)
        };
        assert_eq!(outcome, Some(expected));
        assert_eq!(authenticator.is_refused(), last);
        let mut out = [0; 200];
        let sent = authenticator.poll_packet(b"", &mut out).unwrap().unwrap();
        assert_eq!(sent[..2], [4, tried]);
        let failure = Failure::parse(&sent[4..]);
        assert_eq!((failure.error, failure.retry), (error, !last));
        assert!(!challenges.contains(&failure.challenge.unwrap()));
    }
    let next = wrong.as_id(Authenticator::MAX_TRIES + 1).response();
    let event = authenticator.handle_packet(packet(&next));
    assert_eq!(event, Err(Discard::Unexpected));
    assert_eq!(authenticator.next_timeout(), None);
    // A new Challenge starts anew.
    authenticator.challenge(seconds(9), &mut random);
    assert!(!authenticator.is_refused());
}

/// A storm of Responses, under every identifier, is one attempt.
#[test]
fn a_retry_storm_is_one_attempt() {
    let (wrong, _) = sessions();
    let mut random = Random::new([9; 32]);
    let mut authenticator = Authenticator::new();
    authenticator.challenge(seconds(0), &mut random);
    authenticator
        .handle_packet(packet(&wrong.as_id(1).response()))
        .unwrap();
    let id = authenticator.request().unwrap().id;
    let verdict = Verdict::Reject {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
        message: b"",
    };
    authenticator
        .authorize(seconds(1), id, &verdict, &mut random)
        .unwrap();
    let mut attempts = 0;
    for identifier in 0..=255 {
        let response = wrong.as_id(identifier).response();
        attempts += usize::from(authenticator.handle_packet(packet(&response)) == Ok(true));
    }
    assert_eq!(attempts, 1);
    assert_eq!(authenticator.request().unwrap().identifier, 2);
}

/// What a RADIUS server accepts without a proof cannot be accepted here, and is not the user's fault.
#[test]
fn accepted_without_a_proof_is_the_servers_fault() {
    let session = SESSIONS[1].as_id(1);
    let mut random = Random::new([9; 32]);
    let mut authenticator = Authenticator::new();
    authenticator.challenge(seconds(0), &mut random);
    authenticator
        .handle_packet(packet(&session.response()))
        .unwrap();
    let id = authenticator.request().unwrap().id;
    let verdict = Verdict::Accept { keys: None };
    let outcome = authenticator.authorize(seconds(1), id, &verdict, &mut random);
    assert_eq!(outcome, Some(Outcome::Refused(ErrorCode::Other(930))));
    let mut out = [0; 200];
    let sent = authenticator.poll_packet(b"", &mut out).unwrap().unwrap();
    assert!(sent[4..].starts_with(b"E=930 R=0 C="), "{sent:?}");
    assert!(!authenticator.is_authenticated() && authenticator.keys().is_none());
}

/// Each of RFC 2759 §6, and those that are not among them, from one end to the other.
#[test]
fn every_error_is_told_as_it_is() {
    let known = [
        (646, ErrorCode::RestrictedLogonHours, "time of day"),
        (647, ErrorCode::AccountDisabled, "disabled"),
        (648, ErrorCode::PasswordExpired, "expired"),
        (649, ErrorCode::NoDialinPermission, "permission to dial in"),
        (
            691,
            ErrorCode::AuthenticationFailure,
            "name or the password is wrong",
        ),
        (709, ErrorCode::ChangingPassword, "could not be changed"),
        (930, ErrorCode::AUTH_SERVER_FAILED, "cannot verify"),
        (0, ErrorCode::Other(0), "does not say why"),
        (742, ErrorCode::Other(742), "742"),
        (u32::MAX, ErrorCode::Other(u32::MAX), "4294967295"),
    ];
    let session = SESSIONS[1].as_id(1);
    for (number, error, words) in known {
        assert_eq!((ErrorCode::from(number), u32::from(error)), (error, number));
        assert!(std::format!("{error}").contains(words), "{error}");
        let mut random = Random::new([9; 32]);
        let mut authenticator = Authenticator::new();
        authenticator.challenge(seconds(0), &mut random);
        let mut out = [0; 200];
        let challenge = authenticator.poll_packet(b"", &mut out).unwrap().unwrap();
        let (mut peer, who) = (Peer::new(), identity("alice", "looking-glass"));
        peer.open(seconds(0));
        peer.handle_packet(seconds(0), &who, packet(challenge), None, &mut random)
            .unwrap();
        let response = poll(&mut peer, &who).unwrap();
        authenticator.handle_packet(packet(&response)).unwrap();
        let id = authenticator.request().unwrap().id;
        let verdict = Verdict::Reject {
            error,
            retry: false,
            message: b"",
        };
        let outcome = authenticator.authorize(seconds(1), id, &verdict, &mut random);
        assert_eq!(outcome, Some(Outcome::Refused(error)));
        let failure = authenticator.poll_packet(b"", &mut out).unwrap().unwrap();
        let text = std::format!("E={number} R=0 C=");
        assert!(failure[4..].starts_with(text.as_bytes()));
        assert_eq!(failure[1], session.identifier);
        let event = peer.handle_packet(seconds(1), &who, packet(failure), None, &mut random);
        let cause = PeerError::Refused {
            error,
            retry: false,
        };
        assert_eq!(
            event,
            Ok(Some(PeerEvent::Failed {
                cause,
                message: b""
            }))
        );
        assert_eq!(std::format!("{cause}"), std::format!("{error}"));
    }
}
