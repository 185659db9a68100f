//! EAP-TLS and PEAP of `pptp-eap-tls`, as the peer of FreeRADIUS and of hostapd.

use crate::SECRET;
use crate::hostapd::Hostapd;
use crate::server::{FreeRadius, ask};
use pptp_eap_tls::rustls::CertificateError;
use pptp_eap_tls::{Binding, Certified, ClientTls, Event, Failure, Peer, Versions};
use pptp_mppe::Side;
use pptp_ppp::Credentials;
use pptp_ppp::wire::mschapv2::ErrorCode;
use pptp_radius::{Decision, Keys, MAX_PACKET_LEN, MessageAuthenticator, Schedule};
use std::fs;
use std::net::SocketAddrV4;
use std::path::Path;

/// How a conversation ended.
struct End {
    decision: Decision,
    /// The server's keys.
    keys: Option<Keys>,
    event: Option<Event<'static>>,
    rounds: usize,
}

fn converse(address: SocketAddrV4, user: &str, peer: &mut Peer) -> End {
    let len = u8::try_from(user.len() + 5).unwrap();
    let mut packet = [&[2, 0, 0, len, 1], user.as_bytes()].concat();
    let mut state: Option<Vec<u8>> = None;
    let mut event = None;
    for rounds in 1..60 {
        let (decision, keys, answer, next) = ask(
            address,
            SECRET,
            MessageAuthenticator::Required,
            Schedule::default(),
            |it| {
                it.user_name(user.as_bytes()).eap(&packet);
                if let Some(state) = &state {
                    it.state(state);
                }
            },
            |reply| {
                let next = reply.state().map(<[u8]>::to_vec);
                let mut room = [0; MAX_PACKET_LEN];
                let answer = reply.eap(&mut room).unwrap().unwrap().to_vec();
                (reply.decision(), reply.keys().unwrap(), answer, next)
            },
        )
        .unwrap();
        state = next;
        // The default method is another: the server is told so.
        let [code, identifier, _, _, kind @ ..] = &answer[..] else {
            panic!("{answer:?}");
        };
        if (*code, kind.first()) == (1, Some(&4)) {
            packet = vec![2, *identifier, 0, 6, 3, peer.method().0];
            continue;
        }
        peer.handle_packet(&answer).unwrap();
        if let Some(response) = peer.poll_packet() {
            packet = response.to_vec();
        }
        match peer.poll_event() {
            Some(Event::Done(keys)) => event = Some(Event::Done(keys)),
            Some(Event::Failed(failure)) => event = Some(Event::Failed(failure)),
            _ => {}
        }
        if decision != Decision::Challenge {
            return End {
                decision,
                keys,
                event,
                rounds,
            };
        }
    }
    panic!("it does not end");
}

/// The keys of both ends are the same.
fn assert_accepted(end: &End) {
    let (Decision::Accept, Some(Event::Done(ours)), Some(theirs)) =
        (end.decision, &end.event, &end.keys)
    else {
        panic!("{:?} {:?}", end.decision, end.event);
    };
    assert_eq!(theirs.receive.as_bytes(), ours.from_peer());
    assert_eq!(theirs.send.as_bytes(), ours.from_server());
    assert_eq!(theirs.start_keys(), ours.start_keys(Side::Server));
}

fn tls(folder: &Path, name: &str, own: bool) -> ClientTls {
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let own = own.then(|| Certified::from_pem(&read("client.pem"), &read("client.key")).unwrap());
    ClientTls::new(&read("ca.pem"), name, own, Versions::Tls12And13).unwrap()
}

