//! Both ends are ours: each method, over each version of TLS, in packets long and short.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_alloc,
    clippy::tests_outside_test_module
)]

mod common;

use common::{
    CA, client_certificate, client_tls, credentials, run, server_tls, strangers_certificate,
};
use pptp_eap_tls::rustls::{AlertDescription, CertificateError};
use pptp_eap_tls::{AuthRequest, Binding, Failure, Peer, Server, Versions, has_name, names};
use pptp_mppe::{Side, Strength};
use pptp_ppp::wire::mschapv2::ErrorCode;
use pptp_ppp::{Proof, Verdict};

const ACCEPT: Verdict<'static> = Verdict::Accept { keys: None };

fn eap_tls(versions: Versions, len: u16) -> (Peer, Server) {
    let client = client_tls(Some(client_certificate()), versions).with_packet_len(len);
    let server = server_tls(Some(CA), versions).with_packet_len(len);
    (
        Peer::eap_tls(&client).unwrap(),
        Server::eap_tls(&server).unwrap(),
    )
}

fn peap(versions: Versions, bindings: (Binding, Binding), len: u16) -> (Peer, Server) {
    let client = client_tls(None, versions).with_packet_len(len);
    let server = server_tls(None, versions).with_packet_len(len);
    (
        Peer::peap(&client, credentials(), bindings.0, [1; 32]).unwrap(),
        Server::peap(&server, b"gate", bindings.1, [2; 32]).unwrap(),
    )
}

#[test]
fn eap_tls_in_packets_of_every_length() {
    for versions in [Versions::Tls12, Versions::Tls12And13] {
        for len in [0, 64, 100, 576, 1024, 1400, u16::MAX] {
            let (mut peer, mut server) = eap_tls(versions, len);
            let outcome = run(&mut peer, &mut server, |request| {
                let AuthRequest::Certificates(chain) = request else {
                    panic!("{request:?}");
                };
                assert!(has_name(&chain[0], b"alice@corp.example"));
                ACCEPT
            });
            let keys = outcome.keys();
            let longest = outcome.lengths.iter().max().unwrap();
            assert!(*longest <= usize::from(len.max(64)), "{longest} of {len}");
            assert_ne!(keys.msk(), keys.emsk());
            let [ours, theirs] = [Side::Client, Side::Server].map(|side| keys.link_keys(side));
            let bits = Strength::Bits128;
            assert_eq!(ours.send(bits), theirs.receive(bits));
            assert_eq!(ours.receive(bits), theirs.send(bits));
            assert_ne!(ours.send(bits), ours.receive(bits));
        }
    }
}

#[test]
fn keys_are_new_each_time() {
    let once = || {
        let (mut peer, mut server) = eap_tls(Versions::Tls12, 1024);
        run(&mut peer, &mut server, |_| ACCEPT).keys().clone()
    };
    assert_ne!(once(), once());
}

#[test]
fn peap_with_and_without_cryptobinding() {
    use Binding::{IfOffered, Never, Required};
    for versions in [Versions::Tls12, Versions::Tls12And13] {
        for ours in [Never, IfOffered, Required] {
            for theirs in [Never, IfOffered, Required] {
                let (mut peer, mut server) = peap(versions, (ours, theirs), 300);
                let outcome = run(&mut peer, &mut server, |request| {
                    let AuthRequest::Inner { name, proof } = request else {
                        panic!("{request:?}");
                    };
                    assert_eq!(*name, b"WONDERLAND\\alice");
                    assert!(matches!(proof, Proof::MsChapV2(_)), "{proof:?}");
                    Verdict::Password("wonderland")
                });
                match (ours, theirs) {
                    (Never, Required) => {
                        assert_eq!(outcome.server, Some(Err(Failure::NoBinding)));
                        assert_eq!(outcome.codes.last(), Some(&4));
                    }
                    (Required, Never) => {
                        let (peer, server) = outcome.failures();
                        assert_eq!(peer, Some(&Failure::NoBinding));
                        assert_eq!(server, Some(&Failure::Failed));
                    }
                    _ => _ = outcome.keys(),
                }
            }
        }
    }
}

