//! The Link Control Protocol (RFC 1661), with Identification and Time-Remaining of RFC 1570.

mod options;

use crate::auth::Methods;
use crate::automaton::{Actions, State};
use crate::codec::{Reader, Writer};
use crate::config::{LcpConfig, Timing};
use crate::error::Discard;
use crate::negotiation::{Negotiator, Pending};
use crate::random::Random;
use crate::time::{Instant, TimerKey, TimerTable};
use crate::wire::{Code, Packet, Protocol};
use heapless::Vec;
pub(crate) use options::LcpPolicy;

/// How much is kept of a text that the peer sends, in octets.
const MAX_TEXT: usize = 64;
/// The longest reply: Echo-Replies and Protocol-Rejects quote packets of any length.
const MAX_REPLY: usize = 192;
/// The header of a Protocol-Reject and the Rejected-Protocol field.
const PROTOCOL_REJECT_OVERHEAD: usize = 6;

/// What LCP tells the rest of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The peer does not know a protocol.
    ProtocolRejected(Protocol),
    /// The peer has said who it is: [`Lcp::text`].
    Identification,
    /// The peer has said how many seconds are left: [`Lcp::text`].
    TimeRemaining(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LcpTimer {
    Restart,
    Echo,
}

impl TimerKey for LcpTimer {
    const ALL: &'static [Self] = &[Self::Restart, Self::Echo];
    fn slot(self) -> usize {
        match self {
            Self::Restart => 0,
            Self::Echo => 1,
        }
    }
}

/// What of LCP's waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LcpPending {
    Negotiation(Pending),
    EchoRequest,
}

/// LCP: the negotiation of the link, and what keeps watch over it.
#[derive(Debug, Clone)]
pub(crate) struct Lcp {
    negotiator: Negotiator<LcpPolicy, MAX_REPLY>,
    config: LcpConfig,
    timers: TimerTable<LcpTimer, 2>,
    echo_identifier: u8,
    echo_pending: bool,
    echoes_unanswered: u8,
    text: Vec<u8, MAX_TEXT, u8>,
    peer_terminated: bool,
}

impl Lcp {
    pub(crate) fn new(
        config: LcpConfig,
        timing: Timing,
        demanded: Methods,
        accepted: Methods,
    ) -> Self {
        Self {
            negotiator: Negotiator::new(LcpPolicy::new(&config, demanded, accepted), timing),
            config,
            timers: TimerTable::new(),
            echo_identifier: 0,
            echo_pending: false,
            echoes_unanswered: 0,
            text: Vec::new(),
            peer_terminated: false,
        }
    }

    pub(crate) const fn policy(&self) -> &LcpPolicy {
        &self.negotiator.policy
    }

    pub(crate) fn is_opened(&self) -> bool {
        self.negotiator.is_opened()
    }

    pub(crate) const fn state(&self) -> State {
        self.negotiator.state()
    }

    /// Whether it was the peer that ended the link.
    pub(crate) const fn peer_terminated(&self) -> bool {
        self.peer_terminated
    }

