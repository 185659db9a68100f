//! MPPC alone and under MPPE, with peers as real ones are.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

mod common;

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

#[test]
fn it_is_asked_for_only_where_policy_and_suite_have_it() {
    let c = "120601000041";
    assert_eq!(asked(&network::<Full>(REQUIRE)), c);
    assert_eq!(asked(&network::<Minimal>(REQUIRE)), "120601000040");
    assert_eq!(asked(&network::<Full>(STATEFUL)), "120600000041");
    assert_eq!(asked(&network::<Full>(MppePolicy::REFUSE)), "120600000001");
    assert_eq!(asked(&network::<Full>(ALONE_STATELESS)), "120601000001");
    let without = PppConfig {
        mppc: false,
        ..config(REQUIRE)
    };
    let mut script: End = ScriptOf::client_up_to_network(without);
    assert_eq!(asked(&script), "120601000040");
    // As before: RRAS, Windows 2000, and one that has MPPC alone.
    for options in ["120601000041", "1206010000e1", "120600000001"] {
        let m128 = "120601000040".to_owned();
        assert_eq!(answer(&mut script, options), (3, m128), "{options}");
    }
}

#[test]
fn it_is_granted_with_the_best_encryption() {
    let all = MppePolicy {
        strengths: Strengths::all(),
        modes: Modes::all(),
        ..REQUIRE
    };
    // Whoever asks, what is granted or suggested.
    for (policy, options, said) in [
        (REQUIRE, "01000041", (2, "01000041")),
        (REQUIRE, "010000e1", (3, "01000041")),
        (REQUIRE, "01000040", (2, "01000040")),
        (REQUIRE, "00000041", (3, "01000041")),
        (REQUIRE, "01000051", (3, "01000041")),
        (STATEFUL, "01000041", (3, "00000041")),
        (all, "000000e1", (3, "00000041")),
        (all, "01000021", (2, "01000021")),
        // Encryption is required: compression alone will not do, however often it is asked for.
        (REQUIRE, "00000001", (3, "01000041")),
        (REQUIRE, "01000001", (3, "01000041")),
        // Encryption is refused, and the mode left to the peer, or not.
        (MppePolicy::REFUSE, "00000001", (2, "00000001")),
        (MppePolicy::REFUSE, "01000001", (2, "01000001")),
        (MppePolicy::REFUSE, "01000041", (3, "01000001")),
        (MppePolicy::REFUSE, "01000040", (4, "01000040")),
        (MppePolicy::REFUSE, "00000000", (4, "00000000")),
        (ALONE_STATELESS, "00000001", (3, "01000001")),
    ] {
        let mut script = network(policy);
        let said = (said.0, format!("1206{}", said.1));
        assert_eq!(
            answer(&mut script, &format!("1206{options}")),
            said,
            "{options}"
        );
    }
    // Others are rejected as before.
    let deflate = "1a047800";
    assert_eq!(answer(&mut network(REQUIRE), deflate), (4, deflate.into()));
}

#[test]
fn where_encryption_may_be_missing_it_is_prompted_for_and_then_done_without() {
    let mut script: End = network(ALLOW);
    let alone = "120600000001";
    let suggested = "120601000041".to_owned();
    assert_eq!(answer(&mut script, alone), (3, suggested.clone()));
    assert_eq!(answer(&mut script, alone), (3, suggested));
    // Stateless, as the policy has it.
    assert_eq!(answer(&mut script, alone), (3, "120601000001".into()));
    assert_eq!(
        answer(&mut script, "120601000001"),
        (2, "120601000001".into())
    );
}

#[test]
fn a_peer_without_it_gets_encryption_alone() {
    // RRAS as a client takes less from a Nak; others reject the whole.
    for code in [3, 4] {
        let mut script: End = network(REQUIRE);
        let (identifier, options) = script.newest(CCP, 1);
        let said = if code == 3 { "120601000040" } else { &options };
        script.tell(CCP, code, identifier, said);
        assert_eq!(asked(&script), "120601000040", "{code}");
        assert_eq!(script.down_reason(), None);
        // What is rejected for good ends it as before.
        let (identifier, options) = script.newest(CCP, 1);
        script.tell(CCP, 4, identifier, &options);
        assert_eq!(script.down_reason(), Some(DownReason::EncryptionRefused));
    }
}

