//! The program `loopback`, over many seeds, policies and bad paths.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::testkit::{Conditions, Rng, pcap};
use pptp_examples::inspect::authentication::{Credentials, Verdict};
use pptp_examples::inspect::inspect;
use pptp_examples::loopback::{EndOutcome, Outcome, PASSWORD, Settings, USER, report, run};
use pptp_examples::text::encryption;
use pptp_ppp::mschap::NtHash;
use std::process::Command;
use std::time::Duration;

const PERFECT: Conditions = Conditions {
    delay: Duration::from_millis(10),
    ..Conditions::PERFECT
};
const TERRIBLE: Conditions = Conditions {
    loss: 0.25,
    duplication: 0.1,
    reordering: 0.3,
    ..Conditions::INTERNET
};

const ALL: Strengths = Strengths::all();

/// Policies, and how both directions are encrypted in the end.
const POLICIES: [(MppePolicy, &str); 9] = [
    (
        policy(Strengths::BITS_128, Modes::STATELESS),
        "MPPE-128 stateless",
    ),
    (
        policy(Strengths::BITS_128, Modes::STATEFUL),
        "MPPE-128 stateful",
    ),
    (
        policy(Strengths::BITS_56, Modes::STATELESS),
        "MPPE-56 stateless",
    ),
    (
        policy(Strengths::BITS_56, Modes::STATEFUL),
        "MPPE-56 stateful",
    ),
    (
        policy(Strengths::BITS_40, Modes::STATELESS),
        "MPPE-40 stateless",
    ),
    (
        policy(Strengths::BITS_40, Modes::STATEFUL),
        "MPPE-40 stateful",
    ),
    (policy(ALL, Modes::all()), "MPPE-128 stateless"),
    (
        MppePolicy {
            requirement: Requirement::Allow,
            ..policy(ALL, Modes::all())
        },
        "MPPE-128 stateless",
    ),
    (MppePolicy::REFUSE, "in the clear"),
];

const fn policy(strengths: Strengths, modes: Modes) -> MppePolicy {
    MppePolicy {
        requirement: Requirement::Require,
        strengths,
        modes,
    }
}

/// A file that does not repeat itself.
fn file(len: usize) -> Vec<u8> {
    let mut rng = Rng::new(4711);
    (0..len).map(|_| rng.u64().to_be_bytes()[0]).collect()
}

fn succeed(settings: &Settings, file: &[u8]) -> Outcome {
    let mut told = String::new();
    let outcome = run(settings, file, |line| {
        told += &format!("{:?} {:?} {}\n", line.at, line.side, line.text);
    });
    if let Some(failure) = &outcome.failure {
        panic!("{settings:?}: {failure}\n{told}");
    }
    for end in &outcome.ends {
        assert_eq!(end.received.as_deref(), Some(file), "{settings:?}");
    }
    outcome
}

#[test]
fn files_get_through_every_path_under_every_policy() {
    let file = file(40_000);
    for seed in 0..5 {
        for (mppe, expected) in POLICIES {
            for conditions in [PERFECT, Conditions::ROUGH, TERRIBLE] {
                for reorder in [true, false] {
                    let settings = Settings {
                        seed,
                        conditions,
                        mppe,
                        reorder,
                        ..Settings::default()
                    };
                    let outcome = succeed(&settings, &file);
                    for EndOutcome { agreed, .. } in &outcome.ends {
                        assert_eq!(encryption(agreed.send), expected, "{settings:?}");
                        assert_eq!(encryption(agreed.receive), expected, "{settings:?}");
                    }
                }
            }
        }
    }
}

/// Text gets shorter, the more so in stateful mode; what does not get shorter costs nothing; and either gets through.
#[test]
fn compressed_files_get_through() {
    let text: String = (0..4000)
        .map(|line| format!("{line} bottles of beer on the wall, {line} bottles of beer; "))
        .collect();
    let noise = file(60_000);
    for (mppe, encrypted) in POLICIES {
        for conditions in [PERFECT, Conditions::ROUGH] {
            let settings = Settings {
                conditions,
                mppe,
                mppc: true,
                ..Settings::default()
            };
            for (file, least, most) in [(text.as_bytes(), 2.5, 50.0), (&noise, 0.999, 1.3)] {
                for end in succeed(&settings, file).ends {
                    assert_eq!(encryption(end.agreed.send), encrypted);
                    let mode = end.agreed.compression.unwrap().to_string();
                    let stateful = encrypted.ends_with("stateful") || encrypted == "in the clear";
                    assert_eq!(mode.ends_with("stateful"), stateful, "{encrypted}");
                    let [before, after] = end.octets;
                    let ratio = before as f64 / after as f64;
                    assert!((least..most).contains(&ratio), "{encrypted}: {ratio}");
                }
            }
        }
    }
}

