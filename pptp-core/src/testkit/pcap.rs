//! Capture files in the classic pcap format, as Wireshark, tshark and tcpdump read and write them.

use super::{Kind, Packet, Side};
use crate::alg::checksum;
use crate::time::Instant;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddrV4};

/// Raw IP packets, with nothing in front of them.
const LINKTYPE_RAW: u32 = 101;
/// Ethernet frames.
const LINKTYPE_ETHERNET: u32 = 1;

const GRE: u8 = 47;
const TCP: u8 = 6;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// Whom a [log](write) is between.
const CLIENT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 49_152);
const SERVER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 1), 1723);

/// Makes a capture file of a [log](super::Sim::log): IPv4 packets between 192.0.2.1, the client, and 198.51.100.1.
///
/// As in the log there are no losses in the control connection.
///
/// # Panics
/// If something is too long for one IPv4 packet.
#[must_use]
pub fn write(log: &[Packet]) -> Vec<u8> {
    let mut file = Writer::new(CLIENT, SERVER);
    for Packet {
        at,
        from,
        kind,
        bytes,
        ..
    } in log
    {
        match kind {
            Kind::Gre => file.gre(*at, *from, bytes),
            Kind::Control => file.control(*at, *from, bytes),
            Kind::Close => file.close(*at, *from),
        }
    }
    file.octets
}

/// Makes a capture file of what a client and a server send each other, bit by bit.
///
/// The control connection becomes a TCP connection from its handshake on, without acknowledgments of its own.
#[derive(Debug, Clone)]
pub struct Writer {
    octets: Vec<u8>,
    /// The Identification of the next IPv4 packet.
    identification: u16,
    connection: Option<Connection>,
    client: SocketAddrV4,
    server: SocketAddrV4,
}

/// A TCP connection: the next sequence number of each end, and whether it has ended.
#[derive(Debug, Clone)]
struct Connection {
    next: [u32; 2],
    ended: [bool; 2],
}

impl Writer {
    /// A file with nothing in it yet, of what crosses between these.
    #[must_use]
    pub fn new(client: SocketAddrV4, server: SocketAddrV4) -> Self {
        let mut octets = Vec::new();
        octets.extend(0xa1b2_c3d4_u32.to_le_bytes());
        octets.extend([2, 0, 4, 0]);
        octets.extend([0; 8]);
        octets.extend(0xffff_u32.to_le_bytes());
        octets.extend(LINKTYPE_RAW.to_le_bytes());
        Self {
            octets,
            identification: 1,
            connection: None,
            client,
            server,
        }
    }

    /// What follows is another connection, between these.
    pub fn reconnect(&mut self, client: SocketAddrV4, server: SocketAddrV4) {
        self.connection = None;
        (self.client, self.server) = (client, server);
    }

    /// What has been added to the file and not been cleared yet.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Forgets what was added to the file: the caller has put it elsewhere.
    pub fn clear(&mut self) {
        self.octets.clear();
    }

    /// Adds a part of the control connection.
    ///
    /// # Panics
    /// If it is too long for one IPv4 packet.
    pub fn control(&mut self, at: Instant, from: Side, bytes: &[u8]) {
        self.handshake(at);
        self.tcp(at, from, PSH | ACK, bytes);
    }

    /// Adds a GRE packet, from its GRE header on.
    ///
    /// # Panics
    /// If it is too long for one IPv4 packet.
    pub fn gre(&mut self, at: Instant, from: Side, datagram: &[u8]) {
        self.ipv4(at, from, GRE, datagram);
    }

    /// Adds that one end has closed the control connection. Where both have, the next one is from another port.
    ///
    /// # Panics
    /// Never.
    pub fn close(&mut self, at: Instant, from: Side) {
        self.handshake(at);
        self.tcp(at, from, FIN | ACK, &[]);
        let ended = self
            .connection
            .as_ref()
            .is_some_and(|connection| connection.ended == [true; 2]);
        if ended {
            self.tcp(at, from.peer(), ACK, &[]);
            self.connection = None;
            self.client.set_port(self.client.port().wrapping_add(1));
        }
    }

    /// Adds a whole IP packet.
    ///
    /// # Panics
    /// If it is too long for one.
    pub fn packet(&mut self, at: Instant, packet: &[u8]) {
        self.record(at, &[packet]);
    }

    fn handshake(&mut self, at: Instant) {
        if self.connection.is_some() {
            return;
        }
        self.connection = Some(Connection {
            next: [1000, 2000],
            ended: [false; 2],
        });
        self.tcp(at, Side::Client, SYN, &[]);
        self.tcp(at, Side::Server, SYN | ACK, &[]);
        self.tcp(at, Side::Client, ACK, &[]);
    }

    fn tcp(&mut self, at: Instant, from: Side, flags: u8, payload: &[u8]) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        let (own, peer) = match from {
            Side::Client => (0, 1),
            Side::Server => (1, 0),
        };
        let sequence = connection.next[own];
        let acknowledgment = if flags & ACK == 0 {
            0
        } else {
            connection.next[peer]
        };
        let len = u32::try_from(payload.len()).expect("it fits into an IPv4 packet");
        // SYN and FIN take up a number each (RFC 9293 §3.4).
        let counted = len + u32::from(flags & (SYN | FIN) != 0);
        connection.next[own] = sequence.wrapping_add(counted);
        connection.ended[own] |= flags & FIN != 0;

