use super::*;
use crate::auth::chap::{
    Authenticator, AuthenticatorError, Change, ChangeRoom, NoChange, Outcome, Peer, PeerError,
    PeerEvent, RetryError,
};
use crate::auth::{Credentials, Discard};
use crate::mschap::vectors::unhex;
use crate::time::Instant;
use crate::wire::change_password::ChangePassword;
use pptp_mppe::{SessionKey, Strength};
use std::boxed::Box;
use std::vec::Vec;

const LAN_MANAGER: V1 = V1 {
    lan_manager: true,
    change_password_1: false,
};
const HASHES: V1 = V1 {
    lan_manager: false,
    change_password_1: true,
};

/// pppd 2.4.9 at both ends: user alice, password wonderland.
const CHALLENGE: [u8; 8] = unhex("45848657f3ce9e80");
const RESPONSE: [u8; 24] = unhex("74d2b8cdb36ba1982f9abc08fa7ab03d764277422cbe8a7e");

/// The exchange of RFC 3079 §2.5: password clientPass.
const RFC_CHALLENGE: [u8; 8] = unhex("102db5df085d3041");

type Bytes = Vec<u8>;

fn seconds(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

fn random(script: &[u8]) -> Random {
    Random::scripted(Box::leak(Box::<[u8]>::from(script)), [7; 32])
}

fn who(password: &str) -> Credentials {
    Credentials::new("alice", password).unwrap()
}

fn message(code: u8, identifier: u8, data: &[u8]) -> Bytes {
    let [high, low] = u16::try_from(data.len() + 4).unwrap().to_be_bytes();
    [&[code, identifier, high, low], data].concat()
}

fn challenge(identifier: u8, value: &[u8; 8]) -> Bytes {
    message(1, identifier, &[&[8], &value[..], b"pptpd"].concat())
}

fn response(identifier: u8, lm: &[u8; 24], nt: &[u8; 24], flags: u8) -> Bytes {
    let value = [&[49], &lm[..], nt, &[flags], b"alice"].concat();
    message(2, identifier, &value)
}

fn packet(bytes: &[u8]) -> Packet<'_> {
    Packet::parse(bytes).unwrap()
}

fn peer<C: ChangeRoom>(room: C, version: V1) -> Peer<C, V1> {
    let mut peer = Peer::with_version(room, version);
    peer.open(seconds(0));
    peer
}

fn hear<'p, C: ChangeRoom>(
    peer: &mut Peer<C, V1>,
    who: &Credentials,
    bytes: &'p [u8],
) -> Result<Option<PeerEvent<'p>>, Discard> {
    peer.handle_packet(seconds(1), who, packet(bytes), None, &mut random(&[]))
}

fn said<C: ChangeRoom>(peer: &mut Peer<C, V1>, who: &Credentials) -> Option<Bytes> {
    let mut out = [0; 1400];
    let sent = peer.poll_packet(who, &mut out).unwrap();
    sent.map(<[u8]>::to_vec)
}

/// An authenticator that has sent `value` under the identifier 1.
fn asked<C: ChangeRoom>(room: C, version: V1, value: &[u8; 8]) -> Authenticator<C, V1> {
    let mut authenticator = Authenticator::with_version(room, version);
    authenticator.challenge(seconds(0), &mut random(value));
    assert_eq!(told(&mut authenticator), Some(challenge(1, value)));
    authenticator
}

fn told<C: ChangeRoom>(authenticator: &mut Authenticator<C, V1>) -> Option<Bytes> {
    let mut out = [0; 400];
    let sent = authenticator.poll_packet(b"pptpd", &mut out).unwrap();
    sent.map(<[u8]>::to_vec)
}

fn judge<C: ChangeRoom>(
    authenticator: &mut Authenticator<C, V1>,
    verdict: &Verdict<'_>,
    next: &[u8; 8],
) -> Outcome {
    let id = authenticator.request_id().unwrap();
    let outcome = authenticator.authorize(seconds(1), id, verdict, &mut random(next));
    outcome.unwrap()
}

