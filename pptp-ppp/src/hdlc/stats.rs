//! What a decoder has counted.

use super::{Discard, LineError};

/// Counts of one [`Decoder`](super::Decoder), from its start. They wrap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Stats {
    /// Frames that came out.
    pub frames: u64,
    /// Frames dropped: their check sequence is wrong.
    pub bad_fcs: u64,
    /// Frames dropped: they have less than four octets.
    pub too_short: u64,
    /// Frames dropped: they are longer than the decoder's buffer.
    pub too_long: u64,
    /// Frames that their sender has aborted.
    pub aborted: u64,
    /// The line's framing errors: a stop bit of 0, or a break.
    pub framing: u64,
    /// Octets that the line's receiver had no time for.
    pub hardware_overruns: u64,
    /// Octets that found no room between the line and the decoder.
    pub buffer_overruns: u64,
    /// The line's time-outs.
    pub time_outs: u64,
    /// The line's alignment errors.
    pub alignment: u64,
    /// Control characters that were not escaped although the sender was told to: something on the way has put them in.
    pub spurious: u64,
}

impl Stats {
    pub(super) const ZERO: Self = Self {
        frames: 0,
        bad_fcs: 0,
        too_short: 0,
        too_long: 0,
        aborted: 0,
        framing: 0,
        hardware_overruns: 0,
        buffer_overruns: 0,
        time_outs: 0,
        alignment: 0,
        spurious: 0,
    };

    pub(super) const fn count_discard(&mut self, discard: Discard) {
        count(match discard {
            Discard::BadFcs => &mut self.bad_fcs,
            Discard::TooShort => &mut self.too_short,
            Discard::TooLong => &mut self.too_long,
            Discard::Aborted => &mut self.aborted,
        });
    }

    pub(super) const fn count_line_error(&mut self, error: LineError) {
        count(match error {
            LineError::Framing => &mut self.framing,
            LineError::HardwareOverrun => &mut self.hardware_overruns,
            LineError::BufferOverrun => &mut self.buffer_overruns,
            LineError::TimeOut => &mut self.time_outs,
            LineError::Alignment => &mut self.alignment,
        });
    }
}

/// Counts one more.
pub(super) const fn count(counter: &mut u64) {
    *counter = counter.wrapping_add(1);
}
