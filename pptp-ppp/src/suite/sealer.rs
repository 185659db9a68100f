//! MPPE (RFC 3078) and MPPC (RFC 2118) under CCP (RFC 1962).

mod open;
mod resets;
mod seal;
#[cfg(test)]
mod tests;

use super::compression::Compress;
use super::sealed::{Gate, Opened, Outcome, Place, SuiteLayer, SuitePending};
use super::{Delivery, Early, InOrder, ResetCounts};
use crate::automaton::{Actions, State};
use crate::ccp::{Agreement, CcpPolicy, Compression, Encryption, decode};
use crate::codec::Writer;
use crate::config::{MppePolicy, Requirement, Strengths, Timing};
use crate::error::Discard;
use crate::event::DownReason;
use crate::negotiation::{Negotiator, Pending};
use crate::time::Instant;
use crate::wire::ccp::MppeBits;
use crate::wire::{Code, Options, Packet, Protocol};
use pptp_mppe::{BATCH, Decryptor, Encryptor, LinkKeys, Mode, Strength};
use resets::Resets;

/// The longest reply of CCP: room for every algorithm that real peers name, thrice.
const MAX_REPLY: usize = 64;

/// What is agreed on by the one option of CCP that MPPE and MPPC share: encryption in all strengths and modes as the
/// policy has them, and with [`Mppc`](super::Mppc) compression, alone or under encryption.
///
/// See [`Mppe`](super::Mppe) and [`MppcMppe`](super::MppcMppe).
///
/// `PREPARED` is for the keys of how many packets to come [`Ppp::prepare`](crate::Ppp::prepare) has room, each way: 0, or
/// a power of 2 up to 128. Each takes 274 octets.
///
/// `D` says what becomes of encrypted packets that others have overtaken: [`InOrder`](super::InOrder), or
/// [`AnyOrder`](super::AnyOrder).
#[derive(Debug, Clone)]
pub struct Sealer<C: Compress, const PREPARED: usize = 0, D: Delivery = InOrder> {
    ccp: Negotiator<CcpPolicy, MAX_REPLY>,
    keys: Option<LinkKeys>,
    encryptor: Option<Encryptor<PREPARED>>,
    decryptor: Option<Decryptor<PREPARED>>,
    compression: C,
    delivery: D,
    facts: Facts,
    outcome: Outcome,
    resets: Resets,
}

bitflags::bitflags! {
    /// What has happened so far.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Facts: u8 {
        /// CCP has come to its end, with encryption or without.
        const SETTLED = 1;
        /// The peer wanted encryption, and was refused it.
        const REFUSED_PEER = 1 << 1;
        /// The peer held network protocols back, and does no more.
        const PEER_READY = 1 << 2;
    }
}

