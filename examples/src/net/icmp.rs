//! What is said to whoever sent a packet that does not fit.

use super::gre::MAX_DATAGRAM;
use etherparse::PacketBuilder;
use std::net::Ipv4Addr;

/// How much of the packet is sent back: as much as keeps the answer within the 576 octets that everybody takes
/// (RFC 1812 §4.3.2.3).
const QUOTED: usize = 576 - 20 - 8;

/// More Fragments and Don't Fragment, and the offset of a fragment.
const DONT_FRAGMENT: u8 = 0x40;

/// "Fragmentation needed" (RFC 1191 §4), from `router`, to whoever sent `packet`, an IPv4 packet that is longer than
/// `mtu`. `None` for packets that such an answer must not be given to: those that may be fragmented, ICMP errors, and what
/// is no whole packet.
#[must_use]
pub fn fragmentation_needed(router: Ipv4Addr, packet: &[u8], mtu: usize) -> Option<Vec<u8>> {
    let header = etherparse::Ipv4HeaderSlice::from_slice(packet).ok()?;
    let may_be_answered = packet.get(6)? & DONT_FRAGMENT != 0
        && header.fragments_offset().value() == 0
        && header.protocol() != etherparse::IpNumber::ICMP;
    if !may_be_answered {
        return None;
    }
    let quoted = packet.get(..packet.len().min(QUOTED))?;
    let next_hop_mtu = u16::try_from(mtu).ok()?;
    let builder = PacketBuilder::ipv4(router.octets(), header.source(), 64).icmpv4(
        etherparse::Icmpv4Type::DestinationUnreachable(
            etherparse::icmpv4::DestUnreachableHeader::FragmentationNeeded { next_hop_mtu },
        ),
    );
    let mut answer = Vec::with_capacity(MAX_DATAGRAM);
    builder.write(&mut answer, quoted).ok()?;
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};

    const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 98, 0, 1);

    fn packet(len: usize, flags: u8) -> Vec<u8> {
        let builder = PacketBuilder::ipv4([10, 0, 0, 7], [10, 98, 0, 10], 64).udp(7, 9);
        let mut packet = Vec::new();
        builder.write(&mut packet, &vec![0; len - 28]).unwrap();
        packet[6] = flags;
        packet
    }

    #[test]
    fn the_sender_is_told_what_fits() {
        let packet = packet(1300, DONT_FRAGMENT);
        let answer = fragmentation_needed(ROUTER, &packet, 996).unwrap();
        assert_eq!(answer.len(), 576);
        let sliced = SlicedPacket::from_ip(&answer).unwrap();
        let Some(NetSlice::Ipv4(ip)) = &sliced.net else {
            panic!("not IPv4 and ICMP");
        };
        assert_eq!(ip.header().source_addr(), ROUTER);
        assert_eq!(ip.header().destination(), [10, 0, 0, 7]);
        let Some(TransportSlice::Icmpv4(icmp)) = &sliced.transport else {
            panic!("not IPv4 and ICMP");
        };
        // Type 3, code 4, and the MTU in the last two of the four octets behind the checksum.
        assert_eq!((icmp.type_u8(), icmp.code_u8()), (3, 4));
        assert_eq!(icmp.bytes5to8(), [0, 0, 0x03, 0xe4]);
        assert_eq!(icmp.payload(), &packet[..QUOTED]);
    }

    #[test]
    fn whoever_lets_it_be_fragmented_is_told_nothing() {
        assert_eq!(fragmentation_needed(ROUTER, &packet(1300, 0), 996), None);
        assert_eq!(fragmentation_needed(ROUTER, &[], 996), None);
        let mut icmp = packet(1300, DONT_FRAGMENT);
        icmp[9] = 1;
        assert_eq!(fragmentation_needed(ROUTER, &icmp, 996), None);
    }
}
