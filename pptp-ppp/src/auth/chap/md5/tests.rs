use super::*;
use crate::auth::chap::{Authenticator, NoChange, Outcome, Peer, PeerEvent};
use crate::auth::{Credentials, Discard};
use crate::mschap::NtHash;
use crate::mschap::vectors::unhex;
use crate::time::Instant;
use std::vec::Vec;

/// pppd 2.4.9 at both ends: user alice, password wonderland.
const CHALLENGE: [u8; 23] = unhex("b3269b3d6e517c0139a6decedb88e1a3d03e92ce6049ff");
const RESPONSE: [u8; 16] = unhex("c53581e215bafec363a49f1808df83b9");
const IDENTIFIER: u8 = 0x44;

type Bytes = Vec<u8>;

fn now() -> Instant {
    Instant::from_millis(1000)
}

fn random() -> Random {
    Random::new([7; 32])
}

fn who() -> Credentials {
    Credentials::new("alice", "wonderland").unwrap()
}

fn message(code: u8, identifier: u8, data: &[u8]) -> Bytes {
    let [high, low] = u16::try_from(data.len() + 4).unwrap().to_be_bytes();
    [&[code, identifier, high, low], data].concat()
}

fn valued(code: u8, identifier: u8, value: &[u8], name: &str) -> Bytes {
    let size = [u8::try_from(value.len()).unwrap()];
    message(code, identifier, &[&size, value, name.as_bytes()].concat())
}

fn packet(bytes: &[u8]) -> Packet<'_> {
    Packet::parse(bytes).unwrap()
}

fn peer() -> Peer<NoChange, Md5> {
    let mut peer = Peer::with_version(NoChange, Md5);
    peer.open(now());
    peer
}

fn hear<'p>(
    peer: &mut Peer<NoChange, Md5>,
    bytes: &'p [u8],
) -> Result<Option<PeerEvent<'p>>, Discard> {
    peer.handle_packet(now(), &who(), packet(bytes), None, &mut random())
}

fn said(peer: &mut Peer<NoChange, Md5>) -> Option<Bytes> {
    let mut out = [0; 400];
    let sent = peer.poll_packet(&who(), &mut out).unwrap();
    sent.map(<[u8]>::to_vec)
}

#[test]
fn answers_as_pppd_does() {
    let mut peer = peer();
    let challenge = valued(1, IDENTIFIER, &CHALLENGE, "pptpd");
    assert_eq!(hear(&mut peer, &challenge), Ok(None));
    let response = valued(2, IDENTIFIER, &RESPONSE, "alice");
    assert_eq!(said(&mut peer), Some(response));
    let success = message(3, IDENTIFIER, b"Access granted");
    let accepted = PeerEvent::Authenticated {
        message: b"Access granted",
    };
    assert_eq!(hear(&mut peer, &success), Ok(Some(accepted)));
    assert!(peer.is_authenticated() && peer.keys().is_none());
}

#[test]
fn a_challenge_of_any_length_is_answered_but_not_an_empty_one() {
    for len in 1..=255 {
        let mut peer = peer();
        let value = &[len; 255][..usize::from(len)];
        assert_eq!(hear(&mut peer, &valued(1, 7, value, "")), Ok(None));
        let digest = md5::Md5::digest([&[7][..], b"wonderland", value].concat());
        assert_eq!(said(&mut peer), Some(valued(2, 7, &digest, "alice")));
    }
    let empty = valued(1, 7, b"", "x");
    assert!(matches!(
        hear(&mut peer(), &empty),
        Err(Discard::Malformed(_))
    ));
}

/// An authenticator, and what it challenged with.
fn authenticator() -> (Authenticator<NoChange, Md5>, [u8; 16]) {
    let mut authenticator = Authenticator::with_version(NoChange, Md5);
    authenticator.challenge(now(), &mut random());
    let mut out = [0; 400];
    let sent = authenticator.poll_packet(b"server", &mut out).unwrap();
    let sent = sent.unwrap().to_vec();
    let value: [u8; 16] = sent[5..21].try_into().unwrap();
    assert_eq!(sent, valued(1, 1, &value, "server"));
    (authenticator, value)
}

#[test]
fn verifies_by_the_password_alone() {
    let hash = NtHash::from_password("wonderland");
    for (verdict, outcome) in [
        (Verdict::Password("wonderland"), Outcome::Accepted),
        (Verdict::Accept { keys: None }, Outcome::Accepted),
        (
            Verdict::Password("looking-glass"),
            Outcome::Refused(ErrorCode::AuthenticationFailure),
        ),
        (
            Verdict::NtHash(&hash),
            Outcome::Refused(ErrorCode::AUTH_SERVER_FAILED),
        ),
        // There is no other try: another challenge would be needed for it.
        (
            Verdict::Reject {
                error: ErrorCode::AuthenticationFailure,
                retry: true,
                message: b"Go away",
            },
            Outcome::Refused(ErrorCode::AuthenticationFailure),
        ),
    ] {
        let (mut authenticator, value) = authenticator();
        let digest = md5::Md5::digest([&[1][..], b"wonderland", &value].concat());
        let response = valued(2, 1, &digest, "alice");
        assert_eq!(authenticator.handle_packet(packet(&response)), Ok(true));
        let Proof::ChapMd5(request) = Md5::proof(authenticator.shown().unwrap()) else {
            panic!("by another method");
        };
        assert_eq!(
            (request.user_name, request.challenge),
            (&b"alice"[..], &value)
        );
        assert!(request.proves("wonderland") && !request.proves("wonderlan"));
        let judged = authenticator.authorize(now(), request.id, &verdict, &mut random());
        assert_eq!(judged, Some(outcome), "{verdict:?}");
        let mut out = [0; 100];
        let told = authenticator.poll_packet(b"", &mut out).unwrap().unwrap();
        let text: &[u8] = match verdict {
            Verdict::Reject { message, .. } => message,
            _ => b"",
        };
        let code = if outcome == Outcome::Accepted { 3 } else { 4 };
        assert_eq!(told, message(code, 1, text));
    }
}

/// The identifier is hashed: the proof for one is none for another.
#[test]
fn a_recorded_response_is_of_no_use_later() {
    let (mut authenticator, value) = authenticator();
    authenticator.challenge(now(), &mut random());
    let digest = md5::Md5::digest([&[1][..], b"wonderland", &value].concat());
    let old = valued(2, 2, &digest, "alice");
    assert_eq!(authenticator.handle_packet(packet(&old)), Ok(true));
    let id = authenticator.request_id().unwrap();
    let verdict = Verdict::Password("wonderland");
    let outcome = authenticator.authorize(now(), id, &verdict, &mut random());
    assert_eq!(
        outcome,
        Some(Outcome::Refused(ErrorCode::AuthenticationFailure))
    );
}
