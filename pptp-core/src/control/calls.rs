//! What the caller decides about calls, and what it can ask about them.

use super::automata::{Automaton, Event};
use super::call::{self, Call, Terms};
use super::{
    CallAnswer, CallEnd, CallError, CallInfo, CallRequest, Connection, Disconnect, FieldText,
    IncomingAnswer, IncomingLine, IncomingRequest, LinkInfo, TimeOuts, WanErrors, incoming_pac,
};
use crate::time::Instant;
use crate::wire::{
    GeneralError, IncomingCallRequest, IncomingCallResult, OutgoingCallRequest, OutgoingCallResult,
};

impl<const CALLS: usize> Connection<CALLS> {
    /// What was asked of the PAC for an outgoing call.
    #[must_use]
    pub fn call_request(&self, call: usize) -> Option<OutgoingCallRequest<'_>> {
        match &self.call(call)?.terms {
            Terms::Outgoing { request, .. } => Some(request.as_wire()),
            Terms::Incoming { .. } => None,
        }
    }

    /// What the PAC knew of an incoming call.
    #[must_use]
    pub fn incoming_request(&self, call: usize) -> Option<IncomingCallRequest<'_>> {
        match &self.call(call)?.terms {
            Terms::Incoming { request, .. } => Some(request.as_wire()),
            Terms::Outgoing { .. } => None,
        }
    }

    /// What was agreed about a call, once it is established.
    #[must_use]
    pub fn call_info(&self, call: usize) -> Option<CallInfo> {
        self.call(call)?.info()
    }

    /// The character maps of a call's line, as the last Set-Link-Info has them; all characters, if there was none.
    #[must_use]
    pub fn link_info(&self, call: usize) -> Option<LinkInfo> {
        Some(self.call(call)?.link_info)
    }

    /// Asks the peer for an outgoing call, as PNS, and returns the call's index.
    ///
    /// # Errors
    /// If the connection is not established, is a PAC's, or has no room for the call or its id.
    pub fn open_call(&mut self, now: Instant, request: CallRequest) -> Result<usize, CallError> {
        if !self.role.is_pns() {
            return Err(CallError::NotPns);
        }
        self.begin_call(request.call_id, |time_outs| {
            Call::open(now, request, time_outs)
        })
    }

    /// Asks the peer to take an incoming call, as PAC, and returns the call's index. If it does, there is an
    /// [`Event::CallAccepted`](super::Event::CallAccepted).
    ///
    /// The id of a call that was ended before the peer has answered it should not be another's next: the answer to the first
    /// would count for the second. RFC 2637 §3.2.2 suggests twice as many ids as calls.
    ///
    /// # Errors
    /// If the connection is not established, is a PNS's, or has no room for the call or its id.
    pub fn offer_call(
        &mut self,
        now: Instant,
        request: IncomingRequest,
    ) -> Result<usize, CallError> {
        if !self.role.is_pac() {
            return Err(CallError::NotPac);
        }
        self.begin_call(request.call_id, |time_outs| {
            Call::ring(now, request, time_outs)
        })
    }

    fn begin_call(
        &mut self,
        id: u16,
        call: impl FnOnce(&TimeOuts) -> Call,
    ) -> Result<usize, CallError> {
        if !self.is_established() {
            return Err(CallError::NotConnected);
        }
        if self.is_our_id(id) {
            return Err(CallError::CallIdInUse);
        }
        let call = call(&self.config.time_outs);
        self.insert(call).ok_or(CallError::NoFreeCall)
    }

    /// Accepts the call of an [`Event::CallRequested`](super::Event::CallRequested).
    ///
    /// # Errors
    /// If there is no such call, or if the answer's call id is in use on this connection.
    pub fn accept_call(
        &mut self,
        now: Instant,
        call: usize,
        answer: CallAnswer,
    ) -> Result<(), CallError> {
        self.take(now, call, answer.call_id, |terms| match terms {
            Terms::Outgoing { answer: place, .. } => {
                *place = Some(answer);
                true
            }
            Terms::Incoming { .. } => false,
        })
    }

    /// Takes the call of an [`Event::IncomingCall`](super::Event::IncomingCall). Once the PAC has answered the line, there
    /// is an [`Event::CallConnected`](super::Event::CallConnected).
    ///
    /// # Errors
    /// If there is no such call, or if the answer's call id is in use on this connection.
    pub fn accept_incoming(
        &mut self,
        now: Instant,
        call: usize,
        answer: IncomingAnswer,
    ) -> Result<(), CallError> {
        self.take(now, call, answer.call_id, |terms| match terms {
            Terms::Incoming { answer: place, .. } => {
                *place = Some(answer);
                true
            }
            Terms::Outgoing { .. } => false,
        })
    }

    fn take(
        &mut self,
        now: Instant,
        call: usize,
        id: u16,
        answer: impl FnOnce(&mut Terms) -> bool,
    ) -> Result<(), CallError> {
        let is_in_use = self.is_our_id(id);
        let (call, time_outs) = self.requested(call)?;
        if is_in_use {
            return Err(CallError::CallIdInUse);
        }
        if !answer(&mut call.terms) {
            return Err(CallError::NotRequested);
        }
        // Whoever has answered needs not be asked.
        call.pending.remove(call::Actions::REQUESTED);
        call.step(now, Event::Accept, CallEnd::Local, time_outs);
        Ok(())
    }

    /// Refuses the call of an [`Event::CallRequested`](super::Event::CallRequested). An
    /// [`Event::CallFailed`](super::Event::CallFailed) follows.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn refuse_call(
        &mut self,
        now: Instant,
        call: usize,
        result: OutgoingCallResult,
        error: GeneralError,
    ) -> Result<(), CallError> {
        let (call, time_outs) = self.requested(call)?;
        let Terms::Outgoing { refusal, .. } = &mut call.terms else {
            return Err(CallError::NotRequested);
        };
        *refusal = (result, error);
        call.step(now, Event::Refuse, CallEnd::Local, time_outs);
        Ok(())
    }

    /// Does not take the call of an [`Event::IncomingCall`](super::Event::IncomingCall). An
    /// [`Event::CallFailed`](super::Event::CallFailed) follows.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn refuse_incoming(
        &mut self,
        now: Instant,
        call: usize,
        result: IncomingCallResult,
        error: GeneralError,
    ) -> Result<(), CallError> {
        let (call, time_outs) = self.requested(call)?;
        let Terms::Incoming { refusal, .. } = &mut call.terms else {
            return Err(CallError::NotRequested);
        };
        *refusal = (result, error);
        call.step(now, Event::Refuse, CallEnd::Local, time_outs);
        Ok(())
    }

    /// Says, as PAC, that the line of an [`Event::CallAccepted`](super::Event::CallAccepted) has been answered. An
    /// [`Event::CallConnected`](super::Event::CallConnected) follows. If it cannot be, [`Self::disconnect_call`] says that.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn connect_call(
        &mut self,
        now: Instant,
        call: usize,
        answered: IncomingLine,
    ) -> Result<(), CallError> {
        let time_outs = &self.config.time_outs;
        let waits = Automaton::IncomingPac(incoming_pac::State::WaitLine);
        let call = self.calls.get_mut(call).and_then(Option::as_mut);
        let Some(call) = call.filter(|call| call.automaton == waits) else {
            return Err(CallError::NotRequested);
        };
        let Terms::Incoming { line, .. } = &mut call.terms else {
            return Err(CallError::NotRequested);
        };
        *line = Some(answered);
        // Whoever has answered needs not be told to.
        call.pending.remove(call::Actions::ACCEPTED);
        let event = Event::IncomingPac(incoming_pac::Event::Answered);
        call.step(now, event, CallEnd::Local, time_outs);
        Ok(())
    }

    /// Ends a call, whatever its state: as PNS by a Call-Clear-Request, as PAC by a Call-Disconnect-Notify, or by a
    /// refusal. An [`Event::CallEnded`](super::Event::CallEnded) or
    /// [`Event::CallFailed`](super::Event::CallFailed) follows; a PNS waits for the peer's notice first, but
    /// not for long. Does nothing if there is no such call.
    pub fn clear_call(&mut self, now: Instant, call: usize) {
        let time_outs = &self.config.time_outs;
        if let Some(Some(call)) = self.calls.get_mut(call) {
            call.terminate(now, CallEnd::Local, time_outs);
        }
    }

    /// Ends a call as PAC, as [`Self::clear_call`] does, and says why and what was counted. A call that was asked for and
    /// not answered yet is refused.
    ///
    /// # Errors
    /// If there is no such call, or we are its PNS.
    pub fn disconnect_call(
        &mut self,
        now: Instant,
        call: usize,
        with: &Disconnect<'_>,
    ) -> Result<(), CallError> {
        let time_outs = &self.config.time_outs;
        match self.calls.get_mut(call) {
            Some(Some(call)) if call.is_idle() => Err(CallError::NotEstablished),
            Some(Some(call)) if call.automaton.is_pns() => Err(CallError::NotPac),
            Some(Some(call)) => {
                call.disconnect(now, with, time_outs);
                Ok(())
            }
            _ => Err(CallError::NotEstablished),
        }
    }

    /// What a Call-Disconnect-Notify says that has been counted of a call, as PAC, whatever ends it: text for logs.
    ///
    /// # Errors
    /// If there is no such call, or we are its PNS.
    pub fn set_statistics(
        &mut self,
        call: usize,
        statistics: FieldText<128>,
    ) -> Result<(), CallError> {
        let call = self.established(call)?;
        if call.automaton.is_pns() {
            return Err(CallError::NotPac);
        }
        call.statistics = statistics;
        Ok(())
    }

    /// Tells the PNS, as PAC, what has gone wrong on the line of an established call, counted since the call's start: at
    /// once, or 60 s after the last time (RFC 2637 §2.14), then with what was said last. Counters that have not changed
    /// are not told.
    ///
    /// # Errors
    /// If there is no such call, or we are its PNS.
    pub fn report_wan_errors(
        &mut self,
        now: Instant,
        call: usize,
        errors: WanErrors,
    ) -> Result<(), CallError> {
        let call = self.established(call)?;
        if call.automaton.is_pns() {
            return Err(CallError::NotPac);
        }
        call.note_wan_errors(now, errors);
        Ok(())
    }

    /// Tells the PAC, as PNS, the character maps that PPP has agreed on for the line of an established call. If they change
    /// before that is sent, only the last ones are.
    ///
    /// # Errors
    /// If there is no such call, or we are its PAC.
    pub fn set_link_info(&mut self, call: usize, info: LinkInfo) -> Result<(), CallError> {
        let call = self.established(call)?;
        if !call.automaton.is_pns() {
            return Err(CallError::NotPns);
        }
        call.link_info = info;
        call.pending |= call::Actions::SEND_LINK_INFO;
        Ok(())
    }

    /// Takes `actions` off what is pending for a call.
    pub(super) fn told(&mut self, call: usize, actions: call::Actions) {
        if let Some(Some(call)) = self.calls.get_mut(call) {
            call.pending.remove(actions);
        }
    }

    pub(super) fn call(&self, call: usize) -> Option<&Call> {
        let call = self.calls.get(call)?.as_ref();
        call.filter(|call| !call.is_over())
    }

    fn established(&mut self, call: usize) -> Result<&mut Call, CallError> {
        match self.calls.get_mut(call) {
            Some(Some(call)) if call.automaton.is_established() => Ok(call),
            _ => Err(CallError::NotEstablished),
        }
    }

    fn requested(&mut self, call: usize) -> Result<(&mut Call, &TimeOuts), CallError> {
        match self.calls.get_mut(call) {
            Some(Some(call)) if call.automaton.is_requested() => Ok((call, &self.config.time_outs)),
            _ => Err(CallError::NotRequested),
        }
    }

    /// Whether a call has our id `id`.
    fn is_our_id(&self, id: u16) -> bool {
        let mut calls = self.calls.iter().flatten();
        calls.any(|call| !call.is_over() && call.our_id() == Some(id))
    }

    /// Puts a call into a free place.
    pub(super) fn insert(&mut self, call: Call) -> Option<usize> {
        let is_free = |call: &Option<Call>| call.as_ref().is_none_or(Call::is_over);
        let free = self.calls.iter().position(is_free)?;
        *self.calls.get_mut(free)? = Some(call);
        Some(free)
    }
}
