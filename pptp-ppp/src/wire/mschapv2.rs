//! What MS-CHAPv2 puts into the messages of CHAP (RFC 2759 §4 to §6).

use super::failure::{from_hex, write_hex, write_text};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

pub use super::failure::ErrorCode;

#[cfg(test)]
mod tests;

/// The message of a Failure (RFC 2759 §6).
pub type Failure<'a> = super::MsChapFailure<'a, CHALLENGE_LEN>;

/// The value of a Challenge: 16 octets.
pub const CHALLENGE_LEN: usize = 16;

/// The value of a Response (RFC 2759 §4).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// The random octets of the peer.
    pub peer_challenge: [u8; 16],
    /// Zero; not looked at.
    pub reserved: [u8; 8],
    /// The proof.
    pub nt_response: [u8; 24],
    /// Zero; not looked at, for Windows 98 sends 4.
    pub flags: u8,
}

impl Response {
    /// How many octets a value has.
    pub const LEN: usize = 49;

    /// A response as it is to be sent.
    #[must_use]
    pub const fn new(peer_challenge: [u8; 16], nt_response: [u8; 24]) -> Self {
        Self {
            peer_challenge,
            reserved: [0; 8],
            nt_response,
            flags: 0,
        }
    }

    /// Reads the value of a Response.
    ///
    /// # Errors
    /// If it has not 49 octets.
    pub fn parse(value: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(value);
        let response = Self {
            peer_challenge: reader.array("Peer-Challenge")?,
            reserved: reader.array("Reserved")?,
            nt_response: reader.array("NT-Response")?,
            flags: reader.u8("Flags")?,
        };
        reader.finish("Flags")?;
        Ok(response)
    }

    /// Appends the value.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.peer_challenge);
        writer.bytes(&self.reserved);
        writer.bytes(&self.nt_response);
        writer.u8(self.flags);
    }
}

/// Without the proof, from which the password hash can be searched for: the state of a link goes into logs.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").finish_non_exhaustive()
    }
}

/// The message of a Success (RFC 2759 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success<'a> {
    /// The proof of the authenticator.
    pub authenticator_response: [u8; 20],
    /// Text for people; may be empty.
    pub message: &'a [u8],
}

impl<'a> Success<'a> {
    /// How many octets a message without a text has.
    pub const LEN: usize = 42;

    /// Reads the message of a Success.
    ///
    /// What follows the proof is taken as it comes: Windows sends nothing, others ` M=` or `M=` and a text.
    ///
    /// # Errors
    /// If it does not start with `S=` and 40 hexadecimal digits.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(message);
        if reader.array("S=")? != *b"S=" {
            return Err(ParseError::invalid("S=", 0));
        }
        let digits = reader.array::<40>("Authenticator-Response")?;
        let Some(authenticator_response) = from_hex(&digits) else {
            return Err(ParseError::invalid("Authenticator-Response", 2));
        };
        let text = reader.rest().trim_ascii_start();
        let message = text.strip_prefix(b"M=").unwrap_or(text);
        Ok(Self {
            authenticator_response,
            message,
        })
    }

    /// Appends the message. An empty text is left out together with its `M=`, as Windows does.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(b"S=");
        write_hex(writer, &self.authenticator_response);
        write_text(writer, self.message);
    }
}
