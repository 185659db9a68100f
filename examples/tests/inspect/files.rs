//! Other files than whole sessions of one kind, and the program itself.

use super::{ENDS, Verified, alice, path, recorded_inside};
use pptp_examples::inspect::{capture, inspect, json, text};
use proptest::prelude::*;
use serde_json::Value;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// The same packets in other files: what is read does not depend on how it was recorded.
#[test]
fn every_kind_of_file_reads_the_same() {
    let file = || File::open(path("mschap2-mppe128-plain.pcap")).unwrap();
    let mut packets = Vec::new();
    capture::read(file(), |frame| {
        packets.push((frame.at, frame.data[14..].to_vec()))
    })
    .unwrap();
    let expected = inspect(file(), Some(&alice())).unwrap();

    // By <https://www.tcpdump.org/linktypes.html>; the packets are all IPv4.
    let links: [(u32, &[u8]); 7] = [
        (0, &[2, 0, 0, 0]),
        (101, &[]),
        (108, &[0, 0, 0, 2]),
        (113, &[0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x08, 0x00]),
        (228, &[]),
        (
            276,
            &[
                0x08, 0x00, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0,
            ],
        ),
        // Ethernet with a VLAN tag.
        (
            1,
            &[
                1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7, 0x81, 0x00, 0, 7, 0x08, 0x00,
            ],
        ),
    ];
    for (link, header) in links {
        let frames: Vec<_> = packets
            .iter()
            .map(|(at, packet)| (*at, [header, packet].concat()))
            .collect();
        for (kind, file) in [
            ("pcap", pcap(link, &frames, false)),
            ("pcap, big endian, nanoseconds", pcap(link, &frames, true)),
            ("pcapng", pcapng(link, &frames)),
        ] {
            let report = inspect(&file[..], Some(&alice())).unwrap();
            let context = format!("{kind}, link type {link}");
            assert_eq!(report.lines, expected.lines, "{context}");
            assert_eq!(report.inner(), expected.inner(), "{context}");
            assert_eq!(report.time, expected.time, "{context}");
        }
    }
}

/// <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html>
fn pcap(link: u32, frames: &[(Duration, Vec<u8>)], big_endian_nanos: bool) -> Vec<u8> {
    let number = |number: u32| match big_endian_nanos {
        true => number.to_be_bytes(),
        false => number.to_le_bytes(),
    };
    let magic = if big_endian_nanos {
        0xa1b2_3c4d
    } else {
        0xa1b2_c3d4
    };
    let version = if big_endian_nanos {
        [0, 2, 0, 4]
    } else {
        [2, 0, 4, 0]
    };
    let mut file = [
        number(magic),
        version,
        [0; 4],
        [0; 4],
        number(0xffff),
        number(link),
    ]
    .concat();
    for (at, data) in frames {
        let fraction = match big_endian_nanos {
            true => at.subsec_nanos(),
            false => at.subsec_micros(),
        };
        let length = u32::try_from(data.len()).unwrap();
        for field in [
            u32::try_from(at.as_secs()).unwrap(),
            fraction,
            length,
            length,
        ] {
            file.extend(number(field));
        }
        file.extend(data);
    }
    file
}

