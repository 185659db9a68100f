//! A client and a server over a path with an attacker on it, who drops, replays, delays, changes and forges as the input
//! says: with encryption required nothing crosses in the clear, no key stream is used twice, nothing arrives that was
//! not sent, and both ends come to their end.
#![no_main]
#![allow(dead_code, unreachable_pub)]

#[path = "../../pptp-core/tests/laws/attacker.rs"]
mod attacker;
#[path = "../../pptp-core/tests/laws/dice.rs"]
mod dice;
#[path = "../../pptp-core/tests/laws/ends.rs"]
mod ends;
#[path = "../../pptp-core/tests/laws/traffic.rs"]
mod traffic;

use libfuzzer_sys::fuzz_target;
use pptp_core::ppp::{Full, Minimal};

fuzz_target!(|script: &[u8]| {
    let Some((seed, script)) = script.split_first() else {
        return;
    };
    let dice = dice::Dice::octets(script);
    if *seed < 128 {
        traffic::attacked::<Minimal>(dice, u64::from(*seed));
    } else {
        traffic::attacked::<Full>(dice, u64::from(*seed));
    }
});
