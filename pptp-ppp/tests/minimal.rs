//! MS-CHAPv2 and MPPE between two ends of ours.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::{End, Pair, ipv4};
use core::net::Ipv4Addr;
use pptp_ppp::config::{Ipv4Config, Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::{
    Credentials, Demand, DownReason, Grant, Methods, Minimal, Ppp, PppConfig, Random, Verdict,
};

fn client(policy: MppePolicy) -> Ppp<Minimal> {
    let config = PppConfig {
        mppe: policy,
        credentials: Some(Credentials::new("alice", "wonderland").unwrap()),
        ..PppConfig::default()
    };
    Ppp::new(config, Random::new([1; 32]))
}

fn server(policy: MppePolicy) -> Ppp<Minimal> {
    let config = PppConfig {
        mppe: policy,
        demand: Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap()),
        ipv4: Ipv4Config {
            local: Some(Ipv4Addr::new(10, 0, 0, 1)),
            remote: Some(Ipv4Addr::new(10, 0, 0, 2)),
            ..Ipv4Config::default()
        },
        ..PppConfig::default()
    };
    Ppp::new(config, Random::new([2; 32]))
}

fn run(pair: &mut Pair<Minimal, Minimal>, seconds: u64, password: &str) {
    for _ in 0..seconds * 10 {
        pair.drain();
        let until = pptp_ppp::Instant::from_micros(pair.now.as_micros() + 100_000);
        pair.run_with(until, |_, _| true);
        if let Some(id) = pair.request.take() {
            let now = pair.now;
            pair.b
                .authorize(now, id, &Verdict::Password(password), Grant::default());
        }
    }
}

#[test]
fn comes_up_encrypted() {
    let all = [
        (Strengths::BITS_128, Modes::STATELESS),
        (Strengths::BITS_128, Modes::STATEFUL),
        (Strengths::BITS_56, Modes::STATELESS),
        (Strengths::BITS_40, Modes::STATEFUL),
        (Strengths::all(), Modes::all()),
    ];
    for (strengths, modes) in all {
        let policy = MppePolicy {
            requirement: Requirement::Require,
            strengths,
            modes,
        };
        let mut pair = Pair::new(client(policy), server(policy));
        run(&mut pair, 5, "wonderland");
        assert!(
            pair.is_up(),
            "{:?} {}",
            pair.down_reasons(),
            pair.transcript()
        );
        let packet = ipv4(b"hello");
        pair.send(End::A, &packet).unwrap();
        pair.send(End::B, &packet).unwrap();
        run(&mut pair, 1, "");
        assert_eq!(pair.packets, [(End::B, packet.clone()), (End::A, packet)]);
        assert_eq!(pair.discards, []);
    }
}

#[test]
fn a_wrong_password_is_told() {
    let mut pair = Pair::new(client(MppePolicy::default()), server(MppePolicy::default()));
    run(&mut pair, 8, "looking-glass");
    let (a, b) = pair.down_reasons();
    assert!(
        matches!(a, Some(DownReason::AuthenticationFailed(_))),
        "{a:?} {}",
        pair.transcript()
    );
    assert_eq!(b, Some(DownReason::PeerRejected));
}

#[test]
fn is_small() {
    println!("Ppp<Minimal>: {} octets", size_of::<Ppp<Minimal>>());
    assert!(size_of::<Ppp<Minimal>>() <= 2608);
}
