//! Authentication as a bystander sees it: who proved what to whom, and whether it holds for the password.

use pptp_mppe::{MasterKey, Side, StartKey, Strength};
use pptp_ppp::mschap::{Exchange, NtHash, master_key};
use pptp_ppp::wire::{Hex, chap};
use std::collections::HashMap;

use super::control::End;

/// What to verify and decrypt with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Only exchanges of this user are looked at; all, without one. A Windows domain before the name does not count.
    pub user: Option<String>,
    /// The MD4 of the password.
    pub nt_hash: NtHash,
}

/// Whether something is as the password has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There was no password to check with, or no way to.
    NotChecked,
    /// It is.
    Verified,
    /// It is not: another password, or a forgery.
    Wrong,
}

/// How an authentication ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The capture does not show it.
    NotSeen,
    /// The authenticator was content, with its text.
    Success(String),
    /// It was not.
    Failure(String),
}

/// One authentication: a challenge, what was answered, and how that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// Who asked for the proof.
    pub authenticator: End,
    /// The method, such as `MS-CHAPv2`.
    pub method: String,
    /// Who the peer says that it is, printable.
    pub user: String,
    /// Whether the peer's proof is that of the password.
    pub response: Verdict,
    /// Whether the authenticator's proof is.
    pub authenticator_response: Verdict,
    /// How it ended.
    pub outcome: Outcome,
    identifier: u8,
}

impl Authentication {
    /// An authentication that is only named.
    #[must_use]
    pub fn named(authenticator: End, method: String, user: String, outcome: Outcome) -> Self {
        Self {
            authenticator,
            method,
            user,
            response: Verdict::NotChecked,
            authenticator_response: Verdict::NotChecked,
            outcome,
            identifier: 0,
        }
    }
}

/// Watches the CHAP messages of both directions, and those of EAP-MSCHAPv2, which are the same inside.
#[derive(Debug, Default)]
pub struct Watcher {
    credentials: Option<Credentials>,
    challenges: HashMap<(End, u8), Vec<u8>>,
    last: Option<Proof>,
    keys: Option<Keys>,
    /// All authentications, in the order of their responses.
    pub all: Vec<Authentication>,
}

/// A verified MS-CHAPv2 response, to verify what answers it.
#[derive(Debug)]
struct Proof {
    authenticator_challenge: [u8; 16],
    peer_challenge: [u8; 16],
    nt_response: [u8; 24],
    user_name: Vec<u8>,
    of: usize,
}

/// What MPPE's keys are made of.
#[derive(Debug)]
enum Keys {
    /// MS-CHAPv2: a key for each direction.
    Version2 {
        master: MasterKey,
        authenticator: End,
    },
    /// MS-CHAPv1: the same key for both, from the NT hash for 128 bits. That of the LAN Manager hash, for fewer bits,
    /// cannot be had from an NT hash.
    Version1(StartKey),
}

impl Watcher {
    /// Nothing was seen yet; what will be is verified with `credentials`, if there are any.
    #[must_use]
    pub fn new(credentials: Option<Credentials>) -> Self {
        Self {
            credentials,
            ..Self::default()
        }
    }

    /// The key that `sender` encrypts with, once there is one.
    #[must_use]
    pub fn start_key(&self, sender: End, strength: Strength) -> Option<StartKey> {
        match self.keys.as_ref()? {
            Keys::Version2 {
                master,
                authenticator,
            } => {
                let side = if sender == *authenticator {
                    Side::Server
                } else {
                    Side::Client
                };
                Some(master.start_keys(side).send)
            }
            Keys::Version1(key) => (strength == Strength::Bits128).then(|| key.clone()),
        }
    }

    /// Takes a CHAP message; `algorithm` is what LCP settled on for the authenticator, if that was seen. Gives back
    /// what is to be remarked.
    pub fn chap(
        &mut self,
        from: End,
        identifier: u8,
        message: &chap::Message<'_>,
        algorithm: Option<chap::Algorithm>,
    ) -> Option<String> {
        match *message {
            chap::Message::Challenge { value, .. } => {
                self.challenges.insert((from, identifier), value.to_vec());
                None
            }
            chap::Message::Response { value, name } => {
                let authenticator = from.other();
                let challenge = self.challenges.get(&(authenticator, identifier)).cloned();
                let algorithm = algorithm.or_else(|| {
                    // In the middle of a session only the lengths tell (RFC 2433 §3, RFC 2759 §3).
                    match (value.len(), challenge.as_ref().map(Vec::len)) {
                        (49, Some(8)) => Some(chap::Algorithm::MS_CHAP),
                        (49, Some(16) | None) => Some(chap::Algorithm::MS_CHAP_V2),
                        (16, _) => Some(chap::Algorithm::MD5),
                        _ => None,
                    }
                });
                let method = algorithm.map_or_else(|| "CHAP".into(), |method| method.to_string());
                let entry = Authentication {
                    identifier,
                    ..Authentication::named(
                        authenticator,
                        method,
                        printable(name),
                        Outcome::NotSeen,
                    )
                };
                // A response that is sent again is no other attempt.
                let known = self.all.iter().position(|known| {
                    known.identifier == identifier
                        && known.authenticator == authenticator
                        && known.outcome == Outcome::NotSeen
                });
                let of = known.unwrap_or_else(|| {
                    self.all.push(entry);
                    self.all.len() - 1
                });
                if algorithm == Some(chap::Algorithm::MS_CHAP) {
                    self.ms_chap_v1(challenge.as_deref());
                }
                if algorithm != Some(chap::Algorithm::MS_CHAP_V2) {
                    return algorithm.map(|algorithm| format!("{algorithm} is not verified"));
                }
                let credentials = self.credentials.clone()?;
                let Some(Ok(challenge)) = challenge.map(<[u8; 16]>::try_from) else {
                    return Some("the challenge is not in the capture".into());
                };
                self.ms_chap_v2(of, &challenge, value, name, &credentials)
            }
            chap::Message::Success { message } => {
                let remark = self.success(from, message);
                self.outcome(from, identifier, Outcome::Success(printable(message)));
                remark
            }
            chap::Message::Failure { message } => {
                self.outcome(from, identifier, Outcome::Failure(printable(message)));
                None
            }
            _ => Some("changing the password is not followed".into()),
        }
    }

