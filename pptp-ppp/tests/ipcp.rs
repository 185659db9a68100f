//! IPCP with peers as real ones are.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

use common::script::{IPCP, LCP, Script, frame, unhex};
use core::net::Ipv4Addr;
use pptp_ppp::config::{Ipv4Config, MppePolicy};
use pptp_ppp::{DownReason, Network, PppConfig};

fn script(ipv4: Ipv4Config) -> Script {
    let config = PppConfig {
        mppe: MppePolicy::REFUSE,
        ipv4,
        ..PppConfig::default()
    };
    let mut script = Script::new(config);
    script.grant(LCP);
    script.ask(LCP, 1, "0506 11223344");
    script
}

fn server() -> Script {
    script(Ipv4Config {
        local: Some(Ipv4Addr::new(10, 0, 0, 1)),
        remote: Some(Ipv4Addr::new(10, 0, 0, 2)),
        dns: [Some(Ipv4Addr::new(10, 0, 0, 53)), None],
        nbns: [None, Some(Ipv4Addr::new(10, 0, 0, 137))],
        ..Ipv4Config::default()
    })
}

fn answer(script: &mut Script, options: &str) -> (u8, String) {
    answer_to(script, 66, options)
}

fn answer_to(script: &mut Script, identifier: u8, options: &str) -> (u8, String) {
    script.sent.clear();
    script.tell(IPCP, 1, identifier, options);
    let mut heard = script.heard();
    heard.retain(|packet| packet.0 == IPCP && packet.2 == identifier);
    assert_eq!(heard.len(), 1, "{heard:?}");
    (heard[0].1, heard[0].3.clone())
}

#[test]
fn a_client_without_an_address_is_told_to_ask_for_one() {
    // Yamaha's.
    let mut script = server();
    assert_eq!(answer(&mut script, ""), (3, "03060a000002".into()));
    let asked = "0306 0a000002";
    assert_eq!(answer(&mut script, asked), (2, "03060a000002".into()));
}

/// Its retransmissions are no sign that it does not want the address: over a bad path they are many.
#[test]
fn a_client_whose_naks_are_lost_gets_its_address() {
    let mut script = server();
    for _ in 0..12 {
        assert_eq!(
            answer(&mut script, "0306 00000000"),
            (3, "03060a000002".into())
        );
    }
}

#[test]
fn a_client_that_never_asks_for_an_address_gets_a_link_without() {
    let mut script = server();
    for identifier in 61..66 {
        assert_eq!(answer_to(&mut script, identifier, "").0, 3);
    }
    assert_eq!(answer(&mut script, ""), (2, String::new()));
}

#[test]
fn name_servers_are_told_to_who_asks() {
    let mut script = server();
    // Header compression and what there is none of go first.
    let asked =
        "0206 002d0f01 0306 00000000 8106 00000000 8206 00000000 8306 00000000 8406 00000000";
    assert_eq!(
        answer(&mut script, asked),
        (4, "0206002d0f01820600000000830600000000".into())
    );
    let asked = "0306 00000000 8106 00000000 8406 00000000";
    assert_eq!(
        answer(&mut script, asked),
        (3, "03060a00000281060a00003584060a000089".into())
    );
    let asked = "0306 0a000002 8106 0a000035 8406 0a000089";
    assert_eq!(answer(&mut script, asked).0, 2);
}

#[test]
fn an_address_of_ones_own_choice_is_not_had() {
    let mut script = server();
    assert_eq!(
        answer(&mut script, "0306 c0a80101"),
        (3, "03060a000002".into())
    );
    // And ours is not given up.
    let (identifier, asked) = {
        let mut fresh = server();
        let newest = fresh.newest(IPCP, 1);
        fresh.tell(IPCP, 3, newest.0, "0306 c0a80102");
        fresh.newest(IPCP, 1)
    };
    assert!(identifier > 0);
    assert_eq!(asked, "03060a000001");
}

#[test]
fn rejected_name_servers_are_done_without() {
    let mut script = script(Ipv4Config {
        ask_dns: true,
        ..Ipv4Config::default()
    });
    let (identifier, asked) = script.newest(IPCP, 1);
    assert_eq!(asked, "030600000000810600000000830600000000");
    script.tell(IPCP, 4, identifier, "810600000000 830600000000");
    let (identifier, asked) = script.newest(IPCP, 1);
    assert_eq!(asked, "030600000000");
    script.tell(IPCP, 3, identifier, "0306 0a620001");
    assert_eq!(script.grant(IPCP), "03060a620001");
    script.ask(IPCP, 3, "0306 0a000001");
    assert!(script.ppp.is_up(Network::Ipv4));
}

#[test]
fn a_terminate_ack_out_of_turn_is_no_disconnect() {
    let mut script = server();
    let (identifier, _) = script.newest(IPCP, 1);
    script.tell(IPCP, 6, identifier, "");
    script.wait(1100);
    script.grant(IPCP);
    script.ask(IPCP, 1, "0306 0a000002");
    assert!(script.ppp.is_up(Network::Ipv4));
}

#[test]
fn a_lost_ack_is_sent_again_and_nothing_starts_over() {
    let mut script = server();
    script.grant(IPCP);
    script.ask(IPCP, 1, "0306 0a000002");
    script.sent.clear();
    script.events.clear();
    script.ask(IPCP, 1, "0306 0a000002");
    assert!(script.ppp.is_up(Network::Ipv4) && script.events.is_empty());
    // Under another Identifier it is a new negotiation, which ends well.
    script.tell(IPCP, 1, 2, "0306 0a000002");
    assert!(!script.ppp.is_up(Network::Ipv4));
    script.grant(IPCP);
    assert!(script.ppp.is_up(Network::Ipv4));
    assert_eq!(script.events.len(), 2, "down and up: {:?}", script.events);
}

#[test]
fn a_peer_without_ip_ends_the_link() {
    let mut script = server();
    script.tell(LCP, 8, 1, "8021 0101 0004");
    assert_eq!(script.down_reason(), Some(DownReason::NetworkRefused));
}

#[test]
fn options_of_the_wrong_length_are_rejected_and_broken_lists_dropped() {
    let mut script = server();
    assert_eq!(answer(&mut script, "0304 0a00"), (4, "03040a00".into()));
    for broken in ["03", "0301", "0306 0a00", "0306 0a000002 00"] {
        script.sent.clear();
        assert!(script.say(&frame(IPCP, 1, 3, &unhex(broken))).is_err());
        assert_eq!(script.sent, []);
    }
}

#[test]
fn nothing_is_sent_twice_on_a_quiet_link() {
    let mut script = server();
    let requests = script.heard();
    script.wait(900);
    assert_eq!(requests.iter().filter(|packet| packet.0 == IPCP).count(), 1);
    assert_eq!(script.sent, []);
}
