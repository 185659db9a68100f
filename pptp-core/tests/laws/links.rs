//! Law 6: both ends come up over every path that loses up to 30 %, doubles, delays and reorders.

use super::traffic::{Tunnel, tunnel};
use core::time::Duration;
use pptp_core::Network;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::ppp::{Full, Minimal, Profile};
use pptp_core::testkit::{Conditions, Rng};

/// How long it may take, from when the client opens the TCP connection. Half of them take 5.3 s, 99 % 20.5 s, and the
/// slowest of 10 000 takes 35.6 s.
const LIMIT: Duration = Duration::from_secs(40);

/// A path of any kind, by seed. What is lost on average is at most 30 %, alone or several together.
fn conditions(rng: &mut Rng) -> Conditions {
    let mut part = |most: f64| rng.below(1 << 20) as f64 / f64::from(1 << 20) * most;
    let average = part(0.3);
    let burst = average + part(0.25);
    Conditions {
        loss: average * (1.0 - burst) / (1.0 - average),
        burst,
        duplication: part(0.1),
        reordering: part(0.3),
        delay: Duration::from_secs_f64(part(0.2)),
        jitter: Duration::from_secs_f64(part(0.1)),
        lateness: Duration::from_secs_f64(0.001 + part(0.3)),
        ..Conditions::PERFECT
    }
}

fn is_up<P: Profile>(sim: &Tunnel<P>) -> bool {
    sim.client.session.is_up(Network::Ipv4) && sim.server.session.is_up(Network::Ipv4)
}

/// How long it took, or how it ended.
fn time_to_up<P: Profile>(seed: u64) -> Result<Duration, String> {
    let mut rng = Rng::new(seed);
    let modes = [Modes::STATELESS, Modes::STATEFUL][rng.below(2)];
    let policy = MppePolicy {
        requirement: Requirement::Require,
        strengths: Strengths::BITS_128,
        modes,
    };
    let conditions = conditions(&mut rng);
    let mut sim = tunnel::<P>(policy, conditions, rng.u64());
    sim.keep_log(false);
    let start = sim.now();
    let up = sim.run_until(LIMIT, |sim| {
        is_up(sim) || sim.client.down.is_some() || sim.server.down.is_some()
    });
    if up && is_up(&sim) {
        return Ok(sim.now().saturating_since(start));
    }
    Err(format!(
        "seed {seed}: {conditions:?}: client {:?}, server {:?}",
        sim.client.down, sim.server.down
    ))
}

fn check<P: Profile>(seeds: core::ops::Range<u64>) {
    let results: Vec<_> = seeds.map(time_to_up::<P>).collect();
    let failed: Vec<_> = results.iter().filter_map(|it| it.as_ref().err()).collect();
    let mut times: Vec<_> = results.iter().flatten().collect();
    times.sort();
    for (name, part) in [
        ("median", 500),
        ("90 %", 900),
        ("99 %", 990),
        ("99.9 %", 999),
        ("all", 1000),
    ] {
        println!("{name}: {:?}", times[(times.len() - 1) * part / 1000]);
    }
    assert!(
        failed.is_empty(),
        "{} of {}: {failed:#?}",
        failed.len(),
        results.len()
    );
}

#[test]
fn both_ends_come_up_over_every_link() {
    check::<Minimal>(0..1500);
}

/// The figures of the documentation come from this one.
#[test]
#[ignore = "takes a while"]
fn both_ends_come_up_over_ten_thousand_links() {
    check::<Minimal>(0..10_000);
}

#[test]
fn both_ends_come_up_compressing_over_every_link() {
    check::<Full>(0..500);
}
