//! What is said to the peer. It is derived from what is pending, one message at a time.

use super::automaton::State;
use super::call::{Actions, Call, Terms};
use super::connection::{Connection, Pending, Reply, Timer};
use super::stats::count;
use super::{CallAnswer, CallEnd, IncomingAnswer};
use crate::codec::BufferTooSmall;
use crate::time::Instant;
use crate::wire::{
    CallClearRequest, CallDisconnectNotify, DisconnectResult, EchoReply, EchoRequest, EchoResult,
    GeneralError, IncomingCallConnected, IncomingCallReply, IncomingCallResult, Message,
    OutgoingCallReply, OutgoingCallResult, SetLinkInfo, StartControlConnectionReply,
    StartControlConnectionRequest, StopControlConnectionReply, StopControlConnectionRequest,
    StopResult, Version,
};

/// A message that is to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Output {
    Reply(Reply),
    StartRequest,
    /// One of [`Actions::MESSAGES`] about a call.
    Call(usize, Actions),
    StopRequest,
    EchoRequest,
}

impl<const CALLS: usize> Connection<CALLS> {
    /// Writes the next message for the TCP connection to the front of `out`; `None` if there is none.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `out` cannot hold it; then nothing has changed.
    /// [`MAX_CONTROL_MESSAGE`](crate::wire::MAX_CONTROL_MESSAGE) octets are always enough.
    pub fn poll_control<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        let Some(output) = self.next_output() else {
            return Ok(None);
        };
        let Some(message) = self.message(output) else {
            return Ok(None);
        };
        let written = message.encode(out)?;
        count(&mut self.stats.sent);
        match output {
            Output::Reply(_) => {
                self.reply = None;
                if self.state == State::Closed {
                    self.timers.stop_all();
                }
            }
            Output::StartRequest => self.pending.remove(Pending::START_REQUEST),
            Output::Call(call, action) => self.told(call, action),
            Output::StopRequest => self.pending.remove(Pending::STOP_REQUEST),
            Output::EchoRequest => {
                self.pending.remove(Pending::ECHO_REQUEST);
                self.is_echo_outstanding = true;
                self.echo_identifier = self.next_echo_identifier();
                let at = now + self.config.time_outs.echo_reply;
                self.timers.set(Timer::EchoReply, at);
            }
        }
        Ok(Some(written))
    }

    /// The message that is next: answers, then what ends a call before what ends the connection, and an Echo-Request
    /// only when nothing else is under way, for some peers read strictly in turn.
    pub(super) fn next_output(&self) -> Option<Output> {
        if let Some(reply) = self.reply {
            return Some(Output::Reply(reply));
        }
        if self.pending.contains(Pending::START_REQUEST) {
            return Some(Output::StartRequest);
        }
        for (index, call) in self.calls.iter().enumerate() {
            let pending = call.as_ref().map_or(Actions::empty(), |call| call.pending);
            let mut messages = Actions::MESSAGES.into_iter();
            if let Some(action) = messages.find(|action| pending.contains(*action)) {
                return Some(Output::Call(index, action));
            }
        }
        if self.pending.contains(Pending::STOP_REQUEST) {
            return Some(Output::StopRequest);
        }
        (self.is_quiet() && self.pending.contains(Pending::ECHO_REQUEST))
            .then_some(Output::EchoRequest)
    }

    const fn next_echo_identifier(&self) -> u32 {
        self.echo_identifier.wrapping_add(1)
    }

    fn message(&self, output: Output) -> Option<Message<'_>> {
        let message = match output {
            Output::Reply(reply) => self.reply(reply),
            Output::StartRequest => StartControlConnectionRequest {
                version: Version::V1_0,
                capabilities: self.config.start.capabilities(),
            }
            .into(),
            Output::Call(call, action) => call_message(self.call(call)?, action)?,
            Output::StopRequest => StopControlConnectionRequest {
                reason: self.stop_reason,
            }
            .into(),
            Output::EchoRequest => EchoRequest {
                identifier: self.next_echo_identifier(),
            }
            .into(),
        };
        Some(message)
    }

    fn reply(&self, reply: Reply) -> Message<'_> {
        match reply {
            Reply::Start(result) => StartControlConnectionReply {
                version: Version::V1_0,
                result,
                error: GeneralError::None,
                capabilities: self.config.start.capabilities(),
            }
            .into(),
            Reply::Stop => StopControlConnectionReply {
                result: StopResult::Ok,
                error: GeneralError::None,
            }
            .into(),
            Reply::Echo { identifier } => EchoReply {
                identifier,
                result: EchoResult::Ok,
                error: GeneralError::None,
            }
            .into(),
            Reply::OutgoingCall {
                peer_call_id,
                result,
                error,
            } => refusal_of(peer_call_id, (result, error)).into(),
            Reply::IncomingCall {
                peer_call_id,
                error,
            } => {
                let result = match error {
                    GeneralError::None => IncomingCallResult::DoNotAccept,
                    _ => IncomingCallResult::GeneralError,
                };
                incoming_refusal(peer_call_id, result, error).into()
            }
            Reply::Disconnect { call_id, error } => CallDisconnectNotify {
                call_id,
                result: DisconnectResult::GeneralError,
                error,
                cause: 0,
                statistics: &[],
            }
            .into(),
        }
    }
}