fn session_key(keys: &LinkKeys, strength: Strength) -> Option<Bytes> {
    let start = keys.send(strength)?;
    assert_eq!(Some(start), keys.receive(strength));
    Some(SessionKey::new(start, strength).as_bytes().to_vec())
}

/// What RFC 3079 §2.5 says the keys are.
const KEYS: [(Strength, &str); 3] = [
    (Strength::Bits40, "d1269e538cec4a08"),
    (Strength::Bits56, "d10801538cec4a08"),
    (Strength::Bits128, "59d159bc09f76f1da2a86a28ffec0b1e"),
];

fn hex(digits: &str) -> Bytes {
    let digits: Vec<u32> = digits.chars().filter_map(|it| it.to_digit(16)).collect();
    let octet = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).unwrap();
    digits.chunks(2).map(octet).collect()
}

#[test]
fn answers_as_pppd_does() {
    let mut peer = peer(NoChange, V1::default());
    let who = who("wonderland");
    let asks = challenge(25, &CHALLENGE);
    assert_eq!(hear(&mut peer, &who, &asks), Ok(None));
    let expected = response(25, &[0; 24], &RESPONSE, 1);
    assert_eq!(said(&mut peer, &who), Some(expected.clone()));
    // The same once more.
    assert_eq!(hear(&mut peer, &who, &asks), Ok(None));
    assert_eq!(said(&mut peer, &who), Some(expected));
    let success = message(3, 25, b"Access granted");
    let accepted = PeerEvent::Authenticated {
        message: b"Access granted",
    };
    assert_eq!(hear(&mut peer, &who, &success), Ok(Some(accepted)));
    assert!(peer.is_authenticated());
    // Those of 40 and 56 bits are LAN Manager's.
    let keys = peer.keys().unwrap();
    assert!(keys.serves(Strength::Bits128) && !keys.serves(Strength::Bits40));
}

#[test]
fn asks_and_accepts_as_pppd_does() {
    let hash = NtHash::from_password("wonderland");
    for verdict in [Verdict::Password("wonderland"), Verdict::NtHash(&hash)] {
        let mut authenticator = asked(NoChange, V1::default(), &CHALLENGE);
        let answer = response(1, &[0; 24], &RESPONSE, 1);
        assert_eq!(authenticator.handle_packet(packet(&answer)), Ok(true));
        let Proof::MsChapV1(request) = V1::proof(authenticator.shown().unwrap()) else {
            panic!("by another method");
        };
        assert_eq!(
            (request.user_name, request.challenge, request.identifier),
            (&b"alice"[..], &CHALLENGE, 1)
        );
        assert_eq!(request.response, &Response::new(RESPONSE));
        let outcome = judge(&mut authenticator, &verdict, &[0; 8]);
        assert_eq!(outcome, Outcome::Accepted);
        // Without a proof, and our Success has no text.
        assert_eq!(told(&mut authenticator), Some(message(3, 1, b"")));
        let keys = authenticator.keys().unwrap();
        assert!(keys.serves(Strength::Bits128) && !keys.serves(Strength::Bits56));
    }
}

/// RFC 3079 §2.5, at both ends.
#[test]
fn keys_are_those_of_rfc_3079() {
    let who = who("clientPass");
    let mut peer = peer(NoChange, LAN_MANAGER);
    hear(&mut peer, &who, &challenge(1, &RFC_CHALLENGE)).unwrap();
    let answer = said(&mut peer, &who).unwrap();
    // Both responses are there, and it is the NT response that counts.
    let lm = Challenge(RFC_CHALLENGE)
        .lm_response(&LmHash::new(unhex("76a152936096d7830e2390227404afd2")));
    assert_eq!((&answer[5..29], answer[53]), (&lm[..], 1));
    hear(&mut peer, &who, &message(3, 1, b"")).unwrap();
    let mut authenticator = asked(NoChange, LAN_MANAGER, &RFC_CHALLENGE);
    assert_eq!(authenticator.handle_packet(packet(&answer)), Ok(true));
    let verdict = Verdict::Password("clientPass");
    assert_eq!(
        judge(&mut authenticator, &verdict, &[0; 8]),
        Outcome::Accepted
    );
    for (strength, expected) in KEYS {
        for keys in [peer.keys(), authenticator.keys()] {
            let key = session_key(keys.unwrap(), strength);
            assert_eq!(key, Some(hex(expected)), "{strength:?}");
        }
    }
}

