//! EAP-TLS and PEAP, by this server itself.

use super::config::{Config, ConfigError};
use super::guarding::{Attempt, TOO_MANY};
use super::passwords::Assessed;
use super::radius::identifier;
use super::serve::Server;
use super::tunnel::Presented;
use super::users::User;
use super::verdicts::{Told, account_of, reject};
use crate::net::clock;
use pptp_core::ppp::wire::Text;
use pptp_core::ppp::wire::eap::Type;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_core::ppp::{AuthId, Proof, Verdict};
use pptp_core::time::Instant;
use pptp_eap_tls::{
    AuthRequest, Binding, Certified, Event, Failure, Keys, ServerTls, Versions, has_name,
};
use pptp_mppe::Side;
use serde::Deserialize;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tracing::{debug, info, warn};
use zeroize::Zeroizing;

/// Where the type is in a Response, and where its data begins.
const TYPE: usize = 4;

/// What is shown to clients, as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The certificate, and those between it and the root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Who signs the certificates of users.
    pub client_ca: Option<PathBuf>,
}

/// Which of these methods clients may use; the first before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Methods {
    pub(super) eap_tls: bool,
    pub(super) peap: bool,
}

impl Methods {
    pub(super) const NONE: Self = Self {
        eap_tls: false,
        peap: false,
    };

    /// The first of those that `wanted` has.
    fn first(self, wanted: impl Fn(Type) -> bool) -> Option<Type> {
        let all = [(self.eap_tls, Type::TLS), (self.peap, Type::PEAP)];
        let all = all.iter().filter(|(is_allowed, _)| *is_allowed);
        all.map(|(_, kind)| *kind).find(|kind| wanted(*kind))
    }
}

/// Whether what is said of TLS goes with what is demanded of clients.
///
/// # Errors
/// If not.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let own = config.authentication().own;
    let wrong = match &config.tls {
        _ if own == Methods::NONE => return Ok(()),
        None => "tls: eap-tls and peap take a certificate and its key",
        Some(tls) if own.eap_tls && tls.client_ca.is_none() => "tls: eap-tls takes client-ca",
        Some(_) if !config.radius.servers.is_empty() => {
            "radius: it is not asked with eap-tls and peap; with \"eap\" it has them itself"
        }
        Some(_) => return Ok(()),
    };
    Err(ConfigError::new(wrong.to_owned()))
}

/// Reads the certificates, if they are needed.
///
/// # Errors
/// If they cannot be read, or will not do.
pub(super) fn certificates(config: &Config) -> Result<Option<Certificates>, ConfigError> {
    let own = config.authentication().own;
    let Some(tls) = config.tls.as_ref().filter(|_| own != Methods::NONE) else {
        return Ok(None);
    };
    let wrong = |error: &dyn fmt::Display| ConfigError::new(format!("tls: {error}"));
    let read = |path: &Path| match fs::read(path) {
        Ok(pem) => Ok(Zeroizing::new(pem)),
        Err(error) => Err(ConfigError::new(format!("{}: {error}", path.display()))),
    };
    let made = |peers: Option<&[u8]>| {
        let own = Certified::from_pem(&read(&tls.certificate)?, &read(&tls.key)?);
        let own = own.map_err(|error| wrong(&error))?;
        let tls = ServerTls::new(own, peers, Versions::Tls12);
        tls.map_err(|error| wrong(&error))
    };
    let peers = tls.client_ca.as_deref().filter(|_| own.eap_tls);
    let peers = peers.map(read).transpose()?;
    let peers = peers.as_ref().map(|pem| pem.as_slice());
    Ok(Some(Certificates {
        eap_tls: peers.map(|peers| made(Some(peers))).transpose()?,
        peap: own.peap.then(|| made(None)).transpose()?,
    }))
}

/// What is shown to clients, by method.
#[derive(Debug)]
pub(super) struct Certificates {
    eap_tls: Option<ServerTls>,
    peap: Option<ServerTls>,
}

/// What is under way with a client.
#[derive(Debug)]
pub struct Handshake {
    server: pptp_eap_tls::Server,
    /// Who it says it is, outside of any tunnel.
    identity: Vec<u8>,
    /// Who it has proved to be.
    user: Option<Rc<User>>,
}

