//! Echo-Request and Echo-Reply (RFC 2637 §2.5, §2.6).

use super::code_points::{GeneralError, code_points, display_code};
use super::header::control_message;
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

/// Echo-Request (RFC 2637 §2.5): asks whether the peer is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EchoRequest {
    /// Matches the reply with its request.
    pub identifier: u32,
}

control_message!(EchoRequest, 16);

impl EchoRequest {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let identifier = reader.u32("Identifier")?;
        Ok(Self { identifier })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u32(self.identifier);
    }
}

impl fmt::Display for EchoRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ECHORQ ID({})", self.identifier)
    }
}

/// Echo-Reply (RFC 2637 §2.6): the answer to an [`EchoRequest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EchoReply {
    /// The request's identifier.
    pub identifier: u32,
    /// Whether the request was accepted.
    pub result: EchoResult,
    /// More about the result, if that is a general error.
    pub error: GeneralError,
}

code_points! {
    /// The Result Code of an [`EchoReply`] (RFC 2637 §2.6).
    EchoResult: u8 {
        /// The Echo-Reply is valid.
        1 Ok "OK",
        /// Echo-Request not accepted: the error code says why.
        2 GeneralError "General error",
    }
}

display_code!(EchoResult: u8);

control_message!(EchoReply, 20);

impl EchoReply {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let identifier = reader.u32("Identifier")?;
        let result = reader.u8("Result Code")?.into();
        let error = reader.u8("Error Code")?.into();
        reader.u16("Reserved1")?;
        Ok(Self {
            identifier,
            result,
            error,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u32(self.identifier);
        writer.u8(self.result.into());
        writer.u8(self.error.into());
        writer.u16(0);
    }
}

impl fmt::Display for EchoReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            identifier,
            result,
            error,
        } = self;
        write!(
            f,
            "ECHORP ID({identifier}) RESULT_CODE({result}) ERR_CODE({error})"
        )
    }
}
