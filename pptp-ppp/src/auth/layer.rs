//! Authentication as a link drives it: at most one method for each direction, whichever LCP has agreed on.

use super::eap::{EapAnswer, EapError, EapPacket};
use super::machine::{AuthenticatorMachine, PeerMachine, Step};
use super::mschapv2::{RetryError, Wanted};
use super::set::sealed::MethodSet;
use super::{AuthId, Credentials, Demand, Identity as _, Method, Methods, Verdict};
use crate::codec::BufferTooSmall;
use crate::error::Discard;
use crate::event::{AuthRequest, DownReason};
use crate::lcp::LcpPolicy;
use crate::random::Random;
use crate::time::Instant;
use crate::wire::{Code, Packet, Protocol};
use pptp_mppe::LinkKeys;

/// The mark of what a peer was asked, in the place of what it asks.
const OF_PEER: u32 = 1 << 31;

/// What has come of authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing new.
    Nothing,
    /// There is something to be judged: [`Authentication::request`].
    Requested,
    /// There is a Request of EAP for the caller: [`Authentication::eap_request`].
    EapRequest,
    /// There is a Response of EAP for the caller: [`Authentication::eap_response`].
    EapResponse,
    /// There is a text for people: [`Authentication::notification`].
    Notified,
    /// Each end that had to has proven who it is.
    Done,
    /// The peer has refused us, and would take something else: [`Authentication::wanted`].
    Wanted,
    /// The link cannot go on.
    Failed(DownReason),
}

/// Both directions of authentication, by the methods of the set `M`.
#[derive(Debug, Clone)]
pub(crate) struct Authentication<M: MethodSet> {
    identity: Option<M::Identity>,
    /// Whether there is somebody who can be asked for another password.
    asking: bool,
    demand: Option<Demand>,
    peer: M::Peer,
    authenticator: M::Authenticator,
    /// How we prove who we are, and how the peer does.
    theirs: Option<Method>,
    ours: Option<Method>,
    /// How many requests for a verdict there were.
    requests: u32,
    outcome: Outcome,
}

impl<M: MethodSet> Authentication<M> {
    pub(crate) fn new(credentials: Option<Credentials>, demand: Option<Demand>) -> Self {
        Self {
            asking: credentials.as_ref().is_some_and(|it| it.asking),
            identity: credentials.map(Into::into),
            demand,
            peer: M::Peer::new(),
            authenticator: M::Authenticator::new(),
            theirs: None,
            ours: None,
            requests: 0,
            outcome: Outcome::Nothing,
        }
    }

    /// LCP has agreed to `policy`.
    pub(crate) fn lower_layer_up(&mut self, now: Instant, policy: &LcpPolicy, random: &mut Random) {
        (self.theirs, self.ours) = (policy.peer_auth(), policy.own_auth());
        // What was demanded and cannot be had is not passed over.
        if self.demand.is_some() && self.ours.is_none() {
            self.outcome = Outcome::Failed(DownReason::PeerRefusesAuthentication);
            return;
        }
        if let Some(method) = self.theirs {
            self.peer.open(now, method, policy.accepted());
        }
        if let Some(method) = self.ours {
            self.authenticator
                .open(now, method, policy.demanded(), random);
        }
        self.check_done();
    }

    pub(crate) fn lower_layer_down(&mut self) {
        self.peer.close();
        self.authenticator.close();
        (self.theirs, self.ours) = (None, None);
        self.outcome = Outcome::Nothing;
    }

