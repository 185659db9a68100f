//! A change of password after a Failure (RFC 2759 §7 and §9.1.6).

mod laws;

use super::retry::identity;
use super::{Bytes, Session, packet, seconds};
use crate::auth::mschapv2::{
    Authenticator, Change, Outcome, Peer, PeerError, PeerEvent, RetryError,
};
use crate::auth::{Discard, NtIdentity, Verdict};
use crate::mschap::NtHash;
use crate::mschap::change::{ChangeError, NewPassword};
use crate::mschap::vectors::{RFC_2759, unhex};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::mschapv2::{ErrorCode, Failure};
use sha1::{Digest as _, Sha1};
use std::boxed::Box;
use std::vec::Vec;

/// The passwords of RFC 2759 §9.3 and §9.2: from the one to the other.
const OLD: &str = "MyPw";
const NEW: &str = RFC_2759.password;

const USER: &str = RFC_2759.user;

/// With the challenge of RFC 2759 §9.2 and as §9.1.6 has it.
const EXPIRED: &[u8] = b"E=648 R=0 C=5B5D7C7D7B3F2F3E3C2C602132262628 V=3";

/// The exchange of RFC 2759 §9.2.
fn session(identifier: u8) -> Session {
    Session {
        vector: RFC_2759,
        server: "",
        identifier,
        success_text: "",
    }
}

fn random(script: Vec<u8>) -> Random {
    Random::scripted(Box::leak(script.into_boxed_slice()), [7; 32])
}

/// What both ends of a change have.
#[derive(Clone)]
struct Ends {
    now: Instant,
    peer: Peer<Change>,
    who: NtIdentity,
    authenticator: Authenticator<Change>,
    ours: Random,
    theirs: Random,
}

impl Ends {
    fn new(seed: u8) -> Self {
        let mut ends = Self {
            now: seconds(0),
            peer: Peer::with_room(Change::default()),
            who: identity(USER, OLD),
            authenticator: Authenticator::with_room(Change::default()),
            ours: Random::new([seed; 32]),
            theirs: Random::new([!seed; 32]),
        };
        ends.peer.open(seconds(0));
        ends.authenticator.challenge(seconds(0), &mut ends.theirs);
        ends
    }

    fn poll_authenticator(&mut self) -> Option<Bytes> {
        let mut out = [0; 700];
        let sent = self.authenticator.poll_packet(b"", &mut out).unwrap();
        sent.map(<[u8]>::to_vec)
    }

    fn poll_peer(&mut self) -> Option<Bytes> {
        let mut out = [0; 700];
        let sent = self.peer.poll_packet(&self.who, &mut out).unwrap();
        sent.map(<[u8]>::to_vec)
    }

    fn tell_peer(&mut self, octets: &[u8]) -> Result<Option<PeerEvent<'static>>, Discard> {
        let event =
            self.peer
                .handle_packet(self.now, &self.who, packet(octets), None, &mut self.ours)?;
        Ok(event.map(|event| match event {
            PeerEvent::Authenticated { .. } => PeerEvent::Authenticated { message: b"" },
            PeerEvent::Failed { cause, .. } => PeerEvent::Failed {
                cause,
                message: b"",
            },
        }))
    }

    fn tell_authenticator(&mut self, octets: &[u8]) -> Result<bool, Discard> {
        self.authenticator.handle_packet(packet(octets))
    }

    fn judge(&mut self, verdict: &Verdict<'_>) -> Option<Outcome> {
        let id = self.authenticator.request_id()?;
        self.authenticator
            .authorize(self.now, id, verdict, &mut self.theirs)
    }

    fn change_to(&mut self, new: &str) -> Result<(), RetryError> {
        let identity = identity(USER, new);
        self.peer
            .change_password(self.now, &self.who, &identity, new, &mut self.ours)?;
        self.who = identity;
        Ok(())
    }

    /// As far as a Change-Password to `new`, which it gives.
    fn changing(seed: u8, new: &str) -> (Self, Bytes) {
        let mut ends = Self::new(seed);
        let challenge = ends.poll_authenticator().unwrap();
        assert_eq!(ends.tell_peer(&challenge), Ok(None));
        let response = ends.poll_peer().unwrap();
        assert_eq!(ends.tell_authenticator(&response), Ok(true));
        let outcome = ends.judge(&reject(ErrorCode::PasswordExpired, false));
        assert_eq!(outcome, Some(Outcome::Retry(ErrorCode::PasswordExpired)));
        assert!(!ends.authenticator.is_refused());
        let failure = ends.poll_authenticator().unwrap();
        let event = ends.tell_peer(&failure).unwrap();
        assert!(matches!(event, Some(PeerEvent::Failed { .. })), "{event:?}");
        ends.change_to(new).unwrap();
        let change = ends.poll_peer().unwrap();
        assert_eq!(change[..4], [7, response[1].wrapping_add(1), 2, 0x4a]);
        (ends, change)
    }
}

