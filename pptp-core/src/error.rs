//! The errors, one type for each consequence that an error has.

use crate::codec::ParseError;
use crate::wire::{ControlType, MAX_RECEIVED_MESSAGE};
use core::fmt;

/// The peer's octets are not PPTP, or what it sent cannot be read: the control connection has to be closed, since
/// nothing tells where the next message starts (RFC 2637 §1.4, §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProtocolError {
    /// A message has a Magic Cookie other than `0x1A2B3C4D` (octet 4 of a message): this is no PPTP, or the stream has
    /// lost its place.
    MagicCookie {
        /// What stands there instead.
        found: u32,
    },
    /// A message's Length (octet 0 of a message) is less than its header's or more than [`MAX_RECEIVED_MESSAGE`].
    Length {
        /// The length that it claims, in octets.
        found: u16,
    },
    /// A message does not hold the fields of its type.
    Malformed {
        /// Which message it is.
        message: ControlType,
        /// The field, and where it is, in octets from the start of the message.
        error: ParseError,
    },
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MagicCookie { found } => {
                write!(
                    f,
                    "Magic Cookie at octet 4 is 0x{found:08x}: this is not PPTP"
                )
            }
            Self::Length { found } => {
                write!(
                    f,
                    "Length at octet 0 is {found}: a message has 12 to {MAX_RECEIVED_MESSAGE} octets"
                )
            }
            Self::Malformed { message, error } => write!(f, "malformed {message}: {error}"),
        }
    }
}

impl core::error::Error for ProtocolError {}

/// Why a datagram was dropped.
///
/// Datagrams get lost, doubled and forged; dropping one has no consequence beyond its being counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Discard {
    /// It is no IPv4 packet, or no enhanced GRE packet that carries PPP.
    Malformed(ParseError),
    /// It is a fragment of an IPv4 packet that nobody has put together.
    Fragment,
    /// It is an IPv4 packet of another protocol than GRE.
    NotGre {
        /// The IP protocol that it has.
        protocol: u8,
    },
    /// It belongs to another call.
    WrongCallId {
        /// The call id that it has.
        found: u16,
    },
    /// It has a payload and no sequence number, which RFC 2637 §4.1 forbids.
    WithoutSequence,
    /// A packet of this number was received before.
    Duplicate {
        /// The number.
        sequence: u32,
    },
    /// A packet of a higher number was delivered before (RFC 2637 §4.3).
    Late {
        /// The number.
        sequence: u32,
    },
    /// The number is so far ahead of the last one that it may be forged. A second packet that follows is taken.
    TooFarAhead {
        /// The number.
        sequence: u32,
    },
    /// There is no call that it could be for.
    NoCall,
    /// PPP dropped the frame in it.
    Ppp(pptp_ppp::Discard),
}

impl From<ParseError> for Discard {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed datagram: {error}"),
            Self::NoCall => f.write_str("there is no call"),
            Self::Ppp(discard) => discard.fmt(f),
            Self::Fragment => f.write_str("a fragment of an IPv4 packet"),
            Self::NotGre { protocol } => write!(f, "IP protocol {protocol} instead of GRE"),
            Self::WrongCallId { found } => write!(f, "a packet for call {found}"),
            Self::WithoutSequence => f.write_str("a payload without a sequence number"),
            Self::Duplicate { sequence } => write!(f, "a second packet of number {sequence}"),
            Self::Late { sequence } => write!(f, "packet {sequence} came too late"),
            Self::TooFarAhead { sequence } => {
                write!(f, "packet number {sequence} is too far ahead")
            }
        }
    }
}

impl core::error::Error for Discard {}
