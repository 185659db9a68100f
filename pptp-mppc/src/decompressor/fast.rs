//! The decoder of a 64-bit machine: all but the last octets of a packet, with few branches.
//!
//! Most of the time goes into branches that nothing foretells, so runs of literals are written eight octets at a time,
//! whatever their number, the three codes of offsets are told apart by arithmetic, and matches are copied in steps. All
//! these write beyond the packet's end, where an earlier lap's octets are that may yet be referred to: so they are
//! put back.

use super::token::Sink;
use super::{Copier, Error};
use crate::HISTORY_LEN;
use crate::ring::{MASK, Ring, STEP};

/// The first bit of every octet: 0 in one that is a literal below 0x80.
const FIRST_BITS: u64 = 0x8080_8080_8080_8080;

/// Decompresses until few octets of the packet or of the history are left, and tells how many bits that took.
pub(super) fn run(copier: &mut Copier<'_>, data: &[u8]) -> Result<usize, Error> {
    let mut at = copier.at;
    // Bits that are not used up, from the top; how many at least; and the octet that comes behind those.
    let mut pending = 0_u64;
    let mut bits = 0_u32;
    let mut read = 0_usize;
    // Eight literals may be written in a round.
    while at < HISTORY_LEN - 8 {
        let Some(input) = data.get(read..).and_then(|rest| rest.first_chunk::<16>()) else {
            break;
        };
        let taken = refill(&mut pending, &mut bits, first_8(input, 0));
        read = read.wrapping_add(taken);

        // A run of literals below 0x80, up to seven of them.
        let run = ((pending & FIRST_BITS).leading_zeros() >> 3).min(7);
        let kept = u64::from_be_bytes(copier.ring.load(at));
        let behind = u64::MAX.wrapping_shr(run.wrapping_mul(8));
        let merged = (pending & !behind) | (kept & behind);
        copier.ring.store(at, merged.to_be_bytes());
        at = at.wrapping_add(widen(run));
        use_up(&mut pending, &mut bits, run.wrapping_mul(8));
        if run == 7 {
            continue;
        }
        let more = refill(&mut pending, &mut bits, first_8(input, taken));
        read = read.wrapping_add(more);

        // What follows starts with a one.
        if pending < 0xc0 << 56 {
            let [octet, ..] = pending.wrapping_shl(1).to_be_bytes();
            copier.ring.store(at, [octet | 0x80]);
            at = at.wrapping_add(1);
            use_up(&mut pending, &mut bits, 9);
            continue;
        }
        let offset = offset(&mut pending, &mut bits);
        let len = length(&mut pending, &mut bits)?;
        let back = widen(offset);
        let from = at.wrapping_sub(back) & MASK;
        let end = at.wrapping_add(len);
        let limit = if from < at { MASK } else { copier.filled };
        // An offset of 0 is none; the rest is rare.
        let is_simple = back.wrapping_sub(1) < MASK && end <= MASK && from.wrapping_add(len) <= limit;
        if !is_simple {
            at = rare(copier, at, offset, len)?;
        } else if back >= STEP {
            copy(copier.ring, from, at, end);
            at = end;
        } else {
            repeat(copier.ring, from, at, end, back);
            at = end;
        }
    }
    copier.at = at;
    Ok(read.wrapping_mul(8).wrapping_sub(widen(bits)))
}

/// Fills the bits up to 56 or more, and tells how many octets that took: 7 at the most.
#[inline(always)]
fn refill(pending: &mut u64, bits: &mut u32, next: u64) -> usize {
    *pending |= next.wrapping_shr(*bits);
    let taken = ((*bits ^ 63) >> 3) & 7;
    *bits |= 56;
    widen(taken)
}

#[inline(always)]
fn first_8(input: &[u8; 16], at: usize) -> u64 {
    input
        .get(at & 7..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |octets| u64::from_be_bytes(*octets))
}

#[inline(always)]
fn use_up(pending: &mut u64, bits: &mut u32, used: u32) {
    *pending = pending.wrapping_shl(used);
    *bits = bits.wrapping_sub(used);
}