fn reject(error: ErrorCode, retry: bool) -> Verdict<'static> {
    Verdict::Reject {
        error,
        retry,
        message: b"",
    }
}

/// A peer that was told that its password has expired, and changes it; the fill of the block is 0, 1, 2 and so on.
fn changed() -> (Peer<Change>, NtIdentity, Bytes, Random) {
    let peer_challenge: [u8; 16] = RFC_2759.peer_challenge();
    let fill = (0..=255_u8).chain(0..236);
    let mut random = random(
        [9; 16]
            .into_iter()
            .chain(fill)
            .chain(peer_challenge)
            .collect(),
    );
    let (old, new) = (identity(USER, OLD), identity(USER, NEW));
    let mut peer = Peer::with_room(Change::default());
    peer.open(seconds(0));
    let challenge = session(2).challenge();
    peer.handle_packet(seconds(0), &old, packet(&challenge), None, &mut random)
        .unwrap();
    peer.poll_packet(&old, &mut [0; 700]).unwrap().unwrap();
    let failure = session(2).verdict(4, EXPIRED);
    peer.handle_packet(seconds(0), &old, packet(&failure), None, &mut random)
        .unwrap();
    let wanted = peer.wanted().unwrap();
    assert_eq!(wanted.error, ErrorCode::PasswordExpired);
    assert!(wanted.change && !wanted.retry);
    let other = peer.retry(seconds(1), &new, &mut random);
    assert_eq!(other, Err(RetryError::NotWanted));
    peer.change_password(seconds(1), &old, &new, NEW, &mut random)
        .unwrap();
    let mut out = [0; 700];
    let sent = peer.poll_packet(&new, &mut out).unwrap().unwrap().to_vec();
    (peer, new, sent, random)
}

/// From MyPw to clientPass, on the challenge of RFC 2759 §9.2: the proof is the one printed there, the rest is as OpenSSL's
/// DES and RC4 have it.
#[test]
fn the_packet_is_as_others_make_it() {
    let (mut peer, new, sent, mut random) = changed();
    assert_eq!(sent.len(), 586);
    assert_eq!(sent[..4], [7, 3, 0x02, 0x4a]);
    assert_eq!(sent[4..20], unhex::<16>("c05b8cb9441ed670523a65189dbcfffb"));
    assert_eq!(
        sent[504..520],
        unhex::<16>("8b6751217eae33973a0b7d3fb436ab02")
    );
    assert_eq!(
        sent[520..536],
        unhex::<16>("541c7cfcf62b50a7ab045a388a154861")
    );
    assert_eq!(sent[560..584], RFC_2759.nt_response());
    assert_eq!(
        Sha1::digest(&sent)[..],
        unhex::<20>("41e91b253682c82d6f14f5c38d380b039ab23735")
    );
    // It is sent again as it was.
    assert_eq!(peer.next_timeout(), Some(seconds(4)));
    assert_eq!(peer.handle_timeout(seconds(4)), None);
    let mut out = [0; 700];
    assert_eq!(peer.poll_packet(&new, &mut out).unwrap().unwrap(), sent);
    // The proof of the server is that of the new password.
    let success = session(3).success();
    let event = peer.handle_packet(seconds(4), &new, packet(&success), None, &mut random);
    assert_eq!(event, Ok(Some(PeerEvent::Authenticated { message: b"" })));
    assert!(peer.is_authenticated() && peer.keys().is_some());
}