    /// Takes a packet of an authentication protocol.
    ///
    /// [`Discard::UnknownProtocol`] if there is no method that is spoken in it.
    pub(crate) fn handle_packet(
        &mut self,
        now: Instant,
        protocol: Protocol,
        information: &[u8],
        random: &mut Random,
    ) -> Result<(), Discard> {
        if !M::METHODS.has_protocol(protocol) {
            return Err(Discard::UnknownProtocol(protocol));
        }
        let packet = Packet::parse(information).map_err(Discard::Malformed)?;
        let for_authenticator = is_for_authenticator(protocol, packet.code);
        let method = if for_authenticator {
            self.ours
        } else {
            self.theirs
        };
        if method.is_none_or(|method| method.protocol() != protocol) {
            return Err(Discard::ProtocolNotUp);
        }
        let step = if for_authenticator {
            self.authenticator.handle_packet(now, packet, random)
        } else {
            let identity = self.identity.as_ref().ok_or(Discard::ProtocolNotUp)?;
            let own_challenge = self.authenticator.challenge_value();
            self.peer
                .handle_packet(now, identity, packet, own_challenge, random)
        };
        match step.map_err(Discard::Authentication)? {
            Step::Wanted(_) if self.asking => {
                self.peer.ask(now);
                self.outcome = Outcome::Wanted;
            }
            Step::Wanted(reason) => {
                let step = self.peer.give_up(now, reason);
                self.follow(step);
            }
            Step::Passed if !for_authenticator => self.outcome = Outcome::EapRequest,
            step => self.follow(step),
        }
        Ok(())
    }

