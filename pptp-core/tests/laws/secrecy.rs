//! Law 8: with encryption required nothing crosses in the clear, and no key stream is used twice, whatever an attacker
//! on the path does.

use super::dice::Dice;
use super::late::{FullInAnyOrder, MinimalInAnyOrder};
use super::traffic::attacked;
use pptp_core::ppp::{Full, Minimal, Profile};

fn check<P: Profile>(seeds: core::ops::Range<u64>, compresses: bool) {
    let count = seeds.end - seeds.start;
    let of = |seed| attacked::<P>(Dice::seed(seed), seed);
    let (arrived, compressed): (Vec<usize>, Vec<usize>) = seeds.map(of).unzip();
    let useful = arrived.iter().filter(|arrived| **arrived > 0).count();
    let compressed = compressed.iter().sum::<usize>();
    println!(
        "{} packets arrived in {useful} of {count} tunnels, {compressed} were compressed",
        arrived.iter().sum::<usize>()
    );
    assert_eq!(compressed > 0, compresses);
    assert!(
        useful as u64 > count / 10,
        "an attacker that lets nothing up shows nothing"
    );
}

#[test]
fn nothing_crosses_in_the_clear_whatever_an_attacker_does() {
    check::<Minimal>(0..1500, false);
}

#[test]
#[ignore = "takes a while"]
fn nothing_crosses_in_the_clear_whatever_many_attackers_do() {
    check::<Minimal>(0..50_000, false);
}

#[test]
fn nothing_crosses_in_the_clear_that_is_compressed_whatever_an_attacker_does() {
    check::<Full>(0..800, true);
}

#[test]
fn nothing_crosses_in_the_clear_or_comes_twice_where_late_packets_are_taken() {
    check::<MinimalInAnyOrder>(0..500, false);
    check::<FullInAnyOrder>(0..300, true);
}
