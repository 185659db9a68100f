//! Packets that others have overtaken, where a suite keeps the keys for them.

use super::dice::Dice;
use super::ends::{PASSWORD, at, client_config, packet, server_config};
use super::traffic::{Tunnel, tunnel};
use core::time::Duration;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::ppp::{
    AnyOrder, EveryMethod, Full, Ipv4Only, Minimal, Mppc, MsChapV2, NoMppc, Profile, Sealer,
};
use pptp_core::testkit::{Conditions, Node, Rng, Side, Sim};
use pptp_core::time::Instant;
use pptp_core::{Client, Discard, Inbound, Network, Server};

/// As [`Minimal`], and encrypted packets are delivered when they come.
#[derive(Debug, Clone)]
pub struct MinimalInAnyOrder;

impl Profile for MinimalInAnyOrder {
    type Suite = Sealer<NoMppc, 0, AnyOrder<64>>;
    type Auth = MsChapV2;
    type Networks = Ipv4Only;
}

/// As [`Full`], likewise.
#[derive(Debug, Clone)]
pub struct FullInAnyOrder;

impl Profile for FullInAnyOrder {
    type Suite = Sealer<Mppc, 0, AnyOrder<16>>;
    type Auth = EveryMethod;
    type Networks = Ipv4Only;
}

/// A tunnel that is up, and the time.
fn up<P: Profile>(modes: Modes, requirement: Requirement) -> (Client<P>, Server<P>, Instant) {
    let policy = MppePolicy {
        requirement,
        strengths: Strengths::BITS_128,
        modes,
    };
    let mut sim: Tunnel<P> = tunnel(policy, Conditions::PERFECT, 3);
    sim.run_for(Duration::from_secs(5));
    let now = sim.now();
    assert!(sim.client.session.is_up(Network::Ipv4));
    (sim.client.session, sim.server.session, now)
}

fn sent<P: Profile>(client: &mut Client<P>, now: Instant, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let send = |packet: &Vec<u8>| {
        let mut out = [0; 2048];
        let datagram = client.send(now, Network::Ipv4, packet, &mut out);
        datagram.unwrap().to_vec()
    };
    packets.iter().map(send).collect()
}

fn receive<P: Profile>(
    server: &mut Server<P>,
    now: Instant,
    datagram: &[u8],
) -> Result<Vec<u8>, Discard> {
    match server.handle_gre(now, &mut datagram.to_vec())? {
        Inbound::Packet { packet, .. } => Ok(packet.to_vec()),
        _ => panic!("it is a packet"),
    }
}

fn packets(count: usize) -> Vec<Vec<u8>> {
    let text = |number| format!("packet number {number}. ").repeat(1 + number % 7);
    (0..count)
        .map(|number| packet(text(number).as_bytes()))
        .collect()
}

/// However they are shuffled within reach, each comes out once, compressed or not.
fn each_comes_once<P: Profile>(reach: usize) {
    for seed in 0..20 {
        let mut dice = Dice::seed(seed);
        let (mut client, mut server, now) = up::<P>(Modes::STATELESS, Requirement::Require);
        let packets = packets(200);
        let datagrams = sent(&mut client, now, &packets);
        let mut order: Vec<_> = (0..200)
            .map(|number| (number + dice.below(reach), number))
            .collect();
        order.sort();
        let mut latest = 0;
        let mut late = 0;
        for (_, number) in order {
            let taken = receive(&mut server, now, &datagrams[number]);
            assert_eq!(taken.as_ref(), Ok(&packets[number]), "{number}");
            let again = receive(&mut server, now, &datagrams[number]);
            assert!(matches!(again, Err(Discard::Duplicate { .. })));
            late += u64::from(number < latest);
            latest = latest.max(number);
        }
        assert!(late > 50);
        assert_eq!(server.delivered_late(), late);
        assert_eq!(server.gre_stats().late, 0);
    }
}

#[test]
fn late_packets_come_once_each() {
    each_comes_once::<MinimalInAnyOrder>(64);
    each_comes_once::<FullInAnyOrder>(16);
}

#[test]
fn a_forged_late_packet_costs_the_true_one_nothing() {
    let (mut client, mut server, now) =
        up::<MinimalInAnyOrder>(Modes::STATELESS, Requirement::Require);
    let packets = packets(6);
    let datagrams = sent(&mut client, now, &packets);
    assert!(receive(&mut server, now, &datagrams[5]).is_ok());
    for number in [1, 2] {
        // The number of a packet that is lost, and the count of another that is not.
        let mut forged = datagrams[4].clone();
        forged[8..12].copy_from_slice(&datagrams[number][8..12]);
        let start = forged.len() - packets[4].len() - 2;
        forged[start..].fill(number as u8);
        let taken = receive(&mut server, now, &forged);
        assert!(matches!(taken, Err(Discard::Late { .. })), "{taken:?}");
    }
    assert_eq!(
        receive(&mut server, now, &datagrams[4]).as_ref(),
        Ok(&packets[4])
    );
    assert_eq!(
        receive(&mut server, now, &datagrams[3]).as_ref(),
        Ok(&packets[3])
    );
    assert_eq!(server.delivered_late(), 2);
}

