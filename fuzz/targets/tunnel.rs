//! A client and a server of ours, and somebody on the path between them who drops, doubles, changes, forges and
//! replays as the input says: nothing panics or spins, the tunnel ends when it is closed, nobody gets in with the wrong
//! password, and with encryption required no packet of the application leaves or arrives in the clear.
#![no_main]

use core::net::Ipv4Addr;
use core::time::Duration;
use libfuzzer_sys::fuzz_target;
use pptp_core::control::CallAnswer;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::ppp::{Credentials, Demand, Method, Minimal, Network, PppConfig};
use pptp_core::testkit::{Conditions, Kind, Node, Packet, Side, Sim};
use pptp_core::wire::GreHeader;
use pptp_core::{Client, ClientConfig, MAX_GRE_OVERHEAD, Pac, Pns, Server, ServerConfig, Session};

type Tunnel = Sim<Node<Minimal, Pns>, Node<Minimal, Pac>>;

/// What the application sends.
const SECRET: &[u8] = b"what the application has to say";
/// What only the attacker says: in the clear, for it has no key.
const FORGED: &[u8] = b"forged in the clear";

fuzz_target!(|input: &[u8]| {
    let Some((&[policies, path, seed], script)) = input.split_first_chunk() else {
        return;
    };
    let right_password = path & 0x80 == 0;
    let mut sim = tunnel(policies, path, seed, right_password);
    sim.set_attacker(attacker(script.to_vec()));
    sim.connect();

    for number in 0..16 {
        sim.run_for(Duration::from_millis(500));
        let now = sim.now();
        for side in [Side::Client, Side::Server] {
            let mut out = [0; 128 + MAX_GRE_OVERHEAD];
            let sent = match side {
                Side::Client => send(&mut sim.client.session, number, &mut out, now),
                Side::Server => send(&mut sim.server.session, number, &mut out, now),
            };
            if let Some(len) = sent {
                sim.send_gre(side, &out[..len]);
            }
        }
    }
    check(&sim, policies, right_password);

    let now = sim.now();
    sim.client.session.close(now);
    let over = |sim: &Tunnel| sim.client.down.is_some() && sim.server.down.is_some();
    assert!(
        sim.run_until(Duration::from_secs(300), over),
        "it does not end"
    );
    assert!(
        sim.client.session.next_timeout().is_none(),
        "a timer runs although it is over"
    );
    check(&sim, policies, right_password);
});

/// The policy for encryption of one end, by four bits.
fn policy(bits: u8) -> MppePolicy {
    MppePolicy {
        requirement: if bits & 1 == 0 {
            Requirement::Require
        } else {
            Requirement::Allow
        },
        strengths: if bits & 2 == 0 {
            Strengths::BITS_128
        } else {
            Strengths::all()
        },
        modes: match bits >> 2 & 3 {
            0 | 1 => Modes::STATELESS,
            2 => Modes::STATEFUL,
            _ => Modes::all(),
        },
    }
}

fn tunnel(policies: u8, path: u8, seed: u8, right_password: bool) -> Tunnel {
    let ppp = |policy| {
        let mut ppp = PppConfig::default();
        ppp.mppe = policy;
        ppp
    };
    let mut client = ClientConfig::default();
    client.call.call_id = 7;
    client.ppp = ppp(policy(policies));
    client.ppp.credentials = Credentials::new("alice", "wonderland").ok();
    let mut server = ServerConfig::default();
    server.control.accept = Some(CallAnswer {
        call_id: 9,
        ..CallAnswer::default()
    });
    server.ppp = ppp(policy(policies >> 4));
    server.ppp.demand = Demand::new(Method::MsChapV2, "server").ok();
    server.ppp.ipv4.local = Some(Ipv4Addr::new(10, 0, 0, 1));
    server.ppp.ipv4.remote = Some(Ipv4Addr::new(10, 0, 0, 2));

    let password = if right_password {
        "wonderland"
    } else {
        "looking-glass"
    };
    let mut client = Node::new(Client::new(client, [seed; 32]));
    let server = Node::new(Server::new(server, [seed ^ 0xff; 32])).with_password(password);
    if path & 1 != 0 {
        client = client.with_reorder();
    }
    let conditions = match path >> 1 & 3 {
        0 | 1 => Conditions::PERFECT,
        2 => Conditions::INTERNET,
        _ => Conditions::ROUGH,
    };
    Sim::new(client, server, conditions, seed.into())
}