/// From the hashes as well, and by the LAN Manager response alone; but only with leave.
#[test]
fn the_lan_manager_response_counts_only_where_it_may() {
    let nt = NtHash::from_password("clientPass");
    let lm = LmHash::from_password("clientPass").unwrap();
    let proof = Challenge(RFC_CHALLENGE).lm_response(&lm);
    let only_lm = response(1, &proof, &[0; 24], 0);
    let both = Verdict::Hashes { nt: &nt, lm: &lm };
    let refused = Outcome::Refused(ErrorCode::AuthenticationFailure);
    for (version, verdict, outcome) in [
        (LAN_MANAGER, &both, Outcome::Accepted),
        (
            LAN_MANAGER,
            &Verdict::Password("clientPass"),
            Outcome::Accepted,
        ),
        (LAN_MANAGER, &Verdict::NtHash(&nt), refused),
        (V1::default(), &both, refused),
        (V1::default(), &Verdict::Password("clientPass"), refused),
    ] {
        let mut authenticator = asked(NoChange, version, &RFC_CHALLENGE);
        assert_eq!(authenticator.handle_packet(packet(&only_lm)), Ok(true));
        assert_eq!(judge(&mut authenticator, verdict, &[0; 8]), outcome);
        let keys = authenticator.keys();
        assert_eq!(keys.is_some(), outcome == Outcome::Accepted);
        for (strength, expected) in KEYS.iter().filter(|_| keys.is_some()) {
            assert_eq!(session_key(keys.unwrap(), *strength), Some(hex(expected)));
        }
    }
    // The flag says which counts: a right one in the other place is of no use.
    let flagged = response(1, &proof, &[0; 24], 1);
    let mut authenticator = asked(NoChange, LAN_MANAGER, &RFC_CHALLENGE);
    assert_eq!(authenticator.handle_packet(packet(&flagged)), Ok(true));
    assert_eq!(judge(&mut authenticator, &both, &[0; 8]), refused);
}

/// A password that LAN Manager cannot have has no keys of 40 bits, and nothing of it is sent.
#[test]
fn a_long_password_has_no_lan_manager_hash() {
    let who = who("a password of more than 14");
    let mut peer = peer(NoChange, LAN_MANAGER);
    hear(&mut peer, &who, &challenge(1, &CHALLENGE)).unwrap();
    assert_eq!(said(&mut peer, &who).unwrap()[5..29], [0; 24]);
    hear(&mut peer, &who, &message(3, 1, b"")).unwrap();
    let keys = peer.keys().unwrap();
    assert!(keys.serves(Strength::Bits128) && !keys.serves(Strength::Bits40));
}

/// What RADIUS says, or what has no keys at all.
#[test]
fn who_is_accepted_by_another_has_the_keys_of_that() {
    let other = Challenge(CHALLENGE).keys(Some(&NtHash::from_password("x")), None);
    for keys in [other, None] {
        let mut authenticator = asked(NoChange, V1::default(), &CHALLENGE);
        let answer = response(1, &[0; 24], &[9; 24], 1);
        assert_eq!(authenticator.handle_packet(packet(&answer)), Ok(true));
        let verdict = Verdict::Accept { keys: keys.clone() };
        assert_eq!(
            judge(&mut authenticator, &verdict, &[0; 8]),
            Outcome::Accepted
        );
        assert_eq!(authenticator.keys(), keys.as_ref());
    }
}

