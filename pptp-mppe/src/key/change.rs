//! Changing keys: one hash and sixteen octets of RC4 (RFC 3078 §7.3).

use super::SessionKey;
use crate::Strength;
use crate::rc4::{Octets, schedule, together};
use sha1::block_api::compress;
use zeroize::{DefaultIsZeroes, Zeroize, Zeroizing};

impl SessionKey {
    /// `GetNewKeyFromSHA` of RFC 3078 §7.3: two blocks, in which little but the keys ever changes.
    pub(super) fn new_key_from_sha(&self) -> Zeroizing<Octets> {
        let mut message = match self.strength {
            Strength::Bits40 | Strength::Bits56 => Message(OF_8_OCTETS),
            Strength::Bits128 => Message(OF_16_OCTETS),
        };
        let [
            start,
            start_16,
            _,
            _,
            _,
            _,
            current_8,
            current,
            current_16,
            ..,
        ] = &mut message.0;
        let ([start_head, start_tail], [head, tail]) =
            (halves(&self.start.0), halves(&self.current.0));
        *start = start_head;
        match self.strength {
            Strength::Bits40 | Strength::Bits56 => *current_8 = head,
            Strength::Bits128 => {
                *start_16 = start_tail;
                *current = head;
                *current_16 = tail;
            }
        }
        let mut state = State([
            0x6745_2301,
            0xefcd_ab89,
            0x98ba_dcfe,
            0x1032_5476,
            0xc3d2_e1f0,
        ]);
        let (blocks, _) = message.0.as_flattened().as_chunks();
        compress(&mut state.0, blocks);
        let mut key = Octets([0; 16]);
        for (octets, word) in key.0.as_chunks_mut().0.iter_mut().zip(state.0) {
            *octets = word.to_be_bytes();
        }
        message.zeroize();
        state.zeroize();
        Zeroizing::new(key)
    }
}

/// Changes several keys side by side.
pub(crate) fn change_each<const K: usize>(keys: &mut [&mut SessionKey; K]) {
    if let [key] = keys.as_mut_slice() {
        return key.change();
    }
    let mut interim = keys.each_ref().map(|key| key.new_key_from_sha());
    let mut ciphers = {
        let mut pairs = keys.iter().zip(&interim);
        let whole = [(); K].map(|()| {
            let pair = pairs.next();
            pair.map_or_else(Zeroizing::default, |(key, interim)| key.to_16(interim))
        });
        schedule(whole.each_ref().map(|key| &key.0))
    };
    together(
        &mut ciphers,
        &mut interim.each_mut().map(|key| key.0.as_mut_slice()),
    );
    for (key, interim) in keys.iter_mut().zip(interim) {
        key.current = *interim;
        key.reduce();
    }
}

/// The two blocks, by 8 octets.
#[derive(Clone, Copy, Default)]
struct Message([[u8; 8]; 16]);

impl DefaultIsZeroes for Message {}

#[derive(Clone, Copy, Default)]
struct State([u32; 5]);

impl DefaultIsZeroes for State {}

const PAD1: [u8; 8] = [0x00; 8];
const PAD2: [u8; 8] = [0xf2; 8];
const NONE: [u8; 8] = [0; 8];
/// What SHA-1 puts behind a message, but its length.
const END: [u8; 8] = [0x80, 0, 0, 0, 0, 0, 0, 0];

/// The start key, 40 octets of padding, the current key, 40 of another, and what SHA-1 adds: with places for keys of
/// 16 octets ...
#[rustfmt::skip]
const OF_16_OCTETS: [[u8; 8]; 16] = [
    NONE, NONE, PAD1, PAD1, PAD1, PAD1, PAD1, NONE,
    NONE, PAD2, PAD2, PAD2, PAD2, PAD2, END, (112_u64 * 8).to_be_bytes(),
];

/// ... and of 8.
#[rustfmt::skip]
const OF_8_OCTETS: [[u8; 8]; 16] = [
    NONE, PAD1, PAD1, PAD1, PAD1, PAD1, NONE, PAD2,
    PAD2, PAD2, PAD2, PAD2, END, NONE, NONE, (96_u64 * 8).to_be_bytes(),
];

const fn halves(key: &[u8; 16]) -> [[u8; 8]; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *key;
    [[a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]]
}
