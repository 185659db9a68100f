use super::*;
use crate::gre::WINDOW;
use alloc::vec::Vec;
use proptest::prelude::*;

const NOW: Instant = Instant::from_millis(1000);
const OURS: u16 = 0xc9c5;
const PEERS: u16 = 0x0080;

fn session() -> Session {
    Session::new(Config::new(OURS, PEERS))
}

/// A datagram as RFC 2637 §4.1 draws it.
fn datagram(call_id: u16, sequence: Option<u32>, ack: Option<u32>, payload: &[u8]) -> Vec<u8> {
    let flags = 0x2001 | (u16::from(sequence.is_some()) << 12) | (u16::from(ack.is_some()) << 7);
    let mut octets = Vec::new();
    octets.extend(flags.to_be_bytes());
    octets.extend([0x88, 0x0b]);
    octets.extend((payload.len() as u16).to_be_bytes());
    octets.extend(call_id.to_be_bytes());
    octets.extend(sequence.into_iter().chain(ack).flat_map(u32::to_be_bytes));
    octets.extend(payload);
    octets
}

fn data(sequence: u32) -> Vec<u8> {
    datagram(OURS, Some(sequence), None, b"\xff\x03\xc0\x21")
}

fn receive(session: &mut Session, now: Instant, sequence: u32) -> Result<(), Discard> {
    receive_as(Proof::Unknown, session, now, sequence)
}

fn receive_as(
    proof: Proof,
    session: &mut Session,
    now: Instant,
    sequence: u32,
) -> Result<(), Discard> {
    let mut datagram = data(sequence);
    match session.receive(now, &mut datagram)? {
        Received::Packet { sequence, .. } => {
            session.deliver(sequence)?;
            session.confirm(now, sequence, proof);
            Ok(())
        }
        Received::Acknowledgment => panic!("it has a payload"),
    }
}

#[test]
fn sends_from_zero_on_and_around() {
    let mut session = session();
    let mut out = [0x5a; 64];
    for sequence in 0..3 {
        assert_eq!(session.header_len(), 12);
        out[12..16].copy_from_slice(b"\xff\x03\xc0\x21");
        let packet = session.seal(NOW, &mut out, 4).unwrap();
        assert_eq!(
            packet,
            datagram(PEERS, Some(sequence), None, b"\xff\x03\xc0\x21")
        );
    }
    session.next = u32::MAX;
    session.seal(NOW, &mut out, 4).unwrap();
    let packet = session.seal(NOW, &mut out, 0).unwrap();
    assert_eq!(packet, datagram(PEERS, Some(0), None, b""));
}

#[test]
fn acknowledgments_ride_on_packets() {
    let mut session = session();
    receive(&mut session, NOW, 17).unwrap();
    receive(&mut session, NOW, 18).unwrap();
    assert_eq!(session.header_len(), 16);
    let mut out = [0; 64];
    out[16..18].copy_from_slice(b"hi");
    let packet = session.seal(NOW, &mut out, 2).unwrap();
    assert_eq!(packet, datagram(PEERS, Some(0), Some(18), b"hi"));
    assert_eq!(session.header_len(), 12, "once");
    assert_eq!(session.next_timeout(), None);
}

#[test]
fn an_acknowledgment_waits_a_tenth_of_a_second() {
    let mut session = session();
    receive(&mut session, NOW, 0).unwrap();
    let due = NOW + Duration::from_millis(100);
    assert_eq!(session.next_timeout(), Some(due));
    assert_eq!(session.timeout_reason(), Some(TimerKind::Acknowledgment));
    // The first packet counts, not the last.
    receive(&mut session, NOW + Duration::from_millis(60), 1).unwrap();
    assert_eq!(session.next_timeout(), Some(due));

    let mut out = [0; 12];
    session.handle_timeout(NOW + Duration::from_millis(99));
    assert_eq!(session.poll_ack(NOW, &mut out), Ok(None));
    session.handle_timeout(due);
    assert_eq!(session.next_timeout(), None);
    let before = session.clone();
    for room in 0..12 {
        let short = session.poll_ack(due, &mut out[..room]);
        assert_eq!(short, Err(BufferTooSmall { needed: 12 }));
        assert_eq!(session, before);
    }
    let ack = datagram(PEERS, None, Some(1), b"");
    assert_eq!(session.poll_ack(due, &mut out), Ok(Some(&ack[..])));
    assert_eq!(session.poll_ack(due, &mut out), Ok(None));
}

