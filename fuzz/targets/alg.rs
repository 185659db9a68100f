//! Segments of anything from both sides of a gateway, and GRE packets: nothing panics, what goes on is as long as what
//! came but for half of a call id at its end, checksums stay right, the ids of both sides stand for each other one to one,
//! and there is never more than there is room for.
//!
//! An act is an octet that says what, one that says how much of it, and so many octets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_core::alg::{Config, Event, Flow, Gateway, Side, is_tcp_intact, replace_word};
use pptp_core::time::Instant;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

const CONNECTIONS: usize = 3;
const CALLS: usize = 5;
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);
const FLAGS: [u8; 8] = [0x10, 0x10, 0x10, 0x10, 0x02, 0x12, 0x11, 0x14];

fn flow(line: usize) -> Flow {
    let client = Ipv4Addr::new(10, 0, 0, 1 + (line % 2) as u8);
    Flow {
        inside: SocketAddrV4::new(client, 1000 + line as u16),
        outside: SocketAddrV4::new(SERVER, 1723),
    }
}

fn packet(
    flow: Flow,
    from: Side,
    [sequence, acknowledgment]: [u32; 2],
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    let [source, destination] = match from {
        Side::Inside => [flow.inside, flow.outside],
        Side::Outside => [flow.outside, flow.inside],
    };
    let len = (40 + payload.len()) as u16;
    let mut packet = [
        &[0x45, 0],
        &len.to_be_bytes()[..],
        &[0, 0, 0, 0, 64, 6, 0, 0],
    ]
    .concat();
    packet.extend(source.ip().octets());
    packet.extend(destination.ip().octets());
    packet.extend(
        [source.port(), destination.port()]
            .map(u16::to_be_bytes)
            .concat(),
    );
    packet.extend([sequence, acknowledgment].map(u32::to_be_bytes).concat());
    packet.extend([0x50, flags, 1, 0, 0, 0, 0, 0]);
    packet.extend(payload);
    finish(&mut packet);
    packet
}

/// Writes both checksums, each the sum of all words.
fn finish(packet: &mut [u8]) {
    let sum = |octets: &[u8]| {
        let words = octets.chunks(2);
        let sum: u64 = words
            .map(|word| u64::from(word[0]) << 8 | word.get(1).map_or(0, |low| u64::from(*low)))
            .sum();
        (1..=2).fold(sum, |sum, _| (sum >> 16) + (sum & 0xffff)) as u16
    };
    packet[10..12].fill(0);
    let header = !sum(&packet[..20]);
    packet[10..12].copy_from_slice(&header.to_be_bytes());
    packet[36..38].fill(0);
    let len = (packet.len() - 20) as u16;
    let pseudo_header = [&packet[12..20], &[0, 6], &len.to_be_bytes()].concat();
    let tcp = !sum(&[&pseudo_header, &packet[20..]].concat());
    packet[36..38].copy_from_slice(&tcp.to_be_bytes());
}

