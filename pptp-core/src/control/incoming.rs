//! What the ends decide about an incoming call (RFC 2637 §2.9 to §2.11), and what is said about any call's line (§2.13 to
//! §2.15).

use super::FieldText;
use crate::wire::{
    Bearer, DisconnectResult, Framing, GeneralError, IncomingCallRequest, WanErrorNotify,
};

/// The call that a PAC has for a PNS: a telephone rings (RFC 2637 §2.9).
///
/// The default knows of no numbers. The call id has to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IncomingRequest {
    /// The PAC's id for the call; it stands in every GRE packet that the PAC receives for it. Ours must be unique among
    /// all calls with the same peer address.
    pub call_id: u16,
    /// Identifies the call in the logs of both ends.
    pub call_serial_number: u16,
    /// The bearer of the call.
    pub bearer: Bearer,
    /// The physical channel on which the call came, for logs only.
    pub physical_channel_id: u32,
    /// The number that was dialed.
    pub dialed_number: FieldText,
    /// The number of the caller.
    pub dialing_number: FieldText,
    /// More about the number.
    pub subaddress: FieldText,
}

impl IncomingRequest {
    /// The default, for constants.
    pub const DEFAULT: Self = Self {
        call_id: 0,
        call_serial_number: 0,
        bearer: Bearer::ANALOG,
        physical_channel_id: 0,
        dialed_number: FieldText::EMPTY,
        dialing_number: FieldText::EMPTY,
        subaddress: FieldText::EMPTY,
    };

    pub(super) fn as_wire(&self) -> IncomingCallRequest<'_> {
        IncomingCallRequest {
            call_id: self.call_id,
            call_serial_number: self.call_serial_number,
            bearer: self.bearer,
            physical_channel_id: self.physical_channel_id,
            dialed_number: self.dialed_number.as_bytes(),
            dialing_number: self.dialing_number.as_bytes(),
            subaddress: self.subaddress.as_bytes(),
        }
    }

    pub(super) const fn from_wire(request: &IncomingCallRequest<'_>) -> Self {
        Self {
            call_id: request.call_id,
            call_serial_number: request.call_serial_number,
            bearer: request.bearer,
            physical_channel_id: request.physical_channel_id,
            dialed_number: FieldText::new(request.dialed_number),
            dialing_number: FieldText::new(request.dialing_number),
            subaddress: FieldText::new(request.subaddress),
        }
    }
}

impl Default for IncomingRequest {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How a PNS takes an incoming call (RFC 2637 §2.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IncomingAnswer {
    /// The PNS's id for the call; it stands in every GRE packet that the PNS receives for it. It must be unique among all
    /// calls with the same peer address, over all control connections.
    pub call_id: u16,
    /// How many received data packets the PNS buffers for the call.
    pub receive_window: u16,
    /// How long the PNS takes to process a packet, in tenths of a second.
    pub transmit_delay: u16,
}

impl IncomingAnswer {
    /// The default, for constants.
    pub const DEFAULT: Self = Self {
        call_id: 0,
        receive_window: 64,
        transmit_delay: 0,
    };
}

impl Default for IncomingAnswer {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a PAC says of the line that it has answered (RFC 2637 §2.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IncomingLine {
    /// The speed of the connection, in bits a second.
    pub connect_speed: u32,
    /// How many received data packets the PAC buffers for the call.
    pub receive_window: u16,
    /// How long the PAC takes to process a packet, in tenths of a second.
    pub transmit_delay: u16,
    /// The framing of the line.
    pub framing: Framing,
}

impl IncomingLine {
    /// The default, for constants.
    pub const DEFAULT: Self = Self {
        connect_speed: 115_200,
        receive_window: 64,
        transmit_delay: 0,
        framing: Framing::ASYNCHRONOUS,
    };
}

impl Default for IncomingLine {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a PAC ends a call, and what it has counted of it (RFC 2637 §2.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Disconnect<'a> {
    /// Why.
    pub result: DisconnectResult,
    /// More, if that is a general error.
    pub error: GeneralError,
    /// More about the end; for ISDN the cause code of Q.931.
    pub cause: u16,
    /// A vendor's statistics of the call, as text for logs. What goes beyond 128 octets is cut off.
    pub statistics: &'a [u8],
}

impl Default for Disconnect<'_> {
    /// The carrier is lost, and nothing was counted.
    fn default() -> Self {
        Self {
            result: DisconnectResult::LostCarrier,
            error: GeneralError::None,
            cause: 0,
            statistics: &[],
        }
    }
}

/// What has gone wrong on the line of a call since the call's start (RFC 2637 §2.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WanErrors {
    /// PPP frames received with CRC errors.
    pub crc: u32,
    /// PPP packets received with bad framing.
    pub framing: u32,
    /// Overruns of the receiver.
    pub hardware_overruns: u32,
    /// Overruns of buffers.
    pub buffer_overruns: u32,
    /// Time-outs.
    pub time_outs: u32,
    /// Alignment errors.
    pub alignment: u32,
}

impl WanErrors {
    pub(super) const fn as_wire(&self, peer_call_id: u16) -> WanErrorNotify {
        WanErrorNotify {
            peer_call_id,
            crc_errors: self.crc,
            framing_errors: self.framing,
            hardware_overruns: self.hardware_overruns,
            buffer_overruns: self.buffer_overruns,
            time_out_errors: self.time_outs,
            alignment_errors: self.alignment,
        }
    }
}

/// The Async-Control-Character-Maps of a call's line (RFC 2637 §2.15, RFC 1662 §7.1): bit n is for octet n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LinkInfo {
    /// Which control characters the PAC escapes when it sends to the line.
    pub send_accm: u32,
    /// Which control characters it ignores when they come from the line as they are.
    pub receive_accm: u32,
}

impl LinkInfo {
    /// All of them, which is what counts until a Set-Link-Info says otherwise.
    pub const DEFAULT: Self = Self {
        send_accm: u32::MAX,
        receive_accm: u32::MAX,
    };
}

impl Default for LinkInfo {
    fn default() -> Self {
        Self::DEFAULT
    }
}
