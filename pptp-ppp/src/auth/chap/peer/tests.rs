use super::*;
use crate::auth::chap::tests::{Bytes, Known, SESSIONS, Session, just_before, packet, seconds};
use crate::mschap::vectors::{Vector, unhex};
use std::boxed::Box;
use std::format;
use std::vec::Vec;

const OUT: usize = 400;

fn peer(vector: &Vector) -> Known {
    Known::new(vector.user, vector.password)
}

fn random(script: &[u8]) -> Random {
    Random::scripted(Box::leak(Box::<[u8]>::from(script)), [7; 32])
}

fn poll(peer: &mut Known) -> Option<Vec<u8>> {
    peer.poll_packet(&mut [0; OUT]).unwrap().map(<[u8]>::to_vec)
}

/// A peer that has sent its Response to the session's Challenge.
fn responded(session: &Session) -> (Known, Random) {
    let mut random = random(&session.vector.peer_challenge());
    let mut peer = peer(&session.vector);
    peer.open(seconds(0));
    let challenge = session.challenge();
    assert_eq!(
        peer.handle_packet(seconds(1), packet(&challenge), None, &mut random),
        Ok(None)
    );
    assert_eq!(poll(&mut peer).unwrap(), session.response());
    (peer, random)
}

fn authenticated(session: &Session) -> (Known, Random) {
    let (mut peer, mut random) = responded(session);
    let success = session.success();
    let event = peer.handle_packet(seconds(1), packet(&success), None, &mut random);
    assert!(
        matches!(event, Ok(Some(PeerEvent::Authenticated { .. }))),
        "{event:?}"
    );
    (peer, random)
}

#[test]
fn answers_as_real_peers_did() {
    for session in &SESSIONS {
        let (mut peer, mut random) = responded(session);
        assert!(!peer.is_authenticated() && peer.keys().is_none());
        assert_eq!(poll(&mut peer), None);
        let success = session.success();
        let event = peer.handle_packet(seconds(1), packet(&success), None, &mut random);
        let message = session.success_text.as_bytes();
        assert_eq!(event, Ok(Some(PeerEvent::Authenticated { message })));
        assert!(peer.is_authenticated());
        assert_eq!(peer.next_timeout(), None);
    }
}

/// The start keys are those that decrypt the captured session.
#[test]
fn gives_the_keys_of_the_exchange() {
    use pptp_mppe::StartKey;
    let (peer, _) = authenticated(&SESSIONS[0]);
    let keys = peer.keys().unwrap();
    assert_eq!(
        keys.send,
        StartKey::from_bytes(unhex("5feb418becd3d469e35a579c206297d0"))
    );
    assert_eq!(
        keys.receive,
        StartKey::from_bytes(unhex("b34084a4b243be1aa89b97ccaf0782e3"))
    );
}

#[test]
fn the_same_challenge_gets_the_same_response() {
    for session in &SESSIONS {
        let (mut peer, mut random) = responded(session);
        let challenge = session.challenge();
        for _ in 0..3 {
            peer.handle_packet(seconds(2), packet(&challenge), None, &mut random)
                .unwrap();
            assert_eq!(poll(&mut peer).unwrap(), session.response());
        }
        // Even when it was late, and the Success is already here.
        peer.handle_packet(seconds(2), packet(&session.success()), None, &mut random)
            .unwrap();
        peer.handle_packet(seconds(2), packet(&challenge), None, &mut random)
            .unwrap();
        assert_eq!(poll(&mut peer).unwrap(), session.response());
        assert!(peer.is_authenticated());
        assert_eq!(peer.next_timeout(), None);
    }
}

