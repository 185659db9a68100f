use super::authenticator::{Authenticator, TIMEOUT};
use super::peer::{MAX_REQUESTS, Peer};
use super::*;
use crate::auth::machine::{AuthenticatorMachine as _, PeerMachine as _, Step};
use crate::auth::{Discard, Method, Verdict};
use crate::event::{DownReason, Proof};
use crate::mschap::NtHash;
use crate::mschap::vectors::unhex;
use crate::random::Random;
use crate::time::Instant;
use crate::wire::mschapv2::ErrorCode;
use std::format;
use std::string::String;
use std::vec::Vec;

/// What pppd 2.4.9 said to itself.
const REQUEST: &str = "0101001505616c6963650a776f6e6465726c616e64";
const ACK: &str = "0201000d084c6f67696e206f6b";
const NAK: &str = "03010014 0f4c6f67696e20696e636f7272656374";

fn octets(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|it| it.to_digit(16)).collect();
    let pairs = digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]);
    pairs.map(|octet| u8::try_from(octet).unwrap()).collect()
}

fn seconds(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

fn alice() -> Credentials {
    Credentials::new("alice", "wonderland").unwrap()
}

fn peer() -> Peer {
    let mut peer = Peer::new();
    peer.open(seconds(0), Method::Pap, Methods::PAP);
    peer
}

fn authenticator() -> Authenticator {
    let mut authenticator = Authenticator::new();
    authenticator.open(seconds(0), Method::Pap, Methods::PAP, &mut random());
    authenticator
}

fn random() -> Random {
    Random::new([7; 32])
}

fn sent(peer: &mut Peer) -> Option<Vec<u8>> {
    let mut out = [0; Pap::MAX_PACKET];
    let len = peer.poll_packet(&alice(), &mut out).unwrap()?;
    Some(out[..len].to_vec())
}

fn hear(peer: &mut Peer, packet: &[u8]) -> Result<Step, Discard> {
    let packet = Packet::parse(packet).unwrap();
    peer.handle_packet(seconds(1), &alice(), packet, None, &mut random())
}

fn ask(authenticator: &mut Authenticator, packet: &[u8]) -> Result<Step, Discard> {
    authenticator.handle_packet(seconds(1), Packet::parse(packet).unwrap(), &mut random())
}

fn answered(authenticator: &mut Authenticator) -> Option<(Vec<u8>, Step)> {
    let mut out = [0; 300];
    let (len, step) = authenticator.poll_packet(b"server", &mut out).unwrap()?;
    Some((out[..len].to_vec(), step))
}

fn request(identifier: u8, name: &[u8], password: &[u8]) -> Vec<u8> {
    let lengths = [name, password].map(|it| u8::try_from(it.len()).unwrap());
    let body = [&lengths[..1], name, &lengths[1..], password].concat();
    let [high, low] = u16::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[1, identifier, high, low], &body[..]].concat()
}

#[test]
fn asks_as_pppd_does_and_takes_its_answers() {
    for (answer, step, text) in [
        (ACK, Step::Done, "Login ok"),
        (
            NAK,
            Step::Failed(DownReason::AuthenticationFailed(
                ErrorCode::AuthenticationFailure,
            )),
            "Login incorrect",
        ),
    ] {
        let mut peer = peer();
        assert_eq!(sent(&mut peer), Some(octets(REQUEST)));
        assert_eq!(sent(&mut peer), None);
        assert_eq!(hear(&mut peer, &octets(answer)), Ok(step));
        assert_eq!(peer.message(), text.as_bytes());
        assert_eq!(peer.is_authenticated(), step == Step::Done);
        assert!(peer.keys().is_none() && peer.next_timeout().is_none());
        // Nothing changes it any more.
        for answer in [ACK, NAK] {
            let late = hear(&mut peer, &octets(answer));
            assert_eq!(late, Err(Discard::Unexpected));
        }
        peer.close();
        assert_eq!(peer.message(), text.as_bytes());
    }
}

