//! Peers and paths that mean no good, by name.

use super::ends::{
    CLIENT_ID, End, Pair, SERVER_ID, at, client, octets, packet, server, server_config,
};
use core::time::Duration;
use pptp_core::control::{CallAnswer, CloseReason};
use pptp_core::ppp::config::MppePolicy;
use pptp_core::wire::{
    Bearer, CallDisconnectNotify, DisconnectResult, EchoRequest, Framing, GeneralError, GreHeader,
    Message, OutgoingCallRequest, OutgoingCallResult,
};
use pptp_core::{Client, DownReason, ProtocolError, Server};

/// Sends a packet from the client, and gives the datagram.
fn sent(pair: &mut Pair, text: &[u8]) -> Vec<u8> {
    pair.client
        .try_send(pair.now, &packet(text))
        .expect("it is up")
}

fn arrives(pair: &mut Pair, datagram: &[u8]) -> bool {
    pair.server.gre(pair.now, datagram).0.is_some()
}

fn with_sequence(datagram: &[u8], sequence: u32) -> Vec<u8> {
    let mut datagram = datagram.to_vec();
    datagram[8..12].copy_from_slice(&sequence.to_be_bytes());
    datagram
}

fn sequence(datagram: &[u8]) -> u32 {
    GreHeader::parse(datagram).unwrap().0.sequence.unwrap()
}

/// A number that is forged costs the packet that has it, and no other.
#[test]
fn a_forged_number_far_ahead_costs_nothing() {
    let mut pair = Pair::up();
    let first = sent(&mut pair, b"first");
    assert!(arrives(&mut pair, &first));
    let next = sent(&mut pair, b"next");
    for ahead in [100, 1000, 1 << 20, 1 << 30, u32::MAX / 2] {
        for forged in [
            b"\xff\x03\xc0\x21\x09\x01\x00\x08\0\0\0\0".as_slice(),
            &[0, 0xfd, 0x90, 5, 1, 2, 3, 4],
        ] {
            let header = GreHeader {
                payload_len: forged.len() as u16,
                call_id: SERVER_ID,
                sequence: Some(sequence(&next).wrapping_add(ahead)),
                acknowledgment: None,
            };
            let mut datagram = header.encode(&mut [0; 16]).unwrap().to_vec();
            datagram.extend(forged);
            assert!(!arrives(&mut pair, &datagram));
        }
    }
    assert!(arrives(&mut pair, &next));
    for _ in 0..10 {
        let next = sent(&mut pair, b"and so on");
        assert!(arrives(&mut pair, &next));
    }
}

#[test]
fn a_packet_comes_once_whoever_repeats_it() {
    let mut pair = Pair::up();
    let first = sent(&mut pair, b"first");
    assert!(arrives(&mut pair, &first));
    assert!(!arrives(&mut pair, &first));
    for ahead in [50, 127, 128, 1000, 1 << 30] {
        let again = with_sequence(&first, sequence(&first).wrapping_add(ahead));
        assert!(!arrives(&mut pair, &again), "under another number");
    }
    let second = sent(&mut pair, b"second");
    assert!(arrives(&mut pair, &second));
}

#[test]
fn a_disconnect_for_another_call_is_ignored() {
    let mut pair = Pair::up();
    let notify = CallDisconnectNotify {
        call_id: 4711,
        result: DisconnectResult::AdminShutdown,
        error: GeneralError::None,
        cause: 0,
        statistics: &[],
    };
    let out = pair.client.feed(at(2), &octets(notify));
    assert!(out.is_empty(), "{out:?}");
    assert!(pair.is_up());
}

#[test]
fn garbage_on_the_control_connection_ends_the_tunnel() {
    let error = ProtocolError::MagicCookie { found: 0x2f31_2e31 };
    let garbage = b"\x00\x9c\x00\x01/1.1 this is no PPTP";
    let reason = DownReason::Control(CloseReason::Protocol(error));
    let out = client_that_started().feed(at(2), garbage);
    assert_eq!((out.error, out.down), (Some(error), Some(reason)));
    let mut pair = Pair::up();
    let out = pair.client.feed(at(2), garbage);
    assert_eq!((out.error, out.down), (Some(error), Some(reason)));
    let out = pair.server.feed(at(2), garbage);
    assert_eq!((out.error, out.down), (Some(error), Some(reason)));
    assert!(out.control.is_empty() && out.gre.is_empty());
}

fn client_that_started() -> Client<pptp_core::ppp::Minimal> {
    let mut client = client();
    client.control_connected(at(1));
    client.drain(at(1));
    client
}

fn call(call_id: u16) -> Vec<u8> {
    octets(OutgoingCallRequest {
        call_id,
        call_serial_number: 0,
        minimum_bps: 300,
        maximum_bps: 100_000_000,
        bearer: Bearer::ANY,
        framing: Framing::EITHER,
        receive_window: 64,
        processing_delay: 0,
        phone_number: &[0xff; 64],
        subaddress: &[0xff; 64],
    })
}

