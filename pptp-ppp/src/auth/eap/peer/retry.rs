//! What comes after a Failure of EAP-MSCHAPv2: another try, another password, or nothing.

use super::{Peer, Reply, Timer};
use crate::auth::Identity;
use crate::auth::eap::room::EapRoom;
use crate::auth::machine::Step;
use crate::auth::mschapv2::{self, ChangeRoom, RetryError, Wanted};
use crate::event::DownReason;
use crate::random::Random;
use crate::time::Instant;

impl<C: ChangeRoom, R: EapRoom> Peer<C, R> {
    /// What the authenticator would take after the Failure that came last. `None`: nothing.
    #[must_use]
    pub fn wanted(&self) -> Option<Wanted<'_>> {
        self.inner.wanted()
    }

    /// Somebody is asked, and takes the time that people need.
    pub fn ask(&mut self, now: Instant) {
        if self.wanted().is_some() {
            let until = now + mschapv2::Peer::RETRY_TIMEOUT;
            self.timers.set(Timer::GiveUp, until);
        }
    }

    /// Nobody is asked: the Failure is acknowledged, and that of EAP waited for a little.
    pub fn give_up(&mut self, now: Instant, reason: DownReason) -> Step {
        if self.wanted().is_none() {
            return Step::Nothing;
        }
        self.await_failure(now, reason)
    }

    /// Tries again as `who`: see [`mschapv2::Peer::retry`].
    ///
    /// # Errors
    /// [`RetryError::NotWanted`] if [`Peer::wanted`] does not say that another try is allowed.
    pub fn retry(
        &mut self,
        now: Instant,
        who: &impl Identity,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        self.inner.retry(now, who, random)?;
        self.try_again(now);
        Ok(())
    }

    /// Asks for the password to be changed from that of `old` to that of `new`: see [`mschapv2::Peer::change_password`].
    ///
    /// # Errors
    /// [`RetryError::NotWanted`] if [`Peer::wanted`] does not say that a change is allowed, and [`RetryError::TooLong`].
    pub fn change_password<I: Identity>(
        &mut self,
        now: Instant,
        old: &I,
        new: &I,
        password: &str,
        random: &mut Random,
    ) -> Result<(), RetryError> {
        self.inner
            .change_password(now, old, new, password, random)?;
        self.try_again(now);
        Ok(())
    }

    /// It answers the Failure, so that it has the Identifier of that.
    fn try_again(&mut self, now: Instant) {
        self.reply = Reply::MsChapV2;
        self.pending = true;
        self.timers.set(Timer::GiveUp, now + Peer::TIMEOUT);
    }
}
