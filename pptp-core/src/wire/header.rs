//! What every control message starts with (RFC 2637 §1.4, §2).

use super::MAX_RECEIVED_MESSAGE;
use super::code_points::code_points;
use crate::ProtocolError;
use crate::codec::{BufferTooSmall, ParseError, Reader, Writer};
use core::fmt;

/// The Magic Cookie, by which a receiver tells that it is in step with the stream (RFC 2637 §1.4).
pub const MAGIC_COOKIE: u32 = 0x1a2b_3c4d;

/// The PPTP Message Type of control messages.
const CONTROL_MESSAGE: u16 = 1;

/// The length of Length, PPTP Message Type and Magic Cookie, which every message has.
const FRAME_LEN: usize = 8;

code_points! {
    /// The Control Message Type (RFC 2637 §1.4).
    ControlType: u16 {
        /// Start-Control-Connection-Request.
        1 StartControlConnectionRequest "Start-Control-Connection-Request",
        /// Start-Control-Connection-Reply.
        2 StartControlConnectionReply "Start-Control-Connection-Reply",
        /// Stop-Control-Connection-Request.
        3 StopControlConnectionRequest "Stop-Control-Connection-Request",
        /// Stop-Control-Connection-Reply.
        4 StopControlConnectionReply "Stop-Control-Connection-Reply",
        /// Echo-Request.
        5 EchoRequest "Echo-Request",
        /// Echo-Reply.
        6 EchoReply "Echo-Reply",
        /// Outgoing-Call-Request.
        7 OutgoingCallRequest "Outgoing-Call-Request",
        /// Outgoing-Call-Reply.
        8 OutgoingCallReply "Outgoing-Call-Reply",
        /// Incoming-Call-Request.
        9 IncomingCallRequest "Incoming-Call-Request",
        /// Incoming-Call-Reply.
        10 IncomingCallReply "Incoming-Call-Reply",
        /// Incoming-Call-Connected.
        11 IncomingCallConnected "Incoming-Call-Connected",
        /// Call-Clear-Request.
        12 CallClearRequest "Call-Clear-Request",
        /// Call-Disconnect-Notify.
        13 CallDisconnectNotify "Call-Disconnect-Notify",
        /// WAN-Error-Notify.
        14 WanErrorNotify "WAN-Error-Notify",
        /// Set-Link-Info.
        15 SetLinkInfo "Set-Link-Info",
    }
}

impl fmt::Display for ControlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(number) => write!(f, "control message of type {number}"),
            _ => f.write_str(self.name()),
        }
    }
}

/// The header of one message on a control connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Header {
    /// The length of the whole message in octets, this header included.
    pub length: u16,
    /// What kind of message it is.
    pub kind: HeaderKind,
}

/// What kind of message a [`Header`] announces: PPTP Message Type and, if that is 1, Control Message Type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum HeaderKind {
    /// A control message (PPTP Message Type 1). Its header is 12 octets long.
    Control(ControlType),
    /// A management message (PPTP Message Type 2), which RFC 2637 does not define, or a message of any other type:
    /// this one. Its header is 8 octets long, for what follows the cookie is not known.
    Management(u16),
}

impl HeaderKind {
    /// The length of a header of this kind in octets.
    #[must_use]
    pub const fn header_len(self) -> usize {
        match self {
            Self::Control(_) => Header::LEN,
            Self::Management(_) => FRAME_LEN,
        }
    }
}

impl Header {
    /// The length of a control message's header in octets.
    pub const LEN: usize = 12;

    /// Reads the header of the message that `stream` starts with, or tells by `None` that it needs more octets.
    ///
    /// # Errors
    /// As soon as it can be told, that Length or Magic Cookie cannot be right.
    pub fn parse(stream: &[u8]) -> Result<Option<Self>, ProtocolError> {
        let mut reader = Reader::new(stream);
        let Ok(length) = reader.u16("Length") else {
            return Ok(None);
        };
        let bad_length = Err(ProtocolError::Length { found: length });
        if !(FRAME_LEN..=MAX_RECEIVED_MESSAGE).contains(&usize::from(length)) {
            return bad_length;
        }
        let Ok(message_type) = reader.u16("PPTP Message Type") else {
            return Ok(None);
        };
        if message_type == CONTROL_MESSAGE && usize::from(length) < Self::LEN {
            return bad_length;
        }
        match reader.u32("Magic Cookie") {
            Ok(MAGIC_COOKIE) => {}
            Ok(found) => return Err(ProtocolError::MagicCookie { found }),
            Err(_) => return Ok(None),
        }
        if message_type != CONTROL_MESSAGE {
            let kind = HeaderKind::Management(message_type);
            return Ok(Some(Self { length, kind }));
        }
        let (Ok(control_type), Ok(_reserved)) =
            (reader.u16("Control Message Type"), reader.u16("Reserved0"))
        else {
            return Ok(None);
        };
        let kind = HeaderKind::Control(control_type.into());
        Ok(Some(Self { length, kind }))
    }

