//! No suite: a link that has neither compression nor encryption, for the smallest of devices.

use super::sealed::{Gate, Opened, Outcome, Place, SuiteLayer, SuitePending};
use super::{Early, ResetCounts};
use crate::ccp::{Compression, Encryption};
use crate::codec::Writer;
use crate::config::{MppePolicy, Requirement, Timing};
use crate::error::Discard;
use crate::event::DownReason;
use crate::time::Instant;
use crate::wire::{Packet, Protocol};
use pptp_mppe::{BATCH, LinkKeys};

/// Neither compression nor encryption. A policy that requires encryption cannot be met with it, and ends the link.
#[derive(Debug, Clone)]
pub struct NoSuite {
    policy: MppePolicy,
    settled: bool,
    news: bool,
}

impl SuiteLayer for NoSuite {
    const OVERHEAD: usize = 0;
    const SEALS: bool = false;
    const TAKES_LATE: bool = false;

    fn new(policy: MppePolicy, _mppc: bool, _timing: Timing) -> Self {
        Self {
            policy,
            settled: false,
            news: false,
        }
    }

    fn set_policy(&mut self, policy: MppePolicy) {
        self.policy = policy;
    }

    fn set_mppc(&mut self, _mppc: bool) {}

    fn lower_layer_up(&mut self, _now: Instant, _keys: Option<LinkKeys>) {
        self.settled = self.policy.requirement != Requirement::Require;
        self.news = true;
    }

    fn lower_layer_down(&mut self, _now: Instant) {
        self.settled = false;
    }

    fn set_keys(&mut self, _keys: Option<LinkKeys>) {}

    fn peer_ready(&mut self) {}

    fn handle_packet(&mut self, _now: Instant, _packet: Packet<'_>) -> Result<(), Discard> {
        Err(Discard::UnknownProtocol(Protocol::CCP))
    }

    fn protocol_rejected(&mut self, _now: Instant, _protocol: Protocol) {}

    fn handle_timeout(&mut self, _now: Instant) {}

    fn next_timeout(&self) -> Option<Instant> {
        None
    }

    fn write_next(&self, _out: &mut Writer<'_>) -> Option<SuitePending> {
        None
    }

    fn sent(&mut self, _packet: SuitePending) {}

    fn take_outcome(&mut self) -> Outcome {
        match (core::mem::take(&mut self.news), self.settled) {
            (false, _) => Outcome::Nothing,
            (true, true) => Outcome::Settled,
            (true, false) => Outcome::Failed(DownReason::NoEncryptionKeys),
        }
    }

    fn has_refused_peer(&self) -> bool {
        false
    }

    fn encryption(&self) -> (Option<Encryption>, Option<Encryption>) {
        (None, None)
    }

    fn compression(&self) -> (Option<Compression>, Option<Compression>) {
        (None, None)
    }

    fn resets(&self) -> ResetCounts {
        ResetCounts::NONE
    }

    fn delivered_late(&self) -> u64 {
        0
    }

    fn gate(&self) -> Gate {
        if self.settled {
            Gate::Clear
        } else {
            Gate::Closed
        }
    }

    fn refuses_clear(&self) -> bool {
        !self.settled
    }

    fn seal(&mut self, _protocol: Protocol, _packet: &[u8], _out: &mut [u8]) -> usize {
        0
    }

    fn seals_in_batches(&self) -> bool {
        false
    }

    fn stage(&mut self, _protocol: Protocol, _packet: &[u8], _out: &mut [u8]) -> usize {
        0
    }

    fn seal_staged(&mut self, _staged: &mut [&mut [u8]]) {}

    fn seal_staged_jobs(_jobs: &mut [(&mut Self, &mut [u8])]) {}

    fn prepare(&mut self) -> bool {
        false
    }

    fn open_early(&mut self, _sealed: &mut [&mut [u8]]) -> [Option<Early>; BATCH] {
        [const { None }; BATCH]
    }

    fn open_early_jobs(_jobs: &mut [(&mut Self, &mut [u8])]) -> [Option<Early>; BATCH] {
        [const { None }; BATCH]
    }

    fn open(
        &mut self,
        _now: Instant,
        _early: impl Into<Option<Early>>,
        _sealed: &mut [u8],
    ) -> Result<Opened, Discard> {
        Err(Discard::UnknownProtocol(Protocol::COMPRESSED))
    }

    fn open_late(&mut self, _now: Instant, _sealed: &mut [u8]) -> Result<Opened, Discard> {
        Err(Discard::UnknownProtocol(Protocol::COMPRESSED))
    }

    fn opened<'a>(&'a self, _sealed: &'a [u8], _place: Place) -> &'a [u8] {
        &[]
    }
}
