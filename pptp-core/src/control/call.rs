//! One call of a control connection.

use super::automata::{Automaton, Event};
use super::{
    CallAnswer, CallEnd, CallInfo, CallRequest, Disconnect, FieldText, IncomingAnswer,
    IncomingLine, IncomingRequest, LinkInfo, TimeOuts, WanErrors, incoming_pac, incoming_pns,
    outgoing_pac, outgoing_pns,
};
use crate::time::Instant;
use crate::wire::{DisconnectResult, GeneralError, IncomingCallResult, OutgoingCallResult};
use bitflags::bitflags;
use core::time::Duration;

/// A PAC tells of errors on a line not more often than this (RFC 2637 §2.14).
const WAN_ERRORS_INTERVAL: Duration = Duration::from_secs(60);

bitflags! {
    /// What an automaton of a call wants done: messages to be sent, and what the caller has to be told.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Actions: u16 {
        /// Send an Outgoing-Call-Request, or an Incoming-Call-Request.
        const SEND_REQUEST = 1;
        /// Send an Outgoing-Call-Reply, or an Incoming-Call-Reply.
        const SEND_REPLY = 1 << 1;
        /// Send an Incoming-Call-Connected.
        const SEND_CONNECTED = 1 << 2;
        /// Send a Set-Link-Info.
        const SEND_LINK_INFO = 1 << 3;
        /// Send a WAN-Error-Notify.
        const SEND_WAN_ERRORS = 1 << 4;
        /// Send a Call-Clear-Request.
        const SEND_CLEAR = 1 << 5;
        /// Send a Call-Disconnect-Notify.
        const SEND_DISCONNECT = 1 << 6;
        /// Tell that the call is asked for.
        const REQUESTED = 1 << 7;
        /// Tell that the PNS takes the call, and the line is to be answered.
        const ACCEPTED = 1 << 8;
        /// Tell that the call is established.
        const CONNECTED = 1 << 9;
        /// Tell that the call is over.
        const ENDED = 1 << 10;
    }
}

impl Actions {
    /// The messages, in the order in which they are sent.
    pub(super) const MESSAGES: [Self; 7] = [
        Self::SEND_REQUEST,
        Self::SEND_REPLY,
        Self::SEND_CONNECTED,
        Self::SEND_LINK_INFO,
        Self::SEND_WAN_ERRORS,
        Self::SEND_CLEAR,
        Self::SEND_DISCONNECT,
    ];

    /// The messages about the line of an established call.
    const ABOUT_LINE: Self = Self::SEND_LINK_INFO.union(Self::SEND_WAN_ERRORS);

    fn all_messages() -> Self {
        Self::MESSAGES.into_iter().collect()
    }
}

/// What the two ends have said about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Terms {
    Outgoing {
        /// What the PNS asks for.
        request: CallRequest,
        /// What the PAC says to it, once it does.
        answer: Option<CallAnswer>,
        /// How the PAC refuses it.
        refusal: (OutgoingCallResult, GeneralError),
    },
    Incoming {
        /// What the PAC has.
        request: IncomingRequest,
        /// What the PNS says to it, once it does.
        answer: Option<IncomingAnswer>,
        /// What the PAC says of the line, once it has answered it.
        line: Option<IncomingLine>,
        /// How the PNS refuses it.
        refusal: (IncomingCallResult, GeneralError),
    },
}

/// A call, from its request until the last message about it has been sent and the last event been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) automaton: Automaton,
    /// What is still to be sent and to be told.
    pub(super) pending: Actions,
    pub(super) terms: Terms,
    /// Why it ends: the first cause counts.
    pub(super) end: Option<CallEnd>,
    /// How the PAC ends it, if our caller has said.
    pub(super) disconnect: Option<(DisconnectResult, GeneralError, u16)>,
    /// What the PAC has counted, ours to be sent or the peer's to be told.
    pub(super) statistics: FieldText<128>,
    /// Whether it was ever established.
    pub(super) connected: bool,
    /// What the PNS has said of the line's character maps, or is to say.
    pub(super) link_info: LinkInfo,
    /// What is to be said of errors on the line.
    pub(super) wan_errors: WanErrors,
    /// When the next WAN-Error-Notify may be sent.
    wan_errors_from: Option<Instant>,
    /// Whether there are errors that have not been told.
    has_wan_errors: bool,
    deadline: Option<Instant>,
}

impl Call {
    fn new(automaton: Automaton, terms: Terms) -> Self {
        Self {
            automaton,
            pending: Actions::empty(),
            terms,
            end: None,
            disconnect: None,
            statistics: FieldText::EMPTY,
            connected: false,
            link_info: LinkInfo::default(),
            wan_errors: WanErrors::default(),
            wan_errors_from: None,
            has_wan_errors: false,
            deadline: None,
        }
    }

