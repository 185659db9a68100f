//! A guard against those who try one password after the other, for the side that lets others in.
//!
//! It remembers failures by source address and by user, in bounded memory, and says of each attempt whether it may be made
//! now. After a failure the next attempt has to wait, after each further one longer, and after a number of them source or
//! user are locked for a time. Every failure is best answered after the same time, whatever it was, and [`Guard::failed`]
//! says when.
//!
//! ```
//! use pptp_ppp::Instant;
//! use pptp_ppp::guard::{Decision, Guard, GuardConfig};
//! use core::net::{IpAddr, Ipv4Addr};
//!
//! let secret = [7; 16]; // From a cryptographic source.
//! let mut guard = Guard::<64, 64>::new(GuardConfig::default(), secret);
//! let (source, user) = (IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), b"alice");
//!
//! let now = Instant::from_millis(0);
//! assert_eq!(guard.check(now, source, user), Decision::Allow);
//! // The password is looked at, and wrong.
//! let answer = guard.failed(now, source, user);
//! assert_eq!(answer, Instant::from_millis(1000));
//! let again = Instant::from_millis(500);
//! assert_eq!(guard.check(again, source, user), Decision::Delay(Instant::from_millis(1000)));
//! ```
//!
//! # What it bounds
//!
//! * Of one source, or one user, at most `lock_after` attempts are let through, then one for each `forget_after` or
//!   `lock_time` that goes by, whichever are more: also if several are made at once, and however others fail meanwhile.
//! * Memory: 32 octets for each of `SOURCES` and `USERS`. Where there are more than fit, those with the fewest failures make
//!   room, but nothing is forgotten: what they had, attempts under way counted as failures, is from then on held against
//!   everybody who is not in the table, so that nobody gets rid of a lock or of a failure by having others fail. **The price
//!   is paid by the innocent**: `SOURCES` times `lock_after` failures, within the time in which they are forgotten, lock out
//!   all sources that are not in the table, and `USERS` times as many all users. Take tables that are larger than that is
//!   likely to be.
//! * Time: each call goes once through both tables.
//!
//! # What it does not do
//!
//! * Who knows a user's name can have that user locked out for a time. Where that is worse than guessed passwords, set
//!   `user_lock_after` to 0, which leaves the delays.
//! * All behind one NAT are one source. A success does not clear it, for otherwise a guesser who has an account of their
//!   own would log in to it now and then.
//! * Captured exchanges are searched for the password without asking anybody: see the security notes of this crate.

mod table;
#[cfg(test)]
mod tests;

use crate::time::Instant;
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;
use sha1::{Digest as _, Sha1};
use table::{Rule, Table};
use zeroize::Zeroize as _;

/// How strict a [`Guard`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct GuardConfig {
    /// How long the next attempt has to wait after the first failure.
    pub first_delay: Duration,
    /// How many times longer after each further failure.
    pub factor: u32,
    /// The longest wait, but for a lock.
    pub max_delay: Duration,
    /// After how many failures a source is locked; 0: never.
    pub source_lock_after: u16,
    /// After how many failures a user is locked; 0: never.
    pub user_lock_after: u16,
    /// For how long. When it is over, one more failure locks again, unless some have been forgotten meanwhile.
    pub lock_time: Duration,
    /// One failure is forgotten after each such time. Zero: all are, at once.
    pub forget_after: Duration,
    /// How long after it came in a failed attempt is answered.
    pub answer_after: Duration,
}

impl Default for GuardConfig {
    /// A wait of 1, 2, 4 ... 60 seconds; a source is locked after 10 failures and a user after 20, for 15 minutes; one
    /// failure is forgotten each 10 minutes, and each is answered after a second.
    fn default() -> Self {
        Self {
            first_delay: Duration::from_secs(1),
            factor: 2,
            max_delay: Duration::from_secs(60),
            source_lock_after: 10,
            user_lock_after: 20,
            lock_time: Duration::from_secs(15 * 60),
            forget_after: Duration::from_secs(10 * 60),
            answer_after: Duration::from_secs(1),
        }
    }
}

