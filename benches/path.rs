//! The whole data path: IP packets into a client, its GRE packets into a server, and the IP packets out again.

use crate::corpus;
use core::time::Duration;
use pptp_core::control::CallAnswer;
use pptp_core::ppp::config::{Modes, MppePolicy};
use pptp_core::ppp::{Credentials, Demand, Ipv4Only, Methods, MsChapV2, NoMppc, Profile, Sealer};
use pptp_core::testkit::{Conditions, Node, Sim};
use pptp_core::time::Instant;
use pptp_core::{Client, ClientConfig, Inbound, Network, Outgoing, Server, ServerConfig};
use std::hint::black_box;

/// As [`Minimal`](pptp_core::ppp::Minimal), with room for the keys of 16 packets to come.
#[derive(Debug, Clone)]
pub struct Ahead;

impl Profile for Ahead {
    type Suite = Sealer<NoMppc, 16>;
    type Auth = MsChapV2;
    type Networks = Ipv4Only;
}

/// Encryption with keys of 128 bits in stateless mode, as it is by default.
#[must_use]
pub fn stateless() -> MppePolicy {
    MppePolicy::default()
}

/// The same in stateful mode.
#[must_use]
pub fn stateful() -> MppePolicy {
    MppePolicy {
        modes: Modes::STATEFUL,
        ..MppePolicy::default()
    }
}

/// Both ends of a tunnel that is up.
#[derive(Debug, Clone)]
pub struct Path<P: Profile> {
    /// Where packets go in.
    pub client: Client<P>,
    /// Where they come out.
    pub server: Server<P>,
    now: Instant,
}

impl<P: Profile> Path<P> {
    /// A tunnel with such encryption, and with compression if it is to have it.
    #[must_use]
    pub fn new(policy: MppePolicy, mppc: bool) -> Self {
        let mut client = ClientConfig::default();
        client.call.call_id = 1;
        client.ppp.credentials = Credentials::new("alice", "wonderland").ok();
        let mut server = ServerConfig::default();
        server.control.accept = Some(CallAnswer {
            call_id: 2,
            ..CallAnswer::default()
        });
        server.ppp.demand = Demand::new(Methods::MS_CHAP_V2, "").ok();
        for ppp in [&mut client.ppp, &mut server.ppp] {
            ppp.mppe = policy;
            ppp.mppc = mppc;
            (ppp.lcp.mru, ppp.lcp.mtu) = (1500, 1500);
        }
        let client = Node::new(Client::new(client, [1; 32]));
        let server = Node::new(Server::new(server, [2; 32])).with_password("wonderland");
        let mut sim = Sim::new(client, server, Conditions::PERFECT, 1);
        sim.connect();
        let is_up = sim.run_until(Duration::from_secs(10), |sim| {
            sim.client.session.is_up(Network::Ipv4) && sim.server.session.is_up(Network::Ipv4)
        });
        assert!(is_up, "the tunnel did not come up: {:?}", sim.client.events);
        let (client, server) = (sim.client.session, sim.server.session);
        assert_eq!(client.compression().0.is_some(), mppc);
        Self {
            client,
            server,
            now: Instant::from_millis(100_000),
        }
    }

    /// Has a packet go through it.
    pub fn carry(&mut self, packet: &[u8], room: &mut [u8]) {
        let sent = self.client.send(self.now, Network::Ipv4, packet, room);
        let len = sent.expect("the tunnel is up").len();
        match self.server.handle_gre(self.now, &mut room[..len]) {
            Ok(Inbound::Packet { packet, .. }) => black_box(packet.len()),
            other => panic!("no packet: {other:?}"),
        };
    }

    /// Prepares the keys of so many packets to come, as far as there is room for them.
    pub fn prepare(&mut self, packets: usize) {
        for _ in 0..packets {
            self.client.prepare();
            self.server.prepare();
        }
    }

    /// Has several packets go through it at once.
    pub fn carry_batch<const K: usize>(&mut self, packets: [&[u8]; K], rooms: &mut [Vec<u8>; K]) {
        let lens = {
            let mut rooms = rooms.iter_mut();
            let mut outgoing = packets.map(|packet| {
                let room = rooms.next().expect("as many rooms as packets");
                Outgoing::new(packet, room)
            });
            self.client
                .send_batch(self.now, Network::Ipv4, &mut outgoing);
            outgoing.map(|packet| packet.sent().expect("the tunnel is up").len())
        };
        let mut lens = lens.into_iter();
        let mut datagrams = rooms.each_mut().map(|room| {
            let len = lens.next().unwrap_or(0);
            &mut room[..len]
        });
        let mut batch = self.server.handle_gre_batch(self.now, &mut datagrams);
        while let Some(inbound) = batch.next() {
            match inbound {
                Ok(Inbound::Packet { packet, .. }) => black_box(packet.len()),
                other => panic!("no packet: {other:?}"),
            };
        }
    }
}

/// Has a packet go through each of several tunnels at once.
pub fn carry_jobs<P: Profile, const K: usize>(
    paths: [&mut Path<P>; K],
    packets: [&[u8]; K],
    rooms: &mut [Vec<u8>; K],
) {
    let mut now = Instant::ZERO;
    let (mut clients, mut servers) = (Vec::with_capacity(K), Vec::with_capacity(K));
    for path in paths {
        now = path.now;
        clients.push(&mut path.client);
        servers.push(&mut path.server);
    }
    let lens = {
        let pairs = packets.iter().zip(&mut *rooms);
        let mut outgoing: Vec<_> = pairs
            .map(|(packet, room)| Outgoing::new(packet, room))
            .collect();
        let mut jobs: Vec<_> = clients.into_iter().zip(&mut outgoing).collect();
        Client::send_jobs(now, Network::Ipv4, &mut jobs);
        let len = |packet: &Outgoing<'_>| packet.sent().expect("the tunnel is up").len();
        outgoing.iter().map(len).collect::<Vec<_>>()
    };
    let datagrams = rooms.iter_mut().zip(lens);
    let datagrams = datagrams.map(|(room, len)| &mut room[..len]);
    let mut jobs: Vec<_> = servers.into_iter().zip(datagrams).collect();
    let mut jobs = Server::handle_gre_jobs(now, &mut jobs);
    while let Some(inbound) = jobs.next() {
        match inbound {
            Ok(Inbound::Packet { packet, .. }) => black_box(packet.len()),
            other => panic!("no packet: {other:?}"),
        };
    }
}

/// Room for `K` GRE packets.
#[must_use]
pub fn rooms<const K: usize>() -> [Vec<u8>; K] {
    [(); K].map(|()| vec![0; 1600])
}

/// IP packets of `len` octets with text in them.
#[must_use]
pub fn packets(len: usize) -> Vec<Vec<u8>> {
    const PACKETS: usize = 16;
    let flow = corpus::compressible().into_iter().next();
    let flow = flow.expect("a Debian machine has text on it");
    let cut = |packet: Vec<u8>| {
        // Behind the PPP protocol field.
        let mut packet = packet[2..].to_vec();
        packet.resize(len, b' ');
        crate::set_length(&mut packet);
        packet
    };
    flow.packets.into_iter().take(PACKETS).map(cut).collect()
}
