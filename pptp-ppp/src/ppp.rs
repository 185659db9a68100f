//! A whole PPP link: the phases of RFC 1661 §3, and what passes in each.

mod batch;
mod challenge;
mod eap;
mod phases;
mod receive;
mod send;

use crate::auth::mschapv2::{RetryError, Wanted};
use crate::auth::sealed::MethodSet as _;
use crate::auth::{AuthId, Authentication, Credentials, Grant, Method, Methods, Verdict};
use crate::ccp::{Compression, Encryption};
use crate::codec::{BufferTooSmall, Writer};
use crate::config::PppConfig;
use crate::error::Discard;
use crate::event::{DownReason, Event};
use crate::lcp::{Lcp, LcpPending, LcpTimer};
use crate::networks::Network;
use crate::networks::sealed::NetworksLayer;
use crate::profile::Profile;
use crate::random::Random;
use crate::suite::sealed::{Gate, SuiteLayer, SuitePending};
use crate::suite::{Early, InTurn, ResetCounts};
use crate::time::Instant;
use crate::wire::{Frame, Protocol, write_header};
pub use batch::Batch;
pub use send::Outgoing;

/// The octets before the packet in a frame at the most: Address, Control, Protocol, and the header and inner Protocol
/// field of an encrypted packet.
pub const MAX_FRAME_OVERHEAD: usize = 8;

/// The longest frame, in octets, of any protocol but those of authentication.
const MAX_OTHER_FRAME: usize = 512;

/// What is before a packet of authentication: Address, Control and Protocol.
const MAX_AUTH_HEADER: usize = 4;

/// How far a link has come (RFC 1661 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Phase {
    /// Not opened yet.
    Dead,
    /// LCP negotiates.
    Establish,
    /// One end or both prove who they are.
    Authenticate,
    /// Encryption and network protocols are negotiated, and packets pass.
    Network,
    /// The end is near.
    Terminate,
    /// Over. A new link takes a new object.
    Down,
}

/// What a frame from the peer was.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inbound<'a> {
    /// Something for the link itself.
    Control,
    /// A packet for a network protocol.
    Packet {
        /// Which one.
        network: Network,
        /// The packet, without anything around it: a part of what it came in, or if it was compressed, of the history.
        packet: &'a [u8],
    },
}

/// The timer that goes off next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TimerKind {
    /// LCP waits for an answer.
    LcpRestart,
    /// The peer has not been heard for a while.
    Echo,
    /// Authentication waits for an answer.
    Authentication,
    /// CCP waits for an answer, be it that to a Reset-Request; or keys that were kept for late packets are given up.
    CcpRestart,
    /// A network control protocol waits for an answer.
    NetworkRestart,
}

bitflags::bitflags! {
    /// The events that have not been told yet; told in this order.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Events: u16 {
        const IDENTIFICATION = 1;
        const TIME_REMAINING = 1 << 1;
        const LINK_UP = 1 << 2;
        const AUTH_REQUESTED = 1 << 3;
        const PASSWORD_WANTED = 1 << 11;
        const EAP_NOTIFICATION = 1 << 12;
        const EAP_REQUEST = 1 << 13;
        const EAP_RESPONSE = 1 << 14;
        const AUTH_MESSAGE = 1 << 15;
        const AUTHENTICATED = 1 << 4;
        const ENCRYPTION = 1 << 5;
        const COMPRESSION = 1 << 6;
        const IPV4_DOWN = 1 << 7;
        const IPV4_UP = 1 << 8;
        const PEER_TERMINATES = 1 << 9;
        const DOWN = 1 << 10;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    Suite(SuitePending),
    Networks(u8),
}