#[test]
fn a_new_challenge_gets_a_new_response() {
    let (mut peer, mut random) = authenticated(&SESSIONS[1]);
    let before = peer.keys().cloned();
    let mut challenge = SESSIONS[1].challenge();
    challenge[1] = challenge[1].wrapping_add(1);
    challenge[10] ^= 0xff;
    peer.handle_packet(seconds(9), packet(&challenge), None, &mut random)
        .unwrap();
    let response = poll(&mut peer).unwrap();
    assert_eq!(response[1], challenge[1]);
    let sent = SESSIONS[1].response();
    assert_ne!(
        response[5..21],
        sent[5..21],
        "the peer's own challenge is fresh"
    );
    assert_ne!(response[29..53], sent[29..53]);
    assert!(!peer.is_authenticated());
    assert_eq!(
        peer.keys(),
        before.as_ref(),
        "the keys hold until the next Success"
    );
    // A proof of the exchange before is none of this one.
    let mut success = SESSIONS[1].success();
    success[1] = challenge[1];
    let event = peer
        .handle_packet(seconds(9), packet(&success), None, &mut random)
        .unwrap();
    assert!(matches!(
        event,
        Some(PeerEvent::Failed {
            cause: PeerError::ServerNotTrusted,
            ..
        })
    ));
    assert_eq!(peer.keys(), None);
}

#[test]
fn a_success_without_the_right_proof_is_never_accepted() {
    for session in &SESSIONS {
        let right = session.success();
        let mut wrong: Vec<Bytes> = Vec::new();
        for at in 6..46 {
            let mut success = right.clone();
            success[at] = if success[at] == b'0' { b'1' } else { b'0' };
            wrong.push(success);
        }
        for message in [
            "",
            "S=",
            "M=Access granted",
            "Welcome",
            "E=0",
            &session.vector.success[1..],
        ] {
            wrong.push(session.verdict(3, message.as_bytes()));
        }
        wrong.push(session.verdict(3, &right[4..45]));
        wrong.push(session.verdict(3, &[b"M=x ", &right[4..]].concat()));
        for success in wrong {
            let (mut peer, mut random) = responded(session);
            let event = peer.handle_packet(seconds(1), packet(&success), None, &mut random);
            let Ok(Some(PeerEvent::Failed {
                cause: PeerError::ServerNotTrusted,
                ..
            })) = event
            else {
                panic!("{event:?} for {success:?}");
            };
            assert!(!peer.is_authenticated() && peer.keys().is_none());
            // Too late for the right one, or for anything else.
            for late in [&right, &session.challenge(), &success] {
                let event = peer.handle_packet(seconds(1), packet(late), None, &mut random);
                assert_eq!(event, Err(Discard::Unexpected));
            }
            assert_eq!((poll(&mut peer), peer.next_timeout()), (None, None));
        }
    }
}

/// It is what a Success starts with (RFC 2759 §5), and nothing anywhere else.
#[test]
fn a_proof_in_an_odd_place_is_none() {
    let session = &SESSIONS[0];
    let right = session.vector.success;
    let digits = right.strip_prefix("S=").unwrap();
    let zeros = "0".repeat(40);
    for odd in [
        format!(" {right}"),
        format!("\0{right}"),
        format!("s={digits}"),
        format!("S= {digits}"),
        format!("S=0x{digits}"),
        format!("S={}", &digits[..39]),
        format!("S=S={digits}"),
        format!("M={right}"),
        format!("M=Welcome {right}"),
        format!("E=0 {right}"),
        format!("S={zeros} {right}"),
        format!("S={zeros}{digits}"),
    ] {
        let (mut peer, mut random) = responded(session);
        let success = session.verdict(3, odd.as_bytes());
        let event = peer.handle_packet(seconds(1), packet(&success), None, &mut random);
        let untrusted = matches!(
            event,
            Ok(Some(PeerEvent::Failed {
                cause: PeerError::ServerNotTrusted,
                ..
            }))
        );
        assert!(untrusted, "{odd} {event:?}");
        assert!(!peer.is_authenticated() && peer.keys().is_none());
    }
    // In a Failure it is no proof either.
    let (mut peer, mut random) = responded(session);
    let failure = session.verdict(4, right.as_bytes());
    let event = peer.handle_packet(seconds(1), packet(&failure), None, &mut random);
    let refused = matches!(
        event,
        Ok(Some(PeerEvent::Failed {
            cause: PeerError::Refused { .. },
            ..
        }))
    );
    assert!(refused && !peer.is_authenticated(), "{event:?}");
    // What comes after it is for people.
    let (mut peer, mut random) = responded(session);
    let success = session.verdict(3, format!("{right} M=S={zeros}").as_bytes());
    let event = peer.handle_packet(seconds(1), packet(&success), None, &mut random);
    assert!(
        matches!(event, Ok(Some(PeerEvent::Authenticated { .. }))),
        "{event:?}"
    );
}