/// The same packet at the other end.
#[test]
fn the_packet_of_others_is_understood() {
    let (_, _, sent, _) = changed();
    let mut random = random([[3; 16], RFC_2759.challenge()].concat());
    let mut authenticator = Authenticator::with_room(Change::default());
    authenticator.challenge(seconds(0), &mut random);
    let response = session(1).response();
    assert_eq!(authenticator.handle_packet(packet(&response)), Ok(true));
    let id = authenticator.request().unwrap().id;
    let expired = reject(ErrorCode::PasswordExpired, false);
    authenticator
        .authorize(seconds(0), id, &expired, &mut random)
        .unwrap();
    let mut out = [0; 700];
    let failure = authenticator.poll_packet(b"", &mut out).unwrap().unwrap();
    assert_eq!(failure, session(1).verdict(4, EXPIRED));
    let mut sent = sent;
    sent[1] = 2;
    assert_eq!(authenticator.handle_packet(packet(&sent)), Ok(true));
    assert_eq!(authenticator.request(), None);
    let request = authenticator.change_request().unwrap();
    assert_eq!((request.user_name, request.identifier), (&b"User"[..], 2));
    assert_eq!(request.challenge, &RFC_2759.challenge());
    assert_eq!(request.change.encrypted_password[..], sent[4..520]);
    assert_eq!(request.change.encrypted_hash[..], sent[520..536]);
    let old = NtHash::from_password(OLD);
    let mut password = NewPassword::new();
    request.open(&old, &mut password).unwrap();
    assert_eq!(password.as_str(), NEW);
    assert_eq!(password.nt_hash(), NtHash::from_password(NEW));
    // The hash will do, if that is all that is kept.
    let (id, hash) = (request.id, password.nt_hash());
    let outcome = authenticator.authorize(seconds(1), id, &Verdict::NtHash(&hash), &mut random);
    assert_eq!(outcome, Some(Outcome::Accepted));
    let success = authenticator.poll_packet(b"", &mut out).unwrap().unwrap();
    assert_eq!(success, session(2).success());
    assert!(authenticator.is_authenticated() && authenticator.keys().is_some());
    // Should it have been lost.
    assert_eq!(authenticator.handle_packet(packet(&sent)), Ok(false));
    let again = authenticator.poll_packet(b"", &mut out).unwrap().unwrap();
    assert_eq!(again, session(2).success());
}

#[test]
fn both_have_the_keys_of_the_new_password() {
    let (mut ends, change) = Ends::changing(1, "looking-glass");
    assert_eq!(ends.tell_authenticator(&change), Ok(true));
    let outcome = ends.judge(&Verdict::Password("looking-glass"));
    assert_eq!(outcome, Some(Outcome::Accepted));
    let success = ends.poll_authenticator().unwrap();
    assert!(matches!(
        ends.tell_peer(&success),
        Ok(Some(PeerEvent::Authenticated { .. }))
    ));
    let (ours, theirs) = (
        ends.peer.keys().unwrap(),
        ends.authenticator.keys().unwrap(),
    );
    assert_eq!((&ours.send, &ours.receive), (&theirs.receive, &theirs.send));
}

/// RFC 2759 §9.1: no other try after a change, whatever the server says.
#[test]
fn after_a_change_there_is_no_other_try() {
    let refusals = [
        reject(ErrorCode::ChangingPassword, true),
        reject(ErrorCode::PasswordExpired, true),
        reject(ErrorCode::AuthenticationFailure, true),
        // The proof is none of that password.
        Verdict::Password("other"),
    ];
    for verdict in refusals {
        let (mut ends, change) = Ends::changing(1, "looking-glass");
        assert_eq!(ends.tell_authenticator(&change), Ok(true));
        let Some(Outcome::Refused(error)) = ends.judge(&verdict) else {
            panic!("not refused");
        };
        if let Verdict::Password(_) = verdict {
            assert_eq!(error, ErrorCode::ChangingPassword);
        }
        assert!(ends.authenticator.is_refused());
        let failure = ends.poll_authenticator().unwrap();
        let text = Failure::parse(&failure[4..]);
        assert_eq!((text.error, text.retry), (error, false));
        assert_eq!(
            ends.tell_authenticator(&change),
            Ok(false),
            "the same verdict"
        );
        assert_eq!(ends.poll_authenticator().as_ref(), Some(&failure));
        // A server that says otherwise changes nothing.
        let text = b"E=648 R=1 C=5B5D7C7D7B3F2F3E3C2C602132262628 V=3";
        let failure = session(change[1]).verdict(4, text);
        let event = ends.tell_peer(&failure);
        assert!(
            matches!(event, Ok(Some(PeerEvent::Failed { .. }))),
            "{event:?}"
        );
        assert_eq!(ends.peer.wanted(), None);
        assert_eq!(ends.change_to("third"), Err(RetryError::NotWanted));
        assert!(ends.peer.keys().is_none() && ends.authenticator.keys().is_none());
    }
}

