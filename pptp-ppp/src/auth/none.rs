//! No authentication in either direction.

use super::machine::{AuthenticatorMachine, PeerMachine, Step};
use super::set::sealed::MethodSet;
use super::{Discard, Identity, Method, Methods, Nobody, Verdict};
use crate::codec::BufferTooSmall;
use crate::event::Proof;
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Packet;
use pptp_mppe::LinkKeys;

/// No method at all: a peer that demands authentication is refused, and none is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAuth;

impl MethodSet for NoAuth {
    const METHODS: Methods = Methods::empty();
    const MAX_PACKET: usize = 0;
    type Identity = Nobody;
    type Peer = Self;
    type Authenticator = Self;
}

impl PeerMachine for NoAuth {
    fn new() -> Self {
        Self
    }

    fn open(&mut self, _now: Instant, _method: Method, _methods: Methods) {}

    fn close(&mut self) {}

    fn handle_packet(
        &mut self,
        _now: Instant,
        _who: &impl Identity,
        _packet: Packet<'_>,
        _own_challenge: Option<&[u8]>,
        _random: &mut Random,
    ) -> Result<Step, Discard> {
        Err(Discard::Unexpected)
    }

    fn is_authenticated(&self) -> bool {
        false
    }

    fn keys(&self) -> Option<LinkKeys> {
        None
    }

    fn hurry(&mut self) {}

    fn handle_timeout(&mut self, _now: Instant) -> Step {
        Step::Nothing
    }

    fn next_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_packet(
        &mut self,
        _who: &impl Identity,
        _out: &mut [u8],
    ) -> Result<Option<usize>, BufferTooSmall> {
        Ok(None)
    }
}

impl AuthenticatorMachine for NoAuth {
    fn new() -> Self {
        Self
    }

    fn open(&mut self, _now: Instant, _method: Method, _methods: Methods, _random: &mut Random) {}

    fn close(&mut self) {}

    fn challenge_value(&self) -> Option<&[u8]> {
        None
    }

    fn handle_packet(
        &mut self,
        _now: Instant,
        _packet: Packet<'_>,
        _random: &mut Random,
    ) -> Result<Step, Discard> {
        Err(Discard::Unexpected)
    }

    fn request(&self) -> Option<(&[u8], Proof<'_>)> {
        None
    }

    fn authorize(&mut self, _now: Instant, _verdict: &Verdict<'_>, _random: &mut Random) -> Step {
        Step::Nothing
    }

    fn is_authenticated(&self) -> bool {
        false
    }

    fn keys(&self) -> Option<LinkKeys> {
        None
    }

    fn handle_timeout(&mut self, _now: Instant) -> Step {
        Step::Nothing
    }

    fn next_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_packet(
        &mut self,
        _name: &[u8],
        _out: &mut [u8],
    ) -> Result<Option<(usize, Step)>, BufferTooSmall> {
        Ok(None)
    }
}
