//! The side that is asked for its name and proof.

#[cfg(test)]
mod tests;

mod retry;

use super::change::{ChangeRoom, NoChange};
use super::v2::V2;
use super::version::{ChapVersion, KeptText as _};
use crate::auth::{Discard, Identity, Methods};
use crate::codec::{BufferTooSmall, Writer};
use crate::random::Random;
use crate::time::{Instant, TimerKey, TimerTable};
use crate::wire::Packet;
use crate::wire::chap::Message;
use crate::wire::mschapv2::ErrorCode;
use core::fmt;
use core::time::Duration;
use retry::Refusal;
pub use retry::{RetryError, Wanted};

/// The longest value of a Response, in octets.
pub(super) const MAX_RESPONSE: usize = 49;

/// Answers the challenges of an authenticator and verifies its proof, if the version has one.
///
/// Who we are is not kept here but given along, and has to stay the same while it is open.
///
/// [`Peer::open`] when LCP has negotiated the version for this side, [`Peer::close`] when LCP leaves Opened. In between,
/// packets and time go in and packets come out of [`Peer::poll_packet`]; any order of calls is safe. Once failed, it
/// says nothing more until it is opened again, or until [`Peer::retry`] where the authenticator allows another try.
///
/// A Response is sent again every three seconds as long as there is no verdict, always the same one, for it may be
/// the Success that got lost.
///
/// What it takes to change a password costs memory: [`Change`](super::Change) instead of [`NoChange`] has the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer<C: ChangeRoom = NoChange, V: ChapVersion = V2> {
    version: V,
    phase: Phase,
    answer: Option<Answer<V::Asked, V::Response>>,
    /// How often there was another try.
    retries: u8,
    change: C,
    keys: Option<V::Keys>,
    /// The authenticator's, for people.
    text: V::Text,
    timers: TimerTable<Timer, 2>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    /// Waits for a Challenge.
    Opened,
    /// Waits for the verdict on a Response.
    Responded,
    Authenticated,
    /// Refused, and waits for [`Peer::retry`] or its like.
    Wanted,
    Failed,
}

/// Our answer to the last challenge, or what is to become one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer<Asked, Response> {
    identifier: u8,
    challenge: Asked,
    content: Content<Response>,
    pending: bool,
    /// How often it has been sent.
    sent: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content<Response> {
    Response(Response),
    /// A Change-Password: the proof of the new password, and the rest may be in [`Peer::change`].
    Change(Response),
    /// None yet.
    Refusal(Refusal),
}

impl<Response> Content<Response> {
    const fn proof(&self) -> Option<&Response> {
        match self {
            Self::Response(response) | Self::Change(response) => Some(response),
            Self::Refusal(_) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    /// The Response is due again.
    Retransmit,
    /// There has been no Success for too long, or nobody to ask for another password.
    GiveUp,
}

impl TimerKey for Timer {
    const ALL: &'static [Self] = &[Self::Retransmit, Self::GiveUp];

    fn slot(self) -> usize {
        match self {
            Self::Retransmit => 0,
            Self::GiveUp => 1,
        }
    }
}

/// What a packet has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PeerEvent<'p> {
    /// Each side has proved itself to the other: [`Peer::keys`] are there.
    Authenticated {
        /// The authenticator's text for people; usually empty.
        message: &'p [u8],
    },
    /// The link has to go down, unless there is another try: [`Peer::wanted`].
    Failed {
        /// Why.
        cause: PeerError,
        /// The authenticator's text for people; usually empty.
        message: &'p [u8],
    },
}

/// Why an authentication failed, seen from the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PeerError {
    /// The authenticator refused us.
    Refused {
        /// Why, by its own account.
        error: ErrorCode,
        /// Whether it would take another attempt.
        retry: bool,
    },
    /// The authenticator said Success without proving that it knows the password: it is not who it should be.
    ServerNotTrusted,
    /// The authenticator did not challenge us or did not answer our Response in time.
    TimedOut,
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { error, .. } => error.fmt(f),
            Self::ServerNotTrusted => {
                f.write_str("the server has not proved that it knows the password")
            }
            Self::TimedOut => f.write_str("the server did not finish the authentication in time"),
        }
    }
}

impl core::error::Error for PeerError {}

impl Default for Peer {
    fn default() -> Self {
        Self::new()
    }
}

impl Peer {
    /// How long after [`Peer::open`] there has to be a Success.
    pub const TIMEOUT: Duration = Duration::from_secs(60);
    /// The time between two copies of a Response, once it has been sent a few times.
    pub const RETRANSMIT: Duration = Duration::from_secs(3);
    /// How often a Response is sent without being asked for again.
    pub const MAX_RESPONSES: u8 = 10;

