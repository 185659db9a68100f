//! The automaton of an outgoing call at the PAC, which is asked for it (RFC 2637 §3.2.4.1).
//!
//! What the RFC has the telephone network do, the caller does: it accepts the call or refuses it.

use super::call::Actions;

/// Where the call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum State {
    /// "idle".
    Idle,
    /// "wait_cs_ans": our caller has been asked.
    WaitAnswer,
    /// "established".
    Established,
}

/// What can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Event {
    /// Outgoing-Call-Request, no error.
    Request,
    /// Telco Answer: our caller accepts.
    Accept,
    /// Incomplete Call: our caller refuses, or does not answer in time.
    Refuse,
    /// Call-Clear-Request.
    Clear,
    /// Local terminate, or telco disconnect.
    Terminate,
}

/// The automaton. What the RFC's figure leaves open is ignored; a local end before the answer is a refusal.
pub(super) const fn step(state: State, event: Event) -> (State, Actions) {
    use {Actions as A, Event as E, State as S};
    match (state, event) {
        (S::Idle, E::Request) => (S::WaitAnswer, A::REQUESTED),
        (S::WaitAnswer, E::Accept) => (S::Established, A::SEND_REPLY.union(A::CONNECTED)),
        (S::WaitAnswer, E::Refuse | E::Terminate) => (S::Idle, A::SEND_REPLY.union(A::ENDED)),
        (S::WaitAnswer | S::Established, E::Clear) | (S::Established, E::Terminate) => {
            (S::Idle, A::SEND_DISCONNECT.union(A::ENDED))
        }
        (S::Idle, _)
        | (S::WaitAnswer | S::Established, E::Request)
        | (S::Established, E::Accept | E::Refuse) => (state, A::empty()),
    }
}
