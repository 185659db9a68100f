//! A report for people.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use super::authentication::{Authentication, Outcome, Verdict};
use super::control::End;
use super::session::DataCounts;
use super::{Call, Gre, Line, Report};

/// Writes the whole report; with `packets` also a line for each packet inside the tunnels.
///
/// # Errors
/// If `out` cannot be written.
pub fn write(report: &Report, packets: bool, out: &mut impl Write) -> io::Result<()> {
    let start = report.time.map_or(Duration::ZERO, |(first, _)| first);
    peers(report, out)?;
    let mut inner = report.inner().into_iter().filter(|_| packets).peekable();
    for line in &report.lines {
        while let Some((call, inner)) = inner.next_if(|(_, inner)| inner.due < line.at) {
            let ends = report.calls.get(call).map(|call| call.ends);
            packet(inner.due - start, call, ends, inner, out)?;
        }
        message(report, line, start, out)?;
    }
    for (call, inner) in inner {
        let ends = report.calls.get(call).map(|call| call.ends);
        packet(inner.due - start, call, ends, inner, out)?;
    }
    for (number, call) in report.calls.iter().enumerate() {
        writeln!(out)?;
        summary(number, call, out)?;
        for remark in report.diagnosis(call) {
            writeln!(out, "  {:<14} {remark}", "note")?;
        }
    }
    writeln!(out)?;
    capture(report, out)
}

/// Who talks with whom.
fn peers(report: &Report, out: &mut impl Write) -> io::Result<()> {
    for (number, connection) in report.connections.iter().enumerate() {
        writeln!(out, "connection {}", number + 1)?;
        for (name, end) in [("client", End::Client), ("server", End::Server)] {
            let peer = connection.peers[end.index()].as_deref();
            let peer = peer.unwrap_or("not told by this capture");
            writeln!(
                out,
                "  {name}  {:<21}  {peer}",
                connection.ends[end.index()].to_string()
            )?;
        }
    }
    writeln!(out)
}

fn message(report: &Report, line: &Line, start: Duration, out: &mut impl Write) -> io::Result<()> {
    let ends = match (line.call, line.connection) {
        (Some(call), _) => report.calls.get(call).map(|call| call.ends),
        (None, Some(number)) => {
            let connection = report.connections.get(number);
            connection.map(|connection| connection.ends.map(|end| end.ip()))
        }
        (None, None) => None,
    };
    let text = match line.layer {
        "TCP" | "ICMP" => format!("{} {}", line.layer, line.text),
        _ => line.text.clone(),
    };
    let prefix = prefix(line.at.saturating_sub(start), line.call, ends, line.from);
    writeln!(out, "{prefix}  {text}")?;
    for remark in &line.remarks {
        writeln!(out, "{:>12}  -> {remark}", "")?;
    }
    Ok(())
}

fn packet(
    at: Duration,
    call: usize,
    ends: Option<[IpAddr; 2]>,
    inner: &super::Inner,
    out: &mut impl Write,
) -> io::Result<()> {
    let what = if inner.encrypted {
        "encrypted"
    } else {
        "in the clear"
    };
    let prefix = prefix(at, Some(call), ends, inner.from);
    writeln!(out, "{prefix}    {}, {what}", describe(&inner.packet))
}

/// Time, call and direction.
fn prefix(at: Duration, call: Option<usize>, ends: Option<[IpAddr; 2]>, from: End) -> String {
    let mut text = format!("{:>12.6}", at.as_secs_f64());
    let _ = match call {
        Some(call) => write!(text, "  #{:<2}", call + 1),
        None => write!(text, "     "),
    };
    let name = |end: End| match (ends, end) {
        (Some(ends), end) => ends[end.index()].to_string(),
        (None, End::Client) => "client".into(),
        (None, End::Server) => "server".into(),
    };
    let _ = write!(text, "  {} > {}", name(from), name(from.other()));
    text
}

/// An IP packet in a few words.
#[must_use]
pub fn describe(packet: &[u8]) -> String {
    let Ok(sliced) = etherparse::LaxSlicedPacket::from_ip(packet) else {
        return format!("{} octets that are no IP packet", packet.len());
    };
    let (source, destination, protocol) = match &sliced.net {
        Some(etherparse::LaxNetSlice::Ipv4(ip)) => (
            IpAddr::from(ip.header().source_addr()),
            IpAddr::from(ip.header().destination_addr()),
            ip.payload().ip_number,
        ),
        Some(etherparse::LaxNetSlice::Ipv6(ip)) => (
            IpAddr::from(ip.header().source_addr()),
            IpAddr::from(ip.header().destination_addr()),
            ip.payload().ip_number,
        ),
        _ => return format!("{} octets", packet.len()),
    };
    let name = match &sliced.transport {
        Some(etherparse::TransportSlice::Tcp(tcp)) => {
            format!("TCP {} > {}", tcp.source_port(), tcp.destination_port())
        }
        Some(etherparse::TransportSlice::Udp(udp)) => {
            format!("UDP {} > {}", udp.source_port(), udp.destination_port())
        }
        Some(etherparse::TransportSlice::Icmpv4(_)) => "ICMP".into(),
        Some(etherparse::TransportSlice::Icmpv6(_)) => "ICMPv6".into(),
        _ => format!("protocol {}", protocol.0),
    };
    format!("{source} > {destination} {name}, {} octets", packet.len())
}

