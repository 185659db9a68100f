//! What a gateway has counted.

use super::Refusal;

/// Counts of one [`Gateway`](super::Gateway), from its start. They wrap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Stats {
    /// Control connections that were opened.
    pub connections: u64,
    /// Segments that were left as they are, for they belong to no connection whose beginning was seen.
    pub untracked: u64,
    /// Segments refused: malformed, fragments, or with a wrong checksum.
    pub malformed: u64,
    /// Segments refused: something before them is missing.
    pub gaps: u64,
    /// Segments refused: nothing but half of a call id in them.
    pub halves: u64,
    /// Segments refused: no room for a connection or for a call.
    pub no_room: u64,
    /// Segments refused: too many call ids before them are not acknowledged.
    pub unacknowledged: u64,
    /// Calls whose end was not told, for another call needed their place.
    pub untold: u64,
    /// GRE packets that belong to a call.
    pub gre_passed: u64,
    /// GRE packets that belong to none.
    pub gre_dropped: u64,
}

impl Stats {
    pub(super) const ZERO: Self = Self {
        connections: 0,
        untracked: 0,
        malformed: 0,
        gaps: 0,
        halves: 0,
        no_room: 0,
        unacknowledged: 0,
        untold: 0,
        gre_passed: 0,
        gre_dropped: 0,
    };

    pub(super) const fn count_refusal(&mut self, refusal: &Refusal) {
        let counter = match refusal {
            Refusal::Malformed(_) | Refusal::Fragment | Refusal::Checksum => &mut self.malformed,
            Refusal::Gap => &mut self.gaps,
            Refusal::HalfAnId => &mut self.halves,
            Refusal::NoRoom => &mut self.no_room,
            Refusal::Unacknowledged => &mut self.unacknowledged,
        };
        *counter = counter.wrapping_add(1);
    }
}