    /// The key comes from the challenge, whatever the response is.
    fn ms_chap_v1(&mut self, challenge: Option<&[u8]>) {
        if let (Some(credentials), Some(Ok(challenge))) =
            (&self.credentials, challenge.map(<&[u8; 8]>::try_from))
        {
            let key = StartKey::from_ms_chap_v1(&credentials.nt_hash.hash(), challenge);
            self.keys = Some(Keys::Version1(key));
        }
    }

    fn ms_chap_v2(
        &mut self,
        of: usize,
        challenge: &[u8; 16],
        value: &[u8],
        name: &[u8],
        credentials: &Credentials,
    ) -> Option<String> {
        // Peer-Challenge, eight reserved octets, NT-Response, Flags (RFC 2759 §4).
        let (Some(peer_challenge), Some(nt_response)) = (
            value.first_chunk::<16>(),
            value
                .get(24..48)
                .and_then(|value| <&[u8; 24]>::try_from(value).ok()),
        ) else {
            return Some("a response of the wrong length".into());
        };
        if let Some(user) = &credentials.user {
            let of_wire = pptp_ppp::mschap::without_domain(name);
            let wanted = pptp_ppp::mschap::without_domain(user.as_bytes());
            if of_wire != wanted {
                return Some(format!("not the user {user:?}: not verified"));
            }
        }
        let exchange = Exchange {
            authenticator_challenge: challenge,
            peer_challenge,
            user_name: name,
        };
        let authentication = &mut self.all[of];
        if !exchange.verify_nt_response(&credentials.nt_hash, nt_response) {
            authentication.response = Verdict::Wrong;
            return Some("the response is not that of the password given".into());
        }
        authentication.response = Verdict::Verified;
        self.keys = Some(Keys::Version2 {
            master: master_key(&credentials.nt_hash, nt_response),
            authenticator: authentication.authenticator,
        });
        self.last = Some(Proof {
            authenticator_challenge: *challenge,
            peer_challenge: *peer_challenge,
            nt_response: *nt_response,
            user_name: name.to_vec(),
            of,
        });
        Some("the response is that of the password".into())
    }

    /// The authenticator's proof (`S=`) in the text of a Success.
    fn success(&mut self, from: End, message: &[u8]) -> Option<String> {
        let (proof, credentials) = (self.last.as_ref()?, self.credentials.as_ref()?);
        let authentication = self.all.get_mut(proof.of)?;
        if authentication.authenticator != from || authentication.outcome != Outcome::NotSeen {
            return None;
        }
        let exchange = Exchange {
            authenticator_challenge: &proof.authenticator_challenge,
            peer_challenge: &proof.peer_challenge,
            user_name: &proof.user_name,
        };
        let expected = exchange.authenticator_response(&credentials.nt_hash, &proof.nt_response);
        let right = message
            .strip_prefix(b"S=")
            .and_then(|text| text.first_chunk::<40>())
            .is_some_and(|text| text.eq_ignore_ascii_case(Hex(&expected).to_string().as_bytes()));
        Some(if right {
            authentication.authenticator_response = Verdict::Verified;
            "the authenticator's S= is that of the password".into()
        } else {
            authentication.authenticator_response = Verdict::Wrong;
            "the authenticator's S= is not that of the password".into()
        })
    }

    /// An authentication by a method that is only named has ended.
    pub fn end(&mut self, from: End, outcome: Outcome) {
        self.outcome(from, 0, outcome);
    }

    fn outcome(&mut self, from: End, identifier: u8, outcome: Outcome) {
        let of_authenticator = |known: &&mut Authentication| known.authenticator == from;
        let mut candidates: Vec<_> = self.all.iter_mut().filter(of_authenticator).collect();
        // pppd's EAP-MSCHAPv2 gives its Success another identifier.
        let place = candidates
            .iter()
            .rposition(|known| known.identifier == identifier)
            .or_else(|| {
                candidates
                    .iter()
                    .rposition(|known| known.outcome == Outcome::NotSeen)
            });
        if let Some(authentication) = place.and_then(|place| candidates.get_mut(place)) {
            authentication.outcome = outcome;
        }
    }
}

/// A peer's text without what could forge lines or talk to a terminal.
#[must_use]
pub fn printable(text: &[u8]) -> String {
    text.escape_ascii().to_string()
}