#[test]
fn in_stateful_mode_and_in_the_clear_late_packets_are_dropped() {
    for (modes, requirement) in [
        (Modes::STATEFUL, Requirement::Require),
        (Modes::STATELESS, Requirement::Refuse),
    ] {
        let (mut client, mut server, now) = up::<MinimalInAnyOrder>(modes, requirement);
        let datagrams = sent(&mut client, now, &packets(3));
        assert!(receive(&mut server, now, &datagrams[0]).is_ok());
        let _ = receive(&mut server, now, &datagrams[2]);
        let in_the_clear = requirement == Requirement::Refuse;
        let late = receive(&mut server, now, &datagrams[1]);
        assert_eq!(
            matches!(late, Err(Discard::Late { .. })),
            in_the_clear,
            "{late:?}"
        );
        assert_eq!(server.delivered_late(), 0);
    }
}

#[test]
fn late_packets_are_dropped_if_the_configuration_says_so() {
    let mut rng = Rng::new(5);
    let policy = MppePolicy::default();
    let client = Client::<MinimalInAnyOrder>::new(client_config(policy), rng.entropy());
    let mut config = server_config(policy);
    assert!(config.gre.deliver_late, "by default the type decides");
    config.gre.deliver_late = false;
    let server = Server::<MinimalInAnyOrder>::new(config, rng.entropy());
    let server = Node::new(server).with_password(PASSWORD);
    let mut sim = Sim::new(Node::new(client), server, Conditions::PERFECT, 6);
    sim.connect();
    sim.run_for(Duration::from_secs(5));
    let now = sim.now();
    let datagrams = sent(&mut sim.client.session, now, &packets(2));
    let server = &mut sim.server.session;
    assert!(receive(server, now, &datagrams[1]).is_ok());
    let late = receive(server, now, &datagrams[0]);
    assert!(matches!(late, Err(Discard::Late { .. })));
    assert_eq!(server.gre_stats().late, 1);
}

#[test]
fn a_key_is_given_up_after_two_seconds() {
    let (mut client, mut server, now) =
        up::<MinimalInAnyOrder>(Modes::STATELESS, Requirement::Require);
    let packets = packets(5);
    let datagrams = sent(&mut client, now, &packets);
    let after = |millis| now + Duration::from_millis(millis);
    assert!(receive(&mut server, now, &datagrams[2]).is_ok());
    assert!(receive(&mut server, after(1500), &datagrams[4]).is_ok());
    assert!(receive(&mut server, after(1999), &datagrams[0]).is_ok());
    server.handle_timeout(after(1999));
    // By then the first are too old, and the others are not.
    server.handle_timeout(after(2000));
    let late = receive(&mut server, after(2000), &datagrams[1]);
    assert!(matches!(late, Err(Discard::Late { .. })));
    assert!(receive(&mut server, after(2999), &datagrams[3]).is_ok());
}

/// How many of 4000 packets get through a path that loses 5 % and makes 10 % late.
fn through<P: Profile>(reorder: bool) -> usize {
    let policy = MppePolicy::default();
    let mut rng = Rng::new(5);
    let client = Client::new(client_config(policy), rng.entropy());
    let server = Server::<P>::new(server_config(policy), rng.entropy());
    let mut server = Node::new(server).with_password(PASSWORD);
    if reorder {
        server = server.with_reorder();
    }
    let mut sim = Sim::new(Node::<P, _>::new(client), server, Conditions::PERFECT, 6);
    sim.connect();
    sim.run_for(Duration::from_secs(5));
    sim.set_conditions(Conditions {
        loss: 0.05,
        reordering: 0.1,
        ..Conditions::INTERNET
    });
    sim.keep_log(false);
    for packet in packets(4000) {
        let now = sim.now();
        let mut out = [0; 2048];
        let session = &mut sim.client.session;
        let datagram = session.send(now, Network::Ipv4, &packet, &mut out);
        let datagram = datagram.unwrap().to_vec();
        sim.send_gre(Side::Client, &datagram);
        sim.run_for(Duration::from_millis(1));
    }
    sim.run_for(Duration::from_secs(1));
    assert!(sim.now() > at(9));
    sim.server.packets.len()
}

#[test]
fn late_delivery_saves_what_a_buffer_would() {
    let dropped = through::<Minimal>(false);
    let in_order = through::<Minimal>(true);
    let any_order = through::<MinimalInAnyOrder>(false);
    println!(
        "of 4000: {dropped} where late ones are dropped, {in_order} in order, {any_order} in any"
    );
    assert_eq!(any_order, in_order);
    assert!(any_order > dropped + 300);
    let full = through::<FullInAnyOrder>(false);
    assert!(full > through::<Full>(false));
}
