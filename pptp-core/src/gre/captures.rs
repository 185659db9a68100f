//! What sessions make of the packets of real peers.

use super::{Proof, Received, Reorder, Session, SlidingWindow, distance, peek_call_id, strip_ipv4};
use crate::Discard;
use crate::gre::Config;
use crate::testkit::pcap;
use crate::time::Instant;
use crate::wire::GreHeader;
use alloc::format;
use alloc::vec::Vec;

const SERVER: [u8; 4] = [10, 99, 0, 2];
const CLIENT: [u8; 4] = [10, 99, 1, 2];

/// Captures of paths that reorder, double and lose: which end sent, and how tshark counts its GRE packets:
/// with a payload and of a new number, with one that was there before, with a lower one than was there before, and
/// acknowledgments alone.
const COUNTS: [(&str, [u8; 4], [usize; 4]); 11] = [
    ("reordered-plain", SERVER, [1064, 17, 65, 0]),
    ("reordered-plain", CLIENT, [722, 18, 22, 7]),
    ("reordered-deflate", SERVER, [1067, 31, 163, 0]),
    ("reordered-deflate", CLIENT, [701, 25, 34, 17]),
    ("reordered-stateless", SERVER, [1071, 13, 56, 0]),
    ("reordered-stateless", CLIENT, [758, 38, 11, 23]),
    ("lossy-stateless", SERVER, [693, 0, 99, 4]),
    ("lossy-stateless", CLIENT, [688, 0, 29, 68]),
    ("lossy-stateful", SERVER, [223, 0, 2, 1]),
    ("lossy-stateful", CLIENT, [421, 0, 3, 20]),
    ("many-stateless", CLIENT, [4528, 0, 0, 270]),
];

/// The GRE packets that `from` sent in a capture.
fn datagrams(name: &str, from: [u8; 4]) -> Vec<(Instant, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/tests/captures");
    let file = std::fs::read(format!("{folder}/{name}.pcap")).expect("a committed capture");
    let packets = pcap::read(&file).into_iter();
    let sent = packets.filter(|(_, packet)| packet[9] == 47 && packet[12..16] == from);
    sent.map(|(at, mut packet)| (at, strip_ipv4(&mut packet).unwrap().to_vec()))
        .collect()
}

fn session(datagrams: &[(Instant, Vec<u8>)]) -> Session {
    let call_id = peek_call_id(&datagrams[0].1).unwrap();
    Session::new(Config::new(call_id, 0))
}

#[test]
fn without_reordering_late_packets_are_dropped() {
    for (name, from, [new, duplicate, late, acks]) in COUNTS {
        let mut datagrams = datagrams(name, from);
        let mut session = session(&datagrams);
        let mut delivered = Vec::new();
        for (now, datagram) in &mut datagrams {
            match session.receive(*now, datagram) {
                Ok(Received::Packet { sequence, .. }) => {
                    if session.deliver(sequence).is_ok() {
                        session.confirm(*now, sequence, Proof::Unknown);
                        delivered.push(sequence);
                    }
                }
                Ok(Received::Acknowledgment) | Err(Discard::Duplicate { .. }) => {}
                Err(discard) => panic!("{name}: {discard}"),
            }
        }
        let stats = session.stats();
        let counts = [
            stats.received,
            stats.duplicate,
            stats.late,
            stats.acks_received,
        ];
        assert_eq!(
            counts,
            [new, duplicate, late, acks].map(|count| count as u64),
            "{name}"
        );
        assert_eq!(delivered.len(), new - late, "{name}");
        assert!(delivered.is_sorted(), "{name}");
    }
}

#[test]
fn with_reordering_none_is_late() {
    for (name, from, [new, ..]) in COUNTS {
        let mut datagrams = datagrams(name, from);
        let mut session = session(&datagrams);
        let mut reorder = Reorder::<16, 1600>::new();
        let mut delivered = Vec::new();
        let mut last = Instant::ZERO;
        for (now, datagram) in &mut datagrams {
            let mut packet = match session.receive(*now, datagram) {
                Ok(Received::Packet { sequence, payload }) => Some((sequence, payload)),
                _ => None,
            };
            while let Some((sequence, _)) = reorder.release(*now, &mut packet) {
                session.deliver(sequence).expect(name);
                session.confirm(*now, sequence, Proof::Unknown);
                delivered.push(sequence);
            }
            last = reorder.next_timeout().unwrap_or(*now);
        }
        while let Some((sequence, _)) = reorder.pop(last) {
            delivered.push(sequence);
        }
        assert_eq!(delivered.len(), new, "{name}");
        assert!(delivered.is_sorted_by(|a, b| a < b), "{name}");
    }
}

/// A capture, the end that sends there, the other one, and what a window makes of how that one has acknowledged: how many
/// were in flight at the most, time-outs, packets that would have had to wait, and whether it was given up.
type Windowed = (&'static str, [u8; 4], [u8; 4], (u32, u64, u64, bool));

const WINDOWS: [Windowed; 4] = [
    ("oneway", CLIENT, SERVER, (60, 1, 15, false)),
    ("many-stateless", CLIENT, SERVER, (8, 1, 0, false)),
    ("reordered-plain", SERVER, CLIENT, (52, 1, 63, false)),
    ("lossy-stateless", SERVER, CLIENT, (29, 4, 56, false)),
];

/// A window over what real peers acknowledged, at the times at which they did.
#[test]
fn a_window_beside_real_acknowledgments() {
    let mut failed = Vec::new();
    for (name, us, them, expected) in WINDOWS {
        let sent = datagrams(name, us);
        let received = datagrams(name, them);
        let number = |datagram: &[u8]| {
            GreHeader::parse(datagram)
                .ok()
                .and_then(|(it, _)| it.sequence)
        };
        let first = sent
            .iter()
            .find_map(|(_, datagram)| number(datagram))
            .unwrap();
        let mut config = Config::new(peek_call_id(&received[0].1).unwrap(), 0);
        config.window = SlidingWindow::ON;
        let mut session = Session::new(config);
        let mut events: Vec<_> = sent.into_iter().map(|(at, it)| (at, true, it)).collect();
        events.extend(received.into_iter().map(|(at, it)| (at, false, it)));
        events.sort_by_key(|(at, ..)| *at);
        let (mut most, mut waits) = (0, 0);
        for (at, ours, mut datagram) in events {
            while let Some(due) = session.next_timeout().filter(|due| *due <= at) {
                session.handle_timeout(due);
                let _ = session.poll_ack(due, &mut [0; 12]);
            }
            if !ours {
                let (mut header, payload) = GreHeader::parse(&datagram).unwrap();
                let payload = payload.to_vec();
                // Ours begin at 0.
                header.acknowledgment = header.acknowledgment.map(|it| it.wrapping_sub(first));
                header.encode(&mut datagram).unwrap();
                datagram.truncate(header.len());
                datagram.extend(payload);
                let _ = session.receive(at, &mut datagram);
            } else if let Some(number) = number(&datagram) {
                // With those before it that were lost; and no second time.
                while distance(
                    u32::try_from(session.stats().sent).unwrap(),
                    number.wrapping_sub(first),
                ) >= 0
                {
                    waits += u64::from(session.window_room() == 0);
                    session.seal(at, &mut [0; 16], 0).unwrap();
                }
                most = most.max(session.in_flight());
            }
        }
        let state = session.window().unwrap();
        let found = (most, session.stats().ack_timeouts, waits, state.given_up);
        std::println!("{name}: {found:?} {state:?}");
        if found != expected {
            failed.push((name, found));
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}
