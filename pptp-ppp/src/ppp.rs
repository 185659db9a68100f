//! A whole PPP link: the phases of RFC 1661 §3, and what passes in each.

use crate::auth::sealed::{self as auth, AuthLayer};
use crate::auth::{AuthId, Grant, Verdict};
use crate::automaton::{Actions, State};
use crate::ccp::Encryption;
use crate::codec::{BufferTooSmall, Writer};
use crate::config::PppConfig;
use crate::error::{Discard, SendError};
use crate::event::{DownReason, Event};
use crate::lcp::{Lcp, LcpPending, LcpTimer, Notice};
use crate::log::debug;
use crate::networks::Network;
use crate::networks::sealed::NetworksLayer;
use crate::profile::Profile;
use crate::random::Random;
use crate::suite::sealed::{self as suite, Gate, SuiteLayer, SuitePending};
use crate::time::Instant;
use crate::wire::{Frame, Packet, Protocol, write_header};

/// The octets before the packet in a frame at the most: Address, Control, Protocol, and the header and inner Protocol
/// field of an encrypted packet.
pub const MAX_FRAME_OVERHEAD: usize = 8;

/// The longest frame, in octets, that [`Ppp::poll_frame`] gives.
pub const MAX_CONTROL_FRAME: usize = 512;

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
        /// The packet, without anything around it.
        packet: &'a mut [u8],
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
    /// CCP waits for an answer.
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
        const AUTHENTICATED = 1 << 4;
        const ENCRYPTION = 1 << 5;
        const IPV4_DOWN = 1 << 6;
        const IPV4_UP = 1 << 7;
        const PEER_TERMINATES = 1 << 8;
        const DOWN = 1 << 9;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    Lcp(LcpPending),
    Suite(SuitePending),
    Networks(u8),
}

