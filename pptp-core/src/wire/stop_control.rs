//! Stop-Control-Connection-Request and -Reply (RFC 2637 §2.3, §2.4).

use super::code_points::{GeneralError, code_points, display_code};
use super::header::control_message;
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

/// Stop-Control-Connection-Request (RFC 2637 §2.3): closes the control connection, and with it every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StopControlConnectionRequest {
    /// Why.
    pub reason: StopReason,
}

code_points! {
    /// The Reason of a [`StopControlConnectionRequest`] (RFC 2637 §2.3).
    StopReason: u8 {
        /// A general request to clear the control connection.
        1 None "None",
        /// The peer's version of the protocol is not supported.
        2 Protocol "Stop-Protocol",
        /// The requester is being shut down.
        3 LocalShutdown "Stop-Local-Shutdown",
    }
}

display_code!(StopReason: u8);

control_message!(StopControlConnectionRequest, 16);

impl StopControlConnectionRequest {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let reason = reader.u8("Reason")?.into();
        reader.u8("Reserved1")?;
        reader.u16("Reserved2")?;
        Ok(Self { reason })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.reason.into());
        writer.zeros(3);
    }
}

impl fmt::Display for StopControlConnectionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StopCCRQ REASON({})", self.reason)
    }
}

/// Stop-Control-Connection-Reply (RFC 2637 §2.4): the answer to a [`StopControlConnectionRequest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StopControlConnectionReply {
    /// Whether the control connection is closed.
    pub result: StopResult,
    /// More about the result, if that is a general error.
    pub error: GeneralError,
}

code_points! {
    /// The Result Code of a [`StopControlConnectionReply`] (RFC 2637 §2.4).
    StopResult: u8 {
        /// Control connection closed.
        1 Ok "OK",
        /// Control connection not closed: the error code says why.
        2 GeneralError "General error",
    }
}

display_code!(StopResult: u8);

control_message!(StopControlConnectionReply, 16);

impl StopControlConnectionReply {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let result = reader.u8("Result Code")?.into();
        let error = reader.u8("Error Code")?.into();
        reader.u16("Reserved1")?;
        Ok(Self { result, error })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.result.into());
        writer.u8(self.error.into());
        writer.u16(0);
    }
}

impl fmt::Display for StopControlConnectionReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { result, error } = self;
        write!(f, "StopCCRP RESULT_CODE({result}) ERR_CODE({error})")
    }
}
