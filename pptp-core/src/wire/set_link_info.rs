//! Set-Link-Info (RFC 2637 §2.15).

use super::header::control_message;
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

/// Set-Link-Info (RFC 2637 §2.15): from PNS to PAC, and from Windows both ways, options that PPP negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SetLinkInfo {
    /// The receiver's id for the call.
    pub peer_call_id: u16,
    /// The Async-Control-Character-Map to send with. It is of no use inside PPTP, which has no asynchronous framing.
    pub send_accm: u32,
    /// The Async-Control-Character-Map to receive with.
    pub receive_accm: u32,
}

control_message!(SetLinkInfo, 24);

impl SetLinkInfo {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let peer_call_id = reader.u16("Peer's Call ID")?;
        reader.u16("Reserved1")?;
        Ok(Self {
            peer_call_id,
            send_accm: reader.u32("Send ACCM")?,
            receive_accm: reader.u32("Receive ACCM")?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.peer_call_id);
        writer.u16(0);
        writer.u32(self.send_accm);
        writer.u32(self.receive_accm);
    }
}

impl fmt::Display for SetLinkInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            peer_call_id,
            send_accm,
            receive_accm,
        } = self;
        write!(
            f,
            "SLI PEER_CALL_ID({peer_call_id}) SEND_ACCM(0x{send_accm:08x}) \
             RECV_ACCM(0x{receive_accm:08x})"
        )
    }
}