impl Server {
    /// A client has answered in EAP.
    pub(super) fn own_eap(&mut self, now: Instant, place: usize, id: AuthId, packet: &[u8]) {
        let kind = packet.get(TYPE).copied().map(Type);
        let data = packet.get(TYPE + 1..).unwrap_or_default();
        let begun = if kind == Some(Type::IDENTITY) {
            let first = self.config.authentication().own.first(|_| true);
            first.and_then(|kind| self.begin_handshake(kind, identifier(packet), data))
        } else {
            let tunnel = self.table.get(place);
            tunnel.and_then(|tunnel| tunnel.handshake.take())
        };
        let Some(mut handshake) = begun else {
            return self.refuse_eap(now, place, id, packet);
        };
        if kind != Some(Type::IDENTITY)
            && let Err(discard) = handshake.server.handle_packet(packet)
        {
            debug!(%discard, "EAP");
            return self.refuse_eap(now, place, id, packet);
        }
        let mut came_to = self.events(now, place, &mut handshake);
        if let Some(Err(Failure::Nak(wanted))) = &came_to {
            let (own, before) = (self.config.authentication().own, handshake.server.method());
            let next = own.first(|kind| kind != before && wanted.contains(&kind));
            let next = next.filter(|_| before == Type::TLS).and_then(|kind| {
                self.begin_handshake(kind, identifier(packet), &handshake.identity)
            });
            let Some(next) = next else {
                return self.leave_eap(now, place, id, packet);
            };
            (handshake, came_to) = (next, None);
        }
        match came_to {
            Some(Ok(keys)) => self.admit(now, place, (id, packet), &keys, handshake.user),
            Some(Err(failure)) => {
                if let Some(tunnel) = self.table.get(place) {
                    info!(session = tunnel.number, peer = %tunnel.peer, %failure, "EAP");
                    if tunnel.refusal.is_empty() {
                        tunnel.refusal = "it did not prove who it is";
                    }
                }
                self.refuse_eap(now, place, id, packet);
            }
            None => {
                let Some(tunnel) = self.table.get(place) else {
                    return;
                };
                let next = handshake.server.poll_packet().unwrap_or_default();
                if let Err(error) = tunnel.session.eap_reply(now, id, next) {
                    debug!(session = tunnel.number, %error, "EAP");
                }
                tunnel.handshake = Some(handshake);
            }
        }
    }

    /// The client wants none of these methods: the library has others, if they are allowed.
    fn leave_eap(&mut self, now: Instant, place: usize, id: AuthId, packet: &[u8]) {
        let tunnel = self.table.get(place);
        let left = tunnel.map(|tunnel| tunnel.session.eap_decline(now, id));
        if let Some(Err(error)) = left {
            debug!(%error, "EAP");
            self.refuse_eap(now, place, id, packet);
        }
    }

    /// Begins a method with whoever says who it is in a packet of that identifier.
    fn begin_handshake(
        &self,
        kind: Type,
        identifier: u8,
        identity: &[u8],
    ) -> Option<Box<Handshake>> {
        let all = self.tls.as_ref()?;
        let server = if kind == Type::TLS {
            pptp_eap_tls::Server::eap_tls(all.eap_tls.as_ref()?)
        } else {
            let entropy = clock::entropy().ok()?;
            let (tls, name) = (all.peap.as_ref()?, b"pptp-server");
            pptp_eap_tls::Server::peap(tls, name, Binding::IfOffered, entropy)
        };
        let mut server = server.ok()?;
        server.start(identifier.wrapping_add(1));
        Some(Box::new(Handshake {
            server,
            identity: identity.to_vec(),
            user: None,
        }))
    }

