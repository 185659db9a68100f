//! Two ends of ours over wires that lose, duplicate and reorder.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::Pair;
use common::lossy::{Run, Wire, run};
use core::net::Ipv4Addr;
use pptp_ppp::config::{Ipv4Config, Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::{Credentials, Demand, Methods, Minimal, Ppp, PppConfig, Random};

/// How long the ends may take to carry a packet each way, in milliseconds, over the worst of wires.
const LIMIT: u64 = 60_000;

fn ends(seed: u64, mppe: MppePolicy) -> Pair<Minimal, Minimal> {
    let mut entropy = [1; 32];
    entropy[..8].copy_from_slice(&seed.to_be_bytes());
    let client = PppConfig {
        mppe,
        credentials: Some(Credentials::new("alice", "wonderland").unwrap()),
        ..PppConfig::default()
    };
    let server = PppConfig {
        mppe,
        demand: Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap()),
        ipv4: Ipv4Config {
            local: Some(Ipv4Addr::new(10, 0, 0, 1)),
            remote: Some(Ipv4Addr::new(10, 0, 0, 2)),
            ..Ipv4Config::default()
        },
        ..PppConfig::default()
    };
    let a = Ppp::new(client, Random::new(entropy));
    entropy[31] = 2;
    Pair::new(a, Ppp::new(server, Random::new(entropy)))
}

const STATEFUL: MppePolicy = MppePolicy {
    requirement: Requirement::Require,
    strengths: Strengths::BITS_128,
    modes: Modes::STATEFUL,
};

/// The times that `seeds` links take, sorted; fails for one that does not come up.
fn times(wire: Wire, mppe: MppePolicy, seeds: u64) -> Vec<u64> {
    let mut times = Vec::new();
    let mut failed = Vec::new();
    for seed in 0..seeds {
        let mut pair = ends(seed, mppe);
        let result = run(&mut pair, "wonderland", wire, seed, LIMIT);
        let alive = pair.down_reasons() == (None, None);
        match result {
            Run { up: Some(at), .. } if alive => times.push(at),
            _ => failed.push((seed, result, pair.down_reasons())),
        }
    }
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 1000).copied().unwrap_or(0);
    println!(
        "{wire:?} {:?}: {seeds} links, median {} ms, 90 % {} ms, 99 % {} ms, worst {} ms, {} failed",
        mppe.modes,
        at(500),
        at(900),
        at(990),
        times.last().copied().unwrap_or(0),
        failed.len()
    );
    assert!(failed.is_empty(), "{:?}", &failed[..failed.len().min(5)]);
    times
}

const fn wire(loss: u64) -> Wire {
    Wire {
        loss,
        duplicates: 5,
        delay: 60,
    }
}

fn seeds(default: u64) -> u64 {
    std::env::var("PPTP_SEEDS").map_or(default, |seeds| seeds.parse().unwrap())
}

#[test]
fn links_come_up_over_good_wires_at_once() {
    let times = times(wire(0), MppePolicy::default(), seeds(20));
    assert!(times.last().unwrap() < &6000);
}

#[test]
fn links_come_up_over_bad_wires() {
    for loss in [10, 30] {
        times(wire(loss), MppePolicy::default(), seeds(60));
    }
}

#[test]
fn stateful_links_come_up_over_bad_wires() {
    for loss in [10, 30] {
        times(wire(loss), STATEFUL, seeds(30));
    }
}
