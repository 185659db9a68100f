//! Two clients with the same call id, port and address of the server.

use super::*;
use etherparse::{PacketBuilder, SlicedPacket, TransportSlice};
use pptp_core::wire::{OutgoingCallReply, OutgoingCallRequest};

const PUBLIC: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 5);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);
const ALICE: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 1);
const BOB: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 2);

const NOW: Instant = Instant::ZERO;

/// A segment, by its flags: `S`, `A`, `R`.
fn tcp(ends: [(Ipv4Addr, u16); 2], numbers: [u32; 2], flags: &str, payload: &[u8]) -> Vec<u8> {
    let [(source, from), (destination, to)] = ends;
    let [sequence, acknowledgment] = numbers;
    let mut builder = PacketBuilder::ipv4(source.octets(), destination.octets(), 64)
        .tcp(from, to, sequence, 8192);
    for flag in flags.chars() {
        builder = match flag {
            'S' => builder.syn(),
            'R' => builder.rst(),
            _ => builder.ack(acknowledgment),
        };
    }
    let mut packet = Vec::new();
    builder.write(&mut packet, payload).unwrap();
    packet
}

fn gre(
    source: Ipv4Addr,
    destination: Ipv4Addr,
    identification: u16,
    fragment: u16,
    payload: &[u8],
) -> Vec<u8> {
    let mut header = etherparse::Ipv4Header::new(
        payload.len() as u16,
        64,
        GRE,
        source.octets(),
        destination.octets(),
    )
    .unwrap();
    header.identification = identification;
    header.dont_fragment = false;
    header.more_fragments = fragment & 0x2000 != 0;
    header.fragment_offset = (fragment & 0x1fff).try_into().unwrap();
    header.header_checksum = header.calc_header_checksum();
    [&header.to_bytes()[..], payload].concat()
}

fn to_call(call_id: u16) -> Vec<u8> {
    let [high, low] = call_id.to_be_bytes();
    vec![0x20, 0x81, 0x88, 0x0b, 0, 0, high, low, 0, 0, 0, 1]
}

/// The addresses, the ports of TCP, and its payload or GRE.
type Sent = ([Ipv4Addr; 2], Vec<u16>, Vec<u8>);

/// What goes on, whose checksums are right.
fn forwarded(router: &mut Router, packet: &[u8]) -> Result<Sent, Dropped> {
    let mut packet = packet.to_vec();
    let packet = router.forward(NOW, &mut packet)?;
    let header = Ipv4HeaderSlice::from_slice(packet).unwrap();
    assert_eq!(
        header.header_checksum(),
        header.to_header().calc_header_checksum()
    );
    let addresses = [header.source_addr(), header.destination_addr()];
    match SlicedPacket::from_ip(packet).unwrap().transport {
        Some(TransportSlice::Tcp(tcp)) => {
            let sum = tcp
                .calc_checksum_ipv4(header.source(), header.destination())
                .unwrap();
            assert_eq!(sum, tcp.checksum());
            Ok((
                addresses,
                vec![tcp.source_port(), tcp.destination_port()],
                tcp.payload().to_vec(),
            ))
        }
        _ => Ok((addresses, vec![], packet[20..].to_vec())),
    }
}

/// A client's call to the server, with id 5 inside: the port and the id that it got.
fn call(router: &mut Router, client: Ipv4Addr, servers_id: u16) -> (u16, u16) {
    let out = [(client, 4000), (SERVER, 1723)];
    let (addresses, ports, _) = forwarded(router, &tcp(out, [99, 0], "S", &[])).unwrap();
    assert_eq!((addresses, ports[1]), ([PUBLIC, SERVER], 1723));
    let port = ports[0];
    let back = [(SERVER, 1723), (PUBLIC, port)];
    let (addresses, ports, _) = forwarded(router, &tcp(back, [699, 100], "SA", &[])).unwrap();
    assert_eq!((addresses, ports), ([SERVER, client], vec![1723, 4000]));
    let request = OutgoingCallRequest {
        call_id: 5,
        call_serial_number: 0,
        minimum_bps: 1,
        maximum_bps: 2,
        bearer: pptp_core::wire::Bearer::all(),
        framing: pptp_core::wire::Framing::all(),
        receive_window: 3,
        processing_delay: 0,
        phone_number: b"",
        subaddress: b"",
    };
    let mut message = [0; OutgoingCallRequest::LEN];
    request.encode(&mut message).unwrap();
    let (_, _, passed) = forwarded(router, &tcp(out, [100, 700], "A", &message)).unwrap();
    let given = OutgoingCallRequest::parse(&passed).unwrap().call_id;
    let reply = OutgoingCallReply {
        call_id: servers_id,
        peer_call_id: given,
        result: pptp_core::wire::OutgoingCallResult::Connected,
        error: 0.into(),
        cause: 0,
        connect_speed: 0,
        receive_window: 3,
        processing_delay: 0,
        physical_channel_id: 0,
    };
    let mut message = [0; OutgoingCallReply::LEN];
    reply.encode(&mut message).unwrap();
    let (_, _, passed) = forwarded(router, &tcp(back, [700, 268], "A", &message)).unwrap();
    assert_eq!(OutgoingCallReply::parse(&passed).unwrap().peer_call_id, 5);
    assert!(matches!(router.poll_event(), Some(Event::Expected(_))));
    (port, given)
}

