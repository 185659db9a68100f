//! What is left of the secrets in memory once a link is gone: a process looks through itself (`/proc/self/mem`).
#![cfg(target_os = "linux")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core
)]

mod common;

use common::{End, Pair, ipv4};
use pptp_mppe::{SessionKey, Side, StartKey, Strength};
use pptp_ppp::config::{Ipv4Config, Modes, MppePolicy};
use pptp_ppp::mschap::{NtHash, master_key};
use pptp_ppp::wire::mschapv2::Response;
use pptp_ppp::{
    Credentials, Demand, Full, Grant, Instant, Methods, Ppp, PppConfig, Random, Verdict,
};
use std::fs::{File, read_to_string};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::Command;
use zeroize::Zeroizing;

/// What hides secrets from the search where they have to be known.
const MASK: u8 = 0xa5;

/// The password, hidden by the compiler.
const PASSWORD: [u8; 13] = {
    let mut text = *b"looking-glass";
    let mut at = 0;
    while at < text.len() {
        text[at] ^= MASK;
        at += 1;
    }
    text
};

/// How a search is told what to do: hidden secrets in hexadecimal, each with a name.
const SECRETS: &str = "PPTP_TEST_SECRETS";
/// That MPPE is to be stateful.
const STATEFUL: &str = "PPTP_TEST_STATEFUL";
/// That the link is to stay.
const KEEP: &str = "PPTP_TEST_KEEP";

fn password() -> Zeroizing<[u8; PASSWORD.len()]> {
    let mut text = Zeroizing::new(PASSWORD);
    for octet in text.iter_mut() {
        *octet ^= MASK;
    }
    text
}

/// The two ends of a link.
#[inline(never)]
fn ends(modes: Modes) -> Box<Pair<Full, Full>> {
    let password = password();
    let password = std::str::from_utf8(&*password).unwrap();
    let credentials = Credentials::new("alice", password).unwrap();
    let client = PppConfig {
        mppe: policy(modes),
        credentials: Some(credentials),
        ..PppConfig::default()
    };
    let server = PppConfig {
        mppe: policy(modes),
        demand: Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap()),
        ipv4: Ipv4Config {
            local: Some([10, 0, 0, 1].into()),
            remote: Some([10, 0, 0, 2].into()),
            ..Ipv4Config::default()
        },
        ..PppConfig::default()
    };
    Box::new(Pair::new(
        Ppp::new(client, Random::new([1; 32])),
        Ppp::new(server, Random::new([2; 32])),
    ))
}

fn policy(modes: Modes) -> MppePolicy {
    MppePolicy {
        modes,
        ..MppePolicy::default()
    }
}

/// Writes over the stack, as the calls of a program would.
#[inline(never)]
fn use_the_stack() {
    std::hint::black_box([0_u8; 1 << 19]);
}

/// A link that comes up and carries packets.
///
/// What is moved about to make it (the credentials, by value) leaves copies on the stack, which are the caller's business
/// and which the next calls write over. From then on the link stays where it is.
fn session(modes: Modes) -> Box<Pair<Full, Full>> {
    let mut pair = ends(modes);
    use_the_stack();
    for _ in 0..50 {
        pair.drain();
        let until = Instant::from_micros(pair.now.as_micros() + 100_000);
        pair.run_with(until, |_, _| true);
        if let Some(id) = pair.request.take() {
            let password = password();
            let verdict = Verdict::Password(std::str::from_utf8(&*password).unwrap());
            let now = pair.now;
            pair.b.authorize(now, id, &verdict, Grant::default());
        }
    }
    assert!(pair.is_up(), "{}", pair.transcript());
    for end in [End::A, End::B] {
        for _ in 0..3 {
            pair.send(end, &ipv4(b"something")).unwrap();
        }
    }
    pair.run(1);
    pair
}

