//! A table with four places for each hash, and of all ways to write a packet nearly the shortest.
//!
//! The codes of a packet do not depend on how earlier packets were written. So the shortest way is a shortest path, from
//! each position by a literal to the next one or by a match to any position up to its length, and it is found from the
//! end: the rest of the packet from a position on is the same whatever comes before. Nearly, for of the matches at a
//! position only two are kept, the longest and the nearest, and of their lengths a few are tried.
//!
//! What takes time is branches that nothing foretells, rather than arithmetic: hence the shape of it all.

use super::{Probe, sealed};
use crate::code::{self, MIN_MATCH};
use crate::ring::{MASK, low16};
use crate::window::{Window, hash};
use crate::writer::{BitWriter, Full};

/// How many rows there are.
const ROWS: usize = 2048;
/// How many positions are in one.
const WAYS: u32 = 4;
/// How many octets are looked at together; most packets are shorter.
const BLOCK: usize = 2048;
/// Within a match of that length no other is looked for.
const NICE: usize = 8;
/// But for the last so many octets.
const LEFT: usize = 6;
/// More than any packet takes.
const NEVER: Key = 1 << 20;

/// For the best ratio: a [`Compressor`](crate::Compressor) of it takes the history and 36 KiB, and several times as long.
#[derive(Clone)]
pub struct Best {
    /// The last positions with each hash, the latest one lowest.
    rows: [u64; ROWS],
    /// What may be done at each position of a block; then, what is best.
    steps: [Step; BLOCK],
    /// How many bits it takes from each position of a block to its end. Three more are read and do not count.
    costs: [u16; BLOCK + MIN_MATCH],
}

/// The longest match and the nearest one at a position.
#[derive(Clone, Copy, Default)]
struct Step {
    longest: Match,
    nearest: Match,
}

/// A match, or none if the length is 1.
#[derive(Clone, Copy)]
struct Match {
    offset: u16,
    len: u16,
}

impl Default for Match {
    fn default() -> Self {
        Self::NONE
    }
}

/// What a match is compared by: some number, and then the offset.
type Key = u64;

impl Best {
    /// Gives the row of the position's hash, and puts the position in.
    #[inline(always)]
    fn exchange(&mut self, word: u32, at: usize) -> u64 {
        match self.rows.get_mut(hash(word, ROWS.ilog2()) & (ROWS - 1)) {
            Some(row) => {
                let before = *row;
                *row = before << 16 | u64::from(low16(at));
                before
            }
            None => 0,
        }
    }

    /// Finds the matches at each position; gives up where there are next to none.
    fn search(&mut self, window: &Window<'_>, start: usize, end: usize) -> Result<(), Full> {
        let mut probe = Probe::new(start);
        let last = window.last_start().min(end);
        let mut at = start;
        while at < last {
            if probe.is_due(at) {
                let from = probe.last().wrapping_sub(start);
                let written = self.greedy(window.ring.slice(start, at), from);
                probe.look(at, window, written)?;
            }
            let row = self.exchange(window.word(at), at);
            let step = find(window, row, at, end.wrapping_sub(at));
            self.set(at.wrapping_sub(start), step);
            at = at.wrapping_add(1);
            let len = usize::from(step.longest.len);
            if len < NICE {
                continue;
            }
            // Within it there is what is left of it.
            let mut rest = step.longest;
            let stop = at.wrapping_add(len).wrapping_sub(LEFT).min(last);
            while at < stop {
                self.exchange(window.word(at), at);
                rest.len = rest.len.wrapping_sub(1);
                let step = Step {
                    longest: rest,
                    nearest: rest,
                };
                self.set(at.wrapping_sub(start), step);
                at = at.wrapping_add(1);
            }
        }
        for at in at..end {
            self.set(at.wrapping_sub(start), Step::default());
        }
        Ok(())
    }

    /// How many bits the octets take from the place `from` on, if each first match is taken.
    fn greedy(&self, octets: &[u8], from: usize) -> usize {
        let mut place = from;
        let mut bits = 0_u32;
        while let (Some(octet), Some(step)) = (octets.get(place), self.steps.get(place)) {
            let Match { offset, len } = step.longest;
            bits = bits.wrapping_add(match len {
                1 => code::literal(*octet).bits,
                _ => code::offset_bits(offset).wrapping_add(code::length_bits(len)),
            });
            place = place.wrapping_add(usize::from(len));
        }
        widen(bits)
    }

