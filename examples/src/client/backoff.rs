//! When to try again, if at all.

use super::failure::Cure;
use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_secs(1);

/// A tunnel that lasted as long worked: whatever ended it is a new matter.
const STEADY: Duration = Duration::from_secs(30);

/// How often it was tried in vain, and what follows from that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    longest: Duration,
    in_vain: u32,
    was_up: bool,
}

impl Backoff {
    /// Waits of `longest` at the most.
    #[must_use]
    pub const fn new(longest: Duration) -> Self {
        Self {
            longest,
            in_vain: 0,
            was_up: false,
        }
    }

    /// Takes note of a try that `cure` can mend, whose tunnel was up for as long as `up`, and tells how long to wait for
    /// the next one. `None`: there is no use in it.
    ///
    /// The wait doubles with each try. `chance`, which is any number, takes up to half of it away: clients that lost their
    /// server all at once should not all come back at once.
    pub fn next(&mut self, cure: Cure, up: Option<Duration>, chance: u32) -> Option<Duration> {
        self.was_up |= up.is_some();
        let useless = match cure {
            Cure::None => true,
            Cure::Time => false,
            Cure::TimeOnceUp => !self.was_up,
        };
        if useless {
            return None;
        }
        if up.is_some_and(|up| up >= STEADY) {
            self.in_vain = 0;
        }
        let factor = 1_u32.checked_shl(self.in_vain).unwrap_or(u32::MAX);
        let wait = FIRST.saturating_mul(factor).min(self.longest);
        self.in_vain = self.in_vain.saturating_add(1);
        let share = f64::from(chance) / f64::from(u32::MAX);
        Some(wait.mul_f64(1.0 - share / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: Duration = Duration::from_secs(60);

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::new(MAX);
        let waits: Vec<_> = (0..9)
            .map(|_| backoff.next(Cure::Time, None, 0).unwrap().as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        for _ in 0..100 {
            assert_eq!(backoff.next(Cure::Time, None, 0), Some(MAX));
        }
        let mut short = Backoff::new(Duration::from_secs(1));
        for _ in 0..3 {
            assert_eq!(short.next(Cure::Time, None, 0), Some(FIRST));
        }
    }

    #[test]
    fn chance_takes_half_at_most() {
        for chance in [0, 1, u32::MAX / 2, u32::MAX] {
            let wait = Backoff::new(MAX).next(Cure::Time, None, chance).unwrap();
            assert!(wait >= FIRST / 2 && wait <= FIRST, "{wait:?}");
        }
        let most = Backoff::new(MAX).next(Cure::Time, None, u32::MAX);
        assert_eq!(most, Some(FIRST / 2));
    }

    #[test]
    fn a_tunnel_that_lasted_starts_it_over() {
        let mut backoff = Backoff::new(MAX);
        let mut next = |up: Option<u64>| {
            let up = up.map(Duration::from_secs);
            backoff.next(Cure::Time, up, 0).unwrap().as_secs()
        };
        assert_eq!([next(None), next(None), next(None)], [1, 2, 4]);
        // One that goes down again at once is no better than none.
        assert_eq!([next(Some(0)), next(Some(29))], [8, 16]);
        assert_eq!([next(Some(30)), next(None)], [1, 2]);
    }

    #[test]
    fn what_cannot_be_mended_is_not_tried_again() {
        let up = Some(Duration::from_secs(5));
        let mut backoff = Backoff::new(MAX);
        assert_eq!(backoff.next(Cure::None, up, 0), None);
        let mut backoff = Backoff::new(MAX);
        assert_eq!(backoff.next(Cure::TimeOnceUp, None, 0), None);
        let mut backoff = Backoff::new(MAX);
        assert!(backoff.next(Cure::TimeOnceUp, up, 0).is_some());
        // That there once was a tunnel counts for later tries.
        assert!(backoff.next(Cure::TimeOnceUp, None, 0).is_some());
        assert_eq!(backoff.next(Cure::None, None, 0), None);
    }
}
