//! The two octets before a packet of MPPE or MPPC: four bits and a coherency count (RFC 3078 §3.1, RFC 2118 §3.2).

use crate::codec::{ParseError, Reader, Writer};
use bitflags::bitflags;
use core::fmt;

/// The bits A to D.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct HeaderBits(u16);

bitflags! {
    impl HeaderBits: u16 {
        /// A: the encryption tables and the history were initialized before this packet.
        const FLUSHED = 0x8000;
        /// B: the packet went to the front of MPPC's history.
        const FRONT = 0x4000;
        /// C: the packet is compressed by MPPC.
        const COMPRESSED = 0x2000;
        /// D: the packet is encrypted by MPPE. No relation of the bit D of the CCP option.
        const ENCRYPTED = 0x1000;
    }
}

impl fmt::Debug for HeaderBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderBits({self})")
    }
}

/// The letters of the bits that are set, such as `A--D`.
impl fmt::Display for HeaderBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = [
            (Self::FLUSHED, "A"),
            (Self::FRONT, "B"),
            (Self::COMPRESSED, "C"),
            (Self::ENCRYPTED, "D"),
        ];
        letters.into_iter().try_for_each(|(bit, letter)| {
            f.write_str(if self.contains(bit) { letter } else { "-" })
        })
    }
}

/// What stands before the ciphertext or the compressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Header {
    bits: HeaderBits,
    count: u16,
}

impl Header {
    /// How many octets a header has.
    pub const LEN: usize = 2;
    /// The bits of a coherency count.
    pub const COUNT_MASK: u16 = 0x0fff;

    /// A header; of `count` only the lower 12 bits are used.
    #[must_use]
    pub const fn new(bits: HeaderBits, count: u16) -> Self {
        Self {
            bits,
            count: count & Self::COUNT_MASK,
        }
    }

    /// The header that is `word` on the wire.
    #[must_use]
    pub const fn from_word(word: u16) -> Self {
        Self::new(HeaderBits::from_bits_truncate(word), word)
    }

    /// The header as it is on the wire.
    #[must_use]
    pub const fn word(self) -> u16 {
        self.bits.bits() | self.count
    }

    /// The bits A to D.
    #[must_use]
    pub const fn bits(self) -> HeaderBits {
        self.bits
    }

    /// The coherency count, 0 to 4095.
    #[must_use]
    pub const fn count(self) -> u16 {
        self.count
    }

    /// Reads the header of a packet.
    ///
    /// # Errors
    /// If there are not two octets.
    pub fn parse(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        reader.u16("Coherency Count").map(Self::from_word)
    }

    /// Appends the header.
    pub fn encode(self, writer: &mut Writer<'_>) {
        writer.u16(self.word());
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} count {}", self.bits, self.count)
    }
}