impl<C: Compress, const PREPARED: usize, D: Delivery> Sealer<C, PREPARED, D> {
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
        self.facts.remove(Facts::SETTLED);
        self.outcome = Outcome::Failed(reason);
    }

    fn settle(&mut self) {
        let again = self.facts.contains(Facts::SETTLED);
        self.facts.insert(Facts::SETTLED);
        let agreed = self.encryptor.is_some()
            || self.decryptor.is_some()
            || self.compression.is_sending()
            || self.compression.receiving().is_some();
        if (!again || agreed) && self.outcome == Outcome::Nothing {
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
            if self.requirement() != Requirement::Refuse {
                self.facts.remove(Facts::SETTLED);
            }
            self.stop();
        }
        if signals.contains(Actions::TLU) && self.ccp.is_opened() {
            self.start();
            if self.encryptor.is_some() && self.decryptor.is_some() {
                self.settle();
            } else {
                self.settle_without();
            }
        }
        if signals.contains(Actions::TLF) && !self.facts.contains(Facts::SETTLED) {
            self.settle_without();
        }
        if self.requirement() == Requirement::Require {
            // A peer that is asked for encryption for the third round of Max-Failure will not come round to it.
            let hopeless = self.ccp.naks_sent() > self.ccp.max_failure().saturating_mul(2);
            if hopeless || self.ccp.policy.is_refused() {
                self.fail(DownReason::EncryptionRefused);
            }
        }
    }

    fn start(&mut self) {
        let (send, receive) = (self.ccp.policy.send(), self.ccp.policy.receive());
        if let Some(keys) = &self.keys {
            let encryption = |agreed: Option<Agreement>| agreed.and_then(Agreement::encryption);
            self.encryptor = encryption(send).and_then(|it| {
                let start = keys.send(it.strength)?;
                Some(Encryptor::preparing(start, it.strength, it.mode))
            });
            self.decryptor = encryption(receive).and_then(|it| {
                let start = keys.receive(it.strength)?;
                Some(Decryptor::new(start, it.strength, it.mode).with_prepared())
            });
        }
        if send.is_some_and(|send| send.mppc) {
            self.compression.start_sending();
        }
        if receive.is_some_and(|receive| receive.mppc) {
            self.compression.start_receiving();
        }
    }

    fn stop(&mut self) {
        self.encryptor = None;
        self.decryptor = None;
        self.delivery.stop();
        self.compression.stop_sending();
        self.compression.stop_receiving();
        self.resets.stop();
    }

    /// Takes a Reset-Request: what we send next, the peer can read whatever it has lost.
    fn reset(&mut self, identifier: u8) -> Result<(), Discard> {
        let compresses = self.compression.is_sending();
        let Some(encryptor) = &mut self.encryptor else {
            // RFC 2118 §4.3 has no Reset-Ack.
            let sending = self.compression.sending();
            let sending = sending.ok_or(Discard::EncryptionNotUp)?;
            sending.compressor.flush();
            return Ok(());
        };
        encryptor.flush();
        if let Some(sending) = self.compression.sending() {
            sending.compressor.flush();
            sending.since_begun = u8::MAX;
        }
        // MPPE has no Reset-Ack (RFC 3078 §8.2), and Windows rejects its code. But Linux, which takes MPPE for one
        // compressor among others (RFC 1962 §3.2), decrypts nothing more until there is one. It has no MPPC.
        if encryptor.mode() == Mode::Stateful && !compresses && self.resets.acknowledge(identifier)
        {
            self.ccp.set_reply(Code::RESET_ACK, identifier, &[], &[]);
        }
        Ok(())
    }

    fn request_reset(&mut self, now: Instant) {
        self.resets.request(now, || self.ccp.new_identifier());
    }

    /// A Configure-Request that was granted comes again before any packet: our Ack was lost. It is granted again, and
    /// nothing starts over.
    fn is_repeated_request(&self, packet: Packet<'_>) -> bool {
        packet.code == Code::CONFIGURE_REQUEST
            && self.ccp.is_opened()
            && !self.has_decrypted()
            && self.compression.receiving().is_none_or(|it| !it.received)
            && self.ccp.policy.is_granted(packet.data)
    }
}

/// Those of `strengths` that `keys` are for: MS-CHAPv1 may leave keys of some only.
fn served(strengths: Strengths, keys: &LinkKeys) -> Strengths {
    let mut served = strengths;
    if !keys.serves(Strength::Bits128) {
        served.remove(Strengths::BITS_128);
    }
    // Of these two there is one key.
    if !keys.serves(Strength::Bits40) {
        served.remove(Strengths::BITS_40.union(Strengths::BITS_56));
    }
    served
}

impl<C: Compress, const PREPARED: usize, D: Delivery> SuiteLayer for Sealer<C, PREPARED, D> {
    /// The header and the inner Protocol field.
    const OVERHEAD: usize = 4;
    const SEALS: bool = true;
    const TAKES_LATE: bool = D::TAKES_LATE;

    fn new(policy: MppePolicy, mppc: bool, timing: Timing) -> Self {
        Self {
            ccp: Negotiator::new(CcpPolicy::new(policy, mppc && C::COMPRESSES), timing),
            keys: None,
            encryptor: None,
            decryptor: None,
            compression: C::new(),
            delivery: D::new(),
            facts: Facts::empty(),
            outcome: Outcome::Nothing,
            resets: Resets::new(),
        }
    }

    fn set_policy(&mut self, policy: MppePolicy) {
        self.ccp.policy.set_policy(policy);
    }

    fn set_mppc(&mut self, mppc: bool) {
        self.ccp.policy.set_mppc(mppc && C::COMPRESSES);
    }