        let ports = [self.address(from).port(), self.address(from.peer()).port()];
        let mut segment = ports.map(u16::to_be_bytes).concat();
        segment.extend(sequence.to_be_bytes());
        segment.extend(acknowledgment.to_be_bytes());
        segment.extend([5 << 4, flags]);
        segment.extend(0xffff_u16.to_be_bytes());
        segment.extend([0; 4]);
        segment.extend(payload);
        let mut pseudo_header = self.addresses(from).concat();
        pseudo_header.extend([0, TCP]);
        pseudo_header.extend(u16::try_from(segment.len()).expect("it fits").to_be_bytes());
        let checksum = checksum(&[&pseudo_header, &segment]);
        segment[16..18].copy_from_slice(&checksum.to_be_bytes());
        self.ipv4(at, from, TCP, &segment);
    }

    fn ipv4(&mut self, at: Instant, from: Side, protocol: u8, payload: &[u8]) {
        let total = u16::try_from(20 + payload.len()).expect("it fits into an IPv4 packet");
        let mut header = [0; 20];
        header[0] = 0x45;
        header[2..4].copy_from_slice(&total.to_be_bytes());
        header[4..6].copy_from_slice(&self.identification.to_be_bytes());
        header[8..10].copy_from_slice(&[64, protocol]);
        let [source, destination] = self.addresses(from);
        header[12..16].copy_from_slice(&source);
        header[16..].copy_from_slice(&destination);
        let checksum = checksum(&[&header]);
        header[10..12].copy_from_slice(&checksum.to_be_bytes());
        self.identification = self.identification.wrapping_add(1);
        self.record(at, &[&header, payload]);
    }

    fn record(&mut self, at: Instant, parts: &[&[u8]]) {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        let len = u16::try_from(len).expect("it is an IP packet");
        let micros = at.as_micros();
        let seconds = u32::try_from(micros / 1_000_000).unwrap_or(u32::MAX);
        self.octets.extend(seconds.to_le_bytes());
        self.octets
            .extend(((micros % 1_000_000) as u32).to_le_bytes());
        self.octets.extend(u32::from(len).to_le_bytes());
        self.octets.extend(u32::from(len).to_le_bytes());
        for part in parts {
            self.octets.extend_from_slice(part);
        }
    }

    const fn address(&self, side: Side) -> SocketAddrV4 {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    fn addresses(&self, from: Side) -> [[u8; 4]; 2] {
        [from, from.peer()].map(|side| self.address(side).ip().octets())
    }
}

/// Reads a capture file: the IPv4 packets in it, fragments put together, with the time of (the last fragment of) each.
///
/// It takes the classic format, in either byte order, of raw IP packets or Ethernet frames; the captures of others, that
/// is, in tests. Whatever is not IPv4 is left out, and so is what the file cuts short.
#[must_use]
pub fn read(file: &[u8]) -> Vec<(Instant, Vec<u8>)> {
    let big_endian = file.starts_with(&[0xa1, 0xb2, 0xc3, 0xd4]);
    let u32_at = |at: usize| {
        let octets: [u8; 4] = file.get(at..at + 4)?.try_into().ok()?;
        Some(if big_endian {
            u32::from_be_bytes(octets)
        } else {
            u32::from_le_bytes(octets)
        })
    };
    let mut packets = Vec::new();
    let mut fragments = BTreeMap::new();
    let mut at = 24;
    while let (Some(seconds), Some(micros), Some(len)) =
        (u32_at(at), u32_at(at + 4), u32_at(at + 8))
    {
        at += 16;
        let Some(frame) = file.get(at..at + len as usize) else {
            break;
        };
        at += len as usize;
        let time = Instant::from_micros(u64::from(seconds) * 1_000_000 + u64::from(micros));
        let packet = match u32_at(20) {
            Some(LINKTYPE_RAW) => frame,
            Some(LINKTYPE_ETHERNET) if frame.get(12..14) == Some(&[8, 0]) => &frame[14..],
            _ => continue,
        };
        if let Some(packet) = ipv4(packet) {
            packets.extend(whole(packet, &mut fragments).map(|packet| (time, packet)));
        }
    }
    packets
}

/// The IPv4 packet in a frame, which may be padded.
fn ipv4(frame: &[u8]) -> Option<&[u8]> {
    let total = u16::from_be_bytes(frame.get(2..4)?.try_into().ok()?);
    let packet = frame.get(..usize::from(total))?;
    (packet.len() >= 20 && packet[0] == 0x45).then_some(packet)
}

/// The parts of a packet by their offset, and whether more follow behind each.
type Parts = BTreeMap<usize, (bool, Vec<u8>)>;

/// The packet, if it is a whole one or completes one.
fn whole(packet: &[u8], fragments: &mut BTreeMap<Vec<u8>, Parts>) -> Option<Vec<u8>> {
    let more_follow = packet[6] & 0x20 != 0;
    let offset = 8 * usize::from(u16::from_be_bytes([packet[6] & 0x1f, packet[7]]));
    if offset == 0 && !more_follow {
        return Some(packet.to_vec());
    }
    // Identification, protocol and addresses (RFC 791 §3.2).
    let key = [&packet[4..6], &packet[9..10], &packet[12..20]].concat();
    let parts = fragments.entry(key.clone()).or_default();
    parts.insert(offset, (more_follow, packet[20..].to_vec()));
    let mut whole = packet[..20].to_vec();
    for (&offset, (_, part)) in parts.iter() {
        if whole.len() != 20 + offset {
            return None;
        }
        whole.extend(part);
    }
    let (_, (more_follow, _)) = parts.last_key_value()?;
    let total = u16::try_from(whole.len()).ok().filter(|_| !more_follow)?;
    fragments.remove(&key);
    whole[2..4].copy_from_slice(&total.to_be_bytes());
    whole[6..8].fill(0);
    whole[10..12].fill(0);
    let checksum = checksum(&[&whole[..20]]);
    whole[10..12].copy_from_slice(&checksum.to_be_bytes());
    Some(whole)
}

#[cfg(test)]
mod tests;
