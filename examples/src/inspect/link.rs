//! From captured frames to whole IP payloads: link headers off, fragments put together.

use etherparse::defrag::IpDefragPool;
use etherparse::{EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, SlicedPacket};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::capture::Frame;

/// How long the fragments of one packet may be apart (Linux waits as long).
const FRAGMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// How many fragments may come before old ones are looked for and thrown away.
const FRAGMENTS_BETWEEN_CLEANING: u32 = 1024;

/// The payload of one IP packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// When its last fragment was captured, since 1970.
    pub at: Duration,
    /// Who sent it.
    pub source: IpAddr,
    /// Who shall have it.
    pub destination: IpAddr,
    /// What the payload is: 1 for ICMP, 6 for TCP, 47 for GRE; others are left out.
    pub protocol: u8,
    /// What follows the IP header and its extensions.
    pub payload: Vec<u8>,
    /// Whether it came in several IP packets.
    pub fragmented: bool,
}

/// Takes link and IP headers off, and holds fragments until their packet is whole.
#[derive(Debug, Default)]
pub struct Defragmenter {
    pool: IpDefragPool<Duration, ()>,
    since_cleaning: u32,
    /// How many frames had a link type that is not known, by type.
    pub unknown_links: BTreeMap<i32, u64>,
    /// How many frames with an IP packet were cut or damaged.
    pub damaged: u64,
}

impl Defragmenter {
    /// Takes one frame, gives back the packet that it completes.
    pub fn push(&mut self, frame: Frame<'_>) -> Option<Datagram> {
        let Some((start, bytes)) = network(frame) else {
            *self.unknown_links.entry(frame.link.0).or_default() += 1;
            return None;
        };
        // Lax: what a short snapshot length or segmentation offload cut or left zero is read as far as it goes.
        let packet = match start {
            Start::Ethernet => LaxSlicedPacket::from_ethernet(bytes).ok()?,
            Start::EtherType(ether_type) => LaxSlicedPacket::from_ether_type(ether_type, bytes),
            Start::Ip => LaxSlicedPacket::from_ip(bytes).ok()?,
        };
        let (source, destination, payload) = match packet.net.as_ref()? {
            LaxNetSlice::Ipv4(ip) => (
                IpAddr::from(ip.header().source_addr()),
                IpAddr::from(ip.header().destination_addr()),
                ip.payload(),
            ),
            LaxNetSlice::Ipv6(ip) => (
                IpAddr::from(ip.header().source_addr()),
                IpAddr::from(ip.header().destination_addr()),
                ip.payload(),
            ),
            LaxNetSlice::Arp(_) => return None,
        };
        if !matches!(
            payload.ip_number,
            IpNumber::ICMP | IpNumber::TCP | IpNumber::GRE
        ) {
            return None;
        }
        if payload.incomplete {
            self.damaged += 1;
        }
        let mut datagram = Datagram {
            at: frame.at,
            source,
            destination,
            protocol: payload.ip_number.0,
            payload: Vec::new(),
            fragmented: payload.fragmented,
        };
        if !payload.fragmented {
            datagram.payload = payload.payload.to_vec();
            return Some(datagram);
        }
        datagram.payload = self.fragment(frame.at, start, bytes)?;
        Some(datagram)
    }

    fn fragment(&mut self, at: Duration, start: Start, bytes: &[u8]) -> Option<Vec<u8>> {
        self.since_cleaning += 1;
        if self.since_cleaning > FRAGMENTS_BETWEEN_CLEANING {
            self.since_cleaning = 0;
            self.pool
                .retain(|&seen| seen.saturating_add(FRAGMENT_TIMEOUT) >= at);
        }
        let sliced = match start {
            Start::Ethernet => SlicedPacket::from_ethernet(bytes),
            Start::EtherType(ether_type) => SlicedPacket::from_ether_type(ether_type, bytes),
            Start::Ip => SlicedPacket::from_ip(bytes),
        };
        let Ok(packet) = sliced else {
            self.damaged += 1;
            return None;
        };
        match self.pool.process_sliced_packet(&packet, at, ()) {
            Ok(whole) => whole.map(|whole| whole.payload),
            Err(_) => {
                self.damaged += 1;
                None
            }
        }
    }
}

/// What the octets of a frame start with.
#[derive(Debug, Clone, Copy)]
enum Start {
    Ethernet,
    EtherType(EtherType),
    Ip,
}

/// Takes off the link headers that etherparse does not know, by <https://www.tcpdump.org/linktypes.html>; `None` for
/// a link type that is not known.
fn network(frame: Frame<'_>) -> Option<(Start, &[u8])> {
    let data = frame.data;
    let ether_type = |at: usize, header: usize| {
        let kind = data.get(at..)?.first_chunk::<2>()?;
        Some((
            Start::EtherType(EtherType(u16::from_be_bytes(*kind))),
            data.get(header..)?,
        ))
    };
    // A frame that is shorter than its link header has nothing in it.
    let nothing = (Start::Ip, &[][..]);
    Some(match frame.link.0 {
        // NULL and LOOP: an address family in four octets, whose numbers differ between systems; the IP version says
        // as much.
        0 | 108 => (Start::Ip, data.get(4..).unwrap_or(&[])),
        1 => (Start::Ethernet, data),
        // RAW, IPV4, IPV6; 12 and 14 are what some systems call RAW, and get into files by mistake.
        12 | 14 | 101 | 228 | 229 => (Start::Ip, data),
        // LINUX_SLL and LINUX_SLL2, "cooked".
        113 => ether_type(14, 16).unwrap_or(nothing),
        276 => ether_type(0, 20).unwrap_or(nothing),
        _ => return None,
    })
}
