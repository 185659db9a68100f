//! What comes after a Failure: another try, or another password (RFC 2759 §6, §7; RFC 2433 B.1).

use super::{Answer, Content, Peer, PeerError, PeerEvent, Phase, Timer};
use crate::auth::chap::change::ChangeRoom;
use crate::auth::chap::version::{ChapVersion, NewSecret};
use crate::auth::{Discard, Identity, shorten};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::chap::Code;
use crate::wire::mschapv2::ErrorCode;
use core::fmt;
use heapless::Vec;

/// What an authenticator that refused us would take instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Wanted<'a> {
    /// Why it refused.
    pub error: ErrorCode,
    /// Whether it would take another name or password: [`Peer::retry`].
    pub retry: bool,
    /// Whether it would take a new password for the account: [`Peer::change_password`].
    pub change: bool,
    /// Its text for people; usually empty.
    pub message: &'a [u8],
}

/// Why there was no other try. Nothing has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RetryError {
    /// Nobody waits for it, or not any more.
    NotWanted,
    /// The new password has more than [`MAX_PASSWORD`](crate::mschap::change::MAX_PASSWORD) units of UTF-16.
    TooLong,
}

impl fmt::Display for RetryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotWanted => "the server does not wait for another password",
            Self::TooLong => "the new password is too long",
        })
    }
}

impl core::error::Error for RetryError {}

/// A Failure that is not the last word. Without alignment: it is in the room of a Response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    error: [u8; 4],
    retry: bool,
    /// The message that a change of password would be asked for with.
    change: Option<Code>,
    message: Vec<u8, { Peer::MAX_MESSAGE_LEN }, u8>,
}

impl<C: ChangeRoom, V: ChapVersion> Peer<C, V> {
    /// What the authenticator would take after the Failure that came last. `None`: nothing.
    #[must_use]
    pub fn wanted(&self) -> Option<Wanted<'_>> {
        let answer = self
            .answer
            .as_ref()
            .filter(|_| self.phase == Phase::Wanted)?;
        let Content::Refusal(refusal) = &answer.content else {
            return None;
        };
        Some(Wanted {
            error: u32::from_be_bytes(refusal.error).into(),
            retry: refusal.retry,
            change: refusal.change.is_some(),
            message: &refusal.message,
        })
    }

    /// Somebody is asked: [`Peer::RETRY_TIMEOUT`] from now it will be too late.
    pub fn ask(&mut self, now: Instant) {
        if self.phase == Phase::Wanted {
            self.timers.set(Timer::GiveUp, now + Peer::RETRY_TIMEOUT);
        }
    }

    /// Tries again as `who`, who may have another name as well: answers the challenge of the Failure.
    ///
    /// # Errors
    /// [`RetryError::NotWanted`] if [`Peer::wanted`] does not say that another try is allowed.
    pub fn retry(
        &mut self,
        now: Instant,
        who: &impl Identity,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        if !self.wanted().is_some_and(|wanted| wanted.retry) {
            return Err(RetryError::NotWanted);
        }
        let answer = self.answer.as_ref().ok_or(RetryError::NotWanted)?;
        let response = self
            .version
            .prove(who, answer.identifier, &answer.challenge, random);
        self.try_again(
            now,
            Content::Response(response.ok_or(RetryError::NotWanted)?),
        )
    }

    /// Asks for the password of the account to be changed, from that of `old` to that of `new`, which is in text
    /// `password`, and answers the challenge of the Failure with the new one. From then on it is `new` who we are; there is
    /// no other try.
    ///
    /// # Errors
    /// [`RetryError::NotWanted`] if [`Peer::wanted`] does not say that a change is allowed, and [`RetryError::TooLong`].
    pub fn change_password<I: Identity>(
        &mut self,
        now: Instant,
        old: &I,
        new: &I,
        password: &str,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        let answer = self.answer.as_ref().filter(|_| self.phase == Phase::Wanted);
        let Some(Answer {
            content:
                Content::Refusal(Refusal {
                    change: Some(code), ..
                }),
            challenge,
            ..
        }) = answer
        else {
            return Err(RetryError::NotWanted);
        };
        let (code, secret) = (*code, NewSecret { old, new, password });
        let change = self.version.change(code, challenge, &secret, random);
        let (proof, blocks) = change.map_err(|_| RetryError::TooLong)?;
        if let Some(blocks) = blocks {
            self.change.put(blocks);
        }
        self.try_again(now, Content::Change(proof))
    }

    /// Whether a Challenge with `identifier` is a late copy of what was answered before the last try.
    pub(super) fn is_before_retry(&self, identifier: u8) -> bool {
        let answer = self.answer.as_ref().filter(|_| self.retries > 0);
        answer.is_some_and(|answer| answer.identifier == identifier.wrapping_add(1))
    }

    /// What became of our answer: it was refused, for good or until there is a better one.
    pub(super) fn handle_failure<'p>(
        &mut self,
        identifier: u8,
        message: &'p [u8],
        own_challenge: Option<&[u8]>,
    ) -> Result<PeerEvent<'p>, Discard> {
        let (answer, _) = self.answered(identifier)?;
        // After a change of password there is no other try (RFC 2759 §9.1).
        let last = matches!(answer.content, Content::Change(_));
        let failure = V::parse_failure(message, &answer.challenge);
        // To answer our own challenge would be to log somebody in to us.
        let challenge = failure
            .challenge
            .filter(|challenge| own_challenge != Some(challenge.as_ref()) && !last);
        let retry = failure.retry && self.retries < Peer::MAX_RETRIES;
        let change = self.version.change_code(failure.version, C::HAS_ROOM);
        let change = change.filter(|_| {
            failure.error == ErrorCode::PasswordExpired && self.retries <= Peer::MAX_RETRIES
        });
        match challenge {
            Some(challenge) if retry || change.is_some() => self.want(
                identifier.wrapping_add(1),
                challenge,
                Refusal {
                    error: u32::from(failure.error).to_be_bytes(),
                    retry,
                    change,
                    message: shorten(failure.message),
                },
            ),
            _ => self.fail(),
        }
        Ok(PeerEvent::Failed {
            cause: PeerError::Refused {
                error: failure.error,
                retry: failure.retry,
            },
            message: failure.message,
        })
    }

    /// Waits for somebody to say how to go on.
    fn want(&mut self, identifier: u8, challenge: V::Asked, refusal: Refusal) {
        self.phase = Phase::Wanted;
        self.keys = None;
        self.answer = Some(Answer {
            identifier,
            challenge,
            content: Content::Refusal(refusal),
            pending: false,
            sent: 0,
        });
        self.timers.stop_all();
    }

    /// Answers the challenge of the Failure, under the next identifier (RFC 2433 B.1, RFC 2759 §7).
    fn try_again(&mut self, now: Instant, content: Content<V::Response>) -> Result<(), RetryError> {
        let answer = self.answer.take().ok_or(RetryError::NotWanted)?;
        self.retries = self.retries.saturating_add(1);
        self.respond(answer.identifier, answer.challenge, content);
        self.timers.set(Timer::Retransmit, now + Peer::RETRANSMIT);
        self.timers.set(Timer::GiveUp, now + Peer::TIMEOUT);
        Ok(())
    }
}
