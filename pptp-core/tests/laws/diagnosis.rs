//! What is wrong with a tunnel is told, once, and of a good one nothing.

use super::ends::{PASSWORD, client_config, packet, server_config};
use core::time::Duration;
use pptp_core::ppp::Minimal;
use pptp_core::ppp::config::MppePolicy;
use pptp_core::testkit::{Conditions, Kind, Node, Packet, Rng, Side, Sim};
use pptp_core::time::Instant;
use pptp_core::wire::GreHeader;
use pptp_core::{Client, Diagnosis, Network, Pac, Pns, Server, TimerKind};

type Tunnel = Sim<Node<Minimal, Pns>, Node<Minimal, Pac>>;

fn tunnel(conditions: Conditions, seed: u64) -> Tunnel {
    let policy = MppePolicy::default();
    let mut rng = Rng::new(seed);
    let client = Client::new(client_config(policy), rng.entropy());
    let server = Server::new(server_config(policy), rng.entropy());
    let server = Node::new(server).with_password(PASSWORD);
    Sim::new(Node::new(client), server, conditions, rng.u64())
}

/// A tunnel on a path on which `change` says what becomes of each packet, after ten seconds.
fn on(change: impl Fn(&mut Packet) -> bool + 'static) -> Tunnel {
    let mut sim = tunnel(Conditions::PERFECT, 1);
    sim.set_attacker(move |packet, crossing| {
        let mut packet = packet.clone();
        if change(&mut packet) {
            crossing.push(packet);
        }
    });
    sim.connect();
    sim.run_for(Duration::from_secs(10));
    sim
}

/// The diagnoses among events.
fn told(events: &[(Instant, String)]) -> Vec<String> {
    let texts = events.iter().map(|(_, event)| event);
    let texts = texts.filter_map(|event| event.strip_prefix("Diagnosis("));
    texts
        .map(|event| event.trim_end_matches(')').to_owned())
        .collect()
}

fn both(sim: &Tunnel) -> [Vec<String>; 2] {
    [told(&sim.client.events), told(&sim.server.events)]
}

fn texts(all: [&[Diagnosis]; 2]) -> [Vec<String>; 2] {
    let text = |it: &Diagnosis| format!("{it:?}");
    all.map(|of| of.iter().map(text).collect())
}

#[test]
fn of_a_good_tunnel_nothing_is_told() {
    for (seed, conditions) in
        (0..60).zip([Conditions::PERFECT, Conditions::INTERNET].iter().cycle())
    {
        let mut sim = tunnel(*conditions, seed);
        sim.connect();
        sim.run_for(Duration::from_secs(40));
        let now = sim.now();
        for _ in 0..30 {
            let mut out = [0; 256];
            let session = &mut sim.client.session;
            let datagram = session.send(now, Network::Ipv4, &packet(b"x"), &mut out);
            if let Ok(datagram) = datagram.map(<[u8]>::to_vec) {
                sim.send_gre(Side::Client, &datagram);
            }
        }
        sim.run_for(Duration::from_secs(5));
        assert_eq!(both(&sim), texts([&[], &[]]), "{seed}");
    }
}

#[test]
fn where_gre_is_blocked_both_ways_nothing_is_heard() {
    let sim = on(|packet| packet.kind != Kind::Gre);
    let nothing = &[Diagnosis::NothingHeard][..];
    assert_eq!(both(&sim), texts([nothing, nothing]));
    assert_eq!(sim.client.session.last_heard().gre, None);
}

#[test]
fn where_gre_is_blocked_one_way_each_end_knows_its_part() {
    let sim = on(|packet| packet.kind != Kind::Gre || packet.from == Side::Server);
    assert_eq!(
        both(&sim),
        texts([&[Diagnosis::NotHeard], &[Diagnosis::NothingHeard]])
    );
}

