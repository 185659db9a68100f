//! Each message that has call ids, from either side.

use super::*;
use crate::wire::tests::vectors::vectors;

/// Where each message has call ids (RFC 2637 §2.7 to §2.15): its type, and for each id whether it is its sender's.
const IDS: [(u16, &[(usize, bool)]); 9] = [
    (7, &[(12, true)]),
    (8, &[(12, true), (14, false)]),
    (9, &[(12, true)]),
    (10, &[(12, true), (14, false)]),
    (11, &[(12, false)]),
    (12, &[(12, true)]),
    (13, &[(12, true)]),
    (14, &[(12, false)]),
    (15, &[(12, false)]),
];

/// Alice's call, 5 inside and 6 outside, is there; each message names it. Nothing but the inside's id changes.
#[test]
fn only_the_insides_id_is_rewritten() {
    for (octets, message, _) in vectors() {
        let number = u16::from(message.control_type().unwrap());
        let ids = IDS.iter().find(|(kind, _)| *kind == number);
        let ids = ids.map_or(&[][..], |(_, ids)| ids);
        for from in [Side::Inside, Side::Outside] {
            let mut gateway: Small = gateway();
            let mut line = Line::open(&mut gateway, ALICE, 1025);
            let given = line.call(&mut gateway, 5, 6);
            let (mut sent, mut expected) = (octets.clone(), octets.clone());
            for &(at, is_senders) in ids {
                let (here, there) = match (from, is_senders) {
                    (Side::Inside, true) => (5, given),
                    (Side::Outside, false) => (given, 5),
                    _ => (6, 6_u16),
                };
                sent[at..at + 2].copy_from_slice(&here.to_be_bytes());
                expected[at..at + 2].copy_from_slice(&there.to_be_bytes());
            }
            let passed = line.say(&mut gateway, from, &sent);
            assert_eq!(passed, expected, "{message} from {from:?}");
        }
    }
}

#[test]
fn ids_of_no_call_pass_as_they_are() {
    for message in [
        outgoing_reply(8, 7, 1),
        clear(7),
        disconnect(7),
        link_info(7),
        encode(&Message::WanErrorNotify(WanErrorNotify {
            peer_call_id: 7,
            crc_errors: 0,
            framing_errors: 0,
            hardware_overruns: 0,
            buffer_overruns: 0,
            time_out_errors: 0,
            alignment_errors: 0,
        })),
    ] {
        let mut gateway: Small = gateway();
        let mut line = Line::open(&mut gateway, ALICE, 1025);
        line.call(&mut gateway, 5, 6);
        assert_eq!(line.say(&mut gateway, Side::Outside, &message), message);
        assert_eq!(gateway.flows().count(), 1);
    }
}

/// An incoming call, to a PNS inside: the request has nothing of the inside's.
#[test]
fn a_pns_inside_takes_an_incoming_call() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let request = incoming_request(6);
    assert_eq!(line.say(&mut gateway, Side::Outside, &request), request);
    let reply = line.say(&mut gateway, Side::Inside, &incoming_reply(5, 6, 1));
    let given = id_at(&reply, 12);
    assert_eq!((given, id_at(&reply, 14)), (40_000, 6));
    assert_eq!(
        events(&mut gateway),
        [Event::Expected(flow(ALICE, 5, given, 6))]
    );
}

/// And one from a PAC inside.
#[test]
fn a_pac_inside_offers_an_incoming_call() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let given = id_at(
        &line.say(&mut gateway, Side::Inside, &incoming_request(5)),
        12,
    );
    assert_eq!(given, 40_000);
    let reply = line.say(&mut gateway, Side::Outside, &incoming_reply(6, given, 1));
    assert_eq!([id_at(&reply, 12), id_at(&reply, 14)], [6, 5]);
    assert_eq!(
        events(&mut gateway),
        [Event::Expected(flow(ALICE, 5, given, 6))]
    );
}

