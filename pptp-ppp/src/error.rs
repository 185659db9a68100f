//! What can go wrong, by what the caller has to do about it.

use crate::auth;
use crate::codec::{BufferTooSmall, ParseError};
use crate::wire::Protocol;
use core::fmt;

/// Why a frame was dropped. The link goes on as it was; nothing needs to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Discard {
    /// It is not what its protocol prescribes.
    Malformed(ParseError),
    /// Its protocol is not in use yet, or no more.
    ProtocolNotUp,
    /// Its protocol is not spoken here. In the clear it has been answered with a Protocol-Reject (RFC 1661 §5.7).
    UnknownProtocol(Protocol),
    /// It answers something that was not asked, or not any more.
    WrongIdentifier,
    /// It acknowledges or rejects options that were not asked for.
    WrongOptions,
    /// It has our own Magic-Number: the link is looped back (RFC 1661 §6.4).
    LoopedBack,
    /// A packet of a network protocol came in the clear where encryption is required or in use.
    NotEncrypted,
    /// An encrypted packet came before encryption was agreed on.
    EncryptionNotUp,
    /// An encrypted packet has bits set in its header that were not agreed on (RFC 3078 §3.1).
    WrongEncryptionBits,
    /// The coherency count of an encrypted packet is out of range: old, repeated, or too far ahead.
    WrongCount,
    /// Packets were lost before this one, and the sender has been asked to start again (RFC 3078 §7.2).
    AwaitsReset,
    /// What came out of decryption is no packet: it was forged, damaged or encrypted with another key.
    Implausible,
    /// Others have overtaken it, and it is not of those that are taken all the same: see
    /// [`AnyOrder`](crate::AnyOrder).
    Late,
    /// A network packet came before its protocol was up.
    NetworkNotUp,
    /// A packet of authentication was not acted upon.
    Authentication(auth::Discard),
    /// The link is down.
    LinkDown,
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Malformed(error) => return write!(f, "malformed: {error}"),
            Self::UnknownProtocol(protocol) => return write!(f, "{protocol} is not spoken here"),
            Self::Authentication(discard) => return discard.fmt(f),
            Self::ProtocolNotUp => "its protocol is not in use now",
            Self::WrongIdentifier => "it answers nothing that was asked",
            Self::WrongOptions => "it names options that were not asked for",
            Self::LoopedBack => "the link is looped back",
            Self::NotEncrypted => "not encrypted, where encryption is required",
            Self::EncryptionNotUp => "encrypted, before encryption was agreed on",
            Self::WrongEncryptionBits => "encrypted in a way that was not agreed on",
            Self::WrongCount => "its coherency count is out of range",
            Self::AwaitsReset => "undecipherable after a loss, until the sender starts again",
            Self::Implausible => "it decrypts to no packet",
            Self::Late => "it came too late",
            Self::NetworkNotUp => "its network protocol is not up",
            Self::LinkDown => "the link is down",
        };
        f.write_str(text)
    }
}

impl core::error::Error for Discard {}

/// Why a packet was not sent. It is still the caller's; nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SendError {
    /// The network protocol is not up, or what must be agreed on before (encryption) is not.
    NotOpen,
    /// The packet is longer than the peer takes.
    TooLong {
        /// The longest packet, in octets, that can be sent.
        mtu: usize,
    },
    /// The output buffer is too small.
    BufferTooSmall {
        /// The size, in octets, that would have been enough.
        needed: usize,
    },
    /// The peer's receive window is full (RFC 2637 §4.2).
    WindowFull,
}

impl From<BufferTooSmall> for SendError {
    fn from(error: BufferTooSmall) -> Self {
        Self::BufferTooSmall {
            needed: error.needed,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen => f.write_str("the link is not open for this protocol yet"),
            Self::TooLong { mtu } => write!(f, "the packet is longer than the link's {mtu} octets"),
            Self::BufferTooSmall { needed } => BufferTooSmall { needed: *needed }.fmt(f),
            Self::WindowFull => f.write_str("the peer's receive window is full"),
        }
    }
}

impl core::error::Error for SendError {}
