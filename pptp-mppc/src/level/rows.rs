//! A table with a few places for each hash, and the first good match is taken.

use super::Probe;
use crate::code::MIN_MATCH;
use crate::ring::low16;
use crate::window::{Window, hash};
use crate::writer::{BitWriter, Full};

/// The latest positions with one hash, the latest one lowest.
pub(super) trait Row: Copy {
    const EMPTY: Self;
    const WAYS: usize;

    /// With one more; the oldest is forgotten.
    fn with(self, position: u16) -> Self;
    /// The latest one.
    fn latest(self) -> u16;
    /// All but the latest one.
    fn others(self) -> Self;
}

macro_rules! row {
    ($integer:ty, $ways:literal) => {
        impl Row for $integer {
            const EMPTY: Self = 0;
            const WAYS: usize = $ways;

            #[inline(always)]
            fn with(self, position: u16) -> Self {
                self.checked_shl(16).unwrap_or(0) | Self::from(position)
            }

            #[inline(always)]
            fn latest(self) -> u16 {
                let [low, high, ..] = self.to_le_bytes();
                u16::from_le_bytes([low, high])
            }

            #[inline(always)]
            fn others(self) -> Self {
                self.checked_shr(16).unwrap_or(0)
            }
        }
    };
}

row!(u16, 1);
row!(u32, 2);
row!(u64, 4);

/// `N` rows, a power of two.
#[derive(Clone, Debug)]
pub(super) struct Rows<R, const N: usize>([R; N]);

/// A match: how far back, how long, where from, and how long it may be.
#[derive(Clone, Copy)]
struct Match {
    offset: u16,
    len: usize,
    from: usize,
    room: usize,
}

impl<R: Row, const N: usize> Rows<R, N> {
    /// Positions are only taken if what stands there now is right, so that it does not matter what is in an empty row.
    pub(super) const NEW: Self = Self([R::EMPTY; N]);

    /// Gives the row of the hash of `word`, and puts `at` in.
    #[inline(always)]
    fn exchange(&mut self, word: u32, at: usize) -> R {
        match self.0.get_mut(hash(word, N.ilog2()) & (N - 1)) {
            Some(row) => {
                let before = *row;
                *row = before.with(low16(at));
                before
            }
            None => R::EMPTY,
        }
    }

    pub(super) fn encode(
        &mut self,
        window: &Window<'_>,
        out: &mut [u8],
    ) -> Result<usize, Full> {
        let mut writer = BitWriter::new(out);
        let mut at = window.start;
        let last = window.last_start();
        let mut probe = Probe::new(window);
        while at < last {
            probe.look(at, window, &writer)?;
            let word = window.word(at);
            let row = self.exchange(word, at);
            let found = best(window, row, at);
            if found.len == 0 {
                let [octet, ..] = word.to_le_bytes();
                writer.literal(octet)?;
                at = at.wrapping_add(1);
                continue;
            }
            writer.copy(found.offset, low16(found.len))?;
            let end = at.wrapping_add(found.len);
            for inside in at.wrapping_add(1)..end.min(last) {
                self.exchange(window.word(inside), inside);
            }
            at = end;
        }
        for octet in window.ring.slice(at, window.end) {
            writer.literal(*octet)?;
        }
        writer.finish()
    }
}

/// The longest match of a row, of length 0 if there is none; of equals the nearest.
///
/// Whether there is one is hard enough to foresee. Which it will be is found without a branch, by its first octets.
#[inline(always)]
fn best<R: Row>(window: &Window<'_>, row: R, at: usize) -> Match {
    let here = u64::from_le_bytes(window.ring.load(at));
    let mut is_any = false;
    let mut rest = row;
    for _ in 0..R::WAYS {
        let there = u64::from_le_bytes(window.ring.load(usize::from(rest.latest())));
        is_any |= (here ^ there) << 40 == 0;
        rest = rest.others();
    }
    let mut best = Match { offset: 0, len: 0, room: 0, from: 0 };
    if !is_any {
        return best;
    }
    let mut rest = row;
    for _ in 0..R::WAYS {
        let from = usize::from(rest.latest());
        rest = rest.others();
        let (offset, room) = window.room(from, at);
        let there = u64::from_le_bytes(window.ring.load(from));
        let same = usize::try_from((here ^ there).trailing_zeros() >> 3).unwrap_or(0);
        let len = same.min(room);
        if len > best.len {
            best = Match { offset, len, room, from };
        }
    }
    if best.len < MIN_MATCH {
        best.len = 0;
    } else if best.len == 8 {
        best.len = window.common(best.from, at, best.room);
    }
    best
}