#[test]
fn of_a_nak_compression_alone_is_taken_only_where_encryption_may_be_missing() {
    for (policy, then) in [(REQUIRE, "01000040"), (ALLOW, "01000001")] {
        let mut script: End = network(policy);
        let (identifier, _) = script.newest(CCP, 1);
        script.tell(CCP, 3, identifier, "120601000001");
        let asked = asked(&script);
        // Still with encryption, whatever else is in it.
        assert_eq!(asked[..11], format!("1206{then}")[..11], "{policy:?}");
    }
}

#[test]
fn each_direction_has_its_own_and_the_user_is_told() {
    let mut script: End = network(REQUIRE);
    script.ccp_up("120601000040");
    let (send, receive) = script.ppp.compression();
    assert_eq!((send, receive.unwrap().mode), (None, Mode::Stateless));
    assert!(script.ppp.encryption().0.is_some() && script.ppp.encryption().1.is_some());
    let place = |start: &str| {
        script
            .events
            .iter()
            .position(|event| event.starts_with(start))
    };
    assert!(place("Encryption").unwrap() < place("Compression").unwrap());
    assert_eq!(receive.unwrap().to_string(), "MPPC stateless");
    // Neither: nothing is told.
    let mut script: ScriptOf<Full> = network(REQUIRE);
    let (identifier, _) = script.newest(CCP, 1);
    script.tell(CCP, 3, identifier, "120601000040");
    script.ccp_up("120601000040");
    assert_eq!(script.ppp.compression(), (None, None));
    assert!(
        script
            .events
            .iter()
            .all(|event| !event.starts_with("Compression"))
    );
}

#[test]
fn packets_are_compressed_then_encrypted() {
    let mut script = up(REQUIRE, "120601000041");
    let keys = script.keys.clone().unwrap();
    let mut decryptor =
        pptp_mppe::Decryptor::new(&keys.receive, Strength::Bits128, Mode::Stateless);
    let mut decompressor = Decompressor::new();
    for (number, packet) in [text(0), noise(1, 300), text(1), text(1)]
        .iter()
        .enumerate()
    {
        let sent = script.send(packet).unwrap();
        let header = header(&sent);
        let compressed = number != 1;
        let bits = if compressed { 0xf000 } else { 0x9000 };
        // Bit B stands where the history begins.
        assert_eq!(header & 0xb000, bits & 0xb000, "{number}");
        assert_eq!(usize::from(header & 0x0fff), number);
        assert_eq!(sent.information.len() < packet.len(), compressed);
        let mut data = sent.information[2..].to_vec();
        let trial = decryptor
            .decrypt(pptp_mppe::Count::new(header), true, &mut data)
            .unwrap();
        let flags = Flags::from_header(sent.information[0]);
        let clear = decompressor.decompress(flags, trial.commit()).unwrap();
        assert_eq!(clear, [&[0, 0x21], &packet[..]].concat());
    }
}

