//! What is fatal to a control connection.

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
