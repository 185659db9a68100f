//! What comes in on a link that encrypts, compresses or does both: packets of the other end, lost, repeated, changed, and
//! others in between that are forged as the input says. Nothing panics, several at once, of one link or of many, give what
//! one after the other gives, and without a key nothing gets across that was not sent.
#![no_main]
#![allow(dead_code, unreachable_pub)]

#[path = "../../pptp-ppp/tests/common/mod.rs"]
mod common;
#[path = "../../pptp-ppp/tests/batches/jobs.rs"]
mod jobs;
#[path = "../../pptp-ppp/tests/batches/steps.rs"]
mod steps;

use libfuzzer_sys::fuzz_target;
use steps::{KINDS, Step, check};

fuzz_target!(|script: &[u8]| {
    let [kind, first, second, script @ ..] = script else {
        return;
    };
    let sizes = [*first, *second].map(|size| usize::from(size % 16) + 1);
    let steps: Vec<Step> = Script(script).collect();
    if *first >= 128 {
        // Of several links, at once.
        let links: Vec<_> = (usize::from(*kind)..)
            .zip(steps.chunks(1 + usize::from(*second) % 16))
            .map(|(kind, steps)| (kind % jobs::STATES, steps.to_vec()))
            .take(12)
            .collect();
        let dice = u64::from(*first);
        return jobs::UP_AHEAD.with(|up| jobs::check_receiving(up, &links, dice));
    }
    check(usize::from(*kind) % KINDS.len(), &steps, &sizes);
});

/// An octet says what happens, and the octets after it how.
struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn octet(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> usize {
        self.octet().into()
    }
}

impl Iterator for Script<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.0.is_empty() {
            return None;
        }
        Some(match self.octet() % 16 {
            0 => Step::Lose(self.octet(), self.number()),
            1 => Step::Again(self.number()),
            2 => Step::Changed(self.number(), self.number(), self.octet()),
            3..=6 => {
                let (ahead, bits) = (self.octet() % 5, self.octet() % 16);
                let len = self.number() % 40;
                let (data, rest) = self.0.split_at(len.min(self.0.len()));
                self.0 = rest;
                Step::Forged(ahead.into(), bits, data.to_vec())
            }
            7 => Step::ResetRequest,
            8 => Step::EchoRequest,
            9 => Step::Clear(self.octet()),
            _ => Step::Send(self.octet(), self.number() * 2),
        })
    }
}
