//! What is put around a packet is no more than is said, in every mode.

use super::ends::packet;
use super::traffic::{Tunnel, tunnel};
use core::time::Duration;
use pptp_core::path::Framing;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::ppp::{Bare, Full, Minimal, Profile};
use pptp_core::testkit::{Conditions, Side};
use pptp_core::{Client, ClientConfig, Network};

fn fits<P: Profile>(requirement: Requirement) {
    let policy = MppePolicy {
        requirement,
        strengths: Strengths::BITS_128,
        modes: Modes::STATELESS,
    };
    let mut sim: Tunnel<P> = tunnel(policy, Conditions::PERFECT, 7);
    sim.run_for(Duration::from_secs(5));
    let mut longest = 0;
    for path in [100, 576, 1280, 1400, 1492] {
        let len = sim.client.session.path_mtu(path);
        let mtu = sim.client.session.mtu();
        assert!(len >= Framing::WORST.inner_mtu(path).min(mtu), "{path}");
        let text: Vec<u8> = (0..len - 28)
            .map(|number| (number * 7) as u8 ^ (number >> 3) as u8)
            .collect();
        // With an acknowledgment to take along, and without.
        for _ in 0..2 {
            let now = sim.now();
            let mut out = [0; 2048];
            let session = &mut sim.server.session;
            let sent = session.send(now, Network::Ipv4, &packet(b"x"), &mut out);
            let sent = sent.unwrap().to_vec();
            sim.send_gre(Side::Server, &sent);
            let session = &mut sim.client.session;
            let _ = session.handle_gre(now, &mut sent.clone());
            for _ in 0..2 {
                let sent = session.send(now, Network::Ipv4, &packet(&text), &mut out);
                let outside = sent.unwrap().len() + 20;
                assert!(outside <= path, "{outside} of {path}");
                longest = longest.max(outside + 1500 - path);
            }
        }
    }
    // Not much is held back: an acknowledgment's four octets, which may not be there, and one or two of a header.
    assert!(longest >= 1494, "{longest}");
}

#[test]
fn a_packet_as_long_as_is_said_fits_the_path() {
    fits::<Minimal>(Requirement::Require);
    fits::<Minimal>(Requirement::Refuse);
    fits::<Full>(Requirement::Require);
}

#[test]
fn before_the_link_is_up_the_worst_is_assumed() {
    let client = Client::<Bare>::new(ClientConfig::default(), [1; 32]);
    assert_eq!(client.path_mtu(1000), Framing::WORST.inner_mtu(1000));
    assert_eq!(client.path_mtu(30), 0);
    assert_eq!(client.path_mtu(9000), client.mtu());
}
