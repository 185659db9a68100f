//! What passes between a link and the caller who has a method of EAP of its own.

use crate::auth::AuthId;
use crate::codec::ParseError;
use crate::wire::Packet;
use crate::wire::eap::Message;
use core::fmt;
use pptp_mppe::StartKeys;

/// A packet of EAP for the caller: a Request to us, or a Response of the peer.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EapPacket<'a> {
    /// To be given back with the answer.
    pub id: AuthId,
    /// The whole packet, from Code to the end of the Type-Data.
    pub packet: &'a [u8],
}

impl<'a> EapPacket<'a> {
    /// What is in it.
    ///
    /// # Errors
    /// Never of a packet that a link has told of.
    pub fn message(&self) -> Result<(u8, Message<'a>), ParseError> {
        let packet = Packet::parse(self.packet)?;
        Ok((packet.identifier, Message::parse(packet)?))
    }
}

/// Without the Type-Data: there are methods that have a password in it.
impl fmt::Debug for EapPacket<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.message() {
            Ok((_, Message::Request { kind, .. } | Message::Response { kind, .. })) => Some(kind),
            _ => None,
        };
        f.debug_struct("EapPacket")
            .field("id", &self.id)
            .field("type", &kind)
            .field("len", &self.packet.len())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for EapPacket<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "EapPacket({}, {} octets)", self.id, self.packet.len());
    }
}

/// What the caller says to an [`EapPacket`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EapAnswer<'a> {
    /// The packet that is to be sent.
    Reply(&'a [u8]),
    /// The method is through with it, and these are the keys.
    Keys(Option<StartKeys>),
    /// It is not for the caller.
    Decline,
    /// The other end is not who it should be.
    Distrust,
}

/// Why an answer was not taken. Nothing has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EapError {
    /// Nobody waits for it, or not any more.
    NotWanted,
    /// It cannot be read.
    Malformed(ParseError),
    /// It does not answer what came: a Response must have the Identifier of the Request, a Success or Failure that of
    /// the Response, and neither end sends what is the other's.
    Unsuitable,
    /// It is longer than there is room for.
    TooLong {
        /// How many octets there may be.
        max: usize,
    },
}

impl fmt::Display for EapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWanted => f.write_str("nothing of EAP waits for this answer"),
            Self::Malformed(error) => write!(f, "malformed answer: {error}"),
            Self::Unsuitable => f.write_str("the answer does not fit what came"),
            Self::TooLong { max } => write!(f, "the answer is longer than {max} octets"),
        }
    }
}

impl core::error::Error for EapError {}

impl From<ParseError> for EapError {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}
