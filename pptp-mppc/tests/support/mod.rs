//! What the tests share: a plain decoder, a bit writer, and packets to compress.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

pub mod reference;

use pptp_mppc::level::Level;
use pptp_mppc::{Compressor, Flags, Outcome};

/// A packet as it crosses the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    pub flags: Flags,
    pub data: Vec<u8>,
}

/// Compresses a packet, and checks what must hold of each.
pub fn send<L: Level>(compressor: &mut Compressor<L>, packet: &[u8]) -> Wire {
    let mut out = vec![0xa5; packet.len() + 9];
    let (prefix, payload) = packet.split_at(packet.len().min(2));
    let outcome = compressor.compress(prefix, payload, &mut out).unwrap();
    assert!(out[packet.len()..].iter().all(|octet| *octet == 0xa5));
    let flags = outcome.flags();
    match outcome {
        Outcome::Compressed { len, .. } => {
            assert!(len <= packet.len());
            assert!(flags.contains(Flags::COMPRESSED));
            out.truncate(len);
            Wire { flags, data: out }
        }
        Outcome::Uncompressed { .. } => {
            assert!((flags & !Flags::FLUSHED).is_empty());
            Wire {
                flags,
                data: packet.to_vec(),
            }
        }
    }
}

/// Codes, one behind the other, as text of zeros and ones, filled up with zeros.
pub fn pack(bits: &str) -> Vec<u8> {
    let bits: Vec<u8> = bits
        .bytes()
        .filter(|bit| *bit != b' ')
        .map(|bit| bit - b'0')
        .collect();
    bits.chunks(8)
        .map(|chunk| {
            let value = chunk.iter().fold(0, |octet, bit| octet << 1 | bit);
            value << (8 - chunk.len())
        })
        .collect()
}

/// Literals.
pub fn literals(octets: &[u8]) -> String {
    let code = |octet: &u8| match octet {
        0..=0x7f => format!("{octet:08b}"),
        _ => format!("10{:07b}", octet & 0x7f),
    };
    octets.iter().map(code).collect()
}

/// A match.
pub fn copy(offset: usize, len: usize) -> String {
    let offset = match offset {
        0..64 => format!("1111{offset:06b}"),
        64..320 => format!("1110{:08b}", offset - 64),
        _ => format!("110{:013b}", offset - 320),
    };
    let below = len.ilog2() as usize;
    match len {
        3 => format!("{offset}0"),
        _ => format!(
            "{offset}{}0{:0below$b}",
            "1".repeat(below - 1),
            len - (1 << below)
        ),
    }
}

/// Numbers that look random, and are the same each time.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Noise, runs, words, and pieces of `earlier`, in some mixture.
    pub fn packet(&mut self, earlier: &[u8], most: usize) -> Vec<u8> {
        let len = self.below(most) + 1;
        let mut packet = vec![0x00, 0x21];
        let noise = self.below(4);
        while packet.len() < len {
            match self.below(4 + noise) {
                0 => {
                    let octet = self.next() as u8;
                    let count = self.below(40) + 1;
                    packet.extend(core::iter::repeat_n(octet, count));
                }
                1 => {
                    const WORDS: [&str; 6] =
                        ["the ", "bell ", "tolls, ", "for ", "whom ", "\u{fc}ber "];
                    packet.extend(WORDS[self.below(6)].bytes());
                }
                2 if !earlier.is_empty() => {
                    let from = self.below(earlier.len());
                    let to = (from + self.below(200) + 3).min(earlier.len());
                    packet.extend(&earlier[from..to]);
                }
                3 => {
                    let from = self.below(packet.len());
                    let to = (from + self.below(30) + 3).min(packet.len());
                    packet.extend_from_within(from..to);
                }
                _ => packet.extend(self.next().to_le_bytes()),
            }
        }
        packet.truncate(len);
        packet
    }
}
