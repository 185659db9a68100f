//! Microsoft Point-to-Point Compression (RFC 2118), without I/O, allocation or `unsafe`, and in constant memory.
//!
//! A leaf: it knows nothing of PPP, of time or of encryption.
//!
//! # What is here
//!
//! * [`Compressor`]: one direction of a link, sending, at one of the [levels](level): [`Small`](level::Small),
//!   [`Fast`](level::Fast) or [`Best`](level::Best). Any decoder of RFC 2118 reads what any of them makes.
//! * [`Decompressor`]: one direction of a link, receiving. What comes out is a slice of its own history.
//! * [`Flags`]: the bits A, B and C of the two octets before a packet. These octets are shared with MPPE, so they are not
//!   read or written here: a compressor says in [`Outcome`] what must stand there, and a decompressor is told what stood
//!   there. The coherency count there is none of this crate's business.
//! * [`is_compressible`]: which packets are compressed at all.
//!
//! # What the owner of the header does
//!
//! * A gap in the coherency count is told by [`Decompressor::lose`]. While [`Decompressor::is_out_of_step`] the peer is
//!   asked, by a Reset-Request of CCP, to flush its history. There is no Reset-Ack (RFC 2118 §4.3).
//! * A Reset-Request of the peer's goes to [`Compressor::flush`].
//! * In stateless mode (RFC 3078 §3.1) each packet has bit A: [`Compressor::flush`] comes before each.
//! * MPPE encrypts what is compressed (RFC 3078 §3.1). Where a packet may have been forged or decrypted by a wrong key,
//!   [`Decompressor::preview`] tells what would come out, so that it can be judged before anything changes.
//!
//! # Example
//!
//! ```
//! use pptp_mppc::{Compressor, Decompressor, Outcome, level::Fast};
//!
//! let mut compressor = Compressor::<Fast>::new();
//! let mut decompressor = Decompressor::new();
//!
//! // The protocol field of the packet goes first, then the packet: both are compressed.
//! let (protocol, packet) = ([0x00, 0x21], b"an IP packet, an IP packet, an IP packet");
//! let mut wire = [0; 64];
//! let outcome = compressor.compress(&protocol, packet, &mut wire)?;
//! let Outcome::Compressed { len, flags } = outcome else {
//!     return Err("to be sent as it is".into());
//! };
//! assert_eq!(len, 19);
//!
//! let data = wire.get(..len).ok_or("too short")?;
//! let received = decompressor.decompress(flags, data)?;
//! assert!(received.starts_with(&protocol) && received.ends_with(packet));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

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

/// Whether packets of this PPP protocol are compressed: network-layer data is, from 0x0021 to 0x00FA (RFC 2118 §3).
#[must_use]
pub const fn is_compressible(protocol: u16) -> bool {
    matches!(protocol, 0x0021..=0x00fa)
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
    fn only_network_data_is_compressed() {
        // RFC 2118 §3, and the protocols that lie on either side of its range.
        assert!([0x0021, 0x002d, 0x0057, 0x00fa].map(is_compressible) == [true; 4]);
        assert!(
            [0x0001, 0x0020, 0x00fb, 0x00fd, 0x8021, 0xc021].map(is_compressible) == [false; 6]
        );
    }

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
