//! Law 8: with encryption required nothing crosses in the clear, and no key stream is used twice, whatever an attacker
//! on the path does.

use super::dice::Dice;
use super::links::tunnel;
use super::traffic::Traffic;
use core::time::Duration;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::testkit::{Conditions, Side};

fn policy(dice: &mut Dice) -> MppePolicy {
    MppePolicy {
        requirement: Requirement::Require,
        strengths: dice.pick(&[Strengths::BITS_128, Strengths::BITS_128, Strengths::all()]),
        modes: dice.pick(&[
            Modes::STATELESS,
            Modes::STATELESS,
            Modes::STATEFUL,
            Modes::all(),
        ]),
    }
}

/// One attacked tunnel: tells how many packets arrived.
fn attacked(seed: u64) -> usize {
    let mut dice = Dice::seed(seed);
    let conditions = dice.pick(&[Conditions::PERFECT, Conditions::INTERNET, Conditions::ROUGH]);
    let sim = tunnel(policy(&mut dice), conditions, seed);
    let flips = dice.one_in(4);
    let mut traffic = Traffic::new(sim, Dice::seed(!seed), flips);
    for _ in 0..40 {
        traffic
            .sim
            .run_for(Duration::from_millis(20 + 10 * dice.below(200) as u64));
        for _ in 0..dice.below(4) {
            traffic.send(dice.pick(&[Side::Client, Side::Server]), dice.below(200));
        }
    }
    traffic.check();
    let arrived = traffic.sim.client.packets.len() + traffic.sim.server.packets.len();
    traffic.end();
    arrived
}

fn check(seeds: core::ops::Range<u64>) {
    let count = seeds.end - seeds.start;
    let arrived: Vec<usize> = seeds.map(attacked).collect();
    let useful = arrived.iter().filter(|arrived| **arrived > 0).count();
    println!(
        "{} packets arrived in {useful} of {count} tunnels",
        arrived.iter().sum::<usize>()
    );
    assert!(
        useful as u64 > count / 10,
        "an attacker that lets nothing up shows nothing"
    );
}

#[test]
fn nothing_crosses_in_the_clear_whatever_an_attacker_does() {
    check(0..400);
}

#[test]
#[ignore = "takes a while"]
fn nothing_crosses_in_the_clear_whatever_many_attackers_do() {
    check(0..50_000);
}
