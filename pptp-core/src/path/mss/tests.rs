use super::*;
use alloc::vec::Vec;
use proptest::prelude::*;

/// The sum of RFC 1071 over a pseudo-header and a segment, bit by bit as it stands there: 0xffff if the checksum is right.
fn sum(packet: &[u8]) -> u16 {
    let (addresses, start) = match packet[0] >> 4 {
        4 => (&packet[12..20], usize::from(packet[0] & 15) * 4),
        _ => (&packet[8..40], segment_of_ipv6(packet)),
    };
    let end = match packet[0] >> 4 {
        4 => usize::from(u16::from_be_bytes([packet[2], packet[3]])),
        _ => 40 + usize::from(u16::from_be_bytes([packet[4], packet[5]])),
    };
    let segment = &packet[start..end];
    let mut octets = addresses.to_vec();
    octets.extend((segment.len() as u32).to_be_bytes());
    octets.extend([0, 0, 0, 6]);
    octets.extend(segment);
    if octets.len() % 2 == 1 {
        octets.push(0);
    }
    let words = octets
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    sum as u16
}

fn segment_of_ipv6(packet: &[u8]) -> usize {
    if packet[6] == 0 { 48 } else { 40 }
}

/// A TCP segment with these flags and options, in an IPv4 packet, or an IPv6 packet with or without Hop-by-Hop Options.
fn packet(version: u8, flags: u8, options: &[u8], data: &[u8]) -> Vec<u8> {
    let mut options = options.to_vec();
    options.resize(options.len().next_multiple_of(4), 0);
    let mut tcp = Vec::from([0x04, 0xd2, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0]);
    tcp.extend([
        (((20 + options.len()) / 4) << 4) as u8,
        flags,
        0xff,
        0xff,
        0,
        0,
        0,
        0,
    ]);
    tcp.extend(&options);
    tcp.extend(data);
    let mut packet = Vec::new();
    match version {
        4 => {
            packet.extend([0x45, 0]);
            packet.extend((20 + tcp.len() as u16).to_be_bytes());
            packet.extend([0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 7, 192, 0, 2, 9]);
        }
        _ => {
            let hops: &[u8] = if version == 6 {
                &[]
            } else {
                &[6, 0, 1, 4, 0, 0, 0, 0]
            };
            packet.extend([0x60, 0, 0, 0]);
            packet.extend((tcp.len() as u16 + hops.len() as u16).to_be_bytes());
            packet.extend([if hops.is_empty() { 6 } else { 0 }, 64]);
            packet.extend([0x20; 16]);
            packet.extend([0xfd; 16]);
            packet.extend(hops);
        }
    }
    let at = packet.len() + 16;
    packet.extend(tcp);
    let checksum = !sum(&packet);
    packet[at..at + 2].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(sum(&packet), 0xffff);
    packet
}

const MSS: [u8; 4] = [2, 4, 0x05, 0xb4];

#[test]
fn a_syn_gets_what_fits() {
    for (version, fits) in [(4, 1360), (6, 1340), (7, 1340)] {
        for flags in [0x02, 0x12, 0xc2] {
            let mut packet = packet(version, flags, &MSS, b"");
            assert_eq!(tcp_mss(&packet), Some(1460));
            assert_eq!(clamp_mss(&mut packet, 1400), Some(1460));
            assert_eq!(tcp_mss(&packet), Some(fits));
            assert_eq!(sum(&packet), 0xffff);
            assert_eq!(clamp_mss(&mut packet, 1400), None, "it fits now");
        }
    }
}

#[test]
fn what_fits_and_what_is_no_syn_is_left_alone() {
    let mut fragment = packet(4, 0x02, &MSS, b"");
    fragment[7] = 1;
    let mut udp = packet(4, 0x02, &MSS, b"");
    udp[9] = 17;
    let mut cut = packet(4, 0x02, &MSS, b"");
    cut.truncate(43);
    for (mut packet, mtu) in [
        (packet(4, 0x02, &MSS, b""), 1500),
        (packet(4, 0x10, &MSS, b"data"), 1400),
        (packet(4, 0x06, &MSS, b""), 1400),
        (packet(4, 0x02, &[], b""), 1400),
        (packet(4, 0x02, &[1, 1, 0, 0, 2, 4, 5, 0xb4], b""), 1400),
        (packet(4, 0x02, &[2, 3, 5, 0], b""), 1400),
        (packet(4, 0x02, &[3, 0, 2, 4, 5, 0xb4], b""), 1400),
        (packet(4, 0x02, &[3, 1, 2, 4, 5, 0xb4], b""), 1400),
        (packet(4, 0x02, &[8, 9, 0, 0], b""), 1400),
        (packet(4, 0x02, &MSS, b""), 40),
        (packet(4, 0x02, &MSS, b""), 0),
        (fragment, 1400),
        (udp, 1400),
        (cut, 1400),
        (Vec::new(), 1400),
    ] {
        let before = packet.clone();
        assert_eq!(clamp_mss(&mut packet, mtu), None, "{before:02x?}");
        assert_eq!(packet, before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Wherever the option is, at odd places too: the checksum stays right, and nothing else changes.
    #[test]
    fn the_checksum_stays_right(
        version in 4_u8..8,
        before in 0_usize..8,
        mss: u16,
        mtu in 0_usize..2000,
        ack: bool,
        data in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let version = if version == 5 { 4 } else { version };
        let mut options = [1].repeat(before);
        options.extend([2, 4]);
        options.extend(mss.to_be_bytes());
        options.extend([4, 2]);
        let mut packet = packet(version, if ack { 0x12 } else { 0x02 }, &options, &data);
        let original = packet.clone();
        let headers = if version == 4 { 40 } else { 60 };
        let fits = mtu.saturating_sub(headers);
        let clamped = clamp_mss(&mut packet, mtu);
        if fits == 0 || usize::from(mss) <= fits {
            prop_assert_eq!(clamped, None);
            prop_assert_eq!(packet, original);
        } else {
            prop_assert_eq!(clamped, Some(mss));
            prop_assert_eq!(tcp_mss(&packet), Some(fits as u16));
            prop_assert_eq!(sum(&packet), 0xffff);
            let changed = packet.iter().zip(&original).filter(|(a, b)| a != b).count();
            prop_assert!(changed <= 4);
        }
    }

    #[test]
    fn no_packet_does_harm(
        mut octets in proptest::collection::vec(any::<u8>(), 0..100),
        first in prop_oneof![Just(0x45_u8), Just(0x4f), Just(0x60), any::<u8>()],
        mtu: usize,
    ) {
        if let Some(octet) = octets.first_mut() {
            *octet = first;
        }
        let before = octets.clone();
        if clamp_mss(&mut octets, mtu).is_none() {
            prop_assert_eq!(octets, before);
        }
    }

    /// Every octet of a good packet may be any other, and every end may be cut off.
    #[test]
    fn no_broken_packet_does_harm(version in 4_u8..8, at: usize, octet: u8, len: usize) {
        let mut packet = packet(version, 0x02, &[1, 3, 3, 7, 2, 4, 0x05, 0xb4], b"data");
        let at = at % packet.len();
        packet[at] = octet;
        packet.truncate(len % (packet.len() + 1));
        let len = packet.len();
        let _ = clamp_mss(&mut packet, 1400);
        prop_assert_eq!(packet.len(), len);
    }
}
