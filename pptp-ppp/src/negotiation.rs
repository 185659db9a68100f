//! The option negotiation automaton of RFC 1661 §4 at work: restart timer, counters, identifiers and packets.
//!
//! [`Negotiator`] is what LCP, CCP, IPCP and their sisters have in common. What is their own, which options they want and
//! what they let the peer have, is a [`Policy`].

use crate::automaton::{Actions, Event, State, step};
use crate::codec::Writer;
use crate::error::Discard;
use crate::time::Instant;
use crate::wire::{Code, Options, Packet, RawOption};
use core::time::Duration;
use heapless::Vec;

/// The longest Configure-Request of our own, in octets, without the packet's header.
pub(crate) const MAX_OWN_OPTIONS: usize = 64;

/// How long an answer that is under way is waited for before a Configure-Request is repeated out of turn.
const HURRY: Duration = Duration::from_millis(10);

/// Times and counts of RFC 1661 §4.6, the same for each control protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timing {
    /// How long the first Configure-Request or Terminate-Request waits for its answer. The wait doubles with each
    /// retransmission, up to `restart`.
    pub first_restart: Duration,
    /// The Restart Timer.
    pub restart: Duration,
    /// Max-Configure: Configure-Requests sent without an answer before the peer is taken for unable to answer.
    pub max_configure: u8,
    /// Max-Terminate: Terminate-Requests sent without an answer.
    pub max_terminate: u8,
    /// Max-Failure: Configure-Naks sent in a row before what cannot be agreed on is rejected.
    pub max_failure: u8,
}

impl Default for Timing {
    /// The RFC's 30 s in all, but with retransmissions after 1 s and then 1.5 s instead of 3: real servers lose a request
    /// that comes while they start, and where one packet in three is lost only many attempts are sure to get through.
    /// An end is not waited for long.
    fn default() -> Self {
        Self {
            first_restart: Duration::from_secs(1),
            restart: Duration::from_millis(1500),
            max_configure: 20,
            max_terminate: 2,
            max_failure: 5,
        }
    }
}

impl Timing {
    /// How long the transmission number `attempt`, from 0, waits.
    pub(crate) fn wait(&self, attempt: u8) -> Duration {
        let factor = 1_u32.checked_shl(attempt.into()).unwrap_or(u32::MAX);
        self.first_restart.saturating_mul(factor).min(self.restart)
    }
}

/// What the policy says of one option of the peer's Configure-Request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Granted as it is.
    Ack,
    /// Known, but with another value: the policy has written the option as it would be granted.
    Nak,
    /// As [`Verdict::Nak`], and never turned into a rejection, however often it was said.
    Insist,
    /// Not known, or not to be had.
    Reject,
}

