//! A sliding window (RFC 2637 §4.2) over peers of every kind: none of them brings it to a standstill.

use super::ends::{PASSWORD, client_config, packet, server_config};
use super::late::MinimalInAnyOrder;
use core::time::Duration;
use pptp_core::control::CallAnswer;
use pptp_core::gre::SlidingWindow;
use pptp_core::ppp::Minimal;
use pptp_core::ppp::config::MppePolicy;
use pptp_core::testkit::{Conditions, Kind, Node, Rng, Side, Sim};
use pptp_core::wire::GreHeader;
use pptp_core::{Client, Network, Outgoing, Pac, Pns, SendError, Server};

/// How a peer acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    /// As the RFC has it.
    Always,
    /// Along with packets of its own, as Linux's pptp.ko does.
    WithData,
    /// Not at all, as Android does.
    Never,
}

type Tunnel = Sim<Node<Minimal, Pns>, Node<Minimal, Pac>>;

/// A tunnel that is up, to a server that buffers eight packets.
fn up(window: SlidingWindow, peer: Peer, conditions: Conditions) -> Tunnel {
    let policy = MppePolicy::default();
    let mut rng = Rng::new(8);
    let mut config = client_config(policy);
    config.gre.window = window;
    let client = Client::new(config, rng.entropy());
    let mut config = server_config(policy);
    config.control.accept = config.control.accept.map(|answer| CallAnswer {
        receive_window: 8,
        ..answer
    });
    let server = Server::new(config, rng.entropy());
    let server = Node::new(server).with_password(PASSWORD);
    let mut sim = Sim::new(Node::new(client), server, conditions, 9);
    let mut last = None;
    sim.set_attacker(move |packet, crossing| {
        let mut packet = packet.clone();
        if packet.kind == Kind::Gre && packet.from == Side::Server && peer != Peer::Always {
            let (mut header, payload) = GreHeader::parse(&packet.bytes).unwrap();
            last = header.acknowledgment.or(last);
            if header.sequence.is_none() {
                return;
            }
            header.acknowledgment = last.filter(|_| peer == Peer::WithData);
            let mut bytes = vec![0; header.len()];
            header.encode(&mut bytes).unwrap();
            bytes.extend(payload);
            packet.bytes = bytes;
        }
        crossing.push(packet);
    });
    sim.connect();
    sim.run_for(Duration::from_secs(5));
    assert!(sim.client.session.is_up(Network::Ipv4));
    sim.keep_log(false);
    sim
}

/// Sends as much as there is room for, five packets a millisecond at the most, for four seconds: how many went out, and for
/// how many milliseconds in a row none did.
fn stream(sim: &mut Tunnel, answers: bool) -> (usize, u64) {
    let (mut sent, mut waiting, mut longest) = (0, 0, 0);
    for milli in 0..4000 {
        let now = sim.now();
        let before = sent;
        for _ in 0..5 {
            let mut out = [0; 256];
            let room = sim.client.session.window_room();
            let result = sim
                .client
                .session
                .send(now, Network::Ipv4, &packet(b"x"), &mut out);
            match result.map(<[u8]>::to_vec) {
                Ok(datagram) => {
                    assert!(room > 0);
                    sim.send_gre(Side::Client, &datagram);
                    sent += 1;
                }
                Err(error) => {
                    assert_eq!((error, room), (SendError::WindowFull, 0));
                    break;
                }
            }
        }
        waiting = if sent == before { waiting + 1 } else { 0 };
        longest = longest.max(waiting);
        if answers && milli % 50 == 0 {
            let mut out = [0; 256];
            let session = &mut sim.server.session;
            let datagram = session.send(now, Network::Ipv4, &packet(b"y"), &mut out);
            let datagram = datagram.unwrap().to_vec();
            sim.send_gre(Side::Server, &datagram);
        }
        sim.run_for(Duration::from_millis(1));
    }
    (sent, longest)
}

/// 20 ms each way.
const DISTANT: Conditions = Conditions {
    delay: Duration::from_millis(20),
    ..Conditions::PERFECT
};

