//! Which packets a network port that is for PPTP alone lets in.
//!
//! This is the "PPTP filtering" that Windows NT 4.0 had for its servers: nothing comes in but TCP to port 1723, and GRE that
//! carries PPP and belongs to a call that there is. A [`Filter`] decides about one IPv4 packet; it keeps nothing. It is for a
//! driver, a gateway or a user-space stack that sees all packets of a port, and for a raw socket, which gets GRE from
//! anybody.
//!
//! ```
//! use pptp_core::filter::{Accepted, Filter, Refused};
//! use core::net::Ipv4Addr;
//!
//! let server = Ipv4Addr::new(192, 0, 2, 1);
//! let filter = Filter::server(server);
//! // Calls by the peer's address and our id, as in the table that finds their sessions.
//! let is_call = |peer: Ipv4Addr, call_id: u16| (peer, call_id) == (Ipv4Addr::new(198, 51, 100, 7), 9);
//!
//! let mut packet = *b"\x45\x00\x00\x20\x00\x00\x40\x00\x40\x2f\x00\x00\xc6\x33\x64\x07\xc0\x00\x02\x01\
//!                     \x20\x81\x88\x0b\x00\x00\x00\x09\x00\x00\x00\x44";
//! assert!(matches!(filter.decide(&packet, is_call), Ok(Accepted::Tunnel { call_id: 9, .. })));
//! packet[27] = 8;
//! assert!(matches!(filter.decide(&packet, is_call), Err(Refused::UnknownCall { call_id: 8, .. })));
//! ```
//!
//! # What it does not do
//!
//! * Put fragments together: it is for packets that are whole, as they are behind the operating system's reassembly. A part
//!   shows neither ports nor a call, and is refused.
//! * Check sums, or follow TCP: that is for whoever takes the packet.
//! * Let in ICMP. A port without "fragmentation needed" (RFC 1191) takes an MTU that is known otherwise.
//! * Find out whether an address is forged. A call is known by 16 bits and an address: whoever can forge one can guess the
//!   other. What such a packet can do is bounded further in: see [`gre::Session`](crate::gre::Session) and MPPE.

#[cfg(test)]
mod tests;

use crate::codec::{ParseError, Reader};
use crate::gre::{GRE, Ipv4Header};
use crate::wire::GreHeader;
use core::fmt;
use core::net::Ipv4Addr;
use core::ops::Range;
use pptp_ppp::wire::Dotted;

/// The IP protocol of TCP.
const TCP: u8 = 6;

/// The TCP port of control connections (RFC 2637 §1.3.1).
pub const CONTROL_PORT: u16 = 1723;

/// What is let in, and for whom. The default port is 1723.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Filter {
    /// Our address; `None`: whatever the packets are for.
    pub address: Option<Ipv4Addr>,
    /// The one peer that there is; `None`: anybody.
    pub peer: Option<Ipv4Addr>,
    /// The port of control connections.
    pub port: u16,
    /// Whether we are the end that listens.
    pub listens: bool,
}

impl Filter {
    /// For a server at `address`: anybody may connect.
    #[must_use]
    pub const fn server(address: Ipv4Addr) -> Self {
        Self {
            address: Some(address),
            peer: None,
            port: CONTROL_PORT,
            listens: true,
        }
    }

    /// For a client of the server at `peer`: nobody else is heard, and nobody may connect.
    #[must_use]
    pub const fn client(peer: Ipv4Addr) -> Self {
        Self {
            address: None,
            peer: Some(peer),
            port: CONTROL_PORT,
            listens: false,
        }
    }

    /// Whether a packet is let in. `packet` starts with its IPv4 header; what is behind its own end is not looked at.
    /// `is_call` tells whether there is a call with the peer at that address that has that id of ours: those that are
    /// negotiated are calls as well, for it is in GRE that users are authenticated.
    ///
    /// # Errors
    /// [`Refused`] if it is not.
    pub fn decide(
        &self,
        packet: &[u8],
        is_call: impl FnOnce(Ipv4Addr, u16) -> bool,
    ) -> Result<Accepted, Refused> {
        let header = Ipv4Header::parse(packet)?;
        let (peer, destination) = (header.source, header.destination);
        if self.address.is_some_and(|ours| ours != destination) {
            return Err(Refused::NotOurs { destination });
        }
        if !is_somebody(peer) || peer == destination {
            return Err(Refused::NobodysAddress { peer });
        }
        if self.peer.is_some_and(|only| only != peer) {
            return Err(Refused::Stranger { peer });
        }
        if header.is_fragment {
            return Err(Refused::Fragment);
        }
        let payload = packet.get(header.payload.clone()).unwrap_or_default();
        match header.protocol {
            TCP => self.decide_tcp(peer, payload),
            GRE => {
                let (gre, _) = GreHeader::parse(payload).map_err(Refused::NotPptp)?;
                let call_id = gre.call_id;
                if !is_call(peer, call_id) {
                    return Err(Refused::UnknownCall { peer, call_id });
                }
                Ok(Accepted::Tunnel {
                    peer,
                    call_id,
                    datagram: header.payload,
                })
            }
            protocol => Err(Refused::Protocol { protocol }),
        }
    }

