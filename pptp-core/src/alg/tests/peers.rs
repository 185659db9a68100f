//! What peers do that the RFC does not say.

use super::messages::flow;
use super::*;

/// accel-ppp puts the PNS's id into a Call-Disconnect-Notify, where RFC 2637 §2.13 has the PAC's.
#[test]
fn a_disconnect_notify_may_have_the_receivers_id() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let given = line.call(&mut gateway, 5, 6);
    assert_eq!(
        line.say(&mut gateway, Side::Outside, &disconnect(given)),
        disconnect(5)
    );
    assert_eq!(gateway.flows().count(), 0);
    // The sender's own comes first, if it could be either.
    let first = line.call(&mut gateway, 5, 6);
    let second = line.call(&mut gateway, 7, first);
    assert_eq!(
        line.say(&mut gateway, Side::Outside, &disconnect(first)),
        disconnect(first)
    );
    let left: Vec<_> = gateway.flows().map(|flow| flow.given_id).collect();
    assert_eq!(left, [first]);
    assert_ne!(second, first);
}

/// Windows 2000 and old pptp-linux have 0 for the call, and so has pptpd for its first one.
#[test]
fn call_id_0_is_one_like_any_other() {
    let mut gateway: Small = Gateway::new(Config::new());
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let given = line.call(&mut gateway, 0, 0);
    let mut datagram = gre_to(given);
    assert_eq!(
        gateway.handle_gre_from_outside(SERVER, &mut datagram),
        Ok(flow(ALICE, 0, given, 0))
    );
    assert_eq!(datagram, gre_to(0));
    assert_eq!(
        line.say(&mut gateway, Side::Inside, &clear(0)),
        clear(given)
    );
    assert_eq!(
        line.say(&mut gateway, Side::Outside, &disconnect(0)),
        disconnect(0)
    );
    assert_eq!(gateway.flows().count(), 0);
}

/// Linux's helper knows one call of a connection. Here each has an id of its own.
#[test]
fn a_connection_may_have_many_calls() {
    let mut gateway: Gateway<2, 8> = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let given: Vec<u16> = (0..8)
        .map(|call| line.call(&mut gateway, call, 100 + call))
        .collect();
    assert_eq!(given, (40_000..40_008).collect::<Vec<u16>>());
    line.say(&mut gateway, Side::Outside, &disconnect(103));
    let left: Vec<u16> = gateway.flows().map(|flow| flow.inside_id).collect();
    assert_eq!(left, [0, 1, 2, 4, 5, 6, 7]);
}

/// A second request with the id of a live call gets the same id, and does not touch the call.
#[test]
fn a_live_call_is_never_overwritten() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let given = line.call(&mut gateway, 5, 6);
    let again = line.say(&mut gateway, Side::Inside, &outgoing_request(5));
    assert_eq!(id_at(&again, 12), given);
    line.say(&mut gateway, Side::Outside, &outgoing_reply(9, given, 2));
    line.say(&mut gateway, Side::Outside, &outgoing_reply(9, given, 1));
    assert_eq!(
        gateway.flows().collect::<Vec<_>>(),
        [flow(ALICE, 5, given, 6)]
    );
}

/// pptp-linux sends a Call-Clear-Request, and FIN at once; pptpd only closes TCP.
#[test]
fn a_clear_request_may_come_with_the_end() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let given = line.call(&mut gateway, 5, 0);
    events(&mut gateway);
    let passed = line
        .pass(&mut gateway, Side::Inside, ACK | FIN, &clear(5))
        .unwrap();
    assert_eq!(passed, clear(given));
    line.pass(&mut gateway, Side::Outside, ACK | FIN, &[])
        .unwrap();
    let ended = Event::Ended(flow(ALICE, 5, given, 0), EndReason::Closed);
    assert_eq!(events(&mut gateway), [ended]);
}

/// Windows says Set-Link-Info in both directions, with octets in the reserved field; PIX has them in the header.
#[test]
fn set_link_info_comes_from_both_sides() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let given = line.call(&mut gateway, 5, 6);
    let filled = |id| {
        let mut message = link_info(id);
        message[10..12].copy_from_slice(b"\x12\x34");
        message[14..16].copy_from_slice(b"\xa1\x96");
        message
    };
    assert_eq!(
        line.say(&mut gateway, Side::Outside, &filled(given)),
        filled(5)
    );
    assert_eq!(line.say(&mut gateway, Side::Inside, &filled(6)), filled(6));
}

/// Some send more than the RFC's octets; nobody's Call-Disconnect-Notify has to have a result that the RFC knows.
#[test]
fn longer_messages_are_read() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let mut long = outgoing_request(5);
    long.resize(512, 0x5a);
    long[..2].copy_from_slice(&512_u16.to_be_bytes());
    let both = [long, outgoing_request(7)].concat();
    let passed = line.say(&mut gateway, Side::Inside, &both);
    assert_eq!(
        [id_at(&passed, 12), id_at(&passed, 512 + 12)],
        [40_000, 40_001]
    );
    let mut reply = line.say(&mut gateway, Side::Outside, &outgoing_reply(6, 40_000, 1));
    assert_eq!(id_at(&reply, 14), 5);
    reply = disconnect(6);
    reply[14..16].copy_from_slice(&[0, 0x63]);
    line.say(&mut gateway, Side::Outside, &reply);
    assert_eq!(gateway.flows().count(), 1, "the one that was not answered");
}
