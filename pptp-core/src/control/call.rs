//! One call of a control connection.

use super::{CallAnswer, CallEnd, CallInfo, CallRequest, TimeOuts, outgoing_pac, outgoing_pns};
use crate::time::Instant;
use crate::wire::{GeneralError, OutgoingCallResult};
use bitflags::bitflags;

bitflags! {
    /// What an automaton of a call wants done: messages to be sent, and what the caller has to be told.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Actions: u8 {
        /// Send an Outgoing-Call-Request.
        const SEND_REQUEST = 1;
        /// Send an Outgoing-Call-Reply.
        const SEND_REPLY = 1 << 1;
        /// Send a Call-Clear-Request.
        const SEND_CLEAR = 1 << 2;
        /// Send a Call-Disconnect-Notify.
        const SEND_DISCONNECT = 1 << 3;
        /// Tell that the call is asked for.
        const REQUESTED = 1 << 4;
        /// Tell that the call is established.
        const CONNECTED = 1 << 5;
        /// Tell that the call is over.
        const ENDED = 1 << 6;
    }
}

impl Actions {
    /// The messages, in the order in which they are sent.
    pub(super) const MESSAGES: [Self; 4] = [
        Self::SEND_REQUEST,
        Self::SEND_REPLY,
        Self::SEND_CLEAR,
        Self::SEND_DISCONNECT,
    ];

    fn all_messages() -> Self {
        Self::MESSAGES.into_iter().collect()
    }
}

/// Which of the automata of RFC 2637 §3.2 a call follows, and where it stands. Incoming calls will be two more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Automaton {
    OutgoingPns(outgoing_pns::State),
    OutgoingPac(outgoing_pac::State),
}

/// A call, from its request until the last message about it has been sent and the last event been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    automaton: Automaton,
    /// What is still to be sent and to be told.
    pub(super) pending: Actions,
    /// What the PNS asks for.
    pub(super) request: CallRequest,
    /// What the PAC says to it, once it does.
    pub(super) answer: Option<CallAnswer>,
    /// How the PAC refuses it.
    pub(super) refusal: (OutgoingCallResult, GeneralError),
    /// Why it ends: the first cause counts.
    pub(super) end: Option<CallEnd>,
    /// Whether it was ever established.
    pub(super) connected: bool,
    deadline: Option<Instant>,
}

impl Call {
    const fn new(automaton: Automaton, request: CallRequest) -> Self {
        Self {
            automaton,
            pending: Actions::empty(),
            request,
            answer: None,
            refusal: (OutgoingCallResult::DoNotAccept, GeneralError::None),
            end: None,
            connected: false,
            deadline: None,
        }
    }

    /// A call that we ask for, as PNS.
    pub(super) fn open(now: Instant, request: CallRequest, time_outs: &TimeOuts) -> Self {
        let mut call = Self::new(Automaton::OutgoingPns(outgoing_pns::State::Idle), request);
        call.pns(now, outgoing_pns::Event::Open, CallEnd::Local, time_outs);
        call
    }

    /// A call that we are asked for, as PAC.
    pub(super) fn requested(now: Instant, request: CallRequest, time_outs: &TimeOuts) -> Self {
        let mut call = Self::new(Automaton::OutgoingPac(outgoing_pac::State::Idle), request);
        call.pac(now, outgoing_pac::Event::Request, CallEnd::Local, time_outs);
        call
    }

    /// Has `event` happen to an outgoing call at the PNS; `cause` is why the call ends, if it does. Tells whether
    /// anything came of it.
    pub(super) fn pns(
        &mut self,
        now: Instant,
        event: outgoing_pns::Event,
        cause: CallEnd,
        time_outs: &TimeOuts,
    ) -> bool {
        let Automaton::OutgoingPns(state) = self.automaton else {
            return false;
        };
        let (next, actions) = outgoing_pns::step(state, event);
        self.automaton = Automaton::OutgoingPns(next);
        self.deadline = match next {
            _ if next == state => self.deadline,
            outgoing_pns::State::WaitReply => Some(now + time_outs.call),
            outgoing_pns::State::WaitDisconnect => Some(now + time_outs.clear),
            _ => None,
        };
        self.apply(actions, cause);
        next != state
    }

    /// Has `event` happen to an outgoing call at the PAC, as [`Call::pns`] does.
    pub(super) fn pac(
        &mut self,
        now: Instant,
        event: outgoing_pac::Event,
        cause: CallEnd,
        time_outs: &TimeOuts,
    ) -> bool {
        let Automaton::OutgoingPac(state) = self.automaton else {
            return false;
        };
        let (next, actions) = outgoing_pac::step(state, event);
        self.automaton = Automaton::OutgoingPac(next);
        self.deadline = match next {
            _ if next == state => self.deadline,
            outgoing_pac::State::WaitAnswer => Some(now + time_outs.call),
            _ => None,
        };
        self.apply(actions, cause);
        next != state
    }

