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

        /// Writes the codes of a packet. An error if it would become too long.
        fn encode(
            &mut self,
            window: &Window<'_>,
            writer: &mut BitWriter<'_>,
        ) -> Result<(), Full>;
    }
}

/// For firmware: a [`Compressor`](crate::Compressor) of it takes the history and 2 KiB.
#[derive(Clone, Debug)]
pub struct Small(Rows<u64, 256>);

/// The default: a [`Compressor`](crate::Compressor) of it takes the history and 4 KiB.
#[derive(Clone, Debug)]
pub struct Fast(Rows<u32, 1024>);

impl sealed::Encode for Small {
    const NEW: Self = Self(Rows::NEW);

    fn encode(&mut self, window: &Window<'_>, writer: &mut BitWriter<'_>) -> Result<(), Full> {
        self.0.encode(window, writer)
    }
}

impl sealed::Encode for Fast {
    const NEW: Self = Self(Rows::NEW);

    fn encode(&mut self, window: &Window<'_>, writer: &mut BitWriter<'_>) -> Result<(), Full> {
        self.0.encode(window, writer)
    }
}

/// Gives a packet up that does not get shorter, long before its end.
struct Probe {
    /// When to look next.
    next: usize,
    /// What was written when it last looked.
    written: usize,
}

impl Probe {
    /// How many octets lie between two looks.
    const STEP: usize = 64;

    const fn new(window: &Window<'_>) -> Self {
        Self {
            next: window.start.wrapping_add(Self::STEP),
            written: 0,
        }
    }

    /// Looks whether there is any hope, if it is time to: not when the last octets have gained nothing, and the rest,
    /// going on like that, would eat up what there was gained before.
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

    #[inline(never)]
    fn look_now(&mut self, at: usize, window: &Window<'_>, written: usize) -> Result<(), Full> {
        let last = self.next.wrapping_sub(Self::STEP);
        let octets = at.wrapping_sub(last);
        let bits = written.wrapping_sub(self.written);
        self.next = at.wrapping_add(Self::STEP);
        self.written = written;
        let excess = bits.saturating_sub(octets.wrapping_mul(8));
        let rest = window.end.wrapping_sub(at);
        let total = window.end.wrapping_sub(window.start);
        // All of it in bits; the excess is of so many octets.
        let expected = rest
            .wrapping_mul(8)
            .wrapping_add(rest.wrapping_mul(excess).wrapping_div(octets.max(1)))
            .wrapping_add(written);
        if excess > 0 && expected > total.wrapping_mul(8) {
            return Err(Full);
        }
        Ok(())
    }
}
