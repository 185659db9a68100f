//! A client and a server whose callers call everything in any order, with octets that are real, cut, changed or
//! invented and buffers of any length: nothing panics, what does not fit changes nothing, and the end comes once.
#![no_main]
#![allow(dead_code, unreachable_pub)]

#[path = "../../pptp-core/tests/laws/dice.rs"]
mod dice;
#[path = "../../pptp-core/tests/laws/ends.rs"]
mod ends;
#[path = "../../pptp-core/tests/laws/operations.rs"]
mod operations;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|script: &[u8]| {
    let dice = dice::Dice::octets(script);
    operations::run(ends::client(), ends::server(), dice, script.len());
});
