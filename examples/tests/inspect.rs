//! `pptp-inspect` against the sessions in `tests/captures`: real peers' conversations, recorded on the wire and inside
//! the tunnel, and read by a decoder that has nothing to do with this project.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use pptp_core::wire::GreHeader;
use pptp_examples::inspect::authentication::{Credentials, Verdict};
use pptp_examples::inspect::capture::{self, Frame};
use pptp_examples::inspect::control::End;
use pptp_examples::inspect::link::Defragmenter;
use pptp_examples::inspect::{Report, inspect, json, text};
use pptp_ppp::mschap::NtHash;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::HashSet;
use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use Verdict::{NotChecked, Verified, Wrong};

/// Name, packets inside the tunnel, verdict and what is not supported.
type Session = (&'static str, [(usize, usize); 2], Verdict, &'static str);

/// Each session: packets of client and server inside the tunnel, as many as come out of the wire and as many as the
/// client saw; what is known of the password; and what is not supported.
///
/// The wire was recorded at the client, behind its own loss and reordering and behind the server's. So what the client
/// sent is on the wire but for what its side lost, and what came from the server is all that the client got.
#[rustfmt::skip]
const SESSIONS: [Session; 59] = [
    ("address-wanted", [(16, 16), (16, 16)], NotChecked, ""),
    ("asyncmap", [(16, 16), (16, 16)], NotChecked, ""),
    ("auth-nak", [(16, 16), (16, 16)], NotChecked, "authentication by PAP"),
    ("auth-refused", [(0, 0), (0, 0)], NotChecked, ""),
    ("bsdcomp", [(15, 16), (15, 15)], NotChecked, "BSD-Compress compression"),
    ("bulk-stateful", [(270, 270), (660, 660)], Verified, ""),
    ("ccp-any", [(0, 18), (0, 18)], NotChecked, "Deflate compression"),
    ("ccp-none", [(17, 17), (17, 17)], NotChecked, ""),
    ("chap-md5", [(16, 16), (16, 16)], NotChecked, "authentication by CHAP-MD5"),
    ("deflate", [(0, 16), (0, 16)], NotChecked, "Deflate compression"),
    ("dns-none", [(16, 16), (16, 16)], NotChecked, ""),
    ("eap-md5", [(16, 16), (16, 16)], NotChecked, "authentication by EAP, MD5-Challenge"),
    ("eap-mschapv2-mppe128-pppd-bug", [(0, 0), (0, 0)], Verified, ""),
    ("eap-mschapv2-mppe128", [(0, 0), (0, 0)], Verified, ""),
    ("eap-mschapv2-pppd-bug", [(0, 0), (0, 0)], Verified, ""),
    ("eap-mschapv2", [(0, 0), (0, 0)], Verified, ""),
    ("ipv6cp", [(11, 19), (12, 20)], NotChecked, "Van Jacobson header compression"),
    ("lcp-echo-mppe", [(16, 16), (16, 16)], Verified, ""),
    ("lcp-echo", [(17, 17), (17, 17)], NotChecked, ""),
    ("lossy-stateful", [(216, 412), (102, 102)], Verified, ""),
    ("lossy-stateless", [(676, 720), (681, 681)], Verified, ""),
    ("many-stateless", [(4518, 4518), (4518, 4518)], Verified, ""),
    ("mppe-and-deflate", [(18, 18), (17, 17)], Verified, ""),
    ("mppe-refused-by-client", [(0, 0), (0, 0)], Verified, ""),
    ("mppe-refused-by-server-noccp", [(0, 0), (0, 0)], Verified, ""),
    ("mppe-refused-by-server", [(0, 0), (0, 0)], Verified, ""),
    ("mschap1-mppe128", [(0, 16), (0, 16)], NotChecked, "authentication by MS-CHAPv1"),
    ("mschap1-mppe40", [(0, 0), (0, 0)], NotChecked, "authentication by MS-CHAPv1"),
    ("mschap1", [(16, 16), (16, 16)], NotChecked, "authentication by MS-CHAPv1"),
    ("mschap2-mppe-128-not-40", [(0, 0), (0, 0)], Verified, ""),
    ("mschap2-mppe-by-client", [(0, 0), (0, 0)], Verified, ""),
    ("mschap2-mppe-by-server", [(0, 0), (0, 0)], Verified, ""),
    ("mschap2-mppe128-mtu1400", [(16, 16), (16, 16)], Verified, ""),
    ("mschap2-mppe128-plain", [(16, 16), (16, 16)], Verified, ""),
    ("mschap2-mppe128-stateful-client", [(16, 16), (16, 16)], Verified, ""),
    ("mschap2-mppe128-stateful-refused", [(0, 0), (0, 0)], Verified, ""),
    ("mschap2-mppe128-stateful-server", [(16, 16), (16, 16)], Verified, ""),
    ("mschap2-mppe128-stateful", [(17, 17), (17, 17)], Verified, ""),
    ("mschap2-mppe128", [(8, 17), (8, 17)], Verified, "Van Jacobson header compression"),
    ("mschap2-mppe40", [(16, 16), (16, 16)], Verified, ""),
    ("mschap2", [(16, 16), (16, 16)], Verified, ""),
    ("multilink-refused", [(16, 16), (16, 16)], NotChecked, ""),
    ("multilink", [(0, 16), (0, 16)], NotChecked, "Multilink"),
    ("noauth-plain", [(16, 16), (16, 16)], NotChecked, ""),
    ("noauth", [(8, 16), (8, 16)], NotChecked, "Van Jacobson header compression"),
    ("oneway", [(65, 65), (0, 0)], Verified, ""),
    ("pap", [(16, 16), (16, 16)], NotChecked, "authentication by PAP"),
    ("reordered-deflate", [(0, 693), (0, 1059)], NotChecked, "Deflate compression"),
    ("reordered-plain", [(716, 716), (1058, 1058)], NotChecked, ""),
    ("reordered-stateless", [(748, 748), (1060, 1060)], Verified, ""),
    ("uncompressed-headers", [(16, 16), (16, 16)], NotChecked, ""),
    ("vj-noccomp", [(7, 16), (7, 16)], NotChecked, "Van Jacobson header compression"),
    ("vj-refused", [(19, 19), (18, 18)], NotChecked, ""),
    ("vj", [(7, 16), (7, 16)], NotChecked, "Van Jacobson header compression"),
    ("wrong-password-chap", [(0, 0), (0, 0)], NotChecked, "authentication by CHAP-MD5"),
    ("wrong-password-eap-mschapv2", [(0, 0), (0, 0)], Wrong, ""),
    ("wrong-password-mschap-v2", [(0, 0), (0, 0)], Wrong, ""),
    ("wrong-password-mschap", [(0, 0), (0, 0)], NotChecked, "authentication by MS-CHAPv1"),
    ("wrong-password-pap", [(0, 0), (0, 0)], NotChecked, "authentication by PAP"),
];

