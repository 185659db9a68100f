//! A pair of sets: the machine of whichever method was agreed on, in the memory of the larger.

#![expect(unnameable_types, reason = "the machines are the link's own business")]

use super::eap::{EapAnswer, EapError};
use super::machine::{AuthenticatorMachine, PeerMachine, Step};
use super::mschapv2::{RetryError, Wanted};
use super::set::sealed::MethodSet;
use super::{Credentials, Discard, Identity, Method, Methods, Verdict};
use crate::codec::BufferTooSmall;
use crate::event::{DownReason, Proof};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Packet;
use pptp_mppe::LinkKeys;

impl<A: MethodSet, B: MethodSet> MethodSet for (A, B) {
    const METHODS: Methods = A::METHODS.union(B::METHODS);
    const MAX_PACKET: usize = if A::MAX_PACKET > B::MAX_PACKET {
        A::MAX_PACKET
    } else {
        B::MAX_PACKET
    };
    type Identity = Credentials;
    type Peer = PeerChoice<A, B>;
    type Authenticator = AuthenticatorChoice<A, B>;
}

#[derive(Debug, Clone)]
pub enum PeerChoice<A: MethodSet, B: MethodSet> {
    Neither,
    First(A::Peer),
    Second(B::Peer),
}

#[derive(Debug, Clone)]
pub enum AuthenticatorChoice<A: MethodSet, B: MethodSet> {
    Neither,
    First(A::Authenticator),
    Second(B::Authenticator),
}

/// Whether `method` is the business of `A`, in the light of what may be used.
fn is_of<A: MethodSet>(method: Method, methods: Methods) -> bool {
    A::METHODS.intersection(methods).has(method)
}

/// Has whichever machine there is do it.
macro_rules! either {
    ($choice:expr, $machine:ident => $call:expr, else $neither:expr) => {
        match $choice {
            Self::Neither => $neither,
            Self::First($machine) => $call,
            Self::Second($machine) => $call,
        }
    };
}

impl<A: MethodSet, B: MethodSet> PeerMachine for PeerChoice<A, B> {
    fn new() -> Self {
        Self::Neither
    }

    fn open(&mut self, now: Instant, method: Method, methods: Methods) {
        *self = if is_of::<A>(method, methods) {
            Self::First(A::Peer::new())
        } else if is_of::<B>(method, methods) {
            Self::Second(B::Peer::new())
        } else {
            Self::Neither
        };
        either!(self, it => it.open(now, method, methods), else ());
    }

    fn close(&mut self) {
        either!(self, it => it.close(), else ());
    }

    fn handle_packet(
        &mut self,
        now: Instant,
        who: &impl Identity,
        packet: Packet<'_>,
        own_challenge: Option<&[u8]>,
        random: &mut Random,
    ) -> Result<Step, Discard> {
        either!(self, it => it.handle_packet(now, who, packet, own_challenge, random), else Err(Discard::Unexpected))
    }

    fn is_authenticated(&self) -> bool {
        either!(self, it => it.is_authenticated(), else false)
    }

    fn keys(&self) -> Option<LinkKeys> {
        either!(self, it => it.keys(), else None)
    }

    fn message(&self) -> &[u8] {
        either!(self, it => it.message(), else &[])
    }

    fn hurry(&mut self) {
        either!(self, it => it.hurry(), else ());
    }

    fn handle_timeout(&mut self, now: Instant) -> Step {
        either!(self, it => it.handle_timeout(now), else Step::Nothing)
    }

    fn next_timeout(&self) -> Option<Instant> {
        either!(self, it => it.next_timeout(), else None)
    }

    fn poll_packet(
        &mut self,
        who: &impl Identity,
        out: &mut [u8],
    ) -> Result<Option<usize>, BufferTooSmall> {
        either!(self, it => it.poll_packet(who, out), else Ok(None))
    }

