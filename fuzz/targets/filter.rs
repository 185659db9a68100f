//! Packets at a port for PPTP alone: nothing panics, what is let in is PPTP of the one that it says, and the rest of the
//! library takes it as that.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_core::filter::{Accepted, Filter};
use pptp_core::gre::{peek_call_id, strip_ipv4};
use std::net::Ipv4Addr;

fuzz_target!(|packet: &[u8]| {
    let address = |at: usize| {
        let octets = packet.get(at..at + 4)?;
        Some(Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?))
    };
    let (source, destination) = (address(12), address(16));
    let filters = [
        Filter::server(destination.unwrap_or(Ipv4Addr::LOCALHOST)),
        Filter::client(source.unwrap_or(Ipv4Addr::LOCALHOST)),
        Filter::client(Ipv4Addr::new(192, 0, 2, 1)),
    ];
    for filter in filters {
        // Of odd ids there is a call.
        match filter.decide(packet, |peer, call_id| {
            Some(peer) == source && call_id & 1 == 1
        }) {
            Ok(Accepted::Tunnel {
                peer,
                call_id,
                datagram,
            }) => {
                assert_eq!(Some(peer), source);
                assert!(call_id & 1 == 1);
                let mut copy = packet.to_vec();
                let stripped = strip_ipv4(&mut copy).expect("it is GRE, and whole");
                assert_eq!(stripped, &packet[datagram]);
                assert_eq!(peek_call_id(stripped), Ok(call_id));
            }
            Ok(Accepted::Control { peer, port, opens }) => {
                assert_eq!((Some(peer), packet[9]), (source, 6));
                assert!(port != 0 && (filter.listens || !opens));
            }
            Err(refused) => assert!(!refused.to_string().is_empty()),
        }
    }
});
