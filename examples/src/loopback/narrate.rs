//! What happens, in words.

use crate::text::{compression, encryption};
use pptp_core::ppp::wire::{Frame, Protocol};
use pptp_core::ppp::{self, Ipv4};
use pptp_core::testkit::{Kind, Packet};
use pptp_core::wire::{GreHeader, Message};
use pptp_core::{Event, codec::ParseError};
use std::net::Ipv4Addr;

/// Something that happened to an end.
pub(super) fn event(event: &Event<'_>) -> String {
    match event {
        Event::Connected { peer } => format!("control connection up: {peer}"),
        Event::CallConnected(info) => format!("call up: {info}"),
        Event::LinkInfo { .. } => "Set-Link-Info taken".into(),
        Event::Ppp(event) => ppp_event(event),
        Event::Diagnosis(diagnosis) => format!("trouble: {diagnosis}"),
        Event::Down(reason) => format!("down: {reason}"),
        other => format!("{other:?}"),
    }
}

fn ppp_event(event: &ppp::Event<'_>) -> String {
    match event {
        ppp::Event::LinkUp { peer_mru } => format!("LCP up: the peer takes {peer_mru} octets"),
        ppp::Event::AuthRequested(request) => {
            let name = String::from_utf8_lossy(request.name);
            format!("{name:?} wants in, by MS-CHAPv2")
        }
        ppp::Event::Authenticated => "authenticated by MS-CHAPv2".into(),
        ppp::Event::Encryption { send, receive } => {
            format!(
                "sends {}, receives {}",
                encryption(*send),
                encryption(*receive)
            )
        }
        ppp::Event::Compression { send, receive } => {
            format!(
                "sends {}, receives {}",
                compression(*send),
                compression(*receive)
            )
        }
        ppp::Event::Ipv4Up(ipv4) => format!("IPv4 up: {}", addresses(ipv4)),
        ppp::Event::Ipv4Down => "IPv4 down".into(),
        ppp::Event::PeerTerminates(_) => "the peer ends the link".into(),
        other => format!("{other:?}"),
    }
}

fn addresses(ipv4: &Ipv4) -> String {
    let text = |address: Option<Ipv4Addr>| address.map_or("none".into(), |it| it.to_string());
    let mut all = format!(
        "own address {}, the peer's {}",
        text(ipv4.local),
        text(ipv4.remote)
    );
    if let [Some(dns), _] = ipv4.dns {
        all += &format!(", DNS {dns}");
    }
    all + &format!(", MTU {}", ipv4.mtu)
}

/// A message that was sent. `None` for data and acknowledgments.
pub(super) fn packet(packet: &Packet) -> Option<String> {
    let malformed = |error: ParseError| Some(format!("malformed: {error}"));
    match packet.kind {
        Kind::Close => Some("TCP FIN".into()),
        Kind::Control => Some(match Message::parse(&packet.bytes) {
            Ok(Some((message, _))) => format!("PPTP {message}"),
            Ok(None) => "part of a PPTP message".into(),
            Err(error) => format!("malformed: {error}"),
        }),
        Kind::Gre => match GreHeader::parse(&packet.bytes) {
            Ok((_, [])) => None,
            Ok((_, payload)) => match Frame::parse(payload) {
                Ok(frame) if matches!(frame.protocol, Protocol::IPV4 | Protocol::COMPRESSED) => {
                    None
                }
                Ok(frame) => Some(format!("PPP {frame}")),
                Err(error) => malformed(error),
            },
            Err(error) => malformed(error),
        },
    }
}