/// What one control protocol wants and grants.
pub(crate) trait Policy {
    /// Negotiation starts afresh: own options are back at what is wished for.
    fn restart(&mut self);
    /// Writes the options of our Configure-Request, as negotiation stands.
    fn own_options(&self, out: &mut Writer<'_>);
    /// The peer would grant `option` with this value, or prompts for an option that we left out.
    fn own_naked(&mut self, option: RawOption<'_>);
    /// The peer rejects our `option`.
    fn own_rejected(&mut self, option: RawOption<'_>);
    /// A Configure-Request of the peer's begins: what was noted of an earlier one is void.
    fn peer_begins(&mut self);
    /// The peer's next option.
    fn peer_option(&mut self, option: RawOption<'_>, suggestion: &mut Writer<'_>) -> Verdict;
    /// The peer's options end: says what is missing, by writing it and returning [`Verdict::Nak`] or
    /// [`Verdict::Insist`].
    fn peer_ends(&mut self, _suggestion: &mut Writer<'_>) -> Verdict {
        Verdict::Ack
    }
    /// The peer's options, as noted, are granted.
    fn peer_acked(&mut self) {}
}

bitflags::bitflags! {
    /// The packets that wait to be sent.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Pending: u8 {
        const REQUEST = 1;
        const TERMINATE_REQUEST = 1 << 1;
        const TERMINATE_ACK = 1 << 2;
        const REPLY = 1 << 3;
    }
}

/// One control protocol: the automaton, its timer and counters, and what waits to be sent.
///
/// `REPLY` is the longest reply that quotes the peer, in octets, the packet's header included. A longer
/// Configure-Request is rejected in part and converges in more rounds; other quotations are cut, which RFC 1661 §5.6
/// and §5.7 allow.
#[derive(Debug, Clone)]
pub(crate) struct Negotiator<P, const REPLY: usize> {
    /// What this protocol wants, grants, and has agreed on.
    pub(crate) policy: P,
    timing: Timing,
    state: State,
    signals: Actions,
    pending: Pending,
    /// Of the last packet of ours that starts an exchange.
    identifier: u8,
    /// The Identifier of the outstanding Configure-Request, until it is answered.
    outstanding: Option<u8>,
    terminate_identifier: u8,
    terminate_ack_identifier: u8,
    restart_counter: u8,
    attempt: u8,
    naks_sent: u8,
    naks_received: u8,
    deadline: Option<Instant>,
    /// Since the lower layer came up.
    was_opened: bool,
    /// The newest reply. A Configure-Ack stays here after it was sent, to be known and sent again.
    reply: Vec<u8, REPLY, u16>,
}

/// What the owner of a [`Negotiator`] has to act upon.
const SIGNALS: Actions = Actions::TLU
    .union(Actions::TLD)
    .union(Actions::TLS)
    .union(Actions::TLF);

impl<P: Policy, const REPLY: usize> Negotiator<P, REPLY> {
    pub(crate) const fn new(policy: P, timing: Timing) -> Self {
        Self {
            policy,
            timing,
            state: State::Initial,
            signals: Actions::empty(),
            pending: Pending::empty(),
            identifier: 0,
            outstanding: None,
            terminate_identifier: 0,
            terminate_ack_identifier: 0,
            restart_counter: 0,
            attempt: 0,
            naks_sent: 0,
            naks_received: 0,
            deadline: None,
            was_opened: false,
            reply: Vec::new(),
        }
    }

    pub(crate) fn is_opened(&self) -> bool {
        self.state == State::Opened
    }

    pub(crate) const fn state(&self) -> State {
        self.state
    }

    /// Configure-Naks sent since the peer was last granted something.
    pub(crate) const fn naks_sent(&self) -> u8 {
        self.naks_sent
    }

    pub(crate) const fn max_failure(&self) -> u8 {
        self.timing.max_failure
    }

    pub(crate) const fn next_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// The This-Layer actions since the last call.
    pub(crate) fn take_signals(&mut self) -> Actions {
        core::mem::replace(&mut self.signals, Actions::empty())
    }

    pub(crate) fn open(&mut self, now: Instant) {
        self.step(now, Event::Open);
    }

    pub(crate) fn close(&mut self, now: Instant) {
        self.step(now, Event::Close);
    }

    pub(crate) fn lower_layer_up(&mut self, now: Instant) {
        self.step(now, Event::Up);
    }

    pub(crate) fn lower_layer_down(&mut self, now: Instant) {
        self.step(now, Event::Down);
        self.pending = Pending::empty();
        self.reply.clear();
        self.was_opened = false;
    }

    /// The peer has rejected this protocol as a whole (RFC 1661 §5.7).
    pub(crate) fn protocol_rejected(&mut self, now: Instant) {
        self.step(now, Event::RxjCatastrophic);
    }

    /// Retransmits an unanswered Configure-Request soon: the peer is known to be ready for it only now.
    pub(crate) fn hurry(&mut self, now: Instant) {
        let waits = matches!(self.state, State::ReqSent | State::AckSent);
        if waits && !self.pending.contains(Pending::REQUEST) {
            let soon = now + HURRY;
            self.deadline = self.deadline.map(|at| at.min(soon));
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_some_and(|at| at <= now) {
            self.deadline = None;
            let tries_left = self.restart_counter > 0;
            self.step(
                now,
                if tries_left {
                    Event::TimeoutPositive
                } else {
                    Event::TimeoutNegative
                },
            );
        }
    }

    /// Takes a packet with one of the codes 1 to 7, or with one that this protocol does not know.
    pub(crate) fn handle_packet(
        &mut self,
        now: Instant,
        packet: Packet<'_>,
    ) -> Result<(), Discard> {
        if matches!(self.state, State::Initial | State::Starting) {
            return Err(Discard::ProtocolNotUp);
        }
        match packet.code {
            Code::CONFIGURE_REQUEST => self.handle_request(now, packet),
            Code::CONFIGURE_ACK => self.handle_ack(now, packet),
            Code::CONFIGURE_NAK | Code::CONFIGURE_REJECT => self.handle_nak_or_reject(now, packet),
            Code::TERMINATE_REQUEST => {
                self.terminate_ack_identifier = packet.identifier;
                self.step(now, Event::Rtr);
                Ok(())
            }
            Code::TERMINATE_ACK => {
                if self.state == State::Closing || self.state == State::Stopping {
                    // RFC 1661 §5.5: the Identifier matches. Elsewhere it stands for a peer that is down.
                    if packet.identifier != self.terminate_identifier {
                        return Err(Discard::WrongIdentifier);
                    }
                }
                self.step(now, Event::Rta);
                Ok(())
            }
            Code::CODE_REJECT => self.handle_code_reject(now, packet),
            _ => {
                self.step(now, Event::Ruc);
                self.reject_code(packet);
                Ok(())
            }
        }
    }

    /// Grants the peer's Configure-Request once more, without a change of state.
    pub(crate) fn repeat_ack(&mut self, packet: Packet<'_>) {
        self.set_reply(Code::CONFIGURE_ACK, packet.identifier, &[], packet.data);
    }

    /// Puts a packet that quotes the peer in the reply slot; the newest wins. Of `quoted` what does not fit is cut.
    pub(crate) fn set_reply(&mut self, code: Code, identifier: u8, head: &[u8], quoted: &[u8]) {
        let len = Packet::HEADER_LEN
            .saturating_add(head.len())
            .saturating_add(quoted.len())
            .min(REPLY);
        let [high, low] = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
        let header = [code.0, identifier, high, low];
        self.reply.clear();
        for &octet in header.iter().chain(head).chain(quoted) {
            // Full: the rest is what is cut.
            let _ = self.reply.push(octet);
        }
        self.pending |= Pending::REPLY;
    }

    fn reject_code(&mut self, packet: Packet<'_>) {
        let len = packet.data.len().saturating_add(Packet::HEADER_LEN);
        let [high, low] = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
        let head = [packet.code.0, packet.identifier, high, low];
        let identifier = self.new_identifier();
        self.set_reply(Code::CODE_REJECT, identifier, &head, packet.data);
    }

    /// An Identifier for a packet that starts an exchange.
    pub(crate) const fn new_identifier(&mut self) -> u8 {
        self.identifier = self.identifier.wrapping_add(1);
        self.identifier
    }

    /// Writes the next packet that waits, if any, and says which it is. It goes on waiting until [`Self::sent`].
    pub(crate) fn write_next(&self, out: &mut Writer<'_>) -> Option<Pending> {
        let next = self.pending.iter().next()?;
        match next {
            Pending::REQUEST => {
                let identifier = self.outstanding.unwrap_or(self.identifier);
                Packet::encode_with(out, Code::CONFIGURE_REQUEST, identifier, |out| {
                    self.policy.own_options(out);
                });
            }
            Pending::TERMINATE_REQUEST => {
                Packet::encode_with(
                    out,
                    Code::TERMINATE_REQUEST,
                    self.terminate_identifier,
                    |_| {},
                );
            }
            Pending::TERMINATE_ACK => {
                Packet::encode_with(
                    out,
                    Code::TERMINATE_ACK,
                    self.terminate_ack_identifier,
                    |_| {},
                );
            }
            _ => out.bytes(&self.reply),
        }
        Some(next)
    }

    /// What [`Self::write_next`] wrote is in the caller's hands.
    pub(crate) fn sent(&mut self, packet: Pending) {
        self.pending.remove(packet);
    }

    fn handle_request(&mut self, now: Instant, packet: Packet<'_>) -> Result<(), Discard> {
        if matches!(self.state, State::Closed | State::Closing | State::Stopping) {
            // Whatever it says, it is answered the same, or not at all.
            self.terminate_ack_identifier = packet.identifier;
            self.step(now, Event::RcrPositive);
            return Ok(());
        }
        if self.is_opened() && self.has_just_granted(packet) {
            // Our Configure-Ack was lost, and this is a retransmission: nothing starts over.
            self.pending |= Pending::REPLY;
            return Ok(());
        }
        let mut refused = [0; REPLY];
        let mut refused = Writer::new(&mut refused);
        let verdict = self.review(packet.data, &mut refused)?;
        let (event, code) = match verdict {
            Verdict::Ack => (Event::RcrPositive, Code::CONFIGURE_ACK),
            Verdict::Nak | Verdict::Insist => (Event::RcrNegative, Code::CONFIGURE_NAK),
            Verdict::Reject => (Event::RcrNegative, Code::CONFIGURE_REJECT),
        };
        let actions = self.step(now, event);
        if actions.contains(Actions::SCA) {
            self.naks_sent = 0;
            self.policy.peer_acked();
            self.set_reply(code, packet.identifier, &[], packet.data);
        } else if actions.contains(Actions::SCN) {
            // A retransmission has not seen the first Nak, and says nothing about whether the peer will come round.
            if code == Code::CONFIGURE_NAK && !self.has_just_naked(packet.identifier) {
                self.naks_sent = self.naks_sent.saturating_add(1);
            }
            self.set_reply(code, packet.identifier, &[], refused.written());
        }
        Ok(())
    }

    /// Whether `request`, with this Identifier and these options, is what our last reply granted.
    fn has_just_granted(&self, request: Packet<'_>) -> bool {
        let granted = Packet::parse(&self.reply);
        granted.is_ok_and(|granted| {
            granted.code == Code::CONFIGURE_ACK
                && granted.identifier == request.identifier
                && granted.data == request.data
        })
    }

    /// Whether our last reply was a Configure-Nak of a request with this Identifier.
    fn has_just_naked(&self, identifier: u8) -> bool {
        let naked = Packet::parse(&self.reply);
        naked.is_ok_and(|naked| naked.code == Code::CONFIGURE_NAK && naked.identifier == identifier)
    }

    /// Has the policy look at the peer's options, and leaves in `refused` those to be naked or rejected.
    fn review(&mut self, data: &[u8], refused: &mut Writer<'_>) -> Result<Verdict, Discard> {
        for option in Options::new(data) {
            let _ = option.map_err(Discard::Malformed)?;
        }
        let give_in = self.naks_sent >= self.timing.max_failure;
        // No more than fits a reply is acknowledged at once: of a longer request the last options are rejected.
        let room = REPLY.saturating_sub(Packet::HEADER_LEN);
        let mut worst = Verdict::Ack;
        let mut seen = 0_usize;
        self.policy.peer_begins();
        for option in Options::new(data).flatten() {
            let mut suggestion = [0; MAX_OWN_OPTIONS];
            let mut suggestion = Writer::new(&mut suggestion);
            seen = seen.saturating_add(option.encoded_len());
            let verdict = match self.policy.peer_option(option, &mut suggestion) {
                Verdict::Nak if give_in => Verdict::Reject,
                Verdict::Ack if seen > room => Verdict::Reject,
                verdict => verdict,
            };
            if verdict == Verdict::Reject && worst != Verdict::Reject {
                refused.truncate(0);
            }
            worst = worst.max(verdict);
            if verdict == worst && verdict != Verdict::Ack || is_nak(verdict) && is_nak(worst) {
                let before = refused.len();
                if verdict == Verdict::Reject {
                    option.encode(refused);
                } else {
                    refused.bytes(suggestion.written());
                }
                if refused.len() > room {
                    refused.truncate(before);
                }
            }
        }
        if worst != Verdict::Reject {
            let before = refused.len();
            match self.policy.peer_ends(refused) {
                // An option that is not there cannot be rejected: the peer has been asked often enough.
                Verdict::Nak if give_in => refused.truncate(before),
                verdict => worst = worst.max(verdict),
            }
        }
        Ok(worst)
    }

    fn handle_ack(&mut self, now: Instant, packet: Packet<'_>) -> Result<(), Discard> {
        self.check_outstanding(packet)?;
        let mut own = [0; MAX_OWN_OPTIONS];
        let mut writer = Writer::new(&mut own);
        self.policy.own_options(&mut writer);
        if writer.written() != packet.data {
            return Err(Discard::WrongOptions);
        }
        self.outstanding = None;
        self.step(now, Event::Rca);
        Ok(())
    }

    /// The peer does what it does only once it is up, so that it has granted our Configure-Request, and the
    /// Configure-Ack was lost.
    ///
    /// To ask again would be worse than to wait: peers that are up take a Configure-Request for a new negotiation, and
    /// pppd ends a link whose CCP is negotiated anew.
    ///
    /// Only the first time: later on it may be an old packet, and two ends could have each other start over without end.
    pub(crate) fn take_for_ack(&mut self, now: Instant) {
        let first = self.state == State::AckSent && !self.was_opened;
        if first && self.outstanding.take().is_some() {
            self.step(now, Event::Rca);
        }
    }

    fn handle_nak_or_reject(&mut self, now: Instant, packet: Packet<'_>) -> Result<(), Discard> {
        self.check_outstanding(packet)?;
        let rejected = packet.code == Code::CONFIGURE_REJECT;
        for option in Options::new(packet.data) {
            let option = option.map_err(Discard::Malformed)?;
            if rejected && !self.asked_for(option) {
                return Err(Discard::WrongOptions);
            }
        }
        self.outstanding = None;
        self.naks_received = self.naks_received.saturating_add(1);
        // Two ends that stay with what they said would go on for ever.
        let give_in = self.naks_received > self.timing.max_failure;
        for option in Options::new(packet.data).flatten() {
            if rejected || give_in {
                self.policy.own_rejected(option);
            } else {
                self.policy.own_naked(option);
            }
        }
        self.step(now, Event::Rcn);
        Ok(())
    }

    /// Whether `option`, value and all, is in our Configure-Request.
    fn asked_for(&self, option: RawOption<'_>) -> bool {
        let mut own = [0; MAX_OWN_OPTIONS];
        let mut writer = Writer::new(&mut own);
        self.policy.own_options(&mut writer);
        Options::new(writer.written())
            .flatten()
            .any(|own| own == option)
    }

    /// An answer counts once, and only with the Identifier of what it answers (RFC 1661 §5.2 to §5.4).
    const fn check_outstanding(&self, packet: Packet<'_>) -> Result<(), Discard> {
        match self.outstanding {
            Some(identifier) if identifier == packet.identifier => Ok(()),
            _ => Err(Discard::WrongIdentifier),
        }
    }

    fn handle_code_reject(&mut self, now: Instant, packet: Packet<'_>) -> Result<(), Discard> {
        let code = packet.data.first().copied().map_or(Code(0), Code);
        // A peer without these codes cannot negotiate at all; any other one can be done without.
        let essential = (Code::CONFIGURE_REQUEST.0..=Code::TERMINATE_ACK.0).contains(&code.0);
        self.step(
            now,
            if essential {
                Event::RxjCatastrophic
            } else {
                Event::RxjPermitted
            },
        );
        Ok(())
    }

    /// Takes one step of the automaton and does what it says, but for the packets that quote the peer.
    fn step(&mut self, now: Instant, event: Event) -> Actions {
        let from = self.state;
        let Some((to, actions)) = step(from, event) else {
            return Actions::empty();
        };
        let again = event == Event::TimeoutPositive;
        self.state = to;
        self.was_opened |= to == State::Opened;
        self.signals |= actions & SIGNALS;
        if actions.contains(Actions::IRC) {
            let terminating = actions.contains(Actions::STR);
            self.restart_counter = if terminating {
                self.timing.max_terminate
            } else {
                self.timing.max_configure
            };
            self.attempt = 0;
        }
        if actions.contains(Actions::ZRC) {
            self.restart_counter = 0;
            self.deadline = Some(now + self.timing.first_restart);
        }
        if actions.contains(Actions::SCR) {
            if !matches!(from, State::ReqSent | State::AckRcvd | State::AckSent) {
                self.policy.restart();
                self.naks_sent = 0;
                self.naks_received = 0;
            }
            // A retransmission keeps its Identifier, so that an answer to the first one counts. Once the peer has
            // answered there is nothing to retransmit, and it is asked anew.
            if !again || self.outstanding.is_none() {
                self.outstanding = Some(self.new_identifier());
            }
            self.pending |= Pending::REQUEST;
            self.start_timer(now);
        }
        if actions.contains(Actions::STR) {
            if !again {
                self.terminate_identifier = self.new_identifier();
            }
            self.pending |= Pending::TERMINATE_REQUEST;
            self.start_timer(now);
        }
        if actions.contains(Actions::STA) {
            self.pending |= Pending::TERMINATE_ACK;
        }
        match to {
            State::ReqSent | State::AckRcvd | State::AckSent => {
                self.pending.remove(Pending::TERMINATE_REQUEST);
            }
            State::Closing | State::Stopping => self.pending.remove(Pending::REQUEST),
            State::Initial | State::Starting | State::Closed | State::Stopped | State::Opened => {
                self.deadline = None;
                self.pending
                    .remove(Pending::REQUEST | Pending::TERMINATE_REQUEST);
            }
        }
        actions
    }

    fn start_timer(&mut self, now: Instant) {
        self.restart_counter = self.restart_counter.saturating_sub(1);
        self.deadline = Some(now + self.timing.wait(self.attempt));
        self.attempt = self.attempt.saturating_add(1);
    }
}

const fn is_nak(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Nak | Verdict::Insist)
}