const ENDS: [End; 2] = [End::Client, End::Server];
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 99, 1, 2));
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 99, 0, 2));

fn path(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures")).join(file)
}

fn alice() -> Credentials {
    Credentials {
        user: Some("alice".into()),
        nt_hash: NtHash::from_password("wonderland"),
    }
}

fn report(name: &str) -> Report {
    let file = File::open(path(&format!("{name}.pcap"))).unwrap();
    inspect(file, Some(&alice())).unwrap()
}

/// What client and server sent inside the tunnel, as it came out of the wire.
fn from_wire(report: &Report) -> [Vec<&[u8]>; 2] {
    ENDS.map(|end| {
        let inner = report.inner().into_iter();
        let sent = inner.filter(|(_, inner)| inner.from == end);
        sent.map(|(_, inner)| inner.packet.as_slice()).collect()
    })
}

/// What client and server sent inside the tunnel, as recorded there at the client: "cooked" by Linux, whose first two
/// octets are 4 for what the host itself sends, and whose packet starts at octet 16.
fn recorded_inside(name: &str) -> [Vec<Vec<u8>>; 2] {
    let mut sent = [Vec::new(), Vec::new()];
    if let Ok(file) = File::open(path(&format!("{name}.inner.pcap"))) {
        let end = capture::read(file, |Frame { link, data, .. }| {
            assert_eq!(link.0, 113);
            let from = if data[..2] == [0, 4] { 0 } else { 1 };
            sent[from].push(data[16..].to_vec());
        });
        assert_eq!(end.unwrap(), capture::End::Whole);
    }
    sent
}

fn is_part_in_order(part: &[&[u8]], whole: &[Vec<u8>]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|packet| whole.any(|other| other == packet))
}

#[test]
fn the_table_has_all_sessions() {
    let mut files: Vec<_> = fs::read_dir(path(""))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|file| file.strip_suffix(".pcap").map(str::to_owned))
        .filter(|name| !name.ends_with(".inner"))
        .collect();
    files.sort_unstable();
    let mut names = SESSIONS.map(|(name, ..)| name);
    names.sort_unstable();
    assert_eq!(files, names);
}

