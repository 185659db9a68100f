//! The side that asks for a name and a proof.

#[cfg(test)]
mod tests;

use super::change::{ChangeRoom, NoChange};
use super::v2::{ChangeRequest, Request, V2};
use super::version::{ChapVersion, Refused, Shown};
use crate::auth::{AuthId, Discard, Methods, Name, ShortText, Verdict, shorten};
use crate::codec::{BufferTooSmall, Writer};
use crate::random::Random;
use crate::time::{Instant, TimerKey, TimerTable};
use crate::wire::Packet;
use crate::wire::chap::{Code, Message};
use crate::wire::mschapv2::ErrorCode;
use core::fmt;
use core::time::Duration;

/// Challenges a peer, asks for a [`Verdict`] on its Response and tells the peer.
///
/// [`Authenticator::challenge`] when LCP has negotiated the version for the other side, and again whenever it is to
/// prove itself anew; [`Authenticator::close`] when LCP leaves Opened. In between, packets and time go in and packets
/// come out of [`Authenticator::poll_packet`]; any order of calls is safe.
///
/// A Challenge is sent again, the same one, until there is a Response. A Response that comes again, because our verdict
/// was lost, gets the same verdict again and is no new attempt. Since not every peer sends its Response again, a verdict
/// on which something has to follow is told a few times, the same each time, until it does: the peer's next attempt, or
/// what comes after authentication ([`Authenticator::settle`]).
///
/// What it takes to have a peer change its password costs memory: [`Change`](super::Change) instead of [`NoChange`] has
/// the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticator<C: ChangeRoom = NoChange, V: ChapVersion = V2> {
    version: V,
    phase: Phase<V::Success>,
    pending: bool,
    identifier: u8,
    challenge: V::Challenge,
    /// How often what was sent last, the Challenge or the verdict, has become due.
    due: u8,
    /// How many Responses there were since the last Challenge.
    tries: u8,
    presented: Option<Presented<V::Challenge, V::Response>>,
    change: C,
    keys: Option<V::Keys>,
    timers: TimerTable<Timer, 1>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase<Success> {
    Closed,
    /// Waits for a Response.
    Challenged,
    /// Waits for the verdict on it.
    Presented,
    Accepted(Success),
    Refused(Refusal),
    /// The peer did not answer.
    Silent,
}

/// What goes into a Failure.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    error: ErrorCode,
    retry: bool,
    /// Whether the password may be changed.
    change: bool,
    message: ShortText,
}

/// A Response that has come, or what is like one in a Change-Password.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Presented<Challenge, Response> {
    identifier: u8,
    /// Whether it came with a new password, the rest of which may be in [`Authenticator::change`].
    changes: bool,
    /// What it is the answer to.
    challenge: Challenge,
    response: Response,
    name: Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    /// What was sent last is due again, or no Response has come in all the time there was.
    Response,
}

impl TimerKey for Timer {
    const ALL: &'static [Self] = &[Self::Response];

    fn slot(self) -> usize {
        0
    }
}

/// What a verdict came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Outcome {
    /// The peer has proved itself.
    Accepted,
    /// It has not, and the link is to go down once the Failure has been sent.
    Refused(ErrorCode),
    /// It has not, but may try again, or change its password.
    Retry(ErrorCode),
}

/// Why an authentication failed without a verdict, seen from the authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AuthenticatorError {
    /// The peer did not answer the Challenge.
    NoResponse,
}

impl fmt::Display for AuthenticatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResponse => f.write_str("the client did not answer the challenge"),
        }
    }
}

impl core::error::Error for AuthenticatorError {}

impl Default for Authenticator {
    fn default() -> Self {
        Self::new()
    }
}

impl Authenticator {
    /// How often a Challenge is sent before the peer is given up: for 29.5 seconds in all.
    pub const MAX_CHALLENGES: u8 = 20;
    /// How often a peer may try without a new Challenge: no verdict allows it another try after that.
    pub const MAX_TRIES: u8 = 5;
    /// How long a person has for another try, or another password.
    pub const RETRY_TIMEOUT: Duration = Duration::from_secs(60);
    /// The time between two copies of a verdict.
    pub const REPEAT_INTERVAL: Duration = Duration::from_secs(3);
    /// How often a verdict is sent again without being asked for.
    pub const MAX_REPEATS: u8 = 5;
    /// What is left of [`Self::RETRY_TIMEOUT`] after them.
    const AFTER_REPEATS: Duration = Duration::from_secs(60 - 5 * 3);
    /// How much of the message of a [`Verdict::Reject`] is sent, in octets.
    pub const MAX_MESSAGE_LEN: usize = 64;

