//! Law 8: with encryption required nothing crosses in the clear, and no key stream is used twice, whatever an attacker
//! on the path does.

use super::dice::Dice;
use super::traffic::attacked;

fn check(seeds: core::ops::Range<u64>) {
    let count = seeds.end - seeds.start;
    let arrived: Vec<usize> = seeds.map(|seed| attacked(Dice::seed(seed), seed)).collect();
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
    check(0..1500);
}

#[test]
#[ignore = "takes a while"]
fn nothing_crosses_in_the_clear_whatever_many_attackers_do() {
    check(0..50_000);
}
