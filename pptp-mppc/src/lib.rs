//! Microsoft Point-to-Point Compression (RFC 2118).
//!
//! So far this crate has what both ends of a link have to agree on: the size of the history, and the flags that stand
//! in the two octets before a compressed packet. There is no compressor and no decompressor yet, and the links of
//! `pptp-ppp` do not offer MPPC.
//!
//! A leaf: it knows nothing of PPP, of time or of encryption. Whoever owns the header of the packets passes the flags in
//! and writes those that come out; the coherency count there is none of this crate's business.

#![no_std]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::as_conversions))]

#[cfg(test)]
extern crate alloc;

mod code;
mod compressor;
mod decompressor;
pub mod level;
mod ring;
mod window;
mod writer;

pub use compressor::{BufferTooSmall, Compressor, Outcome};
pub use decompressor::{Decompressor, Error};

use bitflags::bitflags;
use core::fmt;

/// How many octets of uncompressed data both ends keep to refer back to (RFC 2118 §2).
pub const HISTORY_LEN: usize = 8192;

/// The longest packet that a [`Compressor`] compresses. A [`Decompressor`] gives up to [`HISTORY_LEN`] octets.
pub const MAX_PACKET: usize = HISTORY_LEN - 1;

/// What the sender of a packet did to its history (RFC 2118 §3.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Flags(u8);

bitflags! {
    impl Flags: u8 {
        /// A: the history was initialized before this packet, and refers to nothing before it.
        const FLUSHED = 1 << 3;
        /// B: the packet was put at the front of the history, because there was no room for it at the end.
        const FRONT = 1 << 2;
        /// C: the packet is compressed.
        const COMPRESSED = 1 << 1;
    }
}

impl Flags {
    /// The flags in the first of the two octets before a packet. Bit D, which is encryption's, and the coherency count
    /// are left out.
    #[must_use]
    pub const fn from_header(first_octet: u8) -> Self {
        Self::from_bits_truncate(first_octet >> 4)
    }

    /// The flags at their place in the first of the two octets before a packet.
    #[must_use]
    pub const fn header_bits(self) -> u8 {
        self.bits() << 4
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bitflags::parser::to_writer(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_at_their_place() {
        // RFC 2118 §3.1: A, B, C and D are the four upper bits of the first octet, in this order.
        assert_eq!(Flags::from_header(0x80), Flags::FLUSHED);
        assert_eq!(Flags::from_header(0x40), Flags::FRONT);
        assert_eq!(Flags::from_header(0x20), Flags::COMPRESSED);
        assert_eq!(Flags::from_header(0x1f), Flags::empty());
        for octet in 0..=u8::MAX {
            assert_eq!(Flags::from_header(octet).header_bits(), octet & 0xe0);
        }
    }
}
