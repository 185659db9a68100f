//! The application-level gateway.

use crate::{any, bytes, now, printed, some, some_times, used};
use core::net::{Ipv4Addr, SocketAddrV4};
use pptp_core::alg::{
    Config, End, Flow, Gateway, Side, checksum, is_tcp_intact, readdress, replace_octet,
    replace_word,
};

pub(super) fn checksums() {
    used(checksum(&[bytes(), bytes()]));
    used(is_tcp_intact(address(), address(), bytes()));
    used(replace_word(any(1), any(2), any(3)));
    used(replace_octet(any(1), any(2), any(3), any(4)));
    let mut packet = [0; 256];
    let port = any(Some(1));
    match readdress(some(&mut packet), any(End::Source), address(), port) {
        Ok(()) => used(packet),
        Err(error) => printed(error),
    }
}

pub(super) fn gateway() {
    let mut packet = [0; 256];
    let mut gateway = Gateway::<3, 5>::new(any(Config::default()));
    for _ in some_times() {
        let (flow, side) = (flow(), any(Side::Inside));
        match gateway.handle_packet(now(), flow, side, some(&mut packet)) {
            Ok(packet) => used(packet),
            Err(refusal) => printed(refusal),
        }
        match gateway.handle_segment(now(), flow, side, some(&mut packet)) {
            Ok(segment) => used(segment),
            Err(refusal) => printed(refusal),
        }
        used(gateway.open_stream(now(), flow, side));
        used(gateway.handle_stream(now(), flow, side, some(&mut packet)));
        used(gateway.knows(flow));
        if any(true) {
            gateway.close_stream(flow);
        }
        used(gateway.handle_gre_from_inside(now(), address(), address(), bytes()));
        used(gateway.handle_gre_from_outside(address(), some(&mut packet)));
        gateway.handle_timeout(now());
        used(gateway.next_timeout());
        used(gateway.poll_event());
        for flow in gateway.flows() {
            used(flow);
        }
        used((gateway.connections(), gateway.stats()));
    }
    used(gateway.clone() == gateway);
}

fn address() -> Ipv4Addr {
    any(Ipv4Addr::LOCALHOST)
}

fn flow() -> Flow {
    any(Flow {
        inside: SocketAddrV4::new(address(), any(1)),
        outside: SocketAddrV4::new(address(), any(1723)),
    })
}