#[test]
fn packets_of_a_peer_are_decrypted_then_decompressed() {
    for (policy, options, mode) in [
        (REQUIRE, "120601000041", Mode::Stateless),
        (STATEFUL, "120600000041", Mode::Stateful),
    ] {
        let mut script = up(policy, options);
        let mut sealer = Compressing::new(&script, mode);
        for number in 0..600 {
            let packet = if number % 7 == 3 {
                noise(number, 200)
            } else {
                text(number as usize)
            };
            let frame = sealer.seal(&packet);
            assert_eq!(script.say(&frame), Ok(Some(packet)), "{number}");
        }
    }
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

#[test]
fn alone_it_is_sent_without_bit_d_and_never_longer_than_the_header() {
    for (policy, options, flushed) in [
        (MppePolicy::REFUSE, "120600000001", false),
        (ALONE_STATELESS, "120601000001", true),
        (MppePolicy::REFUSE, "120601000001", true),
    ] {
        let mut script = up(policy, options);
        assert_eq!(script.ppp.encryption(), (None, None));
        let mut decompressor = Decompressor::new();
        let mtu = script.ppp.mtu();
        assert_eq!(mtu, 1396, "header and Protocol field are in the 1400");
        for number in 0..200 {
            let packet = match number % 5 {
                0 => noise(number, mtu - 20),
                1 => noise(number, 600),
                _ => text(number as usize),
            };
            let sent = script.send(&packet).unwrap();
            let header = header(&sent);
            assert_eq!(header & 0x1000, 0);
            assert_eq!(u64::from(header & 0x0fff), number);
            let compressed = header & 0x2000 != 0;
            // Bit A: with each, or with the compressed one after one that was not.
            assert_eq!(header & 0x8000 != 0, flushed || number % 5 == 2, "{number}");
            assert_eq!(compressed, number % 5 > 1);
            assert!(sent.information.len() <= packet.len() + 4);
            let flags = Flags::from_header(sent.information[0]);
            let clear = decompressor
                .decompress(flags, &sent.information[2..])
                .unwrap();
            assert_eq!(clear, [&[0, 0x21], &packet[..]].concat());
        }
    }
}

#[test]
fn a_peers_packets_that_are_only_compressed_are_taken() {
    let mut script = up(MppePolicy::REFUSE, "120600000001");
    let mut peer = Peer::new();
    // More than the count has numbers.
    for number in 0..5000 {
        let packet = text(number);
        assert_eq!(
            script.say(&peer.send(&packet)),
            Ok(Some(packet)),
            "{number}"
        );
    }
    // Those that are not compressed at all, too.
    let clear = [&[0x21], &ipv4(b"y")[..]].concat();
    assert_eq!(script.say(&clear), Ok(Some(ipv4(b"y"))));
}

#[test]
fn a_loss_costs_what_rfc_2118_says_and_no_more() {
    let mut script = up(MppePolicy::REFUSE, "120600000001");
    let mut peer = Peer::new();
    for round in 0..20 {
        assert!(script.say(&peer.send(&text(0))).is_ok());
        for _ in 0..round {
            peer.send(&text(1));
        }
        let lost_any = round > 0;
        // What comes before the reset has reached the peer is lost, unless it stands alone.
        let next = peer.send(&text(2));
        if !lost_any {
            assert_eq!(script.say(&next), Ok(Some(text(2))));
            continue;
        }
        assert_eq!(script.say(&next), Err(Discard::AwaitsReset), "{round}");
        let (identifier, data) = script.newest(CCP, 14);
        assert_eq!(data, "", "the Reset-Request has no data");
        let alone = noise(round, 600);
        assert_eq!(script.say(&peer.send(&alone)), Ok(Some(alone)));
        // The peer flushes, and the first packet after that is taken, compressed or not. There is no Reset-Ack; one
        // that comes all the same is ignored.
        peer.compressor.flush();
        if round % 2 == 0 {
            script.tell(CCP, 15, identifier, "");
        }
        if round % 3 == 0 {
            let alone = noise(round, 600);
            assert_eq!(script.say(&peer.send(&alone)), Ok(Some(alone)));
        }
        for number in 3..6 {
            assert_eq!(
                script.say(&peer.send(&text(number))),
                Ok(Some(text(number)))
            );
        }
        assert_eq!(script.sent, []);
    }
}

#[test]
fn a_reset_request_flushes_and_gets_no_ack() {
    for (policy, options) in [
        (MppePolicy::REFUSE, "120600000001"),
        (REQUIRE, "120601000041"),
        (STATEFUL, "120600000041"),
    ] {
        let mut script = up(policy, options);
        script.send(&text(0)).unwrap();
        script.send(&text(1)).unwrap();
        script.tell(CCP, 14, 33, "");
        assert_eq!(script.sent, [], "no Reset-Ack");
        let header = header(&script.send(&text(2)).unwrap());
        assert_eq!(header & 0xa000, 0xa000, "A and C");
    }
    // Nothing to reset.
    let mut script: Script = network(MppePolicy::REFUSE);
    let reset = frame(CCP, 14, 33, &[]);
    assert_eq!(script.say(&reset), Err(Discard::EncryptionNotUp));
}

#[test]
fn duplicates_and_late_packets_change_nothing() {
    let mut script = up(MppePolicy::REFUSE, "120600000001");
    let mut peer = Peer::new();
    let frames: Vec<_> = (0..5).map(|number| peer.send(&text(number))).collect();
    for (number, frame) in frames.iter().enumerate() {
        assert_eq!(script.say(frame), Ok(Some(text(number))));
        assert_eq!(script.say(frame), Err(Discard::WrongCount));
        assert_eq!(script.say(&frames[0]), Err(Discard::WrongCount));
    }
    assert_eq!(script.say(&peer.send(&text(9))), Ok(Some(text(9))));
}

#[test]
fn in_stateful_mode_key_stream_and_history_begin_anew_together() {
    let mut script = up(STATEFUL, "120600000041");
    let mut flushed = Vec::new();
    let mut last: u16 = 0xffff;
    for number in 0..2000 {
        let packet = if number % 10 == 0 {
            noise(number, 300)
        } else {
            text(number as usize)
        };
        let header = header(&script.send(&packet).unwrap());
        let count = header & 0x0fff;
        if header & 0x8000 != 0 {
            // To begin anew takes a new key, so that none is used twice.
            assert_eq!(count & 0xff, 0xff);
            flushed.push(number);
        } else {
            assert_eq!(count, last.wrapping_add(1) & 0x0fff);
        }
        last = count;
    }
    // As often as that is allowed, so that a few lost packets are never all of the count.
    let apart: Vec<_> = flushed.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(apart.iter().all(|apart| *apart > 32), "{apart:?}");
    assert!(flushed.len() > 40, "{}", flushed.len());
}

#[test]
fn with_encryption_nothing_that_is_only_compressed_passes() {
    for (policy, options) in [
        (REQUIRE, "120601000041"),
        (STATEFUL, "120600000041"),
        (ALLOW, "120601000041"),
    ] {
        let mut script = up(policy, options);
        let mut peer = Peer::new();
        for _ in 0..3 {
            let forged = peer.send(&text(0));
            assert_eq!(script.say(&forged), Err(Discard::WrongEncryptionBits));
            assert_eq!(
                script.say(&[&[0x21], &ipv4(b"y")[..]].concat()),
                Err(Discard::NotEncrypted)
            );
        }
        assert_eq!(header(&script.send(&text(0)).unwrap()) & 0x1000, 0x1000);
        assert_eq!(script.down_reason(), None);
    }
    // And none before it is agreed on.
    let mut script: End = network(REQUIRE);
    assert_eq!(
        script.say(&Peer::new().send(&text(0))),
        Err(Discard::WrongEncryptionBits)
    );
    assert!(script.send(&text(0)).is_err());
}

#[test]
fn where_encryption_is_required_compression_alone_is_no_link() {
    let mut script: End = network(REQUIRE);
    // The peer says that it grants what it was not asked for, or less.
    let (identifier, _) = script.clone().newest(CCP, 1);
    let lie = frame(CCP, 2, identifier, &unhex("120600000001"));
    assert_eq!(script.say(&lie), Err(Discard::WrongOptions));
    for identifier in 66..86 {
        script.tell(CCP, 1, identifier, "120600000001");
        if script.down_reason().is_some() {
            break;
        }
        assert_eq!(script.newest(CCP, 3).0, identifier);
    }
    assert_eq!(script.down_reason(), Some(DownReason::EncryptionRefused));
}

#[test]
fn a_link_with_nothing_but_compression_lives_on_what_may_happen_to_it() {
    let mut script = up(MppePolicy::REFUSE, "120600000001");
    let mut peer = Peer::new();
    script.say(&peer.send(&text(0))).unwrap();
    assert_eq!(header(&script.send(&text(0)).unwrap()), 0x6000);
    // It is negotiated anew: everything is at its start again.
    script.tell(CCP, 1, 9, "120600000001");
    script.grant(CCP);
    assert!(script.ppp.is_up(Network::Ipv4));
    assert_eq!(header(&script.send(&text(0)).unwrap()), 0x6000);
    assert_eq!(script.say(&Peer::new().send(&text(7))), Ok(Some(text(7))));
    // The peer wants no more of it: packets go as they are.
    script.tell(LCP, 8, 9, "00fd6000");
    assert_eq!(script.send(&text(0)).unwrap().protocol, 0x0021);
    assert_eq!(script.down_reason(), None);
    let mut script = up(MppePolicy::REFUSE, "120600000001");
    script.tell(CCP, 5, 9, "");
    assert_eq!(script.send(&text(0)).unwrap().protocol, 0x0021);
    assert_eq!(script.down_reason(), None);
}

#[test]
fn a_peer_without_ccp_gets_packets_as_they_are() {
    let mut script: End = network(MppePolicy::REFUSE);
    script.ipcp_up();
    script.tell(LCP, 8, 3, "80fd0101000a120600000001");
    assert!(script.ppp.is_up(Network::Ipv4));
    assert_eq!(script.send(&text(0)).unwrap().protocol, 0x0021);
}

#[test]
fn the_peers_lost_ack_is_seen_from_what_it_sends() {
    for (policy, options) in [
        (REQUIRE, "120601000041"),
        (STATEFUL, "120600000041"),
        (MppePolicy::REFUSE, "120600000001"),
    ] {
        let mut script: End = network(policy);
        script.ask(CCP, 1, options);
        let (first, second) = if policy == MppePolicy::REFUSE {
            let mut peer = Peer::new();
            (peer.send(&text(0)), peer.send(&text(1)))
        } else {
            let mut peer = Compressing::new(&script, mode_of(policy));
            (peer.seal(&text(0)), peer.seal(&text(1)))
        };
        // What is no packet proves nothing.
        let mut wrong = first.clone();
        wrong[3..8].fill(0xee);
        assert!(script.say(&wrong).is_err());
        assert_eq!(script.ppp.compression(), (None, None), "{options}");
        assert_eq!(script.say(&first), Err(Discard::NetworkNotUp));
        assert!(script.ppp.compression().1.is_some(), "{options}");
        let mut script = script.clone();
        script.wait(1100);
        script.ipcp_up();
        assert_eq!(script.say(&second), Ok(Some(text(1))));
    }
}

fn mode_of(policy: MppePolicy) -> Mode {
    if policy.modes == Modes::STATELESS {
        Mode::Stateless
    } else {
        Mode::Stateful
    }
}

#[test]
fn forged_packets_cost_a_reset_at_most() {
    let mut script = up(STATEFUL, "120600000041");
    let mut peer = Compressing::new(&script, Mode::Stateful);
    let mut dice = common::lossy::Dice::new(7);
    let mut lost = 0;
    for number in 0..3000 {
        let mut frame = vec![0xfd];
        // Compressed, with every combination of A and B, and with the next count or one near it.
        let bits = 0x3000 | (dice.below(4) as u16) << 14;
        let count = peer.next.wrapping_add(dice.below(3) as u16) & 0x0fff;
        frame.extend((bits | count).to_be_bytes());
        let len = dice.below(60) as usize;
        frame.extend((0..len).map(|_| dice.below(256) as u8));
        if let Ok(Some(packet)) = script.say(&frame) {
            panic!("from nobody: {}", hex(&packet));
        }
        let packet = text(number);
        match script.say(&peer.seal(&packet)) {
            Ok(Some(taken)) => assert_eq!(taken, packet),
            _ => lost += 1,
        }
        script.wait(20);
        // The peer heeds our Reset-Requests.
        if script.heard().iter().any(|heard| heard.1 == 14) {
            peer.flush();
        }
    }
    println!("{lost} of 3000 lost");
    assert!(lost < 60, "{lost} of 3000 lost");
    assert_eq!(script.down_reason(), None);
}

#[test]
fn in_stateless_mode_bit_a_stands_for_itself() {
    // Somebody clears it on the way. Each packet stands alone all the same.
    let mut script = up(REQUIRE, "120601000041");
    let mut peer = Compressing::new(&script, Mode::Stateless);
    for number in 0..300 {
        let mut frame = peer.seal(&text(number));
        frame[1] &= 0x7f;
        assert_eq!(script.say(&frame), Ok(Some(text(number))));
    }
}

#[test]
fn memory_is_taken_where_it_is_said() {
    use pptp_ppp::Ppp;
    let (minimal, full) = (size_of::<Ppp<Minimal>>(), size_of::<Ppp<Full>>());
    println!("Ppp<Minimal>: {minimal} octets, Ppp<Full>: {full}");
    assert!(full - minimal < 21_000);
}

#[cfg(feature = "alloc")]
#[test]
fn on_the_heap_it_takes_nothing_before_it_is_agreed_on() {
    use pptp_ppp::{AllocMppcMppe, Ipv4Only, MsChapV2, Ppp};
    #[derive(Debug, Clone)]
    struct OnHeap;
    impl Profile for OnHeap {
        type Suite = AllocMppcMppe;
        type Auth = MsChapV2;
        type Networks = Ipv4Only;
    }
    assert!(size_of::<Ppp<OnHeap>>() <= size_of::<Ppp<Minimal>>() + 16);
    // The same octets as with memory of its own.
    let mut heap: ScriptOf<OnHeap> = network(MppePolicy::REFUSE);
    heap.ccp_up("120600000001");
    heap.ipcp_up();
    let mut own = up(MppePolicy::REFUSE, "120600000001");
    for number in 0..100 {
        assert_eq!(heap.send(&text(number)), own.send(&text(number)));
    }
    let mut peer = Peer::new();
    for number in 0..100 {
        assert_eq!(heap.say(&peer.send(&text(number))), Ok(Some(text(number))));
    }
    let mut heap: ScriptOf<OnHeap> = network(REQUIRE);
    heap.ccp_up("120601000041");
    heap.ipcp_up();
    assert!(header(&heap.send(&text(0)).unwrap()) & 0xb000 == 0xb000);
}
