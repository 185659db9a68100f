//! A control connection, the one call in it, and PPP in the call.

mod answers;
mod batch;
mod diagnosis;
mod flow;
mod follow;

use crate::control::{self, CallInfo, CallRequest, CloseReason, Connection, LinkInfo};
use crate::event::{DownReason, Event};
use crate::gre::{self, Proof, Received, SlidingWindow};
use crate::wire::{MAX_CONTROL_MESSAGE, WanErrorNotify};
use crate::{Discard, ProtocolError};
pub use batch::{Batch, Jobs};
use core::marker::PhantomData;
use core::time::Duration;
use diagnosis::Watch;
pub use diagnosis::{Diagnosis, LastHeard};
use pptp_ppp::auth::Method;
use pptp_ppp::{
    BufferTooSmall, Compression, Early, Encryption, InTurn, Inbound, Instant, MAX_FRAME_OVERHEAD,
    Network, Phase, Ppp, Profile, ResetCounts, SendError,
};

/// The octets before the packet in what [`Session::send`] writes at the most.
pub const MAX_GRE_OVERHEAD: usize = gre::MAX_HEADER_LEN + MAX_FRAME_OVERHEAD;

/// The longest packet that fits a datagram with everything before it.
const MAX_PACKET: usize = gre::MAX_PAYLOAD_LEN - MAX_FRAME_OVERHEAD;

/// The part of a [`Session`] that is a PNS's: see [`Client`](crate::Client).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pns;

/// The part of a [`Session`] that is a server's, as PAC of its clients' outgoing calls, or as PNS of an access
/// concentrator's incoming ones: see [`Server`](crate::Server).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pac;

/// The receiving side of a call's GRE, and how its acknowledgments are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct GreConfig {
    /// How long an acknowledgment waits for a packet that it can ride on.
    pub ack_delay: Duration,
    /// Whether packets that others have overtaken are delivered where the suite keeps keys for them
    /// ([`pptp_ppp::AnyOrder`]). By default they are.
    pub deliver_late: bool,
    /// Whether packets wait for the peer's acknowledgments. By default they do not.
    pub window: SlidingWindow,
}

impl Default for GreConfig {
    fn default() -> Self {
        Self {
            ack_delay: Duration::from_millis(100),
            deliver_late: true,
            window: SlidingWindow::Off,
        }
    }
}

/// The timer that goes off next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TimerKind {
    /// The control connection's.
    Control(control::TimerKind),
    /// An acknowledgment is due.
    Acknowledgment,
    /// An acknowledgment of the peer's is overdue.
    Window,
    /// The call has been up for long enough to judge what came over GRE.
    Diagnosis,
    /// PPP's.
    Ppp(pptp_ppp::TimerKind),
}

