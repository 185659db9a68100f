//! Two clients and a server on the two sides of a gateway.

mod checksums;
mod ends;
mod laws;
mod limits;
mod messages;
mod peers;
mod segments;

use super::*;
use crate::Discard;
use crate::time::Instant;
use crate::wire::{
    CallClearRequest, CallDisconnectNotify, DisconnectResult, GeneralError, IncomingCallReply,
    IncomingCallRequest, IncomingCallResult, Message, OutgoingCallReply, OutgoingCallResult,
    SetLinkInfo, StopControlConnectionReply, StopControlConnectionRequest, StopReason, StopResult,
    WanErrorNotify,
};
use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddrV4};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

const ALICE: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 1);
const BOB: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 2);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);

type Small = Gateway<4, 4>;

/// Starts far from 0, so that a given id is never one that somebody chose.
fn gateway<const CONNECTIONS: usize, const CALLS: usize>() -> Gateway<CONNECTIONS, CALLS> {
    let mut config = Config::new();
    config.first_call_id = 40_000;
    Gateway::new(config)
}

fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

fn flow_of(inside: Ipv4Addr, port: u16) -> Flow {
    Flow {
        inside: SocketAddrV4::new(inside, port),
        outside: SocketAddrV4::new(SERVER, 1723),
    }
}

const fn other(side: Side) -> Side {
    match side {
        Side::Inside => Side::Outside,
        Side::Outside => Side::Inside,
    }
}

/// The sum of all words (RFC 1071 §1), written as plainly as can be.
fn plain_checksum(octets: &[u8]) -> u16 {
    let mut sum = 0_u32;
    for word in octets.chunks(2) {
        sum += u32::from(word[0]) * 256 + word.get(1).map_or(0, |low| u32::from(*low));
    }
    while sum > 0xffff {
        sum = sum % 0x1_0000 + sum / 0x1_0000;
    }
    0xffff - sum as u16
}

fn tcp_checksum(source: Ipv4Addr, destination: Ipv4Addr, segment: &[u8]) -> u16 {
    let len = segment.len() as u16;
    let mut covered = [source.octets(), destination.octets()].concat();
    covered.extend([0, 6]);
    covered.extend(len.to_be_bytes());
    covered.extend(segment);
    plain_checksum(&covered)
}

/// An IPv4 packet with a TCP segment of 24 octets of header.
fn packet(
    [source, destination]: [SocketAddrV4; 2],
    [sequence, acknowledgment]: [u32; 2],
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    let mut segment = [source.port(), destination.port()]
        .map(u16::to_be_bytes)
        .concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend(acknowledgment.to_be_bytes());
    segment.extend([6 << 4, flags, 0xff, 0xff, 0, 0, 0, 0, 1, 1, 1, 0]);
    segment.extend(payload);
    let checksum = tcp_checksum(*source.ip(), *destination.ip(), &segment);
    segment[16..18].copy_from_slice(&checksum.to_be_bytes());
    let mut packet = alloc::vec![0x45, 0];
    packet.extend((20 + segment.len() as u16).to_be_bytes());
    packet.extend([0x12, 0x34, 0x40, 0, 64, 6, 0, 0]);
    packet.extend(source.ip().octets());
    packet.extend(destination.ip().octets());
    let checksum = plain_checksum(&packet);
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    packet.extend(segment);
    packet
}

/// The payload of a packet of [`packet`], all of whose checksums are right.
fn payload_of(packet: &[u8]) -> &[u8] {
    assert_eq!(
        usize::from(packet[2]) * 256 + usize::from(packet[3]),
        packet.len()
    );
    assert_eq!(plain_checksum(&packet[..20]), 0, "the checksum of IPv4");
    let address =
        |at: usize| Ipv4Addr::new(packet[at], packet[at + 1], packet[at + 2], packet[at + 3]);
    assert_eq!(
        tcp_checksum(address(12), address(16), &packet[20..]),
        0,
        "the checksum of TCP"
    );
    &packet[44..]
}

/// A control connection through a gateway: its flow, and the number of the next octet from inside and from outside.
#[derive(Debug, Clone)]
struct Line {
    flow: Flow,
    next: [u32; 2],
}

impl Line {
    /// One of which the gateway knows nothing.
    fn new(inside: Ipv4Addr, port: u16) -> Self {
        Self {
            flow: flow_of(inside, port),
            next: [0xffff_ffff - u32::from(port), 7_000_000],
        }
    }

    /// One whose handshake the gateway has seen.
    fn open<const N: usize, const M: usize>(
        gateway: &mut Gateway<N, M>,
        inside: Ipv4Addr,
        port: u16,
    ) -> Self {
        let mut line = Self::new(inside, port);
        line.handshake(gateway, Side::Inside).unwrap();
        line
    }

