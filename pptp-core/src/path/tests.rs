use super::*;
use crate::Discard;
use alloc::vec::Vec;

#[test]
fn the_overhead_is_the_sum_of_its_parts() {
    // IP, GRE with both numbers, FF03, 00FD, the count, the inner protocol.
    assert_eq!(Framing::WORST.overhead(), 20 + 16 + 2 + 2 + 2 + 2);
    let least = Framing {
        ip_header: 20,
        address_control: false,
        long_protocol: false,
        sealed: false,
    };
    assert_eq!(least.overhead(), 20 + 16 + 1);
    assert_eq!(Framing::WORST.inner_mtu(1500), 1456);
    assert_eq!(Framing::WORST.inner_mtu(44), 0);
    assert_eq!(Framing::WORST.inner_mtu(3), 0);
    assert!(!Framing::WORST.must_fragment(1456, 1500));
    assert!(Framing::WORST.must_fragment(1457, 1500));
}

/// An ICMP message of type 3 and code 4 that quotes a datagram of 1441 octets to 10.99.0.2, call 0x1234.
fn message(mtu: u16) -> Vec<u8> {
    let mut message = Vec::from([3, 4, 0xab, 0xcd, 0, 0]);
    message.extend(mtu.to_be_bytes());
    message.extend(b"\x45\0\x05\xa1\x1c\x46\x40\0\x40\x2f\x07\xee\x0a\x63\x01\x02\x0a\x63\0\x02");
    message.extend(b"\x30\x01\x88\x0b\x05\x81\x12\x34");
    message
}

#[test]
fn a_router_says_what_it_takes() {
    for (said, mtu) in [
        (1400, 1400),
        (68, 68),
        (20, 68),
        // RFC 1191 §5: one that says nothing, and one that says what cannot be.
        (0, 1006),
        (1441, 1006),
        (9000, 1006),
    ] {
        let needed = FragmentationNeeded::parse(&message(said)).unwrap().unwrap();
        assert_eq!((needed.mtu, needed.call_id), (mtu, 0x1234), "{said}");
        assert_eq!(needed.peer, [10, 99, 0, 2]);
    }
}

#[test]
fn other_messages_are_none_and_broken_ones_errors() {
    let good = message(1400);
    for len in 0..good.len() {
        let cut = FragmentationNeeded::parse(&good[..len]);
        assert!(matches!(cut, Err(Discard::Malformed(_))), "{len} octets");
    }
    let mut unreachable = good.clone();
    unreachable[1] = 2;
    assert_eq!(FragmentationNeeded::parse(&unreachable), Ok(None));
    let mut tcp = good.clone();
    tcp[17] = 6;
    let not_gre = Err(Discard::NotGre { protocol: 6 });
    assert_eq!(FragmentationNeeded::parse(&tcp), not_gre);
    let mut fragment = good.clone();
    fragment[15] = 1;
    let a_fragment = Err(Discard::Fragment);
    assert_eq!(FragmentationNeeded::parse(&fragment), a_fragment);
    // Longer headers, and those that are none.
    for first in [0x44, 0x65, 0x4f] {
        let mut odd = good.clone();
        odd[8] = first;
        assert!(FragmentationNeeded::parse(&odd).is_err());
    }
}