#[test]
fn each_request_has_an_identifier_of_its_own_and_there_is_an_end() {
    let mut peer = peer();
    let mut identifiers = Vec::new();
    let mut last = Step::Nothing;
    let mut at = seconds(0);
    while last == Step::Nothing {
        identifiers.extend(sent(&mut peer).map(|packet| packet[1]));
        at = peer.next_timeout().unwrap();
        last = peer.handle_timeout(at);
    }
    assert_eq!(last, Step::Failed(DownReason::AuthenticationTimeout));
    assert_eq!(identifiers, (1..=MAX_REQUESTS).collect::<Vec<u8>>());
    assert_eq!(at, Instant::from_millis(29_500));
    assert_eq!((sent(&mut peer), peer.next_timeout()), (None, None));
    // It is too late then.
    assert_eq!(hear(&mut peer, &octets(ACK)), Err(Discard::Unexpected));
}

#[test]
fn a_late_answer_is_as_good_and_others_are_none() {
    let mut peer = peer();
    assert_eq!(hear(&mut peer, &octets(ACK)), Err(Discard::Unexpected));
    for _ in 0..3 {
        sent(&mut peer).unwrap();
        let at = peer.next_timeout().unwrap();
        assert_eq!(peer.handle_timeout(at), Step::Nothing);
    }
    for identifier in [0, 4, 255] {
        let other = [2, identifier, 0, 4];
        assert_eq!(hear(&mut peer, &other), Err(Discard::WrongIdentifier));
    }
    assert_eq!(hear(&mut peer, &[2, 2, 0, 4]), Ok(Step::Done));
    assert_eq!(peer.message(), b"");
}

#[test]
fn whatever_is_no_answer_is_dropped() {
    let mut peer = peer();
    sent(&mut peer).unwrap();
    assert_eq!(
        hear(&mut peer, &octets(REQUEST)),
        Err(Discard::UnknownCode(1))
    );
    assert_eq!(hear(&mut peer, &[9, 1, 0, 4]), Err(Discard::UnknownCode(9)));
    let lies = [2, 1, 0, 6, 9, b'x'];
    assert!(matches!(hear(&mut peer, &lies), Err(Discard::Malformed(_))));
    assert!(!peer.is_authenticated());
}

#[test]
fn an_nt_hash_is_no_password() {
    let who = Credentials::with_nt_hash(b"alice", NtHash::from_password("wonderland")).unwrap();
    let sent = peer().poll_packet(&who, &mut [0; Pap::MAX_PACKET]);
    assert_eq!(sent, Ok(None));
}

#[test]
fn answers_as_pppd_does_but_for_the_text() {
    let hash = NtHash::from_password("wonderland");
    for verdict in [
        Verdict::Password("wonderland"),
        Verdict::NtHash(&hash),
        Verdict::Accept { keys: None },
    ] {
        let mut authenticator = authenticator();
        assert!(authenticator.challenge_value().is_none());
        assert_eq!(
            ask(&mut authenticator, &octets(REQUEST)),
            Ok(Step::Requested)
        );
        assert_eq!(answered(&mut authenticator), None);
        let (name, proof) = authenticator.request().unwrap();
        let password = &b"wonderland"[..];
        assert_eq!(
            (name, proof),
            (&b"alice"[..], Proof::Pap(Request { password }))
        );
        let step = authenticator.authorize(seconds(2), &verdict, &mut random());
        assert_eq!(step, Step::Done);
        assert!(authenticator.is_authenticated() && authenticator.request().is_none());
        let ack = (octets("0201000500"), Step::Nothing);
        assert_eq!(answered(&mut authenticator), Some(ack));
        assert_eq!(authenticator.next_timeout(), None);
    }
}