    /// An authenticator that has challenged nobody yet, and lets nobody change a password.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_room(NoChange)
    }
}

impl<C: ChangeRoom> Authenticator<C> {
    /// An authenticator that has challenged nobody yet, with the memory that it takes to have passwords changed or
    /// without.
    #[must_use]
    pub const fn with_room(room: C) -> Self {
        Self::with_version(room, V2)
    }

    /// What waits for a verdict, if it is a Response.
    #[must_use]
    pub fn request(&self) -> Option<Request<'_>> {
        let shown = self.shown()?;
        shown.blocks.is_none().then(|| shown.into())
    }

    /// What waits for a verdict, if it is a Change-Password.
    #[must_use]
    pub fn change_request(&self) -> Option<ChangeRequest<'_>> {
        let shown = self.shown()?;
        Some(ChangeRequest::new(shown, shown.blocks?))
    }
}

impl<C: ChangeRoom, V: ChapVersion> Authenticator<C, V> {
    /// An authenticator of `version` that has challenged nobody yet, with the memory that it takes to have passwords
    /// changed or without.
    #[must_use]
    pub const fn with_version(room: C, version: V) -> Self {
        Self {
            version,
            phase: Phase::Closed,
            pending: false,
            identifier: 0,
            challenge: V::UNASKED,
            due: 0,
            tries: 0,
            presented: None,
            change: room,
            keys: None,
            timers: TimerTable::new(),
        }
    }

    /// Challenges the peer, with a new value and identifier; whatever was presented before no longer counts.
    pub fn challenge(&mut self, now: Instant, random: &mut Random) {
        self.identifier = self.identifier.wrapping_add(1);
        self.challenge = V::draw(random);
        self.presented = None;
        self.change.clear();
        self.phase = Phase::Challenged;
        self.due = 0;
        self.tries = 0;
        self.send_challenge(now);
    }

    /// Ends it, and forgets the keys.
    pub fn close(&mut self) {
        self.phase = Phase::Closed;
        self.pending = false;
        self.presented = None;
        self.change.clear();
        self.keys = None;
        self.timers.stop_all();
    }

    /// What the peer is or was last challenged with: never to be answered when it comes from the peer.
    #[must_use]
    pub fn challenge_value(&self) -> Option<&V::Challenge> {
        let is_open = !matches!(self.phase, Phase::Closed);
        Some(&self.challenge).filter(|_| is_open)
    }

