//! What Wireshark makes of our packets. Needs tshark (Debian: `apt-get install tshark`), so it only runs if asked for:
//! `cargo test -p pptp-examples --test tshark -- --ignored`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::ppp::wire::{Frame, Options, Packet as PppPacket, Protocol};
use pptp_core::testkit::{Conditions, Kind, Packet, Side, pcap};
use pptp_core::time::Instant;
use pptp_core::wire::{self, GreHeader, MAX_CONTROL_MESSAGE, Message};
use pptp_examples::inspect::authentication::{Credentials, Verdict};
use pptp_examples::inspect::capture::RawIpWriter;
use pptp_examples::inspect::{inspect, session::option_text};
use pptp_examples::loopback::{Outcome, PASSWORD, Settings, USER, run};
use pptp_examples::text::encryption;
use pptp_ppp::mschap::NtHash;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What is wrong with a packet, if anything is.
const WRONG: &str = "_ws.malformed || _ws.expert.severity == error || _ws.expert.severity == warning \
    || ip.checksum.status == \"Bad\" || tcp.checksum.status == \"Bad\" || udp.checksum.status == \"Bad\"";

const CHECKSUMS: [&str; 6] = [
    "-o",
    "ip.check_checksum:TRUE",
    "-o",
    "tcp.check_checksum:TRUE",
    "-o",
    "udp.check_checksum:TRUE",
];

/// A capture file that is gone when the test is over.
struct File(PathBuf);

impl File {
    fn new(name: &str, octets: &[u8]) -> Self {
        let name = format!("tshark-{}-{name}.pcap", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, octets).unwrap();
        Self(path)
    }

