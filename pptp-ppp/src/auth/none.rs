//! No authentication in either direction.

use super::layer::sealed::{AuthLayer, Outcome};
use super::{AuthId, Credentials, Demand, Method, Verdict};
use crate::codec::BufferTooSmall;
use crate::error::Discard;
use crate::event::{AuthRequest, DownReason};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Protocol;
use pptp_mppe::StartKeys;

/// No method at all: a peer that demands authentication is refused, and none is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAuth {
    outcome: Outcome,
}

impl AuthLayer for NoAuth {
    const CAPABLE: bool = false;

    fn new(_credentials: Option<Credentials>, _demand: Option<Demand>) -> Self {
        Self {
            outcome: Outcome::Nothing,
        }
    }

    fn lower_layer_up(
        &mut self,
        _now: Instant,
        theirs: Option<Method>,
        ours: Option<Method>,
        _random: &mut Random,
    ) {
        // What was demanded and cannot be had is not passed over.
        self.outcome = match (theirs, ours) {
            (None, None) => Outcome::Done,
            (Some(_), _) => Outcome::Failed(DownReason::CredentialsWanted),
            (None, Some(_)) => Outcome::Failed(DownReason::PeerRefusesAuthentication),
        };
    }

    fn lower_layer_down(&mut self) {
        self.outcome = Outcome::Nothing;
    }

    fn handle_packet(
        &mut self,
        _now: Instant,
        protocol: Protocol,
        _information: &[u8],
        _random: &mut Random,
    ) -> Result<(), Discard> {
        Err(Discard::UnknownProtocol(protocol))
    }

    fn authorize(
        &mut self,
        _now: Instant,
        _id: AuthId,
        _verdict: &Verdict<'_>,
        _random: &mut Random,
    ) -> bool {
        false
    }

    fn hurry(&mut self) {}

    fn handle_timeout(&mut self, _now: Instant) {}

    fn next_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_packet(
        &mut self,
        _out: &mut [u8],
    ) -> Result<Option<(Protocol, usize)>, BufferTooSmall> {
        Ok(None)
    }

    fn take_outcome(&mut self) -> Outcome {
        core::mem::replace(&mut self.outcome, Outcome::Nothing)
    }

    fn request(&self) -> Option<AuthRequest<'_>> {
        None
    }

    fn keys(&self) -> Option<StartKeys> {
        None
    }
}