#[test]
fn half_a_window_is_acknowledged_at_once() {
    for (window, packets) in [(0, 1), (1, 1), (3, 1), (4, 2), (64, 32)] {
        let mut config = Config::new(OURS, PEERS);
        config.our_window = window;
        let mut session = Session::new(config);
        for sequence in 1..packets {
            receive(&mut session, NOW, sequence).unwrap();
            assert!(!session.is_ack_due());
        }
        receive(&mut session, NOW, packets).unwrap();
        assert!(session.is_ack_due());
        assert_eq!(session.next_timeout(), None);
        let ack = datagram(PEERS, None, Some(packets), b"");
        assert_eq!(session.poll_ack(NOW, &mut [0; 12]), Ok(Some(&ack[..])));
    }
}

#[test]
fn acknowledgments_out_of_range_are_ignored_and_their_payload_is_not() {
    let mut session = session();
    let mut out = [0; 64];
    for _ in 0..5 {
        session.seal(NOW, &mut out, 0).unwrap();
    }
    assert_eq!(session.in_flight(), 5);
    // (acknowledgment, in flight after it): "none yet", a number that was not sent, far off, then good ones, an old
    // one and the same once more.
    let steps = [
        (u32::MAX, 5),
        (5, 5),
        (1 << 31, 5),
        (1 << 30, 5),
        (2, 2),
        (0, 2),
        (2, 2),
        (4, 0),
    ];
    for (sequence, (ack, in_flight)) in (100..).zip(steps) {
        let mut datagram = datagram(OURS, Some(sequence), Some(ack), b"x");
        let received = session.receive(NOW, &mut datagram);
        assert!(matches!(
            received,
            Ok(Received::Packet {
                payload: [b'x'],
                ..
            })
        ));
        assert_eq!(session.in_flight(), in_flight, "after {ack}");
    }
    assert_eq!(session.stats().invalid_acks, 2);

    // 32 bits wrap around.
    session.next = u32::MAX;
    session.unacked = u32::MAX;
    for _ in 0..3 {
        session.seal(NOW, &mut out, 0).unwrap();
    }
    let mut ack_only = datagram(OURS, None, Some(0), b"");
    assert_eq!(
        session.receive(NOW, &mut ack_only),
        Ok(Received::Acknowledgment)
    );
    assert_eq!(session.in_flight(), 1);
    assert_eq!(session.stats().acks_received, 1);
}

#[test]
fn a_peer_that_never_acknowledges_does_not_confuse_the_numbers() {
    let mut session = session();
    session.next = MAX_IN_FLIGHT;
    for _ in 0..3 {
        session.seal(NOW, &mut [0; 64], 0).unwrap();
        assert_eq!(session.in_flight(), MAX_IN_FLIGHT);
    }
}

/// What RRAS sends first: an acknowledgment of something that was never sent, along with data.
#[test]
fn an_acknowledgment_may_come_before_any_data() {
    let mut session = session();
    let mut first = datagram(OURS, Some(0), Some(0), b"\xff\x03\xc0\x21");
    assert!(session.receive(NOW, &mut first).is_ok());
    assert_eq!(session.in_flight(), 0);
}

#[test]
fn what_is_wrong_is_dropped_and_counted() {
    let mut session = session();
    let good = datagram(OURS, Some(5), Some(0), b"payload");
    for len in 0..good.len() {
        let mut cut = good[..len].to_vec();
        let result = session.receive(NOW, &mut cut);
        assert!(matches!(result, Err(Discard::Malformed(_))), "{len} octets");
    }
    assert_eq!(session.stats().malformed, good.len() as u64);
    let mut other = datagram(OURS ^ 1, Some(5), None, b"x");
    assert_eq!(
        session.receive(NOW, &mut other),
        Err(Discard::WrongCallId { found: OURS ^ 1 })
    );
    let mut unnumbered = datagram(OURS, None, None, b"x");
    assert_eq!(
        session.receive(NOW, &mut unnumbered),
        Err(Discard::WithoutSequence)
    );
    assert_eq!(session.stats().wrong_call_id, 1);
    assert_eq!(session.stats().without_sequence, 1);
    assert_eq!(
        session.next_timeout(),
        None,
        "nothing of that is acknowledged"
    );
}

