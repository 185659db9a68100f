//! Who may connect now.

use super::config::Limits;
use std::collections::HashMap;
use std::fmt;
use std::net::Ipv4Addr;

/// Counts connections, in all and by where they come from. An address that has none takes no memory.
#[derive(Debug)]
pub struct Admission {
    limits: Limits,
    all: Count,
    by_source: HashMap<Ipv4Addr, Count>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    all: usize,
    half_open: usize,
}

/// Which limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Sessions on their way up.
    HalfOpen,
    /// Sessions from there.
    SessionsOfSource,
    /// Sessions on their way up from there.
    HalfOpenOfSource,
}

impl Admission {
    /// Nobody is connected.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            all: Count::default(),
            by_source: HashMap::new(),
        }
    }

    /// A client connects from `source`: it is counted, if it may.
    ///
    /// # Errors
    /// [`Limit`] if it may not.
    pub fn admit(&mut self, source: Ipv4Addr) -> Result<(), Limit> {
        let limits = &self.limits;
        let count = self.by_source.get(&source).copied().unwrap_or_default();
        let reached = |count: usize, limit: usize| limit != 0 && count >= limit;
        if reached(self.all.half_open, limits.half_open) {
            return Err(Limit::HalfOpen);
        }
        if reached(count.half_open, limits.half_open_per_source) {
            return Err(Limit::HalfOpenOfSource);
        }
        if reached(count.all, limits.sessions_per_source) {
            return Err(Limit::SessionsOfSource);
        }
        for count in [&mut self.all, self.by_source.entry(source).or_default()] {
            count.all += 1;
            count.half_open += 1;
        }
        Ok(())
    }

    /// Whether there are as many sessions up as there may be. Whoever connects then is told so, in PPTP.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        let up = self.all.all - self.all.half_open;
        self.limits.sessions != 0 && up >= self.limits.sessions
    }

    /// A client from `source` is up.
    pub fn up(&mut self, source: Ipv4Addr) {
        self.all.half_open -= 1;
        if let Some(count) = self.by_source.get_mut(&source) {
            count.half_open -= 1;
        }
    }

    /// A client from `source` is gone, that was up or not.
    pub fn gone(&mut self, source: Ipv4Addr, was_up: bool) {
        if !was_up {
            self.up(source);
        }
        self.all.all -= 1;
        if let Some(count) = self.by_source.get_mut(&source) {
            count.all -= 1;
            if count.all == 0 {
                self.by_source.remove(&source);
            }
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HalfOpen => "half-open",
            Self::SessionsOfSource => "sessions-per-source",
            Self::HalfOpenOfSource => "half-open-per-source",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const THERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

    fn admission() -> Admission {
        Admission::new(Limits {
            sessions: 2,
            half_open: 3,
            sessions_per_source: 3,
            half_open_per_source: 2,
            ..Limits::default()
        })
    }

    #[test]
    fn each_limit_holds_until_somebody_leaves() {
        let mut admission = admission();
        assert_eq!(admission.admit(HERE), Ok(()));
        assert_eq!(admission.admit(HERE), Ok(()));
        assert_eq!(admission.admit(HERE), Err(Limit::HalfOpenOfSource));
        assert_eq!(admission.admit(THERE), Ok(()));
        assert_eq!(admission.admit(THERE), Err(Limit::HalfOpen));
        admission.up(HERE);
        assert_eq!(admission.admit(HERE), Ok(()));
        admission.up(HERE);
        assert!(admission.is_full());
        admission.up(HERE);
        assert_eq!(admission.admit(HERE), Err(Limit::SessionsOfSource));
        admission.gone(HERE, true);
        admission.gone(HERE, true);
        assert!(!admission.is_full());
        admission.gone(HERE, true);
        admission.gone(THERE, false);
        assert!(admission.by_source.is_empty());
        assert_eq!((admission.all.all, admission.all.half_open), (0, 0));
    }

    #[test]
    fn zero_is_no_limit() {
        let mut admission = Admission::new(Limits {
            sessions: 0,
            half_open: 0,
            sessions_per_source: 0,
            half_open_per_source: 0,
            ..Limits::default()
        });
        for _ in 0..1000 {
            assert_eq!(admission.admit(HERE), Ok(()));
        }
        assert!(!admission.is_full());
    }
}
