//! Checksums, and addresses that change.

use super::*;
use proptest::prelude::*;

/// The example of RFC 1624 §4, where the equation of RFC 1141 gives 0xffff.
#[test]
fn the_example_of_the_rfc() {
    assert_eq!(replace_word(0xdd2f, 0x5555, 0x3285), 0x0000);
}

#[test]
fn checksums_are_those_of_the_rfc() {
    // RFC 1071 §3: the words 0001, f203, f4f5 and f6f7 give ddf2.
    assert_eq!(
        checksum(&[b"\x00\x01\xf2\x03", b"\xf4\xf5\xf6\xf7"]),
        !0xddf2
    );
    assert_eq!(checksum(&[b"\x01"]), !0x0100);
    assert_eq!(checksum(&[]), 0xffff);
    assert_eq!(checksum(&[&[0xff; 131_072]]), 0);
}

fn ends() -> [SocketAddrV4; 2] {
    [
        SocketAddrV4::new(ALICE, 1025),
        SocketAddrV4::new(SERVER, 1723),
    ]
}

#[test]
fn either_end_gets_another_address() {
    let public = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 5), 61_000);
    let mut out = packet(ends(), [1, 2], ACK, b"odd");
    readdress(&mut out, End::Source, *public.ip(), Some(public.port())).unwrap();
    assert_eq!(out, packet([public, ends()[1]], [1, 2], ACK, b"odd"));
    readdress(&mut out, End::Destination, BOB, None).unwrap();
    assert_eq!(
        out,
        packet([public, SocketAddrV4::new(BOB, 1723)], [1, 2], ACK, b"odd")
    );
}

#[test]
fn what_has_no_ports_gets_none() {
    // GRE, and a later fragment of TCP.
    for (protocol, offset) in [(47, 0), (6, 1)] {
        let mut octets = packet(ends(), [1, 2], ACK, b"");
        let segment = octets[20..].to_vec();
        [octets[7], octets[9], octets[10], octets[11]] = [offset, protocol, 0, 0];
        let sum = plain_checksum(&octets[..20]).to_be_bytes();
        octets[10..12].copy_from_slice(&sum);
        readdress(&mut octets, End::Destination, BOB, Some(9)).unwrap();
        assert_eq!(octets[16..20], BOB.octets());
        assert_eq!(plain_checksum(&octets[..20]), 0);
        assert_eq!(octets[20..], segment);
    }
}

#[test]
fn no_part_of_a_packet_is_changed() {
    let whole = packet(ends(), [1, 2], ACK, b"data");
    for len in 0..whole.len() {
        let mut part = whole[..len].to_vec();
        assert!(readdress(&mut part, End::Source, BOB, Some(1)).is_err());
        assert_eq!(part, whole[..len]);
    }
    // IPv6, and TCP with less than its header.
    for (at, value) in [(0, 0x65), (3, 39), (32, 0x40), (32, 0xf0)] {
        let mut wrong = whole.clone();
        wrong[at] = value;
        let before = wrong.clone();
        assert!(readdress(&mut wrong, End::Source, BOB, Some(1)).is_err());
        assert_eq!(wrong, before);
    }
}

proptest! {
    /// As if it had been computed anew; a wrong one is as wrong as before.
    #[test]
    fn a_checksum_follows_what_changes(
        mut octets in proptest::collection::vec(any::<u8>(), 3..40),
        at in any::<proptest::sample::Index>(),
        new in any::<u8>(),
        error in prop_oneof![Just(0_u16), any::<u16>()],
    ) {
        let at = at.index(octets.len());
        let stored = plain_checksum(&octets) ^ error;
        let wrong_by = |octets: &[u8], stored: u16| {
            plain_checksum(&[octets, &[0][..octets.len() % 2], &stored.to_be_bytes()[..]].concat())
        };
        let before = wrong_by(&octets, stored);
        let updated = replace_octet(stored, at, octets[at], new);
        octets[at] = new;
        let after = wrong_by(&octets, updated);
        // 0xffff and 0 are one number in this arithmetic.
        prop_assert_eq!(after % 0xffff, before % 0xffff);
        if error == 0 && octets.iter().any(|octet| *octet != 0) {
            prop_assert_eq!(updated, plain_checksum(&octets));
        }
    }
}
