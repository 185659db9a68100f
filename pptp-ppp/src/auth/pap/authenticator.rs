//! The side that is told a name and a password.

#![expect(unnameable_types, reason = "the machines are the link's own business")]

use super::{MAX_FIELD, Request};
use crate::auth::machine::{AuthenticatorMachine, Step};
use crate::auth::{Discard, Method, Methods, Name, ShortText, Verdict, shorten};
use crate::codec::{BufferTooSmall, Writer};
use crate::event::{DownReason, Proof};
use crate::mschap::NtHash;
use crate::random::Random;
use crate::time::{Instant, TimerKey, TimerTable};
use crate::wire::{Packet, pap};
use core::fmt;
use core::time::Duration;
use heapless::Vec;
use pptp_mppe::LinkKeys;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

/// How long there may be no request.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// Waits for name and password, and answers with a verdict on them: always the same one, however often they come.
#[derive(Debug, Clone)]
pub struct Authenticator {
    phase: Phase,
    /// What waits for a verdict.
    presented: Option<Presented>,
    /// Of the newest request.
    identifier: u8,
    pending: bool,
    timers: TimerTable<Timer, 1>,
}

#[derive(Debug, Clone)]
enum Phase {
    Closed,
    Waiting,
    Presented,
    Accepted,
    Refused(ShortText),
}

/// Name and password, until there is a verdict. Cleared on drop, never printed.
#[derive(Clone)]
struct Presented {
    name: Name<MAX_FIELD>,
    password: Vec<u8, MAX_FIELD, u8>,
}

impl Drop for Presented {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    /// No request has come in all the time there was.
    Request,
}

impl TimerKey for Timer {
    const ALL: &'static [Self] = &[Self::Request];

    fn slot(self) -> usize {
        0
    }
}

impl Presented {
    fn is(&self, password: &[u8]) -> bool {
        self.password.ct_eq(password).into()
    }

    /// Whether it is the password with this hash, which only text has.
    fn has(&self, hash: &NtHash) -> bool {
        str::from_utf8(&self.password).is_ok_and(|text| NtHash::from_password(text) == *hash)
    }
}

impl AuthenticatorMachine for Authenticator {
    fn new() -> Self {
        Self {
            phase: Phase::Closed,
            presented: None,
            identifier: 0,
            pending: false,
            timers: TimerTable::new(),
        }
    }

    fn open(&mut self, now: Instant, _method: Method, _methods: Methods, _random: &mut Random) {
        self.close();
        self.phase = Phase::Waiting;
        self.timers.set(Timer::Request, now + TIMEOUT);
    }

    fn close(&mut self) {
        self.phase = Phase::Closed;
        self.presented = None;
        self.pending = false;
        self.timers.stop_all();
    }

    fn challenge_value(&self) -> Option<&[u8]> {
        None
    }

    fn handle_packet(
        &mut self,
        _now: Instant,
        packet: Packet<'_>,
        _random: &mut Random,
    ) -> Result<Step, Discard> {
        let (name, password) = match pap::Message::parse(packet)? {
            pap::Message::Request { name, password } => (name, password),
            other => return Err(Discard::UnknownCode(other.code().0)),
        };
        match self.phase {
            Phase::Waiting => {
                self.presented = Some(Presented {
                    name: Name::new(name)?,
                    // The length of it has one octet.
                    password: Vec::from_slice(password).unwrap_or_default(),
                });
                self.phase = Phase::Presented;
                self.timers.stop_all();
                self.identifier = packet.identifier;
                Ok(Step::Requested)
            }
            // The answer is to the newest. With another password it would be another attempt.
            Phase::Presented => {
                let presented = self.presented.as_ref();
                if !presented.is_some_and(|it| it.name.as_bytes() == name && it.is(password)) {
                    return Err(Discard::Unexpected);
                }
                self.identifier = packet.identifier;
                Ok(Step::Nothing)
            }
            // The answer was lost: it is the same, whatever is presented (RFC 1334 §2.2.1).
            Phase::Accepted | Phase::Refused(_) => {
                self.identifier = packet.identifier;
                self.pending = true;
                Ok(Step::Nothing)
            }
            Phase::Closed => Err(Discard::Unexpected),
        }
    }

    fn request(&self) -> Option<(&[u8], Proof<'_>)> {
        let presented = self.presented.as_ref()?;
        let request = Request {
            password: &presented.password,
        };
        Some((presented.name.as_bytes(), Proof::Pap(request)))
    }

    fn authorize(&mut self, _now: Instant, verdict: &Verdict<'_>, _random: &mut Random) -> Step {
        let Some(presented) = self.presented.take() else {
            return Step::Nothing;
        };
        let accepted = match *verdict {
            Verdict::Password(password) => presented.is(password.as_bytes()),
            Verdict::NtHash(hash) | Verdict::Hashes { nt: hash, .. } => presented.has(hash),
            Verdict::Accept { .. } | Verdict::AcceptWith { .. } => true,
            Verdict::Reject { .. } => false,
        };
        let message = match *verdict {
            Verdict::Reject { message, .. } => message,
            _ => b"",
        };
        self.pending = true;
        if accepted {
            self.phase = Phase::Accepted;
            Step::Done
        } else {
            // The link goes down once the Nak has been sent.
            self.phase = Phase::Refused(shorten(message));
            Step::Nothing
        }
    }

    fn is_authenticated(&self) -> bool {
        matches!(self.phase, Phase::Accepted)
    }

    fn keys(&self) -> Option<LinkKeys> {
        None
    }

    fn handle_timeout(&mut self, now: Instant) -> Step {
        if !self.timers.take_expired(Timer::Request, now) {
            return Step::Nothing;
        }
        self.close();
        Step::Failed(DownReason::AuthenticationTimeout)
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.timers.next().map(|(at, _)| at)
    }

    fn poll_packet(
        &mut self,
        _name: &[u8],
        out: &mut [u8],
    ) -> Result<Option<(usize, Step)>, BufferTooSmall> {
        let (message, step) = match &self.phase {
            Phase::Accepted => (pap::Message::Ack { message: b"" }, Step::Nothing),
            Phase::Refused(message) => (
                pap::Message::Nak { message },
                Step::Failed(DownReason::PeerRejected),
            ),
            Phase::Closed | Phase::Waiting | Phase::Presented => return Ok(None),
        };
        if !self.pending {
            return Ok(None);
        }
        let mut writer = Writer::new(out);
        message.encode(&mut writer, self.identifier);
        let len = writer.finish()?.len();
        self.pending = false;
        Ok(Some((len, step)))
    }
}