    /// How long another password is waited for after [`Peer::ask`].
    pub const RETRY_TIMEOUT: Duration = Duration::from_secs(60);
    /// How often there can be another try, and a change of password after it.
    pub const MAX_RETRIES: u8 = 5;
    /// How much of the text in a Failure is kept for [`Peer::wanted`], in octets.
    pub const MAX_MESSAGE_LEN: usize = 40;

    /// A peer that has not been opened yet, and cannot change passwords.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_room(NoChange)
    }
}

impl<C: ChangeRoom> Peer<C> {
    /// A peer that has not been opened yet, with the memory that it takes to change a password or without.
    #[must_use]
    pub const fn with_room(room: C) -> Self {
        Self::with_version(room, V2)
    }
}

impl<C: ChangeRoom, V: ChapVersion> Peer<C, V> {
    /// A peer of `version` that has not been opened yet, with the memory that it takes to change a password or without.
    #[must_use]
    pub const fn with_version(room: C, version: V) -> Self {
        Self {
            version,
            phase: Phase::Closed,
            answer: None,
            retries: 0,
            change: room,
            keys: None,
            text: V::Text::EMPTY,
            timers: TimerTable::new(),
        }
    }

    /// Starts to wait for a Challenge, with nothing left of what was before.
    pub fn open(&mut self, now: Instant) {
        self.close();
        self.phase = Phase::Opened;
        self.timers.set(Timer::GiveUp, now + Peer::TIMEOUT);
    }

    /// Ends it, and forgets the keys.
    pub fn close(&mut self) {
        self.phase = Phase::Closed;
        self.answer = None;
        self.retries = 0;
        self.change.clear();
        self.keys = None;
        self.timers.stop_all();
    }

