//! What a control connection tells its caller.

use super::LinkInfo;
use crate::ProtocolError;
use crate::wire::{
    Capabilities, DisconnectResult, GeneralError, IncomingCallRequest, IncomingCallResult,
    OutgoingCallRequest, OutgoingCallResult, StartResult, StopReason, Version, WanErrorNotify,
};
use core::fmt;

/// Something that happened on a control connection.
///
/// `call` is the index of a call, less than the connection's number of calls. It stands for the same call until that
/// call's [`Event::CallFailed`] or [`Event::CallEnded`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event<'a> {
    /// The control connection is established: calls can be made.
    Connected {
        /// The version in use.
        version: Version,
        /// What the peer says about itself.
        peer: Capabilities<'a>,
    },
    /// The peer asks for a call: [`accept_call`](super::Connection::accept_call) or
    /// [`refuse_call`](super::Connection::refuse_call) has to answer.
    CallRequested {
        /// Which call.
        call: usize,
        /// What the peer asks for.
        request: OutgoingCallRequest<'a>,
    },
    /// The peer has an incoming call: [`accept_incoming`](super::Connection::accept_incoming) or
    /// [`refuse_incoming`](super::Connection::refuse_incoming) has to answer.
    IncomingCall {
        /// Which call.
        call: usize,
        /// What the peer knows of it.
        request: IncomingCallRequest<'a>,
    },
    /// The peer takes an incoming call: the line is to be answered, and then
    /// [`connect_call`](super::Connection::connect_call) to be called.
    CallAccepted {
        /// Which call.
        call: usize,
    },
    /// A call is established: PPP can start.
    CallConnected {
        /// Which call.
        call: usize,
        /// What GRE needs to know.
        info: CallInfo,
    },
    /// A call that was asked for was not established.
    CallFailed {
        /// Which call.
        call: usize,
        /// Why.
        cause: CallEnd,
    },
    /// An established call has ended.
    CallEnded {
        /// Which call.
        call: usize,
        /// Why.
        cause: CallEnd,
        /// What the peer, as PAC, has counted of it: whatever its vendor likes, as text for logs.
        statistics: &'a [u8],
    },
    /// The peer sent a Set-Link-Info. Where there is no asynchronous line, nothing needs to be done about it.
    LinkInfo {
        /// Which call.
        call: usize,
        /// The character maps.
        info: LinkInfo,
    },
    /// The peer has counted errors on the line of a call.
    WanErrors {
        /// Which call.
        call: usize,
        /// The counters.
        errors: WanErrorNotify,
    },
    /// The control connection has ended: the caller closes the TCP connection. All of its calls have ended before.
    Closed {
        /// Why.
        reason: CloseReason,
    },
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { version, peer } => {
                write!(
                    f,
                    "control connection established, version {version}: {peer}"
                )
            }
            Self::CallRequested { call, request } => write!(f, "call {call} requested: {request}"),
            Self::CallConnected { call, info } => write!(f, "call {call} established: {info}"),
            Self::CallFailed { call, cause } => write!(f, "call {call} failed: {cause}"),
            Self::IncomingCall { call, request } => write!(f, "call {call} comes in: {request}"),
            Self::CallAccepted { call } => write!(f, "call {call} is taken"),
            Self::CallEnded {
                call,
                cause,
                statistics,
            } => {
                write!(f, "call {call} ended: {cause}")?;
                if !statistics.is_empty() {
                    write!(f, " ({})", statistics.escape_ascii())?;
                }
                Ok(())
            }
            Self::LinkInfo { call, info } => {
                write!(
                    f,
                    "call {call}: character maps 0x{:08x}, 0x{:08x}",
                    info.send_accm, info.receive_accm
                )
            }
            Self::WanErrors { call, errors } => write!(f, "call {call}: {errors}"),
            Self::Closed { reason } => write!(f, "control connection closed: {reason}"),
        }
    }
}

/// What has been agreed about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct CallInfo {
    /// The call id in GRE packets that we receive.
    pub our_call_id: u16,
    /// How many received data packets we said that we buffer.
    pub our_window: u16,
    /// The call id in GRE packets that we send.
    pub peer_call_id: u16,
    /// The speed of the connection that the PAC claims, in bits a second.
    pub connect_speed: u32,
    /// How many data packets the peer buffers: the size of our transmit window.
    pub peer_window: u16,
    /// How long the peer takes to process a packet, in tenths of a second.
    pub peer_delay: u16,
}

impl fmt::Display for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            our_call_id,
            peer_call_id,
            connect_speed,
            peer_window,
            peer_delay,
            ..
        } = self;
        write!(
            f,
            "our id {our_call_id}, the peer's {peer_call_id}, {connect_speed} bit/s, \
             window {peer_window}, delay {peer_delay}"
        )
    }
}

