//! The automaton of an incoming call at the PAC, whose line rings (RFC 2637 §3.2.3.1).
//!
//! Answering the line takes time, in which the RFC's figure has no state: here it is one of its own.

use super::call::Actions;

/// Where the call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum State {
    /// "idle".
    Idle,
    /// "wait_reply".
    WaitReply,
    /// The PNS takes the call: our caller has been told, and answers the line.
    WaitLine,
    /// "established".
    Established,
}

/// What can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Event {
    /// Ring.
    Ring,
    /// Incoming-Call-Reply, accepting.
    Reply,
    /// Incoming-Call-Reply, not accepting.
    ReplyNo,
    /// Our caller has answered the line.
    Answered,
    /// Call-Clear-Request.
    Clear,
    /// Abort, local disconnect, or telco call dropped.
    Terminate,
    /// What is waited for did not come in time.
    TimeOut,
}

/// The automaton. What the RFC's figure leaves open is ignored, but for time-outs and a Call-Clear-Request before the call
/// is established, which end the call.
pub(super) const fn step(state: State, event: Event) -> (State, Actions) {
    use {Actions as A, Event as E, State as S};
    match (state, event) {
        (S::Idle, E::Ring) => (S::WaitReply, A::SEND_REQUEST),
        (S::WaitReply, E::Reply) => (S::WaitLine, A::ACCEPTED),
        (S::WaitReply, E::ReplyNo | E::TimeOut) => (S::Idle, A::ENDED),
        (S::WaitLine, E::Answered) => (S::Established, A::SEND_CONNECTED.union(A::CONNECTED)),
        (S::WaitReply | S::WaitLine | S::Established, E::Clear | E::Terminate)
        | (S::WaitLine, E::TimeOut) => (S::Idle, A::SEND_DISCONNECT.union(A::ENDED)),
        (S::Idle, _)
        | (_, E::Ring)
        | (S::WaitReply, E::Answered)
        | (S::WaitLine, E::Reply | E::ReplyNo)
        | (S::Established, E::Reply | E::ReplyNo | E::Answered | E::TimeOut) => (state, A::empty()),
    }
}
