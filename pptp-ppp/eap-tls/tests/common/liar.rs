//! A server of PEAP that says inside of the tunnel what a test has it say.

use crate::common::{CA, SERVER_NAME, credentials};
use pptp_eap_tls::peap::InnerPacket;
use pptp_eap_tls::rustls::{ServerConfig, ServerConnection};
use pptp_eap_tls::wire::Fragment;
use pptp_eap_tls::{Binding, ClientTls, Discard, Event, Failure, Peer, Versions};
use pptp_ppp::codec::Writer;
use pptp_ppp::wire::eap::{Code, Type};
use std::io::{Read as _, Write as _};
use std::sync::Arc;

/// A Request of PEAP.
pub(crate) fn request(identifier: u8, fragment: &Fragment<'_>) -> Vec<u8> {
    of_type(Type::PEAP, identifier, fragment)
}

pub(crate) fn of_type(kind: Type, identifier: u8, fragment: &Fragment<'_>) -> Vec<u8> {
    let mut room = vec![0; 70_000];
    let mut writer = Writer::new(&mut room);
    fragment.encode(&mut writer);
    let data = writer.finish().unwrap();
    let len = u16::try_from(data.len() + 5).unwrap().to_be_bytes();
    [&[1, identifier, len[0], len[1], kind.0][..], data].concat()
}

pub(crate) struct Liar {
    tls: ServerConnection,
    pub(crate) peer: Peer,
    identifier: u8,
}

impl Liar {
    /// As far as that the tunnel is there.
    pub(crate) fn new(binding: Binding) -> Self {
        let client = ClientTls::new(CA, SERVER_NAME, None, Versions::Tls12).unwrap();
        let client = client.with_packet_len(u16::MAX);
        let mut liar = Self {
            tls: ServerConnection::new(config()).unwrap(),
            peer: Peer::peap(&client, credentials(), binding, [1; 32]).unwrap(),
            identifier: 0,
        };
        let start = Fragment {
            start: true,
            ..Fragment::ACKNOWLEDGMENT
        };
        let mut answer = liar.send(&start);
        while liar.tls.is_handshaking() || liar.tls.wants_write() {
            liar.tls.read_tls(&mut answer.as_slice()).unwrap();
            liar.tls.process_new_packets().unwrap();
            answer = liar.flush();
        }
        liar
    }

    /// Sends a Request, and gives the data of the Response.
    fn send(&mut self, fragment: &Fragment<'_>) -> Vec<u8> {
        self.identifier += 1;
        let packet = request(self.identifier, fragment);
        self.peer.handle_packet(&packet).unwrap();
        let response = self.peer.poll_packet().expect("a Request is answered");
        assert_eq!(response[..2], [2, self.identifier]);
        Fragment::parse(&response[5..]).unwrap().data.to_vec()
    }

    fn flush(&mut self) -> Vec<u8> {
        let mut message = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut message).unwrap();
        }
        self.send(&Fragment {
            data: &message,
            ..Fragment::ACKNOWLEDGMENT
        })
    }

    /// Says it in the tunnel, and gives what the peer says to that; nothing if it says nothing in there.
    pub(crate) fn say(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.tls.writer().write_all(plaintext).unwrap();
        let answer = self.flush();
        self.tls.read_tls(&mut answer.as_slice()).unwrap();
        self.tls.process_new_packets().unwrap();
        let mut plaintext = Vec::new();
        let _ = self.tls.reader().read_to_end(&mut plaintext);
        plaintext
    }

    /// The same, of a packet without a header.
    pub(crate) fn ask(&mut self, kind: Type, data: &[u8]) -> Vec<u8> {
        let packet = InnerPacket {
            identifier: None,
            kind,
            data,
        };
        self.say(&packet.to_vec(Code::REQUEST))
    }

    /// The same, of Extensions.
    pub(crate) fn extend(&mut self, tlvs: &[u8]) -> Vec<u8> {
        let packet = InnerPacket {
            identifier: Some(9),
            kind: Type::TLV,
            data: tlvs,
        };
        self.say(&packet.to_vec(Code::REQUEST))
    }

    /// Why the peer has failed; a Success makes nothing of it.
    pub(crate) fn failure(&mut self) -> Failure {
        let failure = match self.peer.poll_event() {
            Some(Event::Failed(failure)) => failure,
            other => panic!("{other:?}"),
        };
        let success = self.peer.handle_packet(&[3, self.identifier, 0, 4]);
        assert_eq!(success, Err(Discard::Unexpected));
        assert_eq!(self.peer.poll_event(), None);
        failure
    }
}

fn config() -> Arc<ServerConfig> {
    use pptp_eap_tls::rustls::crypto::ring::default_provider;
    use pptp_eap_tls::rustls::pki_types::pem::PemObject as _;
    use pptp_eap_tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use pptp_eap_tls::rustls::version::TLS12;
    let certificate = include_bytes!("../certificates/server.pem");
    let key = include_bytes!("../certificates/server.key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate).unwrap()],
            PrivateKeyDer::from_pem_slice(key).unwrap(),
        )
        .unwrap();
    Arc::new(config)
}
