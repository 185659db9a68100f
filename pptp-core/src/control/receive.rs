//! What the peer says: one function for each message (RFC 2637 §2).

use super::automata::{Automaton, Event as CallEvent};
use super::automaton::{Event, State};
use super::call::{Call, Terms};
use super::connection::{Connection, Notice, Reply, Timer};
use super::stats::count;
use super::{
    CallAnswer, CallEnd, CallRequest, CloseReason, FieldText, IncomingAnswer, IncomingLine,
    IncomingRequest, LinkInfo, StartConfig, incoming_pac, incoming_pns, outgoing_pns,
};
use crate::ProtocolError;
use crate::time::Instant;
use crate::wire::{
    CallClearRequest, CallDisconnectNotify, DisconnectResult, EchoReply, GeneralError,
    IncomingCallConnected, IncomingCallReply, IncomingCallRequest, IncomingCallResult, Message,
    OutgoingCallReply, OutgoingCallRequest, OutgoingCallResult, SetLinkInfo,
    StartControlConnectionReply, StartControlConnectionRequest, Version, WanErrorNotify,
};

impl<const CALLS: usize> Connection<CALLS> {
    /// Handles messages from the TCP connection, and returns how many octets it has consumed: whole messages only.
    ///
    /// The caller keeps the others and gives them again, with what has arrived since behind them; a buffer of
    /// [`MAX_RECEIVED_MESSAGE`](crate::wire::MAX_RECEIVED_MESSAGE) octets is enough. A message that has to be answered
    /// or told is the last that is consumed before [`poll_control`](Self::poll_control) and
    /// [`poll_event`](Self::poll_event) are drained: so nothing is ever queued, and a peer that does not read its
    /// answers is not listened to. Octets that come when there is no connection are consumed and ignored.
    ///
    /// # Errors
    /// If the octets are not PPTP. The connection has ended, and an [`Event::Closed`](super::Event::Closed) says so.
    #[must_use = "octets that were not consumed have to be given again"]
    pub fn handle_control(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, ProtocolError> {
        let mut rest = bytes;
        while self.state != State::Closed {
            if self.is_busy() {
                return Ok(bytes.len().saturating_sub(rest.len()));
            }
            match Message::parse(rest) {
                Ok(Some((message, len))) => {
                    rest = rest.get(len..).unwrap_or_default();
                    self.receive(now, &message);
                }
                Ok(None) => return Ok(bytes.len().saturating_sub(rest.len())),
                Err(error) => {
                    self.advance(now, Event::Abort, CloseReason::Protocol(error));
                    return Err(error);
                }
            }
        }
        Ok(bytes.len())
    }

    fn receive(&mut self, now: Instant, message: &Message<'_>) {
        count(&mut self.stats.received);
        self.keep_alive(now);
        match message {
            Message::StartControlConnectionRequest(request) => self.start_request(now, request),
            Message::StartControlConnectionReply(reply) => self.start_reply(now, reply),
            Message::StopControlConnectionRequest(request) => {
                let reason = CloseReason::PeerStopped(request.reason);
                self.advance(now, Event::StopRequest, reason);
            }
            Message::StopControlConnectionReply(_) => {
                if self.state != State::WaitStopReply {
                    count(&mut self.stats.unexpected);
                }
                self.advance(now, Event::StopReply, CloseReason::Local);
            }
            Message::EchoRequest(request) => {
                let identifier = request.identifier;
                self.reply = Some(Reply::Echo { identifier });
            }
            Message::EchoReply(reply) => self.echo_reply(now, reply),
            Message::OutgoingCallRequest(request) => self.outgoing_call_request(now, request),
            Message::OutgoingCallReply(reply) => self.outgoing_call_reply(now, reply),
            Message::IncomingCallRequest(request) => self.incoming_call_request(now, request),
            Message::IncomingCallReply(reply) => self.incoming_call_reply(now, reply),
            Message::IncomingCallConnected(connected) => {
                self.incoming_call_connected(now, connected);
            }
            Message::CallClearRequest(request) => self.call_clear_request(now, request),
            Message::CallDisconnectNotify(notify) => self.call_disconnect_notify(now, notify),
            Message::WanErrorNotify(notify) => self.wan_error_notify(notify),
            Message::SetLinkInfo(info) => self.link_info_set(info),
            Message::Unknown { .. } | Message::Management { .. } => count(&mut self.stats.unknown),
        }
    }

    fn start_request(&mut self, now: Instant, request: &StartControlConnectionRequest<'_>) {
        match self.state {
            State::WaitRequest => {
                self.peer = StartConfig::from_wire(&request.capabilities);
                self.peer_version = request.version;
            }
            State::Established => count(&mut self.stats.restarts),
            _ => count(&mut self.stats.unexpected),
        }
        // A later version than ours is answered with ours, an earlier one there is none of that is known.
        let event = if request.version.number() < Version::V1_0.number() {
            Event::StartRequestBadVersion
        } else {
            Event::StartRequest
        };
        let reason = CloseReason::VersionNotSupported(request.version);
        self.advance(now, event, reason);
    }

    fn start_reply(&mut self, now: Instant, reply: &StartControlConnectionReply<'_>) {
        if self.state != State::WaitReply {
            count(&mut self.stats.unexpected);
            return;
        }
        self.peer = StartConfig::from_wire(&reply.capabilities);
        self.peer_version = reply.version;
        let (event, reason) = if !reply.result.is_success() {
            let (result, error) = (reply.result, reply.error);
            (
                Event::StartReplyRefused,
                CloseReason::Refused { result, error },
            )
        } else if reply.version.number() == Version::V1_0.number() {
            (Event::StartReply, CloseReason::Local)
        } else {
            self.stop_reason = crate::wire::StopReason::Protocol;
            let reason = CloseReason::VersionNotSupported(reply.version);
            (Event::StartReplyBadVersion, reason)
        };
        self.advance(now, event, reason);
    }

    fn echo_reply(&mut self, now: Instant, reply: &EchoReply) {
        if self.is_echo_outstanding && reply.identifier == self.echo_identifier {
            self.is_echo_outstanding = false;
            self.timers.stop(Timer::EchoReply);
            self.keep_alive(now);
        } else {
            count(&mut self.stats.unmatched_echo_replies);
        }
    }

    fn outgoing_call_request(&mut self, now: Instant, request: &OutgoingCallRequest<'_>) {
        let general = OutgoingCallResult::GeneralError;
        let is_live = |call: &Call| !call.is_idle() && call.peer_id() == Some(request.call_id);
        let refusal = if self.state != State::Established {
            Some((general, GeneralError::NotConnected))
        } else if !self.role.is_pac() || self.end.is_some() {
            Some((OutgoingCallResult::DoNotAccept, GeneralError::None))
        } else if self.calls.iter().flatten().any(is_live) {
            Some((general, GeneralError::BadCallId))
        } else {
            let request = CallRequest::from_wire(request);
            let call = Call::requested(now, request, &self.config.time_outs);
            match self.insert(call) {
                Some(call) => {
                    if let Some(answer) = self.config.accept {
                        // If the call id is in use, the caller is asked.
                        let _ = self.accept_call(now, call, answer);
                    }
                    None
                }
                None => Some((general, GeneralError::NoResource)),
            }
        };
        if let Some((result, error)) = refusal {
            let peer_call_id = request.call_id;
            self.reply = Some(Reply::OutgoingCall {
                peer_call_id,
                result,
                error,
            });
        }
    }

    fn outgoing_call_reply(&mut self, now: Instant, reply: &OutgoingCallReply) {
        let is_asked = |call: &Call| {
            matches!(call.automaton, Automaton::OutgoingPns(_))
                && call.pns_id() == Some(reply.peer_call_id)
        };
        let Some(call) = find(&mut self.calls, is_asked) else {
            count(&mut self.stats.unexpected);
            count(&mut self.stats.misdirected);
            return;
        };
        let mut is_news = false;
        let (event, cause) = if reply.result == OutgoingCallResult::Connected {
            if let Terms::Outgoing { answer, .. } = &mut call.terms {
                // The id of one that we have cleared meanwhile, its Call-Disconnect-Notify will have.
                is_news = answer.is_none();
                answer.get_or_insert(CallAnswer {
                    call_id: reply.call_id,
                    connect_speed: reply.connect_speed,
                    receive_window: reply.receive_window,
                    processing_delay: reply.processing_delay,
                    physical_channel_id: reply.physical_channel_id,
                });
            }
            (outgoing_pns::Event::Reply, CallEnd::Local)
        } else {
            let cause = CallEnd::Refused {
                result: reply.result,
                error: reply.error,
                cause: reply.cause,
            };
            (outgoing_pns::Event::ReplyError, cause)
        };
        let event = CallEvent::OutgoingPns(event);
        if !call.step(now, event, cause, &self.config.time_outs) && !is_news {
            count(&mut self.stats.unexpected);
        }
        self.go_on_closing(now);
    }

    fn incoming_call_request(&mut self, now: Instant, request: &IncomingCallRequest<'_>) {
        let is_live = |call: &Call| !call.is_idle() && call.peer_id() == Some(request.call_id);
        let refusal = if self.state != State::Established {
            Some(GeneralError::NotConnected)
        } else if !self.role.is_pns() || self.end.is_some() {
            Some(GeneralError::None)
        } else if self.calls.iter().flatten().any(is_live) {
            Some(GeneralError::BadCallId)
        } else {
            let request = IncomingRequest::from_wire(request);
            let call = Call::rung(now, request, &self.config.time_outs);
            match self.insert(call) {
                Some(call) => {
                    if let Some(answer) = self.config.accept_incoming {
                        // If the call id is in use, the caller is asked.
                        let _ = self.accept_incoming(now, call, answer);
                    }
                    None
                }
                None => Some(GeneralError::NoResource),
            }
        };
        if let Some(error) = refusal {
            let peer_call_id = request.call_id;
            self.reply = Some(Reply::IncomingCall {
                peer_call_id,
                error,
            });
        }
    }

    fn incoming_call_reply(&mut self, now: Instant, reply: &IncomingCallReply) {
        // The one that waits for it: one that is answered already is not answered otherwise.
        let is_rung = |call: &Call| {
            call.automaton == Automaton::IncomingPac(incoming_pac::State::WaitReply)
                && call.pac_id() == Some(reply.peer_call_id)
        };
        let Some(call) = find(&mut self.calls, is_rung) else {
            count(&mut self.stats.unexpected);
            return;
        };
        let (event, cause) = if reply.result == IncomingCallResult::Connect {
            if let Terms::Incoming { answer, .. } = &mut call.terms {
                *answer = Some(IncomingAnswer {
                    call_id: reply.call_id,
                    receive_window: reply.receive_window,
                    transmit_delay: reply.transmit_delay,
                });
            }
            (incoming_pac::Event::Reply, CallEnd::Local)
        } else {
            let cause = CallEnd::NotTaken {
                result: reply.result,
                error: reply.error,
            };
            (incoming_pac::Event::ReplyNo, cause)
        };
        let event = CallEvent::IncomingPac(event);
        call.step(now, event, cause, &self.config.time_outs);
        self.go_on_closing(now);
    }

    fn incoming_call_connected(&mut self, now: Instant, connected: &IncomingCallConnected) {
        // One that we have cleared meanwhile, its Call-Disconnect-Notify ends.
        let is_taken = |call: &Call| {
            call.automaton == Automaton::IncomingPns(incoming_pns::State::WaitConnect)
                && call.pns_id() == Some(connected.peer_call_id)
        };
        let Some(call) = find(&mut self.calls, is_taken) else {
            count(&mut self.stats.unexpected);
            return;
        };
        if let Terms::Incoming { line, .. } = &mut call.terms {
            *line = Some(IncomingLine {
                connect_speed: connected.connect_speed,
                receive_window: connected.receive_window,
                transmit_delay: connected.transmit_delay,
                framing: connected.framing,
            });
        }
        let event = CallEvent::IncomingPns(incoming_pns::Event::Connected);
        call.step(now, event, CallEnd::Local, &self.config.time_outs);
    }

    fn call_clear_request(&mut self, now: Instant, request: &CallClearRequest) {
        if !self.role.is_pac() {
            // Only a PNS clears calls like this; a PAC disconnects them.
            count(&mut self.stats.unexpected);
            return;
        }
        let call_id = request.call_id;
        let time_outs = &self.config.time_outs;
        // The PNS's own id (RFC 2637 §2.12), or else ours.
        let by_pns = |call: &Call| !call.automaton.is_pns() && call.pns_id() == Some(call_id);
        let by_pac = |call: &Call| !call.automaton.is_pns() && call.pac_id() == Some(call_id);
        let Some(call) = find_either(&mut self.calls, by_pns, by_pac) else {
            let error = match self.state {
                State::Established => GeneralError::BadCallId,
                _ => GeneralError::NotConnected,
            };
            self.reply = Some(Reply::Disconnect { call_id, error });
            return;
        };
        // The notice says more than the question would.
        call.step(now, CallEvent::Clear, CallEnd::Cleared, time_outs);
        self.go_on_closing(now);
    }

    fn call_disconnect_notify(&mut self, now: Instant, notify: &CallDisconnectNotify<'_>) {
        let call_id = notify.call_id;
        let time_outs = &self.config.time_outs;
        // The PAC's own id (RFC 2637 §2.13); accel-ppp and Linux's NAT helper put the PNS's there. Of a call that was
        // cleared before it was answered the PAC's is not known.
        let by_pac = |call: &Call| call.automaton.is_pns() && call.pac_id() == Some(call_id);
        // What says that there is no such call answers a Call-Clear-Request that crossed the notice of the call's end. By
        // now the same id may be another call's, which nobody has cleared.
        let is_unknown = notify.result == DisconnectResult::GeneralError
            && notify.error == GeneralError::BadCallId;
        let by_pns = |call: &Call| {
            let is_it = call.pns_id() == Some(call_id) || call.is_cleared_unanswered();
            call.automaton.is_pns() && is_it && (!is_unknown || call.automaton.is_clearing())
        };
        let Some(call) = find_either(&mut self.calls, by_pac, by_pns) else {
            count(&mut self.stats.unexpected);
            return;
        };
        let cause = CallEnd::Disconnected {
            result: notify.result,
            error: notify.error,
            cause: notify.cause,
        };
        call.statistics = FieldText::new(notify.statistics);
        call.step(now, CallEvent::Disconnect, cause, time_outs);
        self.go_on_closing(now);
    }

    fn wan_error_notify(&mut self, notify: &WanErrorNotify) {
        match self.position(notify.peer_call_id) {
            Some(call) if self.call(call).is_some_and(|it| it.automaton.is_pns()) => {
                let errors = *notify;
                self.notice = Some(Notice::WanErrors { call, errors });
            }
            _ => count(&mut self.stats.unexpected),
        }
    }

    fn link_info_set(&mut self, info: &SetLinkInfo) {
        count(&mut self.stats.link_infos);
        let position = self.position(info.peer_call_id);
        let Some((index, call)) =
            position.and_then(|at| Some((at, self.calls.get_mut(at)?.as_mut()?)))
        else {
            count(&mut self.stats.unexpected);
            return;
        };
        call.link_info = LinkInfo {
            send_accm: info.send_accm,
            receive_accm: info.receive_accm,
        };
        self.notice = Some(Notice::LinkInfo { call: index });
    }

    /// The index of the live call that has our id `id`.
    fn position(&self, id: u16) -> Option<usize> {
        let is_it = |call: &Call| !call.is_idle() && call.our_id() == Some(id);
        let mut calls = self.calls.iter();
        calls.position(|call| call.as_ref().is_some_and(is_it))
    }
}

/// The live call that it is.
fn find(calls: &mut [Option<Call>], is_it: impl Fn(&Call) -> bool) -> Option<&mut Call> {
    let mut calls = calls.iter_mut().flatten();
    calls.find(|call| !call.is_idle() && is_it(call))
}

/// The live call that is the `first`, or else the `second`.
fn find_either(
    calls: &mut [Option<Call>],
    first: impl Fn(&Call) -> bool,
    second: impl Fn(&Call) -> bool,
) -> Option<&mut Call> {
    if find(calls, &first).is_some() {
        find(calls, first)
    } else {
        find(calls, second)
    }
}
