//! What the caller answers when it was asked who somebody is.

use super::Session;
use pptp_ppp::auth::{AuthId, Grant, Verdict};
use pptp_ppp::{Credentials, Instant, Ppp, Profile, RetryError};

impl<P: Profile, R> Session<P, R> {
    /// Answers [`pptp_ppp::Event::AuthRequested`]. An answer to a request that is not open any more is ignored.
    pub fn authorize(
        &mut self,
        now: Instant,
        request: AuthId,
        verdict: &Verdict<'_>,
        grant: Grant,
    ) {
        if self.carrier {
            self.ppp.authorize(now, request, verdict, grant);
            self.follow(now);
        }
    }

    /// Answers [`pptp_ppp::Event::PasswordWanted`] with another name or password: see [`Ppp::retry`].
    ///
    /// # Errors
    /// [`RetryError::NotWanted`] if the peer would not take it, or not any more. Nothing has happened then.
    pub fn retry(&mut self, now: Instant, credentials: Credentials) -> Result<(), RetryError> {
        self.while_called(|ppp| ppp.retry(now, credentials))
    }

    /// Answers [`pptp_ppp::Event::PasswordWanted`] with a new password for the account: see [`Ppp::change_password`].
    ///
    /// # Errors
    /// [`RetryError`] if the peer would not take it, or not any more, or if it is too long. Nothing has happened then.
    pub fn change_password(&mut self, now: Instant, password: &str) -> Result<(), RetryError> {
        self.while_called(|ppp| ppp.change_password(now, password))
    }

    fn while_called(
        &mut self,
        answer: impl FnOnce(&mut Ppp<P>) -> Result<(), RetryError>,
    ) -> Result<(), RetryError> {
        if self.carrier {
            answer(&mut self.ppp)
        } else {
            Err(RetryError::NotWanted)
        }
    }
}
