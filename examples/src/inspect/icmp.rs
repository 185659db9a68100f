//! Errors that the network reports of a session's packets: the usual end of a tunnel whose GRE is blocked.

use etherparse::{IpNumber, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use std::net::IpAddr;

use super::control::PORT;
use super::link::Datagram;

/// Destination Unreachable (RFC 792).
const UNREACHABLE: u8 = 3;
/// Time Exceeded (RFC 792).
const TIME_EXCEEDED: u8 = 11;

/// A packet of a session did not arrive, and somebody said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// Who sent the packet.
    pub source: IpAddr,
    /// For whom it was.
    pub destination: IpAddr,
    /// For a GRE packet the call id in it; without one it was of the control connection.
    pub call_id: Option<u16>,
    /// What was said.
    pub text: String,
}

/// Reads an ICMP message; `None` if it is not about a packet of PPTP.
#[must_use]
pub fn undelivered(datagram: &Datagram) -> Option<Undelivered> {
    // Type, Code, Checksum, four octets that depend on the code, and the packet's start.
    let (&[kind, code, _, _, _, _, mtu_high, mtu_low], quoted) =
        datagram.payload.split_first_chunk::<8>()?;
    let why = match (kind, code) {
        (UNREACHABLE, 0) => "network unreachable".to_owned(),
        (UNREACHABLE, 1) => "host unreachable".to_owned(),
        (UNREACHABLE, 2) => "protocol unreachable".to_owned(),
        (UNREACHABLE, 3) => "port unreachable".to_owned(),
        (UNREACHABLE, 4) => {
            let mtu = u16::from_be_bytes([mtu_high, mtu_low]);
            format!("fragmentation needed (MTU {mtu})")
        }
        (UNREACHABLE, 9 | 10 | 13) => "administratively prohibited".to_owned(),
        (UNREACHABLE, code) => format!("unreachable, code {code}"),
        (TIME_EXCEEDED, 0) => "time to live exceeded".to_owned(),
        (TIME_EXCEEDED, _) => "fragments did not all arrive in time".to_owned(),
        _ => return None,
    };
    let packet = LaxSlicedPacket::from_ip(quoted).ok()?;
    let Some(LaxNetSlice::Ipv4(ip)) = &packet.net else {
        return None;
    };
    let payload = ip.payload();
    let (what, call_id) = match payload.ip_number {
        IpNumber::GRE => {
            // The call id is the second half of the key, and within the eight octets that are always quoted.
            let id = payload.payload.get(6..8)?.first_chunk()?;
            ("GRE", Some(u16::from_be_bytes(*id)))
        }
        IpNumber::TCP => {
            let ports = match &packet.transport {
                Some(TransportSlice::Tcp(tcp)) => [tcp.source_port(), tcp.destination_port()],
                // Eight octets are no whole header.
                _ => {
                    let &[a, b, c, d] = payload.payload.first_chunk()?;
                    [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
                }
            };
            if !ports.contains(&PORT) {
                return None;
            }
            ("the control connection", None)
        }
        _ => return None,
    };
    Some(Undelivered {
        source: ip.header().source_addr().into(),
        destination: ip.header().destination_addr().into(),
        call_id,
        text: format!("{why}: {what}, says {}", datagram.source),
    })
}
