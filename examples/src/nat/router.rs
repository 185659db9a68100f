//! What becomes of each packet.

use super::fragments::{Fragments, Key, Way, renumber};
use super::ports::Ports;
use etherparse::{IpNumber, Ipv4HeaderSlice, TcpSlice};
use pptp_core::Discard;
use pptp_core::alg::{Config, End, Event, Flow, Gateway, Refusal, Side, readdress};
use pptp_core::time::Instant;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};

/// The TCP port of PPTP's servers.
const PPTP: u16 = 1723;

const GRE: IpNumber = IpNumber::GRE;

/// How many control connections are followed, and how many calls.
const CONNECTIONS: usize = 1024;
const CALLS: usize = 1024;

/// Why a packet does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// It is neither TCP between a client and port 1723 of a server, nor GRE, or it is no whole packet.
    Other,
    /// The library refuses the segment.
    Control(Refusal),
    /// It belongs to a connection that has no port, as its beginning was not seen or there is none left.
    NoPort,
    /// It belongs to no call.
    Gre(Discard),
    /// It is a part of a packet whose first part was not seen.
    Fragment,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other => f.write_str("not PPTP"),
            Self::Control(refusal) => write!(f, "control connection: {refusal}"),
            Self::NoPort => f.write_str("control connection: it has no port"),
            Self::Gre(discard) => write!(f, "GRE: {discard}"),
            Self::Fragment => f.write_str("GRE: a fragment without the first one"),
        }
    }
}

/// A NAT with one address outside.
#[derive(Debug)]
pub struct Router {
    public: Ipv4Addr,
    gateway: Box<Gateway<CONNECTIONS, CALLS>>,
    ports: Ports,
    fragments: Fragments,
    /// The Identification that the last packet out got.
    identification: u16,
}

impl Router {
    /// A NAT whose call ids start somewhere.
    #[must_use]
    pub fn new(public: Ipv4Addr, first_call_id: u16) -> Self {
        let mut config = Config::new();
        config.first_call_id = first_call_id;
        Self {
            public,
            gateway: Box::new(Gateway::new(config)),
            ports: Ports::default(),
            fragments: Fragments::default(),
            identification: 0,
        }
    }

    /// Something that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.gateway.poll_event()
    }

    /// When there is something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.gateway.next_timeout()
    }

    /// Does it.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.gateway.handle_timeout(now);
    }

    /// Counters, as a line.
    #[must_use]
    pub fn counts(&self) -> String {
        let stats = self.gateway.stats();
        format!(
            "connections: {} now, {} in all; calls: {}; GRE packets: {} passed, {} dropped; segments refused: {} no room, \
             {} out of order, {} malformed",
            self.gateway.connections(),
            stats.connections,
            self.gateway.flows().count(),
            stats.gre_passed,
            stats.gre_dropped,
            stats.no_room,
            stats.gaps,
            stats.malformed,
        )
    }

    /// Makes a packet from one side one for the other side.
    ///
    /// # Errors
    /// Why it does not go on.
    pub fn forward<'p>(&mut self, now: Instant, packet: &'p mut [u8]) -> Result<&'p [u8], Dropped> {
        let header = Ipv4HeaderSlice::from_slice(packet).map_err(|_| Dropped::Other)?;
        let from = if header.destination_addr() == self.public {
            Side::Outside
        } else {
            Side::Inside
        };
        match header.protocol() {
            IpNumber::TCP if !header.is_fragmenting_payload() => {
                self.forward_tcp(now, from, packet)
            }
            GRE => self.forward_gre(now, from, packet),
            _ => Err(Dropped::Other),
        }
    }

    fn forward_tcp<'p>(
        &mut self,
        now: Instant,
        from: Side,
        packet: &'p mut [u8],
    ) -> Result<&'p [u8], Dropped> {
        let [source, destination] = ends(packet).ok_or(Dropped::Other)?;
        let (end, address, flow) = match from {
            Side::Inside if destination.port() == PPTP => {
                let flow = Flow {
                    inside: source,
                    outside: destination,
                };
                (End::Source, self.public, flow)
            }
            Side::Outside if source.port() == PPTP => {
                let flow = self.ports.flow(destination.port());
                let flow = flow
                    .filter(|flow| flow.outside == source)
                    .ok_or(Dropped::NoPort)?;
                (End::Destination, *flow.inside.ip(), flow)
            }
            _ => return Err(Dropped::Other),
        };
        let kept = self
            .gateway
            .handle_packet(now, flow, from, packet)
            .map_err(Dropped::Control)?;
        let port = match from {
            Side::Outside => Some(flow.inside.port()),
            Side::Inside if self.gateway.knows(flow) => {
                let gateway = &self.gateway;
                self.ports.give(flow, |flow| gateway.knows(*flow))
            }
            Side::Inside => self.ports.get(&flow),
        };
        let port = port.ok_or(Dropped::NoPort)?;
        readdress(kept, end, address, Some(port)).map_err(|_| Dropped::Other)?;
        Ok(kept)
    }

    fn forward_gre<'p>(
        &mut self,
        now: Instant,
        from: Side,
        packet: &'p mut [u8],
    ) -> Result<&'p [u8], Dropped> {
        let header = Ipv4HeaderSlice::from_slice(packet).map_err(|_| Dropped::Other)?;
        let key = Key {
            source: header.source_addr(),
            destination: header.destination_addr(),
            identification: header.identification(),
        };
        let is_first = header.fragments_offset().value() == 0;
        let is_part = header.is_fragmenting_payload();
        let may_be_cut = is_part || !header.dont_fragment();
        let start = header.slice().len();
        let way = if is_first {
            let datagram = packet.get_mut(start..).unwrap_or_default();
            let address = match from {
                Side::Inside => {
                    let call = self.gateway.handle_gre_from_inside(
                        now,
                        key.source,
                        key.destination,
                        datagram,
                    );
                    call.map(|_| self.public)
                }
                Side::Outside => {
                    let call = self.gateway.handle_gre_from_outside(key.source, datagram);
                    call.map(|call| call.inside)
                }
            };
            let way = Way {
                address: address.map_err(Dropped::Gre)?,
                identification: (from == Side::Inside && may_be_cut)
                    .then(|| self.next_identification()),
            };
            if is_part {
                self.fragments.insert(key, way);
            }
            way
        } else {
            self.fragments.get(&key).ok_or(Dropped::Fragment)?
        };
        let end = match from {
            Side::Inside => End::Source,
            Side::Outside => End::Destination,
        };
        readdress(packet, end, way.address, None).map_err(|_| Dropped::Other)?;
        if let Some(identification) = way.identification {
            renumber(packet, identification);
        }
        Ok(packet)
    }

    const fn next_identification(&mut self) -> u16 {
        self.identification = self.identification.wrapping_add(1);
        self.identification
    }
}

/// The ends of a TCP connection, as a packet has them.
fn ends(packet: &[u8]) -> Option<[SocketAddrV4; 2]> {
    let header = Ipv4HeaderSlice::from_slice(packet).ok()?;
    let tcp = TcpSlice::from_slice(packet.get(header.slice().len()..)?).ok()?;
    Some([
        SocketAddrV4::new(header.source_addr(), tcp.source_port()),
        SocketAddrV4::new(header.destination_addr(), tcp.destination_port()),
    ])
}

#[cfg(test)]
mod tests;
