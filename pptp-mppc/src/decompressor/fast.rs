//! The decoder of a 64-bit machine: all but the last octets of a packet, with few branches.
//!
//! Most of the time goes into branches that nothing foretells. So runs of literals are written eight octets at a time,
//! whatever their number, the three codes of offsets are told apart by arithmetic, and matches are copied in steps. All
//! these write beyond what the packet has got to, where octets of an earlier lap are that may yet be referred to: they
//! are kept aside in time, and put back in the end.

use super::token::Sink;
use super::{Copier, Error};
use crate::HISTORY_LEN;
use crate::ring::{MASK, Ring, STEP};

/// The first bit of every octet: 0 in one that is a literal below 0x80.
const FIRST_BITS: u64 = 0x8080_8080_8080_8080;
/// That of the octet that is highest.
const LAST_BIT: u64 = 1 << 63;

/// Decompresses until few octets of the packet or of the history are left, and tells how many bits that took.
pub(super) fn run(copier: &mut Copier<'_>, data: &[u8]) -> Result<usize, Error> {
    let mut at = copier.at;
    let mut aside = Aside::new(at);
    let mut filled = copier.filled.min(MASK);
    // Bits that are not used up, from the top; how many at least; and where the octets behind those are.
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
        aside.cover(copier.ring, at);
        let octets = pending.swap_bytes();
        copier.ring.store(at, octets.to_le_bytes());
        // The last one never counts as a literal. (From the low end up: that is faster to count where there is no lzcnt.)
        let run = ((octets & FIRST_BITS) | LAST_BIT).trailing_zeros() >> 3;
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
            if pending < 0xc0 << 56 {
                continue;
            }
        }
        let offset = offset(&mut pending, &mut bits);
        let len = length(&mut pending, &mut bits)?;
        let back = widen(offset);
        let from = at.wrapping_sub(back) & MASK;
        let end = at.wrapping_add(len);
        // To the end in this lap, to what is filled of an earlier one.
        let is_this_lap = usize::from(from < at).wrapping_neg();
        let limit = filled | (MASK & is_this_lap);
        // What is not may be an error; or it ends with the history, or its source wraps, or starts where nobody wrote
        // or where what was written too far is.
        let is_simple = (back <= MASK)
            & (end <= MASK)
            & (from.wrapping_add(len) <= limit)
            & (from.wrapping_sub(at) >= STEP);
        if !is_simple {
            aside.put_back(copier.ring, at);
            copier.at = at;
            rare(copier, offset, len)?;
            at = copier.at;
            filled = copier.filled.min(MASK);
            aside = Aside::new(at);
            continue;
        }
        aside.cover(copier.ring, end);
        if back >= STEP {
            copy(copier.ring, from, at, end);
        } else {
            repeat(copier.ring, from, at, end, back);
        }
        at = end;
    }
    aside.put_back(copier.ring, at);
    copier.at = at;
    Ok(read.wrapping_mul(8).wrapping_sub(widen(bits)))
}

/// Octets of an earlier lap from before they are written over: those of one or two blocks, up to `to`.
struct Aside {
    octets: [u8; 2 * Self::BLOCK],
    to: usize,
}

impl Aside {
    const BLOCK: usize = 256;

    /// For a packet that is written from `at` on.
    const fn new(at: usize) -> Self {
        Self {
            octets: [0; 2 * Self::BLOCK],
            to: at & !(Self::BLOCK - 1),
        }
    }

    /// Keeps a step from `at` on aside, none of which has been written over yet unless it is here already.
    #[inline(always)]
    fn cover(&mut self, ring: &Ring, at: usize) {
        if at.wrapping_add(STEP) > self.to {
            self.cover_now(ring, at);
        }
    }

