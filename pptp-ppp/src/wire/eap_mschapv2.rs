//! The Type-Data of EAP-MSCHAPv2, type 26 of EAP: the messages of MS-CHAPv2 in another wrapping
//! (draft-kamath-pppext-eap-mschapv2).

use super::change_password::Version3;
use super::chap::write_value;
use super::mschapv2::{CHALLENGE_LEN, Response};
use super::{Hex, Text};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

#[cfg(test)]
mod tests;

code_points! {
    /// What kind of message it is.
    pub struct OpCode(u8);

    /// In a Request.
    CHALLENGE = 1, "Challenge";
    /// In a Response.
    RESPONSE = 2, "Response";
    /// In a Request the proof of the authenticator, in a Response that it is right.
    SUCCESS = 3, "Success";
    /// In a Request why, in a Response that this is understood.
    FAILURE = 4, "Failure";
    /// In a Response.
    CHANGE_PASSWORD = 7, "Change-Password";
}

/// A message: the same in a Request and a Response of EAP, whose code tells who sent it.
///
/// The `identifier` is the MS-CHAPv2-ID: new with each Challenge, repeated in what follows on it, and independent of that of
/// EAP. Some peers get it wrong, and it protects nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// Asks the peer to prove itself.
    Challenge {
        /// The MS-CHAPv2-ID.
        identifier: u8,
        /// Random octets.
        challenge: [u8; CHALLENGE_LEN],
        /// Who asks; may be empty.
        name: &'a [u8],
    },
    /// The proof.
    Response {
        /// The MS-CHAPv2-ID.
        identifier: u8,
        /// The proof.
        response: Response,
        /// Who answers: the name that is hashed, whatever Identity was told.
        name: &'a [u8],
    },
    /// The proof was right, and here is the authenticator's.
    Success {
        /// The MS-CHAPv2-ID.
        identifier: u8,
        /// As in CHAP: see [`mschapv2::Success`](super::mschapv2::Success).
        message: &'a [u8],
    },
    /// The proof was wrong.
    Failure {
        /// The MS-CHAPv2-ID.
        identifier: u8,
        /// As in CHAP: see [`mschapv2::Failure`](super::mschapv2::Failure).
        message: &'a [u8],
    },
    /// The peer's answer to a Success: one octet.
    SuccessAck,
    /// The peer's answer to a Failure on which it does not try again: one octet.
    FailureAck,
    /// A new password, after a Failure for an expired one.
    ChangePassword {
        /// The MS-CHAPv2-ID: that of the Failure and 1, or any.
        identifier: u8,
        /// As in CHAP.
        change: Version3<'a>,
    },
    /// Any other message.
    Other {
        /// Its kind.
        op_code: OpCode,
        /// All that follows.
        data: &'a [u8],
    },
}

