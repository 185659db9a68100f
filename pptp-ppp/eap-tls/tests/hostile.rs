//! Other ends that lie.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::tests_outside_test_module
)]

mod common;
#[path = "common/liar.rs"]
mod liar;

use common::{CA, OTHER_CA, client_certificate, client_tls, credentials, run, server_tls};
use liar::{Liar, of_type, request};
use pptp_eap_tls::rustls::{AlertDescription, CertificateError};
use pptp_eap_tls::wire::Fragment;
use pptp_eap_tls::{
    Binding, ClientTls, Discard, Event, Failure, FragmentError, MAX_MESSAGE_LEN, Peer, Reassembly,
    Server, Versions,
};
use pptp_ppp::Verdict;
use pptp_ppp::auth;
use pptp_ppp::mschap::{Exchange, NtHash};
use pptp_ppp::wire::eap::Type;
use pptp_ppp::wire::mschapv2::{ErrorCode, Response};

const SUCCESS: &[u8] = &[0x80, 3, 0, 2, 0, 1];
const FAILURE: &[u8] = &[0x80, 3, 0, 2, 0, 2];
const CHALLENGE: [u8; 16] = [5; 16];

fn piece(total: Option<u32>, more: bool, data: &[u8]) -> Fragment<'_> {
    Fragment {
        total,
        more,
        data,
        ..Fragment::ACKNOWLEDGMENT
    }
}

