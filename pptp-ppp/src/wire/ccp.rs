//! CCP: its configuration options (RFC 1962 §4, RFC 3078 §2, RFC 2118 §2).

use super::{Hex, RawOption};
use crate::codec::{ParseError, Writer};
use bitflags::bitflags;
use core::fmt;

code_points! {
    /// The type of a CCP option: which way of compression.
    pub struct OptionType(u8);

    /// Named by the organisation's number inside (RFC 1962 §4.1).
    OUI = 0, "OUI";
    /// Predictor type 1 (RFC 1978).
    PREDICTOR_1 = 1, "Predictor-1";
    /// Predictor type 2 (RFC 1978).
    PREDICTOR_2 = 2, "Predictor-2";
    /// Puddle Jumper.
    PUDDLE_JUMPER = 3, "Puddle-Jumper";
    /// Hewlett-Packard PPC.
    HP_PPC = 16, "HP-PPC";
    /// Stac LZS (RFC 1974).
    STAC = 17, "Stac-LZS";
    /// MPPE and MPPC (RFC 3078, RFC 2118).
    MPPE = 18, "MPPE";
    /// Gandalf FZA (RFC 1993).
    GANDALF = 19, "Gandalf-FZA";
    /// V.42bis.
    V42BIS = 20, "V.42bis";
    /// BSD Compress (RFC 1977).
    BSD = 21, "BSD-Compress";
    /// LZS-DCP (RFC 1967).
    LZS_DCP = 23, "LZS-DCP";
    /// Magnalink (RFC 1975); also the number that a draft of Deflate used, which pppd still offers.
    MAGNALINK = 24, "Magnalink";
    /// DCE (RFC 1976).
    DCE = 25, "DCE";
    /// Deflate (RFC 1979).
    DEFLATE = 26, "Deflate";
}

/// The supported bits of the MPPE and MPPC option (RFC 3078 §2.1). Bits without a meaning are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MppeBits(u32);

bitflags! {
    impl MppeBits: u32 {
        /// H: stateless mode, in which the key changes with every packet.
        const STATELESS = 0x0100_0000;
        /// M: keys of 56 bits.
        const BITS_56 = 0x0000_0080;
        /// S: keys of 128 bits.
        const BITS_128 = 0x0000_0040;
        /// L: keys of 40 bits.
        const BITS_40 = 0x0000_0020;
        /// D: obsolete, and no relation of the bit D of a packet's header.
        const OBSOLETE = 0x0000_0010;
        /// C: MPPC compression (RFC 2118).
        const MPPC = 0x0000_0001;
        // Any other bit may be set by a peer and survives.
        const _ = !0;
    }
}

impl MppeBits {
    /// The bits that ask for encryption: M, S and L.
    pub const ENCRYPTION: Self = Self::BITS_40.union(Self::BITS_56).union(Self::BITS_128);

    /// The strongest encryption among these bits, as its one bit; empty if there is none.
    #[must_use]
    pub const fn strongest(self) -> Self {
        if self.contains(Self::BITS_128) {
            Self::BITS_128
        } else if self.contains(Self::BITS_56) {
            Self::BITS_56
        } else {
            self.intersection(Self::BITS_40)
        }
    }
}

impl fmt::Debug for MppeBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MppeBits({self})")
    }
}

/// The bits as a number, and by the letters of RFC 3078 §2.1, such as `01000040 H S`.
impl fmt::Display for MppeBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = [
            (Self::STATELESS, " H"),
            (Self::BITS_56, " M"),
            (Self::BITS_128, " S"),
            (Self::BITS_40, " L"),
            (Self::OBSOLETE, " D"),
            (Self::MPPC, " C"),
        ];
        write!(f, "{:08x}", self.bits())?;
        letters
            .into_iter()
            .filter(|(bit, _)| self.contains(*bit))
            .try_for_each(|(_, letter)| f.write_str(letter))
    }
}

/// A configuration option of CCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigOption<'a> {
    /// MPPE, MPPC or both.
    Mppe(MppeBits),
    /// An option that is not taken apart here; [`OptionType`] may know its name.
    Other(RawOption<'a>),
}

impl<'a> ConfigOption<'a> {
    /// Reads an option.
    ///
    /// # Errors
    /// If the length does not suit the type.
    pub fn parse(option: RawOption<'a>) -> Result<Self, ParseError> {
        if OptionType(option.kind) != OptionType::MPPE {
            return Ok(Self::Other(option));
        }
        option.read_value("Supported Bits", |value| {
            Ok(Self::Mppe(MppeBits::from_bits_retain(
                value.u32("Supported Bits")?,
            )))
        })
    }

    /// The type of the option.
    #[must_use]
    pub const fn kind(&self) -> OptionType {
        match self {
            Self::Mppe(_) => OptionType::MPPE,
            Self::Other(option) => OptionType(option.kind),
        }
    }

    /// Appends the option.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Mppe(bits) => RawOption::encode_with(writer, OptionType::MPPE.0, |writer| {
                writer.u32(bits.bits());
            }),
            Self::Other(option) => option.encode(writer),
        }
    }
}

impl fmt::Display for ConfigOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mppe(bits) => write!(f, "MPPE {bits}"),
            Self::Other(option) => match OptionType(option.kind).name() {
                Some(name) if option.value.is_empty() => f.write_str(name),
                Some(name) => write!(f, "{name} {}", Hex(option.value)),
                None => option.fmt(f),
            },
        }
    }
}