    fn apply(&mut self, actions: Actions, cause: CallEnd) {
        self.pending |= actions;
        if actions.intersects(Actions::ENDED | Actions::SEND_CLEAR) {
            self.end.get_or_insert(cause);
        }
        self.connected |= actions.contains(Actions::CONNECTED);
    }

    /// Ends the call from here.
    pub(super) fn terminate(&mut self, now: Instant, cause: CallEnd, time_outs: &TimeOuts) {
        if self.pending.contains(Actions::SEND_REQUEST) {
            // The peer has not heard of it.
            self.forget(cause);
            return;
        }
        self.pns(now, outgoing_pns::Event::Terminate, cause, time_outs);
        self.pac(now, outgoing_pac::Event::Terminate, cause, time_outs);
    }

    /// Ends the call without a word to the peer.
    pub(super) fn forget(&mut self, cause: CallEnd) {
        self.pending.remove(Actions::all_messages());
        if !self.is_idle() {
            self.apply(Actions::ENDED, cause);
        }
        self.automaton = match self.automaton {
            Automaton::OutgoingPns(_) => Automaton::OutgoingPns(outgoing_pns::State::Idle),
            Automaton::OutgoingPac(_) => Automaton::OutgoingPac(outgoing_pac::State::Idle),
        };
        self.deadline = None;
    }

    /// Has the call time out if it is time. Tells whether the peer owes the answer to a request.
    pub(super) fn handle_timeout(&mut self, now: Instant, time_outs: &TimeOuts) -> bool {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return false;
        }
        let is_peer_late = self.is(outgoing_pns::State::WaitReply);
        self.refusal = (OutgoingCallResult::TimeOut, GeneralError::None);
        let cause = CallEnd::TimedOut;
        self.pns(now, outgoing_pns::Event::TimeOut, cause, time_outs);
        self.pac(now, outgoing_pac::Event::Refuse, cause, time_outs);
        is_peer_late
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether the call is over, or never began; there may still be something to send and to tell.
    pub(super) const fn is_idle(&self) -> bool {
        matches!(
            self.automaton,
            Automaton::OutgoingPns(outgoing_pns::State::Idle)
                | Automaton::OutgoingPac(outgoing_pac::State::Idle)
        )
    }

    fn is(&self, state: outgoing_pns::State) -> bool {
        self.automaton == Automaton::OutgoingPns(state)
    }

    /// Whether our caller has to answer.
    pub(super) fn is_requested(&self) -> bool {
        self.automaton == Automaton::OutgoingPac(outgoing_pac::State::WaitAnswer)
    }

    /// Whether we have cleared it without having heard the PAC's id for it.
    pub(super) fn is_cleared_unanswered(&self) -> bool {
        self.is(outgoing_pns::State::WaitDisconnect) && self.answer.is_none()
    }

    /// Whether a request has no answer yet, ours or the peer's.
    pub(super) fn is_outstanding(&self) -> bool {
        self.is_requested()
            || self.is(outgoing_pns::State::WaitReply)
            || self.is(outgoing_pns::State::WaitDisconnect)
    }

    /// The PNS's id for the call.
    pub(super) const fn pns_id(&self) -> u16 {
        self.request.call_id
    }

    /// The PAC's id for the call, if it has one yet.
    pub(super) fn pac_id(&self) -> Option<u16> {
        self.answer.map(|answer| answer.call_id)
    }

    /// Our id for the call, if it has one yet.
    pub(super) fn our_id(&self) -> Option<u16> {
        match self.automaton {
            Automaton::OutgoingPns(_) => Some(self.pns_id()),
            Automaton::OutgoingPac(_) => self.pac_id(),
        }
    }

    pub(super) fn info(&self) -> Option<CallInfo> {
        let answer = self.answer?;
        let request = &self.request;
        let info = match self.automaton {
            Automaton::OutgoingPns(_) => CallInfo {
                our_call_id: request.call_id,
                peer_call_id: answer.call_id,
                connect_speed: answer.connect_speed,
                peer_window: answer.receive_window,
                peer_delay: answer.processing_delay,
            },
            Automaton::OutgoingPac(_) => CallInfo {
                our_call_id: answer.call_id,
                peer_call_id: request.call_id,
                connect_speed: answer.connect_speed,
                peer_window: request.receive_window,
                peer_delay: request.processing_delay,
            },
        };
        Some(info)
    }
}
