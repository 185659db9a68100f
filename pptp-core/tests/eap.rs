//! A tunnel whose ends have a method of EAP of their own.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use pptp_core::control::CallAnswer;
use pptp_core::ppp::auth::Grant;
use pptp_core::ppp::{
    AuthId, Credentials, Demand, DownReason as Link, EapError, Event as LinkEvent, Full, Methods,
    Side, StartKeys,
};
use pptp_core::time::Instant;
use pptp_core::{Client, ClientConfig, DownReason, Event, Network, Output, Server, ServerConfig};

const NOW: Instant = Instant::from_millis(1000);

/// What the caller at either end says to a packet of EAP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Say {
    /// The method goes on, as long packets as there may be.
    On,
    /// The client does not trust the server.
    Distrust,
    /// It is none of the caller's.
    Decline,
}

struct Tunnel {
    client: Client<Full>,
    server: Server<Full>,
    say: Say,
    down: Option<DownReason>,
    /// What the caller of the client was asked.
    asked: Option<AuthId>,
}

fn keys(side: Side) -> Option<StartKeys> {
    Some(StartKeys::from_msk(&[0x11; 64], side))
}

/// A packet of the method, which has the number 99.
fn packet(code: u8, identifier: u8) -> Vec<u8> {
    let mut packet = vec![code, identifier, 5, 0xdc, 99];
    packet.resize(1500, 0x20);
    packet
}

impl Tunnel {
    fn new(say: Say) -> Self {
        let mut client = ClientConfig::default();
        client.call.call_id = 7;
        let who = Credentials::new("alice", "wonderland").unwrap();
        client.ppp.credentials = Some(who.with_methods(Methods::EAP | Methods::EAP_MS_CHAP_V2));
        let mut server = ServerConfig::default();
        server.control.accept = Some(CallAnswer {
            call_id: 9,
            ..CallAnswer::default()
        });
        let methods = Methods::EAP | Methods::EAP_MS_CHAP_V2;
        server.ppp.demand = Some(Demand::new(methods, "").unwrap());
        server.ppp.ipv4.local = Some([10, 0, 0, 1].into());
        server.ppp.ipv4.remote = Some([10, 0, 0, 2].into());
        Self {
            client: Client::new(client, [1; 32]),
            server: Server::new(server, [2; 32]),
            say,
            down: None,
            asked: None,
        }
    }

    fn run(&mut self) {
        self.client.control_connected(NOW);
        self.server.control_connected(NOW);
        let mut to_server = Vec::new();
        loop {
            let quiet = !self.serve_client(&mut to_server);
            for (is_control, mut octets) in to_server.drain(..) {
                if is_control {
                    let _ = self.server.handle_control(NOW, &octets).unwrap();
                } else {
                    let _ = self.server.handle_gre(NOW, &mut octets);
                }
            }
            if quiet && !self.serve_server() {
                break;
            }
        }
    }

    fn serve_client(&mut self, to_server: &mut Vec<(bool, Vec<u8>)>) -> bool {
        let mut out = [0; Client::<Full>::MAX_OUTPUT];
        let mut any = false;
        loop {
            let mut asked = None;
            match self.client.poll_output(NOW, &mut out).unwrap() {
                Output::Control(octets) => to_server.push((true, octets.to_vec())),
                Output::Gre(octets) => to_server.push((false, octets.to_vec())),
                Output::Event(Event::Ppp(LinkEvent::Eap(request))) => {
                    asked = Some((request.id, request.packet.to_vec()));
                }
                Output::Event(Event::Down(reason)) => self.down = Some(reason),
                Output::Event(_) => {}
                Output::Timeout(_) => return any,
            }
            any = true;
            let Some((id, request)) = asked else {
                continue;
            };
            self.asked = Some(id);
            assert_eq!(request, packet(1, request[1]));
            let client = &mut self.client;
            let reply = packet(2, request[1]);
            match self.say {
                Say::On => {
                    client.eap_reply(NOW, id, &reply).unwrap();
                    let keys = keys(Side::Client);
                    client.eap_keys(NOW, id, keys, Grant::default()).unwrap();
                }
                Say::Distrust => {
                    client.eap_reply(NOW, id, &reply).unwrap();
                    client.eap_distrust(NOW, id).unwrap();
                }
                Say::Decline => client.eap_decline(NOW, id).unwrap(),
            }
        }
    }

    fn serve_server(&mut self) -> bool {
        let mut out = [0; Server::<Full>::MAX_OUTPUT];
        let mut any = false;
        loop {
            let (mut asked, mut proved) = (None, None);
            match self.server.poll_output(NOW, &mut out).unwrap() {
                Output::Control(octets) => {
                    let _ = self.client.handle_control(NOW, octets).unwrap();
                }
                Output::Gre(octets) => {
                    let _ = self.client.handle_gre(NOW, &mut octets.to_vec());
                }
                Output::Event(Event::Ppp(LinkEvent::Eap(response))) => {
                    asked = Some((response.id, response.packet.to_vec()));
                }
                Output::Event(Event::Ppp(LinkEvent::AuthRequested(request))) => {
                    proved = Some(request.id);
                }
                Output::Event(_) => {}
                Output::Timeout(_) => return any,
            }
            any = true;
            let server = &mut self.server;
            if let Some(id) = proved {
                let verdict = pptp_core::ppp::Verdict::Password("wonderland");
                server.authorize(NOW, id, &verdict, Grant::default());
            }
            let Some((id, response)) = asked else {
                continue;
            };
            match (response[4], self.say) {
                (1, _) => server.eap_reply(NOW, id, &packet(1, 77)).unwrap(),
                (3, _) => server.eap_decline(NOW, id).unwrap(),
                (_, Say::On) => {
                    let keys = keys(Side::Server);
                    server.eap_keys(NOW, id, keys, Grant::default()).unwrap();
                    server.eap_reply(NOW, id, &[3, 77, 0, 4]).unwrap();
                }
                _ => server.eap_reply(NOW, id, &[4, 77, 0, 4]).unwrap(),
            }
        }
    }
}

#[test]
fn a_method_of_the_callers_brings_a_tunnel_up() {
    for say in [Say::On, Say::Decline] {
        let mut tunnel = Tunnel::new(say);
        tunnel.run();
        assert!(tunnel.client.is_up(Network::Ipv4), "{say:?}");
        assert!(tunnel.server.is_up(Network::Ipv4), "{say:?}");
        assert!(tunnel.client.encryption().0.is_some());
        let late = tunnel
            .client
            .eap_reply(NOW, tunnel.asked.unwrap(), &packet(2, 77));
        assert_eq!(late, Err(EapError::NotWanted));
    }
}

#[test]
fn who_is_not_trusted_gets_no_tunnel() {
    let mut tunnel = Tunnel::new(Say::Distrust);
    tunnel.run();
    let reason = DownReason::Ppp(Link::PeerNotTrusted);
    assert_eq!(tunnel.client.down_reason(), Some(reason));
}

#[test]
fn without_a_call_nothing_is_wanted() {
    let mut client = Client::<Full>::new(ClientConfig::default(), [1; 32]);
    let mut tunnel = Tunnel::new(Say::On);
    tunnel.run();
    let id = tunnel.asked.unwrap();
    let unwanted = Err(EapError::NotWanted);
    assert_eq!(client.eap_reply(NOW, id, &packet(2, 77)), unwanted);
    assert_eq!(client.eap_decline(NOW, id), unwanted);
    assert_eq!(client.eap_distrust(NOW, id), unwanted);
    let keyed = client.eap_keys(NOW, id, None, Grant::default());
    assert_eq!(keyed, unwanted);
}