    /// Writes the header to the front of `out`.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `out` is shorter than the header.
    pub fn encode<'b>(&self, out: &'b mut [u8]) -> Result<&'b mut [u8], BufferTooSmall> {
        let mut writer = Writer::new(out);
        self.write(&mut writer);
        writer.finish()
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.length);
        match self.kind {
            HeaderKind::Control(control_type) => {
                writer.u16(CONTROL_MESSAGE);
                writer.u32(MAGIC_COOKIE);
                writer.u16(control_type.into());
                writer.u16(0);
            }
            HeaderKind::Management(message_type) => {
                writer.u16(message_type);
                writer.u32(MAGIC_COOKIE);
            }
        }
    }

    /// The whole of the message with this header that `stream` starts with, placed behind its header; `None` if
    /// `stream` does not hold all of it.
    pub(super) fn body<'a>(&self, stream: &'a [u8]) -> Option<Reader<'a>> {
        let message = stream.get(..usize::from(self.length))?;
        let mut reader = Reader::new(message);
        reader.take(self.kind.header_len(), "header").ok()?;
        Some(reader)
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            HeaderKind::Control(control_type) => write!(f, "{control_type}")?,
            HeaderKind::Management(number) => write!(f, "message of PPTP type {number}")?,
        }
        write!(f, ", length {}", self.length)
    }
}

/// A reader of the body of the message of type `expected` that `message` starts with.
pub(super) fn open(message: &[u8], expected: ControlType) -> Result<Reader<'_>, ProtocolError> {
    let malformed = |error| ProtocolError::Malformed {
        message: expected,
        error,
    };
    // `take` fails by itself if there are fewer octets than it takes.
    let short = |needed| {
        let taken = Reader::new(message).take(needed, "message");
        malformed(taken.map_or_else(|error| error, |_| ParseError::invalid("Length", 0)))
    };
    let header = Header::parse(message)?.ok_or_else(|| short(Header::LEN))?;
    if header.kind != HeaderKind::Control(expected) {
        return Err(malformed(ParseError::invalid("Control Message Type", 8)));
    }
    header
        .body(message)
        .ok_or_else(|| short(usize::from(header.length)))
}

/// Gives a message type its public constants and functions, from its private `read` and `write`.
macro_rules! control_message {
    ($name:ident $(<$life:lifetime>)?, $len:literal) => {
        impl $(<$life>)? $name $(<$life>)? {
            /// The Control Message Type.
            pub const TYPE: $crate::wire::ControlType = $crate::wire::ControlType::$name;

            /// The length of the whole message in octets, its header included.
            pub const LEN: usize = $len;

            /// Reads one whole message, header included. Octets behind the last field are ignored.
            ///
            /// # Errors
            /// If it is too short, of another type, or no PPTP message.
            pub fn parse(message: &$($life)? [u8]) -> Result<Self, $crate::ProtocolError> {
                let mut reader = $crate::wire::header::open(message, Self::TYPE)?;
                Self::read(&mut reader).map_err(|error| $crate::ProtocolError::Malformed {
                    message: Self::TYPE,
                    error,
                })
            }

            /// Writes the message to the front of `out`, header included, and returns what was written.
            ///
            /// # Errors
            /// [`BufferTooSmall`](crate::codec::BufferTooSmall) if `out` is shorter than [`Self::LEN`].
            pub fn encode<'b>(
                &self,
                out: &'b mut [u8],
            ) -> Result<&'b mut [u8], $crate::codec::BufferTooSmall> {
                let mut writer = $crate::codec::Writer::new(out);
                let kind = $crate::wire::HeaderKind::Control(Self::TYPE);
                $crate::wire::Header { length: $len, kind }.write(&mut writer);
                self.write(&mut writer);
                writer.finish()
            }
        }
    };
}

pub(super) use control_message;
