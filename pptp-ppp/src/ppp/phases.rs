//! From one phase to the next (RFC 1661 §3.2): what one layer has come to, carried over to the others.

use super::{Events, Phase, Ppp};
use crate::auth;
use crate::automaton::{Actions, State};
use crate::event::DownReason;
use crate::log::debug;
use crate::networks::Network;
use crate::networks::sealed::NetworksLayer;
use crate::profile::Profile;
use crate::suite::sealed::{self as suite, SuiteLayer};
use crate::time::Instant;

impl<P: Profile> Ppp<P> {
    /// A text came: one that came before it, and was not told, is gone.
    pub(super) fn tell_text(&mut self, event: Events) {
        self.events
            .remove(Events::IDENTIFICATION | Events::TIME_REMAINING);
        self.events |= event;
    }

    /// Ends the link for `reason`, unless it is ending already.
    pub(super) fn fail(&mut self, now: Instant, reason: DownReason) {
        match self.phase {
            Phase::Dead => {
                self.phase = Phase::Down;
                self.down_reason = Some(reason);
                self.events |= Events::DOWN;
            }
            Phase::Establish | Phase::Authenticate | Phase::Network => {
                let reason = self.cause_of(reason);
                debug!("link fails: {:?}", reason);
                self.down_reason = Some(reason);
                self.stop_upper_layers(now);
                self.phase = Phase::Terminate;
                self.lcp.close(now);
            }
            Phase::Terminate | Phase::Down => {}
        }
    }

    /// What is behind `reason`: a peer that has refused us goes, although it said that it would wait.
    fn cause_of(&self, reason: DownReason) -> DownReason {
        match (reason, self.auth.wanted()) {
            (
                DownReason::PeerClosed | DownReason::PeerLost | DownReason::NoAgreement,
                Some(wanted),
            ) => DownReason::AuthenticationFailed(wanted.error),
            _ => reason,
        }
    }

    pub(super) fn stop_upper_layers(&mut self, now: Instant) {
        self.auth.lower_layer_down();
        self.suite.lower_layer_down(now);
        self.networks.lower_layer_down(now);
        // What they had to tell does not hold any more.
        self.events.remove(
            Events::AUTH_REQUESTED
                | Events::PASSWORD_WANTED
                | Events::EAP_NOTIFICATION
                | Events::EAP_REQUEST
                | Events::EAP_RESPONSE
                | Events::AUTHENTICATED
                | Events::ENCRYPTION
                | Events::COMPRESSION,
        );
    }

    /// Carries what one layer has come to over to the next.
    pub(super) fn follow(&mut self, now: Instant) {
        self.follow_lcp(now);
        if self.phase == Phase::Authenticate {
            self.follow_auth(now);
        }
        if self.phase == Phase::Network {
            self.follow_network(now);
        }
        // What was decided above may have ended the link.
        self.follow_lcp(now);
        let ready = self.is_up(Network::Ipv4);
        if core::mem::replace(&mut self.ipv4_ready, ready) != ready {
            if ready {
                self.was_up = true;
                self.events |= Events::IPV4_UP;
            } else if self.events.contains(Events::IPV4_UP) {
                self.events.remove(Events::IPV4_UP);
            } else {
                self.events |= Events::IPV4_DOWN;
            }
        }
    }

    pub(super) fn follow_lcp(&mut self, now: Instant) {
        let signals = self.lcp.take_signals(now);
        if self.lcp.peer_terminated() && self.phase < Phase::Terminate {
            // In the midst of negotiation too: a peer that goes then does not come back.
            self.tell_text(Events::PEER_TERMINATES);
            self.fail(now, self.reason_of_peer());
        } else if signals.contains(Actions::TLD) && self.phase < Phase::Terminate {
            if self.was_up {
                self.fail(now, DownReason::Renegotiated);
            } else {
                self.stop_upper_layers(now);
                self.phase = Phase::Establish;
            }
        }
        if signals.contains(Actions::TLU) && self.phase == Phase::Establish && self.lcp.is_opened()
        {
            self.start_authentication(now);
        }
        if self.lcp.policy().is_looped_back() {
            self.fail(now, DownReason::LoopedBack);
        }
        if self.lcp.policy().is_auth_refused() {
            self.fail(now, DownReason::PeerRefusesAuthentication);
        }
        if self.lcp.is_peer_lost() {
            self.fail(now, DownReason::PeerLost);
        }
        let over = matches!(self.lcp.state(), State::Closed | State::Stopped);
        if over && self.phase != Phase::Down && self.phase != Phase::Dead {
            let reason = self
                .down_reason
                .unwrap_or_else(|| self.cause_of(self.reason_of_peer()));
            debug!("link down: {:?}", reason);
            self.down_reason = Some(reason);
            self.stop_upper_layers(now);
            self.phase = Phase::Down;
            self.events |= Events::DOWN;
        }
    }

