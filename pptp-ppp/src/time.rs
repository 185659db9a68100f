//! Time as the caller tells it, and the table that every layer keeps its timers in.

use core::ops::{Add, Sub};
use core::time::Duration;

/// A point in time: microseconds since any epoch that the caller likes, as long as it stays the same one.
///
/// There is no clock in here. The caller takes the time from a monotonic clock of its own and passes it on; simulated
/// time does as well. Arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Instant(u64);

impl Instant {
    /// The epoch itself.
    pub const ZERO: Self = Self(0);

    /// `micros` microseconds after the epoch.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The time that has passed since `earlier`; zero if it is later.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(micros))
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.saturating_since(earlier)
    }
}

/// The timers of one layer, one slot for each variant of its enum `K`.
///
/// `K` converts to its slot's number by [`TimerKey::slot`]; `N` is the number of variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerTable<K, const N: usize> {
    slots: [Option<Instant>; N],
    keys: core::marker::PhantomData<K>,
}

/// An enum whose variants name the timers of a layer.
pub trait TimerKey: Copy + 'static {
    /// Every variant, in the order of the slots.
    const ALL: &'static [Self];

    /// The number of this variant's slot.
    fn slot(self) -> usize;
}

impl<K: TimerKey, const N: usize> Default for TimerTable<K, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: TimerKey, const N: usize> TimerTable<K, N> {
    /// A table in which no timer runs.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            slots: [None; N],
            keys: core::marker::PhantomData,
        }
    }

    /// Has `timer` go off at `at`, and not at the time it was set to before.
    pub fn set(&mut self, timer: K, at: Instant) {
        if let Some(slot) = self.slots.get_mut(timer.slot()) {
            *slot = Some(at);
        }
    }

    /// Stops `timer`.
    pub fn stop(&mut self, timer: K) {
        if let Some(slot) = self.slots.get_mut(timer.slot()) {
            *slot = None;
        }
    }

    /// Stops all timers.
    pub fn stop_all(&mut self) {
        self.slots = [None; N];
    }

    /// When `timer` goes off, if it runs.
    #[must_use]
    pub fn get(&self, timer: K) -> Option<Instant> {
        self.slots.get(timer.slot()).copied().flatten()
    }

    /// The timer that goes off first, and when.
    #[must_use]
    pub fn next(&self) -> Option<(Instant, K)> {
        let running = K::ALL
            .iter()
            .filter_map(|&timer| Some((self.get(timer)?, timer)));
        running.min_by_key(|(at, _)| *at)
    }

    /// Stops `timer` and tells whether it had gone off by `now`. A timer that has not is left as it is.
    pub fn take_expired(&mut self, timer: K, now: Instant) -> bool {
        let expired = self.get(timer).is_some_and(|at| at <= now);
        if expired {
            self.stop(timer);
        }
        expired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Key {
        A,
        B,
    }

    impl TimerKey for Key {
        const ALL: &'static [Self] = &[Self::A, Self::B];
        fn slot(self) -> usize {
            match self {
                Self::A => 0,
                Self::B => 1,
            }
        }
    }

    #[test]
    fn arithmetic_saturates() {
        let end = Instant::from_micros(u64::MAX);
        assert_eq!(end + Duration::MAX, end);
        assert_eq!(Instant::ZERO - end, Duration::ZERO);
        assert_eq!(Instant::from_millis(u64::MAX), end);
        assert_eq!(
            Instant::from_millis(2) - Instant::from_micros(500),
            Duration::from_micros(1500)
        );
    }

    #[test]
    fn the_earliest_timer_comes_first_and_goes_off_once() {
        let mut timers = TimerTable::<Key, 2>::new();
        assert_eq!(timers.next(), None);
        timers.set(Key::A, Instant::from_millis(5));
        timers.set(Key::B, Instant::from_millis(3));
        assert_eq!(timers.next(), Some((Instant::from_millis(3), Key::B)));
        assert!(!timers.take_expired(Key::B, Instant::from_millis(2)));
        assert!(timers.take_expired(Key::B, Instant::from_millis(3)));
        assert!(!timers.take_expired(Key::B, Instant::from_millis(9)));
        assert_eq!(timers.next(), Some((Instant::from_millis(5), Key::A)));
        timers.stop_all();
        assert_eq!(timers.next(), None);
    }
}
