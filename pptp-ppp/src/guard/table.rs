//! What is known of so many sources or users.

use super::{Decision, GuardConfig};
use crate::time::Instant;
use core::time::Duration;

/// How long an attempt waits for others to be found right or wrong, if it would be one too many were they all wrong.
const TURN: Duration = Duration::from_millis(100);

/// How strict to be.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) config: GuardConfig,
    /// 0: never.
    pub(super) lock_after: u16,
}

impl Rule {
    /// The wait after so many failures.
    fn delay(&self, failures: u16) -> Duration {
        let GuardConfig {
            first_delay,
            factor,
            max_delay,
            ..
        } = self.config;
        let mut delay = first_delay;
        // With as many steps any delay but zero has become as long as can be.
        for _ in 1..failures.min(128) {
            delay = delay.saturating_mul(factor.max(1)).min(max_delay);
        }
        delay.min(max_delay)
    }
}

/// What is known of one of them.
#[derive(Clone, Copy)]
struct Record {
    key: u64,
    /// From when on the time runs after which the next failure is forgotten.
    since: Instant,
    /// When the next attempt may be made.
    until: Instant,
    failures: u16,
    /// Attempts that were allowed, and of which it is not known yet how they ended.
    pending: u16,
    locked: bool,
}

impl Record {
    const EMPTY: Self = Self {
        key: 0,
        since: Instant::ZERO,
        until: Instant::ZERO,
        failures: 0,
        pending: 0,
        locked: false,
    };

    const fn level(&self) -> u16 {
        self.failures.saturating_add(self.pending)
    }

    /// Whether nothing is known that would matter.
    fn is_empty(&self) -> bool {
        self.level() == 0 && self.until == Instant::ZERO
    }

    /// What goes first where there is no room is the least.
    const fn severity(&self) -> (bool, u16, Instant) {
        (self.locked, self.level(), self.until)
    }

    /// Forgets what is due.
    fn forget(&mut self, now: Instant, rule: &Rule) {
        if self.until <= now {
            (self.until, self.locked) = (Instant::ZERO, false);
        }
        let step = rule.config.forget_after;
        let passed = now.saturating_since(self.since).as_micros();
        let steps = passed.checked_div(step.as_micros()).unwrap_or(u128::MAX);
        let steps = u16::try_from(steps).unwrap_or(u16::MAX);
        let of_pending = steps.saturating_sub(self.failures);
        self.failures = self.failures.saturating_sub(steps);
        // An attempt of which nobody ever says how it ended.
        self.pending = self.pending.saturating_sub(of_pending);
        self.since = if self.level() == 0 {
            now
        } else {
            self.since + step.saturating_mul(steps.into())
        };
    }

    fn decide(&self, now: Instant, rule: &Rule) -> Decision {
        if now < self.until {
            return if self.locked {
                Decision::Locked(self.until)
            } else {
                Decision::Delay(self.until)
            };
        }
        // As many at once as may fail. When a lock is over that is one.
        let is_full = rule.lock_after != 0 && self.level() >= rule.lock_after;
        if is_full && self.pending > 0 {
            return Decision::Delay(now + TURN);
        }
        Decision::Allow
    }

    fn failed(&mut self, now: Instant, rule: &Rule) {
        self.pending = self.pending.saturating_sub(1);
        self.failures = self.failures.saturating_add(1);
        let wait = if rule.lock_after != 0 && self.failures >= rule.lock_after {
            self.failures = rule.lock_after;
            self.locked = true;
            rule.config.lock_time
        } else {
            rule.delay(self.failures)
        };
        self.until = self.until.max(now + wait);
    }

    /// It makes room: attempts of which it is not known yet how they ended count as failures, for it will not be found when
    /// it is.
    fn retire(&mut self, now: Instant, rule: &Rule) {
        if let Some(but_one) = self.pending.checked_sub(1) {
            self.failures = self.failures.saturating_add(but_one);
            self.pending = 0;
            self.failed(now, rule);
        }
    }

    /// Becomes one that is as severe as either.
    fn merge(&mut self, other: &Self) {
        self.failures = self.failures.max(other.failures);
        self.since = self.since.max(other.since);
        self.until = self.until.max(other.until);
        self.locked |= other.locked;
    }
}

#[derive(Clone)]
pub(super) struct Table<const N: usize> {
    records: [Record; N],
    /// All that had to make room, as one: what is held against whoever is not in the table.
    others: Record,
}

impl<const N: usize> Table<N> {
    pub(super) const fn new() -> Self {
        Self {
            records: [Record::EMPTY; N],
            others: Record::EMPTY,
        }
    }

    pub(super) fn decide(&mut self, now: Instant, key: u64, rule: &Rule) -> Decision {
        let record = match self.find(key) {
            Some(record) => record,
            None => &mut self.others,
        };
        record.forget(now, rule);
        record.decide(now, rule)
    }

    /// An attempt is made.
    pub(super) fn charge(&mut self, now: Instant, key: u64, rule: &Rule) {
        let record = self.record(now, key, rule);
        record.pending = record.pending.saturating_add(1);
    }

    pub(super) fn failed(&mut self, now: Instant, key: u64, rule: &Rule) {
        self.record(now, key, rule).failed(now, rule);
    }

    /// An attempt counts no more.
    pub(super) fn withdrawn(&mut self, now: Instant, key: u64, rule: &Rule) {
        if let Some(record) = self.find(key) {
            record.forget(now, rule);
            record.pending = record.pending.saturating_sub(1);
        }
    }

    pub(super) fn clear(&mut self, key: u64) {
        if let Some(record) = self.find(key) {
            *record = Record::EMPTY;
        }
    }

    fn find(&mut self, key: u64) -> Option<&mut Record> {
        // One that is empty says nothing, whatever its key.
        self.records
            .iter_mut()
            .find(|record| record.key == key && !record.is_empty())
    }

    /// The record of `key`, which is made if there is none.
    fn record(&mut self, now: Instant, key: u64, rule: &Rule) -> &mut Record {
        self.others.forget(now, rule);
        let mut place = None;
        let mut least = None;
        for (at, record) in self.records.iter_mut().enumerate() {
            record.forget(now, rule);
            if record.key == key && !record.is_empty() {
                place = Some(at);
                break;
            }
            let severity = (!record.is_empty(), record.severity());
            if least.is_none_or(|(_, least)| severity < least) {
                least = Some((at, severity));
            }
        }
        let is_new = place.is_none();
        let at = place.or(least.map(|(at, _)| at));
        match at.and_then(|at| self.records.get_mut(at)) {
            Some(record) => {
                if is_new {
                    if !record.is_empty() {
                        record.retire(now, rule);
                        self.others.merge(record);
                    }
                    *record = Record { key, ..self.others };
                }
                record
            }
            None => &mut self.others,
        }
    }
}
