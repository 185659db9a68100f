//! MPPE (RFC 3078) under CCP (RFC 1962).

use super::sealed::{Gate, Outcome, SuiteLayer, SuitePending};
use crate::automaton::{Actions, State};
use crate::ccp::{CcpPolicy, Encryption};
use crate::codec::{Reader, Writer};
use crate::config::{MppePolicy, Requirement, Timing};
use crate::error::Discard;
use crate::event::DownReason;
use crate::negotiation::{Negotiator, Pending};
use crate::plausible::{Plausibility, judge, split};
use crate::time::Instant;
use crate::wire::ccp::OptionType;
use crate::wire::mppe::{Header, HeaderBits};
use crate::wire::{Code, Options, Packet, Protocol};
use core::ops::Range;
use core::time::Duration;
use pptp_mppe::{Count, DecryptError, Decryptor, Encryptor, Mode, StartKeys, Trial};

/// The longest reply of CCP: room for every algorithm that real peers name, thrice.
const MAX_REPLY: usize = 64;
/// How long a Reset-Request is waited for before the next.
const RESET_INTERVAL: Duration = Duration::from_millis(250);

/// MPPE in all its strengths and modes, as the policy has them.
#[derive(Debug, Clone)]
pub struct Mppe {
    ccp: Negotiator<CcpPolicy, MAX_REPLY>,
    max_failure: u8,
    keys: Option<StartKeys>,
    encryptor: Option<Encryptor>,
    decryptor: Option<Decryptor>,
    /// CCP has come to its end, with encryption or without.
    settled: bool,
    outcome: Outcome,
    reset_pending: bool,
    reset_identifier: u8,
    next_reset: Instant,
    /// The peer does not know Reset-Acks.
    no_reset_ack: bool,
    refused_peer: bool,
}

impl Mppe {
    fn requirement(&self) -> Requirement {
        self.ccp.policy.policy().requirement
    }

    /// Whether a packet was encrypted, or one that was decrypted taken. From then on these keys are spent: CCP must not
    /// start over with them.
    fn is_in_use(&self) -> bool {
        self.encryptor
            .as_ref()
            .is_some_and(|encryptor| encryptor.packets() > 0)
            || self.has_decrypted()
    }

    fn has_decrypted(&self) -> bool {
        self.decryptor
            .as_ref()
            .is_some_and(|decryptor| decryptor.packets() > 0)
    }

    fn fail(&mut self, reason: DownReason) {
        self.settled = false;
        self.outcome = Outcome::Failed(reason);
    }

    fn settle(&mut self) {
        let again = core::mem::replace(&mut self.settled, true);
        let encrypted = self.encryptor.is_some() || self.decryptor.is_some();
        if (!again || encrypted) && self.outcome == Outcome::Nothing {
            self.outcome = Outcome::Settled;
        }
    }

    /// CCP is over without encryption.
    fn settle_without(&mut self) {
        if self.requirement() == Requirement::Require {
            self.fail(DownReason::EncryptionRefused);
        } else {
            self.settle();
        }
    }

    /// Does what the automaton's last steps call for.
    fn follow(&mut self) {
        let signals = self.ccp.take_signals();
        if signals.contains(Actions::TLD) {
            if self.is_in_use() {
                self.fail(DownReason::EncryptionLost);
            }
            // Where encryption is refused nothing hangs on CCP.
            self.settled = self.settled && self.requirement() == Requirement::Refuse;
            self.encryptor = None;
            self.decryptor = None;
        }
        if signals.contains(Actions::TLU) && self.ccp.is_opened() {
            let (send, receive) = (self.ccp.policy.send(), self.ccp.policy.receive());
            if let Some(keys) = &self.keys {
                self.encryptor =
                    send.map(|send| Encryptor::new(&keys.send, send.strength, send.mode));
                self.decryptor = receive
                    .map(|receive| Decryptor::new(&keys.receive, receive.strength, receive.mode));
            }
            if self.encryptor.is_some() && self.decryptor.is_some() {
                self.settle();
            } else {
                self.settle_without();
            }
        }
        if signals.contains(Actions::TLF) && !self.settled {
            self.settle_without();
        }
        if self.requirement() == Requirement::Require {
            // A peer that is asked for encryption for the third round of Max-Failure will not come round to it.
            let hopeless = self.ccp.naks_sent() > self.max_failure.saturating_mul(2);
            if hopeless || self.ccp.policy.is_refused() {
                self.fail(DownReason::EncryptionRefused);
            }
        }
    }

    fn request_reset(&mut self, now: Instant) {
        if now >= self.next_reset {
            self.next_reset = now + RESET_INTERVAL;
            self.reset_identifier = self.ccp.new_identifier();
            self.reset_pending = true;
        }
    }

    /// A Configure-Request that was granted comes again before any packet: our Ack was lost. It is granted again, and
    /// nothing starts over.
    fn is_repeated_request(&self, packet: Packet<'_>) -> bool {
        packet.code == Code::CONFIGURE_REQUEST
            && self.ccp.is_opened()
            && !self.has_decrypted()
            && self.ccp.policy.is_granted(packet.data)
    }

