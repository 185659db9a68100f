//! What the caller says who has a method of EAP of its own.

use super::{Phase, Ppp};
use crate::auth::eap::{EapAnswer, EapError};
use crate::auth::{AuthId, Grant};
use crate::networks::sealed::NetworksLayer;
use crate::profile::Profile;
use crate::suite::sealed::SuiteLayer;
use crate::time::Instant;
use pptp_mppe::StartKeys;

impl<P: Profile> Ppp<P> {
    /// Answers [`Event::Eap`](crate::Event::Eap) with the packet of EAP that is to be sent.
    ///
    /// To a Request: a Response, with the Identifier of the Request. To a Response: the next Request, with an Identifier of
    /// the caller's that is not that of the one before; or a Success, which lets the peer in; or a Failure, after which the
    /// link ends; these two with the Identifier of the Response. A RADIUS server's packets are fit to be sent as they are.
    /// Requests are sent again for as long as there is no Response, and a Request that comes again gets the same Response
    /// again: the caller sees each once.
    ///
    /// # Errors
    /// [`EapError`] if it was not taken. Nothing has happened then.
    pub fn eap_reply(&mut self, now: Instant, id: AuthId, packet: &[u8]) -> Result<(), EapError> {
        self.eap_answer(now, id, &EapAnswer::Reply(packet))
    }

    /// The caller's method is through, as far as it can tell, and these are the keys for MPPE, if it has any: those of
    /// [`StartKeys::from_msk`], or what a RADIUS server sent.
    ///
    /// To a Request: a Success is believed from now on. It may come before or after the reply, until there is another Request.
    /// To a Response: before the reply that is a Success. `grant` is what the user gets.
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
        self.eap_answer(now, id, &EapAnswer::Keys(keys))?;
        self.grant(grant);
        Ok(())
    }

    /// Answers [`Event::Eap`](crate::Event::Eap): it is for none of the caller's methods.
    ///
    /// To the first Request of a method: it is answered with a Nak that names those built in. (A Nak that names others as
    /// well is a packet for [`Ppp::eap_reply`].) To an Identity or a Nak: the methods that are built in go on with it, those
    /// that the Nak names.
    ///
    /// # Errors
    /// [`EapError::NotWanted`] if nothing waits for it, or a method has begun.
    pub fn eap_decline(&mut self, now: Instant, id: AuthId) -> Result<(), EapError> {
        self.eap_answer(now, id, &EapAnswer::Decline)
    }

    /// The other end is not who it should be, such as a server whose certificate is another's: the link ends with
    /// [`DownReason::PeerNotTrusted`](crate::DownReason::PeerNotTrusted) or, if it was the peer who was to prove itself,
    /// with a Failure and [`DownReason::PeerRejected`](crate::DownReason::PeerRejected).
    ///
    /// To a Request it may come before or after a reply that says so in the method's own way; a Failure is waited for a
    /// little.
    ///
    /// # Errors
    /// [`EapError::NotWanted`] if nothing waits for it, or not any more.
    pub fn eap_distrust(&mut self, now: Instant, id: AuthId) -> Result<(), EapError> {
        self.eap_answer(now, id, &EapAnswer::Distrust)
    }

    fn eap_answer(
        &mut self,
        now: Instant,
        id: AuthId,
        answer: &EapAnswer<'_>,
    ) -> Result<(), EapError> {
        if !matches!(self.phase, Phase::Authenticate | Phase::Network) {
            return Err(EapError::NotWanted);
        }
        self.auth.eap_answer(now, id, answer, &mut self.random)?;
        self.follow(now);
        Ok(())
    }

    /// Gives the peer what its user is to have.
    pub(super) fn grant(&mut self, grant: Grant) {
        if let Some(address) = grant.address {
            self.networks.assign(address);
        }
        if let Some(policy) = grant.mppe {
            self.suite.set_policy(policy);
        }
        if let Some(mppc) = grant.mppc {
            self.suite.set_mppc(mppc);
        }
    }
}
