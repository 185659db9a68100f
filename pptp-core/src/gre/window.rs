//! How many packets may be on their way to the peer, and how long its acknowledgments may take (RFC 2637 §4.2, §4.4).

use super::distance;
use crate::time::Instant;
use core::time::Duration;

/// Whether packets wait for the peer's acknowledgments (RFC 2637 §4.2). By default they do not.
///
/// Linux's own PPTP (`pptp.ko`) acknowledges only along with data of its own, Android not at all, and with the small
/// windows that most peers tell (3 with pptp-linux and pptpd) a path is as slow as its acknowledgments. TCP in the tunnel
/// has a window of its own. So this is for peers that need it: slow lines behind an access concentrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SlidingWindow {
    /// They do not: what the peer acknowledges is only counted.
    #[default]
    Off,
    /// They do, within the window that the peer told.
    On {
        /// MaxTimeOut of RFC 2637 §4.4, in milliseconds: how long an acknowledgment is waited for at the most. Below
        /// [`MIN_TIMEOUT`] it counts as that.
        max_timeout: u16,
    },
}

impl SlidingWindow {
    /// On, with a MaxTimeOut of 1 s.
    pub const ON: Self = Self::On { max_timeout: 1000 };
}

/// MinTimeOut of RFC 2637 §4.4: how long an acknowledgment is waited for at the least. Peers wait for data that theirs can
/// ride on: we for 100 ms, pptpd until 50 ms were quiet.
pub const MIN_TIMEOUT: Duration = Duration::from_millis(300);

const MIN_MICROS: i32 = 300_000;

/// So many time-outs in a row, with no acknowledgment between them, show a peer that does not acknowledge.
pub const PATIENCE: u8 = 3;

/// How the sliding window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct WindowState {
    /// How many packets may be on their way now.
    pub size: u16,
    /// How many there may ever be: the peer's receive window.
    pub max: u16,
    /// Whether the peer was seen not to acknowledge, so that nothing waits for it.
    pub given_up: bool,
    /// The round-trip time, as estimated.
    pub round_trip: Duration,
    /// How long an acknowledgment is waited for.
    pub timeout: Duration,
}

/// The sender's side of the sliding window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Times in microseconds, which the longest time-out, of a minute, leaves far from the end of their range.
    max_timeout: i32,
    round_trip: i32,
    deviation: i32,
    max: u16,
    size: u16,
    /// How many were acknowledged since the window last changed.
    acknowledged: u16,
    /// Time-outs since the last acknowledgment.
    silent: u8,
    given_up: bool,
    /// All before this one are on their way no more: their acknowledgments came, or their time is over.
    done: u32,
    /// The packet whose acknowledgment is timed, one at a time, and since when, if `is_timing`.
    timed: u32,
    since: Instant,
    is_timing: bool,
}

/// What is to become of the timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// It goes off then.
    At(Instant),
    /// It stops: nothing is on its way.
    Stop,
}

impl Window {
    /// A window for a peer that buffers `max` packets, and takes `delay` tenths of a second to process them. `None` if it
    /// is off, or if the peer has told none.
    pub(super) const fn new(config: SlidingWindow, max: u16, delay: u16) -> Option<Self> {
        let (SlidingWindow::On { max_timeout }, 1..) = (config, max) else {
            return None;
        };
        let max_timeout = match wide(max_timeout).saturating_mul(1000) {
            ..=MIN_MICROS => MIN_MICROS,
            micros => micros,
        };
        let delay = wide(delay).saturating_mul(100_000);
        let round_trip = if delay < max_timeout {
            delay
        } else {
            max_timeout
        };
        Some(Self {
            max_timeout,
            round_trip,
            deviation: 0,
            max,
            size: half(max),
            acknowledged: 0,
            silent: 0,
            given_up: false,
            done: 0,
            timed: 0,
            since: Instant::ZERO,
            is_timing: false,
        })
    }

