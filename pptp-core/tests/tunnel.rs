//! A client and a server over a simulated network.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use core::net::Ipv4Addr;
use core::time::Duration;
use pptp_core::control::CallAnswer;
use pptp_core::ppp::config::{Ipv4Config, MppePolicy};
use pptp_core::ppp::{Credentials, Demand, Methods, Minimal};
use pptp_core::testkit::{Conditions, Node, Side, Sim};
use pptp_core::{Client, ClientConfig, DownReason, Network, Pac, Pns, Server, ServerConfig};

type Tunnel = Sim<Node<Minimal, Pns>, Node<Minimal, Pac>>;

fn tunnel(conditions: Conditions, seed: u64, policy: MppePolicy) -> Tunnel {
    let mut client = ClientConfig::default();
    client.call.call_id = 7;
    client.ppp.mppe = policy;
    client.ppp.credentials = Some(Credentials::new("alice", "wonderland").unwrap());
    let mut server = ServerConfig::default();
    server.control.accept = Some(CallAnswer {
        call_id: 9,
        ..CallAnswer::default()
    });
    server.ppp.mppe = policy;
    server.ppp.demand = Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap());
    server.ppp.ipv4 = Ipv4Config {
        local: Some(Ipv4Addr::new(10, 0, 0, 1)),
        remote: Some(Ipv4Addr::new(10, 0, 0, 2)),
        ..Ipv4Config::default()
    };
    let client = Node::new(Client::new(client, [1; 32]));
    let server = Node::new(Server::new(server, [2; 32])).with_password("wonderland");
    let mut sim = Sim::new(client, server, conditions, seed);
    sim.connect();
    sim
}

fn is_up(sim: &Tunnel) -> bool {
    sim.client.session.is_up(Network::Ipv4) && sim.server.session.is_up(Network::Ipv4)
}

#[test]
fn comes_up_and_goes_down() {
    let mut sim = tunnel(Conditions::PERFECT, 1, MppePolicy::default());
    assert!(
        sim.run_until(Duration::from_secs(5), is_up),
        "{:#?}",
        sim.client.events
    );
    let now = sim.now();
    sim.client.session.close(now);
    sim.run_for(Duration::from_secs(10));
    assert_eq!(
        sim.client.down,
        Some(DownReason::Closed),
        "{:#?}",
        sim.client.events
    );
    assert!(sim.server.down.is_some(), "{:#?}", sim.server.events);
    assert!(!sim.is_connected(Side::Client));
}

#[test]
fn blocked_gre_is_told() {
    let lost = Conditions {
        loss: 1.0,
        ..Conditions::PERFECT
    };
    let mut sim = tunnel(Conditions::PERFECT, 1, MppePolicy::default());
    sim.link_to(Side::Client).set_conditions(lost);
    sim.link_to(Side::Server).set_conditions(lost);
    sim.run_for(Duration::from_secs(60));
    assert_eq!(
        sim.client.down,
        Some(DownReason::GreBlocked),
        "{:#?}",
        sim.client.events
    );
}

#[test]
fn a_client_is_small() {
    println!("Client<Minimal>: {} octets", size_of::<Client<Minimal>>());
    // 4 KiB, and a twentieth of it for the 128 octets of Call Statistics that a PAC may send.
    assert!(size_of::<Client<Minimal>>() <= 4096 + 4096 / 20);
}