/// A server inside, to whose port 1723 the NAT leads.
#[test]
fn a_server_inside_is_reached_from_outside() {
    let mut gateway: Small = gateway();
    let mut line = Line::new(ALICE, 1723);
    line.flow.outside.set_port(50_000);
    line.handshake(&mut gateway, Side::Outside).unwrap();
    let request = outgoing_request(6);
    assert_eq!(line.say(&mut gateway, Side::Outside, &request), request);
    let reply = line.say(&mut gateway, Side::Inside, &outgoing_reply(5, 6, 1));
    let given = id_at(&reply, 12);
    assert_eq!((given, id_at(&reply, 14)), (40_000, 6));
    let mut datagram = gre_to(given);
    let call = gateway
        .handle_gre_from_outside(SERVER, &mut datagram)
        .unwrap();
    assert_eq!((call, datagram), (flow(ALICE, 5, given, 6), gre_to(5)));
    assert_eq!(line.say(&mut gateway, Side::Outside, &clear(6)), clear(6));
    assert_eq!(
        line.say(&mut gateway, Side::Inside, &disconnect(5)),
        disconnect(given)
    );
    assert_eq!(gateway.flows().count(), 0);
}

#[test]
fn two_clients_that_chose_the_same_id_are_told_apart() {
    let mut gateway: Small = gateway();
    let mut alice = Line::open(&mut gateway, ALICE, 1025);
    let mut bob = Line::open(&mut gateway, BOB, 1025);
    // pptpd gives 0 to the first call, and 128 to the next one.
    let alices = alice.call(&mut gateway, 5, 0);
    let bobs = bob.call(&mut gateway, 5, 128);
    assert_ne!(alices, bobs);
    assert_eq!(
        events(&mut gateway),
        [flow(ALICE, 5, alices, 0), flow(BOB, 5, bobs, 128)].map(Event::Expected)
    );
    for (address, given, outside) in [(ALICE, alices, 0), (BOB, bobs, 128)] {
        let mut datagram = gre_to(given);
        let call = gateway.handle_gre_from_outside(SERVER, &mut datagram);
        assert_eq!(call.map(|call| call.inside), Ok(address));
        assert_eq!(datagram, gre_to(5));
        let call = gateway.handle_gre_from_inside(at(0), address, SERVER, &gre_to(outside));
        assert_eq!(call, Ok(flow(address, 5, given, outside)));
    }
    // Neither gets into the other's call, and no other server into either.
    let no_call = Err(Discard::NoCall);
    assert_eq!(
        gateway.handle_gre_from_inside(at(0), BOB, SERVER, &gre_to(0)),
        no_call
    );
    assert_eq!(
        gateway.handle_gre_from_inside(at(0), ALICE, BOB, &gre_to(0)),
        no_call
    );
    for (source, id) in [(BOB, alices), (SERVER, 5), (SERVER, alices + 4)] {
        let mut datagram = gre_to(id);
        assert_eq!(
            gateway.handle_gre_from_outside(source, &mut datagram),
            no_call
        );
        assert_eq!(datagram, gre_to(id), "unchanged");
    }
    assert_eq!(
        (gateway.stats().gre_passed, gateway.stats().gre_dropped),
        (4, 5)
    );
}

#[test]
fn other_gre_is_refused() {
    let mut gateway: Small = gateway();
    for len in 0..8 {
        let mut datagram = gre_to(1);
        let result = gateway.handle_gre_from_outside(SERVER, &mut datagram[..len]);
        assert!(matches!(result, Err(Discard::Malformed(_))));
    }
    let plain = b"\x20\x00\x08\x00\0\0\0\x01";
    let result = gateway.handle_gre_from_inside(at(0), ALICE, SERVER, plain);
    assert!(matches!(result, Err(Discard::Malformed(_))));
}