/// What [`Session::poll_output`] gives. There will be no other kinds: whoever drops one breaks the tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output<'a> {
    /// To be written to the TCP connection, all of it, best in one segment.
    Control(&'a [u8]),
    /// To be sent as a datagram of IP protocol 47.
    Gre(&'a [u8]),
    /// To be noted.
    Event(Event<'a>),
    /// There is nothing more, until this time or the next input.
    Timeout(Option<Instant>),
}

bitflags::bitflags! {
    /// The events that have not been told yet; told in this order, PPP's own before [`Events::DOWN`].
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Events: u8 {
        const CONNECTED = 1;
        const CALL_REQUESTED = 1 << 1;
        const CALL_CONNECTED = 1 << 2;
        const LINK_INFO = 1 << 3;
        const WAN_ERRORS = 1 << 4;
        const DOWN = 1 << 5;
    }
}

/// One end of a PPTP tunnel. As [`Client`](crate::Client) or [`Server`](crate::Server) it has a constructor.
///
/// Bytes and time go in, bytes and events come out; the caller owns the sockets, the network device and the clock. Any
/// order of calls is safe:
///
/// * `handle_*` and `control_*` take what has happened;
/// * [`close`](Self::close), [`send`](Self::send), [`authorize`](Self::authorize) and their like are what the caller wants;
/// * after each of these [`poll_control`](Self::poll_control), [`poll_gre`](Self::poll_gre) and
///   [`poll_event`](Self::poll_event) are called until they give nothing more (or [`poll_output`](Self::poll_output), which
///   is all of them), and [`next_timeout`](Self::next_timeout) tells when
///   [`handle_timeout`](Self::handle_timeout) is due. TCP may be blocked while GRE goes on.
///
/// A TCP connection and a session belong together: for another connection there is another session.
///
/// A clone that goes on sending on a live tunnel would encrypt two texts with one key stream: clones are for tests.
#[derive(Debug, Clone)]
pub struct Session<P: Profile, R> {
    control: Connection<1>,
    /// Whether there has been a TCP connection.
    started: bool,
    /// What to ask for, as PNS.
    request: Option<CallRequest>,
    /// Until there is a call, without its ids.
    gre: gre::Session,
    delivers_late: bool,
    /// Whether the call is up: only then there is GRE.
    carrier: bool,
    info: Option<CallInfo>,
    ppp: Ppp<P>,
    watch: Watch,
    events: Events,
    link_info: LinkInfo,
    wan_errors: Option<WanErrorNotify>,
    down: Option<DownReason>,
    role: PhantomData<R>,
}

impl<P: Profile, R> Session<P, R> {
    /// The longest datagram, in octets, that [`Session::poll_gre`] gives.
    pub const MAX_CONTROL_DATAGRAM: usize =
        gre::MAX_HEADER_LEN.saturating_add(Ppp::<P>::MAX_CONTROL_FRAME);

    /// The room, in octets, that is enough for every output but that of [`Session::send`].
    pub const MAX_OUTPUT: usize = if Self::MAX_CONTROL_DATAGRAM > MAX_CONTROL_MESSAGE {
        Self::MAX_CONTROL_DATAGRAM
    } else {
        MAX_CONTROL_MESSAGE
    };

    pub(crate) const fn with_parts(
        control: Connection<1>,
        request: Option<CallRequest>,
        gre_config: GreConfig,
        ppp: Ppp<P>,
    ) -> Self {
        let mut config = gre::Config::new(0, 0);
        config.ack_delay = gre_config.ack_delay;
        config.window = gre_config.window;
        Self {
            control,
            started: false,
            request,
            gre: gre::Session::new(config),
            delivers_late: gre_config.deliver_late,
            carrier: false,
            info: None,
            ppp,
            watch: Watch::new(),
            events: Events::empty(),
            link_info: LinkInfo::DEFAULT,
            wan_errors: None,
            down: None,
            role: PhantomData,
        }
    }

    /// The TCP connection is open. Too late it does nothing: a tunnel that has ended does not start again.
    pub fn control_connected(&mut self, now: Instant) {
        if self.down.is_none() {
            self.started = true;
            self.control.control_connected(now);
            self.follow(now);
        }
    }

    /// The TCP connection is closed, or could not be opened. That ends the tunnel.
    pub fn control_closed(&mut self, now: Instant) {
        self.end_unstarted(DownReason::Control(CloseReason::TcpClosed));
        self.control.control_closed(now);
        self.follow(now);
    }

    /// Takes octets from the TCP connection and tells how many of them it consumed. The rest are to be given again, in
    /// front of what comes next; if there are enough for a message, after `poll_*` has been drained.
    ///
    /// # Errors
    /// [`ProtocolError`] if they are not PPTP. The tunnel is at its end then.
    #[must_use = "octets that were not consumed have to be given again"]
    pub fn handle_control(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, ProtocolError> {
        let consumed = self.control.handle_control(now, bytes);
        if consumed.is_ok_and(|consumed| consumed > 0) {
            self.watch.heard_control(now);
        }
        self.watch_control();
        self.follow(now);
        consumed
    }

    /// Takes a GRE packet, from its GRE header on, and gives the network packet in it, if there is one. Packets that
    /// come after a later one are dropped (RFC 2637 §4.3), but for those that a suite has kept keys for
    /// ([`pptp_ppp::AnyOrder`]); see [`Self::receive_gre`] for another way.
    ///
    /// Until [`Self::call_info`] gives the call, packets are best left in the socket: the peer's first one may overtake
    /// its answer on TCP, and would be dropped here, which costs the time of a retransmission.
    ///
    /// # Errors
    /// [`Discard`] if it was dropped, which nothing needs to be done about.
    pub fn handle_gre<'a>(
        &'a mut self,
        now: Instant,
        datagram: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        match self.receive_gre(now, datagram)? {
            Received::Acknowledgment => Ok(Inbound::Control),
            Received::Packet { sequence, payload } => self.deliver(now, sequence, payload),
        }
    }

    /// The first half of [`Self::handle_gre`]: acknowledges the packet and drops it if it came before. Between the halves
    /// the caller may put packets in order, with a [`gre::Reorder`].
    ///
    /// # Errors
    /// [`Discard`] if it was dropped.
    #[inline]
    pub fn receive_gre<'d>(
        &mut self,
        now: Instant,
        datagram: &'d mut [u8],
    ) -> Result<Received<'d>, Discard> {
        if !self.carrier {
            return Err(Discard::NoCall);
        }
        let received = self.gre.receive(now, datagram);
        match &received {
            Ok(_) => self.watch.heard_gre(now),
            Err(discard) => self.watch.refused(discard),
        }
        received
    }

    /// The second half of [`Self::handle_gre`]: takes the payload of packet number `sequence`, unless a later one was
    /// delivered before and the suite keeps no key for it.
    ///
    /// # Errors
    /// [`Discard`] if it was dropped.
    pub fn deliver<'a>(
        &'a mut self,
        now: Instant,
        sequence: u32,
        payload: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        self.deliver_early(now, sequence, InTurn, payload)
    }

    /// As [`Self::deliver`], of a payload that may have been decrypted before its turn.
    fn deliver_early<'a>(
        &'a mut self,
        now: Instant,
        sequence: u32,
        early: impl Into<Option<Early>>,
        payload: &'a mut [u8],
    ) -> Result<Inbound<'a>, Discard> {
        let in_order = if self.carrier {
            self.gre.check_order(sequence)
        } else {
            Err(Discard::NoCall)
        };
        if let Err(discard) = in_order {
            if let Some(early) = early.into() {
                early.undo_frame(payload);
            }
            return self.deliver_late(now, discard, payload);
        }
        self.watch.accepted();
        if payload.is_empty() {
            self.gre.confirm(now, sequence, Proof::Unknown);
            return Ok(Inbound::Control);
        }
        let (_, encrypted) = self.ppp.encryption();
        let inbound = self.ppp.handle_early_frame(now, early, payload);
        match &inbound {
            // Only who has the key can have sent it.
            Ok(Inbound::Packet { .. }) if encrypted.is_some() => {
                self.gre.confirm(now, sequence, Proof::Genuine);
            }
            Err(pptp_ppp::Discard::Implausible | pptp_ppp::Discard::WrongCount) => {}
            _ => self.gre.confirm(now, sequence, Proof::Unknown),
        }
        inbound.map_err(|discard| {
            let discard = Discard::Ppp(discard);
            self.gre.count_discard(&discard);
            discard
        })
    }

    /// Puts a network packet into a GRE packet in `out`, encrypted if that was agreed on: to be sent as a datagram of IP
    /// protocol 47.
    ///
    /// With a [`SlidingWindow`], after a [`SendError::WindowFull`] there may be room again once [`Self::handle_gre`] has
    /// taken something, or [`Self::handle_timeout`] was due: see [`Self::window_room`].
    ///
    /// `out` needs [`MAX_GRE_OVERHEAD`] octets more than the packet has.
    ///
    /// # Errors
    /// [`SendError`]; then nothing has changed.
    pub fn send<'b>(
        &mut self,
        now: Instant,
        network: Network,
        packet: &[u8],
        out: &'b mut [u8],
    ) -> Result<&'b [u8], SendError> {
        if !self.carrier {
            return Err(SendError::NotOpen);
        }
        // What is encrypted has to go out.
        if packet.len() > MAX_PACKET {
            return Err(SendError::TooLong { mtu: self.mtu() });
        }
        if self.gre.window_room() == 0 {
            return Err(SendError::WindowFull);
        }
        let header = self.gre.header_len();
        let room = out.get_mut(header..).unwrap_or_default();
        let frame = self
            .ppp
            .send(network, packet, room)
            .map_err(|error| match error {
                SendError::BufferTooSmall { needed } => SendError::BufferTooSmall {
                    needed: needed.saturating_add(header),
                },
                error => error,
            })?;
        let len = frame.len();
        self.gre.seal(now, out, len)
    }

    /// Does what is due by `now`. Too early it does nothing; however late it is, each timer goes off once.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.control.handle_timeout(now);
        if self.carrier {
            self.gre.handle_timeout(now);
            self.ppp.handle_timeout(now);
            self.judge_call(now);
        }
        self.follow(now);
    }

    /// When [`Self::handle_timeout`] is to be called, if nothing happens before.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.next_timer().map(|(at, _)| at)
    }

    /// What [`Self::next_timeout`] is for.
    #[must_use]
    pub fn timeout_reason(&self) -> Option<TimerKind> {
        self.next_timer().map(|(_, kind)| kind)
    }

    /// Writes the next message for the TCP connection, one whole message, to the front of `out`. `None`: there is none.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; the message goes on waiting. [`Self::MAX_OUTPUT`] octets are always enough.
    pub fn poll_control<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        // A frame that was delivered may have ended the link.
        self.follow(now);
        let message = self.control.poll_control(now, out)?;
        self.follow(now);
        Ok(message)
    }

    /// Writes the next GRE packet that is not the caller's own to the front of `out`: PPP's negotiation, and
    /// acknowledgments. `None`: there is none.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; the packet goes on waiting. [`Self::MAX_OUTPUT`] octets are always enough.
    pub fn poll_gre<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        self.follow(now);
        if !self.carrier {
            return Ok(None);
        }
        let header = self.gre.header_len();
        let frame = self
            .ppp
            .poll_frame(now, out.get_mut(header..).unwrap_or_default());
        let frame = frame.map_err(|error| BufferTooSmall {
            needed: error.needed.saturating_add(header),
        })?;
        let Some(len) = frame.map(|frame| frame.len()) else {
            return self.gre.poll_ack(now, out);
        };
        let datagram = self.gre.seal(now, out, len).ok();
        self.follow(now);
        Ok(datagram)
    }

    /// The next thing that the caller should know. `None`: there is nothing.
    pub fn poll_event(&mut self) -> Option<Event<'_>> {
        let next = self
            .events
            .iter()
            .next()
            .filter(|&next| next != Events::DOWN);
        let Some(next) = next else {
            return match self.poll_diagnosis() {
                Some(diagnosis) => Some(Event::Diagnosis(diagnosis)),
                None => self.poll_ppp_event(),
            };
        };
        self.events.remove(next);
        Some(match next {
            Events::CONNECTED => Event::Connected {
                peer: self.control.peer(),
            },
            Events::CALL_REQUESTED => match self.control.call_request(0) {
                Some(request) => Event::CallRequested(request),
                None => Event::IncomingCall(self.control.incoming_request(0)?),
            },
            Events::CALL_CONNECTED => Event::CallConnected(self.info?),
            Events::LINK_INFO => Event::LinkInfo(self.link_info),
            _ => Event::WanErrors(self.wan_errors?),
        })
    }

    /// The next thing of any kind that there is to do: as [`Self::poll_control`], [`Self::poll_gre`] and
    /// [`Self::poll_event`] one after the other, for callers who take them all alike.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; what is to be written goes on waiting. [`Self::MAX_OUTPUT`] octets are always enough.
    pub fn poll_output<'a>(
        &'a mut self,
        now: Instant,
        out: &'a mut [u8],
    ) -> Result<Output<'a>, BufferTooSmall> {
        if let Some(len) = self.poll_control(now, out)?.map(<[u8]>::len) {
            return Ok(Output::Control(out.get(..len).unwrap_or_default()));
        }
        if let Some(len) = self.poll_gre(now, out)?.map(<[u8]>::len) {
            return Ok(Output::Gre(out.get(..len).unwrap_or_default()));
        }
        let timeout = self.next_timeout();
        Ok(self
            .poll_event()
            .map_or(Output::Timeout(timeout), Output::Event))
    }

    /// Ends the tunnel in good order: the peer is told, and waited for a little. [`Event::Down`] follows.
    pub fn close(&mut self, now: Instant) {
        // What ended it before, if anything did, may not have been noted yet.
        self.follow(now);
        self.end_unstarted(DownReason::Closed);
        self.note_end(now, DownReason::Closed);
        if self.carrier && self.ppp.phase() != Phase::Down {
            self.ppp.close(now);
        } else {
            self.control.close(now);
        }
        self.follow(now);
    }

    /// Whether packets of `network` can be sent now.
    #[must_use]
    pub fn is_up(&self, network: Network) -> bool {
        self.carrier && self.ppp.is_up(network)
    }

    /// How far PPP has come.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        if self.carrier {
            self.ppp.phase()
        } else if self.down.is_some() {
            Phase::Down
        } else {
            Phase::Dead
        }
    }

    /// How often one end had to begin anew because packets were lost: see [`Ppp::resets`].
    #[must_use]
    pub fn resets(&self) -> ResetCounts {
        self.ppp.resets()
    }

    /// The methods of authentication that are agreed on: see [`Ppp::authentication`].
    #[must_use]
    pub const fn authentication(&self) -> (Option<Method>, Option<Method>) {
        if self.carrier {
            self.ppp.authentication()
        } else {
            (None, None)
        }
    }

    /// How packets are encrypted: those that we send, and those that we receive.
    #[must_use]
    pub fn encryption(&self) -> (Option<Encryption>, Option<Encryption>) {
        if self.carrier {
            self.ppp.encryption()
        } else {
            (None, None)
        }
    }

    /// How packets are compressed: those that we send, and those that we receive.
    #[must_use]
    pub fn compression(&self) -> (Option<Compression>, Option<Compression>) {
        if self.carrier {
            self.ppp.compression()
        } else {
            (None, None)
        }
    }

    /// What was agreed about the call, once it is established.
    #[must_use]
    pub const fn call_info(&self) -> Option<CallInfo> {
        self.info
    }

    /// Why the tunnel has ended, or is about to.
    #[must_use]
    pub const fn down_reason(&self) -> Option<DownReason> {
        match (self.down, self.ppp.down_reason()) {
            (None, Some(reason)) if self.carrier => Some(DownReason::of_ppp(reason)),
            (reason, _) => reason,
        }
    }

    /// What has been counted of GRE packets, those that were dropped among them.
    #[must_use]
    pub const fn gre_stats(&self) -> &gre::Stats {
        self.gre.stats()
    }

    /// What has been counted of control messages.
    #[must_use]
    pub const fn control_stats(&self) -> &control::Stats {
        self.control.stats()
    }

    fn poll_ppp_event(&mut self) -> Option<Event<'_>> {
        if self.ppp.is_down_next() {
            // Told as the end of the tunnel, when all of it is down.
            let _ = self.ppp.poll_event();
        }
        if !self.ppp.has_event() && self.events.contains(Events::DOWN) {
            self.events.remove(Events::DOWN);
            return self.down.map(Event::Down);
        }
        self.ppp.poll_event().map(Event::Ppp)
    }

    fn next_timer(&self) -> Option<(Instant, TimerKind)> {
        let kind = |kind: Option<control::TimerKind>| kind.map(TimerKind::Control);
        let control = self
            .control
            .next_timeout()
            .zip(kind(self.control.timeout_reason()));
        if !self.carrier {
            return control;
        }
        let kind = self.gre.timeout_reason().map(|kind| match kind {
            gre::TimerKind::Acknowledgment => TimerKind::Acknowledgment,
            gre::TimerKind::Window => TimerKind::Window,
        });
        let gre = self.gre.next_timeout().zip(kind);
        let kind = self.ppp.timeout_reason().map(TimerKind::Ppp);
        let ppp = self.ppp.next_timeout().zip(kind);
        let diagnosis = self.watch.due().map(|at| (at, TimerKind::Diagnosis));
        [control, gre, ppp, diagnosis]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at)
    }
}
