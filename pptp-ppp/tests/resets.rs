//! Resets over a path that loses what is said of them.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::ipv4;
use common::script::{CCP, COMPRESSED, PASSWORD, Script, Sealer, Sent, USER, frame};
use pptp_mppe::{Mode, Strength};
use pptp_ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::{Credentials, Discard, Instant, PppConfig, ResetCounts, TimerKind};

const RESET_REQUEST: u8 = 14;
const RESET_ACK: u8 = 15;

fn stateful() -> Script {
    let config = PppConfig {
        mppe: MppePolicy {
            requirement: Requirement::Require,
            strengths: Strengths::BITS_128,
            modes: Modes::STATEFUL,
        },
        credentials: Some(Credentials::new(USER, PASSWORD).unwrap()),
        ..PppConfig::default()
    };
    let mut script = Script::client_up_to_network(config);
    script.ccp_up("1206 00000040");
    script.ipcp_up();
    script.sent.clear();
    script
}

/// The peer, of whose packets one has come and the next was lost.
fn after_a_loss() -> (Script, Sealer) {
    let mut script = stateful();
    let mut sealer = Sealer::new(&script, Strength::Bits128, Mode::Stateful);
    assert!(script.say(&sealer.seal(0x0021, &ipv4(b"a"))).is_ok());
    let _lost = sealer.seal(0x0021, &ipv4(b"b"));
    (script, sealer)
}

/// A packet that cannot be read.
fn unreadable(script: &mut Script, sealer: &mut Sealer) {
    let sealed = sealer.seal(0x0021, &ipv4(b"c"));
    assert_eq!(script.say(&sealed), Err(Discard::AwaitsReset));
}

/// What is sent of CCP with `code` within so many milliseconds, and when: the time, and the identifier.
fn within(script: &mut Script, code: u8, millis: u64) -> Vec<(u64, u8)> {
    let start = script.now.as_micros();
    let mut found = Vec::new();
    let mut look = |script: &mut Script| {
        let at = (script.now.as_micros() - start) / 1000;
        for packet in script.heard() {
            if (packet.0, packet.1) == (CCP, code) {
                assert_eq!(packet.3, "");
                found.push((at, packet.2));
            }
        }
    };
    look(script);
    let until = Instant::from_micros(start + millis * 1000);
    while let Some(next) = script.ppp.next_timeout().filter(|next| *next <= until) {
        script.wait(
            next.saturating_since(script.now)
                .as_millis()
                .try_into()
                .unwrap(),
        );
        look(script);
    }
    script.now = until;
    found
}

fn times(found: &[(u64, u8)]) -> Vec<u64> {
    found.iter().map(|(at, _)| *at).collect()
}

#[test]
fn a_reset_request_is_acknowledged_in_stateful_mode_until_that_is_rejected() {
    let mut script = stateful();
    assert_eq!(
        script.send(&ipv4(b"a")).unwrap().information[..2],
        [0x10, 0x00]
    );
    script.tell(CCP, RESET_REQUEST, 33, "");
    assert_eq!(script.newest(CCP, RESET_ACK), (33, String::new()));
    assert_eq!(
        script.send(&ipv4(b"b")).unwrap().information[..2],
        [0x90, 0xff]
    );
    // OpenBSD's has data.
    script.tell(CCP, RESET_REQUEST, 34, "1206 00000040");
    assert_eq!(script.newest(CCP, RESET_ACK), (34, String::new()));
    script.tell(CCP, 7, 1, "0f 22 0004");
    script.tell(CCP, RESET_REQUEST, 35, "");
    assert_eq!(script.sent, []);
    assert_eq!(
        script.send(&ipv4(b"c")).unwrap().information[..2],
        [0x91, 0xff]
    );
    assert_eq!(script.down_reason(), None);
}

#[test]
fn a_reset_request_means_nothing_in_stateless_mode() {
    let mut script = Script::client_up(PppConfig {
        credentials: Some(Credentials::new(USER, PASSWORD).unwrap()),
        ..PppConfig::default()
    });
    assert_eq!(
        script.send(&ipv4(b"a")).unwrap().information[..2],
        [0x90, 0x00]
    );
    script.tell(CCP, RESET_REQUEST, 33, "");
    assert_eq!(script.sent, []);
    assert_eq!(
        script.send(&ipv4(b"a")).unwrap().information[..2],
        [0x90, 0x01]
    );
}

