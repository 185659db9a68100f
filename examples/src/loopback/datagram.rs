//! UDP in IPv4: what goes through the tunnel.

use etherparse::checksum::Sum16BitWords;
use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice};
use std::net::SocketAddrV4;

/// The octets of the headers before the payload.
pub const OVERHEAD: usize = 20 + 8;

const TIME_TO_LIVE: u8 = 64;

/// Makes a packet with all its checksums.
///
/// # Panics
/// If the payload is too long for IPv4.
#[must_use]
pub fn write(from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let builder = PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), TIME_TO_LIVE)
        .udp(from.port(), to.port());
    let mut packet = Vec::with_capacity(builder.size(payload.len()));
    builder
        .write(&mut packet, payload)
        .expect("the payload fits, and a Vec takes everything");
    packet
}

/// The payload of a packet for `to`. `None` if it is for another, is anything else than UDP in IPv4, or is damaged.
#[must_use]
pub fn parse(packet: &[u8], to: SocketAddrV4) -> Option<&[u8]> {
    let sliced = SlicedPacket::from_ip(packet).ok()?;
    let (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Udp(udp))) = (sliced.net, sliced.transport)
    else {
        return None;
    };
    let sum = Sum16BitWords::new().add_slice(ip.header().slice());
    let (ip, udp_header) = (ip.header().to_header(), udp.to_header());
    let whole = sum.ones_complement() == 0
        && udp_header.calc_checksum_ipv4(&ip, udp.payload()).ok()? == udp_header.checksum;
    let is_ours = (ip.destination, udp_header.destination_port) == (to.ip().octets(), to.port());
    (whole && is_ours).then(|| udp.payload())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const FROM: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 2), 4000);
    const TO: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 4001);

    #[test]
    fn damage_anywhere_is_noticed() {
        let packet = write(FROM, TO, b"looking-glass");
        assert_eq!(packet.len(), OVERHEAD + 13);
        assert_eq!(parse(&packet, TO), Some(&b"looking-glass"[..]));
        assert_eq!(parse(&packet, FROM), None);
        for bit in 0..packet.len() * 8 {
            let mut damaged = packet.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&damaged, TO), None, "bit {bit}");
        }
        for len in 0..packet.len() {
            assert_eq!(parse(&packet[..len], TO), None);
        }
    }
}