    /// Whether the last Challenge was answered and the authenticator has proved itself.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.phase == Phase::Authenticated
    }

    /// The start keys of MPPE from the last Success; a new Challenge during the session leaves them until the next.
    #[must_use]
    pub const fn keys(&self) -> Option<&V::Keys> {
        self.keys.as_ref()
    }

    /// The identifier of our answer, which what follows on it should have.
    pub(crate) fn answer_identifier(&self) -> Option<u8> {
        self.answer.as_ref().map(|answer| answer.identifier)
    }

    /// The authenticator's text for people, if the version keeps it.
    pub(super) fn text(&self) -> &[u8] {
        self.text.get()
    }

    pub(super) fn keep_text(&mut self, text: &[u8]) {
        self.text.keep(text);
    }

    /// The same version as `methods` have it.
    pub(super) fn set_methods(&mut self, methods: Methods) {
        self.version = V::with_methods(methods);
    }

    /// Takes a CHAP packet.
    ///
    /// `who` is us, with the domain in the name if the authenticator wants one. `own_challenge` is what we challenge the other side with, if we do: see
    /// [`Authenticator::challenge_value`](super::Authenticator::challenge_value).
    ///
    /// # Errors
    /// Why the packet was ignored.
    pub fn handle_packet<'p>(
        &mut self,
        now: Instant,
        who: &impl Identity,
        packet: Packet<'p>,
        own_challenge: Option<&[u8]>,
        random: &mut Random,
    ) -> Result<Option<PeerEvent<'p>>, Discard> {
        if matches!(self.phase, Phase::Closed | Phase::Wanted | Phase::Failed) {
            return Err(Discard::Unexpected);
        }
        match Message::parse(packet)? {
            Message::Challenge { value, .. } => {
                let challenge = V::parse_challenge(value)?;
                if own_challenge == Some(value) {
                    return Err(Discard::OwnChallenge);
                }
                if self.is_before_retry(packet.identifier) {
                    return Err(Discard::WrongIdentifier);
                }
                self.answer(now, who, packet.identifier, challenge, random)?;
                Ok(None)
            }
            Message::Success { message } => self
                .handle_success(who, packet.identifier, message)
                .map(Some),
            Message::Failure { message } => self
                .handle_failure(packet.identifier, message, own_challenge)
                .map(Some),
            other => Err(Discard::UnknownCode(other.code().0)),
        }
    }

    /// Sends a Response that waits for its verdict once more: the authenticator has gone on, so that there was a Success.
    pub fn hurry(&mut self) {
        if let Some(answer) = self.answer.as_mut()
            && self.phase == Phase::Responded
        {
            answer.pending = true;
        }
    }

    /// Has the time be `now`. If that ends the attempt, says why.
    #[must_use]
    pub fn handle_timeout(&mut self, now: Instant) -> Option<PeerError> {
        if self.timers.take_expired(Timer::GiveUp, now) {
            let refused = self.wanted().map(|wanted| PeerError::Refused {
                error: wanted.error,
                retry: wanted.retry,
            });
            self.fail();
            return Some(refused.unwrap_or(PeerError::TimedOut));
        }
        if self.timers.take_expired(Timer::Retransmit, now)
            && let Some(answer) = &mut self.answer
        {
            answer.pending = true;
            if answer.sent < Peer::MAX_RESPONSES {
                self.timers.set(Timer::Retransmit, now + Peer::RETRANSMIT);
            }
        }
        None
    }

    /// When [`Peer::handle_timeout`] has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.timers.next().map(|(at, _)| at)
    }

    /// Writes the CHAP packet that is to be sent, if there is one.
    ///
    /// # Errors
    /// If it does not fit; it stays to be sent.
    pub fn poll_packet<'b>(
        &mut self,
        who: &impl Identity,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        let Some(answer) = self.answer.as_mut().filter(|answer| answer.pending) else {
            return Ok(None);
        };
        let identifier = answer.identifier;
        let mut writer = Writer::new(out);
        match &answer.content {
            Content::Response(response) => {
                let mut room = [0; MAX_RESPONSE];
                let mut value = Writer::new(&mut room);
                V::write_response(response, &mut value);
                let message = Message::Response {
                    value: value.written(),
                    name: who.name().as_bytes(),
                };
                message.encode(&mut writer, identifier);
            }
            Content::Change(proof) => {
                let code = V::code_of_change(proof);
                Packet::encode_with(&mut writer, code.into(), identifier, |writer| {
                    V::write_change(proof, self.change.get(), writer);
                });
            }
            Content::Refusal(_) => return Ok(None),
        }
        let packet = writer.finish()?;
        answer.pending = false;
        answer.sent = answer.sent.saturating_add(1);
        Ok(Some(packet))
    }

    /// Has a Response be sent: the one that was, if the Challenge was here before.
    fn answer(
        &mut self,
        now: Instant,
        who: &impl Identity,
        identifier: u8,
        challenge: V::Asked,
        random: &mut Random,
    ) -> Result<(), Discard> {
        match &mut self.answer {
            Some(answer) if answer.identifier == identifier && answer.challenge == challenge => {
                answer.pending = true;
            }
            _ => {
                let response = self.version.prove(who, identifier, &challenge, random);
                let response = response.ok_or(Discard::Unexpected)?;
                self.respond(identifier, challenge, Content::Response(response));
            }
        }
        if self.phase == Phase::Responded {
            self.timers.set(Timer::Retransmit, now + Peer::RETRANSMIT);
        }
        Ok(())
    }

    /// Has an answer be sent that has not been sent before.
    fn respond(&mut self, identifier: u8, challenge: V::Asked, content: Content<V::Response>) {
        self.answer = Some(Answer {
            identifier,
            challenge,
            content,
            pending: true,
            sent: 0,
        });
        self.phase = Phase::Responded;
    }

    fn handle_success<'p>(
        &mut self,
        who: &impl Identity,
        identifier: u8,
        message: &'p [u8],
    ) -> Result<PeerEvent<'p>, Discard> {
        let (answer, response) = self.answered(identifier)?;
        let accepted = self
            .version
            .accept(who, &answer.challenge, response, message);
        let Some((keys, text)) = accepted else {
            self.fail();
            return Ok(PeerEvent::Failed {
                cause: PeerError::ServerNotTrusted,
                message,
            });
        };
        self.keys = keys;
        self.phase = Phase::Authenticated;
        self.retries = 0;
        self.change.clear();
        self.timers.stop_all();
        Ok(PeerEvent::Authenticated { message: text })
    }

    /// The answer that a verdict with `identifier` can be about, and the proof in it.
    #[expect(
        clippy::type_complexity,
        reason = "what an answer is made of depends on the version"
    )]
    fn answered(
        &self,
        identifier: u8,
    ) -> Result<(&Answer<V::Asked, V::Response>, &V::Response), Discard> {
        let answer = self.answer.as_ref().filter(|answer| answer.sent > 0);
        let answer = answer.filter(|_| self.phase == Phase::Responded);
        let Some((answer, proof)) = answer.and_then(|it| Some((it, it.content.proof()?))) else {
            return Err(Discard::Unexpected);
        };
        if answer.identifier == identifier {
            Ok((answer, proof))
        } else {
            Err(Discard::WrongIdentifier)
        }
    }

    fn fail(&mut self) {
        self.close();
        self.phase = Phase::Failed;
    }
}
