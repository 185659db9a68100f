//! Framing and bearer: what an end can do, and what a call wants.

use bitflags::bitflags;
use core::fmt;

/// Framing Capabilities (RFC 2637 §2.1) or a call's Framing Type (§2.7), in which both bits mean "either".
///
/// They speak of telephone lines; a tunnel over IP has no framing, and many peers send 0. Unknown bits are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Framing(u32);

/// Bearer Capabilities (RFC 2637 §2.1) or a call's Bearer Type (§2.7), in which both bits mean "any".
///
/// They speak of telephone lines, and many peers send 0. Unknown bits are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Bearer(u32);

bitflags! {
    impl Framing: u32 {
        /// Asynchronous framing.
        const ASYNCHRONOUS = 1;
        /// Synchronous framing.
        const SYNCHRONOUS = 2;
        /// Either.
        const EITHER = 3;
        const _ = !0;
    }

    impl Bearer: u32 {
        /// Analog access.
        const ANALOG = 1;
        /// Digital access.
        const DIGITAL = 2;
        /// Any.
        const ANY = 3;
        const _ = !0;
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        letters(f, self.bits(), ["A", "S"])
    }
}

impl fmt::Display for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        letters(f, self.bits(), ["A", "D"])
    }
}

/// One letter for each of the two bits that RFC 2637 defines; the number if there are others.
fn letters(f: &mut fmt::Formatter<'_>, bits: u32, [first, second]: [&str; 2]) -> fmt::Result {
    match bits {
        0 => Ok(()),
        1 => f.write_str(first),
        2 => f.write_str(second),
        3 => write!(f, "{first}{second}"),
        _ => write!(f, "{bits:#x}"),
    }
}
