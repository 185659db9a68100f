//! Incoming-Call-Request, -Reply and -Connected (RFC 2637 §2.9, §2.10, §2.11).

use super::code_points::{GeneralError, code_points, display_code};
use super::header::control_message;
use super::outgoing_call::number_len;
use super::text::{Text, trimmed};
use super::{Bearer, Framing};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

/// Incoming-Call-Request (RFC 2637 §2.9): from PAC to PNS, a telephone rings.
///
/// Strings are octets without the zeros that fill up their field of 64; longer ones are cut when written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IncomingCallRequest<'a> {
    /// The PAC's id for the call.
    pub call_id: u16,
    /// Identifies the call in the logs of both ends.
    pub call_serial_number: u16,
    /// The bearer of the call.
    pub bearer: Bearer,
    /// The physical channel on which the call came.
    pub physical_channel_id: u32,
    /// The number that was dialed. When read, Dialed Number Length is not trusted, for the field tells as much.
    pub dialed_number: &'a [u8],
    /// The number of the caller; read in the same way.
    pub dialing_number: &'a [u8],
    /// More about the number.
    pub subaddress: &'a [u8],
}

control_message!(IncomingCallRequest<'a>, 220);

impl<'a> IncomingCallRequest<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let call_id = reader.u16("Call ID")?;
        let call_serial_number = reader.u16("Call Serial Number")?;
        let bearer = Bearer::from_bits_retain(reader.u32("Call Bearer Type")?);
        let physical_channel_id = reader.u32("Physical Channel ID")?;
        reader.u16("Dialed Number Length")?;
        reader.u16("Dialing Number Length")?;
        Ok(Self {
            call_id,
            call_serial_number,
            bearer,
            physical_channel_id,
            dialed_number: trimmed(reader.take(64, "Dialed Number")?),
            dialing_number: trimmed(reader.take(64, "Dialing Number")?),
            subaddress: trimmed(reader.take(64, "Subaddress")?),
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.call_id);
        writer.u16(self.call_serial_number);
        writer.u32(self.bearer.bits());
        writer.u32(self.physical_channel_id);
        writer.u16(number_len(self.dialed_number));
        writer.u16(number_len(self.dialing_number));
        writer.padded(self.dialed_number, 64);
        writer.padded(self.dialing_number, 64);
        writer.padded(self.subaddress, 64);
    }
}

impl fmt::Display for IncomingCallRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            call_id,
            call_serial_number,
            bearer,
            physical_channel_id,
            ..
        } = self;
        write!(
            f,
            "ICRQ CALL_ID({call_id}) CALL_SER_NUM({call_serial_number}) BEARER_TYPE({bearer}) \
             PHY_CHAN_ID({physical_channel_id}) DIALED_NO({}) DIALING_NO({}) SUB_ADDR({})",
            Text(self.dialed_number),
            Text(self.dialing_number),
            Text(self.subaddress)
        )
    }
}

/// Incoming-Call-Reply (RFC 2637 §2.10): from PNS to PAC, whether to answer the telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IncomingCallReply {
    /// The PNS's id for the call.
    pub call_id: u16,
    /// The PAC's id for the call, from the request.
    pub peer_call_id: u16,
    /// Whether the PAC should answer.
    pub result: IncomingCallResult,
    /// More about the result, if that is a general error.
    pub error: GeneralError,
    /// How many received data packets the PNS buffers for the call.
    pub receive_window: u16,
    /// How long the PNS takes to process a packet, in tenths of a second.
    pub transmit_delay: u16,
}

code_points! {
    /// The Result Code of an [`IncomingCallReply`] (RFC 2637 §2.10).
    IncomingCallResult: u8 {
        /// The PAC should answer the call.
        1 Connect "Connect",
        /// The call should not be established: the error code says why.
        2 GeneralError "General Error",
        /// The PAC should not accept the call: hang up, or give a busy signal.
        3 DoNotAccept "Do Not Accept",
    }
}

display_code!(IncomingCallResult: u8);

control_message!(IncomingCallReply, 24);

impl IncomingCallReply {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let call_id = reader.u16("Call ID")?;
        let peer_call_id = reader.u16("Peer's Call ID")?;
        let result = reader.u8("Result Code")?.into();
        let error = reader.u8("Error Code")?.into();
        let receive_window = reader.u16("Packet Recv. Window Size")?;
        let transmit_delay = reader.u16("Packet Transmit Delay")?;
        reader.u16("Reserved1")?;
        Ok(Self {
            call_id,
            peer_call_id,
            result,
            error,
            receive_window,
            transmit_delay,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.call_id);
        writer.u16(self.peer_call_id);
        writer.u8(self.result.into());
        writer.u8(self.error.into());
        writer.u16(self.receive_window);
        writer.u16(self.transmit_delay);
        writer.u16(0);
    }
}

impl fmt::Display for IncomingCallReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            call_id,
            peer_call_id,
            result,
            error,
            receive_window,
            transmit_delay,
        } = self;
        write!(
            f,
            "ICRP CALL_ID({call_id}) PEER_CALL_ID({peer_call_id}) RESULT_CODE({result}) \
             ERR_CODE({error}) RECV_WIN({receive_window}) PROC_DELAY({transmit_delay})"
        )
    }
}

/// Incoming-Call-Connected (RFC 2637 §2.11): from PAC to PNS, the telephone has been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IncomingCallConnected {
    /// The PNS's id for the call.
    pub peer_call_id: u16,
    /// The speed of the connection, in bits a second.
    pub connect_speed: u32,
    /// How many received data packets the PAC buffers for the call.
    pub receive_window: u16,
    /// How long the PAC takes to process a packet, in tenths of a second.
    pub transmit_delay: u16,
    /// The framing of the call.
    pub framing: Framing,
}

control_message!(IncomingCallConnected, 28);

impl IncomingCallConnected {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let peer_call_id = reader.u16("Peer's Call ID")?;
        reader.u16("Reserved1")?;
        Ok(Self {
            peer_call_id,
            connect_speed: reader.u32("Connect Speed")?,
            receive_window: reader.u16("Packet Recv. Window Size")?,
            transmit_delay: reader.u16("Packet Transmit Delay")?,
            framing: Framing::from_bits_retain(reader.u32("Framing Type")?),
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.peer_call_id);
        writer.u16(0);
        writer.u32(self.connect_speed);
        writer.u16(self.receive_window);
        writer.u16(self.transmit_delay);
        writer.u32(self.framing.bits());
    }
}

impl fmt::Display for IncomingCallConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            peer_call_id,
            connect_speed,
            receive_window,
            transmit_delay,
            framing,
        } = self;
        write!(
            f,
            "ICCN PEER_CALL_ID({peer_call_id}) CONN_SPEED({connect_speed}) \
             RECV_WIN({receive_window}) PROC_DELAY({transmit_delay}) FRAME_TYPE({framing})"
        )
    }
}
