//! The conversation, line by line, against that of the decoder that wrote the `*.decoded`.

use super::{SESSIONS, path, report};
use pptp_examples::inspect::control::End;
use std::collections::HashSet;
use std::fs;
use std::net::Ipv4Addr;

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

/// The times of their lines `45.658 C ICMP type 11 code 1` are those of ours.
#[test]
fn what_the_network_reports_is_shown() {
    let decoded = fs::read_to_string(path("lossy-stateless.decoded")).unwrap();
    let theirs: Vec<_> = decoded
        .lines()
        .filter_map(|line| line.split_once(" C ICMP type 11 code 1"))
        .map(|(time, _)| time.trim().to_owned())
        .collect();
    assert_eq!(theirs.len(), 11);
    let report = report("lossy-stateless");
    let start = report.time.unwrap().0;
    let lines = report.lines.iter().filter(|line| line.layer == "ICMP");
    let ours: Vec<_> = lines
        .map(|line| {
            assert_eq!((line.from, line.call), (End::Client, Some(0)));
            format!("{:.3}", (line.at - start).as_secs_f64())
        })
        .collect();
    assert_eq!(ours, theirs);
}