const PPPD_FAILURE: &[u8] = b"E=691 R=1 C=d9d0ad0c05e0c2bb V=0";

/// pppd's Failure, whose challenge is the one before; RFC 2433 §8 and B.1.
#[test]
fn another_try_answers_the_challenge_of_the_failure() {
    for (failure, next) in [
        (PPPD_FAILURE, unhex("d9d0ad0c05e0c2bb")),
        // Without one, 23 is added to the first octet of the one before.
        (&b"E=691 R=1"[..], unhex("5c848657f3ce9e80")),
    ] {
        let (wrong, right) = (who("looking-glass"), who("wonderland"));
        let mut peer = peer(NoChange, V1::default());
        hear(&mut peer, &wrong, &challenge(255, &CHALLENGE)).unwrap();
        said(&mut peer, &wrong).unwrap();
        let failed = message(4, 255, failure);
        let event = hear(&mut peer, &wrong, &failed).unwrap();
        let cause = PeerError::Refused {
            error: ErrorCode::AuthenticationFailure,
            retry: true,
        };
        assert!(
            matches!(event, Some(PeerEvent::Failed { cause: it, .. }) if it == cause),
            "{event:?}"
        );
        let wanted = peer.wanted().unwrap();
        assert!(wanted.retry && !wanted.change);
        peer.retry(seconds(2), &right, &mut random(&[])).unwrap();
        let nt = Challenge(next).nt_response(&NtHash::from_password("wonderland"));
        assert_eq!(said(&mut peer, &right), Some(response(0, &[0; 24], &nt, 1)));
        hear(&mut peer, &right, &message(3, 0, b"")).unwrap();
        assert!(peer.is_authenticated());
    }
}

#[test]
fn a_failure_says_what_may_come_next() {
    let rejects = |error, retry| Verdict::Reject {
        error,
        retry,
        message: b"",
    };
    let next = unhex("c5c5c5c5c5c5c5c5");
    for (verdict, text) in [
        (
            rejects(ErrorCode::AuthenticationFailure, true),
            "E=691 R=1 C=C5C5C5C5C5C5C5C5 V=2",
        ),
        (
            rejects(ErrorCode::AccountDisabled, false),
            "E=647 R=0 C=C5C5C5C5C5C5C5C5 V=2",
        ),
        (
            Verdict::Password("looking-glass"),
            "E=691 R=0 C=C5C5C5C5C5C5C5C5 V=2",
        ),
    ] {
        let mut authenticator = asked(Change::default(), V1::default(), &CHALLENGE);
        let answer = response(1, &[0; 24], &RESPONSE, 1);
        authenticator.handle_packet(packet(&answer)).unwrap();
        judge(&mut authenticator, &verdict, &next);
        assert_eq!(
            told(&mut authenticator),
            Some(message(4, 1, text.as_bytes()))
        );
        let again = Challenge(next).nt_response(&NtHash::from_password("wonderland"));
        let again = response(2, &[0; 24], &again, 1);
        let taken = authenticator.handle_packet(packet(&again));
        if text.contains("R=1") {
            assert_eq!(taken, Ok(true));
            let verdict = Verdict::Password("wonderland");
            let outcome = judge(&mut authenticator, &verdict, &[0; 8]);
            assert_eq!(outcome, Outcome::Accepted);
        } else {
            assert_eq!(taken, Err(Discard::Unexpected));
        }
    }
}

/// An authenticator that has told the peer that its password has expired, and the challenge for a change.
fn expired<C: ChangeRoom>(room: C, version: V1) -> (Authenticator<C, V1>, Bytes) {
    let mut authenticator = asked(room, version, &CHALLENGE);
    let answer = response(1, &[0; 24], &RESPONSE, 1);
    authenticator.handle_packet(packet(&answer)).unwrap();
    let verdict = Verdict::Reject {
        error: ErrorCode::PasswordExpired,
        retry: false,
        message: b"",
    };
    assert_eq!(
        judge(&mut authenticator, &verdict, &RFC_CHALLENGE),
        Outcome::Retry(ErrorCode::PasswordExpired)
    );
    let failure = told(&mut authenticator).unwrap();
    (authenticator, failure)
}

