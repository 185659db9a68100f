//! The messages of RFC 2637 as they are on the wire: the 15 control messages (§2) and the enhanced GRE header (§4.1).
//!
//! Every parser is total and keeps code points that the RFC does not define. Reserved fields are ignored when read and
//! zero when written. `Display` gives one line in the manner of tcpdump, with every string escaped.

mod call_clear;
mod capabilities;
mod code_points;
mod echo;
mod gre;
mod header;
mod incoming_call;
mod outgoing_call;
mod set_link_info;
mod start_control;
mod stop_control;
mod text;
mod wan_error;

#[cfg(test)]
pub(crate) mod tests;

pub use call_clear::{CallClearRequest, CallDisconnectNotify, DisconnectResult};
pub use capabilities::{Bearer, Framing};
pub use code_points::GeneralError;
pub use echo::{EchoReply, EchoRequest, EchoResult};
pub use gre::GreHeader;
pub use header::{ControlType, Header, HeaderKind, MAGIC_COOKIE};
pub use incoming_call::{
    IncomingCallConnected, IncomingCallReply, IncomingCallRequest, IncomingCallResult,
};
pub use outgoing_call::{OutgoingCallReply, OutgoingCallRequest, OutgoingCallResult};
pub use set_link_info::SetLinkInfo;
pub use start_control::{
    Capabilities, StartControlConnectionReply, StartControlConnectionRequest, StartResult, Version,
};
pub use stop_control::{
    StopControlConnectionReply, StopControlConnectionRequest, StopReason, StopResult,
};
pub use wan_error::WanErrorNotify;

use crate::ProtocolError;
use crate::codec::{BufferTooSmall, Writer};
use core::fmt;

/// The longest control message that RFC 2637 defines, in octets: a buffer of this size holds any that is sent.
pub const MAX_CONTROL_MESSAGE: usize = IncomingCallRequest::LEN;

/// The longest message that is accepted from a peer, in octets. Messages may be longer than RFC 2637 defines, and then
/// only their tail is ignored; what claims to be longer than this is taken for a stream that has lost its place.
pub const MAX_RECEIVED_MESSAGE: usize = 512;

/// Defines [`Message`] from the list of messages.
macro_rules! messages {
    ($($(#[$about:meta])* $name:ident $(<$life:lifetime>)?,)*) => {
        /// Any message on a control connection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Message<'a> {
            $(
                $(#[$about])*
                $name($name $(<$life>)?),
            )*
            /// A control message of a type that RFC 2637 does not define.
            Unknown {
                /// The Control Message Type.
                control_type: u16,
                /// What follows the header of 12 octets.
                body: &'a [u8],
            },
            /// A management message (PPTP Message Type 2), which RFC 2637 does not define, or one of any other type.
            Management {
                /// The PPTP Message Type.
                message_type: u16,
                /// What follows the Magic Cookie.
                body: &'a [u8],
            },
        }

        impl<'a> Message<'a> {
            /// Reads the message that `stream` starts with, and tells how many octets it takes up; or tells by `None`
            /// that `stream` does not hold all of it yet.
            ///
            /// # Errors
            /// If the octets are not PPTP, or if the message is shorter than its fields.
            pub fn parse(stream: &'a [u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
                let Some(header) = Header::parse(stream)? else {
                    return Ok(None);
                };
                let Some(mut reader) = header.body(stream) else {
                    return Ok(None);
                };
                let message = match header.kind {
                    $(
                        HeaderKind::Control(ControlType::$name) => {
                            $name::read(&mut reader).map(Self::$name)
                        }
                    )*
                    HeaderKind::Control(ControlType::Other(control_type)) => Ok(Self::Unknown {
                        control_type,
                        body: reader.rest(),
                    }),
                    HeaderKind::Management(message_type) => Ok(Self::Management {
                        message_type,
                        body: reader.rest(),
                    }),
                };
                match (message, header.kind) {
                    (Ok(message), _) => Ok(Some((message, usize::from(header.length)))),
                    (Err(error), HeaderKind::Control(message)) => {
                        Err(ProtocolError::Malformed { message, error })
                    }
                    (Err(_), HeaderKind::Management(_)) => {
                        Err(ProtocolError::Length { found: header.length })
                    }
                }
            }

            /// Writes the message to the front of `out`, header included, and returns what was written.
            ///
            /// # Errors
            /// [`BufferTooSmall`] if `out` cannot hold it; [`MAX_CONTROL_MESSAGE`] octets hold any that RFC 2637
            /// defines.
            pub fn encode<'b>(&self, out: &'b mut [u8]) -> Result<&'b mut [u8], BufferTooSmall> {
                match self {
                    $(Self::$name(message) => message.encode(out),)*
                    Self::Unknown { control_type, body } => {
                        encode_other(HeaderKind::Control(ControlType::Other(*control_type)), body, out)
                    }
                    Self::Management { message_type, body } => {
                        encode_other(HeaderKind::Management(*message_type), body, out)
                    }
                }
            }

            /// The Control Message Type, if this is a control message.
            #[must_use]
            pub const fn control_type(&self) -> Option<ControlType> {
                match self {
                    $(Self::$name(_) => Some(ControlType::$name),)*
                    Self::Unknown { control_type, .. } => Some(ControlType::Other(*control_type)),
                    Self::Management { .. } => None,
                }
            }
        }

        impl fmt::Display for Message<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name(message) => message.fmt(f),)*
                    Self::Unknown { control_type, body } => {
                        write!(f, "control message of type {control_type}, {} octets", body.len())
                    }
                    Self::Management { message_type, body } => {
                        write!(f, "message of PPTP type {message_type}, {} octets", body.len())
                    }
                }
            }
        }

        $(
            impl<'a> From<$name $(<$life>)?> for Message<'a> {
                fn from(message: $name $(<$life>)?) -> Self {
                    Self::$name(message)
                }
            }
        )*
    };
}

messages! {
    /// RFC 2637 §2.1.
    StartControlConnectionRequest<'a>,
    /// RFC 2637 §2.2.
    StartControlConnectionReply<'a>,
    /// RFC 2637 §2.3.
    StopControlConnectionRequest,
    /// RFC 2637 §2.4.
    StopControlConnectionReply,
    /// RFC 2637 §2.5.
    EchoRequest,
    /// RFC 2637 §2.6.
    EchoReply,
    /// RFC 2637 §2.7.
    OutgoingCallRequest<'a>,
    /// RFC 2637 §2.8.
    OutgoingCallReply,
    /// RFC 2637 §2.9.
    IncomingCallRequest<'a>,
    /// RFC 2637 §2.10.
    IncomingCallReply,
    /// RFC 2637 §2.11.
    IncomingCallConnected,
    /// RFC 2637 §2.12.
    CallClearRequest,
    /// RFC 2637 §2.13.
    CallDisconnectNotify<'a>,
    /// RFC 2637 §2.14.
    WanErrorNotify,
    /// RFC 2637 §2.15.
    SetLinkInfo,
}

fn encode_other<'b>(
    kind: HeaderKind,
    body: &[u8],
    out: &'b mut [u8],
) -> Result<&'b mut [u8], BufferTooSmall> {
    let length = kind.header_len().saturating_add(body.len());
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    let mut writer = Writer::new(out);
    Header { length, kind }.write(&mut writer);
    writer.bytes(body);
    writer.finish()
}
