//! EAP at both of its machines: packets of an attacker's making, and two ends who know the same password and talk through a
//! liar. Nothing panics; nobody is let in by either who does not know the password, and two ends who believe each other have the
//! same keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_ppp::auth::eap::{Authenticator, EapAnswer, PassThrough, Peer, Step};
use pptp_ppp::auth::mschapv2::Change;
use pptp_ppp::auth::{Credentials, Methods, Verdict};
use pptp_ppp::random::Random;
use pptp_ppp::time::Instant;
use pptp_ppp::wire::Packet;
use pptp_ppp::wire::mschapv2::ErrorCode;

const NOW: Instant = Instant::from_millis(1);
const ROOM: usize = 600;

type AnyPeer = Peer<Change, PassThrough<ROOM>>;
type AnyAuthenticator = Authenticator<Change, PassThrough<ROOM>>;

fuzz_target!(|bytes: &[u8]| {
    match bytes.split_first() {
        Some((mode, rest)) if mode & 1 == 0 => alone(rest, *mode),
        Some((_, rest)) => through_a_liar(rest),
        None => {}
    }
});

/// As the mode has it, with methods of the caller's or without.
fn methods(mode: u8) -> Methods {
    match mode & 2 {
        0 => Methods::EAP_MS_CHAP_V2,
        _ => Methods::EAP_MS_CHAP_V2 | Methods::EAP,
    }
}

/// Each end with whatever comes.
fn alone(bytes: &[u8], mode: u8) {
    let mut random = Random::new([7; 32]);
    let mut peer = AnyPeer::with_rooms(Change::default(), PassThrough::default());
    let mut authenticator = AnyAuthenticator::with_rooms(Change::default(), PassThrough::default());
    let who = Credentials::new("", "peer's").expect("short");
    peer.open(NOW, methods(mode));
    authenticator.open(NOW, methods(mode) | Methods::EAP_MD5);
    let mut out = [0; 1400];
    let mut rest = bytes;
    while let Ok(packet) = Packet::parse(rest) {
        let own_challenge = authenticator.challenge_value().copied();
        let own_challenge = own_challenge.as_ref().map(<[u8; 16]>::as_slice);
        let taken = peer.handle_packet(NOW, &who, packet, own_challenge, &mut random);
        if let Ok(Step::Wanted(reason)) = taken {
            let again = packet.data.last().is_some_and(|last| last % 2 == 0);
            if !again || peer.retry(NOW, &who, &mut random).is_err() {
                peer.give_up(NOW, reason);
            }
        }
        if let Some((count, request)) = peer.passed() {
            let mut response = request.to_vec();
            response[0] = 2;
            let taken = peer.take_answer(NOW, count, &EapAnswer::Reply(&response));
            if taken.is_err() {
                let _ = peer.take_answer(NOW, count, &EapAnswer::Decline);
            }
        }
        assert!(!peer.is_authenticated() && peer.keys().is_none());

        if let Ok(Step::Requested) = authenticator.handle_packet(NOW, packet, &mut random) {
            assert!(authenticator.request().is_some());
            let verdict = match packet.data.last().unwrap_or(&0) % 3 {
                0 => Verdict::Password("authenticator's"),
                rest => Verdict::Reject {
                    error: if rest == 1 {
                        ErrorCode::AuthenticationFailure
                    } else {
                        ErrorCode::PasswordExpired
                    },
                    retry: true,
                    message: b"",
                },
            };
            authenticator.authorize(NOW, &verdict, &mut random);
        }
        if let Some(response) = authenticator.passed() {
            let mut request = response.to_vec();
            request[0] = 1;
            request[1] = request[1].wrapping_add(1);
            let taken = authenticator.take_answer(NOW, &EapAnswer::Decline, &mut random);
            if taken.is_err() {
                let answer = EapAnswer::Reply(&request);
                let taken = authenticator.take_answer(NOW, &answer, &mut random);
                taken.expect("a request like the response");
            }
        }
        assert!(!authenticator.is_authenticated() && authenticator.keys().is_none());
        for room in [0, 5, 300, out.len()] {
            let _ = peer.poll_packet(&who, &mut out[..room]);
            let _ = authenticator.poll_packet(b"server", &mut out[..room]);
        }
        rest = &rest[Packet::HEADER_LEN + packet.data.len()..];
    }
}

/// Two who know the same password, and what is done to the packets between them.
fn through_a_liar(mut acts: &[u8]) {
    let mut random = Random::new([7; 32]);
    let mut peer = AnyPeer::with_rooms(Change::default(), PassThrough::default());
    let mut authenticator = AnyAuthenticator::with_rooms(Change::default(), PassThrough::default());
    let who = Credentials::new("alice", "wonderland").expect("short");
    peer.open(NOW, Methods::EAP_MS_CHAP_V2);
    authenticator.open(NOW, Methods::EAP_MS_CHAP_V2 | Methods::EAP_MD5);
    let mut now = NOW;
    // What was sent, to which end, and is not there yet.
    let mut flying: Vec<(bool, Vec<u8>)> = Vec::new();
    let mut out = [0; 1400];
    let mut proved = false;
    loop {
        if let Ok(Some(len)) = peer.poll_packet(&who, &mut out) {
            flying.push((false, out[..len].to_vec()));
        }
        if let Ok(Some((len, _))) = authenticator.poll_packet(b"server", &mut out) {
            flying.push((true, out[..len].to_vec()));
        }
        let Some((act, rest)) = acts.split_first() else {
            break;
        };
        acts = rest;
        let at = usize::from(act >> 3);
        let packet = match (act & 7, flying.len()) {
            (0, _) | (_, 0) => {
                if let Some(next) = authenticator.next_timeout() {
                    now = next;
                    let _ = authenticator.handle_timeout(now);
                }
                continue;
            }
            (1, len) => {
                flying.swap_remove(at % len);
                continue;
            }
            // A copy arrives, and the packet once more.
            (2, len) => flying[at % len].clone(),
            (3, len) => {
                let (to, mut packet) = flying.remove(at % len);
                let Some(([place, octet], rest)) = acts.split_first_chunk() else {
                    break;
                };
                acts = rest;
                let place = usize::from(*place) % packet.len();
                packet[place] ^= octet;
                (to, packet)
            }
            // Back to where it came from.
            (4, len) => {
                let (to, packet) = flying[at % len].clone();
                (!to, packet)
            }
            (_, _) => flying.remove(0),
        };
        flying.truncate(32);
        let (to_peer, bytes) = packet;
        let Ok(packet) = Packet::parse(&bytes) else {
            continue;
        };
        if to_peer {
            let _ = peer.handle_packet(now, &who, packet, None, &mut random);
        } else if let Ok(Step::Requested) = authenticator.handle_packet(now, packet, &mut random) {
            let (_, proof) = authenticator.request().expect("it is requested");
            let _ = format!("{proof:?}");
            let verdict = Verdict::Password("wonderland");
            proved = true;
            authenticator.authorize(now, &verdict, &mut random);
        }
        // Whom the peer believes has proved itself, which it did after the peer had.
        assert!(!peer.is_authenticated() || proved && peer.keys().is_some());
        if let (Some(ours), Some(theirs)) = (peer.keys(), authenticator.keys()) {
            assert!(ours.send == theirs.receive && ours.receive == theirs.send);
        }
    }
}