/// <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html>: one interface with time in nanoseconds.
fn pcapng(link: u32, frames: &[(Duration, Vec<u8>)]) -> Vec<u8> {
    fn block(kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = vec![0; body.len().wrapping_neg() % 4];
        let length = u32::try_from(12 + body.len() + padding.len())
            .unwrap()
            .to_le_bytes();
        [&kind.to_le_bytes()[..], &length, body, &padding, &length].concat()
    }
    let section = [
        0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255,
    ];
    let resolution = [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    let link = u16::try_from(link).unwrap().to_le_bytes();
    let mut file = block(0x0a0d_0d0a, &section);
    file.extend(block(1, &[&link[..], &[0; 6], &resolution].concat()));
    for (at, data) in frames {
        let nanos = u64::try_from(at.as_nanos()).unwrap();
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        let high = u32::try_from(nanos >> 32).unwrap().to_le_bytes();
        let low = u32::try_from(nanos & 0xffff_ffff).unwrap().to_le_bytes();
        file.extend(block(
            6,
            &[&[0; 4][..], &high, &low, &length, &length, data].concat(),
        ));
    }
    file
}

/// Two sessions of the same hosts in one file, and each call id 0 at the server.
#[test]
fn sessions_one_after_the_other_are_told_apart() {
    let names = ["mschap2-mppe128-plain", "mschap2-mppe128-stateful"];
    let mut frames = Vec::new();
    for name in names {
        let file = File::open(path(&format!("{name}.pcap"))).unwrap();
        capture::read(file, |frame| frames.push((frame.at, frame.data.to_vec()))).unwrap();
    }
    let report = inspect(&pcap(1, &frames, false)[..], Some(&alice())).unwrap();
    assert_eq!((report.connections.len(), report.calls.len()), (2, 2));
    for (number, name) in names.into_iter().enumerate() {
        let inside = recorded_inside(name);
        for end in ENDS {
            let inner = report.inner().into_iter();
            let found: Vec<_> = inner
                .filter(|(call, inner)| *call == number && inner.from == end)
                .map(|(_, inner)| inner.packet.clone())
                .collect();
            assert_eq!(found, inside[end.index()], "{name}");
        }
    }
}

/// GRE alone, as `tcpdump proto gre` records it, and a capture that begins after the control connection did.
#[test]
fn the_control_connection_may_be_missing() {
    let file = File::open(path("mschap2-mppe128-mtu1400.pcap")).unwrap();
    let mut frames = Vec::new();
    capture::read(file, |frame| frames.push((frame.at, frame.data.to_vec()))).unwrap();
    let gre = |frame: &(Duration, Vec<u8>)| frame.1[14 + 9] == 47;
    frames.retain(gre);
    let report = inspect(&pcap(1, &frames, false)[..], Some(&alice())).unwrap();
    assert_eq!((report.connections.len(), report.calls.len()), (0, 1));
    assert_eq!(report.verdict(), Verified);
    let inside = recorded_inside("mschap2-mppe128-mtu1400");
    assert_eq!(report.inner().len(), inside[0].len() + inside[1].len());

    // After the handshake there are no keys, and that is said.
    let data = frames.split_off(30);
    let report = inspect(&pcap(1, &data, false)[..], Some(&alice())).unwrap();
    assert_eq!(report.inner().len(), 0);
    let no_key: u64 = report.calls[0]
        .session
        .data
        .iter()
        .map(|data| data.no_key)
        .sum();
    assert!(no_key > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is in a file, reading it ends, and in no panic.
    #[test]
    fn damaged_files_are_read_or_refused(
        name in prop::sample::select(vec!["ipv6cp", "lcp-echo-mppe", "eap-mschapv2", "multilink"]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        length in any::<prop::sample::Index>(),
    ) {
        let file = path(&format!("{name}.pcap"));
        let mut bytes = fs::read(file).unwrap();
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(length.index(bytes.len()) + 1);
        if let Ok(report) = inspect(&bytes[..], Some(&alice())) {
            let mut out = Vec::new();
            text::write(&report, true, &mut out).unwrap();
            json::write(&report, true, &mut out).unwrap();
        }
    }
}

/// Runs the program; its exit status and standard output.
fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let program = Command::new(env!("CARGO_BIN_EXE_pptp-inspect"))
        .args(arguments)
        .output()
        .unwrap();
    (
        program.status.code(),
        String::from_utf8(program.stdout).unwrap(),
    )
}

#[test]
fn the_program_tells_by_its_exit_status() {
    let file = |name: &str| path(name).display().to_string();
    let session = file("mschap2.pcap");
    assert_eq!(
        run(&[&session, "--user", "alice", "--password", "wonderland"]).0,
        Some(0)
    );
    assert_eq!(run(&[&file("mschap2.txt")]).0, Some(1));
    assert_eq!(run(&[&session, "--nt-hash", "12"]).0, Some(2));
    assert_eq!(run(&[&file("mschap2.inner.pcap")]).0, Some(3));
    assert_eq!(run(&[&session, "--password", "looking-glass"]).0, Some(4));
}

#[test]
fn the_program_writes_json_and_packets() {
    let session = path("mschap2-mppe40.pcap").display().to_string();
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("inner.pcap");
    let (status, text) = run(&[
        &session,
        "--json",
        "--packets",
        "-p",
        "wonderland",
        "-w",
        &out.display().to_string(),
    ]);
    assert_eq!(status, Some(0));
    let objects: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_type = |name: &str| {
        objects
            .iter()
            .filter(|object| object["type"] == name)
            .count()
    };
    assert_eq!(
        ["connection", "call", "capture", "packet"].map(of_type),
        [1, 1, 1, 32]
    );
    let call = objects
        .iter()
        .find(|object| object["type"] == "call")
        .unwrap();
    assert_eq!(call["client"]["peer"], "pptp-linux");
    assert_eq!(call["client"]["encryption"], "MPPE-40 stateless");
    assert_eq!(call["authentications"][0]["response_verified"], true);
    assert_eq!(call["authentications"][0]["authenticator_verified"], true);

    let mut written = Vec::new();
    capture::read(File::open(out).unwrap(), |frame| {
        assert_eq!(frame.link.0, 101);
        written.push(frame.data.to_vec());
    })
    .unwrap();
    let mut inside = recorded_inside("mschap2-mppe40").concat();
    written.sort_unstable();
    inside.sort_unstable();
    assert_eq!(written, inside);
}
