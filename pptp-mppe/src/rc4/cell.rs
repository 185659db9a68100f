//! In what the octets of a permutation are kept.

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// What holds one octet of the permutation: a `u8`, or a `u32` for speed.
///
/// Processors forward a store to a later load by the words of their store queue. With eight octets to a word most
/// loads of RC4 seem to hit a store that is on its way; with two they rarely do. Zen 3 takes 1.6 times as long with
/// octets, Zen 4 hardly cares.
pub trait Cell: Copy + Zeroize + ConstantTimeEq + sealed::Cell {}

impl Cell for u8 {}
impl Cell for u32 {}

/// What is fastest while a packet is worked on.
#[cfg(target_pointer_width = "64")]
pub(crate) type Fast = u32;
/// What is fastest while a packet is worked on: small processors have no store queue, and little memory.
#[cfg(not(target_pointer_width = "64"))]
pub(crate) type Fast = u8;

#[allow(
    unnameable_types,
    unreachable_pub,
    reason = "nobody else is to have cells; which of the two is called depends on the compiler"
)]
pub(super) mod sealed {
    pub trait Cell {
        /// What a key stream is aligned like.
        type Place: Copy;
        const ZERO: Self;
        /// From how many octets on it pays to go over to cells of another kind and back.
        const TOO_LONG: usize;
        fn new(octet: u8) -> Self;
        fn octet(self) -> u8;
    }

    /// Key streams side by side that lie 1028 octets apart are slow: the fifth is then stored to where, by the last 12
    /// bits of the address, the first is about to be loaded from, and Zen 5 takes twice as long for a key schedule. 1088
    /// octets apart they are 64 cells away from that.
    #[derive(Clone, Copy, Debug)]
    #[repr(align(64))]
    pub struct CacheLine;

    impl Cell for u8 {
        type Place = Self;
        const ZERO: Self = 0;
        const TOO_LONG: usize = if cfg!(target_pointer_width = "64") {
            512
        } else {
            usize::MAX
        };

        #[inline]
        fn new(octet: u8) -> Self {
            octet
        }

        #[inline]
        fn octet(self) -> u8 {
            self
        }
    }

    impl Cell for u32 {
        type Place = CacheLine;
        const ZERO: Self = 0;
        const TOO_LONG: usize = usize::MAX;

        #[inline]
        fn new(octet: u8) -> Self {
            octet.into()
        }

        #[inline]
        fn octet(self) -> u8 {
            let [octet, ..] = self.to_le_bytes();
            octet
        }
    }
}
