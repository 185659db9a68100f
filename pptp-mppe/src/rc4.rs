//! The RC4 stream cipher. **Broken**: for MPPE and for nothing else.

mod cell;
mod lanes;

pub use cell::Cell;
pub(crate) use cell::Fast;
pub(crate) use lanes::{LANES, Lane, Octets, crypt, first_octets, for_lanes, schedule};

use crate::clear::cleared_whole;
use lanes::together;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// An RC4 key stream of 258 octets.
pub type Rc4 = KeyStream<u8>;

/// An RC4 key stream of four times the size, for large processors: faster on most, much faster on some.
pub type WideRc4 = KeyStream<u32>;

/// An RC4 key stream: the permutation, in cells of a `u8` or a `u32`, and its two indexes.
///
/// Cleared on drop; shows nothing in `Debug`. A clone goes on with the same key stream.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct KeyStream<C: Cell> {
    permutation: Permutation<C>,
    /// The index of the octet last stepped to.
    i: u8,
    j: u8,
    #[zeroize(skip)]
    place: [C::Place; 0],
}

impl<C: Cell> KeyStream<C> {
    /// Starts the key stream of `key`, of any length; octets after the 256th have no effect, as in the algorithm. An
    /// empty key leaves the permutation as it was, the identity.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let mut state = Self::zero();
        state.reset();
        let mut j = 0_u8;
        for (i, octet) in (0..=255_u8).zip(key.iter().cycle()) {
            let a = state.at(i);
            j = j.wrapping_add(a).wrapping_add(*octet);
            state.swap(i, a, j);
        }
        state
    }

    /// As [`KeyStream::new`], for a key of 16 octets (or of 8, written twice), at half the cost.
    #[must_use]
    pub fn with_16_octets(key: &[u8; 16]) -> Self {
        let mut state = Self::zero();
        state.reset();
        let mut j = 0_u8;
        let mut a = state.at(0);
        for block in 0..16_u8 {
            for (k, octet) in (0..16_u8).zip(key) {
                let i = (block << 4) | k;
                let following = i.wrapping_add(1);
                j = j.wrapping_add(a).wrapping_add(*octet);
                // Loaded before the two stores of the swap, so that it need not wait for them; if `j` hit it, the swap
                // has put `a` there.
                let ahead = state.at(following);
                state.swap(i, a, j);
                a = if j == following { a } else { ahead };
            }
        }
        state
    }

    /// As [`KeyStream::with_16_octets`] for each of several keys, side by side: on a large processor four
    /// take little more than twice the time of one.
    #[must_use]
    pub fn with_16_octets_each<const K: usize>(keys: &[[u8; 16]; K]) -> [Self; K] {
        schedule(keys.each_ref())
    }

    /// As [`KeyStream::apply_keystream`] for each of several ciphers and the data in the same place. Three or more go side by
    /// side as far as the shortest does, if all have as much of their key stream behind them: on a large processor six
    /// take the time of five.
    pub fn apply_keystreams<const K: usize>(ciphers: &mut [Self; K], data: [&mut [u8]; K]) {
        let mut rest = data;
        together(ciphers, &mut rest);
        for (cipher, rest) in ciphers.iter_mut().zip(rest) {
            cipher.apply_keystream(rest);
        }
    }

    /// Combines `data` with the next octets of the key stream, in place: encrypts or decrypts.
    pub fn apply_keystream(&mut self, data: &mut [u8]) {
        if data.len() >= C::TOO_LONG {
            return self.converted(|fast| fast.apply_keystream(data));
        }
        let lead = self.until_aligned(data.len());
        let (head, body) = data.split_at_mut(lead);
        for octet in head {
            *octet ^= self.octet();
        }
        let (blocks, tail) = body.as_chunks_mut::<8>();
        self.blocks(blocks);
        for octet in tail {
            *octet ^= self.octet();
        }
    }

    /// Writes `input`, combined with the next octets of the key stream, to `output`, in one pass. Stops at the end of
    /// the shorter; the key stream goes on from there.
    pub fn apply_keystream_to(&mut self, input: &[u8], output: &mut [u8]) {
        let len = input.len().min(output.len());
        if len >= C::TOO_LONG {
            return self.converted(|fast| fast.apply_keystream_to(input, output));
        }
        let lead = self.until_aligned(len);
        let (from_head, from_body) = input.split_at(lead);
        let (to_head, to_body) = output.split_at_mut(lead);
        for (to, from) in to_head.iter_mut().zip(from_head) {
            *to = from ^ self.octet();
        }
        // Cut to one length, so that blocks and tails go together.
        let rest = from_body.len().min(to_body.len());
        let (from_body, _) = from_body.split_at(rest);
        let (to_body, _) = to_body.split_at_mut(rest);
        let (from_blocks, from_tail) = from_body.as_chunks::<8>();
        let (to_blocks, to_tail) = to_body.as_chunks_mut::<8>();
        for (to, from) in to_blocks.iter_mut().zip(from_blocks) {
            *to = *from;
        }
        self.blocks(to_blocks);
        for (to, from) in to_tail.iter_mut().zip(from_tail) {
            *to = from ^ self.octet();
        }
    }

    /// The first 16 octets of the key stream, as words, of a cipher that has given none.
    pub(crate) fn first_words(&mut self) -> [u64; 2] {
        let (mut words, mut j) = ([0_u64; 2], 0_u8);
        let mut a = self.at(1);
        for (word, first) in words.iter_mut().zip([1_u8, 9]) {
            for k in 0..8_u8 {
                let i = first.wrapping_add(k);
                let following = i.wrapping_add(1);
                j = j.wrapping_add(a);
                let ahead = self.at(following);
                let b = self.swap(i, a, j);
                let octet = self.at(a.wrapping_add(b));
                *word |= u64::from(octet) << (k << 3);
                a = if j == following { hit(a) } else { ahead };
            }
        }
        (self.i, self.j) = (16, j);
        words
    }

    /// Goes on in cells of the other kind, and comes back.
    fn converted(&mut self, apply: impl FnOnce(&mut KeyStream<Fast>)) {
        let mut fast = self.convert();
        apply(&mut fast);
        *self = fast.convert();
    }

    fn convert<D: Cell>(&self) -> KeyStream<D> {
        KeyStream {
            permutation: Permutation(self.permutation.0.map(|cell| D::new(cell.octet()))),
            i: self.i,
            j: self.j,
            place: [],
        }
    }

    /// Clears it ahead of its drop.
    pub(crate) fn clear(&mut self) {
        self.zeroize();
    }

    /// Goes back to the permutation before any key. Counted up, 16 octets or more in one go, which is faster than a copy
    /// where there are several.
    #[inline]
    fn reset(&mut self) {
        let mut value = 0_u8;
        for cell in &mut self.permutation.0 {
            *cell = C::new(value);
            value = value.wrapping_add(1);
        }
        (self.i, self.j) = (0, 0);
    }

    /// What is no key stream yet.
    pub(crate) const fn zero() -> Self {
        Self {
            permutation: Permutation([C::ZERO; 256]),
            i: 0,
            j: 0,
            place: [],
        }
    }

    /// How many octets go one by one before the next index is a multiple of 8, at most `len`.
    #[inline]
    fn until_aligned(&self, len: usize) -> usize {
        usize::from(7_u8.wrapping_sub(self.i) & 7).min(len)
    }

    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "a u8 indexes an array of 256: no check is left"
    )]
    fn at(&self, index: u8) -> u8 {
        self.permutation.0[usize::from(index)].octet()
    }

    /// Swaps the octets at `i`, which is `a`, and `j`; gives the one that was at `j`.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "a u8 indexes an array of 256: no check is left"
    )]
    fn swap(&mut self, i: u8, a: u8, j: u8) -> u8 {
        let b = self.permutation.0[usize::from(j)];
        self.permutation.0[usize::from(i)] = b;
        self.permutation.0[usize::from(j)] = C::new(a);
        b.octet()
    }

    /// The next octet of the key stream.
    #[inline]
    fn octet(&mut self) -> u8 {
        self.i = self.i.wrapping_add(1);
        let a = self.at(self.i);
        self.j = self.j.wrapping_add(a);
        let b = self.swap(self.i, a, self.j);
        self.at(a.wrapping_add(b))
    }

    /// Combines blocks of 8 octets, of which the first has an index that is a multiple of 8.
    fn blocks(&mut self, blocks: &mut [[u8; 8]]) {
        let mut first = self.i.wrapping_add(1);
        let mut j = self.j;
        for block in blocks {
            j = self.block(first & 0xf8, j, block);
            first = first.wrapping_add(8);
        }
        self.i = first.wrapping_sub(1);
        self.j = j;
    }

    #[inline]
    fn block(&mut self, first: u8, mut j: u8, data: &mut [u8; 8]) -> u8 {
        let mut a = self.at(first);
        for (k, octet) in (0..8_u8).zip(data) {
            let i = first | k;
            j = j.wrapping_add(a);
            // As in the key schedule: loaded ahead of the stores. Within the block the next index does not wrap, so it
            // needs no arithmetic; the load after the last one is not used.
            let following = first | (k.wrapping_add(1) & 7);
            let ahead = self.at(following);
            let b = self.swap(i, a, j);
            *octet ^= self.at(a.wrapping_add(b));
            a = if j == following { hit(a) } else { ahead };
        }
        j
    }
}

/// A permutation of 0 to 255, indexed by `u8` only.
#[derive(Clone)]
struct Permutation<C>([C; 256]);

cleared_whole!([C: Cell] Permutation<C>, [C::ZERO; 256]);

/// Keeps the rare case a branch: predicted, it takes the comparison off the path from one octet to the next.
#[cold]
#[inline(never)]
const fn hit(a: u8) -> u8 {
    a
}

impl<C: Cell> PartialEq for KeyStream<C> {
    fn eq(&self, other: &Self) -> bool {
        let indexes = self.i.ct_eq(&other.i) & self.j.ct_eq(&other.j);
        (self.permutation.0.ct_eq(&other.permutation.0) & indexes).into()
    }
}

impl<C: Cell> Eq for KeyStream<C> {}

impl<C: Cell> core::fmt::Debug for KeyStream<C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeyStream").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