    /// A peer that encrypts as our unanswered Configure-Request asked has granted it, and its Configure-Ack was lost.
    fn take_for_ack(&mut self, now: Instant, header: Header, data: &mut [u8]) {
        let (State::AckSent, Some(keys), Some(asked)) =
            (self.ccp.state(), &self.keys, self.ccp.policy.asked())
        else {
            return;
        };
        let mut decryptor = Decryptor::new(&keys.receive, asked.strength, asked.mode);
        let flushed = header.bits().contains(HeaderBits::FLUSHED);
        let trial = decryptor.decrypt(Count::new(header.count()), flushed, data);
        let Ok(mut trial) = trial else {
            return;
        };
        if find(&mut trial, Plausibility::Strong) {
            trial.abort();
            self.ccp.take_for_ack(now);
            self.follow();
        }
    }
}

/// Tries all that a packet may have been encrypted with, until it looks like one. If nothing does, it is ciphertext
/// again.
fn find(trial: &mut Trial<'_, '_>, enough: Plausibility) -> bool {
    while judge(trial.plaintext()) < enough {
        if !trial.retry() {
            return false;
        }
    }
    true
}

impl SuiteLayer for Mppe {
    /// The header and the inner Protocol field.
    const OVERHEAD: usize = 4;
    const SEALS: bool = true;

    fn new(policy: MppePolicy, timing: Timing) -> Self {
        Self {
            ccp: Negotiator::new(CcpPolicy::new(policy), timing),
            max_failure: timing.max_failure,
            keys: None,
            encryptor: None,
            decryptor: None,
            settled: false,
            outcome: Outcome::Nothing,
            reset_pending: false,
            reset_identifier: 0,
            next_reset: Instant::ZERO,
            no_reset_ack: false,
            refused_peer: false,
        }
    }

    fn set_policy(&mut self, policy: MppePolicy) {
        self.ccp.policy.set_policy(policy);
    }

    fn lower_layer_up(&mut self, now: Instant, keys: Option<StartKeys>) {
        if keys.is_none() {
            let policy = *self.ccp.policy.policy();
            if policy.requirement == Requirement::Require {
                return self.fail(DownReason::NoEncryptionKeys);
            }
            self.ccp.policy.set_policy(MppePolicy::REFUSE);
        }
        self.keys = keys;
        self.ccp.lower_layer_up(now);
        if self.requirement() == Requirement::Refuse {
            // CCP is started only for a peer that does, to refuse it what it asks for.
            self.settle();
        } else {
            self.ccp.open(now);
        }
        self.follow();
    }

    fn lower_layer_down(&mut self, now: Instant) {
        self.ccp.lower_layer_down(now);
        let _ = self.ccp.take_signals();
        self.settled = false;
        self.outcome = Outcome::Nothing;
        self.keys = None;
        self.encryptor = None;
        self.decryptor = None;
        self.reset_pending = false;
    }

    fn set_keys(&mut self, keys: Option<StartKeys>) {
        if keys.is_some() {
            self.keys = keys;
        }
    }

    fn handle_packet(&mut self, now: Instant, packet: Packet<'_>) -> Result<(), Discard> {
        match packet.code {
            Code::RESET_REQUEST => {
                let encryptor = self.encryptor.as_mut().ok_or(Discard::EncryptionNotUp)?;
                encryptor.flush();
                // MPPE has no Reset-Ack (RFC 3078 §8.2), and Windows rejects its code. But Linux, which takes MPPE for
                // one compressor among others (RFC 1962 §3.2), decrypts nothing more until there is one.
                if encryptor.mode() == Mode::Stateful && !self.no_reset_ack {
                    self.ccp
                        .set_reply(Code::RESET_ACK, packet.identifier, &[], &[]);
                }
                return Ok(());
            }
            // Not called for: what resets is bit A of a packet.
            Code::RESET_ACK => return Ok(()),
            Code::CODE_REJECT if packet.data.first() == Some(&Code::RESET_ACK.0) => {
                self.no_reset_ack = true;
                return Ok(());
            }
            _ => {}
        }
        if self.is_repeated_request(packet) {
            self.ccp.repeat_ack(packet);
            return Ok(());
        }
        if self.requirement() == Requirement::Refuse
            && packet.code == Code::CONFIGURE_REQUEST
            && self.ccp.state() == State::Closed
        {
            self.ccp.open(now);
        }
        let taken = self.ccp.handle_packet(now, packet);
        if self.requirement() == Requirement::Refuse && packet.code == Code::CONFIGURE_REQUEST {
            self.refused_peer |= Options::new(packet.data)
                .flatten()
                .any(|option| OptionType(option.kind) == OptionType::MPPE);
        }
        self.follow();
        taken
    }