#[test]
fn a_wrong_password_is_told_inside() {
    let (mut peer, mut server) = peap(Versions::Tls12, Default::default(), 1024);
    let outcome = run(&mut peer, &mut server, |_| {
        Verdict::Password("looking-glass")
    });
    let refused = Failure::Refused(ErrorCode::AuthenticationFailure);
    assert_eq!(
        outcome.failures(),
        (Some(&refused), Some(&Failure::Rejected))
    );
    assert_eq!(outcome.codes.last(), Some(&4), "Failure");

    let (mut peer, mut server) = peap(Versions::Tls12, Default::default(), 1024);
    let outcome = run(&mut peer, &mut server, |_| Verdict::Reject {
        error: ErrorCode::PasswordExpired,
        retry: true,
        message: b"",
    });
    let refused = Failure::Refused(ErrorCode::PasswordExpired);
    assert_eq!(outcome.failures().0, Some(&refused));
}

/// A server behind which somebody else has judged, with a proof that is none.
#[test]
fn a_server_that_does_not_know_the_password_is_not_trusted() {
    let (mut peer, mut server) = peap(Versions::Tls12, Default::default(), 1024);
    let outcome = run(&mut peer, &mut server, |_| Verdict::AcceptWith {
        authenticator_response: [9; 20],
        keys: None,
    });
    assert_eq!(outcome.failures().0, Some(&Failure::PeerNotTrusted));
}

#[test]
fn a_certificate_of_another_is_not_accepted() {
    let (mut peer, mut server) = eap_tls(Versions::Tls12, 1024);
    let outcome = run(&mut peer, &mut server, |request| {
        let AuthRequest::Certificates(chain) = request else {
            panic!("{request:?}");
        };
        assert!(!has_name(&chain[0], b"bob"));
        Verdict::WRONG_PASSWORD
    });
    assert_eq!(outcome.server, Some(Err(Failure::Rejected)));
    assert_eq!(outcome.codes.last(), Some(&4), "Failure");
}

#[test]
fn a_client_certificate_of_an_unknown_ca() {
    for versions in [Versions::Tls12, Versions::Tls12And13] {
        let client = client_tls(Some(strangers_certificate()), versions);
        let server = server_tls(Some(CA), versions);
        let mut peer = Peer::eap_tls(&client).unwrap();
        let mut server = Server::eap_tls(&server).unwrap();
        let outcome = run(&mut peer, &mut server, |request| panic!("{request:?}"));
        let unknown = Failure::Certificate(CertificateError::UnknownIssuer);
        let told = Failure::Alert(AlertDescription::UnknownCA);
        assert_eq!(outcome.failures(), (Some(&told), Some(&unknown)));
        assert_eq!(outcome.codes.last(), Some(&4), "Failure");
    }
}

#[test]
fn a_client_without_a_certificate() {
    for demanding in [true, false] {
        let server = server_tls(demanding.then_some(CA), Versions::Tls12);
        let mut peer = Peer::eap_tls(&client_tls(None, Versions::Tls12)).unwrap();
        let mut server = Server::eap_tls(&server).unwrap();
        let outcome = run(&mut peer, &mut server, |request| panic!("{request:?}"));
        assert_eq!(outcome.server, Some(Err(Failure::NoCertificate)));
        assert_eq!(outcome.codes.last(), Some(&4), "Failure");
    }
}

#[test]
fn the_names_in_a_certificate() {
    let chain = include_bytes!("certificates/client.pem");
    let chain = pem(chain);
    let expected: [&[u8]; 4] = [
        b"alice",
        b"alice@example.net",
        b"alice.example",
        b"alice@corp.example",
    ];
    assert_eq!(names(&chain).unwrap(), expected);
    for short in 0..chain.len() {
        assert!(names(&chain[..short]).is_err(), "{short}");
    }
    assert!(!has_name(&chain, b""));
    assert!(!has_name(&chain, b"alic"));
}

fn pem(pem: &[u8]) -> Vec<u8> {
    use pptp_eap_tls::rustls::pki_types::CertificateDer;
    use pptp_eap_tls::rustls::pki_types::pem::PemObject as _;
    CertificateDer::from_pem_slice(pem).unwrap().to_vec()
}
