//! The four automata of RFC 2637 §3.2 as one: which of them a call follows, and where it stands.

use super::call::Actions;
use super::{TimeOuts, incoming_pac, incoming_pns, outgoing_pac, outgoing_pns};
use core::time::Duration;

/// Which automaton a call follows, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Automaton {
    OutgoingPns(outgoing_pns::State),
    OutgoingPac(outgoing_pac::State),
    IncomingPns(incoming_pns::State),
    IncomingPac(incoming_pac::State),
}

/// What can happen to a call. What is not for its automaton does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Event {
    OutgoingPns(outgoing_pns::Event),
    OutgoingPac(outgoing_pac::Event),
    IncomingPns(incoming_pns::Event),
    IncomingPac(incoming_pac::Event),
    /// Our caller takes the call.
    Accept,
    /// Our caller does not.
    Refuse,
    /// Call-Clear-Request.
    Clear,
    /// Call-Disconnect-Notify.
    Disconnect,
    /// A local end.
    Terminate,
    /// What is waited for did not come in time.
    TimeOut,
}

impl Automaton {
    /// The next state, and what is to be done.
    pub(super) const fn step(self, event: Event) -> (Self, Actions) {
        match self {
            Self::OutgoingPns(state) => {
                use outgoing_pns::Event as Own;
                let event = match event {
                    Event::OutgoingPns(event) => event,
                    Event::Disconnect => Own::Disconnect,
                    Event::Terminate => Own::Terminate,
                    Event::TimeOut => Own::TimeOut,
                    _ => return (self, Actions::empty()),
                };
                let (state, actions) = outgoing_pns::step(state, event);
                (Self::OutgoingPns(state), actions)
            }
            Self::OutgoingPac(state) => {
                use outgoing_pac::Event as Own;
                let event = match event {
                    Event::OutgoingPac(event) => event,
                    Event::Accept => Own::Accept,
                    Event::Refuse | Event::TimeOut => Own::Refuse,
                    Event::Clear => Own::Clear,
                    Event::Terminate => Own::Terminate,
                    _ => return (self, Actions::empty()),
                };
                let (state, actions) = outgoing_pac::step(state, event);
                (Self::OutgoingPac(state), actions)
            }
            Self::IncomingPns(state) => {
                use incoming_pns::Event as Own;
                let event = match event {
                    Event::IncomingPns(event) => event,
                    Event::Accept => Own::Accept,
                    Event::Refuse => Own::Refuse,
                    Event::Disconnect => Own::Disconnect,
                    Event::Terminate => Own::Terminate,
                    Event::TimeOut => Own::TimeOut,
                    _ => return (self, Actions::empty()),
                };
                let (state, actions) = incoming_pns::step(state, event);
                (Self::IncomingPns(state), actions)
            }
            Self::IncomingPac(state) => {
                use incoming_pac::Event as Own;
                let event = match event {
                    Event::IncomingPac(event) => event,
                    Event::Clear => Own::Clear,
                    Event::Terminate => Own::Terminate,
                    Event::TimeOut => Own::TimeOut,
                    _ => return (self, Actions::empty()),
                };
                let (state, actions) = incoming_pac::step(state, event);
                (Self::IncomingPac(state), actions)
            }
        }
    }

    /// The state in which nothing is left of the call.
    pub(super) const fn idle(self) -> Self {
        match self {
            Self::OutgoingPns(_) => Self::OutgoingPns(outgoing_pns::State::Idle),
            Self::OutgoingPac(_) => Self::OutgoingPac(outgoing_pac::State::Idle),
            Self::IncomingPns(_) => Self::IncomingPns(incoming_pns::State::Idle),
            Self::IncomingPac(_) => Self::IncomingPac(incoming_pac::State::Idle),
        }
    }

    pub(super) const fn is_idle(self) -> bool {
        matches!(
            self,
            Self::OutgoingPns(outgoing_pns::State::Idle)
                | Self::OutgoingPac(outgoing_pac::State::Idle)
                | Self::IncomingPns(incoming_pns::State::Idle)
                | Self::IncomingPac(incoming_pac::State::Idle)
        )
    }

    pub(super) const fn is_established(self) -> bool {
        matches!(
            self,
            Self::OutgoingPns(outgoing_pns::State::Established)
                | Self::OutgoingPac(outgoing_pac::State::Established)
                | Self::IncomingPns(incoming_pns::State::Established)
                | Self::IncomingPac(incoming_pac::State::Established)
        )
    }

    /// Whether we are its PNS; its PAC otherwise.
    pub(super) const fn is_pns(self) -> bool {
        matches!(self, Self::OutgoingPns(_) | Self::IncomingPns(_))
    }

    /// Whether the peer has asked, and our caller has to answer.
    pub(super) const fn is_requested(self) -> bool {
        matches!(
            self,
            Self::OutgoingPac(outgoing_pac::State::WaitAnswer)
                | Self::IncomingPns(incoming_pns::State::WaitAnswer)
        )
    }

    /// Whether the peer owes a message without which the call does not come up.
    pub(super) const fn waits_for_peer(self) -> bool {
        matches!(
            self,
            Self::OutgoingPns(outgoing_pns::State::WaitReply)
                | Self::IncomingPns(incoming_pns::State::WaitConnect)
                | Self::IncomingPac(incoming_pac::State::WaitReply)
        )
    }

    /// Whether the peer owes a Call-Disconnect-Notify.
    pub(super) const fn is_clearing(self) -> bool {
        matches!(
            self,
            Self::OutgoingPns(outgoing_pns::State::WaitDisconnect)
                | Self::IncomingPns(incoming_pns::State::WaitDisconnect)
        )
    }

    /// How long this state may last.
    pub(super) const fn patience(self, time_outs: &TimeOuts) -> Option<Duration> {
        if self.is_clearing() {
            Some(time_outs.clear)
        } else if self.is_idle() || self.is_established() {
            None
        } else {
            Some(time_outs.call)
        }
    }
}
