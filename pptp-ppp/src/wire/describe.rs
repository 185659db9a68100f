//! A frame on one line, for logs and packet printers.

use super::{
    Code, Frame, Options, Packet, Protocol, RawOption, Text, ccp, chap, eap, ipcp, ipv6cp, lcp,
    mppe, pap,
};
use crate::codec::{ParseError, Reader};
use core::fmt::{self, Display as _};

/// The whole frame on one line, as far down as its content is known. Passwords are left out, and whatever a peer may
/// have put into a text is escaped.
impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, payload } = *self;
        protocol.fmt(f)?;
        match protocol {
            Protocol::LCP
            | Protocol::CCP
            | Protocol::LINK_CCP
            | Protocol::ECP
            | Protocol::LINK_ECP
            | Protocol::IPCP
            | Protocol::IPV6CP
            | Protocol::IPXCP
            | Protocol::NBFCP
            | Protocol::BCP
            | Protocol::BACP
            | Protocol::CBCP => match Packet::parse(payload) {
                Ok(packet) => control(f, protocol, packet),
                Err(error) => malformed(f, error),
            },
            Protocol::CHAP => message(f, payload, chap::Message::parse, chap::Message::code),
            Protocol::PAP => message(f, payload, pap::Message::parse, pap::Message::code),
            Protocol::EAP => message(f, payload, eap::Message::parse, eap::Message::code),
            Protocol::COMPRESSED => compressed(f, payload),
            _ => write!(f, ", {} octets", payload.len()),
        }
    }
}

/// The name of the code, the identifier and the message; codes that are a protocol's own are named by `code`.
fn message<'a, M: fmt::Display, C: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    payload: &'a [u8],
    parse: impl FnOnce(Packet<'a>) -> Result<M, ParseError>,
    code: impl FnOnce(&M) -> C,
) -> fmt::Result {
    let parsed = Packet::parse(payload).and_then(|packet| Ok((packet, parse(packet)?)));
    match parsed {
        Ok((packet, message)) => {
            write!(f, " {} id {}", code(&message), packet.identifier)?;
            if packet.data.is_empty() {
                Ok(())
            } else {
                write!(f, " {message}")
            }
        }
        Err(error) => malformed(f, error),
    }
}

fn control(f: &mut fmt::Formatter<'_>, protocol: Protocol, packet: Packet<'_>) -> fmt::Result {
    let Packet {
        code,
        identifier,
        data,
    } = packet;
    if protocol == Protocol::CBCP {
        // CBCP numbers its messages on its own.
        return write!(f, " code {} id {identifier}, {} octets", code.0, data.len());
    }
    write!(f, " {code} id {identifier}")?;
    match code {
        Code::CONFIGURE_REQUEST
        | Code::CONFIGURE_ACK
        | Code::CONFIGURE_NAK
        | Code::CONFIGURE_REJECT => Options::new(data).try_for_each(|option| match option {
            Ok(raw) => {
                f.write_str(" <")?;
                self::option(f, protocol, raw)?;
                f.write_str(">")
            }
            Err(error) => malformed(f, error),
        }),
        Code::CODE_REJECT => match Packet::parse(data) {
            Ok(Packet {
                code, identifier, ..
            }) => write!(f, " of {code} id {identifier}"),
            Err(_) => write!(f, ", {} octets", data.len()),
        },
        Code::TERMINATE_REQUEST | Code::TERMINATE_ACK if !data.is_empty() => {
            write!(f, " {}", Text(data))
        }
        Code::ECHO_REQUEST | Code::ECHO_REPLY | Code::DISCARD_REQUEST => {
            body(f, lcp::Echo::parse(data))
        }
        Code::PROTOCOL_REJECT => body(f, lcp::ProtocolReject::parse(data)),
        Code::IDENTIFICATION => body(f, lcp::Identification::parse(data)),
        Code::TIME_REMAINING => body(f, lcp::TimeRemaining::parse(data)),
        _ if data.is_empty() => Ok(()),
        _ => write!(f, ", {} octets", data.len()),
    }
}

fn option(f: &mut fmt::Formatter<'_>, protocol: Protocol, raw: RawOption<'_>) -> fmt::Result {
    fn either<T: fmt::Display>(
        f: &mut fmt::Formatter<'_>,
        raw: RawOption<'_>,
        option: Result<T, ParseError>,
    ) -> fmt::Result {
        match option {
            Ok(option) => option.fmt(f),
            Err(_) => write!(f, "malformed {raw}"),
        }
    }
    match protocol {
        Protocol::LCP => either(f, raw, lcp::ConfigOption::parse(raw)),
        Protocol::CCP | Protocol::LINK_CCP => either(f, raw, ccp::ConfigOption::parse(raw)),
        Protocol::IPCP => either(f, raw, ipcp::ConfigOption::parse(raw)),
        Protocol::IPV6CP => either(f, raw, ipv6cp::ConfigOption::parse(raw)),
        _ => raw.fmt(f),
    }
}

fn body(f: &mut fmt::Formatter<'_>, body: Result<impl fmt::Display, ParseError>) -> fmt::Result {
    match body {
        Ok(body) => write!(f, " {body}"),
        Err(error) => malformed(f, error),
    }
}

/// Whether it is MPPE, MPPC or another way of compression is not told by the packet: the bits are those of the first
/// two.
fn compressed(f: &mut fmt::Formatter<'_>, payload: &[u8]) -> fmt::Result {
    let mut reader = Reader::new(payload);
    match mppe::Header::parse(&mut reader) {
        Ok(header) => write!(f, " {header}, {} octets", reader.remaining()),
        Err(error) => malformed(f, error),
    }
}

fn malformed(f: &mut fmt::Formatter<'_>, error: ParseError) -> fmt::Result {
    write!(f, " (malformed: {error})")
}
