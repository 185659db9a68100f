//! The segments of TCP connections that go through a tunnel: none should be too long for it.

use super::gre::MAX_DATAGRAM;
use pptp_core::path::{clamp_mss, tcp_mss};

/// Calls `use_it` with `packet`; or if it opens a TCP connection and `mtu` is known, with one that names no longer segments
/// than fit that.
pub fn with_clamped<T>(packet: &[u8], mtu: Option<usize>, use_it: impl FnOnce(&[u8]) -> T) -> T {
    if let Some(mtu) = mtu
        && tcp_mss(packet).is_some()
    {
        let mut copy = [0; MAX_DATAGRAM];
        if let Some(copy) = copy.get_mut(..packet.len()) {
            copy.copy_from_slice(packet);
            clamp_mss(copy, mtu);
            return use_it(copy);
        }
    }
    use_it(packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{PacketBuilder, SlicedPacket, TcpOptionElement, TransportSlice};

    fn syn(mss: u16) -> Vec<u8> {
        let builder = PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).tcp(7, 80, 1, 2000);
        let options = [
            TcpOptionElement::Noop,
            TcpOptionElement::MaximumSegmentSize(mss),
        ];
        let builder = builder.syn().options(&options).unwrap();
        let mut packet = Vec::new();
        builder.write(&mut packet, &[]).unwrap();
        packet
    }

    #[test]
    fn a_connection_gets_segments_that_fit() {
        let packet = syn(1460);
        let clamped = with_clamped(&packet, Some(1396), <[u8]>::to_vec);
        let sliced = SlicedPacket::from_ip(&clamped).unwrap();
        let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else {
            panic!("not TCP");
        };
        let mss = tcp.options_iterator().flatten().nth(1);
        assert_eq!(mss, Some(TcpOptionElement::MaximumSegmentSize(1356)));
        // By who made the packet.
        let checksum = tcp.calc_checksum_ipv4([10, 0, 0, 1], [10, 0, 0, 2]);
        assert_eq!(checksum.unwrap(), tcp.checksum());
        assert_eq!(with_clamped(&packet, None, <[u8]>::to_vec), packet);
        assert_eq!(
            with_clamped(&syn(536), Some(1396), <[u8]>::to_vec),
            syn(536)
        );
    }
}
