//! What comes after a Failure: another try, or another password (RFC 2759 §6, §7; RFC 2433 B.1).

use super::{Answer, Content, Peer, PeerError, PeerEvent, Phase, Timer, prove};
use crate::auth::mschapv2::change::{Blocks, ChangeRoom};
use crate::auth::{Discard, Identity, shorten};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::mschapv2::{ErrorCode, Failure};
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
    change: bool,
    message: Vec<u8, { Peer::MAX_MESSAGE_LEN }, u8>,
}

impl<C: ChangeRoom> Peer<C> {
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
            change: refusal.change,
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
        self.try_again(now, |challenge| {
            Content::Response(prove(who, challenge, random))
        })
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
        if !self.wanted().is_some_and(|wanted| wanted.change) {
            return Err(RetryError::NotWanted);
        }
        let blocks = Blocks::seal(password, old.nt_hash(), new.nt_hash(), random)
            .map_err(|_| RetryError::TooLong)?;
        self.change.put(blocks);
        self.try_again(now, |challenge| {
            Content::Change(prove(new, challenge, random))
        })
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
        let failure = Failure::parse(message);
        // To answer our own challenge would be to log somebody in to us.
        let challenge = failure
            .challenge
            .filter(|challenge| own_challenge != Some(challenge.as_slice()) && !last);
        let retry = failure.retry && self.retries < Peer::MAX_RETRIES;
        let change = C::HAS_ROOM
            && failure.error == ErrorCode::PasswordExpired
            && self.retries <= Peer::MAX_RETRIES;
        match challenge {
            Some(challenge) if retry || change => self.want(
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
    fn want(&mut self, identifier: u8, challenge: [u8; 16], refusal: Refusal) {
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
    fn try_again(
        &mut self,
        now: Instant,
        content: impl FnOnce(&[u8; 16]) -> Content,
    ) -> Result<(), RetryError> {
        let answer = self.answer.as_ref().ok_or(RetryError::NotWanted)?;
        let (identifier, challenge) = (answer.identifier, answer.challenge);
        self.retries = self.retries.saturating_add(1);
        self.respond(identifier, challenge, content(&challenge));
        self.timers.set(Timer::Retransmit, now + Peer::RETRANSMIT);
        self.timers.set(Timer::GiveUp, now + Peer::TIMEOUT);
        Ok(())
    }
}