    /// The text of the peer's newest Terminate-Request, Identification or Time-Remaining, cut to what is kept.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(crate) fn open(&mut self, now: Instant, random: &mut Random) {
        self.negotiator.policy.refresh_magic(random);
        self.negotiator.open(now);
        self.negotiator.lower_layer_up(now);
    }

    pub(crate) fn close(&mut self, now: Instant) {
        self.negotiator.close(now);
    }

    /// A packet of another protocol has come from the peer, which therefore has LCP up.
    pub(crate) fn take_for_ack(&mut self, now: Instant) {
        self.negotiator.take_for_ack(now);
    }

    /// The This-Layer actions since the last call; starts and stops the watch.
    pub(crate) fn take_signals(&mut self, now: Instant) -> Actions {
        let signals = self.negotiator.take_signals();
        if self.is_opened() {
            if signals.contains(Actions::TLU) {
                self.echoes_unanswered = 0;
                self.watch(now);
            }
        } else {
            self.timers.stop(LcpTimer::Echo);
            self.echo_pending = false;
        }
        signals
    }

    /// Something came from the peer: it is alive.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.echoes_unanswered = 0;
        if self.timers.get(LcpTimer::Echo).is_some() {
            self.watch(now);
        }
    }

    /// Whether the peer has left as many Echo-Requests unanswered as it may.
    pub(crate) const fn is_peer_lost(&self) -> bool {
        self.echoes_unanswered > self.config.echo_failures
    }

    /// Apart from all else, for the sake of size: inlined into a run loop it makes that so large that what is on the stack
    /// takes longer instructions to reach.
    #[inline(never)]
    pub(crate) fn handle_packet(
        &mut self,
        now: Instant,
        packet: Packet<'_>,
        random: &mut Random,
    ) -> Result<Option<Notice>, Discard> {
        self.negotiator.policy.refresh_magic(random);
        match packet.code {
            Code::PROTOCOL_REJECT => {
                self.require_opened()?;
                let protocol = Reader::new(packet.data).u16("Rejected-Protocol");
                let protocol = Protocol(protocol.map_err(Discard::Malformed)?);
                return Ok(Some(Notice::ProtocolRejected(protocol)));
            }
            Code::ECHO_REQUEST => self.handle_echo_request(packet)?,
            Code::ECHO_REPLY => {
                self.require_opened()?;
                if packet.identifier != self.echo_identifier {
                    return Err(Discard::WrongIdentifier);
                }
                self.echoes_unanswered = 0;
            }
            Code::DISCARD_REQUEST => self.require_opened()?,
            // Windows sends it before LCP is up, and nothing may come of it (RFC 1570 §1.1).
            Code::IDENTIFICATION => {
                self.keep_text(packet.data.get(4..).unwrap_or_default());
                return Ok(Some(Notice::Identification));
            }
            Code::TIME_REMAINING => {
                let mut reader = Reader::new(packet.data);
                let seconds = reader
                    .u32("Magic-Number")
                    .and_then(|_| reader.u32("Seconds-Remaining"));
                let seconds = seconds.map_err(Discard::Malformed)?;
                self.keep_text(reader.rest());
                return Ok(Some(Notice::TimeRemaining(seconds)));
            }
            code => {
                if code == Code::TERMINATE_REQUEST && !self.peer_terminated {
                    self.keep_text(packet.data);
                    self.peer_terminated = true;
                }
                self.negotiator.handle_packet(now, packet)?;
            }
        }
        Ok(None)
    }

    /// Answers a frame of an unknown protocol (RFC 1661 §5.7). Before LCP is Opened such frames are discarded silently.
    pub(crate) fn reject_protocol(&mut self, protocol: Protocol, information: &[u8]) {
        if self.is_opened() {
            let identifier = self.negotiator.new_identifier();
            let head = protocol.0.to_be_bytes();
            // It must not be longer than the peer takes.
            let room =
                usize::from(self.policy().peer_mru()).saturating_sub(PROTOCOL_REJECT_OVERHEAD);
            let quoted = information.get(..room).unwrap_or(information);
            self.negotiator
                .set_reply(Code::PROTOCOL_REJECT, identifier, &head, quoted);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.negotiator.handle_timeout(now);
        if self.timers.take_expired(LcpTimer::Echo, now) {
            self.echoes_unanswered = self.echoes_unanswered.saturating_add(1);
            if !self.is_peer_lost() {
                self.echo_identifier = self.negotiator.new_identifier();
                self.echo_pending = true;
                self.watch(now);
            }
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<(Instant, LcpTimer)> {
        let restart = self
            .negotiator
            .next_timeout()
            .map(|at| (at, LcpTimer::Restart));
        restart
            .into_iter()
            .chain(self.timers.next())
            .min_by_key(|(at, _)| *at)
    }

    pub(crate) fn write_next(&self, out: &mut Writer<'_>) -> Option<LcpPending> {
        if let Some(pending) = self.negotiator.write_next(out) {
            return Some(LcpPending::Negotiation(pending));
        }
        if !self.echo_pending {
            return None;
        }
        Packet::encode_with(out, Code::ECHO_REQUEST, self.echo_identifier, |out| {
            out.u32(self.policy().own_magic());
        });
        Some(LcpPending::EchoRequest)
    }

    pub(crate) fn sent(&mut self, packet: LcpPending) {
        match packet {
            LcpPending::Negotiation(pending) => self.negotiator.sent(pending),
            LcpPending::EchoRequest => self.echo_pending = false,
        }
    }

    fn handle_echo_request(&mut self, packet: Packet<'_>) -> Result<(), Discard> {
        self.require_opened()?;
        let mut reader = Reader::new(packet.data);
        let magic = reader.u32("Magic-Number").map_err(Discard::Malformed)?;
        let own_magic = self.policy().own_magic();
        if magic == own_magic && magic != 0 {
            return Err(Discard::LoopedBack);
        }
        let head = own_magic.to_be_bytes();
        self.negotiator
            .set_reply(Code::ECHO_REPLY, packet.identifier, &head, reader.rest());
        Ok(())
    }

    fn require_opened(&self) -> Result<(), Discard> {
        if self.is_opened() {
            Ok(())
        } else {
            Err(Discard::ProtocolNotUp)
        }
    }

    fn watch(&mut self, now: Instant) {
        if let Some(interval) = self.config.echo_interval {
            self.timers.set(LcpTimer::Echo, now + interval);
        }
    }

    /// Keeps the newest text; but what was said at the end is not replaced.
    fn keep_text(&mut self, text: &[u8]) {
        if self.peer_terminated {
            return;
        }
        self.text.clear();
        for &octet in text.iter().take(MAX_TEXT) {
            let _ = self.text.push(octet);
        }
    }
}
