//! EAP-TLS and PEAP, which the library leaves to its caller: another crate has them.

use super::super::failure::Failure;
use super::super::policy::{Method, Policy};
use super::super::progress;
use super::Tunnel;
use crate::net::clock;
use log::debug;
use pptp_core::DownReason;
use pptp_core::ppp::wire::eap::Type;
use pptp_core::ppp::{AuthId, Credentials, DownReason as LinkDown, Grant, Methods};
use pptp_core::time::Instant;
use pptp_eap_tls::{Binding, Certified, ClientTls, Event, Failure as TlsFailure, Peer, Versions};
use pptp_mppe::Side;
use std::fmt;
use std::fs;
use std::path::Path;
use zeroize::Zeroizing;

/// Where the type is in a Request.
const TYPE: usize = 4;

/// The methods, and the one that is under way.
#[derive(Debug)]
pub struct OwnEap {
    tls: Option<ClientTls>,
    /// Those that are allowed.
    methods: Vec<Type>,
    /// Those besides that are built in.
    built_in: Vec<Type>,
    credentials: Option<Credentials>,
    peer: Option<Peer>,
    failure: Option<TlsFailure>,
}

impl OwnEap {
    /// What the command line allows, with a server that is reached as `server`.
    ///
    /// # Errors
    /// [`Failure::Usage`] if certificates cannot be read, or will not do.
    pub fn new(
        policy: &Policy,
        server: &str,
        credentials: Option<&Credentials>,
    ) -> Result<Self, Failure> {
        let methods = [(Method::EapTls, Type::TLS), (Method::Peap, Type::PEAP)];
        let methods = methods.iter().filter(|(method, _)| policy.has(*method));
        let built_in = [
            (Methods::EAP_MS_CHAP_V2, Type::MSCHAPV2),
            (Methods::EAP_MD5, Type::MD5_CHALLENGE),
        ];
        let allowed = policy.methods();
        let built_in = built_in.iter().filter(|(it, _)| allowed.contains(*it));
        Ok(Self {
            tls: tls(policy, server)?,
            methods: methods.map(|(_, kind)| *kind).collect(),
            built_in: built_in.map(|(_, kind)| *kind).collect(),
            credentials: credentials.cloned(),
            peer: None,
            failure: None,
        })
    }

    /// The end of `kind`, if that is allowed.
    fn begin(&self, kind: Type) -> Option<Result<Peer, TlsFailure>> {
        let tls = self.tls.as_ref().filter(|_| self.methods.contains(&kind))?;
        if kind == Type::TLS {
            return Some(Peer::eap_tls(tls));
        }
        let entropy = clock::entropy().ok()?;
        let credentials = self.credentials.clone()?;
        Some(Peer::peap(tls, credentials, Binding::IfOffered, entropy))
    }

    /// The answer to a method that is not allowed: those that are.
    fn nak(&self, identifier: u8) -> Vec<u8> {
        let kinds = self.methods.iter().chain(&self.built_in);
        let kinds: Vec<u8> = kinds.map(|kind| kind.0).collect();
        let len = u8::try_from(kinds.len() + 5).unwrap_or(u8::MAX);
        [&[2, identifier, 0, len, Type::NAK.0], &kinds[..]].concat()
    }

    /// What each end has proved, if it was by one of these methods.
    pub(super) fn proved(&self) -> Option<&'static str> {
        let method = self.peer.as_ref()?.method();
        Some(if method == Type::TLS {
            "each end has shown its certificate"
        } else {
            "the server has shown its certificate, and each end knows the password"
        })
    }

    /// Why it ended, where the method knows better.
    pub(super) fn explain(&self, reason: DownReason) -> DownReason {
        match (&self.failure, reason) {
            (
                Some(TlsFailure::Refused(error)),
                DownReason::Ppp(LinkDown::AuthenticationFailed(_)),
            ) => DownReason::Ppp(LinkDown::AuthenticationFailed(*error)),
            (_, reason) => reason,
        }
    }
}

fn tls(policy: &Policy, server: &str) -> Result<Option<ClientTls>, Failure> {
    let Some(ca) = &policy.ca else {
        return Ok(None);
    };
    let usage = |error: &dyn fmt::Display| Failure::Usage(format!("certificates: {error}"));
    let read = |path: &Path| match fs::read(path) {
        Ok(pem) => Ok(Zeroizing::new(pem)),
        Err(error) => Err(Failure::Usage(format!("{}: {error}", path.display()))),
    };
    let own = match (&policy.certificate, &policy.key) {
        (Some(chain), Some(key)) => {
            let own = Certified::from_pem(&read(chain)?, &read(key)?);
            Some(own.map_err(|error| usage(&error))?)
        }
        _ => None,
    };
    let name = policy.server_name.as_deref().unwrap_or(server);
    let tls = ClientTls::new(&read(ca)?, name, own, Versions::Tls12);
    tls.map(Some).map_err(|error| usage(&error))
}

impl Tunnel<'_> {
    /// Answers a Request of a method that is not built into the library.
    pub(super) fn answer_eap(&mut self, now: Instant, id: AuthId, packet: &[u8]) {
        let identifier = packet.get(1).copied().unwrap_or_default();
        let kind = Type(packet.get(TYPE).copied().unwrap_or_default());
        if self
            .eap
            .peer
            .as_ref()
            .is_none_or(|peer| peer.method() != kind)
        {
            match self.eap.begin(kind) {
                Some(Ok(peer)) => self.eap.peer = Some(peer),
                Some(Err(failure)) => return self.fail_eap(now, id, failure),
                None => {
                    let nak = self.eap.nak(identifier);
                    return self.reply_eap(now, id, &nak);
                }
            }
        }
        let Some(peer) = &mut self.eap.peer else {
            return;
        };
        if let Err(discard) = peer.handle_packet(packet) {
            debug!("EAP: {discard}");
        }
        let response = peer.poll_packet().map(<[u8]>::to_vec);
        let keys = match peer.poll_event() {
            Some(Event::Done(keys)) => Some(keys),
            Some(Event::Failed(failure)) => {
                self.fail_eap(now, id, failure);
                None
            }
            _ => None,
        };
        if let Some(response) = response {
            self.reply_eap(now, id, &response);
        }
        if let Some(keys) = keys {
            let keys = keys.start_keys(Side::Client);
            let told = self.session.eap_keys(now, id, Some(keys), Grant::default());
            if let Err(error) = told {
                debug!("EAP: {error}");
            }
        }
    }

    fn reply_eap(&mut self, now: Instant, id: AuthId, packet: &[u8]) {
        if let Err(error) = self.session.eap_reply(now, id, packet) {
            debug!("EAP: {error}");
        }
    }

    /// A server that is not what it should be is left at once; one that refuses us has the last word.
    fn fail_eap(&mut self, now: Instant, id: AuthId, failure: TlsFailure) {
        progress::step(now, format_args!("{failure}"));
        let is_refused = matches!(
            failure,
            TlsFailure::Refused(_) | TlsFailure::Alert(_) | TlsFailure::Failed
        );
        if !is_refused && let Err(error) = self.session.eap_distrust(now, id) {
            debug!("EAP: {error}");
        }
        self.eap.failure = Some(failure);
    }
}