#[test]
fn two_clients_with_the_same_id_reach_one_server() {
    let mut router = Router::new(PUBLIC, 100);
    let (alices_port, alices) = call(&mut router, ALICE, 0);
    let (bobs_port, bobs) = call(&mut router, BOB, 128);
    assert_ne!((alices_port, alices), (bobs_port, bobs));
    for (client, given, servers) in [(ALICE, alices, 0), (BOB, bobs, 128)] {
        let out = forwarded(&mut router, &gre(client, SERVER, 1, 0, &to_call(servers)));
        assert_eq!(out, Ok(([PUBLIC, SERVER], vec![], to_call(servers))));
        let back = forwarded(&mut router, &gre(SERVER, PUBLIC, 1, 0, &to_call(given)));
        assert_eq!(back, Ok(([SERVER, client], vec![], to_call(5))));
    }
    let stranger = forwarded(&mut router, &gre(SERVER, PUBLIC, 1, 0, &to_call(5)));
    assert_eq!(stranger, Err(Dropped::Gre(Discard::NoCall)));
}

#[test]
fn parts_of_a_packet_go_where_the_first_one_went() {
    let mut router = Router::new(PUBLIC, 100);
    let (_, alices) = call(&mut router, ALICE, 0);
    call(&mut router, BOB, 128);
    let payload = [to_call(alices), vec![7; 12]].concat();
    let first = gre(SERVER, PUBLIC, 9, 0x2000, &payload);
    let second = gre(SERVER, PUBLIC, 9, 3, b"the rest");
    assert_eq!(forwarded(&mut router, &second), Err(Dropped::Fragment));
    assert_eq!(forwarded(&mut router, &first).unwrap().0, [SERVER, ALICE]);
    let rest = forwarded(&mut router, &second).unwrap();
    assert_eq!(rest, ([SERVER, ALICE], vec![], b"the rest".to_vec()));

    // Two that count for themselves, each with the same number: behind one address they must differ.
    let mut numbers = std::collections::BTreeMap::<_, Vec<u16>>::new();
    for (client, id) in [(ALICE, 0), (BOB, 128)] {
        let payload = [to_call(id), vec![7; 12]].concat();
        for (fragment, payload) in [(0x2000, &payload[..]), (3, b"the rest")] {
            let mut part = gre(client, SERVER, 9, fragment, payload);
            let part = router.forward(NOW, &mut part).unwrap();
            let header = Ipv4HeaderSlice::from_slice(part).unwrap();
            assert_eq!(
                header.header_checksum(),
                header.to_header().calc_header_checksum()
            );
            assert_eq!(header.source_addr(), PUBLIC);
            numbers
                .entry(client)
                .or_default()
                .push(header.identification());
        }
    }
    let [alices, bobs] = [ALICE, BOB].map(|client| numbers[&client].clone());
    assert_eq!((alices[0], bobs[0]), (alices[1], bobs[1]));
    assert_ne!(alices, bobs);
}

#[test]
fn what_is_not_for_it_is_dropped() {
    let mut router = Router::new(PUBLIC, 100);
    let (port, _) = call(&mut router, ALICE, 0);
    for (ends, dropped) in [
        ([(ALICE, 4000), (SERVER, 80)], Dropped::Other),
        ([(SERVER, 80), (PUBLIC, port)], Dropped::Other),
        ([(SERVER, 1723), (PUBLIC, port + 1)], Dropped::NoPort),
        ([(BOB, 1723), (PUBLIC, port)], Dropped::NoPort),
        ([(BOB, 4000), (SERVER, 1723)], Dropped::NoPort),
    ] {
        assert_eq!(
            forwarded(&mut router, &tcp(ends, [1, 1], "A", &[])),
            Err(dropped)
        );
    }
    let mut wrong = tcp([(ALICE, 4000), (SERVER, 1723)], [268, 732], "A", b"x");
    wrong[40] ^= 1;
    assert_eq!(
        forwarded(&mut router, &wrong),
        Err(Dropped::Control(Refusal::Checksum))
    );
    for len in 0..40 {
        assert!(router.forward(NOW, &mut wrong[..len].to_vec()).is_err());
    }
}

/// The reset itself still gets there, by the port that the connection had.
#[test]
fn a_reset_goes_on() {
    let mut router = Router::new(PUBLIC, 100);
    let (port, _) = call(&mut router, ALICE, 0);
    let reset = tcp([(ALICE, 4000), (SERVER, 1723)], [268, 0], "R", &[]);
    let (addresses, ports, _) = forwarded(&mut router, &reset).unwrap();
    assert_eq!((addresses, ports), ([PUBLIC, SERVER], vec![port, 1723]));
    assert!(matches!(router.poll_event(), Some(Event::Ended(..))));
    assert!(
        router
            .counts()
            .starts_with("connections: 0 now, 1 in all; calls: 0;")
    );
}
