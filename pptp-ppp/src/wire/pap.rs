//! PAP's messages (RFC 1334 §2.2).

use super::{Code as PppCode, Packet, Text};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

code_points! {
    /// The code of a PAP packet.
    pub struct Code(u8);

    /// Authenticate-Request.
    AUTHENTICATE_REQUEST = 1, "Authenticate-Request";
    /// Authenticate-Ack.
    AUTHENTICATE_ACK = 2, "Authenticate-Ack";
    /// Authenticate-Nak.
    AUTHENTICATE_NAK = 3, "Authenticate-Nak";
}

/// The code in the header of a [`Packet`], which does not know whose it is.
impl From<Code> for PppCode {
    fn from(code: Code) -> Self {
        Self(code.0)
    }
}

/// A PAP message without its identifier. Passwords are not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// Name and password of the peer.
    Request {
        /// The Peer-ID.
        name: &'a [u8],
        /// The password, in the clear.
        password: &'a [u8],
    },
    /// They are right.
    Ack {
        /// Text for people.
        message: &'a [u8],
    },
    /// They are wrong.
    Nak {
        /// Text for people.
        message: &'a [u8],
    },
    /// Any other message.
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
    /// If one of the lengths inside is more than there is. An Ack or Nak without a length is taken as one without text.
    pub fn parse(packet: Packet<'a>) -> Result<Self, ParseError> {
        let mut reader = Reader::new(packet.data);
        Ok(match Code(packet.code.0) {
            Code::AUTHENTICATE_REQUEST => {
                let name = read_string(&mut reader, "Peer-ID")?;
                let password = read_string(&mut reader, "Password")?;
                Self::Request { name, password }
            }
            Code::AUTHENTICATE_ACK if reader.is_empty() => Self::Ack { message: &[] },
            Code::AUTHENTICATE_NAK if reader.is_empty() => Self::Nak { message: &[] },
            Code::AUTHENTICATE_ACK => Self::Ack {
                message: read_string(&mut reader, "Message")?,
            },
            Code::AUTHENTICATE_NAK => Self::Nak {
                message: read_string(&mut reader, "Message")?,
            },
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
            Self::Request { .. } => Code::AUTHENTICATE_REQUEST,
            Self::Ack { .. } => Code::AUTHENTICATE_ACK,
            Self::Nak { .. } => Code::AUTHENTICATE_NAK,
            Self::Other { code, .. } => *code,
        }
    }

    /// Appends the whole packet. Names, passwords and messages beyond 255 octets are cut.
    pub fn encode(&self, writer: &mut Writer<'_>, identifier: u8) {
        Packet::encode_with(
            writer,
            self.code().into(),
            identifier,
            |writer| match *self {
                Self::Request { name, password } => {
                    write_string(writer, name);
                    write_string(writer, password);
                }
                Self::Ack { message } | Self::Nak { message } => write_string(writer, message),
                Self::Other { data, .. } => writer.bytes(data),
            },
        );
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { name, .. } => write!(f, "name {} password hidden", Text(name)),
            Self::Ack { message } | Self::Nak { message } => Text(message).fmt(f),
            Self::Other { data, .. } => write!(f, "{} octets", data.len()),
        }
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.code())
    }
}

fn read_string<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], ParseError> {
    let len = reader.u8(field)?;
    reader.take(usize::from(len), field)
}

fn write_string(writer: &mut Writer<'_>, string: &[u8]) {
    let string = string.get(..usize::from(u8::MAX)).unwrap_or(string);
    writer.u8(u8::try_from(string.len()).unwrap_or(u8::MAX));
    writer.bytes(string);
}
