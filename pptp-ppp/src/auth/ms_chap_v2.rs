//! MS-CHAPv2 as a link uses it.

use super::machine::{AuthenticatorMachine, PeerMachine, Step};
use super::mschapv2::{
    Authenticator, Change, ChangeRoom, Outcome, Peer, PeerError, PeerEvent, RetryError, Wanted,
};
use super::set::sealed::MethodSet;
use super::{Discard, Identity, MAX_NAME_LEN, Method, Methods, NtIdentity, Verdict};
use crate::codec::BufferTooSmall;
use crate::event::{DownReason, Proof};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Packet;
use crate::wire::mschapv2::Response;
use pptp_mppe::LinkKeys;

/// MS-CHAPv2 (RFC 2759), in both roles; but passwords that have expired cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsChapV2;

impl MethodSet for MsChapV2 {
    const METHODS: Methods = Methods::MS_CHAP_V2;
    const MAX_PACKET: usize = MAX_RESPONSE;
    type Identity = NtIdentity;
    type Peer = Peer;
    type Authenticator = Authenticator;
}

/// MS-CHAPv2 (RFC 2759), in both roles, and passwords can be changed: for half a kilobyte more in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsChapV2Change;

impl MethodSet for MsChapV2Change {
    const METHODS: Methods = Methods::MS_CHAP_V2;
    const MAX_PACKET: usize = 586;
    type Identity = NtIdentity;
    type Peer = Peer<Change>;
    type Authenticator = Authenticator<Change>;
}

/// A Response is what takes most room: the header, Value-Size and the value, and the name.
const MAX_RESPONSE: usize = Packet::HEADER_LEN + 1 + Response::LEN + MAX_NAME_LEN;

impl From<PeerError> for DownReason {
    fn from(error: PeerError) -> Self {
        match error {
            PeerError::Refused { error, .. } => Self::AuthenticationFailed(error),
            PeerError::ServerNotTrusted => Self::PeerNotTrusted,
            PeerError::TimedOut => Self::AuthenticationTimeout,
        }
    }
}

impl<C: ChangeRoom> PeerMachine for Peer<C> {
    fn new() -> Self {
        Self::with_room(C::EMPTY)
    }

    fn open(&mut self, now: Instant, _method: Method, _methods: Methods) {
        self.open(now);
    }

    fn close(&mut self) {
        self.close();
    }

    fn handle_packet(
        &mut self,
        now: Instant,
        who: &impl Identity,
        packet: Packet<'_>,
        own_challenge: Option<&[u8]>,
        random: &mut Random,
    ) -> Result<Step, Discard> {
        let event = self.handle_packet(now, who, packet, own_challenge, random)?;
        Ok(match event {
            None => Step::Nothing,
            Some(PeerEvent::Authenticated { .. }) => Step::Done,
            Some(PeerEvent::Failed { cause, .. }) => match self.wanted() {
                Some(_) => Step::Wanted(cause.into()),
                None => Step::Failed(cause.into()),
            },
        })
    }

    fn is_authenticated(&self) -> bool {
        self.is_authenticated()
    }

    fn keys(&self) -> Option<LinkKeys> {
        self.keys().cloned().map(Into::into)
    }

    fn hurry(&mut self) {
        self.hurry();
    }

    fn handle_timeout(&mut self, now: Instant) -> Step {
        let error = self.handle_timeout(now);
        error.map_or(Step::Nothing, |error| Step::Failed(error.into()))
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.next_timeout()
    }

    fn poll_packet(
        &mut self,
        who: &impl Identity,
        out: &mut [u8],
    ) -> Result<Option<usize>, BufferTooSmall> {
        let packet = self.poll_packet(who, out)?;
        Ok(packet.map(|packet| packet.len()))
    }

    fn wanted(&self) -> Option<Wanted<'_>> {
        self.wanted()
    }

    fn ask(&mut self, now: Instant) {
        self.ask(now);
    }

    fn retry(
        &mut self,
        now: Instant,
        who: &impl Identity,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        self.retry(now, who, random)
    }

    fn change_password<I: Identity>(
        &mut self,
        now: Instant,
        old: &I,
        new: &I,
        password: &str,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        self.change_password(now, old, new, password, random)
    }
}

impl<C: ChangeRoom> AuthenticatorMachine for Authenticator<C> {
    fn new() -> Self {
        Self::with_room(C::EMPTY)
    }

    fn open(&mut self, now: Instant, _method: Method, _methods: Methods, random: &mut Random) {
        self.challenge(now, random);
    }

    fn close(&mut self) {
        self.close();
    }

    fn challenge_value(&self) -> Option<&[u8]> {
        self.challenge_value().map(<[u8; 16]>::as_slice)
    }

    fn handle_packet(
        &mut self,
        _now: Instant,
        packet: Packet<'_>,
        _random: &mut Random,
    ) -> Result<Step, Discard> {
        Ok(match self.handle_packet(packet)? {
            true => Step::Requested,
            false => Step::Nothing,
        })
    }

    fn request(&self) -> Option<(&[u8], Proof<'_>)> {
        let proof = match self.request() {
            Some(request) => (request.user_name, Proof::MsChapV2(request)),
            None => {
                let request = self.change_request()?;
                (request.user_name, Proof::ChangePassword(request))
            }
        };
        Some(proof)
    }

    fn authorize(&mut self, now: Instant, verdict: &Verdict<'_>, random: &mut Random) -> Step {
        let id = self.request_id();
        match id.and_then(|id| self.authorize(now, id, verdict, random)) {
            Some(Outcome::Accepted) => Step::Done,
            // The link goes down once the Failure has been sent.
            Some(Outcome::Refused(_) | Outcome::Retry(_)) | None => Step::Nothing,
        }
    }

    fn is_authenticated(&self) -> bool {
        self.is_authenticated()
    }

    fn keys(&self) -> Option<LinkKeys> {
        self.keys().cloned().map(Into::into)
    }

    fn handle_timeout(&mut self, now: Instant) -> Step {
        let error = self.handle_timeout(now);
        error.map_or(Step::Nothing, |_| {
            Step::Failed(DownReason::AuthenticationTimeout)
        })
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.next_timeout()
    }

    fn poll_packet(
        &mut self,
        name: &[u8],
        out: &mut [u8],
    ) -> Result<Option<(usize, Step)>, BufferTooSmall> {
        let len = self.poll_packet(name, out)?.map(|packet| packet.len());
        let step = if self.is_refused() {
            Step::Failed(DownReason::PeerRejected)
        } else {
            Step::Nothing
        };
        Ok(len.map(|len| (len, step)))
    }
}
