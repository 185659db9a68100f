//! `pptp_core::alg` against Linux's helper for PPTP: what that made of two clients' packets, recorded on both sides of it
//! (`tests/nat`), is made of the same packets here, octet by octet.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use etherparse::{Ipv4Header, TcpHeader};
use pptp_core::alg::{Config, End, Flow, Gateway, Side, readdress};
use pptp_core::testkit::pcap;
use pptp_core::time::Instant;
use pptp_core::wire::{ControlType, Header, HeaderKind};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 2);
const PUBLIC: Ipv4Addr = Ipv4Addr::new(10, 97, 1, 1);

const TCP: u8 = 6;
const GRE: u8 = 47;

/// Where the protocol is in an IPv4 header, the addresses; where the call id is in a packet of GRE; where a message's first
/// call id is.
const PROTOCOL_AT: usize = 9;
const SOURCE_AT: usize = 12;
const GRE_CALL_ID_AT: usize = 20 + 6;
const CALL_ID_AT: usize = 12;

type Recorded = (Instant, Vec<u8>);

/// The packets of a file, with the checksums that they would have got, and a time to live that no router has counted down.
fn read(file: &str) -> Vec<Recorded> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nat"));
    let packets = pcap::read(&std::fs::read(folder.join(file)).unwrap());
    let finished = packets
        .into_iter()
        .map(|(at, packet)| (at, finished(&packet)));
    finished.collect()
}

fn finished(packet: &[u8]) -> Vec<u8> {
    let (mut ip, payload) = Ipv4Header::from_slice(packet).unwrap();
    ip.time_to_live = 64;
    ip.header_checksum = ip.calc_header_checksum();
    let mut out = ip.to_bytes().to_vec();
    if ip.protocol.0 == TCP {
        let (mut tcp, data) = TcpHeader::from_slice(payload).unwrap();
        tcp.checksum = tcp.calc_checksum_ipv4(&ip, data).unwrap();
        out.extend_from_slice(&tcp.to_bytes());
        out.extend_from_slice(data);
    } else {
        out.extend_from_slice(payload);
    }
    out
}

fn source(packet: &[u8]) -> Ipv4Addr {
    let octets: [u8; 4] = packet[SOURCE_AT..][..4].try_into().unwrap();
    octets.into()
}

fn ports(packet: &[u8]) -> [u16; 2] {
    let (tcp, _) = TcpHeader::from_slice(&packet[20..]).unwrap();
    [tcp.source_port, tcp.destination_port]
}

fn u16_at(octets: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([octets[at], octets[at + 1]])
}

/// The message in a packet, for the recorded ones have one each at the most: its type, and where it starts.
fn message(packet: &[u8]) -> Option<(ControlType, usize)> {
    let (_, data) = TcpHeader::from_slice(&packet[20..]).unwrap();
    match Header::parse(data).unwrap()?.kind {
        HeaderKind::Control(message) => Some((message, packet.len() - data.len())),
        HeaderKind::Management(_) => None,
    }
}

/// The id in the first message of that type.
fn id_in(packets: &[Recorded], wanted: ControlType) -> u16 {
    let mut ids = packets
        .iter()
        .filter_map(|(_, packet)| match message(packet) {
            Some((message, start)) if message == wanted => Some(u16_at(packet, start + CALL_ID_AT)),
            _ => None,
        });
    ids.next().unwrap()
}

/// Those of a protocol that come from there.
fn those(packets: &[Recorded], protocol: u8, from: Ipv4Addr) -> Vec<Recorded> {
    let wanted =
        |(_, packet): &&Recorded| packet[PROTOCOL_AT] == protocol && source(packet) == from;
    packets.iter().filter(wanted).cloned().collect()
}

