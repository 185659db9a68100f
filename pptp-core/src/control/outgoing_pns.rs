//! The automaton of an outgoing call at the PNS, which asks for it (RFC 2637 §3.2.4.2).

use super::call::Actions;

/// Where the call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum State {
    /// "Idle".
    Idle,
    /// "Wait-Reply".
    WaitReply,
    /// "Established".
    Established,
    /// "Wait-Disconnect".
    WaitDisconnect,
}

/// What can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Event {
    /// Open Indication.
    Open,
    /// Outgoing-Call-Reply, no error.
    Reply,
    /// Outgoing-Call-Reply with error.
    ReplyError,
    /// Call-Disconnect-Notify.
    Disconnect,
    /// Abort, or Local Terminate.
    Terminate,
    /// What is waited for did not come in time.
    TimeOut,
}

/// The automaton. What the RFC's figure leaves open is ignored, but for a Call-Disconnect-Notify instead of a reply, a
/// refusal that crosses our Call-Clear-Request, and time-outs, all of which end the call.
pub(super) const fn step(state: State, event: Event) -> (State, Actions) {
    use {Actions as A, Event as E, State as S};
    match (state, event) {
        (S::Idle, E::Open) => (S::WaitReply, A::SEND_REQUEST),
        (S::WaitReply, E::Reply) => (S::Established, A::CONNECTED),
        (S::WaitReply | S::Established, E::Terminate) => (S::WaitDisconnect, A::SEND_CLEAR),
        (S::WaitReply | S::WaitDisconnect, E::ReplyError | E::TimeOut)
        | (S::WaitReply | S::Established | S::WaitDisconnect, E::Disconnect) => (S::Idle, A::ENDED),
        (S::Idle, _)
        | (_, E::Open)
        | (S::Established, E::Reply | E::ReplyError | E::TimeOut)
        | (S::WaitDisconnect, E::Reply | E::Terminate) => (state, A::empty()),
    }
}