/// A server that does not know the new password, the old one's proof, and none at all.
#[test]
fn a_success_with_a_wrong_proof_after_a_change_is_not_believed() {
    for other in [OLD, "other"] {
        let (mut ends, change) = Ends::changing(1, "looking-glass");
        // What somebody could know who has another password in mind.
        let (challenge, proof) = {
            ends.tell_authenticator(&change).unwrap();
            let request = ends.authenticator.change_request().unwrap();
            let exchange = crate::mschap::Exchange {
                authenticator_challenge: request.challenge,
                peer_challenge: request.change.peer_challenge,
                user_name: USER.as_bytes(),
            };
            let hash = NtHash::from_password(other);
            (
                *request.challenge,
                exchange.authenticator_response(&hash, request.change.nt_response),
            )
        };
        assert_ne!(challenge, [0; 16]);
        let hex: std::string::String = proof.iter().map(|it| std::format!("{it:02X}")).collect();
        let success = session(change[1]).verdict(3, std::format!("S={hex}").as_bytes());
        let event = ends.tell_peer(&success);
        let cause = PeerError::ServerNotTrusted;
        assert_eq!(
            event,
            Ok(Some(PeerEvent::Failed {
                cause,
                message: b""
            }))
        );
        assert!(ends.peer.keys().is_none() && ends.peer.wanted().is_none());
    }
}

/// The identifier is the next one, the Failure comes before, and the length is what it is.
#[test]
fn a_change_out_of_turn_is_not_listened_to() {
    let (ends, change) = Ends::changing(1, "looking-glass");
    for identifier in (0..=255).filter(|it| *it != change[1]) {
        let mut ends = ends.clone();
        let mut other = change.clone();
        other[1] = identifier;
        let taken = ends.tell_authenticator(&other);
        // Under the identifier of before it gets the Failure again.
        let before = change[1].wrapping_sub(1);
        if identifier == before {
            assert_eq!(taken, Ok(false));
        } else {
            assert_eq!(taken, Err(Discard::WrongIdentifier));
        }
        assert!(ends.authenticator.change_request().is_none());
    }
    // A length that lies: the data is not that of a Change-Password.
    for len in (0..1200).filter(|len| *len != 582) {
        let mut ends = ends.clone();
        let mut data = change[4..].to_vec();
        data.resize(len, 0x55);
        let other = session(change[1]).message(7, &data);
        let taken = ends.tell_authenticator(&other);
        assert!(
            matches!(taken, Err(Discard::Malformed(_))),
            "{len}: {taken:?}"
        );
    }
    // Padding behind is left out, as with all packets.
    let mut padded = change.clone();
    padded.extend([0xaa; 40]);
    assert_eq!(ends.clone().tell_authenticator(&padded), Ok(true));
    // With R=0 there is no other Response, and no older version.
    let mut other = ends.clone();
    let response = session(change[1]).response();
    assert_eq!(
        other.tell_authenticator(&response),
        Err(Discard::Unexpected)
    );
    for code in [5, 6] {
        let other = session(change[1]).message(code, &change[4..]);
        let taken = ends.clone().tell_authenticator(&other);
        assert_eq!(taken, Err(Discard::UnknownCode(code)));
    }
}

/// A change that nobody asked for: before any Failure, after one for other reasons, and after the end.
#[test]
fn a_change_that_was_not_asked_for_is_not_listened_to() {
    let (_, mut change) = Ends::changing(1, "looking-glass");
    let mut ends = Ends::new(2);
    change[1] = 1;
    assert_eq!(ends.tell_authenticator(&change), Err(Discard::Unexpected));
    let response = session(1).response();
    assert_eq!(ends.tell_authenticator(&response), Ok(true));
    change[1] = 2;
    assert_eq!(ends.tell_authenticator(&change), Err(Discard::Unexpected));
    ends.judge(&reject(ErrorCode::AuthenticationFailure, true))
        .unwrap();
    assert_eq!(ends.tell_authenticator(&change), Err(Discard::Unexpected));
    ends.authenticator.close();
    assert_eq!(ends.tell_authenticator(&change), Err(Discard::Unexpected));
    // And where passwords cannot be changed at all.
    let mut random = Random::new([3; 32]);
    let mut authenticator = Authenticator::new();
    authenticator.challenge(seconds(0), &mut random);
    authenticator.handle_packet(packet(&response)).unwrap();
    let id = authenticator.request().unwrap().id;
    let expired = reject(ErrorCode::PasswordExpired, false);
    let outcome = authenticator.authorize(seconds(0), id, &expired, &mut random);
    assert_eq!(outcome, Some(Outcome::Refused(ErrorCode::PasswordExpired)));
    assert!(authenticator.is_refused());
    assert_eq!(
        authenticator.handle_packet(packet(&change)),
        Err(Discard::UnknownCode(7))
    );
}