/// All that must not be found, by name, hidden.
fn secrets(modes: Modes) -> Vec<(&'static str, Vec<u8>)> {
    let pair = session(modes);
    // CHAP's Response: a header of five octets in front of its value.
    let value = pair.log.iter().find_map(|(_, end, frame)| {
        let at = frame.windows(3).position(|it| it == [0xc2, 0x23, 2])? + 2;
        (*end == End::A).then(|| frame[at + 5..at + 5 + 49].to_vec())
    });
    let response = Response::parse(&value.unwrap()).unwrap();
    let password = password();
    let password = std::str::from_utf8(&*password).unwrap();
    let hash = NtHash::from_password(password);
    let master = master_key(&hash, &response.nt_response);
    let keys = master.start_keys(Side::Client);
    let session = |key: &StartKey| SessionKey::new(key, Strength::Bits128).as_bytes().to_vec();
    let utf_16: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let all = vec![
        ("the password", password.as_bytes().to_vec()),
        ("the password in UTF-16", utf_16),
        ("its hash", hash.as_bytes().to_vec()),
        ("the hash of its hash", hash.hash().to_vec()),
        ("the start key to send with", keys.send.as_bytes().to_vec()),
        (
            "the start key to receive with",
            keys.receive.as_bytes().to_vec(),
        ),
        ("the first session key to send with", session(&keys.send)),
    ];
    all.into_iter()
        .map(|(name, secret)| (name, hide(&secret)))
        .collect()
}

/// A secret that was hidden by [`hide`].
fn shown(hidden: &[u8]) -> impl Iterator<Item = u8> {
    hidden.iter().rev().map(|octet| octet ^ MASK)
}

/// Masked, and backwards, so that no copy of it is taken for the secret.
fn hide(secret: &[u8]) -> Vec<u8> {
    shown(secret).collect()
}

/// Every place in this process's memory that can be written to, and has `secret`, which is hidden.
fn places(secret: &[u8]) -> Vec<String> {
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut found = Vec::new();
    for line in read_to_string("/proc/self/maps").unwrap().lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") || line.ends_with("[vvar]") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|it| u64::from_str_radix(it, 16).unwrap());
        let mut octets = vec![0; usize::try_from(to - from).unwrap()];
        memory.seek(SeekFrom::Start(from)).unwrap();
        if memory.read_exact(&mut octets).is_err() {
            continue;
        }
        let is_it = |it: &[u8]| it.iter().copied().eq(shown(secret));
        let hits = octets
            .windows(secret.len())
            .enumerate()
            .filter(|(_, it)| is_it(it));
        found.extend(hits.map(|(at, _)| format!("{line}, {at:#x}")));
    }
    found
}

/// Not a test by itself: what the test below has another process do, in which nobody has computed the secrets.
#[test]
fn search() {
    let Ok(told) = std::env::var(SECRETS) else {
        return;
    };
    let keep = std::env::var(KEEP).is_ok();
    let modes = if std::env::var(STATEFUL).is_ok() {
        Modes::STATEFUL
    } else {
        Modes::STATELESS
    };
    let pair = session(modes);
    let kept = keep.then_some(pair);
    for one in told.split(',') {
        let (name, secret) = one.split_once('=').unwrap();
        let secret = common::script::unhex(secret);
        for place in places(&secret) {
            println!("found {name} at {place}");
        }
    }
    drop(kept);
}

fn run(modes: Modes, keep: bool) -> String {
    let told: Vec<String> = secrets(modes)
        .iter()
        .map(|(name, secret)| {
            let hex: String = secret.iter().map(|octet| format!("{octet:02x}")).collect();
            format!("{name}={hex}")
        })
        .collect();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["search", "--exact", "--nocapture", "--test-threads=1"]);
    command.env(SECRETS, told.join(","));
    if modes == Modes::STATEFUL {
        command.env(STATEFUL, "1");
    }
    if keep {
        command.env(KEEP, "1");
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn nothing_of_them_is_left() {
    for modes in [Modes::STATELESS, Modes::STATEFUL] {
        let text = run(modes, false);
        assert!(!text.contains("found"), "{text}");
    }
}

/// Else the test above would show nothing.
#[test]
fn they_are_found_while_the_link_is_there() {
    let text = run(Modes::STATELESS, true);
    for secret in [
        "the password at",
        "its hash",
        "the start key to send",
        "the start key to receive",
    ] {
        assert!(text.contains(secret), "{text}");
    }
}
