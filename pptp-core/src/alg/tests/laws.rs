//! What holds whatever comes.

use super::*;
use alloc::collections::BTreeSet;
use proptest::collection::vec as list;
use proptest::prelude::*;

/// Anything that can happen to a gateway.
#[derive(Debug, Clone)]
enum Op {
    /// A segment of one of six connections, so many octets from where it is: a message or anything.
    Segment {
        line: usize,
        from: bool,
        off: i8,
        flags: u8,
        payload: Vec<u8>,
    },
    /// A part of a message that is next.
    Part {
        line: usize,
        from: bool,
        cut: usize,
        message: Vec<u8>,
    },
    Gre {
        from: bool,
        id: u16,
    },
    Wait(u64),
    Poll,
}

fn id() -> impl Strategy<Value = u16> {
    prop_oneof![0_u16..4, 40_000_u16..40_012]
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    (id(), id(), 1_u16..16, 0_u8..3, 8_usize..40).prop_map(|(first, second, kind, result, len)| {
        let len = len.max(12);
        let mut message = alloc::vec![0; len];
        message[..2].copy_from_slice(&(len as u16).to_be_bytes());
        message[2..8].copy_from_slice(b"\0\x01\x1a\x2b\x3c\x4d");
        message[8..10].copy_from_slice(&kind.to_be_bytes());
        let behind = [first.to_be_bytes(), second.to_be_bytes(), [result, 0]].concat();
        for (place, octet) in message[12..].iter_mut().zip(behind) {
            *place = octet;
        }
        message
    })
}

fn op() -> impl Strategy<Value = Op> {
    let flags = prop_oneof![
        8 => Just(ACK), 3 => Just(SYN), 3 => Just(SYN | ACK), 1 => Just(RST), 1 => Just(FIN | ACK), 1 => any::<u8>()
    ];
    let payload = prop_oneof![6 => message(), 1 => list(any::<u8>(), 0..30), 2 => Just(Vec::new())];
    let off = prop_oneof![6 => Just(0_i8), 1 => -40_i8..40];
    prop_oneof![
        6 => (0_usize..6, any::<bool>(), off, flags, payload)
            .prop_map(|(line, from, off, flags, payload)| Op::Segment { line, from, off, flags, payload }),
        6 => (0_usize..6, any::<bool>(), 1_usize..40, message())
            .prop_map(|(line, from, cut, message)| Op::Part { line, from, cut, message }),
        3 => (any::<bool>(), id()).prop_map(|(from, id)| Op::Gre { from, id }),
        1 => (0_u64..5_000).prop_map(Op::Wait),
        2 => Just(Op::Poll),
    ]
}

fn side(is_inside: bool) -> Side {
    if is_inside {
        Side::Inside
    } else {
        Side::Outside
    }
}