#[test]
fn after_a_loss_a_reset_is_asked_for_and_not_too_often() {
    let mut script = stateful();
    let mut sealer = Sealer::new(&script, Strength::Bits128, Mode::Stateful);
    assert!(script.say(&sealer.seal(0x0021, &ipv4(b"a"))).is_ok());
    let _lost = sealer.seal(0x0021, &ipv4(b"b"));
    for _ in 0..5 {
        let sealed = sealer.seal(0x0021, &ipv4(b"c"));
        assert_eq!(script.say(&sealed), Err(Discard::AwaitsReset));
    }
    let (_, data) = script.newest(CCP, RESET_REQUEST);
    assert_eq!((data, script.sent.len()), (String::new(), 0));
    script.wait(300);
    assert_eq!(
        script.say(&sealer.seal(0x0021, &ipv4(b"c"))),
        Err(Discard::AwaitsReset)
    );
    let (identifier, _) = script.newest(CCP, RESET_REQUEST);
    // A Reset-Ack from Linux, and the packet that starts anew.
    script.tell(CCP, RESET_ACK, identifier, "");
    sealer.0.flush();
    assert_eq!(
        script.say(&sealer.seal(0x0021, &ipv4(b"d"))),
        Ok(Some(ipv4(b"d")))
    );
    assert_eq!(script.down_reason(), None);
}

#[test]
fn a_lost_reset_request_is_sent_again_of_itself_and_not_for_ever() {
    let (mut script, mut sealer) = after_a_loss();
    unreadable(&mut script, &mut sealer);
    assert_eq!(script.ppp.timeout_reason(), Some(TimerKind::CcpRestart));
    let found = within(&mut script, RESET_REQUEST, 20_000);
    assert_eq!(times(&found), [0, 250, 750, 1750, 3750]);
    // RFC 1962 §3.2: it changes once it was answered.
    assert!(
        found
            .iter()
            .all(|(_, identifier)| *identifier == found[0].1)
    );
    // From here on it takes a packet.
    unreadable(&mut script, &mut sealer);
    let again = within(&mut script, RESET_REQUEST, 20_000);
    assert_eq!(times(&again), [0, 250, 750, 1750, 3750]);
    assert_ne!(again[0].1, found[0].1);
    // However late the clock is, each time-out comes once.
    script.wait(300);
    unreadable(&mut script, &mut sealer);
    script.newest(CCP, RESET_REQUEST);
    script.now = Instant::from_micros(script.now.as_micros() + 800_000);
    script.ppp.handle_timeout(script.now);
    script.drain();
    assert_eq!(times(&within(&mut script, RESET_REQUEST, 0)), [0]);
    assert_eq!(
        times(&within(&mut script, RESET_REQUEST, 10_000)),
        [950, 2950]
    );
    assert_eq!(script.down_reason(), None);
}

#[test]
fn it_is_not_sent_again_once_a_packet_is_read() {
    let (mut script, mut sealer) = after_a_loss();
    unreadable(&mut script, &mut sealer);
    script.wait(200);
    sealer.0.flush();
    let packet = ipv4(b"d");
    assert_eq!(script.say(&sealer.seal(0x0021, &packet)), Ok(Some(packet)));
    script.sent.clear();
    assert_eq!(within(&mut script, RESET_REQUEST, 10_000), []);
}

#[test]
fn it_is_not_sent_again_once_it_was_acknowledged() {
    let (mut script, mut sealer) = after_a_loss();
    unreadable(&mut script, &mut sealer);
    let (identifier, _) = script.newest(CCP, RESET_REQUEST);
    // One for another request, or forged, changes nothing.
    script.tell(CCP, RESET_ACK, identifier.wrapping_add(1), "");
    assert_eq!(times(&within(&mut script, RESET_REQUEST, 300)), [250]);
    assert_eq!(script.ppp.resets(), ResetCounts::default());
    script.tell(CCP, RESET_ACK, identifier, "");
    assert_eq!(within(&mut script, RESET_REQUEST, 10_000), []);
    // Once, however often it says so.
    script.tell(CCP, RESET_ACK, identifier, "");
    assert_eq!(
        script.ppp.resets(),
        ResetCounts {
            taken: 0,
            granted: 1
        }
    );
}