#[test]
fn a_verdict_out_of_turn_is_ignored() {
    let session = &SESSIONS[0];
    let success = session.success();
    let failure = session.verdict(4, b"E=691 R=0");
    let mut random = random(&session.vector.peer_challenge());
    let mut peer = peer(&session.vector);
    let mut check = |peer: &mut Known, expected| {
        for verdict in [&success, &failure] {
            let before = peer.clone();
            let event = peer.handle_packet(seconds(1), packet(verdict), None, &mut random);
            assert_eq!(event, Err(expected));
            assert_eq!(peer.peer, before.peer);
        }
    };
    check(&mut peer, Discard::Unexpected);
    peer.open(seconds(0));
    check(&mut peer, Discard::Unexpected);
    // Nobody can know the proof of a Response that has not left yet.
    let (mut random_, challenge) = (
        self::random(&session.vector.peer_challenge()),
        session.challenge(),
    );
    peer.handle_packet(seconds(1), packet(&challenge), None, &mut random_)
        .unwrap();
    check(&mut peer, Discard::Unexpected);
    poll(&mut peer).unwrap();
    for verdict in [&success, &failure] {
        let mut other = verdict.clone();
        other[1] ^= 1;
        let event = peer.handle_packet(seconds(1), packet(&other), None, &mut random_);
        assert_eq!(event, Err(Discard::WrongIdentifier));
    }
    peer.handle_packet(seconds(1), packet(&success), None, &mut random_)
        .unwrap();
    assert!(peer.is_authenticated());
    // Neither a duplicate nor a forged Failure takes that back.
    check(&mut peer, Discard::Unexpected);
}

#[test]
fn our_own_challenge_is_not_answered() {
    let session = &SESSIONS[0];
    let mut random = random(&[]);
    let mut peer = peer(&session.vector);
    peer.open(seconds(0));
    let (challenge, own) = (session.challenge(), session.vector.challenge());
    let event = peer.handle_packet(seconds(0), packet(&challenge), Some(&own), &mut random);
    assert_eq!(event, Err(Discard::OwnChallenge));
    assert_eq!(poll(&mut peer), None);
    let event = peer.handle_packet(seconds(0), packet(&challenge), Some(&[0; 16]), &mut random);
    assert_eq!(event, Ok(None));
    assert!(poll(&mut peer).is_some());
}

#[test]
fn a_challenge_of_the_wrong_size_is_not_answered() {
    let mut random = random(&[]);
    let mut peer = peer(&SESSIONS[0].vector);
    peer.open(seconds(0));
    let mut hostile: Vec<Bytes> = Vec::new();
    for size in (0..=255).filter(|size| *size != 16) {
        hostile.push([&[size][..], &[0x55; 255][..usize::from(size)]].concat());
    }
    hostile.push([].to_vec());
    hostile.push([16].to_vec());
    hostile.push([&[16][..], &[0x55; 15]].concat());
    hostile.push([&[255][..], &[0x55; 254]].concat());
    for data in hostile {
        let challenge = SESSIONS[0].message(1, &data);
        let event = peer.handle_packet(seconds(0), packet(&challenge), None, &mut random);
        assert!(
            matches!(event, Err(Discard::Malformed(_))),
            "{event:?} for {data:?}"
        );
        assert_eq!(poll(&mut peer), None);
    }
}