#[test]
fn trailing_octets_are_cut_off() {
    let mut session = session();
    let mut padded = datagram(OURS, Some(5), None, b"abc");
    padded.extend([0; 9]);
    let Ok(Received::Packet { sequence, payload }) = session.receive(NOW, &mut padded) else {
        panic!("it is a packet");
    };
    assert_eq!((sequence, &*payload), (5, &b"abc"[..]));
}

#[test]
fn an_empty_packet_uses_up_its_number() {
    let mut session = session();
    receive(&mut session, NOW, 0).unwrap();
    let mut empty = datagram(OURS, Some(1), None, b"");
    assert_eq!(
        session.receive(NOW, &mut empty),
        Ok(Received::Packet {
            sequence: 1,
            payload: &mut []
        })
    );
    assert_eq!(session.deliver(1), Ok(()));
    assert_eq!(
        receive(&mut session, NOW, 1),
        Err(Discard::Duplicate { sequence: 1 })
    );
    receive(&mut session, NOW, 2).unwrap();
}

#[test]
fn a_forged_number_is_neither_acknowledged_nor_followed() {
    let mut session = session();
    for sequence in 0..3 {
        receive_as(Proof::Genuine, &mut session, NOW, sequence).unwrap();
    }
    let forged = 2 + (1 << 31) - 1;
    receive(&mut session, NOW, forged).unwrap();
    session.poll_ack(NOW, &mut [0; 12]).unwrap();
    assert_eq!(session.stats().jumps, 1);
    for sequence in 3..6 {
        let result = receive_as(Proof::Genuine, &mut session, NOW, sequence);
        assert_eq!(result, Ok(()));
    }
    assert_eq!(session.header_len(), 16);
    let mut out = [0; 16];
    let packet = session.seal(NOW, &mut out, 0).unwrap();
    assert_eq!(packet, datagram(PEERS, Some(0), Some(5), b""));
}

#[test]
fn a_genuine_jump_is_acknowledged_once_it_is_confirmed() {
    let mut session = session();
    receive_as(Proof::Genuine, &mut session, NOW, 2).unwrap();
    session.seal(NOW, &mut [0; 16], 0).unwrap();
    let mut jump = data(2 + 10 * WINDOW);
    assert!(session.receive(NOW, &mut jump).is_ok());
    assert_eq!(session.next_timeout(), None);
    session.confirm(NOW, 2 + 10 * WINDOW, Proof::Genuine);
    assert!(session.next_timeout().is_some());
    let packet = datagram(PEERS, Some(1), Some(2 + 10 * WINDOW), b"");
    assert_eq!(session.seal(NOW, &mut [0; 16], 0).unwrap(), packet);
}

#[test]
fn a_buffer_too_small_changes_nothing() {
    let mut session = session();
    receive(&mut session, NOW, 0).unwrap();
    let before = session.clone();
    for room in 0..20 {
        let result = session.seal(NOW, &mut [0; 20][..room], 4).err();
        assert_eq!(result, Some(SendError::BufferTooSmall { needed: 20 }));
        assert_eq!(session, before);
    }
    let mut large = alloc::vec![0; 70_000];
    for len in [65_500, 65_536, usize::MAX] {
        let result = session.seal(NOW, &mut large, len).err();
        assert_eq!(result, Some(SendError::TooLong { mtu: 65_499 }));
        assert_eq!(session, before);
    }
    assert_eq!(session.seal(NOW, &mut large, 65_499).unwrap().len(), 65_515);
}

fn with_window(peer_window: u16) -> Session {
    let mut config = Config::new(OURS, PEERS);
    config.window = SlidingWindow::ON;
    config.peer_window = peer_window;
    Session::new(config)
}

