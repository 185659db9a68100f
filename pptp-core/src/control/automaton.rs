//! The automata of a control connection (RFC 2637 §3.1.1, §3.1.2).

use bitflags::bitflags;

/// Which end opened the TCP connection (RFC 2637 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Origin {
    /// We did, and send the Start-Control-Connection-Request.
    Originator,
    /// The peer did.
    Receiver,
}

/// Where a control connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum State {
    /// There is no TCP connection, or there is to be none: the originator's "idle".
    Closed,
    /// A TCP connection is open and waits for the peer's request: the receiver's "idle".
    WaitRequest,
    /// The originator's "wait_ctl_reply".
    WaitReply,
    /// "established".
    Established,
    /// "wait_stop_reply".
    WaitStopReply,
}

/// What can happen to a control connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Event {
    /// The TCP connection is open.
    TcpOpen,
    /// The TCP connection was closed.
    TcpClosed,
    /// Start-Control-Connection-Request with a version that can be used.
    StartRequest,
    /// Start-Control-Connection-Request, version not OK.
    StartRequestBadVersion,
    /// Start-Control-Connection-Reply, version OK, successful.
    StartReply,
    /// Start-Control-Connection-Reply, version not OK.
    StartReplyBadVersion,
    /// Start-Control-Connection-Reply that says no.
    StartReplyRefused,
    /// Stop-Control-Connection-Request.
    StopRequest,
    /// Stop-Control-Connection-Reply.
    StopReply,
    /// Local Terminate.
    Terminate,
    /// A collision that was lost, or a protocol error, or a peer that does not answer: no more may be sent.
    Abort,
}

bitflags! {
    /// What is to be done.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Actions: u8 {
        /// Send a Start-Control-Connection-Request.
        const START_REQUEST = 1;
        /// Send a Start-Control-Connection-Reply that says yes.
        const START_REPLY = 1 << 1;
        /// Send a Start-Control-Connection-Reply: version not supported.
        const REFUSE_VERSION = 1 << 2;
        /// Send a Start-Control-Connection-Reply: there is a control connection already.
        const REFUSE_SECOND = 1 << 3;
        /// Send a Stop-Control-Connection-Request.
        const STOP_REQUEST = 1 << 4;
        /// Send a Stop-Control-Connection-Reply.
        const STOP_REPLY = 1 << 5;
        /// Close the TCP connection.
        const CLOSE_TCP = 1 << 6;
    }
}

/// The automata of both ends. What the RFC's figures leave open is ignored, unless it is a request that can be
/// answered.
pub(super) const fn step(origin: Origin, state: State, event: Event) -> (State, Actions) {
    use {Actions as A, Event as E, State as S};
    match (state, event) {
        (S::Closed, E::TcpOpen) => match origin {
            Origin::Originator => (S::WaitReply, A::START_REQUEST),
            Origin::Receiver => (S::WaitRequest, A::empty()),
        },
        (S::Closed, _) | (_, E::TcpOpen) => (state, A::empty()),
        (_, E::TcpClosed | E::Abort) => (S::Closed, A::CLOSE_TCP),
        (_, E::StopRequest) => (S::Closed, A::STOP_REPLY.union(A::CLOSE_TCP)),

        (S::WaitRequest, E::StartRequest) => (S::Established, A::START_REPLY),
        (S::WaitRequest, E::StartRequestBadVersion) => {
            (S::Closed, A::REFUSE_VERSION.union(A::CLOSE_TCP))
        }
        (S::Established, E::StartRequest | E::StartRequestBadVersion) => {
            (S::Established, A::REFUSE_SECOND)
        }

        (S::WaitReply, E::StartReply) => (S::Established, A::empty()),
        (S::WaitReply, E::StartReplyBadVersion) => (S::WaitStopReply, A::STOP_REQUEST),
        (S::WaitReply, E::StartReplyRefused) => (S::Closed, A::CLOSE_TCP),

        (S::Established, E::Terminate) => (S::WaitStopReply, A::STOP_REQUEST),
        // Nothing has been established that could be stopped.
        (S::WaitRequest | S::WaitReply, E::Terminate) => (S::Closed, A::CLOSE_TCP),
        (S::WaitStopReply, E::StopReply) => (S::Closed, A::CLOSE_TCP),

        (S::WaitReply | S::WaitStopReply, E::StartRequest | E::StartRequestBadVersion)
        | (
            S::WaitRequest | S::Established | S::WaitStopReply,
            E::StartReply | E::StartReplyBadVersion | E::StartReplyRefused,
        )
        | (S::WaitRequest | S::WaitReply | S::Established, E::StopReply)
        | (S::WaitStopReply, E::Terminate) => (state, A::empty()),
    }
}
