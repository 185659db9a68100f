//! A link without authentication and encryption, between two ends of ours.
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
use pptp_ppp::config::{Ipv4Config, MppePolicy};
use pptp_ppp::{Bare, DownReason, Phase, Ppp, PppConfig, Random};

fn ends() -> Pair<Bare, Bare> {
    let client = PppConfig {
        mppe: MppePolicy::REFUSE,
        ipv4: Ipv4Config {
            ask_dns: true,
            ..Ipv4Config::default()
        },
        ..PppConfig::default()
    };
    let server = PppConfig {
        mppe: MppePolicy::REFUSE,
        ipv4: Ipv4Config {
            local: Some(Ipv4Addr::new(10, 0, 0, 1)),
            remote: Some(Ipv4Addr::new(10, 0, 0, 2)),
            dns: [Some(Ipv4Addr::new(10, 0, 0, 53)), None],
            ..Ipv4Config::default()
        },
        ..PppConfig::default()
    };
    Pair::new(
        Ppp::new(client, Random::new([1; 32])),
        Ppp::new(server, Random::new([2; 32])),
    )
}

#[test]
fn comes_up_with_addresses_and_name_servers() {
    let mut pair = ends();
    pair.run(5);
    assert!(pair.is_up(), "{}", pair.transcript());
    let up = pair
        .events
        .iter()
        .find(|(end, text)| *end == End::A && text.contains("Ipv4Up"));
    let (_, up) = up.unwrap();
    assert!(up.contains("local: Some(10.0.0.2)"), "{up}");
    assert!(up.contains("remote: Some(10.0.0.1)"), "{up}");
    assert!(up.contains("dns: [Some(10.0.0.53), None]"), "{up}");
    let packet = ipv4(b"hello");
    pair.send(End::A, &packet).unwrap();
    pair.run(1);
    assert_eq!(pair.packets, [(End::B, packet)]);
}

#[test]
fn ends_in_good_order() {
    let mut pair = ends();
    pair.run(5);
    let now = pair.now;
    pair.a.close(now);
    pair.run(5);
    assert_eq!(
        pair.down_reasons(),
        (Some(DownReason::Closed), Some(DownReason::PeerClosed))
    );
    assert_eq!((pair.a.phase(), pair.b.phase()), (Phase::Down, Phase::Down));
}

#[test]
fn a_silent_peer_is_told_from_a_stubborn_one() {
    let mut pair = ends();
    let until = pptp_ppp::Instant::from_millis(120_000);
    pair.run_with(until, |_, _| false);
    assert_eq!(
        pair.down_reasons(),
        (
            Some(DownReason::NothingHeard),
            Some(DownReason::NothingHeard)
        )
    );
}

#[test]
fn a_peer_that_falls_silent_is_lost() {
    let mut pair = ends();
    pair.run(5);
    let until = pptp_ppp::Instant::from_millis(400_000);
    pair.run_with(until, |from, _| from == End::B);
    assert_eq!(
        pair.b.down_reason(),
        Some(DownReason::PeerLost),
        "{}",
        pair.transcript()
    );
}