impl<'a> Message<'a> {
    /// Reads the Type-Data. MS-Length is not looked at, for some peers get it wrong: the length of the EAP packet counts.
    ///
    /// # Errors
    /// If the data is cut short, the value of a Challenge has not 16 octets or that of a Response not 49, or a
    /// Change-Password has not 586.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let op_code = OpCode(reader.u8("OpCode")?);
        let kind = match op_code {
            OpCode::SUCCESS if reader.is_empty() => return Ok(Self::SuccessAck),
            OpCode::FAILURE if reader.is_empty() => return Ok(Self::FailureAck),
            OpCode::CHALLENGE
            | OpCode::RESPONSE
            | OpCode::SUCCESS
            | OpCode::FAILURE
            | OpCode::CHANGE_PASSWORD => op_code,
            _ => {
                return Ok(Self::Other {
                    op_code,
                    data: reader.rest(),
                });
            }
        };
        let identifier = reader.u8("MS-CHAPv2-ID")?;
        reader.u16("MS-Length")?;
        Ok(match kind {
            OpCode::CHALLENGE => {
                let value = read_value(&mut reader, CHALLENGE_LEN)?;
                Self::Challenge {
                    identifier,
                    challenge: Reader::new(value).array("Challenge")?,
                    name: reader.rest(),
                }
            }
            OpCode::RESPONSE => {
                let value = read_value(&mut reader, Response::LEN)?;
                Self::Response {
                    identifier,
                    response: Response::parse(value)?,
                    name: reader.rest(),
                }
            }
            OpCode::SUCCESS => Self::Success {
                identifier,
                message: reader.rest(),
            },
            OpCode::FAILURE => Self::Failure {
                identifier,
                message: reader.rest(),
            },
            _ => {
                let start = reader.offset();
                let change = Version3::parse(reader.rest()).map_err(|error| ParseError {
                    offset: error.offset.saturating_add(start),
                    ..error
                })?;
                Self::ChangePassword { identifier, change }
            }
        })
    }

    /// What kind of message it is.
    #[must_use]
    pub const fn op_code(&self) -> OpCode {
        match self {
            Self::Challenge { .. } => OpCode::CHALLENGE,
            Self::Response { .. } => OpCode::RESPONSE,
            Self::Success { .. } | Self::SuccessAck => OpCode::SUCCESS,
            Self::Failure { .. } | Self::FailureAck => OpCode::FAILURE,
            Self::ChangePassword { .. } => OpCode::CHANGE_PASSWORD,
            Self::Other { op_code, .. } => *op_code,
        }
    }

    /// Appends the Type-Data.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        let start = writer.len();
        writer.u8(self.op_code().0);
        let header = |writer: &mut Writer<'_>, identifier: u8| {
            writer.u8(identifier);
            writer.u16(0);
        };
        match *self {
            Self::SuccessAck | Self::FailureAck => return,
            Self::Other { data, .. } => return writer.bytes(data),
            Self::Challenge {
                identifier,
                challenge,
                name,
            } => {
                header(writer, identifier);
                write_value(writer, &challenge, name);
            }
            Self::Response {
                identifier,
                response,
                name,
            } => {
                header(writer, identifier);
                writer.u8(u8::try_from(Response::LEN).unwrap_or(u8::MAX));
                response.encode(writer);
                writer.bytes(name);
            }
            Self::Success {
                identifier,
                message,
            }
            | Self::Failure {
                identifier,
                message,
            } => {
                header(writer, identifier);
                writer.bytes(message);
            }
            Self::ChangePassword { identifier, change } => {
                header(writer, identifier);
                change.encode(writer);
            }
        }
        let length = writer.len().saturating_sub(start);
        let length = u16::try_from(length).unwrap_or(u16::MAX);
        writer.patch_u16(start.saturating_add(2), length);
    }
}

/// Without proofs and passwords.
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op_code = self.op_code();
        match self {
            Self::Challenge {
                identifier,
                challenge,
                name,
            } => {
                let (value, name) = (Hex(challenge), Text(name));
                write!(f, "{op_code} id {identifier} value {value} name {name}")
            }
            Self::Response {
                identifier, name, ..
            } => write!(
                f,
                "{op_code} id {identifier} name {} proof hidden",
                Text(name)
            ),
            Self::Success {
                identifier,
                message,
            }
            | Self::Failure {
                identifier,
                message,
            } => write!(f, "{op_code} id {identifier} {}", Text(message)),
            Self::SuccessAck | Self::FailureAck => write!(f, "{op_code} acknowledged"),
            Self::ChangePassword { identifier, change } => {
                write!(f, "{op_code} id {identifier} {change}")
            }
            Self::Other { op_code, data } => write!(f, "{op_code}, {} octets", data.len()),
        }
    }
}

/// The value behind its size, which must be `len`.
fn read_value<'a>(reader: &mut Reader<'a>, len: usize) -> Result<&'a [u8], ParseError> {
    let offset = reader.offset();
    if usize::from(reader.u8("Value-Size")?) != len {
        return Err(ParseError::invalid("Value-Size", offset));
    }
    reader.take(len, "Value")
}