    /// The fields of each packet that `filter` shows. What a field has several of has commas between.
    fn fields(&self, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
        let mut tshark = Command::new("tshark");
        tshark.arg("-r").arg(&self.0).args(["-n", "-Y", filter]);
        tshark
            .args(CHECKSUMS)
            .args(["-T", "fields", "-E", "aggregator=,"]);
        for field in fields {
            tshark.args(["-e", field]);
        }
        let output = tshark.stderr(Stdio::piped()).output();
        let output = output.expect("tshark runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let text = String::from_utf8(output.stdout).unwrap();
        let split = |line: &str| line.split('\t').map(String::from).collect();
        text.lines().map(split).collect()
    }

    fn assert_nothing_is_wrong(&self, context: &str) {
        let wrong = self.fields(
            WRONG,
            &["frame.number", "_ws.col.Info", "_ws.expert.message"],
        );
        assert_eq!(wrong, [[""; 0]; 0], "{context}");
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const fn policy(strengths: Strengths, modes: Modes) -> MppePolicy {
    MppePolicy {
        requirement: Requirement::Require,
        strengths,
        modes,
    }
}

/// Policies, and what tshark has to say of the last CCP option that is acknowledged.
const POLICIES: [(&str, MppePolicy, &str); 8] = [
    (
        "128 bits",
        policy(Strengths::BITS_128, Modes::STATELESS),
        "0x01000040",
    ),
    (
        "128 bits, stateful",
        policy(Strengths::BITS_128, Modes::STATEFUL),
        "0x00000040",
    ),
    (
        "56 bits",
        policy(Strengths::BITS_56, Modes::STATELESS),
        "0x01000080",
    ),
    (
        "56 bits, stateful",
        policy(Strengths::BITS_56, Modes::STATEFUL),
        "0x00000080",
    ),
    (
        "40 bits",
        policy(Strengths::BITS_40, Modes::STATELESS),
        "0x01000020",
    ),
    (
        "40 bits, stateful",
        policy(Strengths::BITS_40, Modes::STATEFUL),
        "0x00000020",
    ),
    (
        "everything",
        policy(Strengths::all(), Modes::all()),
        "0x01000040",
    ),
    ("nothing", MppePolicy::REFUSE, ""),
];

#[test]
#[ignore = "needs tshark"]
fn tshark_reads_tunnels_as_we_do() {
    let file: Vec<u8> = (0..60_000_u32)
        .map(|n| ((n * n) >> 8).to_be_bytes()[3])
        .collect();
    for (policy_name, mppe, bits) in POLICIES {
        for (path_name, conditions) in [
            ("good path", Conditions::INTERNET),
            ("bad path", Conditions::ROUGH),
        ] {
            let context = format!("{policy_name}, {path_name}");
            let settings = Settings {
                conditions,
                mppe,
                ..Settings::default()
            };
            let outcome = run(&settings, &file, |_| {});
            assert_eq!(outcome.failure, None, "{context}");
            let capture = pcap::write(&outcome.log);
            let tunnel = File::new("tunnel", &capture);
            tunnel.assert_nothing_is_wrong(&context);
            compare_control(&tunnel, &context);
            compare_gre(&tunnel, &outcome.log, &context);
            compare_ppp(&tunnel, &outcome.log, &context);
            compare_outcome(&tunnel, &outcome, bits, &context);
            compare_inner(&capture, &outcome, &context);
            println!("{context}: {} packets", outcome.log.len());
        }
    }
}

/// The whole life of a control connection.
fn compare_control(tunnel: &File, context: &str) {
    let mut told = tunnel.fields("pptp", &["_ws.col.Info"]).concat();
    // A transfer may take longer than the control connection goes without a sign of life.
    told.retain(|name| !name.starts_with("Echo-"));
    let expected = [
        "Start-Control-Connection-Request",
        "Start-Control-Connection-Reply",
        "Outgoing-Call-Request",
        "Outgoing-Call-Reply",
    ];
    assert!(
        told.starts_with(&expected.map(String::from)),
        "{context}: {told:?}"
    );
    let count = |name: &str| told.iter().filter(|it| *it == name).count();
    // The server may end the call by itself, if it does not hear that the link in it is down.
    let clears = count("Call-Clear-Request");
    assert!(clears <= 1, "{context}: {told:?}");
    assert_eq!(count("Call-Disconnect-Notify"), 1, "{context}: {told:?}");
    // Either end may stop, or both at once.
    let stops = count("Stop-Control-Connection-Request");
    assert!((1..=2).contains(&stops), "{context}: {told:?}");
    assert_eq!(count("Stop-Control-Connection-Reply"), stops, "{context}");
    assert_eq!(
        told.len(),
        4 + clears + 1 + 2 * stops,
        "{context}: {told:?}"
    );
}

/// The header of every GRE packet.
fn compare_gre(tunnel: &File, log: &[Packet], context: &str) {
    let fields = [
        "ip.src",
        "gre.key.payload_length",
        "gre.key.call_id",
        "gre.sequence_number",
        "gre.ack_number",
    ];
    let number = |number: Option<u32>| number.map_or(String::new(), |it| it.to_string());
    let expected: Vec<_> = gre(log)
        .map(|(from, header, _)| {
            vec![
                address(from).into(),
                header.payload_len.to_string(),
                header.call_id.to_string(),
                number(header.sequence),
                number(header.acknowledgment),
            ]
        })
        .collect();
    let mut told = tunnel.fields("gre", &fields);
    for row in &mut told {
        // The address of a packet in the clear comes second.
        let outer = row[0].split(',').next().unwrap();
        row[0] = outer.to_owned();
    }
    assert_eq!(told, expected, "{context}");
}

/// Every packet of every negotiation, with its options.
fn compare_ppp(tunnel: &File, log: &[Packet], context: &str) {
    let control = [Protocol::LCP, Protocol::CCP, Protocol::IPCP];
    let expected: Vec<_> = gre(log)
        .filter_map(|(from, _, payload)| {
            let frame = Frame::parse(payload).ok()?;
            let protocol = frame.protocol;
            let packet = PppPacket::parse(frame.payload).ok()?;
            let options = if matches!(packet.code.0, 1..=4) {
                let options = Options::new(packet.data).flatten();
                options.map(|raw| option_text(protocol, raw)).collect()
            } else {
                Vec::new()
            };
            let row = (
                address(from).to_owned(),
                format!("0x{:04x}", protocol.0),
                packet.code.0.to_string(),
                packet.identifier.to_string(),
                options,
            );
            control.contains(&protocol).then_some(row)
        })
        .collect();
    assert_eq!(negotiations(tunnel), expected, "{context}");

    let chap = tunnel.fields("chap", &["chap.code", "chap.name", "chap.message"]);
    for (code, name) in [("1", "server"), ("2", USER)] {
        let has = |fields: &Vec<String>| fields[0] == code && fields[1] == name;
        assert!(chap.iter().any(has), "{context}: {chap:?}");
    }
    let is_success = |fields: &Vec<String>| fields[0] == "3" && fields[2].starts_with("S=");
    assert!(chap.iter().any(is_success), "{context}: {chap:?}");
}

type Negotiation = (String, String, String, String, Vec<String>);

/// Each packet of LCP, CCP and IPCP as tshark reads it: sender, protocol, code, identifier and options, these in the words
/// that `pptp-ppp` has for them.
fn negotiations(tunnel: &File) -> Vec<Negotiation> {
    let fields = [
        "ip.src",
        "ppp.protocol",
        "ppp.code",
        "ppp.identifier",
        "lcp.opt.type",
        "lcp.opt.mru",
        "lcp.opt.auth_protocol",
        "lcp.opt.algorithm",
        "lcp.opt.magic_number",
        "ccp.opt.type",
        "ccp.opt.supported_bits",
        "ccp.opt.supported_bits.h",
        "ccp.opt.supported_bits.m",
        "ccp.opt.supported_bits.s",
        "ccp.opt.supported_bits.l",
        "ccp.opt.supported_bits.d",
        "ccp.opt.supported_bits.c",
        "ipcp.opt.type",
        "ipcp.opt.ip_address",
        "ipcp.opt.pri_dns_address",
        "ipcp.opt.sec_dns_address",
    ];
    let rows = tunnel.fields("lcp || ccp || ipcp", &fields);
    let read = |row: Vec<String>| {
        let field = |name: &str| &*row[fields.iter().position(|it| *it == name).unwrap()];
        let mut options = Vec::new();
        for kind in field("lcp.opt.type").split_terminator(',') {
            options.push(match kind {
                "1" => format!("MRU {}", field("lcp.opt.mru")),
                "3" => {
                    let algorithm = ["lcp.opt.auth_protocol", "lcp.opt.algorithm"].map(field);
                    assert_eq!(algorithm, ["0xc223", "129"]);
                    "auth MS-CHAPv2".into()
                }
                "5" => field("lcp.opt.magic_number").replace("0x", "magic "),
                "7" => "PFC".into(),
                "8" => "ACFC".into(),
                other => panic!("LCP option {other}"),
            });
        }
        for kind in field("ccp.opt.type").split_terminator(',') {
            assert_eq!(kind, "18");
            let mut text = field("ccp.opt.supported_bits").replace("0x", "MPPE ");
            for letter in ["h", "m", "s", "l", "d", "c"] {
                if field(&format!("ccp.opt.supported_bits.{letter}")) == "1" {
                    text += &format!(" {}", letter.to_uppercase());
                }
            }
            options.push(text);
        }
        for kind in field("ipcp.opt.type").split_terminator(',') {
            options.push(match kind {
                "3" => format!("addr {}", field("ipcp.opt.ip_address")),
                "129" => format!("DNS1 {}", field("ipcp.opt.pri_dns_address")),
                "131" => format!("DNS2 {}", field("ipcp.opt.sec_dns_address")),
                other => panic!("IPCP option {other}"),
            });
        }
        let text = |name: &str| field(name).to_owned();
        (
            text("ip.src"),
            text("ppp.protocol"),
            text("ppp.code"),
            text("ppp.identifier"),
            options,
        )
    };
    rows.into_iter().map(read).collect()
}

/// What the ends themselves say has been agreed on.
fn compare_outcome(tunnel: &File, outcome: &Outcome, bits: &str, context: &str) {
    let negotiations = negotiations(tunnel);
    for (end, from) in outcome.ends.iter().zip([Side::Client, Side::Server]) {
        // What is acknowledged is about its asker, and comes from the other end.
        let acknowledged = |protocol: &str| {
            let mut all = negotiations.iter().rev();
            all.find(|row| row.0 == address(from.peer()) && row.1 == protocol && row.2 == "2")
                .map(|row| row.4.join(" "))
                .unwrap_or_default()
        };
        let lcp = acknowledged("0xc021");
        let peer_mru = {
            let mut all = negotiations.iter().rev();
            let theirs =
                all.find(|row| row.0 == address(from) && row.1 == "0xc021" && row.2 == "2");
            theirs.unwrap().4.first().cloned()
        };
        let expected = end.agreed.peer_mru.map(|mru| format!("MRU {mru}"));
        assert_eq!(peer_mru, expected, "{context}");
        assert_eq!(lcp.contains("MS-CHAPv2"), from == Side::Server, "{context}");
        let address = end.agreed.ipv4.unwrap().local.unwrap().to_string();
        assert!(acknowledged("0x8021").contains(&address), "{context}");

        let expected = match bits {
            "" => "in the clear".into(),
            _ => {
                let number = u32::from_str_radix(&bits[2..], 16).unwrap();
                let length = [(0x40, 128), (0x80, 56), (0x20, 40)]
                    .into_iter()
                    .find(|(bit, _)| number & bit != 0);
                let mode = if number & 0x0100_0000 == 0 {
                    "stateful"
                } else {
                    "stateless"
                };
                format!("MPPE-{} {mode}", length.unwrap().1)
            }
        };
        assert_eq!(encryption(end.agreed.receive), expected, "{context}");
        let ccp = acknowledged("0x80fd");
        match bits.strip_prefix("0x") {
            Some(bits) => assert!(ccp.starts_with(&format!("MPPE {bits}")), "{context}: {ccp}"),
            None => assert_eq!(ccp, "", "{context}"),
        }
    }
}

/// What was inside, as `pptp-inspect` takes it out: all of it, and whole.
fn compare_inner(capture: &[u8], outcome: &Outcome, context: &str) {
    let credentials = Credentials {
        user: Some(USER.into()),
        nt_hash: NtHash::from_password(PASSWORD),
    };
    let report = inspect(capture, Some(&credentials)).unwrap();
    assert_eq!(report.verdict(), Verdict::Verified, "{context}");
    let mut octets = Vec::new();
    let mut inner = RawIpWriter::new(&mut octets).unwrap();
    for (_, packet) in report.inner() {
        inner.packet(packet.due, &packet.packet).unwrap();
    }
    inner.finish().unwrap();
    let inner = File::new("inner", &octets);
    inner.assert_nothing_is_wrong(context);
    let good = inner.fields(
        "udp.checksum.status == \"Good\"",
        &["ip.src", "udp.dstport"],
    );
    let sent: u64 = outcome.ends.iter().map(|end| end.packets).sum();
    assert_eq!(good.len() as u64, sent, "{context}");
    assert!(good.iter().all(|fields| fields[1] == "4000"), "{context}");
}

/// A message, its name, and fields of it as tshark has them.
type Row<'a> = (Message<'a>, &'a str, &'a [(&'a str, &'a str)]);

/// All fifteen messages by the names of RFC 2637 §1.4, and what is in them.
#[test]
#[ignore = "needs tshark"]
fn tshark_reads_every_control_message() {
    let capabilities = wire::Capabilities {
        framing: wire::Framing::SYNCHRONOUS,
        bearer: wire::Bearer::DIGITAL,
        max_channels: 513,
        firmware_revision: 770,
        host_name: b"rabbit.example",
        vendor: b"hole",
    };
    #[rustfmt::skip]
    let messages: [Row<'_>; 15] = [
        (wire::StartControlConnectionRequest { version: wire::Version(0x100), capabilities }.into(),
            "Start-Control-Connection-Request",
            &[("protocol_version", "256"), ("framing_capabilities", "2"),
              ("bearer_capabilities", "2"), ("maximum_channels", "513"),
              ("firmware_revision", "770"), ("host_name", "rabbit.example"), ("vendor_name", "hole")]),
        (wire::StartControlConnectionReply { version: wire::Version(0x100), result: 1.into(), error: 0.into(),
            capabilities }.into(),
            "Start-Control-Connection-Reply",
            &[("control_result", "1"), ("error", "0"),
              ("maximum_channels", "513"), ("firmware_revision", "770"), ("host_name", "rabbit.example")]),
        (wire::StopControlConnectionRequest { reason: 3.into() }.into(),
            "Stop-Control-Connection-Request", &[("reason", "3")]),
        (wire::StopControlConnectionReply { result: 2.into(), error: 6.into() }.into(),
            "Stop-Control-Connection-Reply", &[("stop_result", "2"), ("error", "6")]),
        (wire::EchoRequest { identifier: 0x0102_0304 }.into(), "Echo-Request", &[("identifier", "16909060")]),
        (wire::EchoReply { identifier: 0x0102_0304, result: 2.into(), error: 4.into() }.into(), "Echo-Reply",
            &[("identifier", "16909060"), ("echo_result", "2"), ("error", "4")]),
        (wire::OutgoingCallRequest { call_id: 0x1234, call_serial_number: 0x2345, minimum_bps: 300,
            maximum_bps: 56_000, bearer: wire::Bearer::ANALOG, framing: wire::Framing::ASYNCHRONOUS,
            receive_window: 67, processing_delay: 89, phone_number: b"555-0199", subaddress: b"door" }.into(),
            "Outgoing-Call-Request",
            &[("call_id", "4660"), ("call_serial_number", "9029"), ("minimum_bps", "300"), ("maximum_bps", "56000"),
              ("bearer_type", "1"), ("framing_type", "1"), ("packet_receive_window_size", "67"),
              ("packet_processing_delay", "89"), ("phone_number_length", "8"), ("phone_number", "555-0199"),
              ("subaddress", "door")]),
        (wire::OutgoingCallReply { call_id: 1, peer_call_id: 0x1234, result: 4.into(), error: 5.into(), cause: 17,
            connect_speed: 64_000, receive_window: 65, processing_delay: 7, physical_channel_id: 99 }.into(),
            "Outgoing-Call-Reply",
            &[("call_id", "1"), ("peer_call_id", "4660"), ("out_result", "4"), ("error", "5"), ("cause", "17"),
              ("connect_speed", "64000"), ("packet_receive_window_size", "65"), ("packet_processing_delay", "7"),
              ("physical_channel_id", "99")]),
        (wire::IncomingCallRequest { call_id: 2, call_serial_number: 3, bearer: wire::Bearer::DIGITAL,
            physical_channel_id: 5, dialed_number: b"555-0100", dialing_number: b"555-01234", subaddress: b"" }.into(),
            "Incoming-Call-Request",
            &[("call_id", "2"), ("call_serial_number", "3"), ("bearer_type", "2"), ("physical_channel_id", "5"),
              ("dialed_number_length", "8"), ("dialing_number_length", "9"), ("dialed_number", "555-0100"),
              ("dialing_number", "555-01234")]),
        (wire::IncomingCallReply { call_id: 6, peer_call_id: 2, result: 3.into(), error: 1.into(),
            receive_window: 68, transmit_delay: 11 }.into(),
            "Incoming-Call-Reply",
            &[("call_id", "6"), ("peer_call_id", "2"), ("in_result", "3"), ("error", "1"),
              ("packet_receive_window_size", "68")]),
        (wire::IncomingCallConnected { peer_call_id: 6, connect_speed: 33_600, receive_window: 69, transmit_delay: 12,
            framing: wire::Framing::SYNCHRONOUS }.into(),
            "Incoming-Call-Connected",
            &[("peer_call_id", "6"), ("connect_speed", "33600"), ("packet_receive_window_size", "69"),
              ("framing_type", "2")]),
        (wire::CallClearRequest { call_id: 0x1234 }.into(), "Call-Clear-Request", &[("call_id", "4660")]),
        (wire::CallDisconnectNotify { call_id: 1, result: 3.into(), error: 0.into(), cause: 16, statistics: b"fine" }
            .into(),
            "Call-Disconnect-Notify",
            &[("call_id", "1"), ("disc_result", "3"), ("error", "0"), ("cause", "16"), ("call_Statistics", "fine")]),
        (wire::WanErrorNotify { peer_call_id: 0x1234, crc_errors: 1, framing_errors: 2, hardware_overruns: 3,
            buffer_overruns: 4, time_out_errors: 5, alignment_errors: 6 }.into(),
            "WAN-Error-Notify",
            &[("peer_call_id", "4660"), ("crc_errors", "1"), ("framing_errors", "2"), ("hardware_overruns", "3"),
              ("buffer_overruns", "4"), ("timeout_errors", "5"), ("alignment_errors", "6")]),
        (wire::SetLinkInfo { peer_call_id: 1, send_accm: 0xffff_ffff, receive_accm: 0x000a_0000 }.into(),
            "Set-Link-Info",
            &[("peer_call_id", "1"), ("send_accm", "0xffffffff"), ("receive_accm", "0x000a0000")]),
    ];
    let log: Vec<_> = messages
        .iter()
        .map(|(message, ..)| Packet {
            at: Instant::ZERO,
            from: Side::Client,
            kind: Kind::Control,
            bytes: message
                .encode(&mut [0; MAX_CONTROL_MESSAGE])
                .unwrap()
                .to_vec(),
            forged: false,
        })
        .collect();
    let file = File::new("messages", &pcap::write(&log));
    file.assert_nothing_is_wrong("the fifteen messages");
    let types = file.fields("pptp", &["pptp.control_message_type", "_ws.col.Info"]);
    assert_eq!(types.len(), messages.len());
    for (number, (_, name, fields)) in messages.iter().enumerate() {
        assert_eq!(types[number], [&(number + 1).to_string(), *name]);
        let filter = format!("pptp.control_message_type == {}", number + 1);
        for (field, expected) in *fields {
            let told = &file.fields(&filter, &[&format!("pptp.{field}")])[0][0];
            assert_eq!(told, expected, "{field} of {name}");
        }
    }
}

fn gre(log: &[Packet]) -> impl Iterator<Item = (Side, GreHeader, &[u8])> {
    let gre = log.iter().filter(|packet| packet.kind == Kind::Gre);
    gre.map(|packet| {
        let (header, payload) = GreHeader::parse(&packet.bytes).unwrap();
        (packet.from, header, payload)
    })
}

const fn address(side: Side) -> &'static str {
    match side {
        Side::Client => "192.0.2.1",
        Side::Server => "198.51.100.1",
    }
}