/// A Change-Password that somebody has recorded is of no use another time: the proof in it is on another challenge.
#[test]
fn a_recorded_change_is_not_taken_again() {
    let (_, recorded) = Ends::changing(1, "looking-glass");
    let (mut ends, _) = Ends::changing(2, "third");
    assert_eq!(ends.tell_authenticator(&recorded), Ok(true));
    let request = ends.authenticator.change_request().unwrap();
    let (old, mut password) = (NtHash::from_password(OLD), NewPassword::new());
    assert_eq!(
        request.open(&old, &mut password),
        Err(ChangeError::WrongProof)
    );
    assert_eq!(password.as_str(), "");
    let outcome = ends.judge(&Verdict::Password("looking-glass"));
    assert_eq!(outcome, Some(Outcome::Refused(ErrorCode::ChangingPassword)));
}

/// Any octet of the packet, and another old password: nothing comes of it.
#[test]
fn a_change_that_is_not_right_in_all_its_parts_is_refused() {
    let (ends, change) = Ends::changing(1, "😀 und ä");
    let opened = |change: &[u8], old: &str| {
        let mut ends = ends.clone();
        ends.tell_authenticator(change).unwrap();
        let request = ends.authenticator.change_request().unwrap();
        let mut password = NewPassword::new();
        let opened = request.open(&NtHash::from_password(old), &mut password);
        assert_eq!(opened.is_err(), password.as_str().is_empty());
        opened
    };
    assert_eq!(opened(&change, OLD), Ok(()));
    assert!(opened(&change, "other").is_err());
    // The password is at the end of the block; what is before is fill, and Reserved and Flags are not looked at.
    let units = "😀 und ä".encode_utf16().count();
    for at in (516 - 2 * units..552).chain(560..584) {
        let mut other = change.clone();
        other[at] ^= 0x10;
        assert!(opened(&other, OLD).is_err(), "octet {at}");
    }
    for at in [4, 552, 559, 584, 585] {
        let mut other = change.clone();
        other[at] ^= 0x10;
        assert_eq!(opened(&other, OLD), Ok(()), "octet {at}");
    }
}

#[test]
fn a_password_that_does_not_fit_is_told_at_once() {
    let (mut peer, who) = (Peer::with_room(Change::default()), identity(USER, OLD));
    let mut random = Random::new([3; 32]);
    peer.open(seconds(0));
    peer.handle_packet(
        seconds(0),
        &who,
        packet(&session(2).challenge()),
        None,
        &mut random,
    )
    .unwrap();
    peer.poll_packet(&who, &mut [0; 700]).unwrap().unwrap();
    let failure = session(2).verdict(4, EXPIRED);
    peer.handle_packet(seconds(0), &who, packet(&failure), None, &mut random)
        .unwrap();
    for long in ["x".repeat(257), "😀".repeat(129)] {
        let before = peer.clone();
        let new = identity(USER, &long);
        let changed = peer.change_password(seconds(1), &who, &new, &long, &mut random);
        assert_eq!(changed, Err(RetryError::TooLong));
        assert_eq!(peer, before);
    }
    let longest = "😀".repeat(128);
    let new = identity(USER, &longest);
    peer.change_password(seconds(1), &who, &new, &longest, &mut random)
        .unwrap();
    for room in 0..586 {
        let before = peer.clone();
        let error = peer.poll_packet(&new, &mut std::vec![0; room]).unwrap_err();
        assert_eq!((error.needed, &peer), (586, &before));
    }
}

#[test]
fn nobody_waits_for_a_change_without_end() {
    let (mut ends, change) = Ends::changing(1, "looking-glass");
    // The Failure is told again a few times.
    for at in [3, 6, 9, 12, 15, 60] {
        assert_eq!(ends.authenticator.next_timeout(), Some(seconds(at)));
        let silent = ends.authenticator.handle_timeout(seconds(at));
        assert_eq!(silent.is_some(), at == 60);
    }
    assert_eq!(ends.tell_authenticator(&change), Err(Discard::Unexpected));
    let mut times = 0;
    let gave_up = loop {
        let at = ends.peer.next_timeout().unwrap();
        if let Some(cause) = ends.peer.handle_timeout(at) {
            assert_eq!(cause, PeerError::TimedOut);
            break at;
        }
        assert_eq!(ends.poll_peer().as_ref(), Some(&change));
        times += 1;
    };
    assert_eq!((times, gave_up), (10, seconds(60)));
}