/// One end of a PPP link, of either kind: what it demands and offers is up to its [`PppConfig`].
///
/// Frames and time go in, frames and events come out, and any order of calls is safe:
///
/// * [`open`](Self::open), [`close`](Self::close), [`authorize`](Self::authorize), [`retry`](Self::retry),
///   [`change_password`](Self::change_password) and [`send`](Self::send) are what the caller wants;
/// * [`handle_frame`](Self::handle_frame) and [`handle_timeout`](Self::handle_timeout) are what has happened;
/// * [`poll_frame`](Self::poll_frame), [`poll_event`](Self::poll_event) and [`next_timeout`](Self::next_timeout) are to be
///   called after each of these, the first two until they give nothing more.
///
/// Frames start with the Address field, or the Protocol field where the peer leaves that out; there is no framing of a
/// line around them.
///
/// A clone that goes on sending on a live link would encrypt two texts with one key stream: clones are for tests.
#[derive(Debug, Clone)]
pub struct Ppp<P: Profile> {
    max_information: u16,
    random: Random,
    phase: Phase,
    lcp: Lcp,
    auth: Authentication<P::Auth>,
    suite: P::Suite,
    networks: P::Networks,
    events: Events,
    seconds_remaining: u32,
    heard: bool,
    ipv4_ready: bool,
    was_up: bool,
    down_reason: Option<DownReason>,
}

impl<P: Profile> Ppp<P> {
    /// The longest frame, in octets, that [`Ppp::poll_frame`] gives: 512, or more if a method of authentication needs it.
    pub const MAX_CONTROL_FRAME: usize = {
        let authentication = MAX_AUTH_HEADER.saturating_add(P::Auth::MAX_PACKET);
        if authentication > MAX_OTHER_FRAME {
            authentication
        } else {
            MAX_OTHER_FRAME
        }
    };

    /// A link that has not been opened yet. `random` must be of its own.
    #[must_use]
    pub fn new(config: PppConfig, random: Random) -> Self {
        let accepted = config.credentials.as_ref().map(Credentials::usable_methods);
        let demanded = config.demand.as_ref().map(|demand| demand.methods);
        let [accepted, demanded] = [accepted, demanded]
            .map(|methods| methods.unwrap_or(Methods::empty()) & P::Auth::METHODS);
        Self {
            lcp: Lcp::new(config.lcp, config.timing, demanded, accepted),
            max_information: config.lcp.mtu,
            auth: Authentication::new(config.credentials, config.demand),
            suite: P::Suite::new(config.mppe, config.mppc, config.timing),
            networks: P::Networks::new(config.ipv4, config.timing),
            random,
            phase: Phase::Dead,
            events: Events::empty(),
            seconds_remaining: 0,
            heard: false,
            ipv4_ready: false,
            was_up: false,
            down_reason: None,
        }
    }

    /// Starts the link: frames can be sent and received from now on.
    pub fn open(&mut self, now: Instant) {
        if self.phase == Phase::Dead {
            self.phase = Phase::Establish;
            self.lcp.open(now, &mut self.random);
            self.follow(now);
        }
    }

    /// Ends the link, in good order: the peer is told, and waited for a little.
    pub fn close(&mut self, now: Instant) {
        self.fail(now, DownReason::Closed);
        self.follow(now);
    }

    /// How far the link has come.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether any frame has come from the peer.
    #[must_use]
    pub const fn has_heard(&self) -> bool {
        self.heard
    }

    /// Why the link has ended, or is about to.
    #[must_use]
    pub const fn down_reason(&self) -> Option<DownReason> {
        self.down_reason
    }

    /// The methods that LCP has agreed on, once it has: by which we prove who we are, and by which the peer does.
    #[must_use]
    pub const fn authentication(&self) -> (Option<Method>, Option<Method>) {
        let policy = self.lcp.policy();
        (policy.peer_auth(), policy.own_auth())
    }

    /// How packets are encrypted: those that we send, and those that we receive.
    #[must_use]
    pub fn encryption(&self) -> (Option<Encryption>, Option<Encryption>) {
        self.suite.encryption()
    }

    /// How packets are compressed: those that we send, and those that we receive.
    #[must_use]
    pub fn compression(&self) -> (Option<Compression>, Option<Compression>) {
        self.suite.compression()
    }

    /// How often one end had to begin anew because packets were lost, which in MPPE's stateful mode makes those after
    /// them unreadable.
    ///
    /// If [`taken`](ResetCounts::taken) has grown, the packet that was sent last has not been read: whoever has kept it
    /// may send it again.
    #[must_use]
    pub fn resets(&self) -> ResetCounts {
        self.suite.resets()
    }