    fn protocol_rejected(&mut self, now: Instant, protocol: Protocol) {
        match protocol {
            Protocol::CCP => {
                self.ccp.protocol_rejected(now);
                self.follow();
            }
            // The peer cannot take encrypted packets, or somebody wants us to think so.
            Protocol::COMPRESSED if self.encryptor.is_some() => {
                self.fail(DownReason::EncryptionLost);
            }
            // We never sent it. Linux, when it has lost step in stateful mode, rejects whatever it finds where a packet's
            // protocol should be; it comes round with the next reset.
            _ => {}
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.ccp.handle_timeout(now);
        self.follow();
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.ccp.next_timeout()
    }

    fn write_next(&self, out: &mut Writer<'_>) -> Option<SuitePending> {
        if let Some(pending) = self.ccp.write_next(out) {
            return Some(SuitePending::negotiation(pending));
        }
        if !self.reset_pending {
            return None;
        }
        Packet::encode_with(out, Code::RESET_REQUEST, self.reset_identifier, |_| {});
        Some(SuitePending::ResetRequest)
    }

    fn sent(&mut self, packet: SuitePending) {
        match packet {
            SuitePending::Negotiation(bits) => self.ccp.sent(Pending::from_bits_truncate(bits)),
            SuitePending::ResetRequest => self.reset_pending = false,
        }
    }

    fn take_outcome(&mut self) -> Outcome {
        core::mem::replace(&mut self.outcome, Outcome::Nothing)
    }

    fn has_refused_peer(&self) -> bool {
        self.refused_peer
    }

    fn encryption(&self) -> (Option<Encryption>, Option<Encryption>) {
        let policy = &self.ccp.policy;
        let send = self.encryptor.as_ref().and_then(|_| policy.send());
        let receive = self.decryptor.as_ref().and_then(|_| policy.receive());
        (send, receive)
    }

    fn gate(&self) -> Gate {
        match (self.settled, &self.encryptor) {
            (false, _) => Gate::Closed,
            (true, Some(_)) => Gate::Encrypted,
            // One place decides, and it fails closed.
            (true, None) if self.requirement() == Requirement::Require => Gate::Closed,
            (true, None) => Gate::Clear,
        }
    }

    fn refuses_clear(&self) -> bool {
        !self.settled || self.decryptor.is_some() || self.requirement() == Requirement::Require
    }

    fn seal(&mut self, protocol: Protocol, packet: &[u8], out: &mut Writer<'_>) {
        let Some(encryptor) = &mut self.encryptor else {
            return;
        };
        // The Protocol field stays whole in here: some peers take no compressed one.
        let prefix = protocol.0.to_be_bytes();
        let len = packet.len().saturating_add(prefix.len());
        let start = out.len();
        out.u16(0);
        let Some(place) = out.reserve(len) else {
            return;
        };
        if let Ok(sealed) = encryptor.encrypt(&prefix, packet, place) {
            let flushed = if sealed.flushed {
                HeaderBits::FLUSHED
            } else {
                HeaderBits::empty()
            };
            let header = Header::new(HeaderBits::ENCRYPTED | flushed, sealed.count.get());
            out.patch_u16(start, header.word());
        }
    }

    fn open(
        &mut self,
        now: Instant,
        sealed: &mut [u8],
    ) -> Result<(Protocol, Range<usize>), Discard> {
        let header = Header::parse(&mut Reader::new(sealed)).map_err(Discard::Malformed)?;
        let bits = header.bits();
        if !bits.contains(HeaderBits::ENCRYPTED) || bits.contains(HeaderBits::COMPRESSED) {
            return Err(Discard::WrongEncryptionBits);
        }
        let data = sealed.get_mut(Header::LEN..).unwrap_or_default();
        if self.decryptor.is_none() {
            self.take_for_ack(now, header, data);
        }
        let Some(decryptor) = &mut self.decryptor else {
            return Err(Discard::EncryptionNotUp);
        };
        let flushed = bits.contains(HeaderBits::FLUSHED);
        let stateful = decryptor.mode() == Mode::Stateful;
        let trial = decryptor.decrypt(Count::new(header.count()), flushed, data);
        let mut trial = match trial {
            Ok(trial) => trial,
            Err(DecryptError::OutOfSync { .. }) => {
                self.request_reset(now);
                return Err(Discard::AwaitsReset);
            }
            Err(_) => return Err(Discard::WrongCount),
        };
        // In sequence any protocol will do. To jump ahead a packet has to be beyond doubt: it moves the keys.
        let enough = if trial.missing() == 0 {
            Plausibility::Weak
        } else {
            Plausibility::Strong
        };
        if !find(&mut trial, enough) {
            // A key stream that has come out of step, by a forged packet say, does not find back by itself.
            if stateful {
                self.request_reset(now);
            }
            return Err(Discard::Implausible);
        }
        let plaintext = trial.commit();
        self.reset_pending = false;
        let (protocol, packet) = split(plaintext).map_err(Discard::Malformed)?;
        let len = packet.len();
        let end = sealed.len();
        Ok((protocol, end.saturating_sub(len)..end))
    }

    fn opened<'a>(&'a mut self, sealed: &'a mut [u8], place: Range<usize>) -> &'a mut [u8] {
        sealed.get_mut(place).unwrap_or_default()
    }
}
