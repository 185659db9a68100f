//! What comes of an attempt to log in: what the client is told, and what the guard is.

use super::guarding::Attempt;
use super::serve::Server;
use super::users::User;
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::mschap::without_domain;
use pptp_core::ppp::wire::eap::Code;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_core::ppp::{AuthId, Grant, StartKeys, Verdict};
use pptp_core::time::Instant;
use std::rc::Rc;
use tracing::debug;

/// What is to be made of an attempt to log in.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    /// To be given back.
    pub id: AuthId,
    /// When it came.
    pub came: Instant,
    /// Who it is, as the guard knows it.
    pub account: &'a [u8],
    /// What the client is told.
    pub told: Told<'a>,
    /// What the guard is.
    pub attempt: Attempt,
    /// What encryption there has to be, if not as for all.
    pub mppe: Option<MppePolicy>,
    /// Who it is.
    pub user: Option<Rc<User>>,
}

/// What a client is told.
#[derive(Debug)]
pub(super) enum Told<'a> {
    /// A verdict on what it has presented.
    Verdict(Verdict<'a>),
    /// In EAP: with the identifier of its packet.
    Eap {
        /// That of its packet.
        identifier: u8,
        /// Whether it is let in.
        is_in: bool,
        /// The keys of MPPE.
        keys: Option<StartKeys>,
    },
}

impl Told<'_> {
    /// Whether it is let in.
    const fn lets_in(&self) -> bool {
        match self {
            Self::Verdict(verdict) => !matches!(verdict, Verdict::Reject { .. }),
            Self::Eap { is_in, .. } => *is_in,
        }
    }
}

impl Server {
    /// Tells the client, and the guard.
    pub(super) fn conclude(&mut self, now: Instant, place: usize, judged: Judged<'_>) {
        self.tell(
            now,
            place,
            (judged.id, judged.told),
            judged.mppe,
            judged.user,
        );
        self.attempted(now, judged.came, place, judged.account, judged.attempt);
    }

    /// Tells the client alone.
    pub(super) fn tell(
        &mut self,
        now: Instant,
        place: usize,
        (id, told): (AuthId, Told<'_>),
        mppe: Option<MppePolicy>,
        user: Option<Rc<User>>,
    ) {
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        let session = &mut tunnel.session;
        let grant = Grant {
            address: tunnel.address,
            mppe,
            mppc: user.as_ref().and_then(|user| user.mppc),
        };
        let is_in = told.lets_in();
        tunnel.user = user;
        match told {
            Told::Verdict(verdict) => session.authorize(now, id, &verdict, grant),
            Told::Eap {
                identifier,
                is_in,
                keys,
            } => {
                let code = if is_in { Code::SUCCESS } else { Code::FAILURE };
                let told = if is_in {
                    session.eap_keys(now, id, keys, grant)
                } else {
                    Ok(())
                };
                let packet = [code.0, identifier, 0, 4];
                if let Err(error) = told.and_then(|()| session.eap_reply(now, id, &packet)) {
                    debug!(session = tunnel.number, %error, "EAP");
                }
            }
        }
        if !is_in {
            // Whoever merely knows a name must not keep an address while the link ends.
            self.take_back_address(place);
        }
    }
}

/// A verdict that refuses.
pub(super) const fn reject(error: ErrorCode, retry: bool) -> Verdict<'static> {
    Verdict::Reject {
        error,
        retry,
        message: b"",
    }
}

/// The account of whoever presents `name` and is none of the users: whatever is in front, and however it is written.
pub(super) fn account_of(name: &[u8]) -> String {
    String::from_utf8_lossy(without_domain(name)).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else whoever guesses would have as many attempts as there are ways to write a name.
    #[test]
    fn an_account_is_one_however_it_is_written() {
        for name in ["alice", "ALICE", r"OFFICE\Alice"] {
            assert_eq!(account_of(name.as_bytes()), "alice", "{name}");
        }
        assert_eq!(account_of("Ä".as_bytes()), "ä");
        assert_eq!(account_of(b"\xff"), "\u{fffd}");
    }

    #[test]
    fn what_refuses_lets_nobody_in() {
        let refused = Told::Verdict(reject(ErrorCode::AuthenticationFailure, true));
        let proof = Verdict::AcceptWith {
            authenticator_response: [0; 20],
            keys: None,
        };
        assert!(!refused.lets_in() && Told::Verdict(proof).lets_in());
        for is_in in [false, true] {
            let (identifier, keys) = (0, None);
            let told = Told::Eap {
                identifier,
                is_in,
                keys,
            };
            assert_eq!(told.lets_in(), is_in);
        }
    }
}