/// RFC 2637 §4.2 and §4.4, at the session: room, acknowledgments of both kinds, and time-outs.
#[test]
fn the_window_counts_what_is_on_its_way() {
    let mut session = with_window(4);
    let mut out = [0; 16];
    assert_eq!(session.window_room(), 2);
    session.seal(NOW, &mut out, 0).unwrap();
    session.seal(NOW, &mut out, 0).unwrap();
    assert_eq!(session.window_room(), 0);
    // What must go out may.
    session.seal(NOW, &mut out, 0).unwrap();
    assert_eq!(session.window_room(), 0);
    let due = NOW + Duration::from_millis(300);
    assert_eq!(session.next_timeout(), Some(due));
    assert_eq!(session.timeout_reason(), Some(TimerKind::Window));

    // Number 1 is acknowledged by a packet, 2 alone.
    let now = NOW + Duration::from_millis(20);
    let mut with_data = datagram(OURS, Some(0), Some(1), b"x");
    session.receive(now, &mut with_data).unwrap();
    assert_eq!(session.window_room(), 2);
    let mut alone = datagram(OURS, None, Some(2), b"");
    session.receive(now, &mut alone).unwrap();
    assert_eq!(session.window_room(), 3);
    session.handle_timeout(due);
    assert_eq!(session.stats().ack_timeouts, 0);

    for _ in 0..3 {
        session.seal(due, &mut out, 0).unwrap();
    }
    let late = session.next_timeout().unwrap();
    session.handle_timeout(late);
    assert_eq!((session.window_room(), session.next_timeout()), (2, None));
    assert_eq!(session.stats().ack_timeouts, 1);
    assert_eq!(session.in_flight(), 3, "nobody has acknowledged them");
}

#[test]
fn without_a_window_there_is_always_room() {
    for mut session in [session(), with_window(0)] {
        for _ in 0..1000 {
            session.seal(NOW, &mut [0; 16], 0).unwrap();
        }
        assert_eq!(session.window_room(), u32::MAX);
        assert_eq!((session.window(), session.next_timeout()), (None, None));
    }
}

proptest! {
    #[test]
    fn no_datagram_does_harm(
        mut octets in proptest::collection::vec(any::<u8>(), 0..64),
        like_gre: bool,
    ) {
        if like_gre {
            let start = datagram(OURS, Some(3), Some(9), b"");
            for (octet, good) in octets.iter_mut().zip(start).take(8) {
                *octet = good;
            }
        }
        let mut session = session();
        let _ = session.receive(NOW, &mut octets);
        let _ = crate::gre::peek_call_id(&octets);
        let _ = crate::gre::strip_ipv4(&mut octets);
    }

    /// The acknowledgment of each packet is on its way within the delay, whatever else goes on.
    #[test]
    fn no_packet_waits_longer_for_its_acknowledgment(
        steps in proptest::collection::vec((0_u64..50, 0_u8..6), 1..300),
        window in 0_u16..20,
    ) {
        let mut config = Config::new(OURS, PEERS);
        config.our_window = window;
        let mut session = Session::new(config);
        let mut now = NOW;
        let mut sequence = 0;
        let mut waiting: Option<Instant> = None;
        for (millis, what) in steps {
            let step_ends = now + Duration::from_millis(millis);
            loop {
                match session.next_timeout() {
                    Some(at) if at <= step_ends => now = at,
                    _ => now = step_ends,
                }
                session.handle_timeout(now);
                if session.poll_ack(now, &mut [0; 12]).unwrap().is_some() {
                    waiting = None;
                }
                prop_assert!(session.next_timeout().is_none_or(|at| at > now));
                if now == step_ends { break; }
            }
            if what == 0 {
                session.seal(now, &mut [0; 16], 0).unwrap();
                waiting = None;
            } else {
                sequence += u32::from(what);
                receive(&mut session, now, sequence).unwrap();
                waiting = waiting.or(Some(now));
            }
            prop_assert!(waiting.is_none_or(|since| now - since <= Duration::from_millis(100)));
        }
    }
}