    fn outgoing(automaton: Automaton, request: CallRequest) -> Self {
        let terms = Terms::Outgoing {
            request,
            answer: None,
            refusal: (OutgoingCallResult::DoNotAccept, GeneralError::None),
        };
        Self::new(automaton, terms)
    }

    fn incoming(automaton: Automaton, request: IncomingRequest) -> Self {
        let terms = Terms::Incoming {
            request,
            answer: None,
            line: None,
            refusal: (IncomingCallResult::DoNotAccept, GeneralError::None),
        };
        Self::new(automaton, terms)
    }

    fn started(mut self, now: Instant, event: Event, time_outs: &TimeOuts) -> Self {
        self.step(now, event, CallEnd::Local, time_outs);
        self
    }

    /// An outgoing call that we ask for, as PNS.
    pub(super) fn open(now: Instant, request: CallRequest, time_outs: &TimeOuts) -> Self {
        let event = Event::OutgoingPns(outgoing_pns::Event::Open);
        Self::outgoing(Automaton::OutgoingPns(outgoing_pns::State::Idle), request)
            .started(now, event, time_outs)
    }

    /// An outgoing call that we are asked for, as PAC.
    pub(super) fn requested(now: Instant, request: CallRequest, time_outs: &TimeOuts) -> Self {
        let event = Event::OutgoingPac(outgoing_pac::Event::Request);
        Self::outgoing(Automaton::OutgoingPac(outgoing_pac::State::Idle), request)
            .started(now, event, time_outs)
    }

    /// An incoming call that we have, as PAC.
    pub(super) fn ring(now: Instant, request: IncomingRequest, time_outs: &TimeOuts) -> Self {
        let event = Event::IncomingPac(incoming_pac::Event::Ring);
        Self::incoming(Automaton::IncomingPac(incoming_pac::State::Idle), request)
            .started(now, event, time_outs)
    }

    /// An incoming call that we are to take, as PNS.
    pub(super) fn rung(now: Instant, request: IncomingRequest, time_outs: &TimeOuts) -> Self {
        let event = Event::IncomingPns(incoming_pns::Event::Request);
        Self::incoming(Automaton::IncomingPns(incoming_pns::State::Idle), request)
            .started(now, event, time_outs)
    }

    /// Has `event` happen to the call; `cause` is why it ends, if it does. Tells whether anything came of it.
    pub(super) fn step(
        &mut self,
        now: Instant,
        event: Event,
        cause: CallEnd,
        time_outs: &TimeOuts,
    ) -> bool {
        let before = self.automaton;
        let (next, actions) = before.step(event);
        if next == before {
            return false;
        }
        self.automaton = next;
        self.deadline = next.patience(time_outs).map(|patience| now + patience);
        if !next.is_established() {
            self.pending.remove(Actions::ABOUT_LINE);
            self.has_wan_errors = false;
        }
        self.pending |= actions;
        if actions.intersects(Actions::ENDED | Actions::SEND_CLEAR) {
            self.end.get_or_insert(cause);
        }
        self.connected |= actions.contains(Actions::CONNECTED);
        true
    }

    /// Ends the call from here.
    pub(super) fn terminate(&mut self, now: Instant, cause: CallEnd, time_outs: &TimeOuts) {
        if self.pending.contains(Actions::SEND_REQUEST) {
            // The peer has not heard of it.
            self.forget(cause);
            return;
        }
        self.step(now, Event::Terminate, cause, time_outs);
    }

    /// Has the PAC end the call, and say this about it.
    pub(super) fn disconnect(&mut self, now: Instant, with: &Disconnect<'_>, time_outs: &TimeOuts) {
        if !self.automaton.is_idle() {
            self.disconnect = Some((with.result, with.error, with.cause));
            if !with.statistics.is_empty() {
                self.statistics = FieldText::new(with.statistics);
            }
            self.terminate(now, CallEnd::Local, time_outs);
        }
    }

    /// Ends the call without a word to the peer.
    pub(super) fn forget(&mut self, cause: CallEnd) {
        self.pending.remove(Actions::all_messages());
        if !self.is_idle() {
            self.pending |= Actions::ENDED;
            self.end.get_or_insert(cause);
        }
        self.automaton = self.automaton.idle();
        self.deadline = None;
        self.has_wan_errors = false;
    }

