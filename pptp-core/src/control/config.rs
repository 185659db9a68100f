//! What the caller decides.

use super::{FieldText, IncomingAnswer};
use crate::wire::{Bearer, Capabilities, Framing, OutgoingCallRequest};
use core::time::Duration;

/// The configuration of a [`Connection`](super::Connection).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Config {
    /// What to say about ourselves.
    pub start: StartConfig,
    /// How long to wait for what.
    pub time_outs: TimeOuts,
    /// As a PAC, how to answer each Outgoing-Call-Request by itself. Without it, and for further calls while the call
    /// id in it is in use, there is an [`Event::CallRequested`](super::Event::CallRequested) to answer.
    pub accept: Option<CallAnswer>,
    /// As a PNS, how to answer each Incoming-Call-Request by itself. Without it, and for further calls while the call id
    /// in it is in use, there is an [`Event::IncomingCall`](super::Event::IncomingCall) to answer.
    pub accept_incoming: Option<IncomingAnswer>,
}

impl Config {
    /// The default, for constants.
    pub const DEFAULT: Self = Self {
        start: StartConfig::DEFAULT,
        time_outs: TimeOuts::DEFAULT,
        accept: None,
        accept_incoming: None,
    };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What an end says about itself in its Start-Control-Connection message (RFC 2637 §2.1, §2.2).
///
/// The default says what Windows clients do, but for the vendor. No peer is known to mind any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StartConfig {
    /// The framing that we can provide.
    pub framing: Framing,
    /// The bearers that we can provide.
    pub bearer: Bearer,
    /// How many PPP sessions a PAC supports in all; a PNS says 0.
    pub max_channels: u16,
    /// Our firmware's or driver's revision.
    pub firmware_revision: u16,
    /// Our DNS name.
    pub host_name: FieldText,
    /// What we are.
    pub vendor: FieldText,
}

impl StartConfig {
    /// The default, for constants.
    pub const DEFAULT: Self = Self {
        framing: Framing::ASYNCHRONOUS,
        bearer: Bearer::ANALOG,
        max_channels: 0,
        firmware_revision: 0,
        host_name: FieldText::EMPTY,
        vendor: FieldText::new(b"pptp-core"),
    };
}

impl Default for StartConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl StartConfig {
    pub(super) fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            framing: self.framing,
            bearer: self.bearer,
            max_channels: self.max_channels,
            firmware_revision: self.firmware_revision,
            host_name: self.host_name.as_bytes(),
            vendor: self.vendor.as_bytes(),
        }
    }

    pub(super) const fn from_wire(peer: &Capabilities<'_>) -> Self {
        Self {
            framing: peer.framing,
            bearer: peer.bearer,
            max_channels: peer.max_channels,
            firmware_revision: peer.firmware_revision,
            host_name: FieldText::new(peer.host_name),
            vendor: FieldText::new(peer.vendor),
        }
    }
}

/// How long a control connection waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct TimeOuts {
    /// For the peer's Start-Control-Connection message: 60 s, as RFC 2637 §3.1.4 has it.
    pub start: Duration,
    /// For each step on a call's way up, the peer's or our caller's: 60 s (RFC 2637 §3.2.1).
    pub call: Duration,
    /// For the Call-Disconnect-Notify that answers our Call-Clear-Request. Not all PACs send one: 2 s.
    pub clear: Duration,
    /// For the Stop-Control-Connection-Reply: 3 s. With `clear` before it a close takes at most 5 s; the RFC's 60 s
    /// would keep people waiting.
    pub stop: Duration,
    /// Without any message from the peer before an Echo-Request is sent: 60 s (RFC 2637 §3.1.4). `None` for no
    /// Echo-Requests.
    pub keep_alive: Option<Duration>,
    /// For the Echo-Reply: 60 s (RFC 2637 §3.1.4).
    pub echo_reply: Duration,
}

impl TimeOuts {
    /// The default, for constants.
    pub const DEFAULT: Self = Self {
        start: Duration::from_secs(60),
        call: Duration::from_secs(60),
        clear: Duration::from_secs(2),
        stop: Duration::from_secs(3),
        keep_alive: Some(Duration::from_secs(60)),
        echo_reply: Duration::from_secs(60),
    };
}

impl Default for TimeOuts {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The call that a PNS asks for (RFC 2637 §2.7).
///
/// The default asks for what Windows clients do. The call id has to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CallRequest {
    /// The PNS's id for the call; it stands in every GRE packet that the PNS receives for it. Ours must be unique
    /// among all calls from the same address.
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
    /// The number to be dialed.
    pub phone_number: FieldText,
    /// More to be dialed.
    pub subaddress: FieldText,
}

impl CallRequest {
    /// The default, for constants.
    pub const DEFAULT: Self = Self {
        call_id: 0,
        call_serial_number: 0,
        minimum_bps: 300,
        maximum_bps: 100_000_000,
        bearer: Bearer::ANY,
        framing: Framing::EITHER,
        receive_window: 64,
        processing_delay: 0,
        phone_number: FieldText::EMPTY,
        subaddress: FieldText::EMPTY,
    };
}

impl Default for CallRequest {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl CallRequest {
    pub(super) fn as_wire(&self) -> OutgoingCallRequest<'_> {
        OutgoingCallRequest {
            call_id: self.call_id,
            call_serial_number: self.call_serial_number,
            minimum_bps: self.minimum_bps,
            maximum_bps: self.maximum_bps,
            bearer: self.bearer,
            framing: self.framing,
            receive_window: self.receive_window,
            processing_delay: self.processing_delay,
            phone_number: self.phone_number.as_bytes(),
            subaddress: self.subaddress.as_bytes(),
        }
    }

    pub(super) const fn from_wire(request: &OutgoingCallRequest<'_>) -> Self {
        Self {
            call_id: request.call_id,
            call_serial_number: request.call_serial_number,
            minimum_bps: request.minimum_bps,
            maximum_bps: request.maximum_bps,
            bearer: request.bearer,
            framing: request.framing,
            receive_window: request.receive_window,
            processing_delay: request.processing_delay,
            phone_number: FieldText::new(request.phone_number),
            subaddress: FieldText::new(request.subaddress),
        }
    }
}

/// How a PAC accepts a call (RFC 2637 §2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CallAnswer {
    /// The PAC's id for the call; it stands in every GRE packet that the PAC receives for it. It must be unique among
    /// all calls with the same peer address, over all control connections: clients behind one NAT share theirs.
    pub call_id: u16,
    /// The speed of the connection, in bits a second.
    pub connect_speed: u32,
    /// How many received data packets the PAC buffers for the call.
    pub receive_window: u16,
    /// How long the PAC takes to process a packet, in tenths of a second.
    pub processing_delay: u16,
    /// The physical channel of the call, for logs only.
    pub physical_channel_id: u32,
}

impl CallAnswer {
    /// The default, for constants.
    pub const DEFAULT: Self = Self {
        call_id: 0,
        connect_speed: 100_000_000,
        receive_window: 64,
        processing_delay: 0,
        physical_channel_id: 0,
    };
}

impl Default for CallAnswer {
    fn default() -> Self {
        Self::DEFAULT
    }
}
