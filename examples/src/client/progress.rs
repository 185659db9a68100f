//! What happens, a line each on standard error.

use crate::text::{compression, encryption};
use pptp_core::Event;
use pptp_core::ppp::Event as Link;
use pptp_core::ppp::auth::Method;
use pptp_core::ppp::wire::Text;
use pptp_core::time::Instant;
use std::fmt;
use std::io::{self, Write};

/// Prints a line, in one piece: others may write to the same terminal or log.
pub fn line(text: fmt::Arguments<'_>) {
    // Without standard error there is nobody to be told.
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Prints a line that says when, in seconds since the program started.
pub fn step(now: Instant, text: fmt::Arguments<'_>) {
    line(format_args!("{:8.3}  {text}", seconds(now)));
}

/// The seconds since the clock started.
#[expect(clippy::cast_precision_loss, reason = "it is for people")]
pub fn seconds(now: Instant) -> f64 {
    now.as_micros() as f64 / 1e6
}

/// Prints what `event` means to a user, if anything.
pub fn event(now: Instant, event: &Event<'_>) {
    match event {
        Event::Connected { peer } => step(
            now,
            format_args!(
                "control connection is up: host {}, vendor {}, firmware {}",
                Text(peer.host_name),
                Text(peer.vendor),
                peer.firmware_revision,
            ),
        ),
        Event::CallConnected(info) => step(now, format_args!("call is up: {info}")),
        Event::Diagnosis(diagnosis) => step(now, format_args!("trouble: {diagnosis}")),
        Event::Ppp(event) => link(now, event),
        _ => {}
    }
}

/// The server has let us in, by `method`, or in EAP by one of our own that has `proved` something.
pub fn authenticated(now: Instant, method: Option<Method>, proved: Option<&'static str>) {
    let what = match method {
        Some(Method::Eap) => proved.unwrap_or("by EAP"),
        Some(Method::MsChapV2) => "each end knows the password",
        Some(Method::Pap) => "the password has been told, and whoever took it has proved nothing",
        _ => "the server believes us, and has proved nothing itself",
    };
    step(now, format_args!("authenticated: {what}"));
}

fn link(now: Instant, event: &Link<'_>) {
    match event {
        Link::Identification(text) => step(now, format_args!("server is {}", Text(text))),
        Link::TimeRemaining { seconds, message } => step(
            now,
            format_args!("server leaves us {seconds} s: {}", Text(message)),
        ),
        Link::LinkUp { peer_mru } => step(
            now,
            format_args!("link is up: the server takes {peer_mru} octets"),
        ),
        Link::PasswordWanted { error, message, .. } => {
            step(now, format_args!("server refuses: {error}"));
            if !message.is_empty() {
                step(now, format_args!("server says: {}", Text(message)));
            }
        }
        Link::AuthMessage(text) => step(now, format_args!("server says: {}", Text(text))),
        Link::Encryption { send, receive } => step(
            now,
            format_args!(
                "encryption: sending {}, receiving {}",
                encryption(*send),
                encryption(*receive)
            ),
        ),
        Link::Compression { send, receive } => step(
            now,
            format_args!(
                "compression: sending {}, receiving {}",
                compression(*send),
                compression(*receive)
            ),
        ),
        Link::Ipv4Down => step(now, format_args!("IPv4 is down")),
        Link::PeerTerminates(text) => {
            step(now, format_args!("server ends the link: {}", Text(text)))
        }
        _ => {}
    }
}