/// A message about a call; there always is one, if the call is in a state that can have it pending.
fn call_message(call: &Call, action: Actions) -> Option<Message<'_>> {
    let peer_call_id = call.peer_id();
    let message = match (action, &call.terms) {
        (Actions::SEND_REQUEST, Terms::Outgoing { request, .. }) => request.as_wire().into(),
        (Actions::SEND_REQUEST, Terms::Incoming { request, .. }) => request.as_wire().into(),
        (
            Actions::SEND_REPLY,
            Terms::Outgoing {
                answer, refusal, ..
            },
        ) => match answer {
            Some(answer) => acceptance(peer_call_id?, answer).into(),
            None => refusal_of(peer_call_id?, *refusal).into(),
        },
        (
            Actions::SEND_REPLY,
            Terms::Incoming {
                answer, refusal, ..
            },
        ) => match answer {
            Some(answer) => incoming_acceptance(peer_call_id?, answer).into(),
            None => incoming_refusal(peer_call_id?, refusal.0, refusal.1).into(),
        },
        (Actions::SEND_CONNECTED, Terms::Incoming { line, .. }) => {
            let line = (*line)?;
            IncomingCallConnected {
                peer_call_id: peer_call_id?,
                connect_speed: line.connect_speed,
                receive_window: line.receive_window,
                transmit_delay: line.transmit_delay,
                framing: line.framing,
            }
            .into()
        }
        (Actions::SEND_LINK_INFO, _) => SetLinkInfo {
            peer_call_id: peer_call_id?,
            send_accm: call.link_info.send_accm,
            receive_accm: call.link_info.receive_accm,
        }
        .into(),
        (Actions::SEND_WAN_ERRORS, _) => call.wan_errors.as_wire(peer_call_id?).into(),
        (Actions::SEND_CLEAR, _) => CallClearRequest {
            call_id: call.pns_id()?,
        }
        .into(),
        _ => {
            let (result, error, cause) = call.disconnect.unwrap_or((
                match call.end {
                    Some(CallEnd::Cleared) => DisconnectResult::Request,
                    _ => DisconnectResult::AdminShutdown,
                },
                GeneralError::None,
                0,
            ));
            CallDisconnectNotify {
                // A call that was never answered may have no id of ours; by its own the peer finds it, too.
                call_id: call.pac_id().or(call.pns_id())?,
                result,
                error,
                cause,
                statistics: call.statistics.as_bytes(),
            }
            .into()
        }
    };
    Some(message)
}

const fn incoming_acceptance(peer_call_id: u16, answer: &IncomingAnswer) -> IncomingCallReply {
    IncomingCallReply {
        call_id: answer.call_id,
        peer_call_id,
        result: IncomingCallResult::Connect,
        error: GeneralError::None,
        receive_window: answer.receive_window,
        transmit_delay: answer.transmit_delay,
    }
}

const fn incoming_refusal(
    peer_call_id: u16,
    result: IncomingCallResult,
    error: GeneralError,
) -> IncomingCallReply {
    IncomingCallReply {
        call_id: 0,
        peer_call_id,
        result,
        error,
        receive_window: 0,
        transmit_delay: 0,
    }
}

const fn acceptance(peer_call_id: u16, answer: &CallAnswer) -> OutgoingCallReply {
    OutgoingCallReply {
        call_id: answer.call_id,
        peer_call_id,
        result: OutgoingCallResult::Connected,
        error: GeneralError::None,
        cause: 0,
        connect_speed: answer.connect_speed,
        receive_window: answer.receive_window,
        processing_delay: answer.processing_delay,
        physical_channel_id: answer.physical_channel_id,
    }
}

const fn refusal_of(
    peer_call_id: u16,
    (result, error): (OutgoingCallResult, GeneralError),
) -> OutgoingCallReply {
    OutgoingCallReply {
        call_id: 0,
        peer_call_id,
        result,
        error,
        cause: 0,
        connect_speed: 0,
        receive_window: 0,
        processing_delay: 0,
        physical_channel_id: 0,
    }
}