fn summary(number: usize, call: &Call, out: &mut impl Write) -> io::Result<()> {
    let session = &call.session;
    writeln!(out, "call {}", number + 1)?;
    for (name, end) in [("client", End::Client), ("server", End::Server)] {
        let at = end.index();
        let mut text = format!("{}", call.ends[at]);
        if let Some(id) = call.ids[at] {
            let _ = write!(text, ", call id {id}");
        }
        if let Some(address) = session.addresses[at] {
            let _ = write!(text, ", inside {address}");
        }
        if let Some(peer) = &call.peers[at] {
            let _ = write!(text, ", {peer}");
        }
        writeln!(out, "  {name:<14} {text}")?;
        for (protocol, options) in &session.agreed[at] {
            writeln!(out, "    {protocol:<12} {}", options.join(", "))?;
        }
    }
    for authentication in session.authentications() {
        writeln!(out, "  {:<14} {}", "authentication", proof(authentication))?;
    }
    for (name, end) in [("client", End::Client), ("server", End::Server)] {
        let at = end.index();
        writeln!(
            out,
            "  {:<14} {}",
            format!("{name} sent"),
            sent(&call.gre[at], &session.data[at])
        )?;
        let encryption = session.encryption[at].as_deref();
        if encryption.is_some() || session.data[at].transformed > 0 {
            let name = encryption.unwrap_or("what was negotiated before the capture");
            writeln!(
                out,
                "    {:<12} {}",
                "through",
                through(name, &session.data[at])
            )?;
        }
    }
    for (what, times) in &session.unsupported {
        writeln!(out, "  {:<14} {what} ({times} packets)", "not supported")?;
    }
    if session.malformed > 0 {
        writeln!(out, "  {:<14} {} packets", "malformed", session.malformed)?;
    }
    if let Some((from, text)) = &session.terminated {
        let from = match from {
            End::Client => "client",
            End::Server => "server",
        };
        writeln!(
            out,
            "  {:<14} by the {from}'s Terminate-Request {text}",
            "ended"
        )?;
    }
    Ok(())
}

fn proof(authentication: &Authentication) -> String {
    let (who, whom) = match authentication.authenticator {
        End::Client => ("server", "client"),
        End::Server => ("client", "server"),
    };
    let mut text = format!(
        "{} by the {who} as \"{}\" to the {whom}",
        authentication.method, authentication.user
    );
    text += match authentication.response {
        Verdict::NotChecked => "",
        Verdict::Verified => "; the response is that of the password",
        Verdict::Wrong => "; the response is NOT that of the password",
    };
    text += match authentication.authenticator_response {
        Verdict::NotChecked => "",
        Verdict::Verified => ", and the authenticator proved to know it",
        Verdict::Wrong => ", and the authenticator did NOT prove to know it",
    };
    text += match &authentication.outcome {
        Outcome::NotSeen => "; no answer",
        Outcome::Success(_) => "; accepted",
        Outcome::Failure(_) => "; refused",
    };
    if let Outcome::Failure(reason) = &authentication.outcome {
        let _ = write!(text, ": {reason}");
    }
    text
}

/// The numbers of one direction that are not zero.
fn sent(gre: &Gre, data: &DataCounts) -> String {
    list(
        format!(
            "{} packets, {} bare acknowledgments",
            gre.packets, gre.acknowledgments
        ),
        &[
            (gre.fragmented, "in IP fragments"),
            (gre.duplicates, "twice"),
            (gre.reordered, "out of order"),
            (gre.missing, "missing"),
            (
                gre.misplaced,
                "left out as far too late, far ahead or unnumbered",
            ),
            (data.clear, "with data in the clear"),
            (data.unsupported, "of a kind not supported"),
        ],
    )
}

fn through(name: &str, data: &DataCounts) -> String {
    let read = if name.starts_with("MPPC") {
        "decompressed"
    } else {
        "decrypted"
    };
    list(
        format!("{name}: {} packets", data.transformed),
        &[
            (data.decrypted, read),
            (data.out_of_sync, "out of step after a loss"),
            (
                data.implausible,
                "that turn out to be nothing like a packet",
            ),
            (data.no_key, "without a key"),
        ],
    )
}

fn list(mut text: String, numbers: &[(u64, &str)]) -> String {
    for (number, what) in numbers {
        if *number > 0 {
            let _ = write!(text, ", {number} {what}");
        }
    }
    text
}

/// What there is to say of the file itself.
fn capture(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let span = report
        .time
        .map_or(Duration::ZERO, |(first, last)| last.saturating_sub(first));
    writeln!(
        out,
        "{} packets in {:.3} s",
        report.packets,
        span.as_secs_f64()
    )?;
    if report.truncated {
        writeln!(out, "the file ends in the middle of a packet")?;
    }
    if report.damaged > 0 {
        writeln!(out, "{} packets are cut or damaged", report.damaged)?;
    }
    if report.other_gre > 0 {
        writeln!(out, "{} GRE packets are not PPTP's", report.other_gre)?;
    }
    for (link, packets) in &report.unknown_links {
        writeln!(
            out,
            "{packets} packets have link type {link}, which is not read"
        )?;
    }
    if report.calls.is_empty() && report.connections.is_empty() {
        writeln!(out, "no PPTP")?;
    }
    Ok(())
}
