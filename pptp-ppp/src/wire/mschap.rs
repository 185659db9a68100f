//! What MS-CHAPv1 puts into the messages of CHAP (RFC 2433 §5 to §8).

use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

pub use super::failure::ErrorCode;

#[cfg(test)]
mod tests;

/// The value of a Challenge: 8 octets.
pub const CHALLENGE_LEN: usize = 8;

/// The message of a Failure (RFC 2433 §8).
pub type Failure<'a> = super::MsChapFailure<'a, CHALLENGE_LEN>;

/// The value of a Response (RFC 2433 §6).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// The proof by the LAN Manager hash; zero if there is none, as there should be.
    pub lm_response: [u8; 24],
    /// The proof by the NT hash.
    pub nt_response: [u8; 24],
    /// 1 if it is the NT response that counts, 0 if it is the other: see [`Response::uses_nt`].
    pub flags: u8,
}

impl Response {
    /// How many octets a value has.
    pub const LEN: usize = 49;

    /// A response as it is to be sent, with the proof by the NT hash only.
    #[must_use]
    pub const fn new(nt_response: [u8; 24]) -> Self {
        Self {
            lm_response: [0; 24],
            nt_response,
            flags: 1,
        }
    }

    /// A response with the proof by the LAN Manager hash only, which should not be sent where there is another way.
    #[must_use]
    pub const fn with_lm(lm_response: [u8; 24]) -> Self {
        Self {
            lm_response,
            nt_response: [0; 24],
            flags: 0,
        }
    }

    /// Whether the NT response counts. If not, there need be none.
    #[must_use]
    pub const fn uses_nt(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Reads the value of a Response.
    ///
    /// # Errors
    /// If it has not 49 octets.
    pub fn parse(value: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(value);
        let response = Self {
            lm_response: reader.array("LM-Response")?,
            nt_response: reader.array("NT-Response")?,
            flags: reader.u8("Flags")?,
        };
        reader.finish("Flags")?;
        Ok(response)
    }

    /// Appends the value.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.lm_response);
        writer.bytes(&self.nt_response);
        writer.u8(self.flags);
    }
}

/// Without the proofs, from which the password can be searched for: the state of a link goes into logs.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").finish_non_exhaustive()
    }
}
