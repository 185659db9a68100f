//! What CCP negotiates: compression and encryption, chosen by type.
//!
//! The two octets before an encrypted packet, and Reset, belong to the suite; the crates of the ciphers know neither.

mod mppe;
mod none;

use crate::ccp::Encryption;
use crate::codec::Writer;
use crate::config::{MppePolicy, Timing};
use crate::error::Discard;
use crate::event::DownReason;
use crate::negotiation::Pending;
use crate::time::Instant;
use crate::wire::{Packet, Protocol};
use core::ops::Range;
pub use mppe::Mppe;
pub use none::NoSuite;
use pptp_mppe::StartKeys;

/// A set of ciphers and compressors for a link. [`NoSuite`] or [`Mppe`].
///
/// Sealed: the methods are the link's own business.
pub trait Suite: sealed::SuiteLayer {}

impl<S: sealed::SuiteLayer> Suite for S {}

pub(crate) mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals Suite")]

    use super::*;

    /// Whether packets of network protocols may be sent, and how.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Gate {
        /// Not yet, or not any more.
        Closed,
        /// In the clear.
        Clear,
        /// Encrypted.
        Encrypted,
    }

    /// What of a suite's waits to be sent.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum SuitePending {
        /// Of CCP's negotiation.
        Negotiation(u8),
        /// A Reset-Request.
        ResetRequest,
    }

    impl SuitePending {
        pub(crate) const fn negotiation(pending: Pending) -> Self {
            Self::Negotiation(pending.bits())
        }
    }

    /// What has come of CCP.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Outcome {
        /// Nothing new.
        Nothing,
        /// It is agreed upon what [`sealed::SuiteLayer::encryption`] says, be it nothing.
        Settled,
        /// The link cannot go on.
        Failed(DownReason),
    }

    /// What the link drives a suite by.
    pub trait SuiteLayer: Clone + core::fmt::Debug {
        /// What a suite adds to a packet at most, in octets, its Protocol field included.
        const OVERHEAD: usize;
        /// Whether there is anything that could come as protocol 0x00FD.
        const SEALS: bool;

        fn new(policy: MppePolicy, timing: Timing) -> Self;
        /// Replaces the policy, for a peer that is known only now.
        fn set_policy(&mut self, policy: MppePolicy);
        /// Network protocols may start: `keys` are those that authentication gave.
        fn lower_layer_up(&mut self, now: Instant, keys: Option<StartKeys>);
        fn lower_layer_down(&mut self, now: Instant);
        /// The peer has authenticated us anew: these keys are for the next time that encryption starts.
        fn set_keys(&mut self, keys: Option<StartKeys>);
        /// Takes a packet of CCP.
        fn handle_packet(&mut self, now: Instant, packet: Packet<'_>) -> Result<(), Discard>;
        /// The peer does not know `protocol`, which is CCP or that of compressed packets.
        fn protocol_rejected(&mut self, now: Instant, protocol: Protocol);
        fn handle_timeout(&mut self, now: Instant);
        fn next_timeout(&self) -> Option<Instant>;
        fn write_next(&self, out: &mut Writer<'_>) -> Option<SuitePending>;
        fn sent(&mut self, packet: SuitePending);
        /// What has happened since the last call.
        fn take_outcome(&mut self) -> Outcome;
        /// Whether it was the peer that wanted encryption which the policy here refuses.
        fn has_refused_peer(&self) -> bool;
        /// How packets are encrypted: what we send, and what we receive.
        fn encryption(&self) -> (Option<Encryption>, Option<Encryption>);
        fn gate(&self) -> Gate;
        /// Whether packets in the clear are refused.
        fn refuses_clear(&self) -> bool;
        /// Puts a packet in the form of protocol 0x00FD into `out`. Only if the gate is [`Gate::Encrypted`].
        fn seal(&mut self, protocol: Protocol, packet: &[u8], out: &mut Writer<'_>);
        /// Takes what came as protocol 0x00FD, and says what protocol it is of and where it is: see
        /// [`SuiteLayer::opened`].
        fn open(
            &mut self,
            now: Instant,
            sealed: &mut [u8],
        ) -> Result<(Protocol, Range<usize>), Discard>;
        /// The packet that [`SuiteLayer::open`] has just found in `sealed`.
        fn opened<'a>(&'a mut self, sealed: &'a mut [u8], place: Range<usize>) -> &'a mut [u8];
    }
}