    fn handshake<const N: usize, const M: usize>(
        &mut self,
        gateway: &mut Gateway<N, M>,
        opener: Side,
    ) -> Result<(), Refusal> {
        self.pass(gateway, opener, SYN, &[])?;
        self.pass(gateway, other(opener), SYN | ACK, &[])?;
        self.pass(gateway, opener, ACK, &[])?;
        Ok(())
    }

    /// The packet from `from` that holds `payload` at octet number `sequence`.
    fn packet(&self, from: Side, sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
        let ends = [self.flow.inside, self.flow.outside];
        let [inside, outside] = self.next;
        match from {
            Side::Inside => packet(ends, [sequence, outside], flags, payload),
            Side::Outside => packet([ends[1], ends[0]], [sequence, inside], flags, payload),
        }
    }

    const fn next(&mut self, from: Side) -> &mut u32 {
        match from {
            Side::Inside => &mut self.next[0],
            Side::Outside => &mut self.next[1],
        }
    }

    /// Sends what comes next; gives the payload that goes on, and moves on if all of it does.
    fn pass<const N: usize, const M: usize>(
        &mut self,
        gateway: &mut Gateway<N, M>,
        from: Side,
        flags: u8,
        payload: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let sequence = *self.next(from);
        let passed = self.send_at(gateway, from, sequence, flags, payload)?;
        let counted = u32::from(flags & (SYN | FIN) != 0);
        *self.next(from) = sequence.wrapping_add(passed.len() as u32 + counted);
        Ok(passed)
    }

    fn send_at<const N: usize, const M: usize>(
        &self,
        gateway: &mut Gateway<N, M>,
        from: Side,
        sequence: u32,
        flags: u8,
        payload: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let mut packet = self.packet(from, sequence, flags, payload);
        let packet = gateway.handle_packet(at(0), self.flow, from, &mut packet)?;
        Ok(payload_of(packet).to_vec())
    }

    /// Sends a message, all of which goes on.
    fn say<const N: usize, const M: usize>(
        &mut self,
        gateway: &mut Gateway<N, M>,
        from: Side,
        message: &[u8],
    ) -> Vec<u8> {
        let passed = self.pass(gateway, from, ACK, message).unwrap();
        assert_eq!(passed.len(), message.len());
        passed
    }

    /// Has a call come up, with these ids; gives the id that the outside sees.
    fn call<const N: usize, const M: usize>(
        &mut self,
        gateway: &mut Gateway<N, M>,
        inside: u16,
        outside: u16,
    ) -> u16 {
        let given = id_at(
            &self.say(gateway, Side::Inside, &outgoing_request(inside)),
            12,
        );
        let reply = self.say(gateway, Side::Outside, &outgoing_reply(outside, given, 1));
        assert_eq!([id_at(&reply, 12), id_at(&reply, 14)], [outside, inside]);
        given
    }
}

fn encode(message: &Message<'_>) -> Vec<u8> {
    let mut out = [0; 512];
    message.encode(&mut out).unwrap().to_vec()
}

fn id_at(message: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([message[at], message[at + 1]])
}

fn outgoing_request(call_id: u16) -> Vec<u8> {
    let mut message = [0; 168].to_vec();
    message[..12].copy_from_slice(b"\0\xa8\0\x01\x1a\x2b\x3c\x4d\0\x07\0\0");
    message[12..14].copy_from_slice(&call_id.to_be_bytes());
    message
}

fn outgoing_reply(call_id: u16, peer_call_id: u16, result: u8) -> Vec<u8> {
    encode(&Message::OutgoingCallReply(OutgoingCallReply {
        call_id,
        peer_call_id,
        result: OutgoingCallResult::from(result),
        error: GeneralError::from(0),
        cause: 0,
        connect_speed: 100_000_000,
        receive_window: 64,
        processing_delay: 0,
        physical_channel_id: 0,
    }))
}

fn clear(call_id: u16) -> Vec<u8> {
    encode(&Message::CallClearRequest(CallClearRequest { call_id }))
}

fn disconnect(call_id: u16) -> Vec<u8> {
    encode(&Message::CallDisconnectNotify(CallDisconnectNotify {
        call_id,
        result: DisconnectResult::Request,
        error: GeneralError::from(0),
        cause: 0,
        statistics: b"",
    }))
}

fn link_info(peer_call_id: u16) -> Vec<u8> {
    encode(&Message::SetLinkInfo(SetLinkInfo {
        peer_call_id,
        send_accm: 0xffff_ffff,
        receive_accm: 0xffff_ffff,
    }))
}

/// A GRE packet for a call, with nothing but an acknowledgment.
fn gre_to(call_id: u16) -> [u8; 12] {
    let [high, low] = call_id.to_be_bytes();
    [0x20, 0x81, 0x88, 0x0b, 0, 0, high, low, 0, 0, 0, 9]
}

fn events<const N: usize, const M: usize>(gateway: &mut Gateway<N, M>) -> Vec<Event> {
    core::iter::from_fn(|| gateway.poll_event()).collect()
}
