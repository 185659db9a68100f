//! Several key streams side by side.
//!
//! Each step of RC4 waits for the one before: most of the processor is idle. Steps of other key streams fill it.

use super::{Cell, Fast, KeyStream};
use crate::clear::cleared_whole;
use core::mem;
use zeroize::{Zeroize, Zeroizing};

/// How many packets go side by side: what pays off where there are many registers and instructions need not run in
/// order. Elsewhere it would only be more code.
pub(crate) const LANES: usize = if cfg!(target_pointer_width = "64") {
    6
} else {
    1
};

/// How many key streams side by side are faster than one after the other.
const FEWEST: usize = 3;

/// How much key stream is made in one go. It is put down first, then combined with the data in words.
const BLOCK: usize = 128;

/// A packet and its key.
#[derive(Default)]
pub(crate) struct Lane<'d> {
    pub(crate) key: Zeroizing<Octets>,
    pub(crate) data: &'d mut [u8],
}

/// 16 octets of a key.
#[derive(Clone, Copy, Default)]
pub(crate) struct Octets(pub(crate) [u8; 16]);

cleared_whole!([] Octets, [0; 16]);

/// Calls a function that is generic over a number of places, `$function::<K>(&mut [T; K])`, for the `K` places of a
/// slice. More than [`LANES`] are not touched.
macro_rules! for_lanes {
    ($slice:expr, $function:path) => {{
        use $function as function;
        let slice = $slice;
        match slice.len() {
            2 if $crate::rc4::LANES >= 2 => slice.first_chunk_mut::<2>().map(function),
            3 if $crate::rc4::LANES >= 3 => slice.first_chunk_mut::<3>().map(function),
            4 if $crate::rc4::LANES >= 4 => slice.first_chunk_mut::<4>().map(function),
            5 if $crate::rc4::LANES >= 5 => slice.first_chunk_mut::<5>().map(function),
            6 if $crate::rc4::LANES >= 6 => slice.first_chunk_mut::<6>().map(function),
            _ => slice.first_chunk_mut::<1>().map(function),
        }
    }};
}
pub(crate) use for_lanes;

