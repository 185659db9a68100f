//! One end of a TLS connection, over messages instead of a stream.

use crate::Failure;
use crate::keys::Keys;
use alloc::vec::Vec;
use pptp_ppp::wire::eap::Type;
use rustls::pki_types::CertificateDer;
use rustls::{Connection, Error, ProtocolVersion};
use std::io::{Read as _, Write as _};
use zeroize::Zeroizing;

#[derive(Debug)]
pub(crate) struct Tls {
    connection: Connection,
}

impl Tls {
    pub(crate) fn new(connection: impl Into<Connection>) -> Self {
        let mut connection = connection.into();
        // What is written at once is bounded by what there is to say: a few hundred octets.
        connection.set_buffer_limit(None);
        Self { connection }
    }

    /// Takes a message, and gives what was protected in it.
    pub(crate) fn handle(&mut self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let mut plaintext = Zeroizing::new(Vec::new());
        let mut rest = message;
        while !rest.is_empty() {
            let before = rest.len();
            let read = self.connection.read_tls(&mut rest);
            self.connection.process_new_packets()?;
            // It says that there is nothing for now, or that the other end has said good-bye.
            let _ = self.connection.reader().read_to_end(&mut plaintext);
            if read.is_err() || rest.len() == before {
                return Err(Failure::Tls(Error::General("more than a message".into())));
            }
        }
        Ok(plaintext)
    }

    /// Protects `plaintext`.
    pub(crate) fn protect(&mut self, plaintext: &[u8]) -> Result<(), Failure> {
        let written = self.connection.writer().write_all(plaintext);
        written.map_err(|_| Failure::Tls(Error::EncryptError))
    }

    /// All that is to be sent.
    pub(crate) fn output(&mut self) -> Vec<u8> {
        let mut message = Vec::new();
        while self.connection.wants_write() {
            if self.connection.write_tls(&mut message).is_err() {
                break;
            }
        }
        message
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Whether it is TLS 1.3 or later, in which the handshake of the server ends with that of the client.
    pub(crate) fn is_1_3(&self) -> bool {
        !matches!(
            self.connection.protocol_version(),
            None | Some(ProtocolVersion::TLSv1_2)
        )
    }

    /// The certificates of the other end, its own first; none if it has none.
    pub(crate) fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        self.connection.peer_certificates().unwrap_or_default()
    }

    /// The keys that follow from the handshake: RFC 5216 §2.3, and RFC 9190 §2.3 for TLS 1.3.
    pub(crate) fn keys(&self, method: Type) -> Result<Keys, Failure> {
        let mut octets = Zeroizing::new([0; Keys::LEN]);
        if self.is_1_3() {
            let label = b"EXPORTER_EAP_TLS_Key_Material";
            let context = [method.0];
            self.connection
                .export_keying_material(&mut *octets, label, Some(&context))?;
        } else {
            let label = b"client EAP encryption";
            self.connection
                .export_keying_material(&mut *octets, label, None)?;
        }
        Ok(Keys::new(*octets))
    }
}
