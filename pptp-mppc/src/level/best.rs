//! All positions with one hash chained, the nearest first, and a match put off where one octet later there is a better
//! one.
//!
//! What a match is worth is the bits that it takes less than literals would: a longer one that is farther away may be
//! worth less. Most of what an exact search for the shortest way to write a packet would gain is gained by looking at
//! enough candidates, and looking one octet ahead; so positions within a match need no search of their own.

use super::{Probe, sealed};
use crate::HISTORY_LEN;
use crate::code::{self, MIN_MATCH};
use crate::ring::{MASK, low16};
use crate::window::{Window, hash};
use crate::writer::{BitWriter, Full};

/// How many chains there are.
const CHAINS: usize = 4096;
/// How many positions of a chain are looked at.
const DEPTH: usize = 16;
/// A match of that length is taken without looking for a better one.
const NICE: usize = 64;

/// For the best ratio: a [`Compressor`](crate::Compressor) of it takes the history and 24 KiB, and several times as long.
#[derive(Clone)]
pub struct Best {
    /// The last position with each hash.
    nearest: [u16; CHAINS],
    /// The position with the same hash before each one.
    before: [u16; HISTORY_LEN],
}

/// A match, of no worth if there is none.
#[derive(Clone, Copy)]
struct Match {
    offset: u16,
    len: usize,
    /// How many bits it is shorter than literals are.
    worth: usize,
}

impl Match {
    const NONE: Self = Self {
        offset: 0,
        len: MIN_MATCH - 1,
        worth: 0,
    };
}

impl Best {
    /// Puts a position in, and gives the one before with the same hash.
    #[inline(always)]
    fn insert(&mut self, window: &Window<'_>, at: usize) -> usize {
        let hash = hash(window.word(at), CHAINS.ilog2());
        let (Some(nearest), Some(before)) = (
            self.nearest.get_mut(hash & (CHAINS - 1)),
            self.before.get_mut(at & MASK),
        ) else {
            return at;
        };
        *before = *nearest;
        *nearest = low16(at);
        usize::from(*before)
    }

    /// The match at `at` that is worth most, of those that begin at `candidate` and at what is chained to it.
    ///
    /// What a chain says may be of long ago. So it ends where it does not lead farther back.
    #[inline(always)]
    fn search(&self, window: &Window<'_>, at: usize, candidate: usize) -> Match {
        let mut best = Match::NONE;
        let mut candidate = candidate & MASK;
        let mut passed = 0;
        let mut needed = MIN_MATCH;
        for _ in 0..DEPTH {
            let offset = at.wrapping_sub(candidate) & MASK;
            if offset <= passed {
                break;
            }
            passed = offset;
            let differing = window.differing(candidate, at);
            let same = usize::try_from(differing.trailing_zeros() >> 3).unwrap_or(0);
            if same >= needed {
                best = better(window, at, candidate, same, best);
                if best.len >= NICE {
                    break;
                }
                needed = best.len.wrapping_add(1).min(8);
            }
            candidate = usize::from(self.before.get(candidate).copied().unwrap_or(0)) & MASK;
        }
        best
    }
}

/// The match at `candidate`, of which the first octets are the `same`, if it is worth more than the `best` so far.
#[inline(always)]
fn better(window: &Window<'_>, at: usize, candidate: usize, same: usize, best: Match) -> Match {
    let (offset, room) = window.room(candidate, at);
    let len = window.common(candidate, at, same, room).min(room);
    let bits = code::offset_bits(offset).wrapping_add(code::length_bits(low16(len)));
    let worth = len
        .wrapping_mul(8)
        .saturating_sub(usize::try_from(bits).unwrap_or(0));
    if worth > best.worth && len >= MIN_MATCH {
        Match { offset, len, worth }
    } else {
        best
    }
}

impl sealed::Encode for Best {
    const NEW: Self = Self {
        nearest: [0; CHAINS],
        before: [0; HISTORY_LEN],
    };

    fn encode(&mut self, window: &Window<'_>, out: &mut [u8]) -> Result<usize, Full> {
        let mut writer = BitWriter::new(out);
        let last = window.last_start();
        let mut probe = Probe::new(window.start);
        let mut written = 0_usize;
        let mut at = window.start;
        let mut put_off = None;
        while at < last {
            if probe.is_due(at) {
                let before = written;
                written = writer.written();
                probe.look(at, window, written.wrapping_sub(before))?;
            }
            let found = match put_off.take() {
                Some(found) => found,
                None => {
                    let candidate = self.insert(window, at);
                    self.search(window, at, candidate)
                }
            };
            let following = at.wrapping_add(1);
            if found.worth == 0 {
                writer.literal(window.ring.octet(at))?;
                at = following;
                continue;
            }
            let mut inside = following;
            if found.len < NICE && following < last {
                let candidate = self.insert(window, following);
                let later = self.search(window, following, candidate);
                if later.worth > found.worth {
                    writer.literal(window.ring.octet(at))?;
                    at = following;
                    put_off = Some(later);
                    continue;
                }
                inside = following.wrapping_add(1);
            }
            writer.copy(found.offset, low16(found.len))?;
            at = at.wrapping_add(found.len);
            for inside in inside..at.min(last) {
                self.insert(window, inside);
            }
        }
        for octet in window.ring.slice(at, window.end) {
            writer.literal(*octet)?;
        }
        writer.finish()
    }
}

/// Without the tables, which say something of the user's data.
impl core::fmt::Debug for Best {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Best").finish_non_exhaustive()
    }
}
