//! EAP's messages (RFC 3748 §4 and §5).

use super::{Code as PppCode, Hex, Packet, Text};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

code_points! {
    /// The code of an EAP packet.
    pub struct Code(u8);

    /// Request.
    REQUEST = 1, "Request";
    /// Response.
    RESPONSE = 2, "Response";
    /// Success.
    SUCCESS = 3, "Success";
    /// Failure.
    FAILURE = 4, "Failure";
}

code_points! {
    /// The type of a Request or Response: a method, or a few things besides.
    pub struct Type(u8);

    /// Identity (RFC 3748 §5.1).
    IDENTITY = 1, "Identity";
    /// Notification (RFC 3748 §5.2).
    NOTIFICATION = 2, "Notification";
    /// Nak (RFC 3748 §5.3.1).
    NAK = 3, "Nak";
    /// MD5-Challenge (RFC 3748 §5.4).
    MD5_CHALLENGE = 4, "MD5-Challenge";
    /// One-Time Password (RFC 3748 §5.5).
    OTP = 5, "OTP";
    /// Generic Token Card (RFC 3748 §5.6).
    GTC = 6, "GTC";
    /// EAP-TLS (RFC 5216).
    TLS = 13, "TLS";
    /// EAP-TTLS (RFC 5281).
    TTLS = 21, "TTLS";
    /// Protected EAP (Microsoft).
    PEAP = 25, "PEAP";
    /// EAP-MSCHAPv2 (Microsoft).
    MSCHAPV2 = 26, "MSCHAPv2";
    /// EAP-TLV (Microsoft), inside PEAP.
    TLV = 33, "TLV";
    /// Expanded types (RFC 3748 §5.7).
    EXPANDED = 254, "Expanded";
}

/// The code in the header of a [`Packet`], which does not know whose it is.
impl From<Code> for PppCode {
    fn from(code: Code) -> Self {
        Self(code.0)
    }
}

/// An EAP message without its identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// From the authenticator.
    Request {
        /// What is asked for.
        kind: Type,
        /// The Type-Data.
        data: &'a [u8],
    },
    /// From the peer.
    Response {
        /// The type of the request, or Nak.
        kind: Type,
        /// The Type-Data.
        data: &'a [u8],
    },
    /// The peer has authenticated itself.
    Success,
    /// It has not.
    Failure,
    /// Any other message.
    Other {
        /// Its code.
        code: Code,
        /// All that follows the Length field.
        data: &'a [u8],
    },
}

impl<'a> Message<'a> {
    /// Reads the message in a packet. Octets after a Success or Failure, which has none, are left out.
    ///
    /// # Errors
    /// If a Request or Response has no type.
    pub fn parse(packet: Packet<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(packet.data);
        Ok(match Code(packet.code.0) {
            Code::REQUEST => {
                let kind = Type(reader.u8("Type")?);
                Self::Request {
                    kind,
                    data: reader.rest(),
                }
            }
            Code::RESPONSE => {
                let kind = Type(reader.u8("Type")?);
                Self::Response {
                    kind,
                    data: reader.rest(),
                }
            }
            Code::SUCCESS => Self::Success,
            Code::FAILURE => Self::Failure,
            code => Self::Other {
                code,
                data: packet.data,
            },
        })
    }

    /// The code of the message.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Request { .. } => Code::REQUEST,
            Self::Response { .. } => Code::RESPONSE,
            Self::Success => Code::SUCCESS,
            Self::Failure => Code::FAILURE,
            Self::Other { code, .. } => *code,
        }
    }

    /// Appends the whole packet.
    pub fn encode(&self, writer: &mut Writer<'_>, identifier: u8) {
        Packet::encode_with(
            writer,
            self.code().into(),
            identifier,
            |writer| match *self {
                Self::Request { kind, data } | Self::Response { kind, data } => {
                    writer.u8(kind.0);
                    writer.bytes(data);
                }
                Self::Success | Self::Failure => {}
                Self::Other { data, .. } => writer.bytes(data),
            },
        );
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Request { kind, data } | Self::Response { kind, data } => match kind {
                Type::IDENTITY | Type::NOTIFICATION => write!(f, "{kind} {}", Text(data)),
                Type::NAK => write!(f, "{kind} {}", Hex(data)),
                _ => write!(f, "{kind}, {} octets", data.len()),
            },
            Self::Success | Self::Failure => Ok(()),
            Self::Other { data, .. } => write!(f, "{} octets", data.len()),
        }
    }
}