    fn lower_layer_up(&mut self, now: Instant, keys: Option<LinkKeys>) {
        let mut policy = *self.ccp.policy.policy();
        let before = policy.strengths;
        policy.strengths = keys
            .as_ref()
            .map_or(Strengths::empty(), |keys| served(before, keys));
        if keys.is_none() || (policy.strengths.is_empty() && !before.is_empty()) {
            if policy.requirement == Requirement::Require {
                return self.fail(DownReason::NoEncryptionKeys);
            }
            policy = MppePolicy::REFUSE;
        }
        self.ccp.policy.set_policy(policy);
        self.keys = keys;
        self.ccp.lower_layer_up(now);
        if self.ccp.policy.is_wanted() {
            self.ccp.open(now);
        } else {
            // CCP is started only for a peer that does, to refuse it what it asks for.
            self.settle();
        }
        self.follow();
    }

    fn lower_layer_down(&mut self, now: Instant) {
        self.ccp.lower_layer_down(now);
        let _ = self.ccp.take_signals();
        self.facts.remove(Facts::SETTLED);
        self.outcome = Outcome::Nothing;
        self.keys = None;
        self.stop();
        self.facts.remove(Facts::PEER_READY);
    }

    fn set_keys(&mut self, keys: Option<LinkKeys>) {
        if let Some(new) = &keys {
            let strengths = self.ccp.policy.policy().strengths;
            if served(strengths, new) != strengths {
                // What they lack may have been agreed on, and no packet may leave without it.
                self.fail(DownReason::NoEncryptionKeys);
            }
            self.keys = keys;
        }
    }

    fn peer_ready(&mut self) {
        self.facts.insert(Facts::PEER_READY);
    }