#[test]
fn a_refused_call_leaves_nothing() {
    for (from, reply) in [
        (Side::Outside, outgoing_reply(0, 40_000, 2)),
        (Side::Outside, incoming_reply(0, 40_000, 2)),
    ] {
        let mut gateway: Small = gateway();
        let mut line = Line::open(&mut gateway, ALICE, 1025);
        line.say(&mut gateway, Side::Inside, &outgoing_request(5));
        assert_eq!(gateway.flows().count(), 1);
        assert_eq!(id_at(&line.say(&mut gateway, from, &reply), 14), 5);
        assert_eq!((gateway.flows().count(), gateway.poll_event()), (0, None));
    }
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1723);
    line.say(&mut gateway, Side::Inside, &outgoing_reply(5, 6, 7));
    assert_eq!((gateway.flows().count(), gateway.poll_event()), (0, None));
}

/// Messages of types that nobody has defined are skipped by their length, and so are those of other PPTP types.
#[test]
fn unknown_messages_are_skipped() {
    let mut gateway: Small = gateway();
    let mut line = Line::open(&mut gateway, ALICE, 1025);
    let unknown = b"\0\x14\0\x01\x1a\x2b\x3c\x4d\0\x63\0\0\0\x05\0\x05\0\0\0\0";
    let management = b"\0\x0a\0\x02\x1a\x2b\x3c\x4d\0\x07";
    let short = b"\0\x0e\0\x01\x1a\x2b\x3c\x4d\0\x07\0\0\0\x05";
    let all = [&unknown[..], management, short, &outgoing_request(5)].concat();
    let passed = line.say(&mut gateway, Side::Inside, &all);
    let ours = all.len() - 168;
    assert_eq!(passed[..ours], all[..ours]);
    assert_eq!(id_at(&passed, ours + 12), 40_000);
}

/// Other protocols pass, and so does a stream of control messages from where it is none any more.
#[test]
fn what_is_no_pptp_passes() {
    for garbage in [
        &b"GET / HTTP/1.0\r\n\r\n"[..],
        b"\0\xa8\0\x01\x1a\x2b\x3c\x4e\0\x07\0\0\0\x05\0\0",
        b"\0\x07\0\x01\x1a\x2b\x3c\x4d\0\x07\0\0\0\x05\0\0",
        b"\xff\xff\0\x01\x1a\x2b\x3c\x4d\0\x07\0\0\0\x05\0\0",
    ] {
        let mut gateway: Small = gateway();
        let mut line = Line::open(&mut gateway, ALICE, 1025);
        assert_eq!(line.say(&mut gateway, Side::Inside, garbage), garbage);
        let request = outgoing_request(5);
        assert_eq!(line.say(&mut gateway, Side::Inside, &request), request);
        assert_eq!(gateway.flows().count(), 0);
        // The other direction is by itself.
        let echo = b"\0\x10\0\x01\x1a\x2b\x3c\x4d\0\x05\0\0\0\0\0\x01";
        assert_eq!(line.say(&mut gateway, Side::Outside, echo), echo);
    }
}

pub(super) fn flow(inside: Ipv4Addr, inside_id: u16, given_id: u16, outside_id: u16) -> GreFlow {
    GreFlow {
        inside,
        outside: SERVER,
        inside_id,
        given_id,
        outside_id: Some(outside_id),
    }
}

fn incoming_request(call_id: u16) -> Vec<u8> {
    let mut message = [0; 220].to_vec();
    message[..12].copy_from_slice(b"\0\xdc\0\x01\x1a\x2b\x3c\x4d\0\x09\0\0");
    message[12..14].copy_from_slice(&call_id.to_be_bytes());
    assert!(IncomingCallRequest::parse(&message).is_ok());
    message
}

fn incoming_reply(call_id: u16, peer_call_id: u16, result: u8) -> Vec<u8> {
    encode(&Message::IncomingCallReply(IncomingCallReply {
        call_id,
        peer_call_id,
        result: IncomingCallResult::from(result),
        error: GeneralError::from(0),
        receive_window: 64,
        transmit_delay: 0,
    }))
}
