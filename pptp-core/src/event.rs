//! What a client or a server tells its caller.

use crate::control::{CallEnd, CallInfo, CloseReason, LinkInfo};
use crate::session::Diagnosis;
use crate::wire::{Capabilities, IncomingCallRequest, OutgoingCallRequest, WanErrorNotify};
use core::fmt;

/// Something that the caller should know, or has to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event<'a> {
    /// The control connection is established.
    Connected {
        /// What the peer says about itself.
        peer: Capabilities<'a>,
    },
    /// The peer asks for a call, and the configuration does not say how to answer: the server waits for
    /// [`accept_call`](crate::Session::accept_call) or [`refuse_call`](crate::Session::refuse_call).
    CallRequested(OutgoingCallRequest<'a>),
    /// An access concentrator has a call for a server that takes such ([`ServerConfig::incoming`](crate::ServerConfig)),
    /// and the configuration does not say how to answer: the server waits for
    /// [`accept_incoming`](crate::Session::accept_incoming) or [`refuse_incoming`](crate::Session::refuse_incoming).
    IncomingCall(IncomingCallRequest<'a>),
    /// The call is established, and PPP starts. From now on there is GRE.
    CallConnected(CallInfo),
    /// The peer has sent a Set-Link-Info. Nothing needs to be done about it.
    LinkInfo(LinkInfo),
    /// The peer has counted errors on its line.
    WanErrors(WanErrorNotify),
    /// Something seems to be wrong on the way, each kind of it once. Nothing has to be done about it: it is for whoever
    /// wants to know why a tunnel does not come up, or does not work.
    Diagnosis(Diagnosis),
    /// Something happened to the PPP link in the call. [`pptp_ppp::Event::Down`] is not among it: [`Event::Down`] tells
    /// why.
    Ppp(pptp_ppp::Event<'a>),
    /// It is over: the caller closes the TCP connection. There is nothing more to send.
    Down(DownReason),
}

/// Why a tunnel has ended, or never came up: the first cause counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DownReason {
    /// The caller closed it.
    Closed,
    /// The control connection works, but no GRE packet came from the peer: on the way something does not let IP protocol
    /// 47 through.
    GreBlocked,
    /// The PPP link ended.
    Ppp(pptp_ppp::DownReason),
    /// The call ended, or the peer refused it.
    Call(CallEnd),
    /// The control connection ended.
    Control(CloseReason),
}

impl DownReason {
    pub(crate) const fn of_ppp(reason: pptp_ppp::DownReason) -> Self {
        match reason {
            pptp_ppp::DownReason::NothingHeard => Self::GreBlocked,
            pptp_ppp::DownReason::Closed => Self::Closed,
            reason => Self::Ppp(reason),
        }
    }
}

impl fmt::Display for DownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("closed"),
            Self::GreBlocked => f.write_str(
                "nothing came through the tunnel: is GRE (IP protocol 47) let through on the way?",
            ),
            Self::Ppp(reason) => reason.fmt(f),
            Self::Call(end) => write!(f, "the call ended: {end}"),
            Self::Control(reason) => write!(f, "the control connection ended: {reason}"),
        }
    }
}

impl core::error::Error for DownReason {}
