//! What the caller answers: whether a call is taken, and who somebody is.

use super::{Events, Pac, Session};
use crate::control::{CallAnswer, CallError, IncomingAnswer};
use crate::wire::{GeneralError, IncomingCallResult, OutgoingCallResult};
use pptp_ppp::auth::{AuthId, Grant, Verdict};
use pptp_ppp::{Credentials, EapError, Instant, Ppp, Profile, RetryError, StartKeys};

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

    /// Has the other end prove once more who it is, while packets go on passing: see [`Ppp::reauthenticate`]. `false`: it
    /// cannot be asked.
    pub fn reauthenticate(&mut self, now: Instant) -> bool {
        self.carrier && self.ppp.reauthenticate(now)
    }

    /// Answers [`pptp_ppp::Event::PasswordWanted`] with another name or password: see [`Ppp::retry`].
    ///
    /// # Errors
    /// [`RetryError::NotWanted`] if the peer would not take it, or not any more. Nothing has happened then.
    pub fn retry(&mut self, now: Instant, credentials: Credentials) -> Result<(), RetryError> {
        self.while_called(|ppp| ppp.retry(now, credentials), RetryError::NotWanted)
    }

    /// Answers [`pptp_ppp::Event::PasswordWanted`] with a new password for the account: see [`Ppp::change_password`].
    ///
    /// # Errors
    /// [`RetryError`] if the peer would not take it, or not any more, or if it is too long. Nothing has happened then.
    pub fn change_password(&mut self, now: Instant, password: &str) -> Result<(), RetryError> {
        self.while_called(
            |ppp| ppp.change_password(now, password),
            RetryError::NotWanted,
        )
    }

    /// Answers [`pptp_ppp::Event::Eap`] with the packet that is to be sent: see [`Ppp::eap_reply`].
    ///
    /// # Errors
    /// [`EapError`] if it was not taken. Nothing has happened then.
    pub fn eap_reply(&mut self, now: Instant, id: AuthId, packet: &[u8]) -> Result<(), EapError> {
        self.of_eap(now, |ppp| ppp.eap_reply(now, id, packet))
    }

    /// A method of the caller's is through, and these are its keys, if it has any: see [`Ppp::eap_keys`].
    ///
    /// # Errors
    /// [`EapError::NotWanted`] if nothing waits for it, or not any more.
    pub fn eap_keys(
        &mut self,
        now: Instant,
        id: AuthId,
        keys: Option<StartKeys>,
        grant: Grant,
    ) -> Result<(), EapError> {
        self.of_eap(now, |ppp| ppp.eap_keys(now, id, keys, grant))
    }

    /// Answers [`pptp_ppp::Event::Eap`]: it is for none of the caller's methods. See [`Ppp::eap_decline`].
    ///
    /// # Errors
    /// [`EapError::NotWanted`] if nothing waits for it, or a method has begun.
    pub fn eap_decline(&mut self, now: Instant, id: AuthId) -> Result<(), EapError> {
        self.of_eap(now, |ppp| ppp.eap_decline(now, id))
    }

    /// The other end of EAP is not who it should be: see [`Ppp::eap_distrust`].
    ///
    /// # Errors
    /// [`EapError::NotWanted`] if nothing waits for it, or not any more.
    pub fn eap_distrust(&mut self, now: Instant, id: AuthId) -> Result<(), EapError> {
        self.of_eap(now, |ppp| ppp.eap_distrust(now, id))
    }

    fn of_eap(
        &mut self,
        now: Instant,
        answer: impl FnOnce(&mut Ppp<P>) -> Result<(), EapError>,
    ) -> Result<(), EapError> {
        let taken = self.while_called(answer, EapError::NotWanted);
        self.follow(now);
        taken
    }

    fn while_called<E>(
        &mut self,
        answer: impl FnOnce(&mut Ppp<P>) -> Result<(), E>,
        otherwise: E,
    ) -> Result<(), E> {
        if self.carrier {
            answer(&mut self.ppp)
        } else {
            Err(otherwise)
        }
    }
}

impl<P: Profile> Session<P, Pac> {
    /// Accepts the call of an [`Event::CallRequested`](crate::Event::CallRequested).
    ///
    /// # Errors
    /// If there is no such call, or if the answer's call id is in use on this connection.
    pub fn accept_call(&mut self, now: Instant, answer: CallAnswer) -> Result<(), CallError> {
        self.control.accept_call(now, 0, answer)?;
        self.events.remove(Events::CALL_REQUESTED);
        self.follow(now);
        Ok(())
    }

    /// Refuses the call of an [`Event::CallRequested`](crate::Event::CallRequested), which ends the tunnel.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn refuse_call(
        &mut self,
        now: Instant,
        result: OutgoingCallResult,
        error: GeneralError,
    ) -> Result<(), CallError> {
        let refused = self.control.refuse_call(now, 0, result, error);
        self.follow(now);
        refused
    }

    /// Takes the call of an [`Event::IncomingCall`](crate::Event::IncomingCall). It is established once the access
    /// concentrator has answered the line.
    ///
    /// # Errors
    /// If there is no such call, or if the answer's call id is in use on this connection.
    pub fn accept_incoming(
        &mut self,
        now: Instant,
        answer: IncomingAnswer,
    ) -> Result<(), CallError> {
        self.control.accept_incoming(now, 0, answer)?;
        self.events.remove(Events::CALL_REQUESTED);
        self.follow(now);
        Ok(())
    }

    /// Does not take the call of an [`Event::IncomingCall`](crate::Event::IncomingCall), which ends the tunnel.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn refuse_incoming(
        &mut self,
        now: Instant,
        result: IncomingCallResult,
        error: GeneralError,
    ) -> Result<(), CallError> {
        let refused = self.control.refuse_incoming(now, 0, result, error);
        self.follow(now);
        refused
    }
}