    /// A Request of EAP that waits for the caller.
    pub(crate) fn eap_request(&self) -> Option<EapPacket<'_>> {
        let (count, packet) = self.peer.eap_request()?;
        let id = AuthId(count | OF_PEER);
        Some(EapPacket { id, packet })
    }

    /// A Response of EAP that waits for the caller.
    pub(crate) fn eap_response(&self) -> Option<EapPacket<'_>> {
        let packet = self.authenticator.eap_response()?;
        let id = AuthId(self.requests & !OF_PEER);
        Some(EapPacket { id, packet })
    }

    /// The text of [`Outcome::Notified`].
    pub(crate) fn notification(&self) -> &[u8] {
        self.peer.notification()
    }

    /// The caller answers one of the two, or says what the method has come to.
    pub(crate) fn eap_answer(
        &mut self,
        now: Instant,
        id: AuthId,
        answer: &EapAnswer<'_>,
        random: &mut Random,
    ) -> Result<(), EapError> {
        let step = if id.0 & OF_PEER != 0 {
            self.peer.eap_answer(now, id.0 & !OF_PEER, answer)?
        } else {
            let response = self.eap_response().filter(|response| response.id == id);
            response.ok_or(EapError::NotWanted)?;
            self.authenticator.eap_answer(now, answer, random)?
        };
        self.follow(step);
        Ok(())
    }

    /// Whether that was the request to be judged.
    pub(crate) fn authorize(
        &mut self,
        now: Instant,
        id: AuthId,
        verdict: &Verdict<'_>,
        random: &mut Random,
    ) -> bool {
        let open = self.request().is_some_and(|request| request.id == id);
        if open {
            let step = self.authenticator.authorize(now, verdict, random);
            self.follow(step);
        }
        open
    }

    /// Has a peer that has proved itself do it once more. `false`: there is none.
    pub(crate) fn challenge_again(
        &mut self,
        now: Instant,
        methods: Methods,
        random: &mut Random,
    ) -> bool {
        let is_proved = self.authenticator.is_authenticated();
        // PAP's peer begins, and only once (RFC 1334 §2).
        let method = self.ours.filter(|it| is_proved && *it != Method::Pap);
        if let Some(method) = method {
            self.authenticator.open(now, method, methods, random);
        }
        method.is_some()
    }

    /// What the peer would take instead of what it has refused.
    pub(crate) fn wanted(&self) -> Option<Wanted<'_>> {
        let wanted = self.peer.wanted();
        wanted.filter(|_| self.asking && self.theirs.is_some())
    }

    /// Tries again as somebody else, or with another password.
    pub(crate) fn retry(
        &mut self,
        now: Instant,
        credentials: Credentials,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        if self.wanted().is_none() {
            return Err(RetryError::NotWanted);
        }
        let who = credentials.into();
        self.peer.retry(now, &who, random)?;
        self.identity = Some(who);
        Ok(())
    }

    /// Changes our password, which is from now on the one that we prove ourselves with.
    pub(crate) fn change_password(
        &mut self,
        now: Instant,
        password: &str,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        let (Some(_), Some(old)) = (self.wanted(), &self.identity) else {
            return Err(RetryError::NotWanted);
        };
        let new = old.with_password(password);
        self.peer
            .change_password(now, old, &new, password, random)?;
        self.identity = Some(new);
        Ok(())
    }

    /// What the authenticator said to people when it answered our proof.
    pub(crate) fn message(&self) -> &[u8] {
        self.peer.message()
    }

    /// The peer is known to have heard that it was let in.
    pub(crate) fn settle(&mut self) {
        self.authenticator.settle();
    }

    /// The peer has gone on to what comes after authentication, and we have not.
    pub(crate) fn hurry(&mut self) {
        self.settle();
        self.peer.hurry();
        self.check_done();
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let step = self.peer.handle_timeout(now);
        self.follow(step);
        let step = self.authenticator.handle_timeout(now);
        self.follow(step);
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let (peer, authenticator) = (self.peer.next_timeout(), self.authenticator.next_timeout());
        peer.into_iter().chain(authenticator).min()
    }

    /// Writes what is to be sent next: gives its protocol and how long it is.
    pub(crate) fn poll_packet(
        &mut self,
        out: &mut [u8],
    ) -> Result<Option<(Protocol, usize)>, BufferTooSmall> {
        if let (Some(method), Some(demand)) = (self.ours, &self.demand)
            && let Some((len, step)) = self
                .authenticator
                .poll_packet(demand.name.as_bytes(), out)?
        {
            self.follow(step);
            return Ok(Some((method.protocol(), len)));
        }
        let (Some(method), Some(identity)) = (self.theirs, &self.identity) else {
            return Ok(None);
        };
        let len = self.peer.poll_packet(identity, out)?;
        Ok(len.map(|len| (method.protocol(), len)))
    }

    pub(crate) fn take_outcome(&mut self) -> Outcome {
        core::mem::replace(&mut self.outcome, Outcome::Nothing)
    }

    pub(crate) fn request(&self) -> Option<AuthRequest<'_>> {
        let (name, proof) = self.authenticator.request()?;
        let id = AuthId(self.requests);
        Some(AuthRequest { id, name, proof })
    }

    /// The keys that follow from it. Of the two sets, if both ends proved who they are, those of the proof that we asked
    /// for.
    pub(crate) fn keys(&self) -> Option<LinkKeys> {
        let asked = self.ours.and_then(|_| self.authenticator.keys());
        asked.or_else(|| self.theirs.and_then(|_| self.peer.keys()))
    }

    fn follow(&mut self, step: Step) {
        match step {
            Step::Nothing => {}
            Step::Requested => {
                self.requests = self.requests.wrapping_add(1);
                self.outcome = Outcome::Requested;
            }
            Step::Passed => {
                self.requests = self.requests.wrapping_add(1);
                self.outcome = Outcome::EapResponse;
            }
            Step::Notified => self.outcome = Outcome::Notified,
            Step::Done => self.check_done(),
            // Where there is somebody, that was seen to before.
            Step::Wanted(reason) => self.outcome = Outcome::Failed(reason),
            Step::Failed(reason) => self.outcome = Outcome::Failed(reason),
        }
    }

    /// Both ends have to be through with it; once more if the peer challenged us anew.
    fn check_done(&mut self) {
        let peer = self.theirs.is_none() || self.peer.is_authenticated();
        let authenticator = self.ours.is_none() || self.authenticator.is_authenticated();
        if peer && authenticator {
            self.outcome = Outcome::Done;
        }
    }
}

/// Whether it is the peer that sends packets with this code, to prove who it is.
fn is_for_authenticator(protocol: Protocol, code: Code) -> bool {
    match protocol {
        // An Authenticate-Request (RFC 1334 §2.2).
        Protocol::PAP => code.0 == 1,
        // A Response (RFC 3748 §4.1).
        Protocol::EAP => code.0 == 2,
        // A Response, or one of the changes of password (RFC 1994 §4, RFC 2433 §9, RFC 2759 §7).
        _ => matches!(code.0, 2 | 5..=7),
    }
}
