//! How it went: for people, and for programs.

use super::{EndOutcome, Outcome};
use crate::text::{compression, encryption};
use pptp_core::ppp::wire::Protocol;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::time::Duration;

/// The SHA-256 of a file, in hexadecimal.
#[must_use]
pub fn sha256(file: &[u8]) -> String {
    let digest = Sha256::digest(file);
    digest.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// A row of the table: its name, and what it says of an end.
type Row = (&'static str, fn(&EndOutcome, &EndOutcome) -> String);

/// What is counted of the way from an end, the first argument, to the other.
const ROWS: [Row; 14] = [
    ("encryption", |from, _| encryption(from.agreed.send)),
    ("compression", |from, _| compressed(from)),
    ("GRE packets sent", |from, _| {
        (from.sent + from.acknowledgments).to_string()
    }),
    ("  only acknowledgments", |from, _| {
        from.acknowledgments.to_string()
    }),
    ("  with PPP in them", |from, _| from.sent.to_string()),
    ("    lost", |from, to| lost(from, to).to_string()),
    ("    duplicated", |_, to| to.arrivals.duplicates.to_string()),
    ("    overtaken", |_, to| to.arrivals.overtaken.to_string()),
    ("      recovered by reordering", |_, to| {
        (to.arrivals.overtaken - to.arrivals.late).to_string()
    }),
    ("      dropped as late", |_, to| {
        to.arrivals.late.to_string()
    }),
    ("    before or after the link", |_, to| {
        to.arrivals.not_up.to_string()
    }),
    ("    waiting for a reset", |_, to| {
        to.arrivals.awaited_reset.to_string()
    }),
    ("    unreadable", |_, to| to.arrivals.unreadable.to_string()),
    ("IP packets delivered", |_, to| {
        to.arrivals.packets.to_string()
    }),
];

/// The closing table.
#[must_use]
pub fn table(outcome: &Outcome, file: &[u8], wall: Duration) -> String {
    let mut text = String::new();
    let [client, server] = &outcome.ends;
    let columns = ["client > server", "server > client"];
    let _ = writeln!(text, "{:<28}{:>22}{:>22}", "", columns[0], columns[1]);
    for (name, value) in ROWS {
        let (up, down) = (value(client, server), value(server, client));
        let _ = writeln!(text, "{name:<28}{up:>22}{down:>22}");
    }
    let mut row = |name: &str, up: String, down: String| {
        let _ = writeln!(text, "{name:<28}{up:>22}{down:>22}");
    };
    let both =
        |value: fn(&EndOutcome) -> u64| (value(client).to_string(), value(server).to_string());
    let (up, down) = both(|end| end.again);
    row("blocks sent again", up, down);
    let octets = |end: &EndOutcome| {
        end.received
            .as_ref()
            .map_or("-".into(), |it| it.len().to_string())
    };
    row("file, octets", octets(server), octets(client));
    let _ = writeln!(text);
    let seconds = |time: Option<Duration>| {
        time.map_or("never".into(), |it| format!("{:.3} s", it.as_secs_f64()))
    };
    let _ = writeln!(
        text,
        "up after                    {}",
        seconds(outcome.up_after)
    );
    if let Some(time) = outcome.carried_in {
        let rate = rate(2 * file.len(), time);
        let _ = writeln!(
            text,
            "both files carried in       {}, {rate}",
            seconds(Some(time))
        );
    }
    let _ = writeln!(
        text,
        "down after                  {}",
        seconds(Some(outcome.lasted))
    );
    let octets: u64 = outcome.ends.iter().map(|end| end.arrivals.octets).sum();
    let whole = rate(usize::try_from(octets).unwrap_or(usize::MAX), wall);
    let _ = writeln!(
        text,
        "wall time of it all         {}, {whole} of IP",
        seconds(Some(wall))
    );
    let _ = writeln!(text);
    let _ = writeln!(text, "SHA-256 of the file         {}", sha256(file));
    for (name, end) in [("server", server), ("client", client)] {
        let digest = end
            .received
            .as_ref()
            .map_or("nothing".into(), |it| sha256(it));
        let verdict = match end.received.as_deref() == Some(file) {
            true => "the same, octet by octet",
            false => "NOT THE SAME",
        };
        let _ = writeln!(
            text,
            "  as the {name} got it      {digest}\n{:<28}{verdict}",
            ""
        );
    }
    text
}

/// One JSON object.
#[must_use]
pub fn json(outcome: &Outcome, file: &[u8], wall: Duration) -> Value {
    let end = |end: &EndOutcome, other: &EndOutcome| {
        let ipv4 = end.agreed.ipv4.unwrap_or_default();
        json!({
            "options": options(&end.options),
            "sends": encryption(end.agreed.send),
            "receives": encryption(end.agreed.receive),
            "sends_compressed": end.agreed.compression.is_some(),
            "compression_ratio": ratio(end),
            "peer_mru": end.agreed.peer_mru,
            "address": ipv4.local.map(|it| it.to_string()),
            "peer_address": ipv4.remote.map(|it| it.to_string()),
            "mtu": ipv4.mtu,
            "sent": end.sent,
            "acknowledgments": end.acknowledgments,
            "packets": end.packets,
            "sent_again": end.again,
            "lost": lost(end, other),
            "duplicates": other.arrivals.duplicates,
            "overtaken": other.arrivals.overtaken,
            "late": other.arrivals.late,
            "not_up": other.arrivals.not_up,
            "awaited_reset": other.arrivals.awaited_reset,
            "unreadable": other.arrivals.unreadable,
            "down": end.down.map(|reason| reason.to_string()),
            "received_sha256": end.received.as_ref().map(|it| sha256(it)),
        })
    };
    let [client, server] = &outcome.ends;
    json!({
        "failure": outcome.failure,
        "up_after": outcome.up_after.map(|it| it.as_secs_f64()),
        "carried_in": outcome.carried_in.map(|it| it.as_secs_f64()),
        "lasted": outcome.lasted.as_secs_f64(),
        "wall": wall.as_secs_f64(),
        "octets": file.len(),
        "sha256": sha256(file),
        "client": end(client, server),
        "server": end(server, client),
    })
}

/// Options by the name of their protocol.
fn options(options: &[(Protocol, String)]) -> Value {
    let mut all = Map::new();
    for (protocol, text) in options {
        let entry = all.entry(protocol.to_string()).or_insert_with(|| json!([]));
        if let Value::Array(texts) = entry {
            texts.push(text.as_str().into());
        }
    }
    all.into()
}

/// Such as `MPPC stateless, 1.25`: how many octets went in for each that came out.
fn compressed(from: &EndOutcome) -> String {
    match from.agreed.compression {
        None => "none".into(),
        agreed => format!("{}, {:.2}", compression(agreed), ratio(from)),
    }
}

fn ratio(from: &EndOutcome) -> f64 {
    let [before, after] = from.octets;
    before as f64 / after.max(1) as f64
}

fn lost(from: &EndOutcome, to: &EndOutcome) -> u64 {
    from.sent.saturating_sub(to.arrivals.count())
}

fn rate(octets: usize, time: Duration) -> String {
    let per_second = octets as f64 / time.as_secs_f64().max(1e-9);
    format!("{:.2} MB/s", per_second / 1e6)
}