    fn wanted(&self) -> Option<Wanted<'_>> {
        either!(self, it => it.wanted(), else None)
    }

    fn ask(&mut self, now: Instant) {
        either!(self, it => it.ask(now), else ());
    }

    fn retry(
        &mut self,
        now: Instant,
        who: &impl Identity,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        either!(self, it => it.retry(now, who, random), else Err(RetryError::NotWanted))
    }

    fn change_password<I: Identity>(
        &mut self,
        now: Instant,
        old: &I,
        new: &I,
        password: &str,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        either!(
            self,
            it => it.change_password(now, old, new, password, random),
            else Err(RetryError::NotWanted)
        )
    }

    fn give_up(&mut self, now: Instant, reason: DownReason) -> Step {
        either!(self, it => it.give_up(now, reason), else Step::Failed(reason))
    }

    fn eap_request(&self) -> Option<(u32, &[u8])> {
        either!(self, it => it.eap_request(), else None)
    }

    fn eap_answer(
        &mut self,
        now: Instant,
        count: u32,
        answer: &EapAnswer<'_>,
    ) -> Result<Step, EapError> {
        either!(self, it => it.eap_answer(now, count, answer), else Err(EapError::NotWanted))
    }

    fn notification(&self) -> &[u8] {
        either!(self, it => it.notification(), else &[])
    }
}

impl<A: MethodSet, B: MethodSet> AuthenticatorMachine for AuthenticatorChoice<A, B> {
    fn new() -> Self {
        Self::Neither
    }

    fn open(&mut self, now: Instant, method: Method, methods: Methods, random: &mut Random) {
        // One that goes on with the same method knows the identifiers that it has used.
        match self {
            Self::First(_) if is_of::<A>(method, methods) => {}
            Self::Second(_) if !is_of::<A>(method, methods) && is_of::<B>(method, methods) => {}
            _ if is_of::<A>(method, methods) => *self = Self::First(A::Authenticator::new()),
            _ if is_of::<B>(method, methods) => *self = Self::Second(B::Authenticator::new()),
            _ => *self = Self::Neither,
        }
        either!(self, it => it.open(now, method, methods, random), else ());
    }

    fn close(&mut self) {
        either!(self, it => it.close(), else ());
    }

    fn challenge_value(&self) -> Option<&[u8]> {
        either!(self, it => it.challenge_value(), else None)
    }

    fn handle_packet(
        &mut self,
        now: Instant,
        packet: Packet<'_>,
        random: &mut Random,
    ) -> Result<Step, Discard> {
        either!(self, it => it.handle_packet(now, packet, random), else Err(Discard::Unexpected))
    }

    fn request(&self) -> Option<(&[u8], Proof<'_>)> {
        either!(self, it => it.request(), else None)
    }

    fn authorize(&mut self, now: Instant, verdict: &Verdict<'_>, random: &mut Random) -> Step {
        either!(self, it => it.authorize(now, verdict, random), else Step::Nothing)
    }

    fn is_authenticated(&self) -> bool {
        either!(self, it => it.is_authenticated(), else false)
    }

    fn keys(&self) -> Option<LinkKeys> {
        either!(self, it => it.keys(), else None)
    }

    fn settle(&mut self) {
        either!(self, it => it.settle(), else ());
    }

    fn handle_timeout(&mut self, now: Instant) -> Step {
        either!(self, it => it.handle_timeout(now), else Step::Nothing)
    }

    fn next_timeout(&self) -> Option<Instant> {
        either!(self, it => it.next_timeout(), else None)
    }

    fn poll_packet(
        &mut self,
        name: &[u8],
        out: &mut [u8],
    ) -> Result<Option<(usize, Step)>, BufferTooSmall> {
        either!(self, it => it.poll_packet(name, out), else Ok(None))
    }

    fn eap_response(&self) -> Option<&[u8]> {
        either!(self, it => it.eap_response(), else None)
    }

    fn eap_answer(
        &mut self,
        now: Instant,
        answer: &EapAnswer<'_>,
        random: &mut Random,
    ) -> Result<Step, EapError> {
        either!(self, it => it.eap_answer(now, answer, random), else Err(EapError::NotWanted))
    }
}