/// The ids of the inside and those that are given stand for each other, one to one.
fn assert_sound(gateway: &Small, now: Instant) {
    let given: BTreeSet<u16> = gateway.flows().map(|flow| flow.given_id).collect();
    assert_eq!(given.len(), gateway.flows().count());
    let live = gateway.calls.iter().flatten().filter(|call| call.is_live());
    let inside: BTreeSet<_> = live
        .map(|call| (call.connection, call.flow.inside_id))
        .collect();
    assert_eq!(inside.len(), given.len());
    assert!(gateway.connections() <= 4 && given.len() <= 4);
    assert!(gateway.next_timeout().is_none_or(|at| at > now));
    for flow in gateway.flows() {
        let (mut copy, mut datagram) = (gateway.clone(), gre_to(flow.given_id));
        assert_eq!(
            copy.handle_gre_from_outside(flow.outside, &mut datagram),
            Ok(flow)
        );
        assert_eq!(datagram, gre_to(flow.inside_id));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_comes(ops in list(op(), 1..120)) {
        let mut gateway: Small = gateway();
        let mut lines: Vec<Line> = (0..6).map(|n| Line::new([ALICE, BOB][n % 2], 1 + n as u16)).collect();
        let mut now = at(0);
        let mut expected = BTreeSet::new();
        // Most are open.
        for line in &mut lines[..4] {
            line.handshake(&mut gateway, Side::Inside).unwrap();
        }
        for op in ops {
            match op {
                Op::Segment { line, from, off, flags, payload } => {
                    let from = side(from);
                    let line = &mut lines[line];
                    let sequence = line.next(from).wrapping_add_signed(off.into());
                    let before = line.packet(from, sequence, flags, &payload);
                    let mut packet = before.clone();
                    if let Ok(passed) = gateway.handle_packet(now, line.flow, from, &mut packet) {
                        let passed = payload_of(passed).len();
                        prop_assert!(passed <= payload.len());
                        if off == 0 {
                            let counted = u32::from(flags & SYN != 0) + u32::from(flags & FIN != 0);
                            let len = passed as u32 + counted;
                            *line.next(from) = sequence.wrapping_add(len);
                        }
                    }
                }
                Op::Part { line, from, cut, message } => {
                    let line = &mut lines[line];
                    let cut = cut.min(message.len());
                    let first = line.pass(&mut gateway, side(from), ACK, &message[..cut]);
                    let cut = first.map_or(0, |passed| passed.len());
                    let _ = line.pass(&mut gateway, side(from), ACK, &message[cut..]);
                }
                Op::Gre { from, id } => {
                    let mut datagram = gre_to(id);
                    let _ = match side(from) {
                        Side::Inside => gateway.handle_gre_from_inside(now, ALICE, SERVER, &datagram),
                        Side::Outside => gateway.handle_gre_from_outside(SERVER, &mut datagram),
                    };
                }
                Op::Wait(seconds) => now = now + core::time::Duration::from_secs(seconds),
                Op::Poll => {
                    for event in events(&mut gateway) {
                        match event {
                            Event::Expected(flow) => prop_assert!(expected.insert(flow.given_id)),
                            Event::Ended(flow, _) => prop_assert!(expected.remove(&flow.given_id)),
                        }
                    }
                    let live: BTreeSet<u16> = gateway.flows().filter(|flow| flow.outside_id.is_some())
                        .map(|flow| flow.given_id).collect();
                    prop_assert_eq!(&expected, &live);
                }
            }
            gateway.handle_timeout(now);
            assert_sound(&gateway, now);
        }
    }

    /// What is left as it is where nothing is known: no state, and the same octets.
    #[test]
    fn what_is_not_understood_passes_and_leaves_no_state(
        payload in list(any::<u8>(), 0..100),
        from in any::<bool>(),
        sequence in any::<u32>(),
    ) {
        let mut gateway: Small = gateway();
        let untouched = gateway.clone();
        let line = Line::new(ALICE, 1);
        let passed = line.send_at(&mut gateway, side(from), sequence, ACK, &payload);
        prop_assert_eq!(passed, Ok(payload));
        prop_assert_eq!((gateway.connections, gateway.calls), (untouched.connections, untouched.calls));
    }

    /// Cut (single octets have a test of their own), doubled and turned round by a path, with what is lost sent again, it arrives as if it had been whole.
    #[test]
    fn any_path_gives_the_same_octets(
        messages in list(message(), 1..8),
        cuts in list(2_usize..60, 1..20),
        order in list(any::<proptest::sample::Index>(), 0..80),
    ) {
        let octets = messages.concat();
        let mut whole: Gateway<4, 32> = gateway();
        let mut line = Line::open(&mut whole, ALICE, 1);
        let mut at_once = Vec::new();
        for message in &messages {
            at_once.extend(line.say(&mut whole, Side::Inside, message));
            line.say(&mut whole, Side::Outside, &[]);
        }
        let mut gateway: Gateway<4, 32> = gateway();
        let mut line = Line::open(&mut gateway, ALICE, 1);
        let (start, mut received) = (line.next[0], alloc::vec![None; octets.len()]);
        let mut order = order.into_iter().map(|index| index.index(octets.len()));
        let mut cuts = cuts.iter().cycle();
        for _ in 0..4 * octets.len() {
            let done = received.iter().take_while(|octet| Option::is_some(octet)).count();
            if done == octets.len() {
                break;
            }
            // Somewhere, and then where the sender would.
            for from in [order.next().unwrap_or(done), done] {
                let to = (from + cuts.next().unwrap()).min(octets.len());
                line.next[0] = start.wrapping_add(done as u32);
                line.say(&mut gateway, Side::Outside, &[]);
                let sequence = start.wrapping_add(from as u32);
                let passed = line.send_at(&mut gateway, Side::Inside, sequence, ACK, &octets[from..to]);
                let passed = passed.unwrap_or_default();
                // What the receiver has acknowledged it does not look at again.
                for (place, octet) in received[from..].iter_mut().zip(passed).skip(done.saturating_sub(from)) {
                    prop_assert!(place.is_none_or(|old| old == octet));
                    *place = Some(octet);
                }
            }
        }
        prop_assert_eq!(received.into_iter().flatten().collect::<Vec<u8>>(), at_once);
    }
}
