//! What is said to the peer. It is derived from what is pending, one message at a time.

use super::automaton::State;
use super::call::{Actions, Call};
use super::connection::{Connection, Pending, Reply, Timer};
use super::stats::count;
use super::{CallAnswer, CallEnd};
use crate::codec::BufferTooSmall;
use crate::time::Instant;
use crate::wire::{
    CallClearRequest, CallDisconnectNotify, DisconnectResult, EchoReply, EchoRequest, EchoResult,
    GeneralError, IncomingCallReply, IncomingCallResult, Message, OutgoingCallReply,
    OutgoingCallResult, StartControlConnectionReply, StartControlConnectionRequest,
    StopControlConnectionReply, StopControlConnectionRequest, StopResult, Version,
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
            Output::Call(call, action) => call_message(self.call(call)?, action),
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
            } => refusal(peer_call_id, result, error).into(),
            Reply::IncomingCall {
                peer_call_id,
                error,
            } => IncomingCallReply {
                call_id: 0,
                peer_call_id,
                result: match error {
                    GeneralError::None => IncomingCallResult::DoNotAccept,
                    _ => IncomingCallResult::GeneralError,
                },
                error,
                receive_window: 0,
                transmit_delay: 0,
            }
            .into(),
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

fn call_message(call: &Call, action: Actions) -> Message<'_> {
    match action {
        Actions::SEND_REQUEST => call.request.as_wire().into(),
        Actions::SEND_CLEAR => CallClearRequest {
            call_id: call.pns_id(),
        }
        .into(),
        Actions::SEND_REPLY => match call.answer {
            Some(answer) => acceptance(call.pns_id(), &answer).into(),
            None => refusal(call.pns_id(), call.refusal.0, call.refusal.1).into(),
        },
        _ => CallDisconnectNotify {
            // A call that was never answered has no id of ours; by its own the peer finds it, too.
            call_id: call.pac_id().unwrap_or(call.pns_id()),
            result: match call.end {
                Some(CallEnd::Cleared) => DisconnectResult::Request,
                _ => DisconnectResult::AdminShutdown,
            },
            error: GeneralError::None,
            cause: 0,
            statistics: &[],
        }
        .into(),
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

const fn refusal(
    peer_call_id: u16,
    result: OutgoingCallResult,
    error: GeneralError,
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
