//! Packets in a tunnel, of which TCP's SYNs are changed, and what routers say of those outside: whatever they hold, only the
//! size and the checksum change, and the size to what fits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_core::path::{FragmentationNeeded, clamp_mss, tcp_mss};

/// The sum over a segment's header, in whole words.
fn sum(packet: &[u8]) -> u32 {
    let words = packet
        .chunks_exact(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum();
    let sum = (sum >> 16) + (sum & 0xffff);
    ((sum >> 16) + (sum & 0xffff)) % 0xffff
}

fuzz_target!(|input: &[u8]| {
    if let Ok(Some(needed)) = FragmentationNeeded::parse(input) {
        assert!(needed.mtu >= 68);
    }
    let Some((mtu, packet)) = input.split_first_chunk() else {
        return;
    };
    let mtu = usize::from(u16::from_be_bytes(*mtu));
    let mut changed = packet.to_vec();
    let before = tcp_mss(packet);
    let clamped = clamp_mss(&mut changed, mtu);
    if clamped.is_none() {
        assert_eq!(changed, packet);
        return;
    }
    assert_eq!(clamped, before);
    let after = tcp_mss(&changed).expect("it is a SYN still");
    assert!(Some(after) < before && usize::from(after) + 40 <= mtu);
    let differing = changed.iter().zip(packet).filter(|(a, b)| a != b);
    assert!(differing.count() <= 4);
    // Size and checksum cancel out, for headers have an even length.
    assert_eq!(sum(&changed), sum(packet));
    assert_eq!(clamp_mss(&mut changed, mtu), None);
});