#[test]
fn a_peer_that_acknowledges_gets_no_more_than_its_window() {
    let mut sim = up(SlidingWindow::ON, Peer::Always, DISTANT);
    let (sent, longest) = stream(&mut sim, false);
    let state = sim.client.session.window().unwrap();
    // Eight each 40 ms, acknowledged four at a time.
    assert!((700..=850).contains(&sent), "{sent}");
    assert_eq!((state.size, state.max, state.given_up), (8, 8, false));
    // An acknowledgment that finds nothing to ride on waits 100 ms.
    assert!(longest <= 140, "{longest} ms");
    assert_eq!(sim.client.session.gre_stats().ack_timeouts, 0);
    let ms = state.round_trip.as_millis();
    assert!((35..60).contains(&ms), "{state:?}");
}

#[test]
fn a_peer_that_never_acknowledges_does_not_stall_it() {
    let mut sim = up(SlidingWindow::ON, Peer::Never, DISTANT);
    for answers in [false, true] {
        let (sent, longest) = stream(&mut sim, answers);
        // Three time-outs, each twice the last and of 1 s at the most, and nothing waits any more.
        assert!(longest <= 1000, "{longest} ms");
        assert!(sent > 15_000, "{sent}");
        assert!(sim.client.session.window().unwrap().given_up);
    }
}

#[test]
fn a_peer_that_acknowledges_only_with_data_does_not_stall_it() {
    for answers in [false, true] {
        let mut sim = up(SlidingWindow::ON, Peer::WithData, DISTANT);
        let (sent, longest) = stream(&mut sim, answers);
        println!("answers: {answers}, {sent} sent, {longest} ms");
        assert!(longest <= 3 * 1000, "{longest} ms");
        // As often as it says something there is room for a window.
        assert!(sent > 400, "{sent}");
    }
}

#[test]
fn a_path_that_loses_acknowledgments_narrows_it_and_no_more() {
    let lossy = Conditions {
        loss: 0.2,
        ..DISTANT
    };
    let mut sim = up(SlidingWindow::ON, Peer::Always, lossy);
    let (sent, longest) = stream(&mut sim, false);
    println!("{sent} sent, {longest} ms");
    assert!(sent > 100);
    assert!(longest <= 3 * 1000, "{longest} ms");
    assert!(sim.client.session.gre_stats().ack_timeouts > 0);
}

#[test]
fn batches_and_jobs_stop_at_the_window() {
    let mut sim = up(SlidingWindow::ON, Peer::Always, DISTANT);
    let now = sim.now();
    let client = &mut sim.client.session;
    let room = client.window_room() as usize;
    assert!((2..=8).contains(&room), "{room}");
    let packet = packet(b"x");
    let mut other = client.clone();
    let mut rooms = [[0; 256]; 12];
    let mut outgoing: Vec<_> = rooms
        .iter_mut()
        .map(|room| Outgoing::new(&packet, room))
        .collect();
    client.send_batch(now, Network::Ipv4, &mut outgoing);
    let sent = outgoing.iter().map(|it| it.sent().map(<[u8]>::to_vec));
    let sent: Vec<_> = sent.collect();
    assert!(sent[..room].iter().all(Result::is_ok));
    assert!(
        sent[room..]
            .iter()
            .all(|it| *it == Err(SendError::WindowFull))
    );
    for sent in sent {
        let mut rooms = [[0; 256]; 1];
        let mut outgoing = Outgoing::new(&packet, &mut rooms[0]);
        Client::send_jobs(now, Network::Ipv4, &mut [(&mut other, &mut outgoing)]);
        assert_eq!(outgoing.sent().map(<[u8]>::to_vec), sent);
    }
}

/// What is off costs nothing: no timer, no state, and there is always room.
#[test]
fn by_default_there_is_no_window() {
    let mut sim = up(SlidingWindow::default(), Peer::Never, DISTANT);
    let (sent, longest) = stream(&mut sim, false);
    assert_eq!((sent, longest), (20_000, 0));
    assert_eq!(sim.client.session.window(), None);
    let late = Client::<MinimalInAnyOrder>::new(client_config(MppePolicy::default()), [1; 32]);
    assert_eq!(late.window_room(), u32::MAX);
}