    #[inline(never)]
    fn cover_now(&mut self, ring: &Ring, at: usize) {
        let mut block = self.to.max(at & !(Self::BLOCK - 1));
        while block < at.wrapping_add(STEP) {
            let octets: [u8; Self::BLOCK] = ring.load_block(block);
            let place = self.octets.get_mut(block & Self::BLOCK..);
            if let Some(place) = place.and_then(|place| place.first_chunk_mut()) {
                *place = octets;
            }
            block = block.wrapping_add(Self::BLOCK);
        }
        self.to = block;
    }

    /// Puts back what is behind `at`, where writing has stopped.
    #[inline(never)]
    fn put_back(&mut self, ring: &mut Ring, at: usize) {
        self.cover(ring, at);
        for at in at..at.wrapping_add(STEP).min(HISTORY_LEN) {
            if let Some(octet) = self.octets.get(at & (2 * Self::BLOCK - 1)) {
                ring.store(at, [*octet]);
            }
        }
    }
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
    const CLASSES: [(u32, u64, u64); 4] = [
        (16, 0x1fff, 320),
        (16, 0x1fff, 320),
        (12, 0xff, 64),
        (10, 0x3f, 0),
    ];
    let class = usize::try_from((*pending >> 60) & 3).unwrap_or(0);
    let (used, mask, first) = CLASSES.get(class).copied().unwrap_or_default();
    let value = pending.wrapping_shr(0_u32.wrapping_sub(used)) & mask;
    use_up(pending, bits, used);
    u16::try_from(value.wrapping_add(first)).unwrap_or(0)
}

/// RFC 2118 §4.2.2, by the number of ones that come first.
#[inline(always)]
fn length(pending: &mut u64, bits: &mut u32) -> Result<usize, Error> {
    let ones = pending.leading_ones();
    let Some(Length {
        bits: used,
        mask,
        first,
    }) = LENGTHS.get(widen(ones)).copied()
    else {
        return Err(Error::Length);
    };
    let used = u32::from(used);
    let value = pending.wrapping_shr(0_u32.wrapping_sub(used)) & u64::from(mask);
    use_up(pending, bits, used);
    Ok(widen(value).wrapping_add(usize::from(first)))
}

/// What lengths that start with the same ones have.
#[derive(Clone, Copy)]
struct Length {
    /// The bits of the code, ones included.
    bits: u8,
    /// Those of them that are the length's.
    mask: u16,
    /// The first such length.
    first: u16,
}

/// By the number of ones.
const LENGTHS: [Length; 12] = {
    let mut lengths = [Length {
        bits: 1,
        mask: 0,
        first: 3,
    }; 12];
    let (_, mut rest) = lengths.split_at_mut(1);
    let mut first = 4_u16;
    while let Some((length, others)) = rest.split_first_mut() {
        let below = first.trailing_zeros();
        let [bits, ..] = below.wrapping_mul(2).to_le_bytes();
        *length = Length {
            bits,
            mask: first.wrapping_sub(1),
            first,
        };
        first = first.wrapping_mul(2);
        rest = others;
    }
    lengths
};

/// Copies in steps, which do not overlap.
#[inline(always)]
fn copy(ring: &mut Ring, mut from: usize, mut at: usize, end: usize) {
    while {
        let octets: [u8; STEP] = ring.load(from);
        ring.store(at, octets);
        from = from.wrapping_add(STEP);
        at = at.wrapping_add(STEP);
        at < end
    } {}
}

/// Copies what overlaps: `back` octets, less than a step, over and over.
#[inline]
fn repeat(ring: &mut Ring, from: usize, mut at: usize, end: usize, back: usize) {
    /// The most octets up to 8 that are a multiple of so many.
    const STEPS: [u8; 8] = [8, 8, 8, 6, 8, 5, 6, 7];
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
}

/// What is no simple match, octet by octet.
#[cold]
fn rare(copier: &mut Copier<'_>, offset: u16, len: usize) -> Result<(), Error> {
    copier.copy(offset, len)
}

#[inline(always)]
fn widen(value: impl TryInto<usize>) -> usize {
    value.try_into().unwrap_or(0)
}