    pub(super) fn state(&self) -> WindowState {
        let duration = |micros: i32| Duration::from_micros(micros.unsigned_abs().into());
        WindowState {
            size: self.size,
            max: self.max,
            given_up: self.given_up,
            round_trip: duration(self.round_trip),
            timeout: duration(self.timeout()),
        }
    }

    /// How many packets more may go out, when `next` is the next number.
    pub(super) fn room(&self, next: u32) -> u32 {
        if self.given_up {
            return u32::MAX;
        }
        u32::from(self.size).saturating_sub(self.on_their_way(next))
    }

    /// Packet `sequence` goes out. Tells when its acknowledgment has to be there, if nothing else was waited for.
    #[inline(never)]
    pub(super) fn sent(&mut self, now: Instant, sequence: u32) -> Option<Instant> {
        let is_first = self.on_their_way(sequence) == 0;
        if !self.is_timing {
            (self.timed, self.since, self.is_timing) = (sequence, now, true);
        }
        is_first.then(|| self.due(now))
    }

    /// The peer has acknowledged all before `unacked`, `count` of them now; `next` is the next to go out. `alone`: without
    /// a packet of its own.
    #[inline(never)]
    pub(super) fn acknowledged(
        &mut self,
        now: Instant,
        (unacked, count, next): (u32, u32, u32),
        alone: bool,
    ) -> Timer {
        self.silent = 0;
        if distance(self.done, unacked) > 0 {
            self.done = unacked;
        }
        if self.is_timing && distance(self.timed, unacked) > 0 {
            self.is_timing = false;
            self.sample(now.saturating_since(self.since));
        }
        if self.given_up && alone {
            // It does so even when it has nothing else to say.
            self.given_up = false;
            self.acknowledged = 0;
        }
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        self.acknowledged = self.acknowledged.saturating_add(count);
        if self.acknowledged >= self.size {
            self.acknowledged = 0;
            self.size = self.size.saturating_add(1).min(self.max);
        }
        if self.on_their_way(next) == 0 {
            Timer::Stop
        } else {
            Timer::At(self.due(now))
        }
    }

    /// No acknowledgment came in time. What is on its way is not waited for any more.
    pub(super) fn timed_out(&mut self, next: u32) {
        self.done = next;
        self.is_timing = false;
        self.acknowledged = 0;
        self.size = half(self.size);
        // Of what is below the shortest time-out the double may be no more than that, and of 0 it is 0.
        let waited = self.round_trip.max(MIN_MICROS);
        self.round_trip = waited.saturating_mul(2).min(self.max_timeout);
        self.silent = self.silent.saturating_add(1);
        self.given_up |= self.silent >= PATIENCE;
    }

    fn on_their_way(&self, next: u32) -> u32 {
        next.wrapping_sub(self.done)
    }

    fn due(&self, now: Instant) -> Instant {
        now + Duration::from_micros(self.timeout().unsigned_abs().into())
    }

    /// ATO of RFC 2637 §4.4.1.
    fn timeout(&self) -> i32 {
        let timeout = self
            .round_trip
            .saturating_add(self.deviation.saturating_mul(4));
        timeout.min(self.max_timeout).max(MIN_MICROS)
    }

    /// RFC 2637 §4.4.1, with 1/8 for alpha and 1/4 for beta.
    fn sample(&mut self, sample: Duration) {
        let sample = i32::try_from(sample.as_micros()).unwrap_or(i32::MAX);
        let diff = sample.min(self.max_timeout).saturating_sub(self.round_trip);
        let excess = diff.saturating_abs().saturating_sub(self.deviation);
        self.deviation = self.deviation.saturating_add(excess >> 2);
        self.round_trip = self.round_trip.saturating_add(diff >> 3);
    }
}

/// Half of it, rounded up, and not less than one.
const fn half(size: u16) -> u16 {
    if size > 1 { size.div_ceil(2) } else { 1 }
}

const fn wide(value: u16) -> i32 {
    let [high, low] = value.to_be_bytes();
    i32::from_be_bytes([0, 0, high, low])
}

#[cfg(test)]
mod tests;