/// One client's: the control connection and the call, on both sides, in both directions.
fn as_the_kernel_did(client: Ipv4Addr, inside: &str) -> u16 {
    let (inside, outside) = (read(inside), read("outside.pcap"));
    let out_before = those(&inside, TCP, client);
    let back_after = those(&inside, TCP, SERVER);
    let [inside_port, _] = ports(&out_before[0].1);
    // The kernel keeps a port if it is free, which it was.
    let is_ours = |(_, packet): &Recorded| ports(packet).contains(&inside_port);
    let mut out_after = those(&outside, TCP, PUBLIC);
    let mut back_before = those(&outside, TCP, SERVER);
    out_after.retain(is_ours);
    back_before.retain(is_ours);
    let given_id = id_in(&out_after, ControlType::OutgoingCallRequest);
    assert_eq!(given_id, inside_port, "the kernel gives the port's number");
    assert_eq!(id_in(&out_before, ControlType::OutgoingCallRequest), 4711);

    let mut config = Config::new();
    config.first_call_id = given_id;
    let mut gateway: Gateway<1, 1> = Gateway::new(config);
    let flow = Flow {
        inside: SocketAddrV4::new(client, inside_port),
        outside: SocketAddrV4::new(SERVER, 1723),
    };
    assert_eq!(
        (out_before.len(), back_before.len()),
        (out_after.len(), back_after.len())
    );
    let out = out_before
        .into_iter()
        .zip(out_after)
        .map(|pair| (Side::Inside, pair));
    let back = back_before
        .into_iter()
        .zip(back_after)
        .map(|pair| (Side::Outside, pair));
    let mut all: Vec<_> = out.chain(back).collect();
    all.sort_by_key(|(_, ((at, _), _))| *at);
    let (mut rewritten, mut differing) = (0, 0);
    let mut calls = Vec::new();
    for (from, ((at, before), (_, mut after))) in all {
        let mut packet = before.clone();
        let packet = gateway.handle_packet(at, flow, from, &mut packet).unwrap();
        let (end, address) = match from {
            Side::Inside => (End::Source, PUBLIC),
            Side::Outside => (End::Destination, client),
        };
        readdress(packet, end, address, Some(inside_port)).unwrap();
        rewritten += usize::from(packet[40..] != before[40..]);
        // The kernel takes the id in a Call-Disconnect-Notify for the client's, whatever it is. By RFC 2637 §2.13 it is
        // the server's, as this server's was.
        if let Some((ControlType::CallDisconnectNotify, start)) = message(&before) {
            let at = start + CALL_ID_AT;
            assert_eq!(u16_at(&after, at), 4711);
            after[at..at + 2].copy_from_slice(&before[at..at + 2]);
            after = finished(&after);
            differing += 1;
        }
        assert_eq!(*packet, after, "{:?} from {from:?}", message(&before));
        calls.extend(gateway.flows());
        while gateway.poll_event().is_some() {}
    }
    // Outgoing-Call-Request and -Reply, Call-Clear-Request; all but the ports, which are the same.
    assert_eq!((rewritten, differing), (3, 1));

    let call = calls
        .into_iter()
        .find(|call| call.outside_id.is_some())
        .unwrap();
    let servers_id = call.outside_id.unwrap();
    assert_eq!((call.inside_id, call.given_id), (4711, given_id));
    gre_as_the_kernel_did(&inside, &outside, client, [given_id, servers_id]);
    servers_id
}

/// The call's packets: those to the client get its id, those to the server stay as they are.
fn gre_as_the_kernel_did(
    inside: &[Recorded],
    outside: &[Recorded],
    client: Ipv4Addr,
    [given_id, servers_id]: [u16; 2],
) {
    let of_call = |mut packets: Vec<Recorded>, id: u16| {
        packets.retain(|(_, packet)| u16_at(packet, GRE_CALL_ID_AT) == id);
        packets
    };
    let out_before = of_call(those(inside, GRE, client), servers_id);
    let out_after = of_call(those(outside, GRE, PUBLIC), servers_id);
    let back_before = of_call(those(outside, GRE, SERVER), given_id);
    let back_after = of_call(those(inside, GRE, SERVER), 4711);
    let mut gateway = with_a_call(client, given_id, servers_id);
    let mut compared = [0, 0];
    for ((at, before), (_, after)) in out_before.into_iter().zip(out_after) {
        let mut packet = before;
        gateway
            .handle_gre_from_inside(at, client, SERVER, &packet[20..])
            .unwrap();
        readdress(&mut packet, End::Source, PUBLIC, None).unwrap();
        assert_eq!(packet, after);
        compared[0] += 1;
    }
    for ((_, before), (_, after)) in back_before.into_iter().zip(back_after) {
        let mut packet = before;
        let call = gateway
            .handle_gre_from_outside(SERVER, &mut packet[20..])
            .unwrap();
        readdress(&mut packet, End::Destination, call.inside, None).unwrap();
        assert_eq!(packet, after);
        compared[1] += 1;
    }
    assert!(compared.iter().all(|count| *count >= 5), "{compared:?}");
}

/// A gateway that has that call, from the recorded messages.
fn with_a_call(client: Ipv4Addr, given_id: u16, servers_id: u16) -> Gateway<1, 1> {
    let mut config = Config::new();
    config.first_call_id = given_id;
    let mut gateway = Gateway::new(config);
    let flow = Flow {
        inside: SocketAddrV4::new(client, 1),
        outside: SocketAddrV4::new(SERVER, 1723),
    };
    let now = Instant::ZERO;
    gateway.open_stream(now, flow, Side::Inside).unwrap();
    let mut request = [0; 168];
    request[..12].copy_from_slice(b"\0\xa8\0\x01\x1a\x2b\x3c\x4d\0\x07\0\0");
    request[12..14].copy_from_slice(&4711_u16.to_be_bytes());
    let mut reply = [0; 32];
    reply[..12].copy_from_slice(b"\0\x20\0\x01\x1a\x2b\x3c\x4d\0\x08\0\0");
    reply[12..14].copy_from_slice(&servers_id.to_be_bytes());
    reply[14..16].copy_from_slice(&given_id.to_be_bytes());
    reply[16] = 1;
    gateway
        .handle_stream(now, flow, Side::Inside, &mut request)
        .unwrap();
    gateway
        .handle_stream(now, flow, Side::Outside, &mut reply)
        .unwrap();
    gateway
}

#[test]
fn the_first_client_is_translated_as_by_the_kernel() {
    assert_eq!(
        as_the_kernel_did(Ipv4Addr::new(192, 168, 7, 1), "inside-1.pcap"),
        27_255
    );
}

#[test]
fn the_second_client_is_translated_as_by_the_kernel() {
    assert_eq!(
        as_the_kernel_did(Ipv4Addr::new(192, 168, 7, 2), "inside-2.pcap"),
        5_644
    );
}