fuzz_target!(|data: &[u8]| {
    let mut config = Config::new();
    config.first_call_id = 0xfffe;
    config.calls_per_connection = 4;
    let mut gateway = Gateway::<CONNECTIONS, CALLS>::new(config);
    let mut next = [[1_u32, 0xffff_fff0]; 4];
    let mut expected = BTreeSet::new();
    let mut untold = 0;
    let mut now = Instant::ZERO;
    let mut rest = data;
    while let [act, len, more @ ..] = rest {
        let (payload, more) = more.split_at(usize::from(*len).min(more.len()));
        rest = more;
        let (line, from) = (
            usize::from(act & 3),
            if act & 4 == 0 {
                Side::Inside
            } else {
                Side::Outside
            },
        );
        let (own, back) = if from == Side::Inside { (0, 1) } else { (1, 0) };
        match act >> 3 {
            // A segment: with what comes next, or somewhere else, or with a wrong checksum.
            kind @ 0..=15 => {
                let flags = FLAGS[usize::from(kind & 7)];
                let (skip, payload) = match (kind & 8, payload) {
                    (8, [skip, payload @ ..]) => (i32::from(skip.cast_signed()), payload),
                    _ => (0, payload),
                };
                let numbers = [next[line][own].wrapping_add_signed(skip), next[line][back]];
                let before = packet(flow(line), from, numbers, flags, payload);
                let mut wrong = before.clone();
                wrong[36] ^= 0x40;
                let mut copy = gateway.clone();
                copy.handle_packet(now, flow(line), from, &mut wrong)
                    .expect_err("a wrong checksum");

                let mut after = before.clone();
                if let Ok(passed) = gateway.handle_packet(now, flow(line), from, &mut after) {
                    let len = passed.len() - 40;
                    assert!(len <= payload.len());
                    assert!(is_tcp_intact(
                        <[u8; 4]>::try_from(&passed[12..16]).unwrap().into(),
                        <[u8; 4]>::try_from(&passed[16..20]).unwrap().into(),
                        &passed[20..]
                    ));
                    let mut again = passed.to_vec();
                    finish(&mut again);
                    assert_eq!(again, passed, "as if made anew");
                    if skip == 0 {
                        let numbered = u32::from(flags & 0x02 != 0)
                            + u32::from(flags & 0x01 != 0 && len == payload.len());
                        next[line][own] = next[line][own].wrapping_add(len as u32 + numbered);
                    }
                }
                // And by itself, whatever it is.
                let mut segment = payload.to_vec();
                let mut copy = gateway.clone();
                if let Ok(passed) = copy.handle_segment(now, flow(line), from, &mut segment) {
                    assert!(passed.len() <= payload.len());
                }
                let mut anything = payload.to_vec();
                let _ = copy.handle_packet(now, flow(line), from, &mut anything);
            }
            // A stream.
            16..=19 => {
                let _ = gateway.open_stream(now, flow(line), from);
            }
            20..=23 => {
                let mut octets = payload.to_vec();
                if let Ok(len) = gateway.handle_stream(now, flow(line), from, &mut octets) {
                    assert!(len <= payload.len());
                    assert_eq!(
                        octets[len..],
                        payload[len..],
                        "what stays behind stays as it is"
                    );
                }
            }
            24 => gateway.close_stream(flow(line)),
            // GRE, of anything.
            25 | 26 => {
                let mut datagram = payload.to_vec();
                let passed = gateway
                    .handle_gre_from_outside(SERVER, &mut datagram)
                    .is_ok();
                assert_eq!(datagram.len(), payload.len());
                assert!(passed || datagram == payload);
                let _ =
                    gateway.handle_gre_from_inside(now, *flow(line).inside.ip(), SERVER, payload);
            }
            27 | 28 => now = now + Duration::from_secs(u64::from(*len) * 60),
            _ => {
                while let Some(event) = gateway.poll_event() {
                    match event {
                        Event::Expected(flow) => {
                            assert!(expected.insert(flow.given_id), "told twice")
                        }
                        Event::Ended(flow, _) => {
                            assert!(expected.remove(&flow.given_id), "never told")
                        }
                        _ => {}
                    }
                }
                let live = gateway.flows().filter(|flow| flow.outside_id.is_some());
                let live: BTreeSet<_> = live.map(|flow| flow.given_id).collect();
                if gateway.stats().untold != untold {
                    untold = gateway.stats().untold;
                    assert!(live.is_subset(&expected));
                    expected = live;
                } else {
                    assert_eq!(live, expected);
                }
            }
        }
        gateway.handle_timeout(now);
        assert!(gateway.next_timeout().is_none_or(|at| at > now));
        assert!(gateway.connections() <= CONNECTIONS && gateway.flows().count() <= CALLS);
        let given: BTreeSet<_> = gateway.flows().map(|flow| flow.given_id).collect();
        assert_eq!(given.len(), gateway.flows().count());
        for flow in gateway.flows() {
            let [high, low] = flow.given_id.to_be_bytes();
            let mut datagram = [0x20, 0x81, 0x88, 0x0b, 0, 0, high, low, 0, 0, 0, 0];
            let found = gateway
                .clone()
                .handle_gre_from_outside(flow.outside, &mut datagram);
            assert_eq!(found, Ok(flow));
            assert_eq!(datagram[6..8], flow.inside_id.to_be_bytes());
        }
    }
    if let [a, b, c, d, e, f, ..] = *data {
        let [sum, old, new] = [[a, b], [c, d], [e, f]].map(u16::from_be_bytes);
        let there_and_back = replace_word(replace_word(sum, old, new), new, old);
        assert!(there_and_back == sum || there_and_back ^ sum == 0xffff);
    }
});