#[test]
fn what_went_through_the_tunnel_comes_out() {
    for (name, counts, verdict, unsupported) in SESSIONS {
        let report = report(name);
        assert_eq!(report.calls.len(), 1, "{name}");
        let session = &report.calls[0].session;
        assert_eq!(report.verdict(), verdict, "{name}");
        let found: Vec<_> = session.unsupported.keys().map(String::as_str).collect();
        assert_eq!(found.join(", "), unsupported, "{name}");
        let (wire, inside) = (from_wire(&report), recorded_inside(name));
        for end in ENDS {
            let (wire, inside) = (&wire[end.index()], &inside[end.index()]);
            let context = format!("{name}, from the {end:?}");
            assert_eq!((wire.len(), inside.len()), counts[end.index()], "{context}");
            match name {
                // Van Jacobson packets are missing, and one that was sent before the recording inside began is more.
                _ if unsupported.contains("Van Jacobson") => {
                    let strangers = wire
                        .iter()
                        .filter(|packet| !inside.iter().any(|other| other == **packet));
                    assert!(strangers.count() <= 1, "{context}");
                }
                // Lost on the client's side of the wire, or not supported.
                "lossy-stateful" | "lossy-stateless" if end == End::Client => {
                    assert!(is_part_in_order(wire, inside), "{context}");
                }
                "bsdcomp" => assert!(is_part_in_order(wire, inside), "{context}"),
                _ if wire.is_empty() && !unsupported.is_empty() => {}
                _ => assert!(wire == inside, "{context}"),
            }
            let data = session.data[end.index()];
            assert_eq!(data.implausible, 0, "{context}");
            if name != "lossy-stateful" {
                assert_eq!(data.out_of_sync, 0, "{context}");
            }
        }
    }
}

/// After a loss stateful MPPE cannot be read until a packet with bit A (RFC 3078 §8.2). Which packets that leaves is
/// told by the headers alone; each of them has to be decrypted.
#[test]
fn after_each_reset_every_packet_is_read() {
    let mut defragmenter = Defragmenter::default();
    let mut sent = [Vec::new(), Vec::new()];
    let file = File::open(path("lossy-stateful.pcap")).unwrap();
    capture::read(file, |frame| {
        let Some(datagram) = defragmenter.push(frame) else {
            return;
        };
        let from = usize::from(datagram.source != CLIENT);
        // Protocol 0xfd, compressed to one octet: then bits A to D and the count.
        if datagram.protocol == 47
            && let Ok((header, [0xfd, high, low, ..])) = GreHeader::parse(&datagram.payload)
        {
            sent[from].push((header.sequence.unwrap(), u16::from_be_bytes([*high, *low])));
        }
    })
    .unwrap();
    let report = report("lossy-stateful");
    let data = report.calls[0].session.data;
    for (mut packets, data) in sent.into_iter().zip(data) {
        packets.sort_unstable();
        packets.dedup();
        let (mut expected, mut readable) = (0, 0);
        for (_, word) in &packets {
            let (flushed, count) = (word & 0x8000 != 0, word & 0x0fff);
            if flushed || count == expected {
                expected = (count + 1) & 0x0fff;
                readable += 1;
            }
        }
        assert_eq!(data.decrypted, readable);
        assert_eq!(data.decrypted + data.out_of_sync, packets.len() as u64);
    }
}

#[test]
fn the_peers_are_known() {
    for (name, ..) in SESSIONS {
        let report = report(name);
        let call = &report.calls[0];
        assert_eq!(call.ends, [CLIENT, SERVER], "{name}");
        let peers = call.peers.each_ref().map(|peer| peer.as_deref());
        assert_eq!(peers, [Some("pptp-linux"), Some("Poptop pptpd")], "{name}");
    }
}

#[test]
fn the_conversation_is_what_an_independent_decoder_reads() {
    let mut compared = 0;
    for (name, ..) in SESSIONS {
        let decoded = fs::read_to_string(path(&format!("{name}.decoded"))).unwrap();
        let mut theirs: Vec<_> = decoded.lines().filter_map(theirs).collect();
        if name.starts_with("reordered") {
            // Their lines show packets that came twice as well; no control packet was sent twice there.
            let mut seen = HashSet::new();
            theirs
                .retain(|line| seen.insert(line.split_once(' ').map(|(_, text)| text.to_owned())));
        }
        let report = report(name);
        let start = report.time.unwrap().0;
        let ours: Vec<_> = report
            .lines
            .iter()
            .filter(|line| is_compared(&line.protocol) && line.layer == "PPP")
            .map(|line| {
                let side = if line.from == End::Client { "C" } else { "S" };
                let text = line.text.split(" (malformed").next().unwrap_or_default();
                // Their lines end with the options; what else a packet has they print in other ways.
                let text = match line.options.is_empty() {
                    true => text
                        .split_whitespace()
                        .take(4)
                        .collect::<Vec<_>>()
                        .join(" "),
                    false => text.to_owned(),
                };
                format!("{:.3} {side} {text}", (line.at - start).as_secs_f64())
            })
            .collect();
        compared += ours.len();
        assert_eq!(ours, theirs, "{name}");
    }
    // The *.decoded have 1065 lines of these protocols, one of them a packet that came twice.
    assert_eq!(compared, 1064);
}

