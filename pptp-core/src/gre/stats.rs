//! What a session has counted.

use crate::error::Discard;

/// Counts of one [`Session`](super::Session), from its start. They wrap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Stats {
    /// Packets with a sequence number that came in and were no duplicates.
    pub received: u64,
    /// Packets that went out with a payload.
    pub sent: u64,
    /// Acknowledgments that came in without a payload.
    pub acks_received: u64,
    /// Acknowledgments that went out without a payload.
    pub acks_sent: u64,
    /// Dropped: not enhanced GRE that carries PPP.
    pub malformed: u64,
    /// Dropped: another call's.
    pub wrong_call_id: u64,
    /// Dropped: a payload without a sequence number.
    pub without_sequence: u64,
    /// Dropped: received before.
    pub duplicate: u64,
    /// Dropped: a later packet was delivered before.
    pub late: u64,
    /// Dropped: so far ahead that the number may be forged.
    pub too_far_ahead: u64,
    /// Dropped: what it carries is nothing that PPP has a use for.
    pub ppp: u64,
    /// Not dropped: the sequence number is so far off that it is not believed until the packet proves genuine.
    pub jumps: u64,
    /// Not dropped: acknowledges a packet that has not been sent. The acknowledgment was ignored.
    pub invalid_acks: u64,
    /// Acknowledgments that did not come in time: with a [`SlidingWindow`](super::SlidingWindow) only.
    pub ack_timeouts: u64,
}

impl Stats {
    pub(super) const ZERO: Self = Self {
        received: 0,
        sent: 0,
        acks_received: 0,
        acks_sent: 0,
        malformed: 0,
        wrong_call_id: 0,
        without_sequence: 0,
        duplicate: 0,
        late: 0,
        too_far_ahead: 0,
        ppp: 0,
        jumps: 0,
        invalid_acks: 0,
        ack_timeouts: 0,
    };

    pub(crate) const fn count_discard(&mut self, discard: &Discard) {
        match discard {
            Discard::Malformed(_) | Discard::Fragment | Discard::NotGre { .. } => {
                count(&mut self.malformed);
            }
            Discard::WrongCallId { .. } | Discard::NoCall => count(&mut self.wrong_call_id),
            Discard::WithoutSequence => count(&mut self.without_sequence),
            Discard::Duplicate { .. } => count(&mut self.duplicate),
            Discard::Late { .. } => count(&mut self.late),
            Discard::TooFarAhead { .. } => count(&mut self.too_far_ahead),
            Discard::Ppp(_) => count(&mut self.ppp),
        }
    }
}

/// Counts one more.
pub(super) const fn count(counter: &mut u64) {
    *counter = counter.wrapping_add(1);
}
