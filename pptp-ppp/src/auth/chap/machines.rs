//! CHAP as a link uses it, in all its versions.

use super::change::{Change, ChangeRoom, NoChange};
use super::md5::Md5;
use super::peer::MAX_RESPONSE;
use super::v1::V1;
use super::v2::V2;
use super::version::ChapVersion;
use super::{Authenticator, Outcome, Peer, PeerError, PeerEvent, RetryError, Wanted};
use crate::auth::machine::{AuthenticatorMachine, PeerMachine, Step};
use crate::auth::set::sealed::MethodSet;
use crate::auth::{
    Credentials, Discard, Identity, MAX_NAME_LEN, Method, Methods, NtIdentity, Verdict,
};
use crate::codec::BufferTooSmall;
use crate::event::{DownReason, Proof};
use crate::random::Random;
use crate::time::Instant;
use crate::wire::Packet;
use crate::wire::change_password::{Version2, Version3};
use pptp_mppe::LinkKeys;

macro_rules! method_sets {
    ($($(#[$doc:meta])+ $Set:ident = $methods:expr, $Version:ty, $Room:ty, $Identity:ty, $max:expr;)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $Set;

        impl MethodSet for $Set {
            const METHODS: Methods = $methods;
            const MAX_PACKET: usize = $max;
            type Identity = $Identity;
            type Peer = Peer<$Room, $Version>;
            type Authenticator = Authenticator<$Room, $Version>;
        }
    )+};
}

method_sets! {
    /// CHAP with MD5 (RFC 1994), in both roles: it takes the password as text, and gives no keys.
    ChapMd5 = Methods::CHAP_MD5, Md5, NoChange, Credentials, MAX_RESPONSE_PACKET;

    /// MS-CHAPv1 (RFC 2433), in both roles; but passwords that have expired cannot be changed, unless by
    /// [`Methods::CHANGE_PASSWORD_1`].
    MsChapV1 = METHODS_V1, V1, NoChange, Credentials, MAX_RESPONSE_PACKET;

    /// MS-CHAPv1 (RFC 2433), in both roles, and passwords can be changed: for half a kilobyte more in each.
    MsChapV1Change = METHODS_V1, V1, Change, Credentials, Packet::HEADER_LEN + Version2::LEN;

    /// MS-CHAPv2 (RFC 2759), in both roles; but passwords that have expired cannot be changed.
    MsChapV2 = Methods::MS_CHAP_V2, V2, NoChange, NtIdentity, MAX_RESPONSE_PACKET;

    /// MS-CHAPv2 (RFC 2759), in both roles, and passwords can be changed: for half a kilobyte more in each.
    MsChapV2Change = Methods::MS_CHAP_V2, V2, Change, NtIdentity, Packet::HEADER_LEN + Version3::LEN;
}

/// MS-CHAPv1, and what goes with it.
const METHODS_V1: Methods = Methods::MS_CHAP_V1
    .union(Methods::LAN_MANAGER)
    .union(Methods::CHANGE_PASSWORD_1);

/// But for changes of password, a Response is what takes most room: the header, Value-Size and the value, and the name.
const MAX_RESPONSE_PACKET: usize = Packet::HEADER_LEN + 1 + MAX_RESPONSE + MAX_NAME_LEN;

impl From<PeerError> for DownReason {
    fn from(error: PeerError) -> Self {
        match error {
            PeerError::Refused { error, .. } => Self::AuthenticationFailed(error),
            PeerError::ServerNotTrusted => Self::PeerNotTrusted,
            PeerError::TimedOut => Self::AuthenticationTimeout,
        }
    }
}

impl<C: ChangeRoom, V: ChapVersion> PeerMachine for Peer<C, V> {
    fn new() -> Self {
        Self::with_version(C::EMPTY, V::DEFAULT)
    }

    fn open(&mut self, now: Instant, _method: Method, methods: Methods) {
        self.set_methods(methods);
        self.keep_text(&[]);
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
            Some(PeerEvent::Authenticated { message }) => {
                self.keep_text(message);
                Step::Done
            }
            Some(PeerEvent::Failed { cause, message }) => {
                self.keep_text(message);
                match self.wanted() {
                    Some(_) => Step::Wanted(cause.into()),
                    None => Step::Failed(cause.into()),
                }
            }
        })
    }

    fn message(&self) -> &[u8] {
        self.text()
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

impl<C: ChangeRoom, V: ChapVersion> AuthenticatorMachine for Authenticator<C, V> {
    fn new() -> Self {
        Self::with_version(C::EMPTY, V::DEFAULT)
    }

    fn open(&mut self, now: Instant, _method: Method, methods: Methods, random: &mut Random) {
        self.set_methods(methods);
        self.challenge(now, random);
    }

    fn close(&mut self) {
        self.close();
    }

    fn challenge_value(&self) -> Option<&[u8]> {
        self.challenge_value().map(AsRef::as_ref)
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
        let shown = self.shown()?;
        Some((shown.user_name, V::proof(shown)))
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

    fn settle(&mut self) {
        self.settle();
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