    /// Has the call time out if it is time. Tells whether the peer owes what the call has waited for.
    pub(super) fn handle_timeout(&mut self, now: Instant, time_outs: &TimeOuts) -> bool {
        self.tell_wan_errors(now);
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return false;
        }
        let is_peer_late = self.automaton.waits_for_peer();
        match &mut self.terms {
            Terms::Outgoing { refusal, .. } => {
                *refusal = (OutgoingCallResult::TimeOut, GeneralError::None);
            }
            Terms::Incoming { refusal, .. } => {
                *refusal = (IncomingCallResult::GeneralError, GeneralError::NoResource);
            }
        }
        self.step(now, Event::TimeOut, CallEnd::TimedOut, time_outs);
        is_peer_late
    }

    /// When [`Call::handle_timeout`] has something to do.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let wan_errors = self.wan_errors_from.filter(|_| self.has_wan_errors);
        [self.deadline, wan_errors].into_iter().flatten().min()
    }

    /// Notes what has gone wrong on the line of an established call.
    pub(super) fn note_wan_errors(&mut self, now: Instant, errors: WanErrors) {
        if self.wan_errors != errors {
            self.wan_errors = errors;
            self.has_wan_errors = true;
            self.tell_wan_errors(now);
        }
    }

    fn tell_wan_errors(&mut self, now: Instant) {
        if self.has_wan_errors && self.wan_errors_from.is_none_or(|from| from <= now) {
            self.has_wan_errors = false;
            self.wan_errors_from = Some(now + WAN_ERRORS_INTERVAL);
            self.pending |= Actions::SEND_WAN_ERRORS;
        }
    }

    /// Whether the call is over, or never began; there may still be something to send and to tell.
    pub(super) const fn is_idle(&self) -> bool {
        self.automaton.is_idle()
    }

    /// Whether nothing is left of it, and its place is free.
    pub(super) const fn is_over(&self) -> bool {
        self.automaton.is_idle() && self.pending.is_empty()
    }

    /// Whether we have cleared it without having heard the PAC's id for it.
    pub(super) fn is_cleared_unanswered(&self) -> bool {
        self.automaton.is_clearing() && self.pac_id().is_none()
    }

    /// Whether a message of one end is owed to the other, or our caller's word to either.
    pub(super) const fn is_outstanding(&self) -> bool {
        !self.automaton.is_idle() && !self.automaton.is_established()
    }

    /// The PNS's id for the call, if it has one yet.
    pub(super) const fn pns_id(&self) -> Option<u16> {
        match &self.terms {
            Terms::Outgoing { request, .. } => Some(request.call_id),
            Terms::Incoming {
                answer: Some(answer),
                ..
            } => Some(answer.call_id),
            Terms::Incoming { .. } => None,
        }
    }

    /// The PAC's id for the call, if it has one yet.
    pub(super) const fn pac_id(&self) -> Option<u16> {
        match &self.terms {
            Terms::Incoming { request, .. } => Some(request.call_id),
            Terms::Outgoing {
                answer: Some(answer),
                ..
            } => Some(answer.call_id),
            Terms::Outgoing { .. } => None,
        }
    }

    /// Our id for the call, if it has one yet.
    pub(super) const fn our_id(&self) -> Option<u16> {
        if self.automaton.is_pns() {
            self.pns_id()
        } else {
            self.pac_id()
        }
    }

    /// The peer's id for the call, if it has one yet.
    pub(super) const fn peer_id(&self) -> Option<u16> {
        if self.automaton.is_pns() {
            self.pac_id()
        } else {
            self.pns_id()
        }
    }

    /// What was agreed, once it is.
    pub(super) fn info(&self) -> Option<CallInfo> {
        // What an end says of itself: its id, its window, its delay.
        let (pns, pac, connect_speed) = match &self.terms {
            Terms::Outgoing {
                request, answer, ..
            } => {
                let answer = (*answer)?;
                let pns = (
                    request.call_id,
                    request.receive_window,
                    request.processing_delay,
                );
                let pac = (
                    answer.call_id,
                    answer.receive_window,
                    answer.processing_delay,
                );
                (pns, pac, answer.connect_speed)
            }
            Terms::Incoming {
                request,
                answer,
                line,
                ..
            } => {
                let (answer, line) = ((*answer)?, (*line)?);
                let pns = (answer.call_id, answer.receive_window, answer.transmit_delay);
                let pac = (request.call_id, line.receive_window, line.transmit_delay);
                (pns, pac, line.connect_speed)
            }
        };
        let (ours, theirs) = if self.automaton.is_pns() {
            (pns, pac)
        } else {
            (pac, pns)
        };
        Some(CallInfo {
            our_call_id: ours.0,
            our_window: ours.1,
            peer_call_id: theirs.0,
            peer_window: theirs.1,
            peer_delay: theirs.2,
            connect_speed,
        })
    }
}
