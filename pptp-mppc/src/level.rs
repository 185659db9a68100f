//! How hard a compressor tries: memory and time for a better ratio.

mod best;
mod rows;

use crate::window::Window;
use crate::writer::Full;
pub use best::Best;
use rows::Rows;

/// How hard a compressor tries: [`Small`], [`Fast`] or [`Best`].
///
/// Sealed: what it takes may change.
pub trait Level: sealed::Encode {}

impl<L: sealed::Encode> Level for L {}

pub(crate) mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals Level")]

    use super::*;

    pub trait Encode: Clone + core::fmt::Debug {
        const NEW: Self;

        /// Writes the codes of a packet, and gives their length. An error if `out` is too short for them.
        fn encode(&mut self, window: &Window<'_>, out: &mut [u8]) -> Result<usize, Full>;
    }
}

/// For firmware: a [`Compressor`](crate::Compressor) of it takes the history and 2 KiB.
#[derive(Clone, Debug)]
pub struct Small(Rows<512>);

/// The default: a [`Compressor`](crate::Compressor) of it takes the history and 4 KiB.
#[derive(Clone, Debug)]
pub struct Fast(Rows<1024>);

impl sealed::Encode for Small {
    const NEW: Self = Self(Rows::NEW);

    fn encode(&mut self, window: &Window<'_>, out: &mut [u8]) -> Result<usize, Full> {
        self.0.encode(window, out)
    }
}

impl sealed::Encode for Fast {
    const NEW: Self = Self(Rows::NEW);

    fn encode(&mut self, window: &Window<'_>, out: &mut [u8]) -> Result<usize, Full> {
        self.0.encode(window, out)
    }
}

/// Gives a packet up that does not get shorter, long before its end.
///
/// What is compressed or encrypted has half of its octets above 0x7f, which take 9 bits each, and no matches. A packet
/// with nothing before it to refer to may start like that, too, but for the first of the two.
#[derive(Debug)]
struct Probe {
    /// When it looked last.
    last: usize,
    /// By how many bits what came before is shorter.
    gained: usize,
}

impl Probe {
    /// How many octets lie between two looks.
    const STEP: usize = 256;

    const fn new(start: usize) -> Self {
        Self {
            last: start,
            gained: 0,
        }
    }

    /// Whether it is time to look.
    #[inline(always)]
    const fn is_due(&self, at: usize) -> bool {
        at.wrapping_sub(self.last) >= Self::STEP
    }

    /// Looks whether there is any hope, now that the octets from the last look up to `at` took so many bits.
    ///
    /// There is none if those are so many bits more than they were that hardly a match was among them, and if the rest,
    /// going on like that, would eat up what was gained before.
    #[inline(never)]
    fn look(&mut self, at: usize, window: &Window<'_>, bits: usize) -> Result<(), Full> {
        let octets = at.wrapping_sub(self.last);
        self.last = at;
        let plain = octets.wrapping_mul(8);
        let excess = bits.saturating_sub(plain);
        let rest = window.end.saturating_sub(at);
        if excess.wrapping_mul(8) > octets.wrapping_mul(3) && rest > self.gained.wrapping_mul(3) {
            return Err(Full);
        }
        self.gained = self.gained.wrapping_add(plain).saturating_sub(bits);
        Ok(())
    }
}
