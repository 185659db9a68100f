//! Messages cut into segments in every way, lost, repeated and out of order.

use super::*;

/// What a client says, and what of it a server hears if it gives call 6.
fn dialogue() -> Vec<u8> {
    [
        outgoing_request(5),
        link_info(6),
        outgoing_request(0x0500),
        clear(5),
        clear(0x0500),
    ]
    .concat()
}

fn whole() -> Vec<u8> {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let passed = line.say(&mut gateway, Side::Inside, &dialogue());
    assert_eq!(id_at(&passed, 12), 40_000);
    assert_eq!(id_at(&passed, 168 + 24 + 12), 40_001);
    assert_eq!(id_at(&passed, 2 * 168 + 24 + 12), 40_000);
    assert_eq!(id_at(&passed, 2 * 168 + 24 + 16 + 12), 40_001);
    passed
}

/// A sender that has TCP's way with what is not acknowledged: it is sent again, from there on, cut at the same `cuts`
/// if it can be. Gives what a receiver has in the end.
fn send(
    line: &Line,
    gateway: &mut Small,
    octets: &[u8],
    cuts: &[usize],
    is_patient: bool,
) -> Vec<u8> {
    let start = line.next[0];
    let mut received: Vec<Option<u8>> = alloc::vec![None; octets.len()];
    for _ in 0..10 {
        let acknowledged = received.iter().take_while(|octet| octet.is_some()).count();
        let begin = if is_patient { acknowledged } else { 0 };
        let mut from = begin;
        for &to in cuts
            .iter()
            .filter(|&&cut| cut > begin)
            .chain([&octets.len()])
        {
            let result = line.send_at(
                gateway,
                Side::Inside,
                start + from as u32,
                ACK,
                &octets[from..to],
            );
            for (place, octet) in received[from..].iter_mut().zip(result.unwrap_or_default()) {
                assert!(
                    place.is_none_or(|old| old == octet),
                    "another octet the second time"
                );
                *place = Some(octet);
            }
            from = to;
            if from == octets.len() {
                break;
            }
        }
        if received.iter().all(Option::is_some) {
            return received.into_iter().flatten().collect();
        }
    }
    panic!("it does not arrive: cut at {cuts:?}");
}

#[test]
fn cut_anywhere_it_is_the_same() {
    let (dialogue, whole) = (dialogue(), whole());
    for cut in 0..=dialogue.len() {
        for is_patient in [true, false] {
            let mut gateway: Small = gateway();
            let line = Line::open(&mut gateway, ALICE, 1025);
            assert_eq!(
                send(&line, &mut gateway, &dialogue, &[cut], is_patient),
                whole,
                "{cut}"
            );
        }
    }
}

#[test]
fn single_octets_get_through() {
    let (dialogue, whole) = (dialogue(), whole());
    let cuts: Vec<usize> = (1..dialogue.len()).collect();
    for is_patient in [true, false] {
        let mut gateway: Small = gateway();
        let line = Line::open(&mut gateway, ALICE, 1025);
        assert_eq!(
            send(&line, &mut gateway, &dialogue, &cuts, is_patient),
            whole
        );
        assert!(gateway.stats().halves > 0);
    }
}

#[test]
fn a_stream_cut_anywhere_is_the_same() {
    let (dialogue, whole) = (dialogue(), whole());
    for step in 1..40 {
        let mut gateway: Small = gateway();
        let flow = flow_of(ALICE, 1025);
        gateway.open_stream(at(0), flow, Side::Inside).unwrap();
        let (mut waiting, mut passed) = (Vec::new(), Vec::new());
        for part in dialogue.chunks(step) {
            waiting.extend_from_slice(part);
            let len = gateway
                .handle_stream(at(0), flow, Side::Inside, &mut waiting)
                .unwrap();
            assert!(waiting.len() - len <= 1, "half a call id at the most");
            passed.extend(waiting.drain(..len));
        }
        assert_eq!((passed, waiting.len()), (whole.clone(), 0));
        gateway.close_stream(flow);
        assert_eq!((gateway.connections(), gateway.flows().count()), (0, 0));
    }
}

