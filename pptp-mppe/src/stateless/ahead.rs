//! Keys of packets that have not come yet.

use crate::rc4::Octets;
use crate::{Count, SessionKey};
use zeroize::ZeroizeOnDrop;

/// Some keys ahead, as far as jumps have led.
///
/// Anybody can send a packet with a count far ahead, and it takes the keys up to there to find that it is forged: half
/// a thousand hashes for twenty octets. So they are not derived each time, but `KEPT` of them are kept, at equal
/// distances: a packet costs no more than the way from there. These keys follow from the current one, whatever is
/// forged.
#[derive(Clone, ZeroizeOnDrop)]
pub(super) struct Ahead<const KEPT: usize> {
    /// By the count divided by the distance, modulo their number.
    keys: [Octets; KEPT],
    /// The count of the furthest of them, or that of the expected packet if there is none. All between are there.
    #[zeroize(skip)]
    reach: Count,
}

/// How far ahead keys are kept, in packets.
pub(super) const SPAN: u16 = 1024;

impl<const KEPT: usize> Ahead<KEPT> {
    /// From the count of one to that of the next.
    const STRIDE: u16 = match KEPT {
        // None is ever wanted.
        0 => SPAN,
        1 => SPAN,
        2 => SPAN / 2,
        4 => SPAN / 4,
        8 => SPAN / 8,
        16 => SPAN / 16,
        32 => SPAN / 32,
        _ => SPAN / 64,
    };

    pub(super) const fn new(expected: Count) -> Self {
        const {
            assert!(
                KEPT == 0 || (KEPT.is_power_of_two() && KEPT <= 64),
                "0 or a power of 2 up to 64"
            );
        }
        Self {
            keys: [Octets([0; 16]); KEPT],
            reach: expected,
        }
    }

    /// Makes `key`, which is the one before that of the packet `expected`, the key of the packet `count`, which is that
    /// one or ahead of it.
    pub(super) fn lead(&mut self, key: &mut SessionKey, count: Count, expected: Count) {
        let mut next = expected;
        if let Some((known, kept)) = self.nearest(count, expected) {
            key.resume(*kept);
            next = known.next();
        }
        while next != count.next() {
            key.change();
            self.keep(next, key, expected);
            next = next.next();
        }
    }

    /// Goes on to the packets from `expected` on.
    pub(super) fn forget_before(&mut self, expected: Count) {
        if self.reach.since(expected) >= Count::SPACE / 2 {
            self.reach = expected;
        }
    }

    /// The last key that is kept of a packet behind `expected` and up to `count`, and that packet's count.
    fn nearest(&self, count: Count, expected: Count) -> Option<(Count, &Octets)> {
        let multiple = Count::new(count.get() & !(Self::STRIDE.wrapping_sub(1)));
        let known = if self.reach.since(expected) < count.since(expected) {
            self.reach
        } else {
            multiple
        };
        let key = self.keys.get(Self::slot(known))?;
        let is_between = (1..=count.since(expected)).contains(&known.since(expected));
        is_between.then_some((known, key))
    }

    /// Keeps the key of packet `at`, if it is the next one that is wanted.
    fn keep(&mut self, at: Count, key: &SessionKey, expected: Count) {
        let distance = at.since(expected);
        let is_wanted = (1..SPAN).contains(&distance)
            && at.get().is_multiple_of(Self::STRIDE)
            && self.reach.since(expected) < distance;
        if is_wanted && let Some(place) = self.keys.get_mut(Self::slot(at)) {
            *place = key.current();
            self.reach = at;
        }
    }

    fn slot(count: Count) -> usize {
        let number = usize::from(count.get() >> Self::STRIDE.trailing_zeros());
        // The remainder: it is a power of 2.
        number & KEPT.wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StartKey, Strength};
    use alloc::vec::Vec;

    /// Wherever jumps have led before: the keys are those that one change after the other gives, and as many changes
    /// as keys are apart are enough once a jump has gone as far.
    #[test]
    fn keys_are_the_same_and_cheap() {
        let start = StartKey::from_bytes([7; 16]);
        let mut chain = Vec::from([SessionKey::new(&start, Strength::Bits56)]);
        for _ in 0..9000 {
            let mut key = chain[chain.len() - 1].clone();
            key.change();
            chain.push(key);
        }
        with::<0>(&chain, 1025);
        with::<1>(&chain, 1025);
        with::<2>(&chain, 512);
        with::<16>(&chain, 64);
        with::<64>(&chain, 16);
    }

    fn with<const KEPT: usize>(chain: &[SessionKey], most: usize) {
        let count = |number: usize| Count::new(number as u16);
        let mut ahead = Ahead::<KEPT>::new(Count::FIRST);
        let mut expected = 0;
        // Steps of every kind: onto multiples of 64, next to them, and past all that is kept.
        for step in [
            1, 63, 1, 62, 2, 64, 500, 1, 1025, 2048, 11, 1024, 60, 3, 1600,
        ] {
            for jump in [0, 1, 64, 65, 700, 1024, 2047, 63, 1, 300, 1024] {
                let mut key = chain[expected].clone();
                ahead.lead(&mut key, count(expected + jump), count(expected));
                assert_eq!(key, chain[expected + jump + 1], "{expected} + {jump}");
            }
            for jump in 0..=1024 {
                let start = ahead.nearest(count(expected + jump), count(expected));
                let from = start.map_or(expected, |(known, _)| {
                    expected + usize::from(known.next().since(count(expected)))
                });
                assert!(expected + jump + 1 - from <= most, "{expected} + {jump}");
            }
            expected += step;
            ahead.forget_before(count(expected));
        }
    }
}