    /// Whether the last verdict accepted the peer.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        matches!(self.phase, Phase::Accepted(_))
    }

    /// Whether the last verdict refused the peer for good.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(
            self.phase,
            Phase::Refused(Refusal {
                retry: false,
                change: false,
                ..
            })
        )
    }

    /// The start keys of MPPE from the last time that a peer was accepted; a new Challenge during the session leaves
    /// them until the next.
    #[must_use]
    pub const fn keys(&self) -> Option<&V::Keys> {
        self.keys.as_ref()
    }

    /// What is to be quoted in a verdict on either.
    pub(crate) fn request_id(&self) -> Option<AuthId> {
        self.shown().map(|shown| shown.id)
    }

    /// What waits for a verdict.
    pub(super) fn shown(&self) -> Option<Shown<'_, V>> {
        let is_waiting = matches!(self.phase, Phase::Presented);
        let presented = self.presented.as_ref().filter(|_| is_waiting)?;
        Some(Shown {
            id: AuthId::of_challenge(presented.challenge.as_ref()),
            user_name: presented.name.as_bytes(),
            identifier: presented.identifier,
            challenge: &presented.challenge,
            response: &presented.response,
            blocks: self.change.get().filter(|_| presented.changes),
        })
    }

    /// The same version as `methods` have it.
    pub(super) fn set_methods(&mut self, methods: Methods) {
        self.version = V::with_methods(methods);
    }

    /// Takes a CHAP packet. After `Ok(true)` there is something new to be judged: [`Authenticator::request`] or
    /// [`Authenticator::change_request`].
    ///
    /// # Errors
    /// Why the packet was ignored.
    pub fn handle_packet(&mut self, packet: Packet<'_>) -> Result<bool, Discard> {
        let (response, name, blocks) = match Message::parse(packet)? {
            Message::Response { value, name } => {
                (V::parse_response(value)?, Some(Name::new(name)?), None)
            }
            Message::Other { code, data } => {
                let change = self.version.parse_change(code, data, C::HAS_ROOM);
                let (response, blocks) = change.ok_or(Discard::UnknownCode(code.0))??;
                (response, None, blocks)
            }
            other => return Err(Discard::UnknownCode(other.code().0)),
        };
        // One answer for each Challenge: whatever else comes under its identifier gets the same verdict, or else
        // somebody could go on guessing (RFC 1994 §4.1).
        if self
            .presented
            .as_ref()
            .is_some_and(|before| before.identifier == packet.identifier)
        {
            return self.repeat();
        }
        let changes = name.is_none();
        match &self.phase {
            Phase::Challenged if !changes => {}
            Phase::Refused(refusal) if changes && refusal.change => {}
            Phase::Refused(refusal) if !changes && refusal.retry => {}
            Phase::Closed
            | Phase::Challenged
            | Phase::Presented
            | Phase::Accepted(_)
            | Phase::Refused(_)
            | Phase::Silent => return Err(Discard::Unexpected),
        }
        if packet.identifier != self.identifier {
            return Err(Discard::WrongIdentifier);
        }
        // A change is of the account of the Response before (RFC 2759 §7).
        let before = self.presented.take().map(|before| before.name);
        self.presented = Some(Presented {
            identifier: packet.identifier,
            changes,
            challenge: self.challenge.clone(),
            response,
            name: name.or(before).unwrap_or_default(),
        });
        if let Some(blocks) = blocks {
            self.change.put(blocks);
        }
        self.phase = Phase::Presented;
        self.tries = self.tries.saturating_add(1);
        self.pending = false;
        self.timers.stop(Timer::Response);
        Ok(true)
    }

    /// The identifier that the next Response should have.
    pub(crate) const fn expected_identifier(&self) -> u8 {
        self.identifier
    }

    /// Has what was sent last be sent again.
    pub(crate) fn send_again(&mut self) {
        self.pending = matches!(
            self.phase,
            Phase::Challenged | Phase::Accepted { .. } | Phase::Refused(_)
        );
    }

    /// Answers the [`Authenticator::request`] with this `id`. `None`, and nothing happens, if there is no such request
    /// any more.
    pub fn authorize(
        &mut self,
        now: Instant,
        id: AuthId,
        verdict: &Verdict<'_>,
        random: &mut Random,
    ) -> Option<Outcome> {
        let shown = self.shown().filter(|shown| shown.id == id)?;
        if let Verdict::Reject {
            error,
            retry,
            message,
        } = verdict
        {
            return Some(self.refuse(now, *error, *retry, message, random));
        }
        let judged = self.version.judge(shown, verdict);
        self.change.clear();
        let (success, keys) = match judged {
            Ok(accepted) => accepted,
            Err(error) => {
                let changes = self.presented.as_ref().is_some_and(|it| it.changes);
                let error = match error {
                    ErrorCode::AuthenticationFailure if changes => ErrorCode::ChangingPassword,
                    error => error,
                };
                return Some(self.refuse(now, error, false, b"", random));
            }
        };
        self.keys = keys;
        self.phase = Phase::Accepted(success);
        self.due = 0;
        self.send_verdict(now);
        Some(Outcome::Accepted)
    }

    /// The peer has gone on to what comes after authentication, so that it has heard our Success: that is not told again
    /// unless it asks.
    pub fn settle(&mut self) {
        if matches!(self.phase, Phase::Accepted(_)) {
            self.timers.stop_all();
        }
    }

    /// Has the time be `now`. If that ends the attempt, says why.
    #[must_use]
    pub fn handle_timeout(&mut self, now: Instant) -> Option<AuthenticatorError> {
        if !self.timers.take_expired(Timer::Response, now) {
            return None;
        }
        match self.phase {
            Phase::Challenged if self.due < Authenticator::MAX_CHALLENGES => {
                self.send_challenge(now);
            }
            Phase::Accepted(_) | Phase::Refused(_) if self.due <= Authenticator::MAX_REPEATS => {
                self.send_verdict(now);
            }
            _ => {
                self.close();
                self.phase = Phase::Silent;
                return Some(AuthenticatorError::NoResponse);
            }
        }
        None
    }

    /// When [`Authenticator::handle_timeout`] has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.timers.next().map(|(at, _)| at)
    }

    /// Writes the CHAP packet that is to be sent, if there is one. We call ourselves `name`, which may be empty.
    ///
    /// # Errors
    /// If it does not fit; it stays to be sent.
    pub fn poll_packet<'b>(
        &mut self,
        name: &[u8],
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        if !self.pending {
            return Ok(None);
        }
        let answered = self
            .presented
            .as_ref()
            .map_or(self.identifier, |it| it.identifier);
        let mut writer = Writer::new(out);
        match &self.phase {
            Phase::Challenged => {
                let value = self.challenge.as_ref();
                let message = Message::Challenge { value, name };
                message.encode(&mut writer, self.identifier);
            }
            Phase::Accepted(success) => {
                Packet::encode_with(&mut writer, Code::SUCCESS.into(), answered, |writer| {
                    V::write_success(success, writer);
                });
            }
            Phase::Refused(refusal) => {
                let failure = Refused {
                    error: refusal.error,
                    retry: refusal.retry,
                    challenge: Some(self.challenge.clone()),
                    version: None,
                    message: &refusal.message,
                };
                Packet::encode_with(&mut writer, Code::FAILURE.into(), answered, |writer| {
                    V::write_failure(&failure, C::HAS_ROOM, writer);
                });
            }
            Phase::Closed | Phase::Presented | Phase::Silent => return Ok(None),
        }
        let packet = writer.finish()?;
        self.pending = false;
        Ok(Some(packet))
    }

    fn send_challenge(&mut self, now: Instant) {
        self.due = self.due.saturating_add(1);
        self.pending = true;
        // As for Configure-Requests: on a bad path many attempts count for more than a long wait for each.
        let wait = Duration::from_millis(if self.due == 1 { 1000 } else { 1500 });
        self.timers.set(Timer::Response, now + wait);
    }

    /// Has a verdict be sent on which something has to follow. pppd says its Response once, and then waits for half a
    /// minute.
    fn send_verdict(&mut self, now: Instant) {
        self.due = self.due.saturating_add(1);
        self.pending = true;
        let wait = match self.phase {
            _ if self.due <= Authenticator::MAX_REPEATS => Authenticator::REPEAT_INTERVAL,
            Phase::Refused(_) => Authenticator::AFTER_REPEATS,
            _ => return,
        };
        self.timers.set(Timer::Response, now + wait);
    }

    /// What a Response gets when its Challenge has already been answered.
    fn repeat(&mut self) -> Result<bool, Discard> {
        match self.phase {
            Phase::Accepted(_) | Phase::Refused(_) => self.pending = true,
            Phase::Presented => {}
            Phase::Closed | Phase::Challenged | Phase::Silent => return Err(Discard::Unexpected),
        }
        Ok(false)
    }

    fn refuse(
        &mut self,
        now: Instant,
        error: ErrorCode,
        retry: bool,
        message: &[u8],
        random: &mut Random,
    ) -> Outcome {
        let message = shorten(message);
        // After a change of password there is no other try (RFC 2759 §9.1).
        let last = self.presented.as_ref().is_some_and(|it| it.changes);
        let retry = retry && V::RETRIES && self.tries < Authenticator::MAX_TRIES && !last;
        let can_change = self.version.can_change(C::HAS_ROOM);
        let change = can_change && error == ErrorCode::PasswordExpired && !last;
        self.phase = Phase::Refused(Refusal {
            error,
            retry,
            change,
            message,
        });
        // In a Failure there has to be one, whatever it is for (RFC 2759 §6).
        self.challenge = V::draw(random);
        self.keys = None;
        self.pending = true;
        if !retry && !change {
            return Outcome::Refused(error);
        }
        // What comes next counts on from the Response before (RFC 2433 B.1, RFC 2759 §7).
        self.identifier = self.identifier.wrapping_add(1);
        self.due = 0;
        self.send_verdict(now);
        Outcome::Retry(error)
    }
}
