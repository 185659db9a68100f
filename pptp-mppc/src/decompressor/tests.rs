use super::*;
use crate::level::Best;
use crate::{Compressor, Outcome};
use alloc::vec;
use alloc::vec::Vec;

/// Decompresses a packet octet by octet, as a small machine does.
fn slowly(decompressor: &mut Decompressor, flags: Flags, data: &[u8]) -> Vec<u8> {
    let place = decompressor.place(flags).unwrap();
    let mut copier = Copier {
        ring: &mut decompressor.ring,
        at: place.at,
        filled: place.filled,
    };
    Tokens::new(data).run(&mut copier).unwrap();
    let (end, filled) = (copier.at, copier.filled.max(copier.at));
    decompressor.start = low16(place.at);
    decompressor.next = low16(end);
    decompressor.filled = low16(filled);
    decompressor.packet().to_vec()
}

#[test]
fn big_and_small_machines_decompress_alike() {
    let mut compressor = Compressor::<Best>::new();
    let (mut fast, mut slow) = (Decompressor::new(), Decompressor::new());
    let mut state = 1_u32;
    let mut packet = Vec::new();
    for number in 0..400_usize {
        // Noise, of few different octets, and some of the packet before.
        packet.drain(..packet.len() / 3);
        for _ in 0..number % 700 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            packet.push((state >> 24) as u8 & 0x93);
        }
        let mut out = vec![0; packet.len()];
        let outcome = compressor.compress(&[], &packet, &mut out).unwrap();
        let Outcome::Compressed { len, flags } = outcome else {
            continue;
        };
        let data = &out[..len];
        assert_eq!(fast.decompress(flags, data), Ok(&packet[..]));
        assert_eq!(slowly(&mut slow, flags, data), packet);
        assert!(fast == slow, "after packet {number}");
    }
}