    /// Why LCP ended, where it was not our doing.
    pub(super) fn reason_of_peer(&self) -> DownReason {
        if !self.heard {
            DownReason::NothingHeard
        } else if self.lcp.policy().is_peer_auth_refused() && !self.was_up {
            DownReason::CredentialsWanted
        } else if !self.lcp.peer_terminated() {
            DownReason::NoAgreement
        } else if self.suite.has_refused_peer() && !self.was_up {
            DownReason::PeerRequiresEncryption
        } else {
            DownReason::PeerClosed
        }
    }

    pub(super) fn start_authentication(&mut self, now: Instant) {
        debug!("LCP opened");
        self.phase = Phase::Authenticate;
        self.events |= Events::LINK_UP;
        self.auth
            .lower_layer_up(now, self.lcp.policy(), &mut self.random);
    }

    pub(super) fn follow_auth(&mut self, now: Instant) {
        let outcome = self.auth.take_outcome();
        self.tell_message(outcome);
        match outcome {
            auth::Outcome::Failed(reason) => self.fail(now, reason),
            auth::Outcome::Done => {
                let policy = self.lcp.policy();
                if policy.peer_auth().is_some() || policy.own_auth().is_some() {
                    self.events |= Events::AUTHENTICATED;
                }
                debug!("authenticated");
                self.phase = Phase::Network;
                self.suite.lower_layer_up(now, self.auth.keys());
                self.networks.lower_layer_up(now);
            }
            outcome => self.tell_outcome(outcome),
        }
    }

    /// What of authentication is for the caller to see to.
    fn tell_outcome(&mut self, outcome: auth::Outcome) {
        self.events |= match outcome {
            auth::Outcome::Requested => Events::AUTH_REQUESTED,
            auth::Outcome::Wanted => Events::PASSWORD_WANTED,
            auth::Outcome::EapRequest => Events::EAP_REQUEST,
            auth::Outcome::EapResponse => Events::EAP_RESPONSE,
            auth::Outcome::Notified => Events::EAP_NOTIFICATION,
            auth::Outcome::Nothing | auth::Outcome::Done | auth::Outcome::Failed(_) => return,
        };
    }

    /// What the peer said to people when it was through with us.
    fn tell_message(&mut self, outcome: auth::Outcome) {
        let is_answer = matches!(outcome, auth::Outcome::Done | auth::Outcome::Failed(_));
        if is_answer && !self.auth.message().is_empty() {
            self.events |= Events::AUTH_MESSAGE;
        }
    }

    pub(super) fn follow_network(&mut self, now: Instant) {
        match self.suite.take_outcome() {
            suite::Outcome::Nothing => {}
            suite::Outcome::Settled => {
                self.events |= Events::ENCRYPTION;
                if self.suite.compression() != (None, None) {
                    self.events |= Events::COMPRESSION;
                }
                // pppd answers IPCP with Terminate-Acks until it has encryption.
                self.networks.hurry(now);
            }
            // A peer that wanted to know who we are would have given us keys.
            suite::Outcome::Failed(DownReason::NoEncryptionKeys)
                if self.lcp.policy().is_peer_auth_refused() =>
            {
                return self.fail(now, DownReason::CredentialsWanted);
            }
            suite::Outcome::Failed(reason) => return self.fail(now, reason),
        }
        // A peer may authenticate us again at any time (RFC 1994 §4.1), and be found wanting.
        let outcome = self.auth.take_outcome();
        if matches!(outcome, auth::Outcome::Failed(_)) {
            self.tell_message(outcome);
        }
        match outcome {
            auth::Outcome::Failed(reason) => return self.fail(now, reason),
            auth::Outcome::Done => {
                self.events |= Events::AUTHENTICATED;
                // Nothing new follows on it.
                self.auth.settle();
                self.suite.set_keys(self.auth.keys());
            }
            outcome => self.tell_outcome(outcome),
        }
        if self.networks.is_refused() {
            self.fail(now, DownReason::NetworkRefused);
        }
    }
}
