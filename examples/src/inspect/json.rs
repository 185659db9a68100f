//! A report for programs: one JSON object a line, each with a `type`.
//!
//! | `type` | what | when |
//! |---|---|---|
//! | `connection` | a control connection and its peers | first |
//! | `message` | a message of the conversation | in the order of time |
//! | `packet` | a packet inside a tunnel | if asked for |
//! | `call` | a call: what was negotiated, proved and counted | after the messages |
//! | `capture` | the file itself | last |
//!
//! Times are seconds since 1970. Connections and calls are numbered from 1, as in the text. Members that do not apply are
//! left out or `null`; more may be added.

use serde_json::{Value, json};
use std::io::{self, Write};
use std::time::Duration;

use super::authentication::{Authentication, Outcome, Verdict};
use super::control::End;
use super::{Call, Connection, Inner, Line, Report};

/// Writes the whole report; with `packets` also a line for each packet inside the tunnels.
///
/// # Errors
/// If `out` cannot be written.
pub fn write(report: &Report, packets: bool, out: &mut impl Write) -> io::Result<()> {
    for (number, each) in report.connections.iter().enumerate() {
        writeln!(out, "{}", connection(number, each))?;
    }
    for line in &report.lines {
        writeln!(out, "{}", message(line))?;
    }
    if packets {
        for (call, inner) in report.inner() {
            writeln!(out, "{}", packet(call, inner))?;
        }
    }
    for (number, each) in report.calls.iter().enumerate() {
        writeln!(out, "{}", call(number, each, report.diagnosis(each)))?;
    }
    writeln!(out, "{}", capture(report))
}

fn connection(number: usize, connection: &Connection) -> Value {
    let end = |end: End| {
        json!({
            "address": connection.ends[end.index()].to_string(),
            "peer": connection.peers[end.index()],
        })
    };
    json!({
        "type": "connection",
        "connection": number + 1,
        "client": end(End::Client),
        "server": end(End::Server),
        "from_start": connection.from_start,
    })
}

fn message(line: &Line) -> Value {
    json!({
        "type": "message",
        "time": seconds(line.at),
        "connection": line.connection.map(|number| number + 1),
        "call": line.call.map(|number| number + 1),
        "from": name(line.from),
        "layer": line.layer,
        "protocol": line.protocol,
        "text": line.text,
        "options": line.options,
        "remarks": line.remarks,
    })
}

fn packet(call: usize, inner: &Inner) -> Value {
    json!({
        "type": "packet",
        "time": seconds(inner.at),
        "call": call + 1,
        "from": name(inner.from),
        "encrypted": inner.encrypted,
        "length": inner.packet.len(),
        "text": super::text::describe(&inner.packet),
    })
}

fn call(number: usize, call: &Call, notes: Vec<String>) -> Value {
    let session = &call.session;
    let end = |end: End| {
        let at = end.index();
        let (gre, data) = (&call.gre[at], &session.data[at]);
        json!({
            "address": call.ends[at].to_string(),
            "call_id": call.ids[at],
            "peer": call.peers[at],
            "inside": session.addresses[at].map(|address| address.to_string()),
            "identifications": session.identifications[at],
            "agreed": session.agreed[at],
            "encryption": session.encryption[at],
            "gre": {
                "packets": gre.packets,
                "acknowledgments": gre.acknowledgments,
                "fragmented": gre.fragmented,
                "duplicates": gre.duplicates,
                "reordered": gre.reordered,
                "missing": gre.missing,
                "misplaced": gre.misplaced,
            },
            "data": {
                "clear": data.clear,
                "transformed": data.transformed,
                "decrypted": data.decrypted,
                "out_of_sync": data.out_of_sync,
                "implausible": data.implausible,
                "no_key": data.no_key,
                "unsupported": data.unsupported,
            },
        })
    };
    let terminated = session.terminated.as_ref();
    json!({
        "type": "call",
        "call": number + 1,
        "connection": call.connection.map(|number| number + 1),
        "client": end(End::Client),
        "server": end(End::Server),
        "authentications": session.authentications().iter().map(authentication).collect::<Vec<_>>(),
        "unsupported": session.unsupported,
        "malformed": session.malformed,
        "notes": notes,
        "terminated_by": terminated.map(|(from, _)| name(*from)),
        "terminated_with": terminated.map(|(_, text)| text),
    })
}

fn authentication(authentication: &Authentication) -> Value {
    let verdict = |verdict| match verdict {
        Verdict::NotChecked => Value::Null,
        Verdict::Verified => json!(true),
        Verdict::Wrong => json!(false),
    };
    let (accepted, text) = match &authentication.outcome {
        Outcome::NotSeen => (Value::Null, Value::Null),
        Outcome::Success(text) => (json!(true), json!(text)),
        Outcome::Failure(text) => (json!(false), json!(text)),
    };
    json!({
        "authenticator": name(authentication.authenticator),
        "method": authentication.method,
        "user": authentication.user,
        "response_verified": verdict(authentication.response),
        "authenticator_verified": verdict(authentication.authenticator_response),
        "accepted": accepted,
        "text": text,
    })
}

fn capture(report: &Report) -> Value {
    json!({
        "type": "capture",
        "packets": report.packets,
        "first": report.time.map(|(first, _)| seconds(first)),
        "last": report.time.map(|(_, last)| seconds(last)),
        "truncated": report.truncated,
        "damaged": report.damaged,
        "other_gre": report.other_gre,
        "unknown_links": report.unknown_links.iter().map(|(link, packets)| json!([link, packets])).collect::<Vec<_>>(),
    })
}

fn name(end: End) -> &'static str {
    match end {
        End::Client => "client",
        End::Server => "server",
    }
}

/// To the microsecond, which a double holds.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e6
}