/// RFC 9190: other keys, and an octet that says that there is no more to come.
#[test]
#[ignore = "needs FreeRADIUS"]
fn tls_1_3_as_its_peer() {
    let server = FreeRadius::start_with("md5", "1.3");
    let tls = tls(&server.folder, "radius.example", true);
    let end = converse(server.address, "alice", &mut Peer::eap_tls(&tls).unwrap());
    assert_accepted(&end);
    assert!(server.log().contains("TLS 1.3"), "{}", server.log());

    let user = Credentials::new("alice", "wonderland").unwrap();
    let mut peer = Peer::peap(&tls, user, Binding::IfOffered, [7; 32]).unwrap();
    let end = converse(server.address, "anonymous", &mut peer);
    assert_accepted(&end);
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn eap_tls_as_its_peer() {
    let server = FreeRadius::start("md5");
    let right = tls(&server.folder, "radius.example", true);
    for len in [1024, 200] {
        let mut peer = Peer::eap_tls(&right.clone().with_packet_len(len)).unwrap();
        let end = converse(server.address, "alice", &mut peer);
        assert_accepted(&end);
        println!("{len}: {} rounds", end.rounds);
    }
    let wrong = tls(&server.folder, "elsewhere.example", true);
    let end = converse(server.address, "alice", &mut Peer::eap_tls(&wrong).unwrap());
    assert_eq!(end.decision, Decision::Reject);
    let Some(Event::Failed(Failure::Certificate(error))) = end.event else {
        panic!("{:?}", end.event);
    };
    assert!(
        matches!(error, CertificateError::NotValidForNameContext { .. }),
        "{error:?}"
    );
    let none = tls(&server.folder, "radius.example", false);
    let end = converse(server.address, "alice", &mut Peer::eap_tls(&none).unwrap());
    assert_eq!(end.decision, Decision::Reject);
    // It does not say why.
    assert_eq!(end.event, Some(Event::Failed(Failure::Failed)));
}

#[test]
#[ignore = "needs FreeRADIUS"]
fn peap_as_its_peer() {
    let server = FreeRadius::start("peap");
    let peap = |name: &str, password: &str, binding: Binding| {
        let user = Credentials::new("alice", password).unwrap();
        let tls = tls(&server.folder, name, false);
        Peer::peap(&tls, user, binding, [7; 32]).unwrap()
    };
    let mut peer = peap("radius.example", "wonderland", Binding::IfOffered);
    let end = converse(server.address, "anonymous", &mut peer);
    assert_accepted(&end);

    let mut peer = peap("radius.example", "looking-glass", Binding::IfOffered);
    let end = converse(server.address, "anonymous", &mut peer);
    assert_eq!(end.decision, Decision::Reject);
    let refused = Failure::Refused(ErrorCode::AuthenticationFailure);
    assert_eq!(end.event, Some(Event::Failed(refused)), "{}", server.log());

    // It never has one.
    let mut peer = peap("radius.example", "wonderland", Binding::Required);
    let end = converse(server.address, "anonymous", &mut peer);
    assert_eq!(end.decision, Decision::Reject);
    assert_eq!(end.event, Some(Event::Failed(Failure::NoBinding)));

    let mut peer = peap("elsewhere.example", "wonderland", Binding::IfOffered);
    let end = converse(server.address, "anonymous", &mut peer);
    assert_eq!(end.decision, Decision::Reject);
    assert!(
        matches!(end.event, Some(Event::Failed(Failure::Certificate(_)))),
        "{:?}",
        end.event
    );
}

/// It has cryptobinding, which FreeRADIUS has not.
#[test]
#[ignore = "needs FreeRADIUS and hostapd"]
fn peap_with_cryptobinding_as_the_peer_of_hostapd() {
    // For its certificates.
    let radius = FreeRadius::start("md5");
    let hostapd = Hostapd::start(&radius.folder);
    for (versions, bound) in [
        (Versions::Tls12, Binding::Required),
        // 2.10 exports half as many octets (RFC 9427 §2.1 has 128), which over TLS 1.3 are others.
        (Versions::Tls12And13, Binding::Never),
    ] {
        for (binding, password) in [
            (bound, "wonderland"),
            (Binding::Never, "wonderland"),
            (bound, "looking-glass"),
        ] {
            let authority = fs::read(radius.folder.join("ca.pem")).unwrap();
            let tls = ClientTls::new(&authority, "radius.example", None, versions).unwrap();
            let user = Credentials::new("alice", password).unwrap();
            let mut peer = Peer::peap(&tls, user, binding, [7; 32]).unwrap();
            let end = converse(hostapd.address, "anonymous", &mut peer);
            if password == "wonderland" {
                assert_accepted(&end);
            } else {
                let refused = Failure::Refused(ErrorCode::AuthenticationFailure);
                assert_eq!(end.event, Some(Event::Failed(refused)));
            }
        }
    }
    let own = tls(&radius.folder, "radius.example", true);
    let mut peer = Peer::eap_tls(&own).unwrap();
    assert_accepted(&converse(hostapd.address, "bob", &mut peer));
}
