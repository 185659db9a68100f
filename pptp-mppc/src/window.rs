//! The history of a compressor, and in it the packet that is being compressed.
#![expect(unnameable_types, reason = "Level is sealed by what works with them")]

use crate::HISTORY_LEN;
use crate::code::MIN_MATCH;
use crate::ring::{MASK, Ring};

/// A packet in the ring, and what it may refer to.
///
/// What a decoder understands beyond doubt is less than RFC 2118 allows: a source does not cross the end of the ring
/// and does not touch its last octet (FreeRDP refuses both), lies wholly in what has been sent, and not where the packet
/// itself has come to stand.
#[derive(Clone, Copy, Debug)]
pub struct Window<'r> {
    pub(crate) ring: &'r Ring,
    /// Where the packet starts.
    pub(crate) start: usize,
    /// Where it ends: before the last octet of the ring.
    pub(crate) end: usize,
    /// Up to where there is history of an earlier lap.
    pub(crate) filled: usize,
}

impl Window<'_> {
    /// How far back the place `candidate` is from `at`, and how many octets may be taken from there: 0 if it must not
    /// be referred to.
    #[inline(always)]
    pub(crate) fn room(&self, candidate: usize, at: usize) -> (u16, usize) {
        let left = self.end.wrapping_sub(at);
        let offset = at.wrapping_sub(candidate) & MASK;
        // Of this lap all is there, and a match may run into itself; of an earlier one what lies behind this packet.
        let limit = if candidate < at {
            HISTORY_LEN
        } else {
            self.filled.min(MASK)
        };
        let is_history = offset.wrapping_sub(1) < HISTORY_LEN.wrapping_sub(left);
        let room = limit.saturating_sub(candidate).min(left);
        (
            crate::ring::low16(offset),
            if is_history { room } else { 0 },
        )
    }

    /// Eight octets from `candidate` on and those from `at` on, combined: the first one lowest, and 0 where they are the
    /// same.
    #[inline(always)]
    pub(crate) fn differing(&self, candidate: usize, at: usize) -> u64 {
        u64::from_le_bytes(self.ring.load(candidate)) ^ u64::from_le_bytes(self.ring.load(at))
    }

    /// How many octets from `candidate` on are those from `at` on, up to `most`, of which `known` are. Only if these are
    /// a multiple of 8 it looks for more.
    #[inline(always)]
    pub(crate) fn common(&self, candidate: usize, at: usize, known: usize, most: usize) -> usize {
        let mut len = known;
        if len & 7 != 0 {
            return len;
        }
        while len < most {
            let differing = self.differing(candidate.wrapping_add(len), at.wrapping_add(len));
            if differing != 0 {
                let same = usize::try_from(differing.trailing_zeros() >> 3).unwrap_or(0);
                return len.wrapping_add(same).min(most);
            }
            len = len.wrapping_add(8);
        }
        most
    }

    /// The first positions at which a match may start.
    pub(crate) const fn last_start(&self) -> usize {
        self.end.saturating_sub(MIN_MATCH - 1)
    }

    /// Four octets from `at` on, the first one lowest.
    #[inline(always)]
    pub(crate) fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.ring.load(at))
    }
}

/// Spreads the first three octets of a word over `bits` bits.
#[inline(always)]
pub(crate) fn hash(word: u32, bits: u32) -> usize {
    let spread = (word << 8).wrapping_mul(0x9e37_79b1);
    usize::try_from(spread.wrapping_shr(32_u32.wrapping_sub(bits))).unwrap_or(0)
}
