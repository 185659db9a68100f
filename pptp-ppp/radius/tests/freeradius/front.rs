//! EAP-TLS and PEAP of `pptp-eap-tls`, as the server of hostap's peer, behind as much of a RADIUS server as it takes.

use crate::proxy::{FRONT_SECRET, TRUST, eapol_test};
use crate::server::FreeRadius;
use pptp_eap_tls::{
    AuthRequest, Binding, Certified, Event, Failure, Keys, Server, ServerTls, Versions, has_name,
};
use pptp_ppp::Verdict;
use pptp_radius::{Code, MAX_PACKET_LEN, MessageAuthenticator, Request, Secret};
use std::fs;

/// One user at a time.
struct Front {
    new: Box<dyn Fn() -> Server>,
    server: Server,
    identity: Vec<u8>,
    failure: Option<Failure>,
}

impl Front {
    fn new(new: impl Fn() -> Server + 'static) -> Self {
        Self {
            server: new(),
            new: Box::new(new),
            identity: Vec::new(),
            failure: None,
        }
    }

    fn answer(&mut self, datagram: &[u8], room: &mut [u8]) -> usize {
        let secret = Secret::new(FRONT_SECRET).unwrap();
        let request = Request::parse(datagram, secret, MessageAuthenticator::Required).unwrap();
        let mut packet = [0; MAX_PACKET_LEN];
        let packet = request.eap(&mut packet).unwrap().unwrap();
        if packet[4] == 1 {
            self.identity = packet[5..].to_vec();
            self.server = (self.new)();
            self.server.start(packet[1].wrapping_add(1));
        } else {
            self.server.handle_packet(packet).unwrap();
        }
        let keys = self.judge();
        let packet = match self.server.poll_packet() {
            Some(packet) => packet.to_vec(),
            None => vec![4, packet[1], 0, 4],
        };
        let code = match packet[0] {
            3 => Code::ACCESS_ACCEPT,
            4 => Code::ACCESS_REJECT,
            _ => Code::ACCESS_CHALLENGE,
        };
        let mut answer = request.answer(code, room);
        answer.state(b"of the only one there is").eap(&packet);
        if let Some(keys) = keys {
            answer.keys(keys.from_server(), keys.from_peer(), 0x1234);
        }
        answer.finish().unwrap().len()
    }

    /// The owner's part.
    fn judge(&mut self) -> Option<Keys> {
        loop {
            let verdict = match self.server.poll_event()? {
                Event::Done(keys) => return Some(keys),
                Event::Failed(failure) => {
                    self.failure = Some(failure);
                    return None;
                }
                Event::AuthRequested(AuthRequest::Certificates(chain)) => {
                    if has_name(&chain[0], &self.identity) {
                        Verdict::Accept { keys: None }
                    } else {
                        Verdict::WRONG_PASSWORD
                    }
                }
                Event::AuthRequested(AuthRequest::Inner { name: b"alice", .. }) => {
                    Verdict::Password("wonderland")
                }
                _ => Verdict::WRONG_PASSWORD,
            };
            self.server.authorize(&verdict);
        }
    }
}

fn server_tls(radius: &FreeRadius, peers: bool) -> ServerTls {
    let read = |name: &str| fs::read(radius.folder.join(name)).unwrap();
    let own = Certified::from_pem(&read("server.pem"), &read("server.key")).unwrap();
    let peers = peers.then(|| read("ca.pem"));
    ServerTls::new(own, peers.as_deref(), Versions::Tls12And13).unwrap()
}

/// Whether it was let in, and what our end says of it otherwise.
fn ask(radius: &FreeRadius, front: &mut Front, settings: &str) -> Result<(), Option<Failure>> {
    front.failure = None;
    let (accepted, said) = eapol_test(&radius.folder, settings, true, |datagram, room| {
        front.answer(datagram, room)
    });
    println!("{settings}{said}");
    if !accepted {
        return Err(front.failure.take());
    }
    assert!(said.contains("MPPE keys OK: 1  mismatch: 0"), "{said}");
    Ok(())
}

#[test]
#[ignore = "needs FreeRADIUS and eapol_test"]
fn eap_tls_as_its_server() {
    // For its certificates.
    let radius = FreeRadius::start("md5");
    let own = "client_cert=\"FOLDER/client.pem\"\nprivate_key=\"FOLDER/client.key\"\n";
    let tls = server_tls(&radius, true).with_packet_len(600);
    let mut front = Front::new(move || Server::eap_tls(&tls).unwrap());
    for fragment in ["", "fragment_size=200\n"] {
        let settings = format!("eap=TLS\nidentity=\"alice\"\n{TRUST}{own}{fragment}");
        assert_eq!(ask(&radius, &mut front, &settings), Ok(()));
    }
    let settings = format!("eap=TLS\nidentity=\"bob\"\n{TRUST}{own}");
    let refused = ask(&radius, &mut front, &settings);
    assert_eq!(refused, Err(Some(Failure::Rejected)));
}

#[test]
#[ignore = "needs FreeRADIUS and eapol_test"]
fn peap_as_its_server() {
    let radius = FreeRadius::start("md5");
    let peap = |binding: Binding| {
        let tls = server_tls(&radius, false).with_packet_len(600);
        Front::new(move || Server::peap(&tls, b"gate", binding, [3; 32]).unwrap())
    };
    let settings = |password: &str, phase1: &str| {
        format!(
            "eap=PEAP\nidentity=\"alice\"\nanonymous_identity=\"nobody\"\npassword=\"{password}\"\n\
             phase2=\"auth=MSCHAPV2\"\nphase1=\"{phase1}\"\n{TRUST}"
        )
    };
    for (binding, phase1) in [
        (Binding::IfOffered, "crypto_binding=2"),
        (Binding::Required, "crypto_binding=1"),
        (Binding::IfOffered, "crypto_binding=0"),
        (Binding::Never, "crypto_binding=1"),
    ] {
        let mut front = peap(binding);
        let accepted = ask(&radius, &mut front, &settings("wonderland", phase1));
        assert_eq!(accepted, Ok(()), "{binding:?} {phase1}");
    }
    let mut front = peap(Binding::IfOffered);
    let refused = ask(&radius, &mut front, &settings("looking-glass", ""));
    assert_eq!(refused, Err(Some(Failure::Rejected)));
    let mut front = peap(Binding::Never);
    let refused = ask(
        &radius,
        &mut front,
        &settings("wonderland", "crypto_binding=2"),
    );
    // It says nothing more, and stops.
    assert_eq!(refused, Err(None));
    let mut front = peap(Binding::Required);
    let refused = ask(
        &radius,
        &mut front,
        &settings("wonderland", "crypto_binding=0"),
    );
    assert_eq!(refused, Err(Some(Failure::NoBinding)));
}