fn ipv4(number: u8, text: &[u8]) -> Vec<u8> {
    let len = u8::try_from(20 + 1 + text.len()).expect("short texts");
    let header = [
        0x45, 0, 0, len, 0, 0, 0, 0, 64, 253, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1,
    ];
    [&header[..], &[number], text].concat()
}

fn send<R>(
    end: &mut Session<Minimal, R>,
    number: u8,
    out: &mut [u8],
    now: pptp_core::time::Instant,
) -> Option<usize> {
    let sent = end.send(now, Network::Ipv4, &ipv4(number, SECRET), out);
    sent.ok().map(<[u8]>::len)
}

/// What takes two octets of the script for each packet, and what it forges from there too; and lets everything pass at
/// the end of the script.
fn attacker(script: Vec<u8>) -> impl FnMut(&Packet, &mut Vec<Packet>) + 'static {
    let mut script = script.into_iter();
    let mut seen: Vec<Packet> = Vec::new();
    move |packet, crossing| {
        let (action, argument) = (script.next().unwrap_or(0), script.next().unwrap_or(0));
        let mut changed = packet.clone();
        match action & 7 {
            0..=2 => {}
            3 => return,
            4 => crossing.push(packet.clone()),
            5 => {
                let at = usize::from(argument) % changed.bytes.len().max(1);
                if let Some(octet) = changed.bytes.get_mut(at) {
                    *octet ^= action >> 3 | 1;
                }
            }
            6 => {
                let body: Vec<u8> = script.by_ref().take(argument.into()).collect();
                crossing.extend(forge(packet, action, &body));
            }
            _ => {
                let back = usize::from(argument) % seen.len().max(1);
                crossing.extend(seen.iter().rev().nth(back).cloned());
            }
        }
        crossing.push(changed);
        seen.push(packet.clone());
    }
}

/// A packet of the same kind as `packet`, and in its place, with another body.
fn forge(packet: &Packet, action: u8, body: &[u8]) -> Option<Packet> {
    let bytes = match packet.kind {
        Kind::Gre => {
            let (mut header, _) = GreHeader::parse(&packet.bytes).ok()?;
            let body = if action & 0x80 != 0 {
                [&[0xff, 3, 0, 0x21][..], &ipv4(0, FORGED)].concat()
            } else {
                body.to_vec()
            };
            header.payload_len = u16::try_from(body.len()).ok()?;
            header.sequence = Some(
                header
                    .sequence
                    .unwrap_or(0)
                    .wrapping_add(u32::from(action >> 3 & 7)),
            );
            [&*header.encode(&mut [0; GreHeader::MAX_LEN]).ok()?, &body].concat()
        }
        Kind::Control => {
            // With the right length and cookie; or anything.
            let len = u8::try_from(body.len()).ok()?.checked_add(8)?;
            let header = [0, len, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d];
            if action & 0x80 == 0 {
                [&header[..], body].concat()
            } else {
                body.to_vec()
            }
        }
        Kind::Close => return None,
    };
    Some(Packet {
        bytes,
        ..packet.clone()
    })
}

fn contains(octets: &[u8], text: &[u8]) -> bool {
    octets.windows(text.len()).any(|window| window == text)
}

fn check(sim: &Tunnel, policies: u8, right_password: bool) {
    let ends = [
        (
            Side::Client,
            policies & 1 == 0,
            &sim.client.packets,
            sim.client.up_since,
        ),
        (
            Side::Server,
            policies & 0x10 == 0,
            &sim.server.packets,
            sim.server.up_since,
        ),
    ];
    for (side, encrypts, packets, up_since) in ends {
        if !right_password {
            assert_eq!(up_since, None, "the {side:?} is up after a wrong password");
        }
        if !encrypts {
            continue;
        }
        let mut sent = sim
            .log()
            .iter()
            .filter(|packet| packet.from == side && !packet.forged);
        assert!(
            !sent.any(|packet| contains(&packet.bytes, SECRET)),
            "the {side:?} has sent in the clear"
        );
        assert!(
            !packets.iter().any(|packet| contains(packet, FORGED)),
            "the {side:?} has taken what came in the clear"
        );
    }
}