/// What the last of them comes to; those before are taken.
fn reassemble(fragments: &[Fragment<'_>]) -> Result<Option<Vec<u8>>, FragmentError> {
    let mut reassembly = Reassembly::default();
    let (last, before) = fragments.split_last().unwrap();
    for fragment in before {
        assert_eq!(reassembly.push(fragment), Ok(None));
    }
    reassembly.push(last)
}

#[test]
fn fragments_as_they_should_be() {
    let whole = Ok(Some(b"abcdef".to_vec()));
    assert_eq!(reassemble(&[piece(None, false, b"abcdef")]), whole);
    assert_eq!(reassemble(&[piece(Some(6), false, b"abcdef")]), whole);
    let first = piece(Some(6), true, b"abc");
    assert_eq!(reassemble(&[first, piece(None, false, b"def")]), whole);
    // FreeRADIUS has the length in each.
    let last = piece(Some(6), false, b"ef");
    let second = piece(Some(6), true, b"d");
    assert_eq!(reassemble(&[first, second, last]), whole);
}

#[test]
fn fragments_that_lie_about_their_length() {
    let error = |fragments: &[Fragment<'_>]| reassemble(fragments).unwrap_err();
    let first = piece(Some(6), true, b"abc");
    let received = 5;
    let less = FragmentError::LessThanAnnounced {
        announced: 6,
        received,
    };
    assert_eq!(error(&[first, piece(None, false, b"de")]), less);
    assert_eq!(error(&[piece(Some(6), false, b"abcde")]), less);
    let changed = FragmentError::LengthChanged { first: 6, now: 7 };
    assert_eq!(error(&[first, piece(Some(7), false, b"defg")]), changed);
    assert_eq!(error(&[piece(None, true, b"abc")]), FragmentError::NoLength);
    for announced in [u32::MAX, 65537, 0x8000_0000] {
        let too_long = FragmentError::TooLong { announced };
        assert_eq!(error(&[piece(Some(announced), true, b"abc")]), too_long);
    }
    assert_eq!(error(&[piece(Some(6), true, b"")]), FragmentError::Empty);
    assert_eq!(
        error(&[first, piece(None, true, b"")]),
        FragmentError::Empty
    );
}

#[test]
fn more_fragments_than_announced() {
    let more = Err(FragmentError::MoreThanAnnounced { announced: 6 });
    let first = piece(Some(6), true, b"abc");
    assert_eq!(reassemble(&[first, piece(None, false, b"defg")]), more);
    assert_eq!(reassemble(&[first, piece(None, true, b"defg")]), more);
    // All that was announced is there, and still there is more.
    let all = piece(None, true, b"def");
    assert_eq!(reassemble(&[first, all, piece(None, false, b"g")]), more);
    // Nothing grows past the bound, however many come.
    let mut reassembly = Reassembly::default();
    let announced = u32::try_from(MAX_MESSAGE_LEN).unwrap();
    let data = [0; 1000];
    for _ in 0..MAX_MESSAGE_LEN / data.len() {
        assert_eq!(
            reassembly.push(&piece(Some(announced), true, &data)),
            Ok(None)
        );
    }
    let error = reassembly.push(&piece(None, true, &data)).unwrap_err();
    assert_eq!(error, FragmentError::MoreThanAnnounced { announced });
}

/// The same, where it matters: in the middle of a handshake, on either side.
#[test]
fn lies_about_lengths_end_the_exchange() {
    let lie = piece(Some(3), true, b"more than that");
    let expected = Failure::Fragment(FragmentError::MoreThanAnnounced { announced: 3 });
    let mut peer = peap_peer();
    let start = Fragment {
        start: true,
        ..Fragment::ACKNOWLEDGMENT
    };
    peer.handle_packet(&request(1, &start)).unwrap();
    peer.handle_packet(&request(2, &lie)).unwrap();
    assert_eq!(peer.poll_event(), Some(Event::Failed(expected.clone())));

    let mut server = Server::eap_tls(&server_tls(Some(CA), Versions::Tls12)).unwrap();
    server.start(1);
    let mut response = of_type(Type::TLS, 1, &lie);
    response[0] = 2;
    server.handle_packet(&response).unwrap();
    assert_eq!(server.poll_event(), Some(Event::Failed(expected)));
    assert_eq!(server.poll_packet(), Some(&[4, 1, 0, 4][..]));
}

fn peap_peer() -> Peer {
    let tls = client_tls(None, Versions::Tls12);
    Peer::peap(&tls, credentials(), Binding::IfOffered, [1; 32]).unwrap()
}

#[test]
fn a_message_where_a_fragment_has_to_be_acknowledged() {
    let tls = client_tls(None, Versions::Tls12).with_packet_len(64);
    let mut peer = Peer::peap(&tls, credentials(), Binding::IfOffered, [1; 32]).unwrap();
    let start = Fragment {
        start: true,
        ..Fragment::ACKNOWLEDGMENT
    };
    peer.handle_packet(&request(1, &start)).unwrap();
    let packet = peer.poll_packet().unwrap();
    assert!(Fragment::parse(&packet[5..]).unwrap().more);
    peer.handle_packet(&request(2, &piece(None, false, b"impatience")))
        .unwrap();
    let expected = Failure::Fragment(FragmentError::NotAcknowledged);
    assert_eq!(peer.poll_event(), Some(Event::Failed(expected)));
}

fn without_the_right_certificate(client: &ClientTls) -> (Option<Failure>, Option<Failure>) {
    let server = server_tls(None, Versions::Tls12);
    let mut peer = Peer::peap(client, credentials(), Binding::IfOffered, [1; 32]).unwrap();
    let mut server = Server::peap(&server, b"gate", Binding::IfOffered, [2; 32]).unwrap();
    let outcome = run(&mut peer, &mut server, |request| {
        panic!("a proof was given away: {request:?}")
    });
    let (peer, server) = outcome.failures();
    (peer.cloned(), server.cloned())
}

#[test]
fn a_certificate_of_the_wrong_name() {
    let client = ClientTls::new(CA, "elsewhere.example", None, Versions::Tls12).unwrap();
    let (peer, server) = without_the_right_certificate(&client);
    assert!(
        matches!(
            peer,
            Some(Failure::Certificate(
                CertificateError::NotValidForNameContext { .. }
            ))
        ),
        "{peer:?}"
    );
    let told = Failure::Alert(AlertDescription::BadCertificate);
    assert_eq!(server, Some(told));
}

#[test]
fn an_unknown_ca() {
    let client = ClientTls::new(OTHER_CA, "vpn.example", None, Versions::Tls12).unwrap();
    let (peer, server) = without_the_right_certificate(&client);
    let unknown = Failure::Certificate(CertificateError::UnknownIssuer);
    assert_eq!(peer, Some(unknown));
    assert_eq!(server, Some(Failure::Alert(AlertDescription::UnknownCA)));
}

/// Goes through EAP-MSCHAPv2 as a server that knows the password, as far as the peer's answer.
fn present(liar: &mut Liar) -> Vec<u8> {
    assert_eq!(liar.say(&[1]), b"\x01WONDERLAND\\alice");
    let challenge = [&[1, 77, 0, 25, 16][..], &CHALLENGE, b"gate"].concat();
    let answer = liar.ask(Type::MSCHAPV2, &challenge);
    assert_eq!(answer[..2], [26, 2]);
    assert_eq!(answer[6..].len(), 49 + b"WONDERLAND\\alice".len() - 1 + 1);
    answer
}

/// The same, and proves itself.
fn authenticate(liar: &mut Liar) {
    let answer = present(liar);
    let response = Response::parse(&answer[6..55]).unwrap();
    let exchange = Exchange {
        authenticator_challenge: &CHALLENGE,
        peer_challenge: &response.peer_challenge,
        user_name: b"alice",
    };
    let hash = NtHash::from_password("wonderland");
    let proof = exchange.authenticator_response(&hash, &response.nt_response);
    let proof: String = proof.iter().map(|it| format!("{it:02X}")).collect();
    let success = [&[3, 77, 0, 46][..], b"S=", proof.as_bytes()].concat();
    assert_eq!(liar.ask(Type::MSCHAPV2, &success), [26, 3]);
}

fn extensions(tlvs: &[u8]) -> Vec<u8> {
    let len = u8::try_from(tlvs.len() + 5).unwrap();
    [&[2, 9, 0, len, 33], tlvs].concat()
}

#[test]
fn peap_that_ends_before_its_inner_success() {
    // At once, after the identity, after the proof of the peer, and with a wrong proof of the server.
    for steps in 0..3 {
        let mut liar = Liar::new(Binding::IfOffered);
        match steps {
            0 => {}
            1 => assert_eq!(liar.say(&[1])[0], 1),
            _ => _ = present(&mut liar),
        }
        assert_eq!(liar.extend(SUCCESS), extensions(FAILURE));
        assert_eq!(liar.failure(), Failure::EndedEarly, "{steps}");
    }
    let mut liar = Liar::new(Binding::IfOffered);
    present(&mut liar);
    let success = [&[3, 77, 0, 46][..], b"S=", &[b'A'; 40]].concat();
    assert_eq!(liar.ask(Type::MSCHAPV2, &success), b"");
    assert_eq!(liar.failure(), Failure::PeerNotTrusted);
}

#[test]
fn a_success_in_the_clear_counts_for_nothing() {
    let mut liar = Liar::new(Binding::IfOffered);
    for _ in 0..2 {
        for identifier in 0..=255 {
            let early = liar.peer.handle_packet(&[3, identifier, 0, 4]);
            assert_eq!(early, Err(Discard::Unexpected));
        }
        assert_eq!(liar.peer.poll_event(), None);
    }
    authenticate(&mut liar);
    let early = liar.peer.handle_packet(&[3, 9, 0, 4]);
    assert_eq!(early, Err(Discard::Unexpected), "without a Result");
    assert_eq!(liar.extend(SUCCESS), extensions(SUCCESS));
    assert!(matches!(liar.peer.poll_event(), Some(Event::Done(_))));
    assert_eq!(liar.peer.handle_packet(&[3, 9, 0, 4]), Ok(()));
}

fn binding(sub_type: u8, version: u8) -> Vec<u8> {
    let head = [0, 12, 0, 56, 0, version, 0, sub_type];
    [SUCCESS, &head, &[7; 32], &[8; 20]].concat()
}

#[test]
fn a_wrong_cryptobinding() {
    for wrong in [binding(0, 0), binding(1, 0), binding(0, 1)] {
        for policy in [Binding::IfOffered, Binding::Required] {
            let mut liar = Liar::new(policy);
            authenticate(&mut liar);
            assert_eq!(liar.extend(&wrong), extensions(FAILURE));
            assert_eq!(liar.failure(), Failure::WrongBinding);
        }
    }
    let mut liar = Liar::new(Binding::Required);
    authenticate(&mut liar);
    assert_eq!(liar.extend(SUCCESS), extensions(FAILURE));
    assert_eq!(liar.failure(), Failure::NoBinding);
    // Cut short, it is none that could be left out.
    let mut liar = Liar::new(Binding::IfOffered);
    authenticate(&mut liar);
    let whole = binding(0, 0);
    assert_eq!(liar.extend(&whole[..whole.len() - 1]), b"");
    assert!(matches!(liar.failure(), Failure::Malformed(_)));
}

#[test]
fn a_method_switch_inside() {
    for kind in [Type::GTC, Type::MD5_CHALLENGE, Type::IDENTITY, Type::TLS] {
        let mut liar = Liar::new(Binding::IfOffered);
        present(&mut liar);
        assert_eq!(liar.ask(kind, b"password?"), b"");
        assert_eq!(liar.failure(), Failure::MethodSwitch(kind));
    }
    // Before there is one, it is refused.
    let mut liar = Liar::new(Binding::IfOffered);
    for kind in [Type::GTC, Type::MD5_CHALLENGE, Type::TLS, Type::EXPANDED] {
        let data = [0, 1, 55, 0, 0, 0, 34];
        assert_eq!(liar.ask(kind, &data), [3, 26], "{kind}");
    }
    authenticate(&mut liar);
}

#[test]
fn another_method_outside() {
    let mut liar = Liar::new(Binding::IfOffered);
    for kind in [Type::TLS, Type::GTC, Type::MD5_CHALLENGE] {
        let other = of_type(kind, 200, &Fragment::ACKNOWLEDGMENT);
        let discard = liar.peer.handle_packet(&other);
        assert_eq!(discard, Err(Discard::WrongType(kind)));
    }
    assert_eq!(liar.peer.poll_packet(), None);
    authenticate(&mut liar);
}

#[test]
fn a_challenge_is_answered_once() {
    let mut liar = Liar::new(Binding::IfOffered);
    present(&mut liar);
    let again = [&[1, 78, 0, 25, 16][..], &[6; 16], b"gate"].concat();
    assert_eq!(liar.ask(Type::MSCHAPV2, &again), b"");
    assert_eq!(liar.failure(), Failure::Inner(auth::Discard::Unexpected));
}

#[test]
fn a_refusal_inside_is_told() {
    let mut liar = Liar::new(Binding::IfOffered);
    present(&mut liar);
    let refusal = [&[4, 77, 0, 4][..], b"E=647 R=1 C=00 V=3"].concat();
    assert_eq!(liar.ask(Type::MSCHAPV2, &refusal), [26, 4]);
    assert_eq!(liar.failure(), Failure::Refused(ErrorCode::AccountDisabled));
    assert_eq!(liar.extend(FAILURE), extensions(FAILURE));
    assert_eq!(liar.extend(SUCCESS), extensions(FAILURE));
    assert_eq!(liar.peer.poll_event(), None);
}

#[test]
fn an_extension_that_has_to_be_known_is_not() {
    let mut liar = Liar::new(Binding::IfOffered);
    authenticate(&mut liar);
    let unknown = [0x80, 99, 0, 1, 5];
    let nak = [0x80, 4, 0, 6, 0, 0, 0, 0, 0, 99];
    assert_eq!(liar.extend(&unknown), extensions(&nak));
    // One that need not be is as if it were not there.
    let unknown = [&[0, 99, 0, 1, 5], SUCCESS].concat();
    assert_eq!(liar.extend(&unknown), extensions(SUCCESS));
}

#[test]
fn another_version_of_peap() {
    let mut liar = Liar::new(Binding::IfOffered);
    let later = Fragment {
        version: 1,
        ..Fragment::ACKNOWLEDGMENT
    };
    liar.peer.handle_packet(&request(200, &later)).unwrap();
    assert_eq!(liar.failure(), Failure::Version(1));
    // A Start may have a later one: what is answered is ours.
    let mut peer = peap_peer();
    let start = Fragment {
        start: true,
        version: 2,
        ..Fragment::ACKNOWLEDGMENT
    };
    peer.handle_packet(&request(1, &start)).unwrap();
    let packet = peer.poll_packet().unwrap();
    assert_eq!(Fragment::parse(&packet[5..]).unwrap().version, 0);
}

#[test]
fn a_server_that_starts_over() {
    let mut liar = Liar::new(Binding::IfOffered);
    let start = Fragment {
        start: true,
        ..Fragment::ACKNOWLEDGMENT
    };
    liar.peer.handle_packet(&request(200, &start)).unwrap();
    assert_eq!(liar.failure(), Failure::OutOfTurn);
}

/// A copy of a Request gets the same Response, and is not looked at again.
#[test]
fn copies_are_answered_and_change_nothing() {
    let client = client_tls(Some(client_certificate()), Versions::Tls12).with_packet_len(200);
    let server = server_tls(Some(CA), Versions::Tls12).with_packet_len(200);
    let mut peer = Peer::eap_tls(&client).unwrap();
    let mut server = Server::eap_tls(&server).unwrap();
    server.start(1);
    let mut rounds = 0;
    while let Some(packet) = server.poll_packet().map(<[u8]>::to_vec) {
        rounds += 1;
        peer.handle_packet(&packet).unwrap();
        if packet[0] == 3 {
            break;
        }
        let response = peer.poll_packet().unwrap().to_vec();
        peer.handle_packet(&packet).unwrap();
        assert_eq!(peer.poll_packet().unwrap(), response);
        server.handle_packet(&response).unwrap();
        if matches!(server.poll_event(), Some(Event::AuthRequested(_))) {
            server.authorize(&Verdict::Accept { keys: None });
        }
        let copy = server.handle_packet(&response);
        assert!(copy.is_err(), "{rounds}");
    }
    assert!(rounds > 8, "{rounds}");
    assert!(matches!(peer.poll_event(), Some(Event::Done(_))));
}

/// Every packet cut short and every octet of it changed, towards either side: nothing panics, and nobody is let in by a
/// changed packet that was to be protected.
#[test]
fn damaged_packets() {
    for (at, flip) in (0..40).flat_map(|at| [(at, 1), (at, 0x80)]) {
        let client = client_tls(None, Versions::Tls12).with_packet_len(400);
        let server = server_tls(None, Versions::Tls12).with_packet_len(400);
        let mut peer = Peer::peap(&client, credentials(), Binding::IfOffered, [1; 32]).unwrap();
        let mut server = Server::peap(&server, b"", Binding::IfOffered, [2; 32]).unwrap();
        server.start(1);
        for round in 0..60 {
            let Some(mut packet) = server.poll_packet().map(<[u8]>::to_vec) else {
                break;
            };
            if round == at / 2 {
                let place = packet.len() / 2;
                packet[place] ^= flip;
            }
            let _ = peer.handle_packet(&packet[..packet.len() - usize::from(round == at)]);
            let Some(mut packet) = peer.poll_packet().map(<[u8]>::to_vec) else {
                break;
            };
            if round == at {
                packet[5] ^= flip;
            }
            let _ = server.handle_packet(&packet);
            if matches!(server.poll_event(), Some(Event::AuthRequested(_))) {
                server.authorize(&Verdict::Password("wonderland"));
            }
        }
    }
}
