//! The automaton of an incoming call at the PNS, which is asked to take it (RFC 2637 §3.2.3.2).
//!
//! The RFC has the PNS decide at once. Our caller may take its time: that is a state of its own.

use super::call::Actions;

/// Where the call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum State {
    /// "Idle".
    Idle,
    /// Our caller has been asked.
    WaitAnswer,
    /// "Wait-Connect".
    WaitConnect,
    /// "Established".
    Established,
    /// "Wait-Disconnect".
    WaitDisconnect,
}

/// What can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Event {
    /// Incoming-Call-Request, no error.
    Request,
    /// Our caller takes the call.
    Accept,
    /// Our caller does not, or does not answer in time.
    Refuse,
    /// Incoming-Call-Connected.
    Connected,
    /// Call-Disconnect-Notify.
    Disconnect,
    /// Local Terminate.
    Terminate,
    /// What is waited for did not come in time.
    TimeOut,
}

/// The automaton. What the RFC's figure leaves open is ignored, but for a local end in Wait-Connect, which is one in
/// Established, and for time-outs, which end the call.
pub(super) const fn step(state: State, event: Event) -> (State, Actions) {
    use {Actions as A, Event as E, State as S};
    match (state, event) {
        (S::Idle, E::Request) => (S::WaitAnswer, A::REQUESTED),
        (S::WaitAnswer, E::Accept) => (S::WaitConnect, A::SEND_REPLY),
        (S::WaitAnswer, E::Refuse | E::Terminate | E::TimeOut) => {
            (S::Idle, A::SEND_REPLY.union(A::ENDED))
        }
        (S::WaitConnect, E::Connected) => (S::Established, A::CONNECTED),
        (S::WaitConnect | S::Established, E::Terminate) => (S::WaitDisconnect, A::SEND_CLEAR),
        (S::WaitConnect | S::WaitDisconnect, E::TimeOut)
        | (S::WaitAnswer | S::WaitConnect | S::Established | S::WaitDisconnect, E::Disconnect) => {
            (S::Idle, A::ENDED)
        }
        (S::Idle, _)
        | (_, E::Request | E::Refuse)
        | (S::WaitAnswer | S::Established | S::WaitDisconnect, E::Connected)
        | (S::WaitConnect | S::Established | S::WaitDisconnect, E::Accept)
        | (S::Established, E::TimeOut)
        | (S::WaitDisconnect, E::Terminate) => (state, A::empty()),
    }
}
