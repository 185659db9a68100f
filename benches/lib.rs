//! What the benches share: sizes, and tunnels that are up.

pub mod corpus;
pub mod freerdp;
pub mod openssl;
pub mod rustcrypto;
pub mod table;

use core::time::Duration;
use pptp_core::control::CallAnswer;
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::{Credentials, Demand, Method, Minimal};
use pptp_core::testkit::{Conditions, Node, Sim};
use pptp_core::{Client, ClientConfig, Network, Server, ServerConfig};

/// Packets of interactive, of old and of bulk traffic, in octets.
pub const SIZES: [usize; 3] = [40, 576, 1396];

/// A client and a server with a tunnel between them that is up.
#[must_use]
pub fn tunnel(policy: MppePolicy) -> (Client<Minimal>, Server<Minimal>) {
    let mut client = ClientConfig::default();
    client.call.call_id = 1;
    client.ppp.mppe = policy;
    client.ppp.credentials = Credentials::new("alice", "wonderland").ok();
    let mut server = ServerConfig::default();
    server.control.accept = Some(CallAnswer {
        call_id: 2,
        ..CallAnswer::default()
    });
    server.ppp.mppe = policy;
    server.ppp.demand = Demand::new(Method::MsChapV2, "").ok();
    let client = Node::new(Client::new(client, [1; 32]));
    let server = Node::new(Server::new(server, [2; 32])).with_password("wonderland");
    let mut sim = Sim::new(client, server, Conditions::PERFECT, 1);
    sim.connect();
    let is_up = sim.run_until(Duration::from_secs(10), |sim| {
        sim.client.session.is_up(Network::Ipv4) && sim.server.session.is_up(Network::Ipv4)
    });
    assert!(is_up, "the tunnel did not come up: {:?}", sim.client.events);
    (sim.client.session, sim.server.session)
}

/// An IPv4 packet of `len` octets.
#[must_use]
pub fn packet(len: usize) -> Vec<u8> {
    let mut packet = vec![0; len];
    let total = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
    packet[..4].copy_from_slice(&[0x45, 0, total[0], total[1]]);
    packet
}