#[test]
fn what_is_wrong_is_refused_with_the_text() {
    let hash = NtHash::from_password("wonderland");
    let no_text = request(1, b"alice", b"\xff\xfe");
    let empty = request(1, b"", b"");
    let refused = Verdict::Reject {
        error: ErrorCode::AuthenticationFailure,
        retry: true,
        message: b"Login incorrect",
    };
    for (packet, verdict, nak) in [
        (octets(REQUEST), refused, NAK),
        (
            octets(REQUEST),
            Verdict::Password("Wonderland"),
            "0301000500",
        ),
        (octets(REQUEST), Verdict::Password(""), "0301000500"),
        (no_text, Verdict::NtHash(&hash), "0301000500"),
        (empty, Verdict::NtHash(&hash), "0301000500"),
    ] {
        let mut authenticator = authenticator();
        assert_eq!(ask(&mut authenticator, &packet), Ok(Step::Requested));
        let step = authenticator.authorize(seconds(2), &verdict, &mut random());
        assert_eq!(step, Step::Nothing);
        assert!(!authenticator.is_authenticated() && authenticator.request().is_none());
        let nak = (octets(nak), Step::Failed(DownReason::PeerRejected));
        assert_eq!(answered(&mut authenticator), Some(nak));
    }
}

/// The answer was lost; and nobody goes on guessing.
#[test]
fn a_request_that_comes_again_gets_the_same_answer_under_its_identifier() {
    for (password, code) in [("wonderland", 2), ("looking-glass", 3)] {
        let mut authenticator = authenticator();
        ask(&mut authenticator, &octets(REQUEST)).unwrap();
        // Again while the verdict is awaited: the answer is to the newest.
        let again = ask(&mut authenticator, &request(2, b"alice", b"wonderland"));
        assert_eq!(again, Ok(Step::Nothing));
        for other in [
            request(3, b"alice", b"looking-glass"),
            request(3, b"mallory", b"wonderland"),
        ] {
            assert_eq!(ask(&mut authenticator, &other), Err(Discard::Unexpected));
        }
        authenticator.authorize(seconds(2), &Verdict::Password(password), &mut random());
        let (answer, _) = answered(&mut authenticator).unwrap();
        assert_eq!(answer[..2], [code, 2]);
        for (identifier, password) in [(3, "wonderland"), (4, "looking-glass")] {
            let packet = request(identifier, b"alice", password.as_bytes());
            assert_eq!(ask(&mut authenticator, &packet), Ok(Step::Nothing));
            let (answer, _) = answered(&mut authenticator).unwrap();
            assert_eq!(answer[..2], [code, identifier]);
        }
        assert_eq!(answered(&mut authenticator), None);
    }
}

#[test]
fn who_says_nothing_is_given_up() {
    let mut authenticator = authenticator();
    let at = authenticator.next_timeout().unwrap();
    assert_eq!(at, seconds(0) + TIMEOUT);
    assert_eq!(
        authenticator.handle_timeout(at),
        Step::Failed(DownReason::AuthenticationTimeout)
    );
    assert_eq!(
        ask(&mut authenticator, &octets(REQUEST)),
        Err(Discard::Unexpected)
    );
}

#[test]
fn the_longest_name_and_password_go_through() {
    let (name, password) = ("n".repeat(255), "p".repeat(255));
    let who = Credentials::new(&name, &password).unwrap();
    let mut out = [0; Pap::MAX_PACKET];
    let short = &mut out[..Pap::MAX_PACKET - 1];
    assert!(peer().poll_packet(&who, short).is_err());
    let len = peer().poll_packet(&who, &mut out).unwrap();
    assert_eq!(len, Some(Pap::MAX_PACKET));
    let mut authenticator = authenticator();
    assert_eq!(ask(&mut authenticator, &out), Ok(Step::Requested));
    let step = authenticator.authorize(seconds(2), &Verdict::Password(&password), &mut random());
    assert_eq!(step, Step::Done);
}

#[test]
fn debug_shows_no_password() {
    let mut authenticator = authenticator();
    ask(&mut authenticator, &octets(REQUEST)).unwrap();
    let text: String = format!("{authenticator:?} {:?}", authenticator.request());
    let secret: Vec<u8> = unhex::<10>("776f6e6465726c616e64").to_vec();
    assert!(text.contains("alice") && !text.contains("wonder"), "{text}");
    assert!(!text.contains(&format!("{secret:?}")), "{text}");
}
