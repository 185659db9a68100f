//! What a link asks of a method of authentication: one machine for each end.

#![allow(
    unnameable_types,
    unreachable_pub,
    reason = "the machines are the link's own business; which of the two that is called depends on the compiler"
)]

use super::eap::{EapAnswer, EapError};
use super::mschapv2::{RetryError, Wanted};
use super::{Discard, Identity, Method, Methods, Verdict};
use crate::codec::BufferTooSmall;
use crate::event::{DownReason, Proof};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Packet;
use core::fmt;
use pptp_mppe::LinkKeys;

/// What has come of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Nothing that the link has to know.
    Nothing,
    /// There is something to be judged.
    Requested,
    /// There is a packet of EAP for the caller to answer.
    Passed,
    /// There is a text for people.
    Notified,
    /// This end is through with it.
    Done,
    /// The link cannot go on, for this reason, unless somebody has another password.
    Wanted(DownReason),
    /// The link cannot go on.
    Failed(DownReason),
}

/// The end that proves who it is.
pub trait PeerMachine: Clone + fmt::Debug {
    fn new() -> Self;
    /// LCP has agreed on `method`; in it, `methods` may be used.
    fn open(&mut self, now: Instant, method: Method, methods: Methods);
    fn close(&mut self);
    /// Takes a packet of the method's protocol. `who` is us; `own_challenge` is what we challenge the other side with, if we do.
    fn handle_packet(
        &mut self,
        now: Instant,
        who: &impl Identity,
        packet: Packet<'_>,
        own_challenge: Option<&[u8]>,
        random: &mut Random,
    ) -> Result<Step, Discard>;
    fn is_authenticated(&self) -> bool;
    fn keys(&self) -> Option<LinkKeys>;
    /// The authenticator's text for people, as much of it as is kept: nothing, by many methods. It outlasts
    /// [`PeerMachine::close`].
    fn message(&self) -> &[u8] {
        &[]
    }

    /// The authenticator has gone on to what comes after authentication.
    fn hurry(&mut self);
    fn handle_timeout(&mut self, now: Instant) -> Step;
    fn next_timeout(&self) -> Option<Instant>;
    /// Writes the packet that is to be sent, if there is one: how long it is.
    fn poll_packet(
        &mut self,
        who: &impl Identity,
        out: &mut [u8],
    ) -> Result<Option<usize>, BufferTooSmall>;

    /// What would be taken after [`Step::Wanted`], as long as it would be. Many methods take nothing.
    fn wanted(&self) -> Option<Wanted<'_>> {
        None
    }

    /// Somebody is asked, and takes the time that people need.
    fn ask(&mut self, _now: Instant) {}

    /// Tries again as `who`.
    fn retry(
        &mut self,
        _now: Instant,
        _who: &impl Identity,
        _random: &mut Random,
    ) -> Result<(), RetryError> {
        Err(RetryError::NotWanted)
    }

    /// Changes the password of the account that `old` has to the one that `new` has; its text is `password`.
    fn change_password<I: Identity>(
        &mut self,
        _now: Instant,
        _old: &I,
        _new: &I,
        _password: &str,
        _random: &mut Random,
    ) -> Result<(), RetryError> {
        Err(RetryError::NotWanted)
    }

    /// After [`Step::Wanted`], for `reason`: there is nobody to be asked.
    fn give_up(&mut self, _now: Instant, reason: DownReason) -> Step {
        Step::Failed(reason)
    }

    /// The packet of EAP that waits for the caller's answer, and which of all of them it is.
    fn eap_request(&self) -> Option<(u32, &[u8])> {
        None
    }

    /// The caller answers packet number `count`.
    fn eap_answer(
        &mut self,
        _now: Instant,
        _count: u32,
        _answer: &EapAnswer<'_>,
    ) -> Result<Step, EapError> {
        Err(EapError::NotWanted)
    }

    /// The newest text for people.
    fn notification(&self) -> &[u8] {
        &[]
    }
}

/// The end that has the other prove who it is.
pub trait AuthenticatorMachine: Clone + fmt::Debug {
    fn new() -> Self;
    /// LCP has agreed on `method`, or the peer is to prove itself anew; `methods` may be used.
    fn open(&mut self, now: Instant, method: Method, methods: Methods, random: &mut Random);
    fn close(&mut self);
    /// What the peer is or was last challenged with.
    fn challenge_value(&self) -> Option<&[u8]>;
    fn handle_packet(
        &mut self,
        now: Instant,
        packet: Packet<'_>,
        random: &mut Random,
    ) -> Result<Step, Discard>;
    /// Who the peer says it is, and what waits for a verdict.
    fn request(&self) -> Option<(&[u8], Proof<'_>)>;
    /// Answers that request.
    fn authorize(&mut self, now: Instant, verdict: &Verdict<'_>, random: &mut Random) -> Step;
    fn is_authenticated(&self) -> bool;
    fn keys(&self) -> Option<LinkKeys>;
    /// The peer has gone on to what comes after authentication. Many methods tell their verdict once.
    fn settle(&mut self) {}

    fn handle_timeout(&mut self, now: Instant) -> Step;
    fn next_timeout(&self) -> Option<Instant>;
    /// Writes the packet that is to be sent, if there is one, under our own `name`: how long it is, and what follows from
    /// its being sent.
    fn poll_packet(
        &mut self,
        name: &[u8],
        out: &mut [u8],
    ) -> Result<Option<(usize, Step)>, BufferTooSmall>;

    /// The packet of EAP that waits for the caller's answer.
    fn eap_response(&self) -> Option<&[u8]> {
        None
    }

    /// The caller answers it.
    fn eap_answer(
        &mut self,
        _now: Instant,
        _answer: &EapAnswer<'_>,
        _random: &mut Random,
    ) -> Result<Step, EapError> {
        Err(EapError::NotWanted)
    }
}
