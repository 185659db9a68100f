use super::*;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use proptest::prelude::*;

const US: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const PEER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);

/// A packet of PPP data in GRE, call 9, as RFC 2637 §4.1 has it.
const PPP: [u8; 16] = [
    0x30, 0x01, 0x88, 0x0b, 0, 4, 0, 9, 0, 0, 0, 1, 0xff, 0x03, 0xc0, 0x21,
];

fn ip(source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = Vec::from([0x45, 0, len[0], len[1], 0, 0, 0x40, 0, 64, protocol, 0, 0]);
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(payload);
    packet
}

fn tcp(source: u16, destination: u16, flags: u8) -> Vec<u8> {
    let mut segment = [source.to_be_bytes(), destination.to_be_bytes()].concat();
    segment.extend([0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    segment
}

fn is_call(peer: Ipv4Addr, call_id: u16) -> bool {
    (peer, call_id) == (PEER, 9)
}

fn server(packet: &[u8]) -> Result<Accepted, Refused> {
    Filter::server(US).decide(packet, is_call)
}

#[test]
fn a_server_lets_in_pptp() {
    for (flags, opens) in [(0x02, true), (0xc2, true), (0x10, false), (0x18, false)] {
        let accepted = server(&ip(PEER, US, 6, &tcp(40_000, 1723, flags)));
        let expected = Accepted::Control {
            peer: PEER,
            port: 40_000,
            opens,
        };
        assert_eq!(accepted, Ok(expected));
    }
    // RST alone, and with ACK; FIN with ACK.
    for flags in [0x04, 0x14, 0x11] {
        assert!(server(&ip(PEER, US, 6, &tcp(40_000, 1723, flags))).is_ok());
    }
    let mut padded = ip(PEER, US, 47, &PPP);
    padded.extend([0; 9]);
    let expected = Accepted::Tunnel {
        peer: PEER,
        call_id: 9,
        datagram: 20..36,
    };
    assert_eq!(server(&padded), Ok(expected));
}

#[test]
fn a_server_lets_in_nothing_else() {
    let gre = |place: usize, octet: u8| {
        let mut gre = PPP;
        gre[place] = octet;
        ip(PEER, US, 47, &gre)
    };
    let other = Ipv4Addr::new(192, 0, 2, 2);
    let invalid = |field, at| Refused::NotPptp(ParseError::invalid(field, at));
    let port = |source, destination| Refused::Port {
        source,
        destination,
    };
    let cases = [
        (ip(PEER, US, 6, &tcp(40_000, 22, 2)), port(40_000, 22)),
        (
            ip(PEER, US, 6, &tcp(1723, 40_000, 0x12)),
            port(1723, 40_000),
        ),
        (ip(PEER, US, 6, &tcp(0, 1723, 2)), port(0, 1723)),
        (
            ip(PEER, US, 6, &tcp(1, 1723, 0)),
            Refused::Flags { flags: 0 },
        ),
        (
            ip(PEER, US, 6, &tcp(1, 1723, 3)),
            Refused::Flags { flags: 3 },
        ),
        (
            ip(PEER, US, 6, &tcp(1, 1723, 6)),
            Refused::Flags { flags: 6 },
        ),
        (
            ip(PEER, US, 6, &tcp(1, 1723, 0x29)),
            Refused::Flags { flags: 0x29 },
        ),
        (
            ip(PEER, US, 17, &[0; 8]),
            Refused::Protocol { protocol: 17 },
        ),
        (ip(PEER, US, 1, &[0; 8]), Refused::Protocol { protocol: 1 }),
        (
            ip(PEER, other, 47, &PPP),
            Refused::NotOurs { destination: other },
        ),
        (
            gre(7, 8),
            Refused::UnknownCall {
                peer: PEER,
                call_id: 8,
            },
        ),
        (
            ip(other, US, 47, &PPP),
            Refused::UnknownCall {
                peer: other,
                call_id: 9,
            },
        ),
        // Standard GRE, another protocol type, checksum and routing bits.
        (gre(1, 0), invalid("GRE flags", 0)),
        (gre(2, 0x08), invalid("GRE Protocol Type", 2)),
        (gre(0, 0xb0), invalid("GRE flags", 0)),
        (gre(0, 0x70), invalid("GRE flags", 0)),
    ];
    for (packet, refused) in cases {
        assert_eq!(server(&packet), Err(refused), "{refused}");
    }
    for nobody in [
        "0.0.0.0",
        "127.0.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
    ] {
        let peer = nobody.parse().unwrap();
        let refused = server(&ip(peer, US, 47, &PPP));
        assert_eq!(refused, Err(Refused::NobodysAddress { peer }));
    }
    for (place, octets) in [(6, [0x20, 0]), (6, [0, 1]), (6, [0x1f, 0xff])] {
        let mut part = ip(PEER, US, 47, &PPP);
        part[place..place + 2].copy_from_slice(&octets);
        assert_eq!(server(&part), Err(Refused::Fragment));
    }
}

#[test]
fn a_client_hears_its_server_alone() {
    let filter = Filter::client(PEER);
    let decide = |packet: &[u8]| filter.decide(packet, is_call);
    let control = Accepted::Control {
        peer: PEER,
        port: 40_000,
        opens: false,
    };
    assert_eq!(
        decide(&ip(PEER, US, 6, &tcp(1723, 40_000, 0x12))),
        Ok(control)
    );
    assert!(decide(&ip(PEER, US, 47, &PPP)).is_ok());
    let other = Ipv4Addr::new(192, 0, 2, 2);
    let stranger = Err(Refused::Stranger { peer: other });
    assert_eq!(
        decide(&ip(other, US, 6, &tcp(1723, 40_000, 0x10))),
        stranger
    );
    assert_eq!(decide(&ip(other, US, 47, &PPP)), stranger);
    let opens = decide(&ip(PEER, US, 6, &tcp(1723, 40_000, 2)));
    assert_eq!(opens, Err(Refused::Opens { peer: PEER }));
    assert!(matches!(
        decide(&ip(PEER, US, 6, &tcp(40_000, 1723, 0x10))),
        Err(Refused::Port { .. })
    ));
}

/// What is cut off anywhere is refused, and so is what lies about its lengths.
#[test]
fn what_is_not_whole_is_refused() {
    for whole in [
        ip(PEER, US, 47, &PPP),
        ip(PEER, US, 6, &tcp(40_000, 1723, 0x10)),
    ] {
        assert!(server(&whole).is_ok());
        for len in 0..whole.len() {
            let refused = server(&whole[..len]).unwrap_err();
            assert!(matches!(refused, Refused::Malformed(_)), "{len}: {refused}");
            // The same, with a Total Length that says so.
            let mut short = Vec::from(&whole[..len]);
            if let Some(place) = short.get_mut(2..4) {
                place.copy_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
            }
            assert!(server(&short).is_err());
        }
        for (place, octet) in [(0, 0x44), (0, 0x65), (0, 0x4f), (3, 19)] {
            let mut wrong = whole.clone();
            wrong[place] = octet;
            assert!(matches!(server(&wrong), Err(Refused::Malformed(_))));
        }
    }
    for offset in [0x00, 0x40, 0x60, 0xf0] {
        let mut segment = tcp(40_000, 1723, 0x10);
        segment[12] = offset;
        let refused = server(&ip(PEER, US, 6, &segment)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "malformed: TCP Data Offset at octet 12 has an invalid value"
        );
    }
}

/// Recorded sessions of pptp-linux and pptpd: whatever one end hears of them is let in, and what the other one hears is not
/// its business.
#[test]
fn what_real_peers_send_is_let_in() {
    for name in [
        "mschap2-mppe128",
        "bulk-stateful",
        "reordered-plain",
        "lossy-stateless",
    ] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/tests/captures");
        let file = std::fs::read(format!("{folder}/{name}.pcap")).expect("a committed capture");
        let packets = crate::testkit::pcap::read(&file);
        let is_control = |packet: &&Vec<u8>| packet[9] == 6;
        let mut packets = packets.iter().map(|(_, packet)| packet);
        let first = packets
            .clone()
            .find(is_control)
            .expect("who connects is first");
        let address = |at: usize| Ipv4Addr::from(<[u8; 4]>::try_from(&first[at..at + 4]).unwrap());
        let (client, server) = (address(12), address(16));
        let (mut to_server, mut to_client) = (0, 0);
        let is_pptp = |packet: &&Vec<u8>| matches!(packet[9], 6 | 47);
        for packet in packets.by_ref().filter(is_pptp) {
            let at_server = Filter::server(server).decide(packet, |peer, _| peer == client);
            let at_client = Filter::client(server).decide(packet, |peer, _| peer == server);
            match (at_server, at_client) {
                (Ok(_), Err(Refused::Stranger { .. })) => to_server += 1,
                (Err(Refused::NotOurs { .. }), Ok(_)) => to_client += 1,
                other => panic!("{name}: {other:?}"),
            }
        }
        assert!(
            to_server > 20 && to_client > 20,
            "{name}: {to_server} {to_client}"
        );
    }
}

proptest! {
    /// Whatever comes: nothing but a typed answer, and what is let in is what the filter is for.
    #[test]
    fn anything_is_decided(
        mut packet in proptest::collection::vec(any::<u8>(), 0..80),
        likely in any::<bool>(),
        protocol in prop_oneof![Just(6_u8), Just(47)],
        start in prop_oneof![Just(&PPP[..12]), Just(&[0x9c, 0x40, 0x06, 0xbb][..])],
    ) {
        let len = packet.len();
        if likely && len >= 40 {
            packet[0] = 0x45;
            packet[2..4].copy_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
            packet[6..8].fill(0);
            packet[9] = protocol;
            packet[12..16].copy_from_slice(&PEER.octets());
            packet[16..20].copy_from_slice(&US.octets());
            packet[20..20 + start.len()].copy_from_slice(start);
        }
        for filter in [Filter::server(US), Filter::client(PEER)] {
            let mut asked = None;
            let decided = filter.decide(&packet, |peer, call_id| {
                asked = Some((peer, call_id));
                is_call(peer, call_id)
            });
            match decided {
                Ok(Accepted::Tunnel { peer, call_id, datagram }) => {
                    prop_assert_eq!(asked, Some((peer, call_id)));
                    prop_assert!(is_call(peer, call_id));
                    let mut copy = packet.clone();
                    let stripped = crate::gre::strip_ipv4(&mut copy).unwrap();
                    prop_assert_eq!(&packet[datagram], &*stripped);
                    prop_assert_eq!(crate::gre::peek_call_id(stripped), Ok(call_id));
                }
                Ok(Accepted::Control { .. }) => {
                    prop_assert_eq!(packet[9], 6);
                    prop_assert!(packet[20..22] == [0x06, 0xbb] || packet[22..24] == [0x06, 0xbb]);
                }
                Err(refused) => prop_assert!(!refused.to_string().is_empty()),
            }
        }
    }
}