    fn handle_packet(&mut self, now: Instant, packet: Packet<'_>) -> Result<(), Discard> {
        match packet.code {
            Code::RESET_REQUEST => return self.reset(packet.identifier),
            // Not called for: what resets is bit A of a packet.
            Code::RESET_ACK => {
                self.resets.acknowledged(packet.identifier);
                return Ok(());
            }
            Code::CODE_REJECT if packet.data.first() == Some(&Code::RESET_ACK.0) => {
                self.resets.acks_rejected();
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
            let asks = Options::new(packet.data)
                .flatten()
                .filter_map(decode)
                .any(|asked| asked.intersects(MppeBits::ENCRYPTION));
            if asks {
                self.facts.insert(Facts::REFUSED_PEER);
            }
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
            // Then it gets them as they are.
            Protocol::COMPRESSED if self.compression.is_sending() => {
                self.compression.stop_sending()
            }
            // We never sent it. Linux, when it has lost step in stateful mode, rejects whatever it finds where a packet's
            // protocol should be; it comes round with the next reset.
            _ => {}
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        let due = self.ccp.next_timeout().is_some_and(|at| at <= now);
        let asked = self.ccp.policy.asked();
        let encrypts = asked.is_some_and(|asked| asked.strength.is_some());
        if due && self.facts.contains(Facts::PEER_READY) && encrypts {
            // pppd and accel-ppp hold IPCP until they have encryption, and pppd ends a link whose CCP is negotiated anew.
            // What was asked for last is as good as granted, and is encryption: a forger only ends the link by it.
            self.ccp.take_for_ack(now);
        }
        self.ccp.handle_timeout(now);
        self.follow();
        self.resets.handle_timeout(now);
        self.delivery.handle_timeout(now);
    }

    fn next_timeout(&self) -> Option<Instant> {
        let (ccp, resets) = (self.ccp.next_timeout(), self.resets.next_timeout());
        let timers = [ccp, resets, self.delivery.next_timeout()];
        timers.into_iter().flatten().min()
    }

    fn write_next(&self, out: &mut Writer<'_>) -> Option<SuitePending> {
        if let Some(pending) = self.ccp.write_next(out) {
            return Some(SuitePending::negotiation(pending));
        }
        let identifier = self.resets.pending_request()?;
        Packet::encode_with(out, Code::RESET_REQUEST, identifier, |_| {});
        Some(SuitePending::ResetRequest)
    }

    fn sent(&mut self, packet: SuitePending) {
        match packet {
            SuitePending::Negotiation(bits) => {
                let sent = Pending::from_bits_truncate(bits);
                self.ccp.sent(sent);
                if sent.contains(Pending::REPLY)
                    && let Some(identifier) = self.resets.take_ack()
                {
                    self.ccp.set_reply(Code::RESET_ACK, identifier, &[], &[]);
                }
            }
            SuitePending::ResetRequest => self.resets.request_sent(),
        }
    }

    fn take_outcome(&mut self) -> Outcome {
        core::mem::replace(&mut self.outcome, Outcome::Nothing)
    }

    fn has_refused_peer(&self) -> bool {
        self.facts.contains(Facts::REFUSED_PEER)
    }

    fn encryption(&self) -> (Option<Encryption>, Option<Encryption>) {
        let policy = &self.ccp.policy;
        let send = policy.send().filter(|_| self.encryptor.is_some());
        let receive = policy.receive().filter(|_| self.decryptor.is_some());
        let encryption = |agreed: Option<Agreement>| agreed.and_then(Agreement::encryption);
        (encryption(send), encryption(receive))
    }

    fn compression(&self) -> (Option<Compression>, Option<Compression>) {
        let policy = &self.ccp.policy;
        let send = policy.send().filter(|_| self.compression.is_sending());
        let receive = policy.receive();
        let receive = receive.filter(|_| self.compression.receiving().is_some());
        let compression = |agreed: Option<Agreement>| agreed.and_then(Agreement::compression);
        (compression(send), compression(receive))
    }

    fn resets(&self) -> ResetCounts {
        let taken = match &self.encryptor {
            Some(Encryptor::Stateful(encryptor)) => encryptor.resets(),
            // There it means nothing.
            _ => 0,
        };
        let granted = self.resets.granted();
        ResetCounts { taken, granted }
    }

    fn delivered_late(&self) -> u64 {
        self.delivery.count()
    }

    fn gate(&self) -> Gate {
        match (self.facts.contains(Facts::SETTLED), &self.encryptor) {
            (false, _) => Gate::Closed,
            (true, Some(_)) => Gate::Sealed,
            // One place decides, and it fails closed.
            (true, None) if self.requirement() == Requirement::Require => Gate::Closed,
            (true, None) if self.compression.is_sending() => Gate::Sealed,
            (true, None) => Gate::Clear,
        }
    }

    fn refuses_clear(&self) -> bool {
        !self.facts.contains(Facts::SETTLED)
            || self.decryptor.is_some()
            || self.requirement() == Requirement::Require
    }

    fn seal(&mut self, protocol: Protocol, packet: &[u8], out: &mut [u8]) -> usize {
        self.seal_packet(protocol, packet, out)
    }

    fn seals_in_batches(&self) -> bool {
        matches!(self.encryptor, Some(Encryptor::Stateless(_)))
    }

    fn stage(&mut self, protocol: Protocol, packet: &[u8], out: &mut [u8]) -> usize {
        self.stage_packet(protocol, packet, out)
    }

    fn seal_staged(&mut self, staged: &mut [&mut [u8]]) {
        self.seal_staged_packets(staged);
    }

    fn seal_staged_jobs(jobs: &mut [(&mut Self, &mut [u8])]) {
        Self::seal_staged_packets_of_several(jobs);
    }

    fn prepare(&mut self) -> bool {
        let sends = self.encryptor.as_mut().is_some_and(Encryptor::prepare);
        let receives = self.decryptor.as_mut().is_some_and(Decryptor::prepare);
        sends || receives
    }

    fn open_early(&mut self, sealed: &mut [&mut [u8]]) -> [Option<Early>; BATCH] {
        self.decrypt_early(sealed)
    }

    fn open_early_jobs(jobs: &mut [(&mut Self, &mut [u8])]) -> [Option<Early>; BATCH] {
        Self::decrypt_early_of_several(jobs)
    }

    fn open(
        &mut self,
        now: Instant,
        early: impl Into<Option<Early>>,
        sealed: &mut [u8],
    ) -> Result<Opened, Discard> {
        self.open_packet(now, early, sealed)
    }

    fn open_late(&mut self, now: Instant, sealed: &mut [u8]) -> Result<Opened, Discard> {
        self.open_late_packet(now, sealed)
    }

    fn opened<'a>(&'a self, sealed: &'a [u8], place: Place) -> &'a [u8] {
        match place {
            Place::Datagram(range) => sealed.get(range).unwrap_or_default(),
            Place::History(start) => {
                let receiving = self.compression.receiving();
                let packet = receiving.map(|receiving| receiving.decompressor.packet());
                packet
                    .and_then(|packet| packet.get(start..))
                    .unwrap_or_default()
            }
        }
    }
}