#[test]
fn a_second_call_is_refused_and_the_first_goes_on() {
    let mut pair = Pair::up();
    for id in [CLIENT_ID, CLIENT_ID + 1] {
        let out = pair.server.feed(at(2), &call(id));
        let (reply, _) = Message::parse(&out.control[0]).unwrap().unwrap();
        let Message::OutgoingCallReply(reply) = reply else {
            panic!("{reply}");
        };
        assert_eq!(reply.result, OutgoingCallResult::GeneralError);
        assert_eq!(reply.peer_call_id, id);
    }
    assert!(pair.is_up());
    let datagram = sent(&mut pair, b"still");
    assert!(arrives(&mut pair, &datagram));
}

/// One answer each, none of them queued: who does not read his answers is not listened to.
#[test]
fn a_flood_of_requests_is_answered_one_by_one() {
    let mut pair = Pair::up();
    let echoes = |range: core::ops::Range<u32>| -> Vec<u8> {
        range
            .flat_map(|identifier| octets(EchoRequest { identifier }))
            .collect()
    };
    let flood = [echoes(0..500), call(1).repeat(500)].concat();
    assert_eq!(pair.server.feed(at(2), &flood).control.len(), 1000);
    assert_eq!(pair.server.handle_control(at(2), &flood), Ok(16));
    assert_eq!(pair.server.handle_control(at(2), &flood[16..]), Ok(0));
    let out = pair.server.drain(at(2));
    assert_eq!(out.control.len(), 1);
    assert!(pair.is_up());
}

#[test]
fn half_a_message_is_waited_for_and_the_peer_given_up() {
    let mut server = server();
    server.control_connected(at(1));
    assert_eq!(
        server.handle_control(at(1), &[0, 156, 0, 1, 0x1a, 0x2b]),
        Ok(0)
    );
    let out = server.wait(at(1), at(1000));
    let reason = DownReason::Control(CloseReason::StartTimedOut);
    assert_eq!(out.down, Some(reason));
}

#[test]
fn names_need_not_be_text_nor_end() {
    let mut pair = Pair::new(client(), server());
    // Host and vendor name of the Start-Control-Connection-Request.
    pair.to_server.0[28..156].fill(0xfe);
    pair.settle();
    assert!(pair.is_up());
}

/// A name in a Response that is longer than anybody's, told whole.
#[test]
fn a_name_of_200_octets_is_told() {
    use pptp_core::ppp::wire::{Frame, Packet, Protocol};
    let mut pair = Pair::new(client(), server());
    loop {
        let Some(datagram) = pair.to_server.1.first() else {
            pair.step().expect("there is a Response");
            continue;
        };
        let (header, payload) = GreHeader::parse(datagram).unwrap();
        let frame = Frame::parse(payload).unwrap();
        if frame.protocol != Protocol::CHAP {
            pair.step();
            continue;
        }
        let response = Packet::parse(frame.payload).unwrap();
        let data = [&response.data[..50], &[b'n'; 200]].concat();
        let mut payload = vec![0xc2, 0x23, 2, response.identifier, 0, 254];
        payload.extend(data);
        let header = GreHeader {
            payload_len: payload.len() as u16,
            ..header
        };
        let mut forged = header.encode(&mut [0; 16]).unwrap().to_vec();
        forged.extend(payload);
        let now = pair.now;
        let (_, out) = pair.server.gre(now, &forged);
        let told = out
            .events
            .iter()
            .any(|event| event.contains(&"n".repeat(200)));
        assert!(told, "{:?}", out.events);
        return;
    }
}

/// Debian's pptpd gives its first call the id 0.
#[test]
fn a_call_id_of_0_is_one_like_any_other() {
    let mut config = super::ends::client_config(MppePolicy::default());
    config.call.call_id = 0;
    let mut other = server_config(MppePolicy::default());
    other.control.accept = Some(CallAnswer::default());
    let mut pair = Pair::new(Client::new(config, [1; 32]), Server::new(other, [2; 32]));
    pair.settle();
    assert!(pair.is_up());
    let datagram = sent(&mut pair, b"to 0");
    assert!(arrives(&mut pair, &datagram));
}

/// Android acknowledges nothing, ever; Linux's pptp.ko nothing by itself.
#[test]
fn a_peer_that_acknowledges_nothing_is_sent_to_all_the_same() {
    let mut pair = Pair::up();
    for _ in 0..5000 {
        let datagram = sent(&mut pair, b"no answer");
        assert!(arrives(&mut pair, &datagram));
    }
}

/// pptp-linux and Linux's pptp.ko count from 1; others from anywhere.
#[test]
fn a_peer_may_count_from_1() {
    for base in [1, 1000, u32::MAX - 3, u32::MAX] {
        let mut pair = Pair::new(client(), server());
        pair.base = base;
        pair.run(Duration::from_secs(1));
        assert!(pair.is_up());
        assert_eq!(pair.client.gre_stats().invalid_acks, 0);
        for _ in 0..10 {
            let datagram = sent(&mut pair, b"shifted");
            pair.to_server.1.push(datagram);
        }
        assert_eq!(pair.settle().len(), 10);
    }
}
