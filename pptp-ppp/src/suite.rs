//! What CCP negotiates: compression and encryption, chosen by type.
//!
//! The two octets before an encrypted packet, and Reset, belong to the suite; the crates of the ciphers know neither.

mod compression;
mod delivery;
mod none;
mod sealer;

use crate::ccp::{Compression, Encryption};
use crate::codec::Writer;
use crate::config::{MppePolicy, Timing};
use crate::error::Discard;
use crate::event::DownReason;
use crate::negotiation::Pending;
use crate::time::Instant;
use crate::wire::mppe::Header;
use crate::wire::{Frame, Packet, Protocol};
#[cfg(feature = "alloc")]
pub use compression::AllocMppc;
pub use compression::{Compress, Mppc, NoMppc};
use core::ops::Range;
pub use delivery::{AnyOrder, Delivery, InOrder};
pub use none::NoSuite;
use pptp_mppe::{BATCH, LinkKeys, stateless};
pub use sealer::Sealer;

/// MPPE in all its strengths and modes, as the policy has them.
pub type Mppe = Sealer<NoMppc>;

/// MPPE, and MPPC alone and under it.
pub type MppcMppe = Sealer<Mppc>;

/// MPPE, and MPPC alone and under it, whose memory is allocated once it is agreed on.
#[cfg(feature = "alloc")]
pub type AllocMppcMppe = Sealer<AllocMppc>;

/// With what key a packet was decrypted before its turn.
#[derive(Debug)]
#[must_use = "the packet has been decrypted, but nobody has judged it"]
pub struct Early(stateless::Early);

impl Early {
    /// Makes what came as protocol 0x00FD ciphertext again.
    pub(crate) fn undo(self, sealed: &mut [u8]) {
        self.0
            .undo(sealed.get_mut(Header::LEN..).unwrap_or_default());
    }

    /// Makes what [`Ppp::decrypt_early`](crate::Ppp::decrypt_early) has decrypted ciphertext again: for a frame that
    /// does not go to [`Ppp::handle_early_frame`](crate::Ppp::handle_early_frame) after all.
    pub fn undo_frame(self, frame: &mut [u8]) {
        if let Ok((_, information)) = Frame::parse_mut(frame) {
            self.undo(information);
        }
    }
}

/// Stands for an [`Early`] where there is none, and none is possible: code that knows only this has nothing of the other.
#[derive(Debug, Clone, Copy)]
pub struct InTurn;

impl From<InTurn> for Option<Early> {
    #[inline(always)]
    fn from(_: InTurn) -> Self {
        None
    }
}

/// How often one end of a link in MPPE's stateful mode had to begin anew because packets were lost: see
/// [`Ppp::resets`](crate::Ppp::resets). They wrap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ResetCounts {
    /// Reset-Requests that came. The peer could not read what it was sent last; what it is sent from now on, it can.
    pub taken: u32,
    /// Reset-Requests of our own that the peer has acknowledged: what it sends from now on can be read. Peers other than
    /// those on Linux, and our own, acknowledge none (RFC 3078 §8.2).
    pub granted: u16,
}

impl ResetCounts {
    pub(crate) const NONE: Self = Self {
        taken: 0,
        granted: 0,
    };
}

/// A set of ciphers and compressors for a link: [`NoSuite`], [`Mppe`] or [`MppcMppe`], and with the feature `alloc`
/// `AllocMppcMppe`.
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
        /// In the form of protocol 0x00FD: encrypted, compressed or both.
        Sealed,
    }

    /// A packet that came in the form of protocol 0x00FD.
    #[derive(Debug)]
    pub struct Opened {
        pub(crate) protocol: Protocol,
        pub(crate) place: Place,
    }

    /// Where the packet is.
    #[derive(Debug)]
    pub enum Place {
        /// Here in what it came in.
        Datagram(Range<usize>),
        /// In the history of the decompressor, behind so many octets.
        History(usize),
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
        /// Whether [`SuiteLayer::open_late`] is of any use.
        const TAKES_LATE: bool;

        /// `mppc`: whether compression is wished for.
        fn new(policy: MppePolicy, mppc: bool, timing: Timing) -> Self;
        /// Replaces the policy, for a peer that is known only now.
        fn set_policy(&mut self, policy: MppePolicy);
        /// The same of whether compression is wished for.
        fn set_mppc(&mut self, mppc: bool);
        /// Network protocols may start: `keys` are those that authentication gave.
        fn lower_layer_up(&mut self, now: Instant, keys: Option<LinkKeys>);
        fn lower_layer_down(&mut self, now: Instant);
        /// The peer has authenticated us anew: these keys are for the next time that encryption starts.
        fn set_keys(&mut self, keys: Option<LinkKeys>);
        /// The peer has held network protocols back, and does no more: what it waited for must be CCP.
        fn peer_ready(&mut self);
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
        /// How packets are compressed: what we send, and what we receive.
        fn compression(&self) -> (Option<Compression>, Option<Compression>);
        fn resets(&self) -> ResetCounts;
        /// How many late packets were delivered.
        fn delivered_late(&self) -> u64;
        fn gate(&self) -> Gate;
        /// Whether packets in the clear are refused.
        fn refuses_clear(&self) -> bool;
        /// Puts a packet in the form of protocol 0x00FD into the start of `out`, and gives its length. Only if the gate
        /// is [`Gate::Sealed`], and if `out` has room for the packet and [`SuiteLayer::OVERHEAD`].
        fn seal(&mut self, protocol: Protocol, packet: &[u8], out: &mut [u8]) -> usize;
        /// Whether [`SuiteLayer::stage`] is of any use now.
        fn seals_in_batches(&self) -> bool;
        /// The first half of [`SuiteLayer::seal`]: the packet is not encrypted yet, and must not leave like that.
        fn stage(&mut self, protocol: Protocol, packet: &[u8], out: &mut [u8]) -> usize;
        /// The second half, of several packets in the order in which they were staged.
        fn seal_staged(&mut self, staged: &mut [&mut [u8]]);
        /// As [`SuiteLayer::seal_staged`], of a packet each of several links.
        fn seal_staged_jobs(jobs: &mut [(&mut Self, &mut [u8])]);
        /// Makes the keys of one packet more each way ready. `false` if there is no room for any.
        fn prepare(&mut self) -> bool;
        /// Decrypts where they are, several at once and before their turn, those of the first [`BATCH`] of what came
        /// as protocol 0x00FD that can be.
        fn open_early(&mut self, sealed: &mut [&mut [u8]]) -> [Option<Early>; BATCH];
        /// As [`SuiteLayer::open_early`], of a packet each of the first [`BATCH`] of several links; where there is none the
        /// packet is empty.
        fn open_early_jobs(jobs: &mut [(&mut Self, &mut [u8])]) -> [Option<Early>; BATCH];
        /// Takes what came as protocol 0x00FD, and says what protocol it is of and where it is: see
        /// [`SuiteLayer::opened`]. `early`: what [`SuiteLayer::open_early`] has said of it.
        fn open(
            &mut self,
            now: Instant,
            early: impl Into<Option<Early>>,
            sealed: &mut [u8],
        ) -> Result<Opened, Discard>;
        /// As [`SuiteLayer::open`], of what others have overtaken.
        fn open_late(&mut self, now: Instant, sealed: &mut [u8]) -> Result<Opened, Discard>;
        /// The packet that [`SuiteLayer::open`] has just found in `sealed`.
        fn opened<'a>(&'a self, sealed: &'a [u8], place: Place) -> &'a [u8];
    }
}
