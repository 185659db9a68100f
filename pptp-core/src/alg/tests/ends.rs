//! How calls and connections end.

use super::messages::flow;
use super::*;

/// Alice's call, of which it was told.
fn with_a_call() -> (Small, Line, u16) {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let given = line.call(&mut gateway, 5, 6);
    assert_eq!(
        events(&mut gateway),
        [Event::Expected(flow(ALICE, 5, given, 6))]
    );
    (gateway, line, given)
}

/// The call is over, for that reason.
fn assert_over(gateway: &mut Small, reason: EndReason) {
    assert_eq!(gateway.flows().count(), 0);
    assert_eq!(
        gateway.handle_gre_from_outside(SERVER, &mut gre_to(40_000)),
        Err(Discard::NoCall)
    );
    let inside = gateway.handle_gre_from_inside(at(0), ALICE, SERVER, &gre_to(6));
    assert_eq!(inside, Err(Discard::NoCall));
    assert_eq!(
        events(gateway),
        [Event::Ended(flow(ALICE, 5, 40_000, 6), reason)]
    );
}

/// It passes for 10 s, and no longer.
fn assert_closing(gateway: &mut Small, reason: EndReason) {
    let ten_seconds = Instant::from_millis(10_000);
    assert_eq!(gateway.next_timeout(), Some(ten_seconds));
    gateway.handle_timeout(Instant::from_millis(9_999));
    assert!(
        gateway
            .handle_gre_from_outside(SERVER, &mut gre_to(40_000))
            .is_ok()
    );
    gateway.handle_timeout(ten_seconds);
    assert_over(gateway, reason);
}

#[test]
fn a_disconnect_notify_ends_a_call_at_once() {
    let (mut gateway, mut line, _) = with_a_call();
    line.say(&mut gateway, Side::Outside, &disconnect(6));
    assert_over(&mut gateway, EndReason::Disconnected);
    let (mut gateway, mut line, given) = with_a_call();
    assert_eq!(
        line.say(&mut gateway, Side::Inside, &disconnect(5)),
        disconnect(given)
    );
    assert_over(&mut gateway, EndReason::Disconnected);
}

#[test]
fn a_clear_request_leaves_a_call_10_s() {
    let (mut gateway, mut line, _) = with_a_call();
    line.say(&mut gateway, Side::Inside, &clear(5));
    assert_closing(&mut gateway, EndReason::Cleared);
    let (mut gateway, mut line, _) = with_a_call();
    line.say(&mut gateway, Side::Inside, &clear(5));
    line.say(&mut gateway, Side::Outside, &disconnect(6));
    assert_over(&mut gateway, EndReason::Disconnected);
}

fn stop_request() -> Vec<u8> {
    let reason = StopReason::from(1);
    encode(&Message::StopControlConnectionRequest(
        StopControlConnectionRequest { reason },
    ))
}

#[test]
fn a_stop_ends_all_calls() {
    let (mut gateway, mut line, _) = with_a_call();
    line.say(&mut gateway, Side::Outside, &stop_request());
    assert_closing(&mut gateway, EndReason::Stopped);
    let (mut gateway, mut line, _) = with_a_call();
    line.say(&mut gateway, Side::Outside, &stop_request());
    line.say(
        &mut gateway,
        Side::Inside,
        &encode(&Message::StopControlConnectionReply(
            StopControlConnectionReply {
                result: StopResult::from(1),
                error: GeneralError::from(0),
            },
        )),
    );
    assert_over(&mut gateway, EndReason::Stopped);
}

#[test]
fn one_fin_leaves_calls_10_s_and_two_none() {
    for first in [Side::Inside, Side::Outside] {
        let (mut gateway, mut line, _) = with_a_call();
        line.pass(&mut gateway, first, ACK | FIN, &[]).unwrap();
        assert_closing(&mut gateway, EndReason::Closed);
        let (mut gateway, mut line, _) = with_a_call();
        line.pass(&mut gateway, first, ACK | FIN, &[]).unwrap();
        line.pass(&mut gateway, other(first), ACK | FIN, &[])
            .unwrap();
        assert_over(&mut gateway, EndReason::Closed);
    }
}

/// What is sent again after both FINs is still rewritten; the same port may be used again at once.
#[test]
fn a_closed_connection_is_kept_for_what_comes_again() {
    let (mut gateway, mut line, given) = with_a_call();
    let start = line.next[0];
    line.pass(&mut gateway, Side::Inside, ACK | FIN, &clear(5))
        .unwrap();
    line.pass(&mut gateway, Side::Outside, ACK | FIN, &[])
        .unwrap();
    let again = line.send_at(&mut gateway, Side::Inside, start, ACK | FIN, &clear(5));
    assert_eq!(again.unwrap(), clear(given));
    events(&mut gateway);
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    assert_eq!(gateway.connections(), 1);
    assert_ne!(line.call(&mut gateway, 5, 6), given);
    gateway.handle_timeout(at(2 * 3600 + 4 * 60 - 1));
    assert_eq!(gateway.connections(), 1);
}

#[test]
fn a_reset_ends_all_at_once() {
    for from in [Side::Inside, Side::Outside] {
        let (mut gateway, mut line, _) = with_a_call();
        // Not by the wrong number, which anybody can send.
        for off in [1, 0xffff_ffff, 1 << 31] {
            let sequence = line.next(from).wrapping_add(off);
            line.send_at(&mut gateway, from, sequence, RST, &[])
                .unwrap();
        }
        assert_eq!(gateway.flows().count(), 1);
        line.pass(&mut gateway, from, RST, &[]).unwrap();
        assert_over(&mut gateway, EndReason::Reset);
        assert_eq!(gateway.connections(), 0);
    }
}

