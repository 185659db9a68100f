//! Outgoing-Call-Request and -Reply (RFC 2637 §2.7, §2.8).

use super::code_points::{GeneralError, code_points, display_code};
use super::header::control_message;
use super::text::{Text, trimmed};
use super::{Bearer, Framing};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

/// Outgoing-Call-Request (RFC 2637 §2.7): from PNS to PAC, asks for a call to be placed. Every VPN client sends this.
///
/// Strings are octets without the zeros that fill up their field of 64; longer ones are cut when written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct OutgoingCallRequest<'a> {
    /// The PNS's id for the call.
    pub call_id: u16,
    /// Identifies the call in the logs of both ends.
    pub call_serial_number: u16,
    /// The lowest line speed that is acceptable, in bits a second.
    pub minimum_bps: u32,
    /// The highest line speed that is acceptable, in bits a second.
    pub maximum_bps: u32,
    /// The bearer that the call wants.
    pub bearer: Bearer,
    /// The framing that the call wants.
    pub framing: Framing,
    /// How many received data packets the PNS buffers for the call.
    pub receive_window: u16,
    /// How long the PNS takes to process a packet, in tenths of a second.
    pub processing_delay: u16,
    /// The number to be dialed. When read, Phone Number Length is not trusted, for the field tells as much.
    pub phone_number: &'a [u8],
    /// More to be dialed. Windows 7 and later put 16 octets here that also stand in an LCP Identification, by which
    /// the logs of both ends can be joined.
    pub subaddress: &'a [u8],
}

control_message!(OutgoingCallRequest<'a>, 168);

impl<'a> OutgoingCallRequest<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let call_id = reader.u16("Call ID")?;
        let call_serial_number = reader.u16("Call Serial Number")?;
        let minimum_bps = reader.u32("Minimum BPS")?;
        let maximum_bps = reader.u32("Maximum BPS")?;
        let bearer = Bearer::from_bits_retain(reader.u32("Bearer Type")?);
        let framing = Framing::from_bits_retain(reader.u32("Framing Type")?);
        let receive_window = reader.u16("Packet Recv. Window Size")?;
        let processing_delay = reader.u16("Packet Processing Delay")?;
        reader.u16("Phone Number Length")?;
        reader.u16("Reserved1")?;
        Ok(Self {
            call_id,
            call_serial_number,
            minimum_bps,
            maximum_bps,
            bearer,
            framing,
            receive_window,
            processing_delay,
            phone_number: trimmed(reader.take(64, "Phone Number")?),
            subaddress: trimmed(reader.take(64, "Subaddress")?),
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.call_id);
        writer.u16(self.call_serial_number);
        writer.u32(self.minimum_bps);
        writer.u32(self.maximum_bps);
        writer.u32(self.bearer.bits());
        writer.u32(self.framing.bits());
        writer.u16(self.receive_window);
        writer.u16(self.processing_delay);
        writer.u16(number_len(self.phone_number));
        writer.u16(0);
        writer.padded(self.phone_number, 64);
        writer.padded(self.subaddress, 64);
    }
}

/// How many octets of `number` fit into its field.
pub(super) fn number_len(number: &[u8]) -> u16 {
    u16::try_from(number.len()).map_or(64, |len| len.min(64))
}

impl fmt::Display for OutgoingCallRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            call_id,
            call_serial_number,
            minimum_bps,
            maximum_bps,
            bearer,
            framing,
            receive_window,
            processing_delay,
            ..
        } = self;
        write!(
            f,
            "OCRQ CALL_ID({call_id}) CALL_SER_NUM({call_serial_number}) MIN_BPS({minimum_bps}) \
             MAX_BPS({maximum_bps}) BEARER_TYPE({bearer}) FRAME_TYPE({framing}) \
             RECV_WIN({receive_window}) PROC_DELAY({processing_delay}) PHONE_NO({}) SUB_ADDR({})",
            Text(self.phone_number),
            Text(self.subaddress)
        )
    }
}

/// Outgoing-Call-Reply (RFC 2637 §2.8): the answer to an [`OutgoingCallRequest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct OutgoingCallReply {
    /// The PAC's id for the call.
    pub call_id: u16,
    /// The PNS's id for the call, from the request.
    pub peer_call_id: u16,
    /// Whether the call is established.
    pub result: OutgoingCallResult,
    /// More about the result, if that is a general error.
    pub error: GeneralError,
    /// More about a failure; for ISDN the cause code of Q.931.
    pub cause: u16,
    /// The speed of the connection, in bits a second.
    pub connect_speed: u32,
    /// How many received data packets the PAC buffers for the call.
    pub receive_window: u16,
    /// How long the PAC takes to process a packet, in tenths of a second.
    pub processing_delay: u16,
    /// The physical channel of the call, for logs only.
    pub physical_channel_id: u32,
}

code_points! {
    /// The Result Code of an [`OutgoingCallReply`] (RFC 2637 §2.8).
    OutgoingCallResult: u8 {
        /// The call is established.
        1 Connected "Connected",
        /// General error: the error code says which.
        2 GeneralError "General Error",
        /// No carrier was detected.
        3 NoCarrier "No Carrier",
        /// A busy signal was detected.
        4 Busy "Busy",
        /// There was no dial tone.
        5 NoDialTone "No Dial Tone",
        /// The call was not established within the time that the PAC allows.
        6 TimeOut "Time-out",
        /// The call is administratively prohibited.
        7 DoNotAccept "Do Not Accept",
    }
}

display_code!(OutgoingCallResult: u8);

control_message!(OutgoingCallReply, 32);

impl OutgoingCallReply {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        Ok(Self {
            call_id: reader.u16("Call ID")?,
            peer_call_id: reader.u16("Peer's Call ID")?,
            result: reader.u8("Result Code")?.into(),
            error: reader.u8("Error Code")?.into(),
            cause: reader.u16("Cause Code")?,
            connect_speed: reader.u32("Connect Speed")?,
            receive_window: reader.u16("Packet Recv. Window Size")?,
            processing_delay: reader.u16("Packet Processing Delay")?,
            physical_channel_id: reader.u32("Physical Channel ID")?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.call_id);
        writer.u16(self.peer_call_id);
        writer.u8(self.result.into());
        writer.u8(self.error.into());
        writer.u16(self.cause);
        writer.u32(self.connect_speed);
        writer.u16(self.receive_window);
        writer.u16(self.processing_delay);
        writer.u32(self.physical_channel_id);
    }
}

impl fmt::Display for OutgoingCallReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            call_id,
            peer_call_id,
            result,
            error,
            cause,
            connect_speed,
            receive_window,
            processing_delay,
            physical_channel_id,
        } = self;
        write!(
            f,
            "OCRP CALL_ID({call_id}) PEER_CALL_ID({peer_call_id}) RESULT_CODE({result}) \
             ERR_CODE({error}) CAUSE_CODE({cause}) CONN_SPEED({connect_speed}) \
             RECV_WIN({receive_window}) PROC_DELAY({processing_delay}) \
             PHY_CHAN_ID({physical_channel_id})"
        )
    }
}