/// What goes on without its second half loses the FIN that is behind that, too.
#[test]
fn half_an_id_stays_behind() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let request = outgoing_request(5);
    let mut cut = line.packet(Side::Inside, line.next[0], ACK | FIN, &request[..13]);
    let passed = gateway
        .handle_packet(at(0), line.flow, Side::Inside, &mut cut)
        .unwrap();
    assert_eq!(payload_of(passed), &request[..12]);
    assert_eq!(passed[20 + 13], ACK);
    line.next[0] += 12;
    let half = line.pass(&mut gateway, Side::Inside, ACK, &request[12..13]);
    assert_eq!(half, Err(Refusal::HalfAnId));
    let rest = line.say(&mut gateway, Side::Inside, &request[12..]);
    assert_eq!(id_at(&rest, 0), 40_000);
}

#[test]
fn what_comes_again_is_rewritten_again() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let start = line.next[0];
    let request = outgoing_request(5);
    let first = line.say(&mut gateway, Side::Inside, &request);
    let again = |line: &Line, gateway: &mut Small| {
        for (from, to) in [(0, 168), (0, 13), (13, 20), (12, 14), (100, 168)] {
            let sequence = start + from as u32;
            let passed = line.send_at(gateway, Side::Inside, sequence, ACK, &request[from..to]);
            assert_eq!(passed.unwrap(), first[from..to]);
        }
    };
    again(&line, &mut gateway);
    assert_eq!(gateway.flows().count(), 1);
    // After the answer, which acknowledges it, and after the end as well.
    line.say(&mut gateway, Side::Outside, &outgoing_reply(6, 40_000, 1));
    again(&line, &mut gateway);
    line.say(&mut gateway, Side::Outside, &disconnect(6));
    again(&line, &mut gateway);
    assert_eq!(gateway.flows().count(), 0, "no call by an old request");
}

#[test]
fn behind_a_gap_nothing_passes() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let request = outgoing_request(5);
    let later = line.next[0] + 168;
    let gap = line.send_at(&mut gateway, Side::Inside, later, ACK, &link_info(6));
    assert_eq!((gap, gateway.stats().gaps), (Err(Refusal::Gap), 1));
    line.say(&mut gateway, Side::Inside, &request);
    line.say(&mut gateway, Side::Inside, &link_info(6));
    // An empty segment has nothing to rewrite; a keep-alive goes back by one.
    let probe = line.send_at(&mut gateway, Side::Inside, line.next[0] - 1, ACK, b"\0");
    assert_eq!(probe, Ok([0].to_vec()));
}

/// With nothing acknowledged, so many ids pass; and all later, once they are.
#[test]
fn what_is_rewritten_is_kept_until_it_is_acknowledged() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let before = line.next[1];
    line.call(&mut gateway, 5, 6);
    let start = line.next[1];
    let infos: Vec<u8> = (0..20).flat_map(|_| link_info(40_000)).collect();
    line.next[1] = before;
    let passed = line
        .send_at(&mut gateway, Side::Outside, start, ACK, &infos)
        .unwrap();
    let whole = passed.len() / 24;
    assert!((6..8).contains(&whole), "{whole}");
    assert_eq!(passed.len() % 24, 12, "up to the next id");
    assert!(
        passed
            .chunks(24)
            .take(whole)
            .all(|info| id_at(info, 12) == 5)
    );
    let end = start + passed.len() as u32;
    let more = line.send_at(
        &mut gateway,
        Side::Outside,
        end,
        ACK,
        &infos[passed.len()..],
    );
    assert_eq!(more, Err(Refusal::Unacknowledged));
    line.next[1] = end;
    line.say(&mut gateway, Side::Inside, &[]);
    let more = line.say(&mut gateway, Side::Outside, &infos[passed.len()..][..100]);
    assert_eq!(id_at(&more, 0), 5);
}