#[test]
fn a_connection_that_is_refused_leaves_nothing() {
    let mut gateway: Small = gateway();
    let mut line = Line::new(ALICE, 1025);
    line.pass(&mut gateway, Side::Inside, SYN, &[]).unwrap();
    assert_eq!(gateway.connections(), 1);
    let mut right = line.clone();
    line.next[0] = line.next[0].wrapping_add(5);
    line.send_at(&mut gateway, Side::Outside, 0, RST | ACK, &[])
        .unwrap();
    line.send_at(&mut gateway, Side::Outside, 0, RST, &[])
        .unwrap();
    assert_eq!(gateway.connections(), 1, "an answer to something else");
    right.next[1] = 0;
    right
        .pass(&mut gateway, Side::Outside, RST | ACK, &[])
        .unwrap();
    assert_eq!(gateway.connections(), 0);
}

#[test]
fn silence_ends_everything() {
    let (mut gateway, mut line, _) = with_a_call();
    let idle = 2 * 3600 + 4 * 60;
    assert_eq!(gateway.next_timeout(), Some(at(idle)));
    // Packets from inside keep it; from outside anybody could send them.
    gateway
        .handle_gre_from_inside(at(100), ALICE, SERVER, &gre_to(6))
        .unwrap();
    gateway
        .handle_gre_from_outside(SERVER, &mut gre_to(40_000))
        .unwrap();
    assert_eq!(gateway.next_timeout(), Some(at(100 + idle)));
    gateway.handle_timeout(at(100 + idle - 1));
    assert_eq!(gateway.flows().count(), 1);
    gateway.handle_timeout(at(100 + idle));
    assert_over(&mut gateway, EndReason::Idle);
    assert_eq!((gateway.connections(), gateway.next_timeout()), (0, None));
    // Its messages pass then, as those of any connection whose beginning was not seen.
    let message = link_info(6);
    assert_eq!(line.say(&mut gateway, Side::Inside, &message), message);
}

#[test]
fn a_handshake_has_4_minutes_and_a_request_60_s() {
    let mut gateway: Small = gateway();
    let mut line = Line::new(ALICE, 1025);
    line.pass(&mut gateway, Side::Inside, SYN, &[]).unwrap();
    assert_eq!(gateway.next_timeout(), Some(at(240)));
    gateway.handle_timeout(at(240));
    assert_eq!((gateway.connections(), gateway.next_timeout()), (0, None));

    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let given = id_at(
        &line.say(&mut gateway, Side::Inside, &outgoing_request(5)),
        12,
    );
    assert_eq!(gateway.next_timeout(), Some(at(60)));
    // The server's first packet may overtake its reply.
    assert!(
        gateway
            .handle_gre_from_outside(SERVER, &mut gre_to(given))
            .is_ok()
    );
    gateway.handle_timeout(at(60));
    assert_eq!((gateway.flows().count(), gateway.poll_event()), (0, None));
    // A reply that comes after that has an id of no call.
    let reply = outgoing_reply(6, given, 1);
    assert_eq!(line.say(&mut gateway, Side::Outside, &reply), reply);
    assert_eq!(gateway.poll_event(), None);
}

/// A client that was switched off and takes the same port. The server has the old connection no more, but the gateway has.
#[test]
fn a_port_that_is_used_again_begins_anew_once_it_is_answered() {
    for (inside, outside) in [(5_000, 900_000), (0x8000_0000, 3_000_000_000)] {
        let (mut gateway, old, _) = with_a_call();
        let mut line = Line {
            flow: old.flow,
            next: [inside, outside],
        };
        // Whoever only says that it begins anew ends nothing, and its own octets do not count.
        line.pass(&mut gateway, Side::Inside, SYN, &[]).unwrap();
        assert_eq!(gateway.flows().count(), 1);
        assert_eq!(events(&mut gateway), []);
        // Nor does an answer to another SYN.
        let mut wrong = line.clone();
        wrong.next[0] += 1;
        wrong
            .pass(&mut gateway, Side::Outside, SYN | ACK, &[])
            .unwrap();
        assert_eq!(gateway.flows().count(), 1);
        line.pass(&mut gateway, Side::Outside, SYN | ACK, &[])
            .unwrap();
        assert_eq!(gateway.flows().count(), 0);
        assert_over(&mut gateway, EndReason::Closed);
        assert_eq!(gateway.connections(), 1);
        line.pass(&mut gateway, Side::Inside, ACK, &[]).unwrap();
        let given = line.call(&mut gateway, 9, 6);
        assert_ne!(given, 9);
        assert_eq!(
            line.say(&mut gateway, Side::Inside, &clear(9)),
            clear(given)
        );
    }
}

/// A FIN that overtakes data is not counted by its receiver before that, and would not come again.
#[test]
fn a_fin_behind_a_gap_does_not_pass() {
    let (mut gateway, mut line, given) = with_a_call();
    let later = line.next[0] + 16;
    let early = line.send_at(&mut gateway, Side::Inside, later, ACK | FIN, &[]);
    assert_eq!(early, Err(Refusal::Gap));
    assert_eq!(
        line.say(&mut gateway, Side::Inside, &clear(5)),
        clear(given)
    );
    line.pass(&mut gateway, Side::Inside, ACK | FIN, &[])
        .unwrap();
    line.pass(&mut gateway, Side::Outside, ACK | FIN, &[])
        .unwrap();
    assert_over(&mut gateway, EndReason::Closed);
}
