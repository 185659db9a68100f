//! Call-Clear-Request and Call-Disconnect-Notify (RFC 2637 §2.12, §2.13).

use super::code_points::{GeneralError, code_points, display_code};
use super::header::control_message;
use super::text::{Text, trimmed};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

/// Call-Clear-Request (RFC 2637 §2.12): from PNS to PAC, ends a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CallClearRequest {
    /// The PNS's id for the call: the sender's own, for it may not know the PAC's yet.
    pub call_id: u16,
}

control_message!(CallClearRequest, 16);

impl CallClearRequest {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let call_id = reader.u16("Call ID")?;
        reader.u16("Reserved1")?;
        Ok(Self { call_id })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.call_id);
        writer.u16(0);
    }
}

impl fmt::Display for CallClearRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CCRQ CALL_ID({})", self.call_id)
    }
}

/// Call-Disconnect-Notify (RFC 2637 §2.13): from PAC to PNS, a call has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CallDisconnectNotify<'a> {
    /// The PAC's id for the call: the sender's own. Some PACs and NAT helpers put the PNS's here.
    pub call_id: u16,
    /// Why the call has ended; Windows says 0 whatever the reason is.
    pub result: DisconnectResult,
    /// More about the result, if that is a general error.
    pub error: GeneralError,
    /// More about the end; for ISDN the cause code of Q.931.
    pub cause: u16,
    /// A vendor's statistics of the call: octets without the zeros that fill up their field of 128. Longer ones are
    /// cut when written.
    pub statistics: &'a [u8],
}

code_points! {
    /// The Result Code of a [`CallDisconnectNotify`] (RFC 2637 §2.13).
    DisconnectResult: u8 {
        /// The carrier was lost.
        1 LostCarrier "Lost Carrier",
        /// General error: the error code says which.
        2 GeneralError "General Error",
        /// The call was disconnected for administrative reasons.
        3 AdminShutdown "Admin Shutdown",
        /// A Call-Clear-Request asked for it.
        4 Request "Request",
    }
}

display_code!(DisconnectResult: u8);

control_message!(CallDisconnectNotify<'a>, 148);

impl<'a> CallDisconnectNotify<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let call_id = reader.u16("Call ID")?;
        let result = reader.u8("Result Code")?.into();
        let error = reader.u8("Error Code")?.into();
        let cause = reader.u16("Cause Code")?;
        reader.u16("Reserved1")?;
        Ok(Self {
            call_id,
            result,
            error,
            cause,
            statistics: trimmed(reader.take(128, "Call Statistics")?),
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.call_id);
        writer.u8(self.result.into());
        writer.u8(self.error.into());
        writer.u16(self.cause);
        writer.u16(0);
        writer.padded(self.statistics, 128);
    }
}

impl fmt::Display for CallDisconnectNotify<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            call_id,
            result,
            error,
            cause,
            ..
        } = self;
        write!(
            f,
            "CDN CALL_ID({call_id}) RESULT_CODE({result}) ERR_CODE({error}) CAUSE_CODE({cause}) \
             CALL_STATS({})",
            Text(self.statistics)
        )
    }
}
