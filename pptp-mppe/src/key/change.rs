//! Changing keys: one hash and sixteen octets of RC4 (RFC 3078 §7.3).

use super::{SessionKey, words};
use crate::Strength;
use crate::clear::cleared_whole;
use crate::rc4::{Fast, Octets, first_octets, schedule};
use sha1::block_api::compress;
use zeroize::{Zeroize, Zeroizing};

impl SessionKey {
    /// `GetNewKeyFromSHA` of RFC 3078 §7.3: two blocks, in which little but the keys ever changes.
    pub(super) fn new_key_from_sha(&self) -> Zeroizing<Octets> {
        let ([start, start_16], [current, current_16]) = (words(&self.start), words(&self.current));
        // The start key, 40 octets of padding, the current key, 40 of another, and what SHA-1 adds.
        #[rustfmt::skip]
        let mut message = Message(match self.strength {
            Strength::Bits40 | Strength::Bits56 => [
                start, PAD1, PAD1, PAD1, PAD1, PAD1, current, PAD2,
                PAD2, PAD2, PAD2, PAD2, END, 0, 0, length(96),
            ],
            Strength::Bits128 => [
                start, start_16, PAD1, PAD1, PAD1, PAD1, PAD1, current,
                current_16, PAD2, PAD2, PAD2, PAD2, PAD2, END, length(112),
            ],
        }.map(u64::to_le_bytes));
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
        schedule::<Fast, K>(whole.each_ref().map(|key| &key.0))
    };
    first_octets(&mut ciphers, &mut interim);
    for (key, interim) in keys.iter_mut().zip(interim) {
        key.current = *interim;
        key.reduce();
    }
}

/// The two blocks, by 8 octets.
struct Message([[u8; 8]; 16]);

cleared_whole!([] Message, [[0; 8]; 16]);

struct State([u32; 5]);

cleared_whole!([] State, [0; 5]);

const PAD1: u64 = 0;
const PAD2: u64 = u64::from_le_bytes([0xf2; 8]);
/// What SHA-1 puts behind a message ...
const END: u64 = 0x80;

/// ... and, at the end of the block, its length in bits.
const fn length(octets: u64) -> u64 {
    octets.wrapping_mul(8).swap_bytes()
}
