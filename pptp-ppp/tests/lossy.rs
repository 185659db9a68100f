//! Two ends of ours over wires that lose, duplicate and reorder.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::lossy::{Dice, Run, Wire, run};
use common::{End, Pair};
use core::net::Ipv4Addr;
use pptp_ppp::config::{Ipv4Config, Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::{Credentials, Demand, Instant, Methods, Minimal, Ppp, PppConfig, Random};

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

/// How long, in milliseconds, `count` packets and their answers take, each packet sent again like TCP's: after 500 ms,
/// a second and so on, until there is the answer.
///
/// With `mending`, 350 ms after the last packet there is one that shows whether that was lost, and what could not be read
/// is sent again.
fn talk(pair: &mut Pair<Minimal, Minimal>, count: u32, mending: bool, seed: u64) -> u128 {
    let mut dice = Dice::new(seed);
    let start = pair.now;
    let (ask, answer, ping) = ([1, 0], [2, 0], [3, 0]);
    let (mut taken, mut quiet) = ((0, 0), 0_u64);
    let tell = |pair: &mut Pair<Minimal, Minimal>, from, text: [u8; 2], number: u32| {
        let text = [&text[..], &number.to_be_bytes()].concat();
        pair.send(from, &common::ipv4(&text)).unwrap();
    };
    for number in 0..count {
        let mut patience = 500;
        'answered: loop {
            tell(pair, End::A, ask, number);
            for _ in 0..patience {
                let until = Instant::from_micros(pair.now.as_micros() + 1000);
                pair.run_with(until, |_, _| !dice.percent(5));
                let packets = core::mem::take(&mut pair.packets);
                quiet = if packets.is_empty() { quiet + 1 } else { 0 };
                for (to, packet) in packets {
                    let (kind, rest) = packet[20..].split_first().unwrap();
                    let about = u32::from_be_bytes(rest[1..].try_into().unwrap());
                    match (to, *kind) {
                        (End::B, 1 | 3) => tell(pair, End::B, answer, about),
                        (End::A, _) if about == number => {
                            quiet = 0;
                            break 'answered;
                        }
                        _ => {}
                    }
                }
                let now = (pair.a.resets().taken, pair.b.resets().taken);
                if mending && now.0 != taken.0 {
                    tell(pair, End::A, ask, number);
                }
                if mending && now.1 != taken.1 {
                    tell(pair, End::B, answer, number);
                }
                taken = now;
                if mending && quiet % 350 == 349 {
                    tell(pair, End::A, ping, u32::MAX);
                }
            }
            patience *= 2;
        }
    }
    (pair.now - start).as_millis()
}

/// What a product's loop can do about losses in stateful mode, which cost twice TCP's patience otherwise.
#[test]
fn a_stateful_link_gets_over_losses() {
    let [median, median_mended, worst_mended] = {
        let mut figures = Vec::new();
        for mending in [false, true] {
            let mut times: Vec<u128> = Vec::new();
            for seed in 0..seeds(60) {
                let mut pair = ends(seed, STATEFUL);
                let up = run(&mut pair, "wonderland", wire(0), seed, LIMIT);
                assert!(up.up.is_some());
                pair.run(1);
                pair.packets.clear();
                times.push(talk(&mut pair, 100, mending, seed));
                assert_eq!(pair.down_reasons(), (None, None));
            }
            times.sort_unstable();
            let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
            println!("mending {mending}: median {median} ms, worst {worst} ms");
            figures.extend([median, worst]);
        }
        [figures[0], figures[2], figures[3]]
    };
    assert!(median_mended * 2 < median, "{median} {median_mended}");
    assert!(worst_mended < 20_000, "{worst_mended}");
}