    /// How many packets were delivered though others had overtaken them: none, unless the suite keeps keys for them. It
    /// wraps around.
    #[must_use]
    pub fn delivered_late(&self) -> u64 {
        self.suite.delivered_late()
    }

    /// The longest packet, in octets, that [`Ppp::send`] takes.
    #[must_use]
    pub fn mtu(&self) -> usize {
        let information = usize::from(self.max_information.min(self.lcp.policy().peer_mru()));
        match self.suite.gate() {
            Gate::Sealed => information.saturating_sub(P::Suite::OVERHEAD),
            Gate::Clear | Gate::Closed => information,
        }
    }

    /// Whether packets of `network` can be sent now.
    #[must_use]
    pub fn is_up(&self, network: Network) -> bool {
        self.phase == Phase::Network
            && self.suite.gate() != Gate::Closed
            && self.networks.is_up(network)
    }

    /// Takes a frame from the peer. It is decrypted where it is.
    ///
    /// # Errors
    /// [`Discard`] if it was dropped, which nothing needs to be done about.
    pub fn handle_frame<'a>(
        &'a mut self,
        now: Instant,
        frame: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        self.handle_early_frame(now, InTurn, frame)
    }

    /// As [`Ppp::handle_frame`], of a frame that [`Ppp::decrypt_early`] has said `early` of: the outcome is the same.
    ///
    /// # Errors
    /// [`Discard`] if it was dropped, which nothing needs to be done about.
    pub fn handle_early_frame<'a>(
        &'a mut self,
        now: Instant,
        early: impl Into<Option<Early>>,
        frame: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        if matches!(self.phase, Phase::Dead | Phase::Down) {
            if let Some(early) = early.into() {
                early.undo_frame(frame);
            }
            return Err(Discard::LinkDown);
        }
        let (protocol, information) = Frame::parse_mut(frame).map_err(Discard::Malformed)?;
        self.heard = true;
        if protocol != Protocol::LCP && self.phase == Phase::Establish {
            self.lcp.take_for_ack(now);
            self.follow(now);
        }
        if self.phase == Phase::Authenticate && is_of_network_phase(protocol) {
            self.auth.hurry();
        }
        if protocol == Protocol::COMPRESSED && self.phase == Phase::Network && P::Suite::SEALS {
            return self.handle_compressed(now, early, information);
        }
        if let Some(early) = early.into() {
            early.undo(information);
        }
        if let Some(network) = Network::from_protocol(protocol) {
            if self.phase == Phase::Network && self.suite.refuses_clear() {
                return Err(Discard::NotEncrypted);
            }
            self.require_up(now, network)?;
            self.lcp.heard(now);
            return Ok(Inbound::Packet {
                network,
                packet: information,
            });
        }
        let taken = self.handle_control(now, protocol, information);
        match taken {
            Ok(()) => self.lcp.heard(now),
            Err(Discard::UnknownProtocol(_)) => self.lcp.reject_protocol(protocol, information),
            Err(_) => {}
        }
        self.follow(now);
        taken.map(|()| Inbound::Control)
    }

    /// Answers [`Event::AuthRequested`]. An answer to a request that is not open any more is ignored.
    pub fn authorize(
        &mut self,
        now: Instant,
        request: AuthId,
        verdict: &Verdict<'_>,
        grant: Grant,
    ) {
        if !matches!(self.phase, Phase::Authenticate | Phase::Network) {
            return;
        }
        let is_first = self.phase == Phase::Authenticate;
        if self.auth.authorize(now, request, verdict, &mut self.random) && is_first {
            self.grant(grant);
        }
        self.follow(now);
    }

    /// What the peer would take instead of the credentials that it has refused: as [`Event::PasswordWanted`] tells it, for
    /// as long as it holds.
    #[must_use]
    pub fn password_wanted(&self) -> Option<Wanted<'_>> {
        self.auth.wanted()
    }

    /// Answers [`Event::PasswordWanted`] with another name or password. The methods of `credentials` do not count, for
    /// the method is agreed on.
    ///
    /// # Errors
    /// [`RetryError::NotWanted`] if the peer would not take it, or not any more. Nothing has happened then.
    pub fn retry(&mut self, now: Instant, credentials: Credentials) -> Result<(), RetryError> {
        self.auth.retry(now, credentials, &mut self.random)
    }

    /// Answers [`Event::PasswordWanted`] with a new password for the account: asks the peer to change it, and proves
    /// ourselves with it.
    ///
    /// There is no other try after that: [`Event::Authenticated`] says that it is changed,
    /// [`DownReason::AuthenticationFailed`] that it is not, and of any other end it cannot be told.
    ///
    /// # Errors
    /// [`RetryError::NotWanted`] if the peer would not take it, or not any more, and [`RetryError::TooLong`] if the
    /// password is. Nothing has happened then.
    pub fn change_password(&mut self, now: Instant, password: &str) -> Result<(), RetryError> {
        self.auth.change_password(now, password, &mut self.random)
    }

    /// Does what is due by `now`. Too early it does nothing; however late it is, each timer goes off once.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.lcp.handle_timeout(now);
        self.auth.handle_timeout(now);
        self.suite.handle_timeout(now);
        self.networks.handle_timeout(now);
        self.follow(now);
    }

    /// When [`Ppp::handle_timeout`] is to be called, if nothing happens before.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.next_timer().map(|(at, _)| at)
    }

    /// What [`Ppp::next_timeout`] is for.
    #[must_use]
    pub fn timeout_reason(&self) -> Option<TimerKind> {
        self.next_timer().map(|(_, kind)| kind)
    }

    /// Writes the next frame that is to be sent to the front of `out`. `None`: there is none.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `out` has not enough room; the frame goes on waiting. [`Self::MAX_CONTROL_FRAME`] octets are
    /// always enough.
    pub fn poll_frame<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b mut [u8]>, BufferTooSmall> {
        // A packet that came encrypted may have settled something.
        self.follow(now);
        // The Ack that opens LCP goes before what LCP has to be open for, and a proof before what follows from it: else
        // both are of no use to the peer, and come again only with the time-out.
        let mut writer = Writer::new(out);
        if let Some(pending) = self.write_lcp(&mut writer) {
            let len = writer.finish()?.len();
            self.lcp.sent(pending);
            self.follow(now);
            return Ok(out.get_mut(..len));
        }
        if let Some(len) = self.poll_auth(out)? {
            self.follow(now);
            return Ok(out.get_mut(..len));
        }
        let mut writer = Writer::new(out);
        let Some(pending) = self.write_next(&mut writer) else {
            return Ok(None);
        };
        let frame = writer.finish()?;
        match pending {
            Pending::Suite(pending) => self.suite.sent(pending),
            Pending::Networks(pending) => self.networks.sent(pending),
        }
        self.follow(now);
        Ok(Some(frame))
    }

    /// The next thing that the caller should know. `None`: there is nothing.
    pub fn poll_event(&mut self) -> Option<Event<'_>> {
        self.events = self.due_events();
        let next = self.events.iter().next()?;
        self.events.remove(next);
        Some(match next {
            Events::IDENTIFICATION => Event::Identification(self.lcp.text()),
            Events::TIME_REMAINING => {
                let seconds = self.seconds_remaining;
                Event::TimeRemaining {
                    seconds,
                    message: self.lcp.text(),
                }
            }
            Events::LINK_UP => Event::LinkUp {
                peer_mru: self.lcp.policy().peer_mru(),
            },
            Events::AUTH_REQUESTED => Event::AuthRequested(self.auth.request()?),
            Events::EAP_NOTIFICATION => Event::EapNotification(self.auth.notification()),
            Events::EAP_REQUEST => Event::Eap(self.auth.eap_request()?),
            Events::EAP_RESPONSE => Event::Eap(self.auth.eap_response()?),
            Events::PASSWORD_WANTED => {
                let wanted = self.auth.wanted()?;
                Event::PasswordWanted {
                    error: wanted.error,
                    retry: wanted.retry,
                    change: wanted.change,
                    message: wanted.message,
                }
            }
            Events::AUTH_MESSAGE => Event::AuthMessage(self.auth.message()),
            Events::AUTHENTICATED => Event::Authenticated,
            Events::ENCRYPTION => {
                let (send, receive) = self.suite.encryption();
                Event::Encryption { send, receive }
            }
            Events::COMPRESSION => {
                let (send, receive) = self.suite.compression();
                Event::Compression { send, receive }
            }
            Events::IPV4_DOWN => Event::Ipv4Down,
            Events::IPV4_UP => Event::Ipv4Up(self.networks.ipv4(self.mtu())),
            Events::PEER_TERMINATES => Event::PeerTerminates(self.lcp.text()),
            _ => Event::Down(self.down_reason?),
        })
    }

    /// Whether there is an event to tell.
    #[must_use]
    pub fn has_event(&self) -> bool {
        !self.due_events().is_empty()
    }

    /// Whether the event that is told next is [`Event::Down`], the last one.
    #[must_use]
    pub fn is_down_next(&self) -> bool {
        self.due_events() == Events::DOWN
    }

    /// The events without those that wait for an answer that nobody would take any more.
    fn due_events(&self) -> Events {
        let mut events = self.events;
        if self.auth.request().is_none() {
            events.remove(Events::AUTH_REQUESTED);
        }
        if self.auth.wanted().is_none() {
            events.remove(Events::PASSWORD_WANTED);
        }
        if self.auth.eap_request().is_none() {
            events.remove(Events::EAP_REQUEST);
        }
        if self.auth.eap_response().is_none() {
            events.remove(Events::EAP_RESPONSE);
        }
        events
    }

    fn next_timer(&self) -> Option<(Instant, TimerKind)> {
        let lcp = self.lcp.next_timeout().map(|(at, timer)| match timer {
            LcpTimer::Restart => (at, TimerKind::LcpRestart),
            LcpTimer::Echo => (at, TimerKind::Echo),
        });
        let auth = self
            .auth
            .next_timeout()
            .map(|at| (at, TimerKind::Authentication));
        let suite = self
            .suite
            .next_timeout()
            .map(|at| (at, TimerKind::CcpRestart));
        let networks = self
            .networks
            .next_timeout()
            .map(|at| (at, TimerKind::NetworkRestart));
        [lcp, auth, suite, networks]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at)
    }

    /// Writes a frame of authentication, if there is one, and says how long it is.
    fn poll_auth(&mut self, out: &mut [u8]) -> Result<Option<usize>, BufferTooSmall> {
        // Its protocols have two octets, whatever was agreed on.
        let header = if self.lcp.policy().compress_address_control() {
            2
        } else {
            4
        };
        let packet = self
            .auth
            .poll_packet(out.get_mut(header..).unwrap_or_default());
        let packet = packet.map_err(|error| BufferTooSmall {
            needed: error.needed.saturating_add(header),
        })?;
        Ok(packet.map(|(protocol, len)| {
            self.write_frame_header(&mut Writer::new(out), protocol);
            len.saturating_add(header)
        }))
    }

    fn write_lcp(&self, out: &mut Writer<'_>) -> Option<LcpPending> {
        // LCP always has Address and Control field: it has to be understood whatever was agreed on (RFC 1661 §6.6).
        write_header(out, Protocol::LCP, true, false);
        self.lcp.write_next(out)
    }

    fn write_next(&self, out: &mut Writer<'_>) -> Option<Pending> {
        self.write_frame_header(out, Protocol::CCP);
        if let Some(pending) = self.suite.write_next(out) {
            return Some(Pending::Suite(pending));
        }
        out.truncate(0);
        self.write_frame_header(out, self.networks.next_protocol());
        self.networks.write_next(out).map(Pending::Networks)
    }

    fn write_frame_header(&self, out: &mut Writer<'_>, protocol: Protocol) {
        let policy = self.lcp.policy();
        write_header(
            out,
            protocol,
            !policy.compress_address_control(),
            policy.compress_protocol(),
        );
    }
}

/// Whether a packet of `protocol` is sent only once authentication is over.
const fn is_of_network_phase(protocol: Protocol) -> bool {
    // RFC 1661 §2: network protocols, and their control protocols.
    protocol.0 < 0xc000
}