fn is_compared(protocol: &str) -> bool {
    ["LCP", "CCP", "IPCP", "IPV6CP", "CHAP"].contains(&protocol)
}

/// A line such as `1.121 S  LCP ConfAck id 1 <asyncmap 00000000, pcomp>` in the words of this project.
fn theirs(line: &str) -> Option<String> {
    let (head, options) = match line.split_once(" <") {
        Some((head, options)) => (head, options.split('>').next()),
        None => (line, None),
    };
    let words: Vec<_> = head.split_whitespace().collect();
    let [time, side, protocol, code, "id", id, ..] = words[..] else {
        return None;
    };
    if !is_compared(protocol) {
        return None;
    }
    let code = match code {
        "ConfReq" => "Configure-Request",
        "ConfAck" => "Configure-Ack",
        "ConfNak" => "Configure-Nak",
        "ConfRej" => "Configure-Reject",
        "TermReq" => "Terminate-Request",
        "TermAck" => "Terminate-Ack",
        "ProtRej" => "Protocol-Reject",
        "EchoReq" => "Echo-Request",
        "EchoRep" => "Echo-Reply",
        "ResetReq" => "Reset-Request",
        "ResetAck" => "Reset-Ack",
        other => other,
    };
    let mut text = format!("{time} {side} {protocol} {code} id {id}");
    for option in options
        .unwrap_or_default()
        .split(", ")
        .filter(|option| !option.is_empty())
    {
        text += &format!(" <{}>", their_option(protocol, option));
    }
    Some(text)
}

fn their_option(protocol: &str, option: &str) -> String {
    let (name, value) = option.split_once(' ').unwrap_or((option, ""));
    let number = || u32::from_str_radix(value, 16).unwrap();
    let address = || Ipv4Addr::from(number());
    match (protocol, name) {
        ("LCP", "asyncmap") => format!("ACCM {value}"),
        ("LCP", "pcomp") => "PFC".into(),
        ("LCP", "accomp") => "ACFC".into(),
        ("LCP", "mru") => format!("MRU {}", number()),
        ("LCP", "mrru") => format!("MRRU {}", number()),
        ("LCP", "endpoint") => format!("endpoint {} {}", &value[1..2], &value[2..]),
        // RFC 1661 §6.2, RFC 1994 §3, RFC 2433 §2, RFC 2759 §2 and RFC 3748 §3.1.
        ("LCP", "auth") => match value {
            "c023" => "auth PAP".into(),
            "c22305" => "auth CHAP-MD5".into(),
            "c22380" => "auth MS-CHAPv1".into(),
            "c22381" => "auth MS-CHAPv2".into(),
            "c227" => "auth EAP".into(),
            other => panic!("auth {other}"),
        },
        // RFC 3078 §2.1.
        ("CCP", "mppe") => {
            let bits = [
                (0x0100_0000, " H"),
                (0x80, " M"),
                (0x40, " S"),
                (0x20, " L"),
                (0x10, " D"),
                (1, " C"),
            ];
            let letters = bits.iter().filter(|(bit, _)| number() & bit != 0);
            format!(
                "MPPE {value}{}",
                letters.map(|(_, letter)| *letter).collect::<String>()
            )
        }
        ("CCP", "deflate") => format!("Deflate {value}"),
        // The number that Deflate had in a draft was given to Magnalink.
        ("CCP", "deflate-draft") => format!("Magnalink {value}"),
        ("CCP", "bsd") => format!("BSD-Compress {value}"),
        ("IPCP", "addr") => format!("addr {}", address()),
        ("IPCP", "dns1") => format!("DNS1 {}", address()),
        ("IPCP", "dns2") => format!("DNS2 {}", address()),
        // RFC 1332 §4.
        ("IPCP", "comp") => {
            let [_, _, slot, compress] = number().to_be_bytes();
            format!("VJ slots 0-{slot} compress-slot {compress}")
        }
        ("IPV6CP", "ifid") => {
            let groups: Vec<_> = (0..4).map(|group| &value[4 * group..][..4]).collect();
            format!("ifid {}", groups.join(":"))
        }
        (_, "magic") => option.to_owned(),
        _ => panic!("{protocol} {option}"),
    }
}

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