/// A peer that has been told `failure`, and asks for another password.
fn changing<C: ChangeRoom>(room: C, version: V1, failure: &[u8]) -> (Peer<C, V1>, Option<Bytes>) {
    let (old, new) = (who("wonderland"), who("looking-glass"));
    let mut peer = peer(room, version);
    hear(&mut peer, &old, &challenge(1, &CHALLENGE)).unwrap();
    said(&mut peer, &old).unwrap();
    hear(&mut peer, &old, failure).unwrap();
    let changed = peer.change_password(seconds(2), &old, &new, "looking-glass", &mut random(&[]));
    if changed.is_err() {
        assert_eq!(changed, Err(RetryError::NotWanted));
        return (peer, None);
    }
    let sent = said(&mut peer, &new);
    (peer, sent)
}

/// RFC 2433 §10.
#[test]
fn a_password_is_changed_by_the_second_message() {
    let (mut authenticator, failure) = expired(Change::default(), V1::default());
    assert!(failure.ends_with(b"E=648 R=0 C=102DB5DF085D3041 V=2"));
    let (mut peer, sent) = changing(Change::default(), V1::default(), &failure);
    let sent = sent.unwrap();
    assert_eq!((sent[0], sent[1], sent.len()), (6, 2, 1118));
    assert_eq!(authenticator.handle_packet(packet(&sent)), Ok(true));
    let Proof::ChangePasswordV1(request) = V1::proof(authenticator.shown().unwrap()) else {
        panic!("no change of password");
    };
    // The name is that of the Response before.
    assert_eq!(
        (request.user_name, request.challenge),
        (&b"alice"[..], &RFC_CHALLENGE)
    );
    let old = NtHash::from_password("wonderland");
    let mut password = NewPassword::new();
    let wrong = NtHash::from_password("wonderlan");
    assert!(request.open(&wrong, &mut password).is_err() && password.as_str().is_empty());
    assert_eq!(request.open(&old, &mut password), Ok(()));
    assert_eq!(password.as_str(), "looking-glass");
    assert_eq!(request.new_hash(&old), Err(ChangeError::NotDecrypted));
    let verdict = Verdict::Password("looking-glass");
    assert_eq!(
        judge(&mut authenticator, &verdict, &[0; 8]),
        Outcome::Accepted
    );
    let success = told(&mut authenticator).unwrap();
    assert_eq!(success, message(3, 2, b""));
    hear(&mut peer, &who("looking-glass"), &success).unwrap();
    assert!(peer.is_authenticated());
    assert_eq!(peer.keys(), authenticator.keys());
}

