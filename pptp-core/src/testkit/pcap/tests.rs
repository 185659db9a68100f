use super::*;
use crate::gre::{GreHeader, strip_ipv4};
use alloc::vec;
use std::io::Write;
use std::process::{Command, Stdio};

/// A conversation: Start-Control-Connection-Request and -Reply, an Echo-Request, GRE both ways, and the end.
fn conversation() -> Vec<Packet> {
    let message = |len: u16, kind: u16| {
        let mut octets = vec![0; usize::from(len)];
        octets[..2].copy_from_slice(&len.to_be_bytes());
        octets[2..12].copy_from_slice(&[0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, kind as u8, 0, 0]);
        octets
    };
    let gre = [
        &[0x30, 0x01, 0x88, 0x0b, 0, 8, 0, 7, 0, 0, 0, 0][..],
        b"\xff\x03\xc0\x21\x05\x01\x00\x04",
    ]
    .concat();
    let ack = vec![0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 9, 0, 0, 0, 0];
    let steps = [
        (10, Side::Client, Kind::Control, message(156, 1)),
        (30, Side::Server, Kind::Control, message(156, 2)),
        (60, Side::Client, Kind::Gre, gre),
        (80, Side::Server, Kind::Gre, ack),
        (90, Side::Server, Kind::Control, message(16, 5)),
        (100, Side::Client, Kind::Close, Vec::new()),
        (110, Side::Server, Kind::Close, Vec::new()),
        (2000, Side::Client, Kind::Control, message(156, 1)),
    ];
    let packets = steps.map(|(millis, from, kind, bytes)| Packet {
        at: Instant::from_millis(millis),
        from,
        kind,
        bytes,
        forged: false,
    });
    packets.to_vec()
}

/// The sum of all 16-bit words is 0xffff where the checksum is right (RFC 1071 §1).
fn sum(octets: &[u8]) -> u64 {
    let mut padded = octets.to_vec();
    padded.resize(octets.len().next_multiple_of(2), 0);
    let words = padded
        .chunks(2)
        .map(|word| u64::from(u16::from_be_bytes([word[0], word[1]])));
    let sum: u64 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    (folded & 0xffff) + (folded >> 16)
}

#[test]
fn a_log_becomes_packets_with_right_headers() {
    let log = conversation();
    let packets = read(&write(&log));
    // Two handshakes, five messages, two FINs and the last ACK, two datagrams.
    assert_eq!(packets.len(), 3 + 2 + 2 + 1 + 3 + 3 + 1);
    for (_, packet) in &packets {
        assert_eq!(sum(&packet[..20]), 0xffff);
        if packet[9] == 6 {
            let len = (packet.len() - 20) as u16;
            let pseudo = [&packet[12..20], &[0, 6], &len.to_be_bytes(), &packet[20..]].concat();
            assert_eq!(sum(&pseudo), 0xffff);
        }
    }
    assert_eq!(packets[5].0, Instant::from_millis(60));
    let mut datagram = packets[5].1.clone();
    let payload = strip_ipv4(&mut datagram).unwrap();
    assert_eq!(payload, &log[2].bytes);
    assert!(GreHeader::parse(payload).is_ok());
}

#[test]
fn fragments_are_put_together() {
    let whole = &read(&write(&conversation()[2..3]))[0].1;
    let mut file = write(&[]);
    let header = file.len();
    assert_eq!(header, 24);
    // The second 8 octets of the payload, the rest, and the first 8; the same ones of another packet in between.
    for (flags, offset, part) in [(0x20, 1, 28..36), (0, 2, 36..40), (0x20, 0, 20..28)] {
        for identification in [1, 2] {
            let mut fragment = whole[..20].to_vec();
            fragment.extend(&whole[part.clone()]);
            fragment[3] = fragment.len() as u8;
            fragment[4..8].copy_from_slice(&[0, identification, flags, offset]);
            file.extend([0; 8]);
            file.extend((fragment.len() as u32).to_le_bytes());
            file.extend((fragment.len() as u32).to_le_bytes());
            file.extend(fragment);
        }
    }
    let packets = read(&file);
    assert_eq!(packets.len(), 2);
    assert_eq!(&packets[0].1, whole);
    assert_eq!(packets[1].1[20..], whole[20..]);
    for len in 0..file.len() {
        assert!(read(&file[..len]).len() < 2);
    }
}

/// What Wireshark makes of it: nothing malformed, no wrong checksum, nothing odd about TCP.
#[test]
#[ignore = "needs tshark"]
fn wireshark_finds_nothing_wrong() {
    let tshark = |fields: &[&str]| {
        let checks = ["ip.check_checksum", "tcp.check_checksum"];
        let options = checks
            .iter()
            .flat_map(|check| ["-o".into(), std::format!("{check}:TRUE")]);
        let mut child = Command::new("tshark")
            .args(["-r", "-", "-T", "fields"])
            .args(options)
            .args(fields.iter().flat_map(|field| ["-e", field]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(&write(&conversation()))
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        alloc::string::String::from_utf8(output.stdout).unwrap()
    };
    let problems = tshark(&["_ws.malformed", "_ws.expert.message", "tcp.analysis.flags"]);
    let known = [
        "Connection establish request",
        "Connection establish acknowledge",
        "Connection finish",
        "This session reuses",
    ];
    for line in problems.lines().filter(|line| !line.trim().is_empty()) {
        assert!(known.iter().any(|known| line.contains(known)), "{line}");
    }
    let messages = tshark(&["pptp.control_message_type"]);
    let types: Vec<&str> = messages.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(types, ["1", "2", "5", "1"]);
    let keys = tshark(&["gre.key.call_id"]);
    let calls: Vec<&str> = keys.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(calls, ["7", "9"]);
    let bad = tshark(&["ip.checksum.status", "tcp.checksum.status"]);
    assert!(
        bad.lines().all(|line| ["1\t1", "1\t"].contains(&line)),
        "{bad}"
    );
}

#[test]
fn a_file_can_be_taken_piece_by_piece() {
    let [client, own, server] = ["10.0.0.1:40000", "10.0.0.1:40001", "10.9.9.9:1723"]
        .map(|address| address.parse().unwrap());
    let at = Instant::from_millis(1_700_000_000_123);
    let mut writer = Writer::new(client, server);
    let mut file = Vec::new();
    let mut take = |writer: &mut Writer| {
        file.extend_from_slice(writer.octets());
        writer.clear();
        read(&file)
    };
    assert!(take(&mut writer).is_empty());
    writer.control(at, Side::Client, b"hello");
    writer.gre(at, Side::Server, &[0x30, 1]);
    assert_eq!(take(&mut writer).len(), 5);
    writer.reconnect(own, server);
    writer.control(at, Side::Server, b"again");
    let inner = take(&mut writer)[0].1.clone();
    writer.packet(at, &inner);
    let packets = take(&mut writer);
    assert_eq!(packets.len(), 10);
    assert!(packets.iter().all(|(time, _)| *time == at));
    let ports = |at: usize| {
        let packet: &[u8] = &packets[at].1;
        [&packet[20..22], &packet[22..24]].map(|port| u16::from_be_bytes([port[0], port[1]]))
    };
    assert_eq!(ports(0), [40000, 1723]);
    assert_eq!(packets[4].1[12..20], [10, 9, 9, 9, 10, 0, 0, 1]);
    // The new connection starts with a handshake of its own.
    assert_eq!(ports(5), [40001, 1723]);
    assert_eq!(ports(8), [1723, 40001]);
    assert_eq!(packets[9].1, packets[0].1);
}
