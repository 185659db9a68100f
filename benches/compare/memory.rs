//! How much memory what is kept of a session takes.

use crate::Sink;
use pptp_benches::goal::{Goal, verdicts};
use pptp_benches::report::{Bar, Report};
use pptp_core::ppp::{Full, Minimal};
use pptp_core::{Client, Server};
use pptp_mppc::level::{Best, Fast, Small};
use pptp_mppc::{Compressor, Decompressor};
use pptp_mppe::stateless::{Decryptor, Encryptor};
use std::fmt::Write as _;

/// No more than so many octets.
const fn most(octets: f64) -> Goal {
    Goal::at_most(octets, "").exact()
}

pub(crate) fn reports(_rounds: usize, sink: Sink<'_>) {
    let both_ways = size_of::<Encryptor>() + size_of::<Decryptor>();
    let rows: [(&str, usize, &[Goal]); 9] = [
        ("ours, MPPE stateless, both ways", both_ways, &[most(128.0)]),
        (
            "ours, MPPC decompressor",
            size_of::<Decompressor>(),
            &[most(8300.0)],
        ),
        (
            "ours, MPPC Small",
            size_of::<Compressor<Small>>(),
            &[most(10_500.0)],
        ),
        (
            "ours, MPPC Fast",
            size_of::<Compressor<Fast>>(),
            &[most(12_500.0)],
        ),
        ("ours, MPPC Best", size_of::<Compressor<Best>>(), &[]),
        (
            "ours, Client<Minimal>",
            size_of::<Client<Minimal>>(),
            &[most(4096.0)],
        ),
        ("ours, Server<Minimal>", size_of::<Server<Minimal>>(), &[]),
        (
            "ours, Client<Full>, with MPPC",
            size_of::<Client<Full>>(),
            &[],
        ),
        (
            "ours, Server<Full>, with MPPC",
            size_of::<Server<Full>>(),
            &[],
        ),
    ];
    let mut text = String::new();
    let mut bars = Vec::new();
    for (name, octets, goals) in rows {
        let value = octets as f64;
        let _ = write!(text, "  {name:44} {octets:6} octets");
        if !goals.is_empty() {
            let _ = write!(text, "  {}", verdicts(goals, value));
        }
        text.push('\n');
        bars.push(Bar {
            name: name.into(),
            value,
            label: octets.to_string(),
        });
    }
    sink(Report {
        title: "memory".into(),
        axis: "octets, of values that have nothing on the heap".into(),
        text,
        bars,
    });
}