/// RFC 2433 §9: the hashes, for all to see.
#[test]
fn a_password_is_changed_by_the_first_message_where_that_may_be() {
    let (mut authenticator, failure) = expired(NoChange, HASHES);
    assert!(failure.ends_with(b"E=648 R=0 C=102DB5DF085D3041"));
    // Without leave it is not sent.
    let (peer, sent) = changing(Change::default(), V1::default(), &failure);
    assert!(sent.is_none() && peer.wanted().is_none());
    let (mut peer, sent) = changing(NoChange, HASHES, &failure);
    let sent = sent.unwrap();
    assert_eq!((sent[0], sent[1], sent.len()), (5, 2, 72));
    let Some(Ok(ChangePassword::Version1(change))) =
        ChangePassword::parse(Code::CHANGE_PASSWORD_1, &sent[4..])
    else {
        panic!("no change of password");
    };
    assert!(change.has_nt() && !change.has_lm());
    assert_eq!((change.old_lm, change.new_lm), ([0; 16], [0; 16]));
    assert_eq!(authenticator.handle_packet(packet(&sent)), Ok(true));
    let Proof::ChangePasswordV1(request) = V1::proof(authenticator.shown().unwrap()) else {
        panic!("no change of password");
    };
    let old = NtHash::from_password("wonderland");
    let new = NtHash::from_password("looking-glass");
    assert_eq!(request.new_hash(&old), Ok(new.clone()));
    assert_eq!(request.new_hash(&new), Err(ChangeError::WrongProof));
    let mut password = NewPassword::new();
    let opened = request.open(&old, &mut password);
    assert_eq!(opened, Err(ChangeError::NotDecrypted));
    assert_eq!(
        judge(&mut authenticator, &Verdict::NtHash(&new), &[0; 8]),
        Outcome::Accepted
    );
    hear(
        &mut peer,
        &who("looking-glass"),
        &told(&mut authenticator).unwrap(),
    )
    .unwrap();
    assert!(peer.is_authenticated());
    assert_eq!(peer.keys(), authenticator.keys());
}

#[test]
fn a_change_of_password_that_may_not_be_is_not_read() {
    let (_, failure) = expired(Change::default(), V1::default());
    let (_, second) = changing(Change::default(), V1::default(), &failure);
    let (_, failure) = expired(NoChange, HASHES);
    let (_, first) = changing(NoChange, HASHES, &failure);
    let (mut no_second, _) = expired(NoChange, HASHES);
    let taken = no_second.handle_packet(packet(&second.unwrap()));
    assert_eq!(taken, Err(Discard::UnknownCode(6)));
    let (mut no_first, _) = expired(Change::default(), V1::default());
    let taken = no_first.handle_packet(packet(&first.clone().unwrap()));
    assert_eq!(taken, Err(Discard::UnknownCode(5)));
    // Nobody has asked for it.
    let mut unasked = asked(NoChange, HASHES, &CHALLENGE);
    let taken = unasked.handle_packet(packet(&first.unwrap()));
    assert_eq!(taken, Err(Discard::Unexpected));
}

/// A verdict on another hash than that in the message, and one that has no NT hashes: nobody is let in.
#[test]
fn the_new_hash_has_to_be_that_of_the_message() {
    let (_, failure) = expired(NoChange, HASHES);
    let (_, sent) = changing(NoChange, HASHES, &failure);
    let right = sent.unwrap();
    let mut without = right.clone();
    without[71] = 0;
    let other = NtHash::from_password("another");
    let new = NtHash::from_password("looking-glass");
    for (sent, hash) in [(&right, &other), (&without, &new)] {
        let (mut authenticator, _) = expired(NoChange, HASHES);
        assert_eq!(authenticator.handle_packet(packet(sent)), Ok(true));
        assert_eq!(
            judge(&mut authenticator, &Verdict::NtHash(hash), &[0; 8]),
            Outcome::Refused(ErrorCode::ChangingPassword)
        );
    }
}

#[test]
fn every_short_packet_is_refused() {
    let whole = response(1, &[0; 24], &RESPONSE, 1);
    let mut authenticator = asked(NoChange, V1::default(), &CHALLENGE);
    for len in 0..50 {
        let cut = message(2, 1, &whole[4..4 + len]);
        let taken = authenticator.handle_packet(packet(&cut));
        assert!(matches!(taken, Err(Discard::Malformed(_))), "{len}");
    }
    let mut peer = peer(NoChange, V1::default());
    for size in (0..=255).filter(|size| *size != 8) {
        let asks = message(1, 1, &[&[size], &[3; 255][..usize::from(size)]].concat());
        let taken = hear(&mut peer, &who("wonderland"), &asks);
        assert!(matches!(taken, Err(Discard::Malformed(_))), "{size}");
    }
    assert_eq!(
        authenticator.handle_timeout(seconds(1)),
        None::<AuthenticatorError>
    );
}