/// RFC 2118 §4.2.1, by the two bits behind the 11 that is there.
#[inline(always)]
fn offset(pending: &mut u64, bits: &mut u32) -> u16 {
    /// What each class has: the bits of the code, those of them that are the offset's, and the first offset.
    const CLASSES: [(u32, u64, u64); 4] =
        [(16, 0x1fff, 320), (16, 0x1fff, 320), (12, 0xff, 64), (10, 0x3f, 0)];
    let class = usize::try_from((*pending >> 60) & 3).unwrap_or(0);
    let (used, mask, first) = CLASSES.get(class).copied().unwrap_or_default();
    let value = pending.wrapping_shr(0_u32.wrapping_sub(used)) & mask;
    use_up(pending, bits, used);
    u16::try_from(value.wrapping_add(first)).unwrap_or(0)
}

/// RFC 2118 §4.2.2.
#[inline(always)]
fn length(pending: &mut u64, bits: &mut u32) -> Result<usize, Error> {
    let ones = pending.leading_ones();
    if ones > 11 {
        return Err(Error::Length);
    }
    // Of 3, which is 0, both bits of 01 that it would be in line with the others; one is put back.
    let below = ones.wrapping_add(1);
    let first = 1_u64.wrapping_shl(below);
    let rest = pending
        .wrapping_shl(below)
        .wrapping_shr(0_u32.wrapping_sub(below));
    let is_3 = ones == 0;
    use_up(
        pending,
        bits,
        below.wrapping_mul(2).wrapping_sub(u32::from(is_3)),
    );
    let len = if is_3 { 3 } else { first | rest };
    Ok(usize::try_from(len).unwrap_or(0))
}

/// Copies in steps, which do not overlap.
#[inline(always)]
fn copy(ring: &mut Ring, mut from: usize, mut at: usize, end: usize) {
    let kept: [u8; STEP] = ring.load(end);
    while {
        let octets: [u8; STEP] = ring.load(from);
        ring.store(at, octets);
        from = from.wrapping_add(STEP);
        at = at.wrapping_add(STEP);
        at < end
    } {}
    ring.store(end, kept);
}

/// Copies what overlaps: `back` octets, less than a step, over and over.
#[inline]
fn repeat(ring: &mut Ring, from: usize, mut at: usize, end: usize, back: usize) {
    /// The most octets up to 8 that are a multiple of so many.
    const STEPS: [u8; 8] = [8, 8, 8, 6, 8, 5, 6, 7];
    let kept: [u8; 8] = ring.load(end);
    if back >= 8 {
        let mut from = from;
        while at < end {
            let octets: [u8; 8] = ring.load(from);
            ring.store(at, octets);
            from = from.wrapping_add(8);
            at = at.wrapping_add(8);
        }
    } else {
        // From the lowest octet up: the first `back` octets, doubled until they fill all 8.
        let width = u32::try_from(back & 7).unwrap_or(0).wrapping_mul(8);
        let once = u64::from_le_bytes(ring.load(from)) & !u64::MAX.checked_shl(width).unwrap_or(0);
        let twice = once | once.checked_shl(width).unwrap_or(0);
        let four = twice | twice.checked_shl(width.wrapping_mul(2)).unwrap_or(0);
        let all = four | four.checked_shl(width.wrapping_mul(4)).unwrap_or(0);
        let step = STEPS.get(back & 7).copied().map_or(8, usize::from);
        while at < end {
            ring.store(at, all.to_le_bytes());
            at = at.wrapping_add(step);
        }
    }
    ring.store(end, kept);
}

/// What is malformed, ends with the history, or has a source that wraps or that nobody wrote.
#[cold]
fn rare(copier: &mut Copier<'_>, at: usize, offset: u16, len: usize) -> Result<usize, Error> {
    copier.at = at;
    copier.copy(offset, len)?;
    Ok(copier.at)
}

#[inline(always)]
fn widen(value: impl TryInto<usize>) -> usize {
    value.try_into().unwrap_or(0)
}
