//! CHAP's messages (RFC 1994 §4), which MS-CHAP fills in its own way (RFC 2433, RFC 2759).

use super::change_password::ChangePassword;
use super::{Code as PppCode, Hex, Packet, Text};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

code_points! {
    /// The algorithm in an Authentication-Protocol option for CHAP (RFC 1994 §3).
    pub struct Algorithm(u8);

    /// CHAP with MD5 (RFC 1994).
    MD5 = 5, "CHAP-MD5";
    /// CHAP with SHA-1.
    SHA1 = 6, "CHAP-SHA1";
    /// MS-CHAPv1 (RFC 2433).
    MS_CHAP = 0x80, "MS-CHAPv1";
    /// MS-CHAPv2 (RFC 2759).
    MS_CHAP_V2 = 0x81, "MS-CHAPv2";
}

code_points! {
    /// The code of a CHAP packet.
    pub struct Code(u8);

    /// Challenge.
    CHALLENGE = 1, "Challenge";
    /// Response.
    RESPONSE = 2, "Response";
    /// Success.
    SUCCESS = 3, "Success";
    /// Failure.
    FAILURE = 4, "Failure";
    /// Change Password, version 1 (RFC 2433 §9).
    CHANGE_PASSWORD_1 = 5, "Change-Password-1";
    /// Change Password, version 2 (RFC 2433 §10).
    CHANGE_PASSWORD_2 = 6, "Change-Password-2";
    /// Change Password, version 3 (RFC 2759 §7).
    CHANGE_PASSWORD_3 = 7, "Change-Password-3";
}

/// The code in the header of a [`Packet`], which does not know whose it is.
impl From<Code> for PppCode {
    fn from(code: Code) -> Self {
        Self(code.0)
    }
}

/// A CHAP message without its identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// Asks the peer to prove itself.
    Challenge {
        /// Random octets; 16 in MS-CHAPv2.
        value: &'a [u8],
        /// Who asks; may be empty.
        name: &'a [u8],
    },
    /// The proof.
    Response {
        /// A hash of challenge and secret; 49 octets in MS-CHAP.
        value: &'a [u8],
        /// Who answers.
        name: &'a [u8],
    },
    /// The proof was right.
    Success {
        /// Text for people; in MS-CHAPv2 the authenticator's own proof as well.
        message: &'a [u8],
    },
    /// The proof was wrong.
    Failure {
        /// Text for people; in MS-CHAP also an error code and a new challenge.
        message: &'a [u8],
    },
    /// Any other message. A change of password, which only MS-CHAP has, is read by
    /// [`ChangePassword::parse`].
    Other {
        /// Its code.
        code: Code,
        /// All that follows the Length field.
        data: &'a [u8],
    },
}

impl<'a> Message<'a> {
    /// Reads the message in a packet.
    ///
    /// # Errors
    /// If a Challenge or Response is shorter than its Value-Size says, or has none.
    pub fn parse(packet: Packet<'a>) -> Result<Self, ParseError> {
        let data = packet.data;
        Ok(match Code(packet.code.0) {
            Code::CHALLENGE => {
                let (value, name) = read_value(data)?;
                Self::Challenge { value, name }
            }
            Code::RESPONSE => {
                let (value, name) = read_value(data)?;
                Self::Response { value, name }
            }
            Code::SUCCESS => Self::Success { message: data },
            Code::FAILURE => Self::Failure { message: data },
            code => Self::Other { code, data },
        })
    }

    /// The code of the message.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Challenge { .. } => Code::CHALLENGE,
            Self::Response { .. } => Code::RESPONSE,
            Self::Success { .. } => Code::SUCCESS,
            Self::Failure { .. } => Code::FAILURE,
            Self::Other { code, .. } => *code,
        }
    }

    /// Appends the whole packet. A value beyond 255 octets is cut.
    pub fn encode(&self, writer: &mut Writer<'_>, identifier: u8) {
        Packet::encode_with(
            writer,
            self.code().into(),
            identifier,
            |writer| match *self {
                Self::Challenge { value, name } | Self::Response { value, name } => {
                    write_value(writer, value, name);
                }
                Self::Success { message: data }
                | Self::Failure { message: data }
                | Self::Other { data, .. } => writer.bytes(data),
            },
        );
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Challenge { value, name } | Self::Response { value, name } => {
                write!(f, "value {} name {}", Hex(value), Text(name))
            }
            Self::Success { message } | Self::Failure { message } => Text(message).fmt(f),
            // A change of password carries hashes that may be attacked.
            Self::Other { code, data } => match ChangePassword::parse(*code, data) {
                Some(Ok(change)) => change.fmt(f),
                _ => write!(f, "{} octets", data.len()),
            },
        }
    }
}

/// Value-Size, Value and Name (RFC 1994 §4.1).
pub(super) fn read_value(data: &[u8]) -> Result<(&[u8], &[u8]), ParseError> {
    let mut reader = Reader::new(data);
    let len = reader.u8("Value-Size")?;
    let value = reader.take(usize::from(len), "Value")?;
    Ok((value, reader.rest()))
}

pub(super) fn write_value(writer: &mut Writer<'_>, value: &[u8], name: &[u8]) {
    let value = value.get(..usize::from(u8::MAX)).unwrap_or(value);
    writer.u8(u8::try_from(value.len()).unwrap_or(u8::MAX));
    writer.bytes(value);
    writer.bytes(name);
}