    #[inline(always)]
    fn set(&mut self, place: usize, step: Step) {
        if let Some(to) = self.steps.get_mut(place) {
            *to = step;
        }
    }

    /// Chooses what is best at each position.
    fn choose(&mut self, octets: &[u8]) {
        let count = octets.len().min(BLOCK);
        let mut after = 0_u32;
        if let Some(cost) = self.costs.get_mut(count) {
            *cost = 0;
        }
        for (place, octet) in octets.iter().enumerate().take(count).rev() {
            let Step { longest, nearest } = self.steps.get(place).copied().unwrap_or_default();
            let literal = after.wrapping_add(code::literal(*octet).bits);
            if longest.len == 1 {
                let [low, high, ..] = literal.to_le_bytes();
                after = literal;
                if let Some(to) = self.costs.get_mut(place) {
                    *to = u16::from_le_bytes([low, high]);
                }
                continue;
            }
            // All of the longest, one octet less, and the most that has a shorter code; all of the nearest, and the least.
            let all = Length::of(longest.len);
            let below = u16::from(all.below);
            let tries = [
                self.key(place, longest.offset, longest.len, all.bits),
                self.key(place, longest.offset, below, all.bits_below),
                self.key(
                    place,
                    nearest.offset,
                    nearest.len,
                    Length::of(nearest.len).bits,
                ),
            ];
            let mut best = tries.into_iter().fold(Key::MAX, Key::min);
            // Last, for the others do not wait for what is best at the next position.
            best = best.min(Key::from(literal) << 32 | 1 << 16);
            let [a, b, c, d, e, f, ..] = best.to_le_bytes();
            let cost = u16::from_le_bytes([e, f]);
            after = u32::from(cost);
            if let Some(to) = self.costs.get_mut(place) {
                *to = cost;
            }
            let longest = Match {
                offset: u16::from_le_bytes([a, b]),
                len: u16::from_le_bytes([c, d]),
            };
            self.set(place, Step { longest, nearest });
        }
    }

    /// What it takes to go on from `place` by such a match, then the length, then the offset.
    #[inline(always)]
    fn key(&self, place: usize, offset: u16, len: u16, bits: u8) -> Key {
        let rest = self.costs.get(place.wrapping_add(usize::from(len)));
        let cost = rest.copied().map_or(NEVER, Key::from);
        let cost = cost
            .wrapping_add(Key::from(bits))
            .wrapping_add(Key::from(code::offset_bits(offset)));
        cost << 32 | Key::from(len) << 16 | Key::from(offset)
    }

    /// Writes what was chosen.
    fn write(&self, octets: &[u8], writer: &mut BitWriter<'_>) -> Result<(), Full> {
        let mut place = 0_usize;
        while let (Some(octet), Some(step)) = (octets.get(place), self.steps.get(place)) {
            let Match { offset, len } = step.longest;
            if len < 3 {
                writer.literal(*octet)?;
                place = place.wrapping_add(1);
            } else {
                writer.copy(offset, len)?;
                place = place.wrapping_add(usize::from(len));
            }
        }
        Ok(())
    }
}

/// The longest and the nearest match of a row, of up to `most` octets.
///
/// By their first eight octets, and as if all candidates were good: few are not, and those are looked at again.
#[inline(always)]
fn find(window: &Window<'_>, row: u64, at: usize, most: usize) -> Step {
    let mut best = 0;
    let mut matching = 0;
    for way in (0..WAYS).rev() {
        let differing = window.differing(nth(row, way), at);
        // As many eighths of an octet as are the same, whole octets of them; then which one it is.
        let same = differing.trailing_zeros() & !7;
        best = best.max(same | WAYS.wrapping_sub(1).wrapping_sub(way));
        matching = matching << 1 | u32::from(differing << 40 == 0);
    }
    if matching == 0 {
        return Step::default();
    }
    let longest = nth(row, WAYS.wrapping_sub(1).wrapping_sub(best & 7));
    let nearest = nth(row, matching.trailing_zeros());
    let len = widen(best >> 3);
    let nearest_len = widen(window.differing(nearest, at).trailing_zeros() >> 3);
    let (offset, room) = window.room(longest, at);
    let (nearest_offset, nearest_room) = window.room(nearest, at);
    if len < 8 && len <= room.min(most) && nearest_len <= nearest_room {
        return Step {
            longest: Match {
                offset,
                len: low16(len),
            },
            nearest: Match {
                offset: nearest_offset,
                len: low16(nearest_len),
            },
        };
    }
    look_again(window, row, at, most)
}