/// Why a call has ended, or was never established.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CallEnd {
    /// The peer's Outgoing-Call-Reply says no.
    Refused {
        /// What it says.
        result: OutgoingCallResult,
        /// More, if that is a general error.
        error: GeneralError,
        /// More about the failure; for ISDN the cause code of Q.931.
        cause: u16,
    },
    /// The peer's Incoming-Call-Reply says no.
    NotTaken {
        /// What it says.
        result: IncomingCallResult,
        /// More, if that is a general error.
        error: GeneralError,
    },
    /// The peer's Call-Disconnect-Notify ended it.
    Disconnected {
        /// Why; Windows always says 0.
        result: DisconnectResult,
        /// More, if that is a general error.
        error: GeneralError,
        /// More about the end; for ISDN the cause code of Q.931.
        cause: u16,
    },
    /// The peer's Call-Clear-Request ended it.
    Cleared,
    /// Our caller ended or refused it.
    Local,
    /// What was to come next on its way up did not come in time.
    TimedOut,
    /// The control connection ended, and with it the call.
    ConnectionClosed,
}

impl fmt::Display for CallEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused {
                result,
                error,
                cause,
            } => write!(
                f,
                "the peer refused it (result {result}, error {error}, cause {cause})"
            ),
            Self::NotTaken { result, error } => {
                write!(
                    f,
                    "the peer does not take it (result {result}, error {error})"
                )
            }
            Self::Disconnected {
                result,
                error,
                cause,
            } => {
                write!(
                    f,
                    "the peer disconnected it (result {result}, error {error}, cause {cause})"
                )
            }
            Self::Cleared => f.write_str("the peer cleared it"),
            Self::Local => f.write_str("it was ended here"),
            Self::TimedOut => f.write_str("it did not come up in time"),
            Self::ConnectionClosed => f.write_str("the control connection ended"),
        }
    }
}

impl core::error::Error for CallEnd {}

/// Why a control connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CloseReason {
    /// Our caller closed it.
    Local,
    /// The peer's Stop-Control-Connection-Request.
    PeerStopped(StopReason),
    /// The TCP connection was closed.
    TcpClosed,
    /// The peer did not send its Start-Control-Connection message in time.
    StartTimedOut,
    /// The peer's Start-Control-Connection-Reply says no.
    Refused {
        /// What it says.
        result: StartResult,
        /// More, if that is a general error.
        error: GeneralError,
    },
    /// The peer speaks only a version that is not supported here.
    VersionNotSupported(Version),
    /// The peer did not answer an Echo-Request in time: it is gone, or the way to it is.
    EchoTimedOut,
    /// The peer did not go on with a call in time.
    CallTimedOut,
    /// It lost a collision with the connection that the peer opened.
    Collision,
    /// The peer broke the protocol.
    Protocol(ProtocolError),
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("it was closed here"),
            Self::PeerStopped(reason) => write!(f, "the peer stopped it (reason {reason})"),
            Self::TcpClosed => f.write_str("the TCP connection was closed"),
            Self::StartTimedOut => f.write_str("the peer did not start it in time"),
            Self::Refused { result, error } => {
                write!(f, "the peer refused it (result {result}, error {error})")
            }
            Self::VersionNotSupported(version) => {
                write!(f, "the peer's PPTP version {version} is not supported")
            }
            Self::EchoTimedOut => f.write_str("the peer did not answer an Echo-Request"),
            Self::CallTimedOut => f.write_str("the peer did not go on with a call"),
            Self::Collision => f.write_str("it collided with one that the peer opened"),
            Self::Protocol(error) => write!(f, "the peer broke the protocol: {error}"),
        }
    }
}

impl core::error::Error for CloseReason {}

/// Why something cannot be done with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CallError {
    /// The control connection is not established, or is about to end.
    NotConnected,
    /// Only the PNS can do that.
    NotPns,
    /// Only the PAC can do that.
    NotPac,
    /// There are as many calls as the connection has room for.
    NoFreeCall,
    /// A call of this connection has that call id already.
    CallIdInUse,
    /// There is no call with this index that waits for that.
    NotRequested,
    /// There is no call with this index that is established.
    NotEstablished,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConnected => "the control connection is not established",
            Self::NotPns => "only a PNS can do that",
            Self::NotPac => "only a PAC can do that",
            Self::NoFreeCall => "the control connection has no room for another call",
            Self::CallIdInUse => "the call id is in use",
            Self::NotRequested => "no such call waits for that",
            Self::NotEstablished => "no such call is established",
        })
    }
}

impl core::error::Error for CallError {}
