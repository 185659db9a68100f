//! Configurations out of certificates, with the cryptography of ring.

use super::{ClientTls, ServerTls};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, PrivateKeyDer};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, Error, RootCertStore, ServerConfig, SupportedProtocolVersion};

/// Which versions of TLS there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versions {
    /// TLS 1.2: what is in use with EAP-TLS and PEAP (RFC 5216).
    #[default]
    Tls12,
    /// TLS 1.3 if the other end has it (RFC 9190, RFC 9427), or else 1.2. Some have it, and other keys.
    Tls12And13,
}

impl Versions {
    fn as_slice(self) -> &'static [&'static SupportedProtocolVersion] {
        static ALL: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
        match self {
            Self::Tls12 => ALL.get(..1).unwrap_or_default(),
            Self::Tls12And13 => &ALL,
        }
    }
}

/// A certificate, those between it and the root, and its private key, which is cleared on drop and never printed.
pub struct Certified {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Certified {
    /// Out of PEM: the certificate comes first in `chain`.
    ///
    /// # Errors
    /// If there is no certificate or no key, or they are not PEM.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, pem::Error> {
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key)?;
        Ok(Self { chain, key })
    }
}

impl fmt::Debug for Certified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certified")
            .field("chain", &self.chain.len())
            .finish_non_exhaustive()
    }
}

/// What is wrong with certificates.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// They are not in PEM.
    Pem(pem::Error),
    /// They will not do.
    Tls(Error),
    /// Those whom to trust will not do.
    Trust(VerifierBuilderError),
    /// The name of the server is none.
    Name(InvalidDnsNameError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(error) => error.fmt(f),
            Self::Tls(error) => error.fmt(f),
            Self::Trust(error) => error.fmt(f),
            Self::Name(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ConfigError {}

impl From<pem::Error> for ConfigError {
    fn from(error: pem::Error) -> Self {
        Self::Pem(error)
    }
}

impl From<Error> for ConfigError {
    fn from(error: Error) -> Self {
        Self::Tls(error)
    }
}

impl From<VerifierBuilderError> for ConfigError {
    fn from(error: VerifierBuilderError) -> Self {
        Self::Trust(error)
    }
}

impl From<InvalidDnsNameError> for ConfigError {
    fn from(error: InvalidDnsNameError) -> Self {
        Self::Name(error)
    }
}

impl ClientTls {
    /// Trusts `authorities`, certificates in PEM, to say who is `server_name`, a name or an address; `own` is the
    /// certificate that EAP-TLS proves us by. PEAP needs none.
    ///
    /// # Errors
    /// If something is wrong with the certificates or the name.
    pub fn new(
        authorities: &[u8],
        server_name: &str,
        own: Option<Certified>,
        versions: Versions,
    ) -> Result<Self, ConfigError> {
        let provider = provider();
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots(authorities)?, Arc::clone(&provider));
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions.as_slice())?
            .with_webpki_verifier(verifier.build()?);
        let config = match own {
            Some(own) => builder.with_client_auth_cert(own.chain, own.key)?,
            None => builder.with_no_client_auth(),
        };
        Ok(Self::from_config(config, server_name)?)
    }
}

impl ServerTls {
    /// Has the certificate `own`, and demands one of the peer that one of `peers`, certificates in PEM, vouches for; none if
    /// that is `None`, which is for PEAP.
    ///
    /// # Errors
    /// If something is wrong with the certificates.
    pub fn new(
        own: Certified,
        peers: Option<&[u8]>,
        versions: Versions,
    ) -> Result<Self, ConfigError> {
        let provider = provider();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions.as_slice())?;
        let builder = match peers {
            Some(peers) => {
                let roots = roots(peers)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build()?)
            }
            None => builder.with_no_client_auth(),
        };
        let config = builder.with_single_cert(own.chain, own.key)?;
        Ok(Self::from_config(config))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn roots(pem: &[u8]) -> Result<Arc<RootCertStore>, ConfigError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate)?;
    }
    Ok(Arc::new(roots))
}

/// One at the least.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>()?;
    if all.is_empty() {
        return Err(pem::Error::NoItemsFound);
    }
    Ok(all)
}