/// As [`find`], octet by octet.
#[inline(never)]
fn look_again(window: &Window<'_>, row: u64, at: usize, most: usize) -> Step {
    let mut step = Step::default();
    for way in (0..WAYS).rev() {
        let candidate = nth(row, way);
        if window.differing(candidate, at) << 40 != 0 {
            continue;
        }
        let (offset, room) = window.room(candidate, at);
        let len = low16(window.common(candidate, at, 0, room.min(most)));
        if usize::from(len) >= MIN_MATCH {
            step.nearest = Match { offset, len };
            if len >= step.longest.len {
                step.longest = step.nearest;
            }
        }
    }
    step
}

/// The position at a place of a row.
#[inline(always)]
fn nth(row: u64, way: u32) -> usize {
    let [low, high, ..] = row.wrapping_shr(way.wrapping_mul(16)).to_le_bytes();
    usize::from(u16::from_le_bytes([low, high])) & MASK
}

impl Match {
    const NONE: Self = Self { offset: 0, len: 1 };
}

fn widen(value: u32) -> usize {
    usize::try_from(value).unwrap_or(0)
}

/// What there is to know of a length: the bits of its code; the longest one whose code is shorter, and the bits of that.
#[derive(Clone, Copy)]
struct Length {
    bits: u8,
    below: u8,
    bits_below: u8,
}

impl Length {
    /// No match, which is put as one of 1, or 2 left of 3: so many bits are more than as many literals take.
    const NONE: u8 = 200;

    const TABLE: [Self; 256] = {
        let mut table = [Self {
            bits: Self::NONE,
            below: 1,
            bits_below: Self::NONE,
        }; 256];
        let (_, mut rest) = table.split_at_mut(3);
        let mut now = Self {
            bits: 1,
            below: 1,
            bits_below: Self::NONE,
        };
        let mut len: u8 = 3;
        while let Some((entry, others)) = rest.split_first_mut() {
            if len.is_power_of_two() {
                let bits = if len == 4 {
                    4
                } else {
                    now.bits.wrapping_add(2)
                };
                now = Self {
                    bits,
                    below: len.wrapping_sub(1),
                    bits_below: now.bits,
                };
            }
            *entry = now;
            len = len.wrapping_add(1);
            rest = others;
        }
        table
    };

    #[inline(always)]
    fn of(len: u16) -> Self {
        match Self::TABLE.get(usize::from(len)) {
            Some(length) => *length,
            None => Self::of_long(len),
        }
    }

    /// Of these nothing is left out but by one octet.
    #[cold]
    fn of_long(len: u16) -> Self {
        let [bits, ..] = code::length_bits(len).to_le_bytes();
        Self {
            bits,
            below: 255,
            bits_below: 14,
        }
    }
}

impl sealed::Encode for Best {
    const NEW: Self = Self {
        rows: [0; ROWS],
        steps: [Step {
            longest: Match::NONE,
            nearest: Match::NONE,
        }; BLOCK],
        costs: [0; BLOCK + MIN_MATCH],
    };

    fn encode(&mut self, window: &Window<'_>, out: &mut [u8]) -> Result<usize, Full> {
        let mut writer = BitWriter::new(out);
        let mut start = window.start;
        while start < window.end {
            let end = start.wrapping_add(BLOCK).min(window.end);
            let octets = window.ring.slice(start, end);
            self.search(window, start, end)?;
            self.choose(octets);
            self.write(octets, &mut writer)?;
            start = end;
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
