//! Who has failed too often to be listened to.

use super::config::ConfigError;
use super::serve::Server;
use pptp_core::ppp::guard::{self, Decision, GuardConfig};
use pptp_core::time::Instant;
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tracing::warn;

/// Room for so many addresses and so many names, those of no user included: 256 KiB.
pub type Guard = guard::Guard<4096, 4096>;

/// The longest time, in milliseconds, after which a failure is answered: a client that hears nothing asks again after three
/// seconds, and a link that ends is over after six.
const LONGEST_ANSWER: u32 = 2500;

/// Why somebody is not listened to.
pub const TOO_MANY: &str = "there were too many failures";

/// How strict to be, as the file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// Seconds to wait after the first failure.
    pub first_delay: u32,
    /// How many times as long after each further one.
    pub factor: u32,
    /// Seconds to wait at most.
    pub max_delay: u32,
    /// The failures after which an address is locked out.
    pub source_lock_after: u16,
    /// The failures after which a user is.
    pub user_lock_after: u16,
    /// For how many seconds.
    pub lock_time: u32,
    /// In how many seconds one failure is forgotten.
    pub forget_after: u32,
    /// Milliseconds after which a failure is answered.
    pub answer_after: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            first_delay: 1,
            factor: 2,
            max_delay: 60,
            source_lock_after: 10,
            user_lock_after: 20,
            lock_time: 900,
            forget_after: 600,
            answer_after: 1000,
        }
    }
}

impl Settings {
    /// The library's configuration.
    #[must_use]
    pub fn config(&self) -> GuardConfig {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        GuardConfig {
            first_delay: seconds(self.first_delay),
            factor: self.factor,
            max_delay: seconds(self.max_delay),
            source_lock_after: self.source_lock_after,
            user_lock_after: self.user_lock_after,
            lock_time: seconds(self.lock_time),
            forget_after: seconds(self.forget_after),
            answer_after: Duration::from_millis(self.answer_after.into()),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.answer_after > LONGEST_ANSWER {
            return Err(ConfigError::new(format!(
                "guard: answer-after is {} ms, and clients give up after {LONGEST_ANSWER}",
                self.answer_after
            )));
        }
        Ok(())
    }
}

/// How an attempt to log in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It was right.
    Right,
    /// It was wrong, or of nobody.
    Wrong,
    /// It was not looked at, because of earlier ones.
    Refused,
    /// It was not looked at, for reasons of our own.
    NotJudged,
}

impl Server {
    /// Whether an attempt to be `user` may be made. If so, [`Server::attempted`] has to be told how it ends.
    pub(super) fn may_attempt(&mut self, now: Instant, source: Ipv4Addr, user: &[u8]) -> bool {
        self.guard.check(now, IpAddr::V4(source), user) == Decision::Allow
    }

    /// An attempt has ended that `came` at that time. What is wrong is answered a while after it came, which is the same
    /// whatever is wrong with it.
    pub(super) fn attempted(
        &mut self,
        now: Instant,
        came: Instant,
        place: usize,
        user: &[u8],
        how: Attempt,
    ) {
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        let source = IpAddr::V4(*tunnel.peer.ip());
        match how {
            Attempt::Right => self.guard.succeeded(now, source, user),
            Attempt::NotJudged => self.guard.withdrawn(now, source, user),
            Attempt::Refused => tunnel.silent_until = Some(self.guard.answer_at(came)),
            Attempt::Wrong => {
                tunnel.silent_until = Some(self.guard.failed(came, source, user));
                if let Decision::Locked(until) = self.guard.peek(now, source, user) {
                    let seconds = until.saturating_since(now).as_secs();
                    let (session, peer) = (tunnel.number, tunnel.peer);
                    let user = pptp_core::ppp::wire::Text(user);
                    warn!(session, %peer, %user, seconds, "locked out: {TOO_MANY}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_librarys() {
        assert_eq!(Settings::default().config(), GuardConfig::default());
    }

    #[test]
    fn an_answer_may_not_take_too_long() {
        let settings = |answer_after| Settings {
            answer_after,
            ..Settings::default()
        };
        assert!(settings(LONGEST_ANSWER).check().is_ok());
        let error = settings(LONGEST_ANSWER + 1).check().unwrap_err();
        assert!(error.to_string().starts_with("guard: answer-after is 2501"));
    }
}
