//! MS-CHAPv2 as a link uses it: as the peer, as the authenticator, or as both at once.

use super::layer::sealed::{AuthLayer, Outcome};
use super::mschapv2::{self, Authenticator, Peer, PeerError, PeerEvent};
use super::{AuthId, Credentials, Demand, Method, Verdict};
use crate::codec::BufferTooSmall;
use crate::error::Discard;
use crate::event::{AuthRequest, DownReason, Proof};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::chap::Code;
use crate::wire::{Packet, Protocol};
use pptp_mppe::StartKeys;

/// MS-CHAPv2 (RFC 2759), in both roles.
#[derive(Debug, Clone)]
pub struct MsChapV2 {
    peer: Option<Peer>,
    authenticator: Option<Authenticator>,
    /// Whether we have to prove who we are, and whether the peer has to.
    theirs: bool,
    ours: bool,
    /// The Failure has to go out first.
    refused: bool,
    outcome: Outcome,
}

impl MsChapV2 {
    fn fail(&mut self, error: PeerError) {
        self.outcome = Outcome::Failed(match error {
            PeerError::Refused { error, .. } => DownReason::AuthenticationFailed(error),
            PeerError::ServerNotTrusted => DownReason::PeerNotTrusted,
            PeerError::TimedOut => DownReason::AuthenticationTimeout,
        });
    }

    /// Both ends have to be through with it; once more if the peer challenged us anew.
    fn check_done(&mut self) {
        let peer = self.peer.as_ref().is_some_and(Peer::is_authenticated);
        let authenticator = self
            .authenticator
            .as_ref()
            .is_some_and(Authenticator::is_authenticated);
        if (peer || !self.theirs) && (authenticator || !self.ours) {
            self.outcome = Outcome::Done;
        }
    }

    fn handle_as_peer(
        &mut self,
        now: Instant,
        packet: Packet<'_>,
        random: &mut Random,
    ) -> Result<(), Discard> {
        let own = self
            .authenticator
            .as_ref()
            .and_then(Authenticator::challenge_value);
        let Some(peer) = self.peer.as_mut().filter(|_| self.theirs) else {
            return Err(Discard::ProtocolNotUp);
        };
        match peer
            .handle_packet(now, packet, own, random)
            .map_err(Discard::Authentication)?
        {
            Some(PeerEvent::Failed { cause, .. }) => self.fail(cause),
            Some(PeerEvent::Authenticated { .. }) => self.check_done(),
            None => {}
        }
        Ok(())
    }

    fn handle_as_authenticator(&mut self, packet: Packet<'_>) -> Result<(), Discard> {
        let Some(authenticator) = self.authenticator.as_mut().filter(|_| self.ours) else {
            return Err(Discard::ProtocolNotUp);
        };
        if authenticator
            .handle_packet(packet)
            .map_err(Discard::Authentication)?
        {
            self.outcome = Outcome::Requested;
        }
        Ok(())
    }
}

impl AuthLayer for MsChapV2 {
    const CAPABLE: bool = true;

    fn new(credentials: Option<Credentials>, demand: Option<Demand>) -> Self {
        Self {
            peer: credentials.map(|credentials| Peer::new(credentials.name, credentials.nt_hash)),
            authenticator: demand.map(|demand| Authenticator::new(demand.name)),
            theirs: false,
            ours: false,
            refused: false,
            outcome: Outcome::Nothing,
        }
    }

    fn lower_layer_up(
        &mut self,
        now: Instant,
        theirs: Option<Method>,
        ours: Option<Method>,
        random: &mut Random,
    ) {
        (self.theirs, self.ours) = (theirs.is_some(), ours.is_some());
        if let Some(peer) = self.peer.as_mut().filter(|_| self.theirs) {
            peer.open(now);
        }
        if let Some(authenticator) = self.authenticator.as_mut().filter(|_| self.ours) {
            authenticator.challenge(now, random);
        }
        self.check_done();
    }

    fn lower_layer_down(&mut self) {
        if let Some(peer) = &mut self.peer {
            peer.close();
        }
        if let Some(authenticator) = &mut self.authenticator {
            authenticator.close();
        }
        (self.theirs, self.ours, self.refused) = (false, false, false);
        self.outcome = Outcome::Nothing;
    }

    fn handle_packet(
        &mut self,
        now: Instant,
        protocol: Protocol,
        information: &[u8],
        random: &mut Random,
    ) -> Result<(), Discard> {
        if protocol != Protocol::CHAP {
            return Err(Discard::UnknownProtocol(protocol));
        }
        let packet = Packet::parse(information).map_err(Discard::Malformed)?;
        if packet.code.0 == Code::RESPONSE.0 {
            self.handle_as_authenticator(packet)
        } else {
            self.handle_as_peer(now, packet, random)
        }
    }

    fn authorize(
        &mut self,
        now: Instant,
        id: AuthId,
        verdict: &Verdict<'_>,
        random: &mut Random,
    ) -> bool {
        let Some(authenticator) = &mut self.authenticator else {
            return false;
        };
        match authenticator.authorize(now, id, verdict, random) {
            None => return false,
            Some(mschapv2::Outcome::Accepted) => self.check_done(),
            Some(mschapv2::Outcome::Refused(_)) => self.refused = true,
            Some(mschapv2::Outcome::Retry(_)) => {}
        }
        true
    }

    fn hurry(&mut self) {
        if let Some(peer) = self.peer.as_mut().filter(|_| self.theirs) {
            peer.hurry();
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        if let Some(error) = self.peer.as_mut().and_then(|peer| peer.handle_timeout(now)) {
            self.fail(error);
        }
        let authenticator = self.authenticator.as_mut();
        if authenticator
            .and_then(|authenticator| authenticator.handle_timeout(now))
            .is_some()
        {
            self.outcome = Outcome::Failed(DownReason::AuthenticationTimeout);
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        let peer = self.peer.as_ref().and_then(Peer::next_timeout);
        let authenticator = self
            .authenticator
            .as_ref()
            .and_then(Authenticator::next_timeout);
        peer.into_iter().chain(authenticator).min()
    }

    fn poll_packet(&mut self, out: &mut [u8]) -> Result<Option<(Protocol, usize)>, BufferTooSmall> {
        if let Some(authenticator) = &mut self.authenticator
            && let Some(packet) = authenticator.poll_packet(out)?
        {
            if core::mem::take(&mut self.refused) {
                self.outcome = Outcome::Failed(DownReason::PeerRejected);
            }
            return Ok(Some((Protocol::CHAP, packet.len())));
        }
        let Some(peer) = &mut self.peer else {
            return Ok(None);
        };
        let packet = peer.poll_packet(out)?;
        Ok(packet.map(|packet| (Protocol::CHAP, packet.len())))
    }

    fn take_outcome(&mut self) -> Outcome {
        core::mem::replace(&mut self.outcome, Outcome::Nothing)
    }

    fn request(&self) -> Option<AuthRequest<'_>> {
        let request = self.authenticator.as_ref()?.request()?;
        Some(AuthRequest {
            id: request.id,
            name: request.user_name,
            proof: Proof::MsChapV2(request),
        })
    }

    /// Of the two sets, if both ends proved who they are, those of the proof that we asked for.
    fn keys(&self) -> Option<StartKeys> {
        let authenticator = self.authenticator.as_ref().filter(|_| self.ours);
        let peer = self.peer.as_ref().filter(|_| self.theirs);
        let keys = authenticator.and_then(Authenticator::keys);
        keys.or_else(|| peer.and_then(Peer::keys)).cloned()
    }
}
