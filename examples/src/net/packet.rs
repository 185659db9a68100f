//! What an IPv4 packet shows.

use std::net::Ipv4Addr;

/// Where an IPv4 packet comes from. `None`: it is none.
#[must_use]
pub fn source(packet: &[u8]) -> Option<Ipv4Addr> {
    address_at(packet, 12)
}

/// Where an IPv4 packet goes. `None`: it is none.
#[must_use]
pub fn destination(packet: &[u8]) -> Option<Ipv4Addr> {
    address_at(packet, 16)
}

/// Whether a packet from a device is to go through the tunnel whose other end is at `outside`.
#[must_use]
pub fn is_for_tunnel(packet: &[u8], outside: Ipv4Addr) -> bool {
    // The kernel sends IPv6 to all devices that are up; these tunnels have none. And where a route leads to the other end
    // itself, or the way to it goes and another route takes over, what comes here are the tunnel's own packets: in the
    // tunnel they would go round and round.
    destination(packet).is_some_and(|destination| destination != outside)
}

fn address_at(packet: &[u8], at: usize) -> Option<Ipv4Addr> {
    let is_ipv4 = packet.len() >= 20 && packet.first().is_some_and(|first| first >> 4 == 4);
    let octets: [u8; 4] = packet.get(at..at + 4)?.try_into().ok()?;
    is_ipv4.then(|| octets.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_through_the_tunnel() {
        let outside = Ipv4Addr::new(192, 0, 2, 1);
        let inside = Ipv4Addr::new(10, 0, 0, 1);
        let packet = |version: u8, destination: Ipv4Addr| {
            let mut packet = [0; 20];
            packet[0] = version << 4 | 5;
            packet[12..16].copy_from_slice(&[10, 0, 0, 2]);
            packet[16..].copy_from_slice(&destination.octets());
            packet
        };
        let usual = packet(4, inside);
        assert_eq!(source(&usual), Some(Ipv4Addr::new(10, 0, 0, 2)));
        assert_eq!(destination(&usual), Some(inside));
        assert!(is_for_tunnel(&usual, outside));
        assert!(!is_for_tunnel(&packet(4, outside), outside));
        assert!(!is_for_tunnel(&packet(6, inside), outside));
        assert!(!is_for_tunnel(&[0x45; 19], outside));
        assert!(!is_for_tunnel(&[], outside));
    }
}
