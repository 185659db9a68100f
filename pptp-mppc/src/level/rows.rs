//! A table with two places for each hash, of which the longer match is taken.

use super::Probe;
use crate::code::MIN_MATCH;
use crate::ring::low16;
use crate::window::{Window, hash};
use crate::writer::{BitWriter, Full};

/// `N` rows, a power of two: the last two positions with one hash, the latest one in the lower half.
///
/// A position is only taken if what stands there now is right, so it does not matter what is in an empty row.
#[derive(Clone)]
pub(super) struct Rows<const N: usize>([u32; N]);

/// From how many positions to how many one within a match is put in.
const STRIDE: usize = 3;

/// How many octets are compared at first.
const FIRST: usize = 8;

/// A match.
struct Match {
    offset: u16,
    len: usize,
}

impl<const N: usize> Rows<N> {
    pub(super) const NEW: Self = Self([0; N]);
    const BITS: u32 = N.ilog2();
    const MASK: usize = N.wrapping_sub(1);

    /// Gives the row of the hash of `word`, and puts `at` in.
    #[inline(always)]
    fn exchange(&mut self, word: u32, at: usize) -> u32 {
        match self.0.get_mut(hash(word, Self::BITS) & Self::MASK) {
            Some(row) => {
                let before = *row;
                *row = before << 16 | u32::from(low16(at));
                before
            }
            None => 0,
        }
    }

    /// See [`super::sealed::Encode::encode`].
    pub(super) fn encode(&mut self, window: &Window<'_>, out: &mut [u8]) -> Result<usize, Full> {
        let mut writer = BitWriter::new(out);
        let mut at = window.start;
        let last = window.last_start();
        let mut probe = Probe::new(at);
        let mut written = 0_usize;
        while at < last {
            if probe.is_due(at) {
                let before = written;
                written = writer.written();
                probe.look(at, window, written.wrapping_sub(before))?;
            }
            let word = window.word(at);
            let row = self.exchange(word, at);
            let Some(found) = best(window, row, at) else {
                let [octet, ..] = word.to_le_bytes();
                writer.literal(octet)?;
                at = at.wrapping_add(1);
                continue;
            };
            writer.copy(found.offset, low16(found.len))?;
            let end = at.wrapping_add(found.len);
            // Every other position within it: the next match finds its start one later at the most, and more rows keep
            // what is older.
            let stop = end.min(last);
            let mut inside = at.wrapping_add(1);
            while inside < stop {
                self.exchange(window.word(inside), inside);
                inside = inside.wrapping_add(STRIDE);
            }
            at = end;
        }
        for octet in window.ring.slice(at, window.end) {
            writer.literal(*octet)?;
        }
        writer.finish()
    }
}

/// The longer match of a row, the nearer one if both are as long.
///
/// Whether there is one is hard enough to foresee. Which it is is found without a branch, by its first octets.
#[inline(always)]
fn best(window: &Window<'_>, row: u32, at: usize) -> Option<Match> {
    let [a, b, c, d] = row.to_le_bytes();
    let near = usize::from(u16::from_le_bytes([a, b]));
    let far = usize::from(u16::from_le_bytes([c, d]));
    let near_differing = window.differing(near, at);
    let far_differing = window.differing(far, at);
    if (near_differing << 40 != 0) & (far_differing << 40 != 0) {
        return None;
    }
    let (near_offset, near_room) = window.room(near, at);
    let (far_offset, far_room) = window.room(far, at);
    let near_len = same(near_differing).min(near_room);
    let far_len = same(far_differing).min(far_room);
    if near_len.max(far_len) < FIRST {
        let takes_far = u16::from(far_len > near_len).wrapping_neg();
        let len = near_len.max(far_len);
        let offset = near_offset ^ ((near_offset ^ far_offset) & takes_far);
        return (len >= MIN_MATCH).then_some(Match { offset, len });
    }
    let near_len = window.common(near, at, near_len, near_room);
    let far_len = window.common(far, at, far_len, far_room);
    Some(if far_len > near_len {
        Match {
            offset: far_offset,
            len: far_len,
        }
    } else {
        Match {
            offset: near_offset,
            len: near_len,
        }
    })
}

/// How many octets are the same before the first differing one.
#[inline(always)]
fn same(differing: u64) -> usize {
    usize::try_from(differing.trailing_zeros() >> 3).unwrap_or(0)
}

/// Without the table, which says something of the user's data.
impl<const N: usize> core::fmt::Debug for Rows<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}