#[test]
fn only_whole_and_right_packets_are_looked_at() {
    let mut gateway: Small = gateway();
    let line = Line::open(&mut gateway, ALICE, 1025);
    let whole = line.packet(Side::Inside, line.next[0], ACK, &outgoing_request(5));
    for len in 0..whole.len() {
        let mut part = whole[..len].to_vec();
        let result = gateway.handle_packet(at(0), line.flow, Side::Inside, &mut part);
        assert!(matches!(result, Err(Refusal::Malformed(_))), "{len} octets");
    }
    let refused = |gateway: &mut Small, change: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = whole.clone();
        change(&mut changed);
        let result = gateway.handle_packet(at(0), line.flow, Side::Inside, &mut changed);
        result.unwrap_err()
    };
    assert_eq!(
        refused(&mut gateway, &|packet| packet[57] ^= 1),
        Refusal::Checksum
    );
    assert_eq!(
        refused(&mut gateway, &|packet| packet[6] = 0x20),
        Refusal::Fragment
    );
    assert!(matches!(
        refused(&mut gateway, &|packet| packet[9] = 17),
        Refusal::Malformed(_)
    ));
    assert!(matches!(
        refused(&mut gateway, &|packet| packet[0] = 0x65),
        Refusal::Malformed(_)
    ));
    assert_eq!(gateway.stats().malformed, whole.len() as u64 + 4);
    for offset in [0, 4, 15] {
        let mut segment = whole[20..44].to_vec();
        segment[12] = offset << 4;
        let result = gateway.handle_segment(at(0), line.flow, Side::Inside, &mut segment);
        assert!(matches!(result, Err(Refusal::Malformed(_))));
    }
    assert_eq!(gateway.flows().count(), 0, "none of it was read");
    // What Ethernet has put behind a packet is cut off.
    let mut padded = [&whole[..], &[0; 6]].concat();
    let passed = gateway
        .handle_packet(at(0), line.flow, Side::Inside, &mut padded)
        .unwrap();
    assert_eq!(payload_of(passed).len(), 168);
}

/// The server's first SYN came from nobody; and one that comes twice changes nothing.
#[test]
fn a_handshake_may_start_again() {
    let mut gateway: Small = gateway();
    let mut line = Line::new(ALICE, 1025);
    line.pass(&mut gateway, Side::Inside, SYN, &[]).unwrap();
    line.send_at(&mut gateway, Side::Outside, 99, SYN | ACK, &[])
        .unwrap();
    line.send_at(&mut gateway, Side::Outside, 7_000_000, SYN | ACK, &[])
        .unwrap();
    line.next[1] = 7_000_001;
    let given = line.call(&mut gateway, 5, 6);
    let syn = line.next[0].wrapping_sub(169);
    line.send_at(&mut gateway, Side::Inside, syn, SYN, &[])
        .unwrap();
    line.send_at(&mut gateway, Side::Inside, 77, SYN, &[])
        .unwrap();
    assert_eq!(
        line.say(&mut gateway, Side::Inside, &clear(5)),
        clear(given)
    );
    assert_eq!(gateway.connections(), 1);
}

#[test]
fn a_connection_whose_beginning_was_not_seen_passes() {
    let mut gateway: Small = gateway();
    let mut line = Line::new(ALICE, 1025);
    let request = outgoing_request(5);
    assert_eq!(line.say(&mut gateway, Side::Inside, &request), request);
    assert_eq!((gateway.connections(), gateway.stats().untracked), (0, 1));
    let mut octets = request.clone();
    let passed = gateway.handle_stream(at(0), line.flow, Side::Inside, &mut octets);
    assert_eq!((passed, &octets), (Ok(168), &request));
}