#[test]
fn a_good_path_loses_nothing() {
    for (mppe, _) in POLICIES {
        let settings = Settings {
            conditions: PERFECT,
            mppe,
            ..Settings::default()
        };
        let outcome = succeed(&settings, &file(200_000));
        let [client, server] = &outcome.ends;
        for (from, to) in [(client, server), (server, client)] {
            assert_eq!(to.arrivals.count(), from.sent);
            assert_eq!(to.arrivals.packets, from.packets);
            assert_eq!(from.again, 0);
        }
        // Some round trips of 20 ms; and LCP's restart timer, for the server's first GRE packet may come to the client
        // before TCP has told of the call.
        let up_after = outcome.up_after.unwrap();
        assert!(
            up_after < Duration::from_millis(1300),
            "{settings:?}: {up_after:?}"
        );
    }
}

/// What the ends say, and what `pptp-inspect` reads off the wire.
#[test]
fn the_inspector_reads_the_capture() {
    let credentials = Credentials {
        user: Some(USER.into()),
        nt_hash: NtHash::from_password(PASSWORD),
    };
    let text: Vec<u8> = (0..3000)
        .flat_map(|line| format!("line {line}\n").into_bytes())
        .collect();
    let file = [file(50_000), text].concat();
    for (conditions, mppc) in [
        (PERFECT, false),
        (Conditions::ROUGH, false),
        (PERFECT, true),
        (Conditions::ROUGH, true),
    ] {
        for (mppe, expected) in POLICIES {
            let settings = Settings {
                conditions,
                mppe,
                mppc,
                ..Settings::default()
            };
            let outcome = succeed(&settings, &file);
            let capture = pcap::write(&outcome.log);
            let report = inspect(&capture[..], Some(&credentials)).unwrap();
            assert_eq!((report.connections.len(), report.calls.len()), (1, 1));
            assert_eq!(report.verdict(), Verdict::Verified);
            let session = &report.calls[0].session;
            let sent: u64 = outcome.ends.iter().map(|end| end.packets).sum();
            assert_eq!(session.inner.len() as u64, sent, "{settings:?}");
            for (at, end) in outcome.ends.iter().enumerate() {
                let read = match (expected.starts_with("MPPE"), mppc) {
                    (true, false) => Some(expected.to_owned()),
                    (true, true) => Some(format!("{expected} with MPPC")),
                    (false, true) => Some("MPPC stateful".into()),
                    (false, false) => None,
                };
                if read.is_some() {
                    assert_eq!(session.encryption[at], read);
                }
                assert!(session.unsupported.is_empty(), "{settings:?}");
                for (protocol, option) in &end.options {
                    let agreed = &session.agreed[at][&protocol.to_string()];
                    assert!(agreed.contains(option), "{option} is not in {agreed:?}");
                }
            }
        }
    }
}

#[test]
fn the_seed_decides() {
    let file = file(30_000);
    let one = succeed(&Settings::default(), &file);
    let two = succeed(&Settings::default(), &file);
    assert_eq!(one.log, two.log);
    let seed = Settings {
        seed: 2,
        ..Settings::default()
    };
    assert_ne!(succeed(&seed, &file).log, one.log);
}

#[test]
fn a_refused_tunnel_is_a_failure() {
    let dead = Conditions {
        loss: 1.0,
        ..PERFECT
    };
    let settings = Settings {
        conditions: dead,
        ..Settings::default()
    };
    let outcome = run(&settings, b"file", |_| {});
    let failure = outcome.failure.unwrap();
    assert!(failure.contains("GRE"), "{failure}");
}

#[test]
fn the_program_says_what_it_does() {
    let folder = std::env::temp_dir().join(format!("loopback-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let program = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_loopback"));
        let output = program.args(arguments).current_dir(&folder).output();
        let output = output.unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (status, text) = program(&[]);
    assert_eq!(status, Some(0), "{text}");
    for expected in [
        "Configure-Request",
        "sends MPPE-128 stateless",
        "octet by octet",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
    assert!(folder.join("tunnel.pcap").exists());

    std::fs::write(folder.join("file"), b"down the rabbit-hole").unwrap();
    let (status, text) = program(&["--file", "file", "--json", "--pcap", "other.pcap"]);
    assert_eq!(status, Some(0), "{text}");
    let result: serde_json::Value = serde_json::from_str(&text).unwrap();
    let digest = report::sha256(b"down the rabbit-hole");
    assert_eq!(result["server"]["received_sha256"], digest.as_str());

    std::fs::write(
        folder.join("text"),
        "curiouser and curiouser! ".repeat(2000),
    )
    .unwrap();
    let (status, text) = program(&["--file", "text", "--mppc", "--quiet"]);
    assert_eq!(status, Some(0), "{text}");
    let ratio = text.lines().find(|line| line.starts_with("compression"));
    let ratio = ratio.and_then(|line| line.split_whitespace().last()?.parse::<f64>().ok());
    assert!(ratio.unwrap() > 3.0, "{text}");

    let (status, _) = program(&["--file", "nowhere"]);
    assert_eq!(status, Some(1));
    let (status, _) = program(&["--loss", "2"]);
    assert_eq!(status, Some(2));
    std::fs::remove_dir_all(&folder).unwrap();
}