/// Combines each of the first `len` packets with the key stream of its key, which starts there: encrypts or decrypts
/// them. Their order is not kept.
pub(crate) fn crypt(mut lanes: [Lane<'_>; LANES], len: usize) {
    let lanes = lanes.get_mut(..len).unwrap_or_default();
    longest_first(lanes);
    let _ = for_lanes!(lanes, crypt_each);
}

fn crypt_each<const K: usize>(lanes: &mut [Lane<'_>; K]) {
    if let [lane] = lanes.as_mut_slice() {
        KeyStream::<Fast>::with_16_octets(&lane.key.0).apply_keystream(lane.data);
        return;
    }
    let mut ciphers = schedule::<Fast, K>(lanes.each_ref().map(|lane| &lane.key.0));
    let mut data = lanes.each_mut().map(|lane| &mut *lane.data);
    // The shorter ones come to their ends one by one.
    let (ciphers, data) = (ciphers.as_mut_slice(), data.as_mut_slice());
    first_together::<6>(ciphers, data);
    first_together::<5>(ciphers, data);
    first_together::<4>(ciphers, data);
    first_together::<3>(ciphers, data);
    for (cipher, data) in ciphers.iter_mut().zip(data) {
        cipher.apply_keystream(data);
    }
}

/// Sorts them by length: mostly they are already.
fn longest_first(lanes: &mut [Lane<'_>]) {
    for end in 2..=lanes.len() {
        for end in (2..=end).rev() {
            if let Some([.., before, last]) = lanes.get_mut(..end) {
                if before.data.len() >= last.data.len() {
                    break;
                }
                mem::swap(before, last);
            }
        }
    }
}

/// Goes on with the first `K`, if there are as many.
fn first_together<const K: usize>(ciphers: &mut [KeyStream<Fast>], data: &mut [&mut [u8]]) {
    if K > LANES {
        return;
    }
    if let (Some(ciphers), Some(data)) = (ciphers.first_chunk_mut(), data.first_chunk_mut::<K>()) {
        together(ciphers, data);
    }
}

/// Combines 16 octets each with the key streams, which have not begun.
pub(crate) fn first_octets<C: Cell, const K: usize>(
    ciphers: &mut [KeyStream<C>; K],
    data: &mut [Zeroizing<Octets>; K],
) {
    let mut streams = Streams([[0; 16]; K]);
    octets(ciphers, &mut streams.0, 16);
    for (data, stream) in data.iter_mut().zip(&streams.0) {
        data.0 = (u128::from_ne_bytes(data.0) ^ u128::from_ne_bytes(*stream)).to_ne_bytes();
    }
    streams.zeroize();
}

/// Combines the data with the key streams as far as the shortest goes, and leaves the rest of each; all of it, if they
/// are too few or the ciphers have not the same octet to come.
pub(super) fn together<C: Cell, const K: usize>(
    ciphers: &mut [KeyStream<C>; K],
    data: &mut [&mut [u8]; K],
) {
    if K < FEWEST {
        return;
    }
    let mut left = data.iter().map(|data| data.len()).min().unwrap_or(0);
    let mut indexes = ciphers.iter().map(|cipher| cipher.i);
    let first = indexes.next();
    if left == 0 || indexes.any(|index| Some(index) != first) {
        return;
    }
    let mut streams = Streams([[0; BLOCK]; K]);
    while left > 0 {
        let now = left.min(BLOCK);
        octets(ciphers, &mut streams.0, now);
        for (data, stream) in data.iter_mut().zip(&streams.0) {
            if let Some((part, rest)) = mem::take(data).split_at_mut_checked(now) {
                combine(part, stream);
                *data = rest;
            }
        }
        left = left.wrapping_sub(now);
    }
    streams.zeroize();
}

#[inline]
fn combine(data: &mut [u8], stream: &[u8; BLOCK]) {
    if let Ok(block) = <&mut [u8; BLOCK]>::try_from(&mut *data) {
        for (octet, key) in block.iter_mut().zip(stream) {
            *octet ^= key;
        }
        return;
    }
    let (words, tail) = data.as_chunks_mut::<8>();
    let (stream_words, _) = stream.as_chunks::<8>();
    for (word, key) in words.iter_mut().zip(stream_words) {
        *word = (u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(*key)).to_ne_bytes();
    }
    let done = words.len();
    let rest = stream_words.get(done).map_or(&[][..], |word| word);
    for (octet, key) in tail.iter_mut().zip(rest) {
        *octet ^= key;
    }
}

/// The key schedules of several keys.
#[expect(
    clippy::indexing_slicing,
    reason = "u8 into 256 and constants into arrays as long: no check is left"
)]
pub(crate) fn schedule<C: Cell, const K: usize>(keys: [&[u8; 16]; K]) -> [KeyStream<C>; K] {
    // Beside one another, to need no register each.
    let mut keys = Keys(keys.map(|key| *key));
    let mut ciphers = [const { KeyStream::zero() }; K];
    for cipher in &mut ciphers {
        cipher.reset();
    }
    let mut j = [0_u8; K];
    for block in 0..16_u8 {
        for pair in 0..8_u8 {
            let i = (block << 4) | (pair << 1);
            for k in 0..K {
                let [even, odd] = [pair << 1, (pair << 1) | 1].map(|at| keys.0[k][usize::from(at)]);
                let cipher = &mut ciphers[k];
                // Both loaded before the stores, so that they need not wait for them.
                let (first, second) = (cipher.at(i), cipher.at(i | 1));
                let at_first = j[k].wrapping_add(first.wrapping_add(even));
                let second = if at_first == i | 1 {
                    super::hit(first)
                } else {
                    second
                };
                let at_second = at_first.wrapping_add(second.wrapping_add(odd));
                cipher.swap(i, first, at_first);
                cipher.swap(i | 1, second, at_second);
                j[k] = at_second;
            }
        }
    }
    keys.zeroize();
    ciphers
}

/// Puts the next `len` octets, at most `LEN`, of each key stream into `streams`.
///
/// A loop that stays one and tables that lie one after the other: unrolled, or with the data in between, it is slower.
#[inline(never)]
#[expect(
    clippy::needless_range_loop,
    reason = "the arrays are one within the other"
)]
#[expect(
    clippy::indexing_slicing,
    reason = "constants into arrays as long, and an octet below their length: no check is left"
)]
fn octets<C: Cell, const K: usize, const LEN: usize>(
    ciphers: &mut [KeyStream<C>; K],
    streams: &mut [[u8; LEN]; K],
    len: usize,
) {
    let mut i = ciphers.first().map_or(0, |cipher| cipher.i);
    let mut j = ciphers.each_ref().map(|cipher| cipher.j);
    for at in 0..len.min(LEN) {
        i = i.wrapping_add(1);
        for k in 0..K {
            let cipher = &mut ciphers[k];
            let a = cipher.at(i);
            j[k] = j[k].wrapping_add(a);
            let b = cipher.swap(i, a, j[k]);
            streams[k][at] = cipher.at(a.wrapping_add(b));
        }
    }
    for (cipher, j) in ciphers.iter_mut().zip(j) {
        cipher.i = i;
        cipher.j = j;
    }
}

struct Streams<const K: usize, const LEN: usize>([[u8; LEN]; K]);

cleared_whole!([const K: usize, const LEN: usize] Streams<K, LEN>, [[0; LEN]; K]);

struct Keys<const K: usize>([[u8; 16]; K]);

cleared_whole!([const K: usize] Keys<K>, [[0; 16]; K]);
