//! What is configured of TLS.

use crate::Failure;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls::client::Resumption;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use rustls::server::NoServerSessionStorage;
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};

#[cfg(feature = "ring")]
mod certificates;
#[cfg(feature = "ring")]
pub use certificates::{Certified, ConfigError, Versions};

/// The longest packet of EAP by default, in octets: what fits into the smallest MRU that PPP takes for granted, but for
/// those of the poorest links, and what FreeRADIUS and hostap have.
pub const DEFAULT_PACKET_LEN: u16 = 1024;

/// TLS as the peer has it: whom it trusts, the name of the server, and perhaps a certificate of its own. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    server_name: ServerName<'static>,
    pub(crate) max_packet_len: u16,
}

impl ClientTls {
    /// As in `config`, but that sessions are never resumed: the certificate of the server, which has to have `server_name`
    /// among its alternative names, is seen and checked each time, and what is inside of PEAP cannot be left out.
    ///
    /// The versions of TLS, the cryptography, who is trusted and our own certificate are those of `config`. TLS 1.3 has
    /// other keys (RFC 9190), and not every server knows of them.
    ///
    /// # Errors
    /// If `server_name` is no name and no address.
    pub fn from_config(
        mut config: ClientConfig,
        server_name: &str,
    ) -> Result<Self, InvalidDnsNameError> {
        config.resumption = Resumption::disabled();
        // The name is not to be told in the clear, and servers of EAP have no use for it.
        config.enable_sni = false;
        Ok(Self {
            config: Arc::new(config),
            server_name: ServerName::try_from(server_name)?.to_owned(),
            max_packet_len: DEFAULT_PACKET_LEN,
        })
    }

    /// The same, in packets of EAP of at most `max_packet_len` octets, 64 or more: no longer than the peer's MRU. By
    /// default [`DEFAULT_PACKET_LEN`].
    #[must_use]
    pub const fn with_packet_len(mut self, max_packet_len: u16) -> Self {
        self.max_packet_len = max_packet_len;
        self
    }

    pub(crate) fn connect(&self) -> Result<ClientConnection, Failure> {
        let config = Arc::clone(&self.config);
        let connection = ClientConnection::new(config, self.server_name.clone());
        connection.map_err(Failure::from)
    }
}

/// TLS as the server has it: its certificate, and whether one is wanted of the peer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    pub(crate) max_packet_len: u16,
}

impl ServerTls {
    /// As in `config`, but that sessions are never resumed.
    ///
    /// EAP-TLS is worth nothing unless `config` demands a certificate of the peer; PEAP has no use for one.
    #[must_use]
    pub fn from_config(mut config: ServerConfig) -> Self {
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.ticketer = Arc::new(NoTickets);
        config.send_tls13_tickets = 0;
        Self {
            config: Arc::new(config),
            max_packet_len: DEFAULT_PACKET_LEN,
        }
    }

    /// The same, in packets of EAP of at most `max_packet_len` octets, 64 or more: no longer than the peer's MRU. By
    /// default [`DEFAULT_PACKET_LEN`].
    #[must_use]
    pub const fn with_packet_len(mut self, max_packet_len: u16) -> Self {
        self.max_packet_len = max_packet_len;
        self
    }

    pub(crate) fn accept(&self) -> Result<ServerConnection, Failure> {
        Ok(ServerConnection::new(Arc::clone(&self.config))?)
    }
}

#[derive(Debug)]
struct NoTickets;

impl rustls::server::ProducesTickets for NoTickets {
    fn enabled(&self) -> bool {
        false
    }

    fn lifetime(&self) -> u32 {
        0
    }

    fn encrypt(&self, _plain: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn decrypt(&self, _cipher: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