#[test]
fn a_packet_that_began_anew_and_was_lost_is_asked_for_at_once() {
    let (mut script, mut sealer) = after_a_loss();
    unreadable(&mut script, &mut sealer);
    let (first, _) = script.newest(CCP, RESET_REQUEST);
    script.tell(CCP, RESET_ACK, first, "");
    sealer.0.flush();
    let _lost = sealer.seal(0x0021, &ipv4(b"d"));
    script.wait(20);
    unreadable(&mut script, &mut sealer);
    let (second, _) = script.newest(CCP, RESET_REQUEST);
    assert_ne!(first, second);
    // Without an acknowledgment in between one in a quarter of a second is enough.
    for _ in 0..5 {
        unreadable(&mut script, &mut sealer);
    }
    assert_eq!(script.sent, []);
}

#[test]
fn a_packet_that_cannot_be_read_calls_for_a_reset_whatever_was_repeated() {
    // Of peers that acknowledge nothing: the packet that began anew was lost, and this one shows it.
    let (mut script, mut sealer) = after_a_loss();
    unreadable(&mut script, &mut sealer);
    let first = within(&mut script, RESET_REQUEST, 260);
    assert_eq!(times(&first), [0, 250]);
    unreadable(&mut script, &mut sealer);
    let (second, _) = script.newest(CCP, RESET_REQUEST);
    assert_ne!(first[0].1, second);
}

#[test]
fn the_loss_after_a_reset_is_another_one() {
    let (mut script, mut sealer) = after_a_loss();
    for _ in 0..3 {
        unreadable(&mut script, &mut sealer);
        script.newest(CCP, RESET_REQUEST);
        sealer.0.flush();
        let packet = ipv4(b"d");
        assert_eq!(script.say(&sealer.seal(0x0021, &packet)), Ok(Some(packet)));
        script.wait(20);
        let _lost = sealer.seal(0x0021, &ipv4(b"e"));
    }
}

#[test]
fn a_reset_ack_is_sent_again_for_it_may_be_lost() {
    let mut script = stateful();
    assert_eq!(header(&script.send(&ipv4(b"a")).unwrap()), 0x1000);
    script.tell(CCP, RESET_REQUEST, 33, "");
    let found = within(&mut script, RESET_ACK, 10_000);
    assert_eq!(found, [(0, 33), (0, 33)]);
    // All that is one reset.
    assert_eq!(
        script.ppp.resets(),
        ResetCounts {
            taken: 1,
            granted: 0
        }
    );
    assert_eq!(header(&script.send(&ipv4(b"b")).unwrap()), 0x90ff);
    assert_eq!(header(&script.send(&ipv4(b"c")).unwrap()), 0x1100);
    // One that comes before the last was answered counts alone.
    let mut buffer = [0; 100];
    for identifier in [34, 35] {
        let mut request = frame(CCP, RESET_REQUEST, identifier, &[]);
        script.ppp.handle_frame(script.now, &mut request).unwrap();
    }
    assert!(
        script
            .ppp
            .poll_frame(script.now, &mut buffer)
            .unwrap()
            .is_some()
    );
    script.drain();
    assert_eq!(within(&mut script, RESET_ACK, 10_000), [(0, 35)]);
    assert_eq!(header(&script.send(&ipv4(b"d")).unwrap()), 0x91ff);
}

#[test]
fn a_reset_ack_that_was_rejected_is_not_sent_again() {
    let mut script = stateful();
    script.send(&ipv4(b"a")).unwrap();
    script.tell(CCP, RESET_REQUEST, 33, "");
    script.newest(CCP, RESET_ACK);
    script.tell(CCP, 7, 1, "0f 21 0004");
    script.tell(CCP, RESET_REQUEST, 34, "");
    assert_eq!(within(&mut script, RESET_ACK, 10_000), []);
    assert_eq!(header(&script.send(&ipv4(b"b")).unwrap()), 0x90ff);
}

#[test]
fn after_the_link_has_ended_nothing_is_said_of_resets() {
    let (mut script, mut sealer) = after_a_loss();
    unreadable(&mut script, &mut sealer);
    script.say(&frame(CCP, RESET_REQUEST, 33, &[])).unwrap();
    script.heard();
    script.ppp.close(script.now);
    script.drain();
    script.wait(20_000);
    assert!(script.heard().iter().all(|packet| packet.0 != CCP));
    assert_eq!(script.ppp.next_timeout(), None);
}

/// The two octets before an encrypted packet.
fn header(sent: &Sent) -> u16 {
    assert_eq!(sent.protocol, COMPRESSED);
    u16::from_be_bytes([sent.information[0], sent.information[1]])
}
