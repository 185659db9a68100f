//! A table with a few places for each hash, and the first good match is taken.

use super::Probe;
use crate::code::{self, MIN_MATCH};
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
                self << 16 | Self::from(position)
            }

            #[inline(always)]
            fn latest(self) -> u16 {
                let [low, high, ..] = self.to_le_bytes();
                u16::from_le_bytes([low, high])
            }

            #[inline(always)]
            fn others(self) -> Self {
                self >> 16
            }
        }
    };
}

row!(u32, 2);
row!(u64, 4);

/// `N` rows, a power of two.
#[derive(Clone, Debug)]
pub(super) struct Rows<R, const N: usize>([R; N]);

/// A match: how far back, how long, and how many bits it saves.
#[derive(Clone, Copy)]
struct Match {
    offset: u16,
    len: usize,
    saved: u32,
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
        writer: &mut BitWriter<'_>,
    ) -> Result<(), Full> {
        let mut at = window.start;
        let last = window.last_start();
        let mut probe = Probe::new(window);
        while at < last {
            probe.look(at, window, writer)?;
            let word = window.word(at);
            let row = self.exchange(word, at);
            let found = best(window, row, word, at);
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
        Ok(())
    }
}

/// The match of a row that saves most, of length 0 if there is none.
#[inline(always)]
fn best<R: Row>(window: &Window<'_>, row: R, word: u32, at: usize) -> Match {
    let mut best = Match {
        offset: 0,
        len: 0,
        saved: 0,
    };
    let mut row = row;
    for _ in 0..R::WAYS {
        let candidate = usize::from(row.latest());
        row = row.others();
        if (window.word(candidate) ^ word) << 8 != 0 {
            continue;
        }
        let (offset, room) = window.room(candidate, at);
        if room <= best.len.max(MIN_MATCH - 1) {
            continue;
        }
        let len = window.common(candidate, at, room);
        let bits = code::offset_bits(offset).wrapping_add(code::length_bits(low16(len)));
        let saved = u32::try_from(len.wrapping_mul(8)).unwrap_or(0).wrapping_sub(bits);
        if len > best.len && saved > best.saved {
            best = Match { offset, len, saved };
        }
    }
    best
}