impl GuardConfig {
    /// That of sources, and that of users.
    const fn rules(&self) -> (Rule, Rule) {
        (
            Rule {
                config: *self,
                lock_after: self.source_lock_after,
            },
            Rule {
                config: *self,
                lock_after: self.user_lock_after,
            },
        )
    }
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Decision {
    /// It may. It counts until [`Guard::failed`], [`Guard::succeeded`] or [`Guard::withdrawn`] says how it ended.
    Allow,
    /// Not before this time: there were failures.
    Delay(Instant),
    /// Not before this time: there were too many failures.
    Locked(Instant),
}

/// Counts failures: see the [module](self).
///
/// Any call order is safe. A function of its configuration, its secret and its inputs; `Clone`.
#[derive(Clone)]
pub struct Guard<const SOURCES: usize, const USERS: usize> {
    config: GuardConfig,
    secret: [u8; 16],
    sources: Table<SOURCES>,
    users: Table<USERS>,
}

impl<const SOURCES: usize, const USERS: usize> Guard<SOURCES, USERS> {
    /// A guard that knows of no failures.
    ///
    /// `secret` is to come from a cryptographic source: addresses and names are kept as a hash with it, so that nobody can
    /// choose some that are taken for each other, or find out from memory who failed.
    #[must_use]
    pub const fn new(config: GuardConfig, secret: [u8; 16]) -> Self {
        Self {
            config,
            secret,
            sources: Table::new(),
            users: Table::new(),
        }
    }

    /// An attempt comes from `source`, to be `user`. What is not allowed is best answered as a wrong password would be, at
    /// [`Guard::answer_at`] and without a look at what was presented; it does not count.
    ///
    /// Addresses of IPv6 are taken by their first 64 bits, and those that hold one of IPv4 as that. Users are told apart by
    /// all octets of their names: pass the name of the account, not the ways in which a domain or a case may be written.
    pub fn check(&mut self, now: Instant, source: IpAddr, user: &[u8]) -> Decision {
        let decision = self.peek(now, source, user);
        if decision == Decision::Allow {
            let (source, user) = self.keys(source, user);
            let (of_sources, of_users) = self.config.rules();
            self.sources.charge(now, source, &of_sources);
            self.users.charge(now, user, &of_users);
        }
        decision
    }

    /// What [`Guard::check`] would say, without an attempt being made: for a log, say.
    pub fn peek(&mut self, now: Instant, source: IpAddr, user: &[u8]) -> Decision {
        let (source, user) = self.keys(source, user);
        let (of_sources, of_users) = self.config.rules();
        let of_source = self.sources.decide(now, source, &of_sources);
        of_source.max(self.users.decide(now, user, &of_users))
    }

    /// The attempt failed: the password is wrong, or there is no such user. Gives the time at which that is to be answered.
    ///
    /// Where finding out took time, pass the time at which the attempt came in, so that the answer does not tell how long.
    pub fn failed(&mut self, now: Instant, source: IpAddr, user: &[u8]) -> Instant {
        let (source, user) = self.keys(source, user);
        let (of_sources, of_users) = self.config.rules();
        self.sources.failed(now, source, &of_sources);
        self.users.failed(now, user, &of_users);
        self.answer_at(now)
    }

    /// The attempt succeeded: the failures of the user are forgotten, those of the source are not.
    pub fn succeeded(&mut self, now: Instant, source: IpAddr, user: &[u8]) {
        let (source, user) = self.keys(source, user);
        let (of_sources, _) = self.config.rules();
        self.sources.withdrawn(now, source, &of_sources);
        self.users.clear(user);
    }

    /// It was not found out whether the attempt is right: the link broke, or whoever had to say did not answer.
    pub fn withdrawn(&mut self, now: Instant, source: IpAddr, user: &[u8]) {
        let (source, user) = self.keys(source, user);
        let (of_sources, of_users) = self.config.rules();
        self.sources.withdrawn(now, source, &of_sources);
        self.users.withdrawn(now, user, &of_users);
    }

    /// When an attempt that came in at `now` is answered if it is refused, for whatever reason.
    #[must_use]
    pub fn answer_at(&self, now: Instant) -> Instant {
        now + self.config.answer_after
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &GuardConfig {
        &self.config
    }

    fn keys(&self, source: IpAddr, user: &[u8]) -> (u64, u64) {
        let source = match source.to_canonical() {
            IpAddr::V4(address) => self.key(b'4', &address.octets()),
            IpAddr::V6(address) => {
                let [network @ .., _, _, _, _, _, _, _, _] = address.octets();
                self.key(b'6', &network)
            }
        };
        (source, self.key(b'u', user))
    }

    fn key(&self, kind: u8, name: &[u8]) -> u64 {
        let digest: [u8; 20] = Sha1::new()
            .chain_update(self.secret)
            .chain_update([kind])
            .chain_update(name)
            .finalize()
            .into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

impl<const SOURCES: usize, const USERS: usize> Drop for Guard<SOURCES, USERS> {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl<const SOURCES: usize, const USERS: usize> fmt::Debug for Guard<SOURCES, USERS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