    /// What the method has come to, if to anything.
    fn events(
        &mut self,
        now: Instant,
        place: usize,
        handshake: &mut Handshake,
    ) -> Option<Result<Keys, Failure>> {
        loop {
            let Handshake {
                server,
                identity,
                user,
            } = handshake;
            let (name, proof) = match server.poll_event()? {
                Event::Done(keys) => return Some(Ok(keys)),
                Event::Failed(failure) => return Some(Err(failure)),
                Event::AuthRequested(AuthRequest::Certificates(chain)) => {
                    let certificate = chain.first().map(|it| it.to_vec());
                    (identity.clone(), Err(certificate.unwrap_or_default()))
                }
                Event::AuthRequested(AuthRequest::Inner {
                    name,
                    proof: Proof::MsChapV2(proof),
                }) => (name.to_vec(), Ok(Presented::response(&proof))),
                _ => return Some(Err(Failure::OutOfTurn)),
            };
            let verdict = self.judge_handshake(now, place, &name, &proof);
            match verdict {
                Ok(proved) => {
                    let verdict = match (&proof, &proved.hash) {
                        (Ok(_), Some(hash)) => Verdict::NtHash(hash),
                        (Ok(_), None) => reject(ErrorCode::AUTH_SERVER_FAILED, false),
                        (Err(_), _) => Verdict::Accept { keys: None },
                    };
                    server.authorize(&verdict);
                    *user = Some(proved);
                }
                Err(error) => server.authorize(&reject(error, false)),
            }
        }
    }

    /// Who has proved to be `name`. The guard hears of it at once: whoever is told inside of a tunnel that a password is
    /// wrong may leave before that is told outside.
    fn judge_handshake(
        &mut self,
        now: Instant,
        place: usize,
        name: &[u8],
        proof: &Result<Presented, Vec<u8>>,
    ) -> Result<Rc<User>, ErrorCode> {
        let wrong = ErrorCode::AuthenticationFailure;
        let user = self.users.find(name);
        let account = user.as_ref().map_or_else(
            || account_of(name).into_bytes(),
            |user| user.name.clone().into_bytes(),
        );
        let Some(tunnel) = self.table.get(place) else {
            return Err(wrong);
        };
        let (number, peer) = (tunnel.number, tunnel.peer);
        let (attempt, refusal, judged) = if !self.may_attempt(now, *peer.ip(), &account) {
            (Attempt::Refused, TOO_MANY, Err(wrong))
        } else if let Some(user) = user {
            let assessed = match proof {
                Ok(presented) => self.assess(&user, name, presented),
                Err(certificate) if has_name(certificate, user.name.as_bytes()) => Assessed::Right,
                Err(_) => Assessed::Wrong,
            };
            match assessed {
                Assessed::Right => (Attempt::Right, "", Ok(user)),
                Assessed::Expired => (
                    Attempt::Right,
                    "the password has to be changed",
                    Err(ErrorCode::PasswordExpired),
                ),
                _ => (
                    Attempt::Wrong,
                    "the password, or the name in the certificate, is wrong",
                    Err(wrong),
                ),
            }
        } else {
            (Attempt::Wrong, "the user is unknown", Err(wrong))
        };
        if judged.is_err() {
            info!(session = number, %peer, user = %Text(name), why = refusal, "turned away");
        }
        if let Some(tunnel) = self.table.get(place) {
            tunnel.refusal = refusal;
        }
        self.attempted(now, now, place, &account, attempt);
        judged
    }

    /// The method has come to its end.
    fn admit(
        &mut self,
        now: Instant,
        place: usize,
        (id, packet): (AuthId, &[u8]),
        keys: &Keys,
        user: Option<Rc<User>>,
    ) {
        let Some(user) = user else {
            return self.refuse_eap(now, place, id, packet);
        };
        let granted = self.grant(place, &user);
        let Some(tunnel) = self.table.get(place) else {
            return;
        };
        match granted {
            Ok(address) => {
                tunnel.address = Some(address);
                tunnel.pooled = user.address.is_none();
                let told = Told::Eap {
                    identifier: identifier(packet),
                    is_in: true,
                    keys: Some(keys.start_keys(Side::Server)),
                };
                self.tell(now, place, (id, told), user.mppe, Some(user));
            }
            Err(why) => {
                let (session, peer) = (tunnel.number, tunnel.peer);
                warn!(session, %peer, user = user.name, why, "turned away");
                tunnel.refusal = why;
                self.refuse_eap(now, place, id, packet);
            }
        }
    }
}
