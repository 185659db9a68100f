//! How hard a compressor tries: memory and time for a better ratio.

mod best;
mod rows;

use crate::window::Window;
use crate::writer::{BitWriter, Full};
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

    pub trait Encode: Clone {
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
    /// When to look next.
    next: usize,
    /// What was written when it last looked.
    written: usize,
}

impl Probe {
    /// How many octets lie between two looks.
    const STEP: usize = 128;

    const fn new(window: &Window<'_>) -> Self {
        Self {
            next: window.start.wrapping_add(Self::STEP),
            written: 0,
        }
    }

    /// Looks whether there is any hope, if it is time to.
    #[inline(always)]
    fn look(
        &mut self,
        at: usize,
        window: &Window<'_>,
        writer: &BitWriter<'_>,
    ) -> Result<(), Full> {
        if at < self.next {
            return Ok(());
        }
        self.look_now(at, window, writer.written())
    }

    /// There is none if the last octets took so many bits more than they have that hardly a match was among them, and
    /// if the rest, going on like that, would eat up what was gained before.
    #[inline(never)]
    fn look_now(&mut self, at: usize, window: &Window<'_>, written: usize) -> Result<(), Full> {
        let octets = at.wrapping_sub(self.next).wrapping_add(Self::STEP);
        let bits = written.wrapping_sub(self.written);
        self.next = at.wrapping_add(Self::STEP);
        self.written = written;
        let excess = bits.saturating_sub(octets.wrapping_mul(8));
        let gained = at
            .wrapping_sub(window.start)
            .wrapping_mul(8)
            .saturating_sub(written);
        let rest = window.end.wrapping_sub(at);
        if excess.wrapping_mul(3) > octets && rest > gained.wrapping_mul(3) {
            return Err(Full);
        }
        Ok(())
    }
}
