//! Laws 3 and 4: time, and being the same for the same inputs.

use super::dice::Dice;
use super::ends::{End, Pair, at, client, client_config, server, server_config};
use super::traffic::{Tunnel, tunnel};
use core::time::Duration;
use pptp_core::control::{CloseReason, TimerKind as Control};
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::{self, Phase};
use pptp_core::testkit::{Conditions, Packet};
use pptp_core::{Client, DownReason, Network, Server, TimerKind};

/// Two ends of which now one, now the other is not heard, and who are called early all the time.
#[test]
fn an_early_call_does_nothing_and_a_timely_one_does_something() {
    let mut fired = 0;
    for seed in 0..60 {
        let mut dice = Dice::seed(seed);
        let mut pair = Pair::new(client(), server());
        for _ in 0..400 {
            if dice.one_in(3) || pair.step().is_none() {
                if dice.one_in(4) {
                    pair.to_client.1.clear();
                    pair.to_server.1.clear();
                }
                fired += usize::from(turn(&mut pair.client, &mut pair.now, &mut dice));
                let out = pair.client.drain(pair.now);
                pair.note(out, true);
                fired += usize::from(turn(&mut pair.server, &mut pair.now, &mut dice));
                let out = pair.server.drain(pair.now);
                pair.note(out, false);
            }
        }
    }
    assert!(fired > 400, "{fired}");
}

/// Goes to just before an end's next timeout, and then to it. Tells whether there was one.
fn turn<E: End + Timed>(end: &mut E, now: &mut pptp_core::time::Instant, dice: &mut Dice) -> bool {
    end.timeout(*now);
    let Some(next) = end.next() else {
        return false;
    };
    assert!(next > *now, "it is not in the past once all is drained");
    let early = next.saturating_since(*now) - Duration::from_micros(1);
    let early = early * dice.below(4) as u32 / 3;
    let before = format!("{end:?}");
    end.timeout(*now + early);
    assert_eq!(format!("{end:?}"), before, "too early");
    *now = next;
    end.timeout(next);
    assert_ne!(format!("{end:?}"), before, "in time");
    assert!(end.next().is_none_or(|at| at > next), "{end:#?}");
    true
}

trait Timed {
    fn timeout(&mut self, now: pptp_core::time::Instant);
    fn next(&self) -> Option<pptp_core::time::Instant>;
}

impl<R> Timed for pptp_core::Session<ppp::Minimal, R> {
    fn timeout(&mut self, now: pptp_core::time::Instant) {
        self.handle_timeout(now);
    }

    fn next(&self) -> Option<pptp_core::time::Instant> {
        self.next_timeout()
    }
}

/// A laptop that slept for an hour: one echo of each kind, and the peer has its time to answer.
#[test]
fn each_timer_goes_off_once_however_late() {
    let pair = Pair::up();
    let mut late = pair.client.clone();
    let hour = pair.now + Duration::from_secs(3600);
    late.handle_timeout(hour);
    let out = late.drain(hour);
    assert_eq!(out.control.len(), 1, "{:?}", out.messages());
    assert_eq!(
        out.gre.len(),
        1,
        "LCP's Echo-Request, with the acknowledgment"
    );
    assert!(out.down.is_none() && out.events.is_empty());
    assert_eq!(late.phase(), Phase::Network);
    assert!(late.next_timeout() > Some(hour));

    let mut timely = pair.client;
    let out = timely.wait(pair.now, hour);
    let lost = DownReason::Ppp(ppp::DownReason::PeerLost);
    let echo = DownReason::Control(CloseReason::EchoTimedOut);
    assert!(
        [Some(lost), Some(echo)].contains(&out.down),
        "{:?}",
        out.down
    );
    assert!(out.gre.len() > 3, "{}", out.gre.len());
}

/// Nobody has to wait for the goodbyes to learn why a peer that is gone is left.
#[test]
fn the_cause_is_known_before_the_end() {
    let mut config = client_config(MppePolicy::default());
    config.control.time_outs.keep_alive = None;
    let mut pair = Pair::new(Client::new(config, [1; 32]), server());
    while !pair.client.is_up(Network::Ipv4) {
        pair.step();
    }
    let (mut client, mut now) = (pair.client, pair.now);
    while client.phase() == Phase::Network {
        now = client.next_timeout().unwrap();
        client.handle_timeout(now);
        client.drain(now);
    }
    let lost = Some(DownReason::Ppp(ppp::DownReason::PeerLost));
    assert_eq!(client.down_reason(), lost);
    assert_eq!(client.phase(), Phase::Terminate);
    assert_eq!(client.wait(now, at(3_600_000)).down, lost);
}

/// A late call counts the same for a tunnel that has just begun.
#[test]
fn a_late_call_counts_one_attempt() {
    let mut config = client_config(MppePolicy::default());
    config.control.time_outs.keep_alive = None;
    let mut pair = Pair::new(Client::new(config, [1; 32]), server());
    while pair.client.phase() != Phase::Establish {
        pair.step();
    }
    for n in 1..20 {
        let now = at(1000 * n);
        pair.client.handle_timeout(now);
        assert_eq!(pair.client.drain(now).gre.len(), 1, "attempt {n}");
    }
}

#[test]
fn what_is_waited_for_is_told() {
    let mut client = client();
    assert_eq!(client.timeout_reason(), None);
    client.control_connected(at(1));
    client.drain(at(1));
    assert_eq!(client.next_timeout(), Some(at(61)));
    assert_eq!(
        client.timeout_reason(),
        Some(TimerKind::Control(Control::Start))
    );
    let pair = Pair::up();
    assert_eq!(
        pair.client.timeout_reason(),
        Some(TimerKind::Acknowledgment)
    );
}

fn run(seed: u64, entropy: u64) -> (Vec<Packet>, Vec<String>) {
    let policy = MppePolicy::default();
    let mut sim: Tunnel = tunnel(policy, Conditions::ROUGH, seed);
    let mut rng = pptp_core::testkit::Rng::new(entropy);
    sim.client.session = Client::new(client_config(policy), rng.entropy());
    sim.server.session = Server::new(server_config(policy), rng.entropy());
    sim.run_for(Duration::from_secs(20));
    let now = sim.now();
    for text in [b"one", b"two"] {
        let datagram = sim.client.session.try_send(now, &super::ends::packet(text));
        if let Some(datagram) = datagram {
            sim.send_gre(pptp_core::testkit::Side::Client, &datagram);
        }
    }
    sim.client.session.close(now);
    sim.run_for(Duration::from_secs(20));
    let events = sim.client.events.iter().chain(&sim.server.events);
    let events = events
        .map(|(at, event)| format!("{at:?} {event}"))
        .collect();
    (sim.log().to_vec(), events)
}

#[test]
fn the_same_inputs_give_the_same_octets() {
    for seed in 0..20 {
        let first = run(seed, 1);
        assert!(first.0.len() > 20);
        assert_eq!(first, run(seed, 1));
        assert_ne!(first.0, run(seed, 2).0, "other entropy, other octets");
    }
}

/// Forks a pair at every step of its way up, and sees the forks do the same.
#[test]
fn a_clone_goes_on_as_the_original_would() {
    let mut pair = Pair::new(client(), server());
    loop {
        let mut fork = pair.clone();
        let mut original = pair.clone();
        for it in [&mut fork, &mut original] {
            it.run(Duration::from_secs(100));
            it.client.close(it.now);
            it.run(Duration::from_secs(100));
        }
        assert_eq!(fork.at_client, original.at_client);
        assert_eq!(fork.at_server, original.at_server);
        if pair.step().is_none() {
            break;
        }
    }
}