/// One end of a PPP link, of either kind: what it demands and offers is up to its [`PppConfig`].
///
/// Frames and time go in, frames and events come out, and any order of calls is safe:
///
/// * [`open`](Self::open), [`close`](Self::close), [`authorize`](Self::authorize) and [`send`](Self::send) are what the
///   caller wants;
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
    auth: P::Auth,
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
    /// A link that has not been opened yet. `random` must be of its own.
    #[must_use]
    pub fn new(config: PppConfig, random: Random) -> Self {
        let capable = P::Auth::CAPABLE;
        let demand = config.demand.as_ref().map(|demand| demand.method);
        let accept = capable && config.credentials.is_some();
        Self {
            lcp: Lcp::new(config.lcp, config.timing, demand, accept),
            max_information: config.lcp.mtu,
            auth: P::Auth::new(config.credentials, config.demand),
            suite: P::Suite::new(config.mppe, config.timing),
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

    /// How packets are encrypted: those that we send, and those that we receive.
    #[must_use]
    pub fn encryption(&self) -> (Option<Encryption>, Option<Encryption>) {
        self.suite.encryption()
    }

    /// The longest packet, in octets, that [`Ppp::send`] takes.
    #[must_use]
    pub fn mtu(&self) -> usize {
        let information = usize::from(self.max_information.min(self.lcp.policy().peer_mru()));
        match self.suite.gate() {
            Gate::Encrypted => information.saturating_sub(P::Suite::OVERHEAD),
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
        if matches!(self.phase, Phase::Dead | Phase::Down) {
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
            return self.handle_compressed(now, information);
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

    /// Puts `packet` into a frame in `out`, encrypted if that was agreed on.
    ///
    /// `out` needs [`MAX_FRAME_OVERHEAD`] octets more than the packet has.
    ///
    /// # Errors
    /// [`SendError`]; then nothing has changed.
    pub fn send<'b>(
        &mut self,
        network: Network,
        packet: &[u8],
        out: &'b mut [u8],
    ) -> Result<&'b mut [u8], SendError> {
        if !self.is_up(network) {
            return Err(SendError::NotOpen);
        }
        let mtu = self.mtu();
        if packet.len() > mtu {
            return Err(SendError::TooLong { mtu });
        }
        let encrypted = self.suite.gate() == Gate::Encrypted;
        let (outer, overhead) = if encrypted {
            (Protocol::COMPRESSED, P::Suite::OVERHEAD)
        } else {
            (network.protocol(), 0)
        };
        let room = out.len();
        let mut writer = Writer::new(out);
        self.write_frame_header(&mut writer, outer);
        // Encryption cannot be taken back, so there has to be room for all of it beforehand.
        let needed = writer
            .len()
            .saturating_add(overhead)
            .saturating_add(packet.len());
        if needed > room {
            return Err(SendError::BufferTooSmall { needed });
        }
        if encrypted {
            self.suite.seal(network.protocol(), packet, &mut writer);
        } else {
            writer.bytes(packet);
        }
        Ok(writer.finish()?)
    }

    /// Answers [`Event::AuthRequested`]. An answer to a request that is not open any more is ignored.
    pub fn authorize(
        &mut self,
        now: Instant,
        request: AuthId,
        verdict: &Verdict<'_>,
        grant: Grant,
    ) {
        if self.phase != Phase::Authenticate {
            return;
        }
        if self.auth.authorize(now, request, verdict, &mut self.random) {
            if let Some(address) = grant.address {
                self.networks.assign(address);
            }
            if let Some(policy) = grant.mppe {
                self.suite.set_policy(policy);
            }
        }
        self.follow(now);
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
    /// [`BufferTooSmall`] if `out` has not enough room; the frame goes on waiting. [`MAX_CONTROL_FRAME`] octets are always
    /// enough.
    pub fn poll_frame<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b mut [u8]>, BufferTooSmall> {
        // A packet that came encrypted may have settled something.
        self.follow(now);
        // A proof goes first: what follows from it is of no use to the peer before.
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
            Pending::Lcp(pending) => self.lcp.sent(pending),
            Pending::Suite(pending) => self.suite.sent(pending),
            Pending::Networks(pending) => self.networks.sent(pending),
        }
        self.follow(now);
        Ok(Some(frame))
    }

    /// The next thing that the caller should know. `None`: there is nothing.
    pub fn poll_event(&mut self) -> Option<Event<'_>> {
        let request = self.auth.request();
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
            Events::AUTH_REQUESTED => Event::AuthRequested(request?),
            Events::AUTHENTICATED => Event::Authenticated,
            Events::ENCRYPTION => {
                let (send, receive) = self.suite.encryption();
                Event::Encryption { send, receive }
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

    /// The events without a request for a verdict that is not open any more.
    fn due_events(&self) -> Events {
        let mut events = self.events;
        if self.auth.request().is_none() {
            events.remove(Events::AUTH_REQUESTED);
        }
        events
    }

    fn handle_compressed<'a>(
        &'a mut self,
        now: Instant,
        information: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        let opened = self.suite.open(now, information);
        self.follow(now);
        let (protocol, place) = opened?;
        self.lcp.heard(now);
        // What came encrypted is not quoted in a Protocol-Reject, which is in the clear.
        let network = Network::from_protocol(protocol).ok_or(Discard::UnknownProtocol(protocol))?;
        self.require_up(now, network)?;
        let packet = self.suite.opened(information, place);
        Ok(Inbound::Packet { network, packet })
    }

    fn handle_control(
        &mut self,
        now: Instant,
        protocol: Protocol,
        information: &[u8],
    ) -> Result<(), Discard> {
        match protocol {
            Protocol::LCP => {
                let packet = Packet::parse(information).map_err(Discard::Malformed)?;
                match self.lcp.handle_packet(now, packet, &mut self.random)? {
                    None => {}
                    Some(Notice::Identification) => self.tell_text(Events::IDENTIFICATION),
                    Some(Notice::TimeRemaining(seconds)) => {
                        self.seconds_remaining = seconds;
                        self.tell_text(Events::TIME_REMAINING);
                    }
                    Some(Notice::ProtocolRejected(rejected)) => {
                        self.suite.protocol_rejected(now, rejected);
                        self.networks.protocol_rejected(now, rejected);
                    }
                }
                Ok(())
            }
            // Before LCP is Opened nothing else is listened to (RFC 1661 §3.4).
            _ if !self.lcp.is_opened() => Err(Discard::ProtocolNotUp),
            Protocol::CCP => {
                if self.phase != Phase::Network {
                    return Err(Discard::ProtocolNotUp);
                }
                let packet = Packet::parse(information).map_err(Discard::Malformed)?;
                self.suite.handle_packet(now, packet)
            }
            Protocol::PAP | Protocol::CHAP | Protocol::EAP => {
                self.auth
                    .handle_packet(now, protocol, information, &mut self.random)
            }
            _ if self.phase == Phase::Network => {
                self.networks.handle_packet(now, protocol, information)
            }
            _ => Err(Discard::ProtocolNotUp),
        }
    }

    /// A text came: one that came before it, and was not told, is gone.
    fn tell_text(&mut self, event: Events) {
        self.events
            .remove(Events::IDENTIFICATION | Events::TIME_REMAINING);
        self.events |= event;
    }

    fn require_up(&mut self, now: Instant, network: Network) -> Result<(), Discard> {
        if self.phase == Phase::Network && !self.networks.is_up(network) {
            self.networks.take_for_ack(now, network);
            self.follow(now);
        }
        if self.phase == Phase::Network && self.networks.is_up(network) {
            Ok(())
        } else {
            Err(Discard::NetworkNotUp)
        }
    }

    /// Ends the link for `reason`, unless it is ending already.
    fn fail(&mut self, now: Instant, reason: DownReason) {
        match self.phase {
            Phase::Dead => {
                self.phase = Phase::Down;
                self.down_reason = Some(reason);
                self.events |= Events::DOWN;
            }
            Phase::Establish | Phase::Authenticate | Phase::Network => {
                debug!("link fails: {:?}", reason);
                self.down_reason = Some(reason);
                self.stop_upper_layers(now);
                self.phase = Phase::Terminate;
                self.lcp.close(now);
            }
            Phase::Terminate | Phase::Down => {}
        }
    }

    fn stop_upper_layers(&mut self, now: Instant) {
        self.auth.lower_layer_down();
        self.suite.lower_layer_down(now);
        self.networks.lower_layer_down(now);
        // What they had to tell does not hold any more.
        self.events
            .remove(Events::AUTH_REQUESTED | Events::AUTHENTICATED | Events::ENCRYPTION);
    }

    /// Carries what one layer has come to over to the next.
    fn follow(&mut self, now: Instant) {
        self.follow_lcp(now);
        if self.phase == Phase::Authenticate {
            self.follow_auth(now);
        }
        if self.phase == Phase::Network {
            self.follow_network(now);
        }
        // What was decided above may have ended the link.
        self.follow_lcp(now);
        let ready = self.is_up(Network::Ipv4);
        if core::mem::replace(&mut self.ipv4_ready, ready) != ready {
            if ready {
                self.was_up = true;
                self.events |= Events::IPV4_UP;
            } else if self.events.contains(Events::IPV4_UP) {
                self.events.remove(Events::IPV4_UP);
            } else {
                self.events |= Events::IPV4_DOWN;
            }
        }
    }

    fn follow_lcp(&mut self, now: Instant) {
        let signals = self.lcp.take_signals(now);
        if self.lcp.peer_terminated() && self.phase < Phase::Terminate {
            // In the midst of negotiation too: a peer that goes then does not come back.
            self.tell_text(Events::PEER_TERMINATES);
            self.fail(now, self.reason_of_peer());
        } else if signals.contains(Actions::TLD) && self.phase < Phase::Terminate {
            if self.was_up {
                self.fail(now, DownReason::Renegotiated);
            } else {
                self.stop_upper_layers(now);
                self.phase = Phase::Establish;
            }
        }
        if signals.contains(Actions::TLU) && self.phase == Phase::Establish && self.lcp.is_opened()
        {
            self.start_authentication(now);
        }
        if self.lcp.policy().is_looped_back() {
            self.fail(now, DownReason::LoopedBack);
        }
        if self.lcp.policy().is_auth_refused() {
            self.fail(now, DownReason::PeerRefusesAuthentication);
        }
        if self.lcp.is_peer_lost() {
            self.fail(now, DownReason::PeerLost);
        }
        let over = matches!(self.lcp.state(), State::Closed | State::Stopped);
        if over && self.phase != Phase::Down && self.phase != Phase::Dead {
            let reason = self.down_reason.unwrap_or_else(|| self.reason_of_peer());
            debug!("link down: {:?}", reason);
            self.down_reason = Some(reason);
            self.stop_upper_layers(now);
            self.phase = Phase::Down;
            self.events |= Events::DOWN;
        }
    }

    /// Why LCP ended, where it was not our doing.
    fn reason_of_peer(&self) -> DownReason {
        if !self.heard {
            DownReason::NothingHeard
        } else if self.lcp.policy().is_peer_auth_refused() && !self.was_up {
            DownReason::CredentialsWanted
        } else if !self.lcp.peer_terminated() {
            DownReason::NoAgreement
        } else if self.suite.has_refused_peer() && !self.was_up {
            DownReason::PeerRequiresEncryption
        } else {
            DownReason::PeerClosed
        }
    }

    fn start_authentication(&mut self, now: Instant) {
        debug!("LCP opened");
        self.phase = Phase::Authenticate;
        self.events |= Events::LINK_UP;
        let (theirs, ours) = (self.lcp.policy().peer_auth(), self.lcp.policy().own_auth());
        self.auth
            .lower_layer_up(now, theirs, ours, &mut self.random);
    }

    fn follow_auth(&mut self, now: Instant) {
        match self.auth.take_outcome() {
            auth::Outcome::Nothing => {}
            auth::Outcome::Requested => self.events |= Events::AUTH_REQUESTED,
            auth::Outcome::Failed(reason) => self.fail(now, reason),
            auth::Outcome::Done => {
                let policy = self.lcp.policy();
                if policy.peer_auth().is_some() || policy.own_auth().is_some() {
                    self.events |= Events::AUTHENTICATED;
                }
                debug!("authenticated");
                self.phase = Phase::Network;
                self.suite.lower_layer_up(now, self.auth.keys());
                self.networks.lower_layer_up(now);
            }
        }
    }

    fn follow_network(&mut self, now: Instant) {
        match self.suite.take_outcome() {
            suite::Outcome::Nothing => {}
            suite::Outcome::Settled => {
                self.events |= Events::ENCRYPTION;
                // pppd answers IPCP with Terminate-Acks until it has encryption.
                self.networks.hurry(now);
            }
            // A peer that wanted to know who we are would have given us keys.
            suite::Outcome::Failed(DownReason::NoEncryptionKeys)
                if self.lcp.policy().is_peer_auth_refused() =>
            {
                return self.fail(now, DownReason::CredentialsWanted);
            }
            suite::Outcome::Failed(reason) => return self.fail(now, reason),
        }
        // A peer may authenticate us again at any time (RFC 1994 §4.1), and be found wanting.
        match self.auth.take_outcome() {
            auth::Outcome::Failed(reason) => return self.fail(now, reason),
            auth::Outcome::Done => self.suite.set_keys(self.auth.keys()),
            auth::Outcome::Nothing | auth::Outcome::Requested => {}
        }
        if self.networks.is_refused() {
            self.fail(now, DownReason::NetworkRefused);
        }
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

    fn write_next(&self, out: &mut Writer<'_>) -> Option<Pending> {
        // LCP always has Address and Control field: it has to be understood whatever was agreed on (RFC 1661 §6.6).
        write_header(out, Protocol::LCP, true, false);
        if let Some(pending) = self.lcp.write_next(out) {
            return Some(Pending::Lcp(pending));
        }
        out.truncate(0);
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