#[test]
fn a_nat_that_changes_call_ids_is_seen() {
    let sim = on(|packet| {
        if packet.kind == Kind::Gre && packet.from == Side::Server {
            packet.bytes[6..8].copy_from_slice(&[0x12, 0x34]);
        }
        true
    });
    let [client, _] = both(&sim);
    let wrong = Diagnosis::WrongCallId { found: 0x1234 };
    assert_eq!(client, [format!("{wrong:?}"), "NothingHeard".to_owned()]);

    // In the Outgoing-Call-Reply, octets 14 and 15 (RFC 2637 §2.8).
    let sim = on(|packet| {
        if packet.kind == Kind::Control && packet.from == Side::Server && packet.bytes[9] == 8 {
            packet.bytes[14..16].copy_from_slice(&[0x12, 0x34]);
        }
        true
    });
    assert_eq!(both(&sim)[0], ["AnswerForAnother"]);
}

#[test]
fn a_peer_that_starts_its_control_connection_anew_is_seen() {
    let mut sim = on(|_| true);
    let mut log = sim.log().iter();
    let request = log.find(|it| it.kind == Kind::Control && it.from == Side::Client);
    let octets = request.unwrap().bytes.clone();
    for _ in 0..2 {
        sim.inject(Side::Client, Kind::Control, &octets);
        sim.run_for(Duration::from_secs(1));
    }
    assert_eq!(both(&sim)[1], ["ControlRestarted"], "once");
}

#[test]
fn a_peer_that_counts_its_packets_anew_is_seen() {
    for packets in [10, 500] {
        let mut sim = on(|_| true);
        let now = sim.now();
        for _ in 0..packets {
            let mut out = [0; 256];
            let session = &mut sim.client.session;
            let sent = session.send(now, Network::Ipv4, &packet(b"x"), &mut out);
            let datagram = sent.unwrap().to_vec();
            sim.send_gre(Side::Client, &datagram);
        }
        sim.run_for(Duration::from_secs(1));
        for sequence in 0..4 {
            let header = GreHeader {
                payload_len: 4,
                call_id: super::ends::SERVER_ID,
                sequence: Some(sequence),
                acknowledgment: None,
            };
            let mut datagram = vec![0; header.len()];
            header.encode(&mut datagram).unwrap();
            datagram.extend([0xff, 0x03, 0xc0, 0x21]);
            assert_eq!(both(&sim)[1].is_empty(), sequence < 3, "{sequence}");
            sim.inject(Side::Client, Kind::Gre, &datagram);
            sim.run_for(Duration::from_secs(1));
        }
        assert_eq!(both(&sim)[1], ["GreRestarted"]);
    }
}

#[test]
fn when_something_was_heard_last_is_known() {
    let mut sim = tunnel(Conditions::PERFECT, 2);
    let nothing = sim.client.session.last_heard();
    assert_eq!((nothing.control, nothing.gre), (None, None));
    sim.connect();
    sim.run_for(Duration::from_secs(3));
    let before = sim.client.session.last_heard();
    assert!(before.control < before.gre && before.gre <= Some(sim.now()));
    let now = sim.now();
    let mut out = [0; 256];
    let session = &mut sim.server.session;
    let sent = session.send(now, Network::Ipv4, &packet(b"x"), &mut out);
    let datagram = sent.unwrap().to_vec();
    sim.send_gre(Side::Server, &datagram);
    sim.run_for(Duration::from_millis(500));
    let after = sim.client.session.last_heard();
    assert!(after.gre >= Some(now));
    assert_eq!(after.control, before.control);
}

#[test]
fn the_call_is_judged_once() {
    let mut sim = tunnel(Conditions::PERFECT, 3);
    sim.set_attacker(|packet, crossing| {
        if packet.kind != Kind::Gre {
            crossing.push(packet.clone());
        }
    });
    sim.connect();
    let mut judged = 0;
    let mut last = None;
    while sim.now() < Instant::ZERO + Duration::from_secs(12) {
        sim.run_for(Duration::from_millis(10));
        let reason = sim.client.session.timeout_reason();
        judged += usize::from(last == Some(TimerKind::Diagnosis) && reason != last);
        last = reason;
    }
    assert_eq!(judged, 1);
    assert_eq!(told(&sim.client.events), ["NothingHeard"]);
}