    fn decide_tcp(&self, peer: Ipv4Addr, segment: &[u8]) -> Result<Accepted, Refused> {
        const SYN: u8 = 0x02;
        const RST: u8 = 0x04;
        const ACK: u8 = 0x10;
        const FIN: u8 = 0x01;
        let mut reader = Reader::new(segment);
        let source = reader.u16("TCP Source Port")?;
        let destination = reader.u16("TCP Destination Port")?;
        reader.take(8, "TCP numbers")?;
        let header_len = usize::from(reader.u8("TCP Data Offset")? >> 4).saturating_mul(4);
        let flags = reader.u8("TCP flags")?;
        if header_len < 20 || header_len > segment.len() {
            return Err(ParseError::invalid("TCP Data Offset", 12).into());
        }
        let (port, theirs) = if self.listens {
            (destination, source)
        } else {
            (source, destination)
        };
        if port != self.port || theirs == 0 {
            return Err(Refused::Port {
                source,
                destination,
            });
        }
        // RFC 793 has an acknowledgment in all segments but the first one and some resets, and no end in the first.
        let is_first = flags & (SYN | ACK) == SYN;
        let is_odd = flags & (SYN | FIN) == SYN | FIN
            || flags & (SYN | RST) == SYN | RST
            || flags & (SYN | RST | ACK) == 0;
        if is_odd {
            return Err(Refused::Flags { flags });
        }
        if is_first && !self.listens {
            return Err(Refused::Opens { peer });
        }
        Ok(Accepted::Control {
            peer,
            port: theirs,
            opens: is_first,
        })
    }
}

/// Whether an address can be that of one other host: not "this" network, a loop, a group or the reserved ones, and not all
/// hosts (RFC 1122 §3.2.1.3, RFC 5735).
const fn is_somebody(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    !matches!(first, 0 | 127 | 224..=255)
}

/// What a packet that is let in is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Accepted {
    /// A segment of a control connection, for TCP.
    Control {
        /// Who sent it.
        peer: Ipv4Addr,
        /// The peer's port; ours, if we are the client.
        port: u16,
        /// Whether it is the first one: an [`Admission`](crate::admission::Admission) can be asked here as well.
        opens: bool,
    },
    /// A packet of a call, for its [`gre::Session`](crate::gre::Session).
    Tunnel {
        /// Who sent it.
        peer: Ipv4Addr,
        /// Our id of the call.
        call_id: u16,
        /// Where in the packet GRE is.
        datagram: Range<usize>,
    },
}

/// Why a packet is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refused {
    /// It is no IPv4 packet, or ends within the header of TCP.
    Malformed(ParseError),
    /// It is only a part of a packet.
    Fragment,
    /// It is for somebody else.
    NotOurs {
        /// Whom it is for.
        destination: Ipv4Addr,
    },
    /// It comes from an address that is no other host's.
    NobodysAddress {
        /// That address.
        peer: Ipv4Addr,
    },
    /// It comes from somebody who is not the one peer.
    Stranger {
        /// Who sent it.
        peer: Ipv4Addr,
    },
    /// It is neither TCP nor GRE.
    Protocol {
        /// Its IP protocol.
        protocol: u8,
    },
    /// It is TCP of something else.
    Port {
        /// From this port.
        source: u16,
        /// To this one.
        destination: u16,
    },
    /// Its flags of TCP are those of no segment that there is.
    Flags {
        /// They.
        flags: u8,
    },
    /// It opens a TCP connection to a client.
    Opens {
        /// Who sent it.
        peer: Ipv4Addr,
    },
    /// It is GRE of something else, or malformed (RFC 2637 §4.1).
    NotPptp(ParseError),
    /// It belongs to no call that there is with its sender.
    UnknownCall {
        /// Who sent it.
        peer: Ipv4Addr,
        /// The call that it is for.
        call_id: u16,
    },
}

impl From<ParseError> for Refused {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed: {error}"),
            Self::Fragment => f.write_str("a part of a packet"),
            Self::NotOurs { destination } => write!(f, "for {}", Dotted(*destination)),
            Self::NobodysAddress { peer } => {
                write!(f, "from {}, which is nobody's address", Dotted(*peer))
            }
            Self::Stranger { peer } => write!(f, "from {}, which is not the peer", Dotted(*peer)),
            Self::Protocol { protocol } => write!(f, "IP protocol {protocol}"),
            Self::Port {
                source,
                destination,
            } => write!(f, "TCP from port {source} to {destination}"),
            Self::Flags { flags } => write!(f, "TCP with flags 0x{flags:02x}"),
            Self::Opens { peer } => write!(f, "{} wants to connect", Dotted(*peer)),
            Self::NotPptp(error) => write!(f, "GRE that is not PPTP's: {error}"),
            Self::UnknownCall { peer, call_id } => {
                write!(
                    f,
                    "for call {call_id} of {}, which there is not",
                    Dotted(*peer)
                )
            }
        }
    }
}

impl core::error::Error for Refused {}