#[test]
fn a_failure_has_a_typed_reason() {
    let session = &SESSIONS[1];
    let failures: [(&[u8], ErrorCode, bool, &[u8]); 4] = [
        // What the captured server says to a wrong password.
        (
            b"E=691 R=1 C=27d421062a12aa56102e5347df3b66ef V=0 M=Access denied",
            ErrorCode::AuthenticationFailure,
            true,
            b"Access denied",
        ),
        (b"E=648 R=0 V=3", ErrorCode::PasswordExpired, false, b""),
        (b"E=647 R=0", ErrorCode::AccountDisabled, false, b""),
        (b"E=742", ErrorCode::Other(742), false, b""),
    ];
    for (text, error, retry, message) in failures {
        let (mut peer, mut random) = responded(session);
        let failure = session.verdict(4, text);
        let event = peer.handle_packet(seconds(1), packet(&failure), None, &mut random);
        let cause = PeerError::Refused { error, retry };
        assert_eq!(event, Ok(Some(PeerEvent::Failed { cause, message })));
        // A storm of them is still one failure.
        for _ in 0..100 {
            let event = peer.handle_packet(seconds(1), packet(&failure), None, &mut random);
            assert_eq!(event, Err(Discard::Unexpected));
        }
        assert_eq!((poll(&mut peer), peer.next_timeout()), (None, None));
    }
}

#[test]
fn a_response_is_repeated_until_there_is_a_verdict() {
    let session = &SESSIONS[1];
    let (mut peer, _) = responded(session);
    let mut times = Vec::new();
    let gave_up = loop {
        let at = peer.next_timeout().unwrap();
        assert_eq!(
            peer.handle_timeout(just_before(at)),
            None,
            "early is a no-op"
        );
        assert_eq!(poll(&mut peer), None);
        if let Some(cause) = peer.handle_timeout(at) {
            assert_eq!(cause, PeerError::TimedOut);
            break at;
        }
        assert_eq!(poll(&mut peer).unwrap(), session.response());
        times.push(at.as_micros() / 1_000_000);
    };
    // The Challenge came after one second.
    assert_eq!(times, [4, 7, 10, 13, 16, 19, 22, 25, 28, 31]);
    assert_eq!(gave_up, seconds(60));
    assert_eq!((poll(&mut peer), peer.next_timeout()), (None, None));
}

#[test]
fn without_a_challenge_it_gives_up() {
    let mut peer = peer(&SESSIONS[0].vector);
    peer.open(seconds(5));
    assert_eq!(peer.next_timeout(), Some(seconds(65)));
    assert_eq!(
        peer.handle_timeout(seconds(1000)),
        Some(PeerError::TimedOut)
    );
    assert_eq!(peer.handle_timeout(seconds(1000)), None);
}

#[test]
fn a_small_buffer_loses_nothing() {
    let session = &SESSIONS[0];
    let mut random = random(&session.vector.peer_challenge());
    let mut peer = peer(&session.vector);
    peer.open(seconds(0));
    peer.handle_packet(seconds(0), packet(&session.challenge()), None, &mut random)
        .unwrap();
    let response = session.response();
    for room in 0..response.len() {
        let before = peer.clone();
        let needed = response.len();
        assert_eq!(
            peer.poll_packet(&mut std::vec![0; room]),
            Err(BufferTooSmall { needed })
        );
        assert_eq!(peer.peer, before.peer);
    }
    assert_eq!(poll(&mut peer).unwrap(), response);
}

#[test]
fn other_codes_are_none_of_its_business() {
    let (mut peer, mut random) = responded(&SESSIONS[0]);
    for code in [0, 2, 5, 6, 7, 8, 255] {
        let other = SESSIONS[0].message(code, &SESSIONS[0].response()[4..]);
        let event = peer.handle_packet(seconds(1), packet(&other), None, &mut random);
        assert_eq!(event, Err(Discard::UnknownCode(code)));
    }
}
