//! MPPC alone and under MPPE, with peers as real ones are.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

#[path = "../common/mod.rs"]
mod common;
mod negotiation;
mod packets;

use common::ipv4;
use common::script::{CCP, COMPRESSED, LCP, PASSWORD, Script, ScriptOf, Sealer, Sent, USER};
use common::script::{frame, hex, unhex};
use pptp_mppc::{Compressor, Decompressor, Flags, Outcome};
use pptp_mppe::{Mode, Strength};
use pptp_ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_ppp::{Credentials, Discard, DownReason, Full, Minimal, Network, PppConfig, Profile};

type End = ScriptOf<Full>;

const REQUIRE: MppePolicy = MppePolicy {
    requirement: Requirement::Require,
    strengths: Strengths::BITS_128,
    modes: Modes::STATELESS,
};

const STATEFUL: MppePolicy = MppePolicy {
    modes: Modes::STATEFUL,
    ..REQUIRE
};

const ALLOW: MppePolicy = MppePolicy {
    requirement: Requirement::Allow,
    ..REQUIRE
};

/// Encryption refused, and compression stateless.
const ALONE_STATELESS: MppePolicy = MppePolicy {
    modes: Modes::STATELESS,
    ..MppePolicy::REFUSE
};

fn config(mppe: MppePolicy) -> PppConfig {
    PppConfig {
        mppe,
        mppc: true,
        credentials: Some(Credentials::new(USER, PASSWORD).unwrap()),
        ..PppConfig::default()
    }
}

/// A client of ours that starts CCP.
fn network<P: Profile>(mppe: MppePolicy) -> ScriptOf<P> {
    let mut script = ScriptOf::client_up_to_network(config(mppe));
    script.events.clear();
    script
}

/// A client of ours with a peer that asks for `options` and grants what it is asked.
fn up(mppe: MppePolicy, options: &str) -> End {
    let mut script = network(mppe);
    script.ccp_up(options);
    script.ipcp_up();
    assert!(script.ppp.is_up(Network::Ipv4));
    script.sent.clear();
    script
}

/// The options of our Configure-Request.
fn asked<P: Profile>(script: &ScriptOf<P>) -> String {
    script.clone().newest(CCP, 1).1
}

/// What is said to a Configure-Request of the peer's.
fn answer(script: &mut End, options: &str) -> (u8, String) {
    script.sent.clear();
    script.tell(CCP, 1, 66, options);
    let mut heard = script.heard();
    heard.retain(|packet| packet.0 == CCP && packet.2 == 66);
    assert_eq!(heard.len(), 1, "{heard:?}");
    (heard[0].1, heard[0].3.clone())
}

fn text(number: usize) -> Vec<u8> {
    let line = format!("{number}: the quick brown fox jumps over the lazy dog. ");
    ipv4(line.repeat(4).as_bytes())
}

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut dice = common::lossy::Dice::new(seed);
    let octets: Vec<u8> = (0..len).map(|_| dice.below(256) as u8).collect();
    ipv4(&octets)
}

/// A peer's end of MPPC, without encryption.
struct Peer {
    compressor: Compressor,
    count: u16,
}

impl Peer {
    fn new() -> Self {
        Self {
            compressor: Compressor::new(),
            count: 0,
        }
    }

    fn send(&mut self, packet: &[u8]) -> Vec<u8> {
        let mut out = vec![0; packet.len() + 2];
        let outcome = self.compressor.compress(&[0, 0x21], packet, &mut out);
        let (body, flags) = match outcome.unwrap() {
            Outcome::Compressed { len, flags } => (out[..len].to_vec(), flags),
            Outcome::Uncompressed { flags } => ([&[0, 0x21], packet].concat(), flags),
        };
        let header = u16::from(flags.header_bits()) << 8 | self.count;
        self.count = (self.count + 1) & 0x0fff;
        let mut frame = vec![0xfd];
        frame.extend(header.to_be_bytes());
        frame.extend(body);
        frame
    }
}

fn header(sent: &Sent) -> u16 {
    assert_eq!(sent.protocol, COMPRESSED);
    u16::from_be_bytes([sent.information[0], sent.information[1]])
}

/// A peer that compresses and encrypts.
struct Compressing {
    sealer: Sealer,
    compressor: Compressor,
    next: u16,
    stateless: bool,
}

impl Compressing {
    fn new(script: &End, mode: Mode) -> Self {
        Self {
            sealer: Sealer::new(script, Strength::Bits128, mode),
            compressor: Compressor::new(),
            next: 0,
            stateless: mode == Mode::Stateless,
        }
    }

    fn flush(&mut self) {
        self.sealer.0.flush();
        self.compressor.flush();
    }

    fn seal(&mut self, packet: &[u8]) -> Vec<u8> {
        if self.stateless || self.next & 0xff == 0xff {
            self.compressor.flush();
        }
        let mut body = vec![0; packet.len() + 2];
        let outcome = self
            .compressor
            .compress(&[0, 0x21], packet, &mut body)
            .unwrap();
        if let Outcome::Compressed { len, .. } = outcome {
            body.truncate(len);
        } else {
            body = [&[0, 0x21], packet].concat();
        }
        if outcome.flags().contains(Flags::FLUSHED) {
            self.sealer.0.flush();
        }
        let sealed = self.sealer.0.encrypt_in_place(&mut body);
        self.next = sealed.count.next().get();
        let a = u16::from(sealed.flushed) << 15;
        let header =
            a | u16::from(outcome.flags().header_bits()) << 8 | 0x1000 | sealed.count.get();
        let mut frame = vec![0xfd];
        frame.extend(header.to_be_bytes());
        frame.extend(body);
        frame
    }
}

fn mode_of(policy: MppePolicy) -> Mode {
    if policy.modes == Modes::STATELESS {
        Mode::Stateless
    } else {
        Mode::Stateful
    }
}
