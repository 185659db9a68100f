//! The side that tells its name and password.

#![expect(unnameable_types, reason = "the machines are the link's own business")]

use crate::auth::machine::{PeerMachine, Step};
use crate::auth::{Discard, Identity, Method, Methods, ShortText, shorten};
use crate::codec::{BufferTooSmall, Writer};
use crate::event::DownReason;
use crate::random::Random;
use crate::time::{Instant, TimerKey, TimerTable};
use crate::wire::mschapv2::ErrorCode;
use crate::wire::{Packet, pap};
use core::time::Duration;
use pptp_mppe::LinkKeys;

/// How often an Authenticate-Request is sent before the authenticator is given up: for 29.5 seconds in all.
pub(super) const MAX_REQUESTS: u8 = 20;

/// Tells name and password until there is an answer.
#[derive(Debug, Clone)]
pub struct Peer {
    phase: Phase,
    /// Of the newest request.
    identifier: u8,
    /// How many requests there were; as many identifiers an answer may have.
    sent: u8,
    pending: bool,
    message: ShortText,
    timers: TimerTable<Timer, 1>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    Requesting,
    Authenticated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    /// The request is due again, or was sent often enough.
    Retransmit,
}

impl TimerKey for Timer {
    const ALL: &'static [Self] = &[Self::Retransmit];

    fn slot(self) -> usize {
        0
    }
}

impl Peer {
    fn due(&mut self, now: Instant) {
        self.pending = true;
        // As for Configure-Requests: on a bad path many attempts count for more than a long wait for each.
        let wait = Duration::from_millis(if self.sent == 0 { 1000 } else { 1500 });
        self.timers.set(Timer::Retransmit, now + wait);
    }

    /// Whether an answer with `identifier` is to one of our requests: a late one is as good as the one to the newest.
    const fn is_answer(&self, identifier: u8) -> bool {
        self.identifier.wrapping_sub(identifier) < self.sent
    }

    fn end(&mut self, phase: Phase) {
        self.phase = phase;
        self.pending = false;
        self.timers.stop_all();
    }
}

impl PeerMachine for Peer {
    fn new() -> Self {
        Self {
            phase: Phase::Closed,
            identifier: 0,
            sent: 0,
            pending: false,
            message: ShortText::new(),
            timers: TimerTable::new(),
        }
    }

    fn open(&mut self, now: Instant, _method: Method, _methods: Methods) {
        self.phase = Phase::Requesting;
        self.sent = 0;
        self.message.clear();
        self.due(now);
    }

    fn close(&mut self) {
        self.end(Phase::Closed);
    }

    fn handle_packet(
        &mut self,
        _now: Instant,
        _who: &impl Identity,
        packet: Packet<'_>,
        _own_challenge: Option<&[u8]>,
        _random: &mut Random,
    ) -> Result<Step, Discard> {
        let (phase, message, step) = match pap::Message::parse(packet)? {
            pap::Message::Ack { message } => (Phase::Authenticated, message, Step::Done),
            // It says no more than that (RFC 1334 §2.2.2).
            pap::Message::Nak { message } => {
                let reason = DownReason::AuthenticationFailed(ErrorCode::AuthenticationFailure);
                (Phase::Closed, message, Step::Failed(reason))
            }
            other => return Err(Discard::UnknownCode(other.code().0)),
        };
        if self.phase != Phase::Requesting || self.sent == 0 {
            return Err(Discard::Unexpected);
        }
        if !self.is_answer(packet.identifier) {
            return Err(Discard::WrongIdentifier);
        }
        self.message = shorten(message);
        self.end(phase);
        Ok(step)
    }

    fn is_authenticated(&self) -> bool {
        self.phase == Phase::Authenticated
    }

    fn keys(&self) -> Option<LinkKeys> {
        None
    }

    fn message(&self) -> &[u8] {
        &self.message
    }

    fn hurry(&mut self) {
        self.pending = self.phase == Phase::Requesting;
    }

    fn handle_timeout(&mut self, now: Instant) -> Step {
        if !self.timers.take_expired(Timer::Retransmit, now) {
            return Step::Nothing;
        }
        if self.sent < MAX_REQUESTS {
            self.due(now);
            return Step::Nothing;
        }
        self.end(Phase::Closed);
        Step::Failed(DownReason::AuthenticationTimeout)
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.timers.next().map(|(at, _)| at)
    }

    fn poll_packet(
        &mut self,
        who: &impl Identity,
        out: &mut [u8],
    ) -> Result<Option<usize>, BufferTooSmall> {
        let Some(password) = who.password().filter(|_| self.pending) else {
            return Ok(None);
        };
        // Each has another identifier, although it says the same (RFC 1334 §2.2.1).
        let identifier = self.identifier.wrapping_add(1);
        let message = pap::Message::Request {
            name: who.name().as_bytes(),
            password: password.as_bytes(),
        };
        let mut writer = Writer::new(out);
        message.encode(&mut writer, identifier);
        let len = writer.finish()?.len();
        self.identifier = identifier;
        self.sent = self.sent.saturating_add(1);
        self.pending = false;
        Ok(Some(len))
    }
}
