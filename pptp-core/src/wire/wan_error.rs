//! WAN-Error-Notify (RFC 2637 §2.14).

use super::header::control_message;
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

/// WAN-Error-Notify (RFC 2637 §2.14): from PAC to PNS, errors on the interface of a call, counted since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WanErrorNotify {
    /// The PNS's id for the call.
    pub peer_call_id: u16,
    /// PPP frames received with CRC errors.
    pub crc_errors: u32,
    /// PPP packets received with bad framing.
    pub framing_errors: u32,
    /// Overruns of the receive buffer.
    pub hardware_overruns: u32,
    /// Overruns of buffers.
    pub buffer_overruns: u32,
    /// Time-outs.
    pub time_out_errors: u32,
    /// Alignment errors.
    pub alignment_errors: u32,
}

control_message!(WanErrorNotify, 40);

impl WanErrorNotify {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let peer_call_id = reader.u16("Peer's Call ID")?;
        reader.u16("Reserved1")?;
        Ok(Self {
            peer_call_id,
            crc_errors: reader.u32("CRC Errors")?,
            framing_errors: reader.u32("Framing Errors")?,
            hardware_overruns: reader.u32("Hardware Overruns")?,
            buffer_overruns: reader.u32("Buffer Overruns")?,
            time_out_errors: reader.u32("Time-out Errors")?,
            alignment_errors: reader.u32("Alignment Errors")?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.peer_call_id);
        writer.u16(0);
        writer.u32(self.crc_errors);
        writer.u32(self.framing_errors);
        writer.u32(self.hardware_overruns);
        writer.u32(self.buffer_overruns);
        writer.u32(self.time_out_errors);
        writer.u32(self.alignment_errors);
    }
}

impl fmt::Display for WanErrorNotify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            peer_call_id,
            crc_errors,
            framing_errors,
            hardware_overruns,
            buffer_overruns,
            time_out_errors,
            alignment_errors,
        } = self;
        write!(
            f,
            "WEN PEER_CALL_ID({peer_call_id}) CRC_ERR({crc_errors}) \
             FRAMING_ERR({framing_errors}) HARDWARE_OVERRUN({hardware_overruns}) \
             BUFFER_OVERRUN({buffer_overruns}) TIMEOUT_ERR({time_out_errors}) \
             ALIGN_ERR({alignment_errors})"
        )
    }
}
