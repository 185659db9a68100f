//! An attacker on the path: sees everything, and drops, replays, delays, changes and forges what he likes. What he
//! has not are the password and the keys.

use super::dice::Dice;
use pptp_core::ppp::wire::{Frame, Protocol};
use pptp_core::testkit::{Kind, Packet, Side};
use pptp_core::time::Instant;
use pptp_core::wire::GreHeader;

/// What the packets of the attacker's own have in them.
pub const FORGED: &[u8] = b"!forged!";

/// How much of the conversation he remembers.
const MEMORY: usize = 64;

#[derive(Debug, Clone)]
pub struct Attacker {
    dice: Dice,
    seen: Vec<Packet>,
    held: Vec<Packet>,
    /// How many packets he lets pass before he begins, and how many for each that he attacks then.
    watches: usize,
    calm: usize,
    /// Whether he also changes what is encrypted: there is no integrity in MPPE, so that some of it gets through.
    pub flips_ciphertext: bool,
}

impl Attacker {
    pub fn new(mut dice: Dice) -> Self {
        Self {
            watches: dice.pick(&[0, 0, 12, 24, 40]),
            calm: dice.pick(&[2, 4, 8, 16, 32, 64]),
            dice,
            seen: Vec::new(),
            held: Vec::new(),
            flips_ciphertext: false,
        }
    }

    /// What crosses in place of `packet`.
    pub fn attack(&mut self, packet: &Packet, crossing: &mut Vec<Packet>) {
        if self.seen.len() >= MEMORY {
            self.seen.remove(0);
        }
        self.seen.push(packet.clone());
        self.watches = self.watches.saturating_sub(1);
        if self.watches > 0 || !self.dice.one_in(self.calm) {
            crossing.push(packet.clone());
            return;
        }
        match self.dice.below(16) {
            0 => {}
            1 => crossing.extend([packet.clone(), packet.clone()]),
            2 => self.held.push(packet.clone()),
            3 => {
                crossing.push(packet.clone());
                crossing.append(&mut self.held);
            }
            4 => {
                crossing.push(packet.clone());
                crossing.push(self.dice.pick(&self.seen));
            }
            5 => crossing.push(self.reflected(packet)),
            6 | 7 => crossing.push(self.changed(packet)),
            8 => crossing.extend([self.forged_control(packet), packet.clone()]),
            9..=12 => crossing.extend([self.forged_frame(packet), packet.clone()]),
            _ => crossing.extend([packet.clone(), self.forged_frame(packet)]),
        }
    }

    fn changed(&mut self, packet: &Packet) -> Packet {
        let mut packet = packet.clone();
        let encrypted = frame(&packet).is_some_and(|(_, _, frame)| {
            frame.first() == Some(&0xfd)
                || frame.starts_with(&[0, 0xfd])
                || frame.starts_with(&[0xff, 3, 0, 0xfd])
                || frame.starts_with(&[0xff, 3, 0xfd])
        });
        if packet.bytes.is_empty() || encrypted && !self.flips_ciphertext {
            return packet;
        }
        for _ in 0..=self.dice.below(3) {
            let place = self.dice.below(packet.bytes.len());
            packet.bytes[place] ^= self.dice.octet();
        }
        packet
    }

    /// Back to its sender, as if from the other end, with the call id that belongs there.
    fn reflected(&mut self, packet: &Packet) -> Packet {
        let mut packet = packet.clone();
        packet.from = packet.from.peer();
        if packet.kind == Kind::Gre
            && let Some((header, _, _)) = self.last_frame(packet.from)
        {
            packet.bytes[6..8].copy_from_slice(&header.call_id.to_be_bytes());
        }
        packet
    }

    /// The newest datagram with a frame that came from an end.
    fn last_frame(&self, from: Side) -> Option<(GreHeader, u32, Vec<u8>)> {
        let mut newest = self.seen.iter().rev().filter(|packet| packet.from == from);
        newest.find_map(frame)
    }

    /// A frame from either end, numbered as it should be, or nearly, or not at all.
    fn forged_frame(&mut self, cause: &Packet) -> Packet {
        let from = self.dice.pick(&[Side::Client, Side::Server]);
        let Some((header, sequence, _)) = self.last_frame(from) else {
            return self.forged_control(cause);
        };
        let ahead = match self.dice.below(8) {
            0..=4 => 1 + self.dice.below(4) as u32,
            5 => self.dice.below(300) as u32,
            6 => (self.dice.below(300) as u32).wrapping_neg(),
            _ => u32::from(self.dice.octet()) << 24,
        };
        let payload = self.payload(from);
        let header = GreHeader {
            payload_len: payload.len() as u16,
            call_id: header.call_id,
            sequence: Some(sequence.wrapping_add(ahead)),
            acknowledgment: (self.dice.one_in(4)).then(|| self.dice.below(300) as u32),
        };
        datagram(from, cause.at, header, &payload)
    }

    fn payload(&mut self, from: Side) -> Vec<u8> {
        let protocols = [
            0xc021, 0xc021, 0xc021, 0x80fd, 0x80fd, 0x8021, 0x8021, 0xc223, 0xc223, 0x21, 0xfd, 0,
        ];
        let mut protocol: u16 = self.dice.pick(&protocols);
        let packet = match protocol {
            0x21 => {
                let mut packet = vec![
                    0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1,
                ];
                packet.extend(FORGED);
                packet
            }
            0xfd => {
                let mut packet = vec![
                    0x90 & self.dice.octet() | 0x10 | self.dice.octet() & 15,
                    self.dice.octet(),
                ];
                packet.extend(self.dice.bytes(60));
                packet
            }
            0 => {
                protocol = u16::from_be_bytes([self.dice.octet() & 0xfe, self.dice.octet() | 1]);
                self.dice.bytes(40)
            }
            0xc223 => self.chap(from),
            _ => self.negotiation(from, protocol),
        };
        let mut payload = Vec::new();
        if protocol == 0xc021 || self.dice.one_in(2) {
            payload.extend([0xff, 3]);
        }
        payload.extend(protocol.to_be_bytes());
        payload.extend(packet);
        payload
    }

    /// A packet of LCP, CCP or IPCP, which answers what the other end has asked last if it answers at all.
    fn negotiation(&mut self, from: Side, protocol: u16) -> Vec<u8> {
        let asked = self.request(from.peer(), protocol);
        let own = self.request(from, protocol);
        let (mut identifier, options) = asked.unwrap_or_default();
        let code = self.dice.pick(&[
            1, 1, 1, 2, 3, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 13, 14, 14, 15, 0,
        ]);
        let data = match code {
            1 => {
                identifier = match self.dice.below(3) {
                    0 => own.as_ref().map_or(0, |own| own.0),
                    1 => own.as_ref().map_or(0, |own| own.0.wrapping_add(1)),
                    _ => self.dice.octet(),
                };
                match own {
                    Some((_, own)) if self.dice.one_in(2) => self.some_options(&own),
                    _ => self.any_options(protocol),
                }
            }
            2 => options,
            3 => self.any_options(protocol),
            4 => self.some_options(&options),
            7 => vec![self.dice.octet() & 15, 1, 0, 4],
            8 => {
                let rejected: u16 = self
                    .dice
                    .pick(&[0xfd, 0x80fd, 0x21, 0x8021, 0xc223, 0xc021]);
                [&rejected.to_be_bytes()[..], b"rest"].concat()
            }
            _ => self.dice.bytes(20),
        };
        if self.dice.one_in(16) {
            identifier = self.dice.octet();
        }
        packet(code, identifier, &data)
    }

    fn some_options(&mut self, options: &[u8]) -> Vec<u8> {
        let mut rest = options;
        let mut some = Vec::new();
        while let [_, len, ..] = rest {
            let (option, others) = rest.split_at(usize::from(*len).clamp(2, rest.len()));
            if self.dice.one_in(2) {
                some.extend(option);
            }
            rest = others;
        }
        some
    }

    fn any_options(&mut self, protocol: u16) -> Vec<u8> {
        let known: &[&[u8]] = match protocol {
            0xc021 => &[
                &[1, 4, 5, 0xdc],
                &[1, 4, 0, 128],
                &[3, 5, 0xc2, 0x23, 0x81],
                &[3, 4, 0xc0, 0x23],
                &[3, 5, 0xc2, 0x23, 5],
                &[5, 6, 1, 2, 3, 4],
                &[5, 6, 0, 0, 0, 0],
                &[7, 2],
                &[8, 2],
                &[13, 3, 6],
            ],
            0x80fd => &[
                &[18, 6, 1, 0, 0, 0x40],
                &[18, 6, 0, 0, 0, 0x40],
                &[18, 6, 0, 0, 0, 0x20],
                &[18, 6, 1, 0, 0, 0xe0],
                &[18, 6, 0, 0, 0, 0],
                &[18, 6, 1, 0, 0, 0x41],
                &[17, 5, 0, 1, 4],
            ],
            _ => &[
                &[3, 6, 0, 0, 0, 0],
                &[3, 6, 10, 0, 0, 2],
                &[3, 6, 6, 6, 6, 6],
                &[2, 6, 0, 0x2d, 15, 1],
                &[129, 6, 6, 6, 6, 6],
            ],
        };
        let mut options = Vec::new();
        for _ in 0..self.dice.below(3) {
            options.extend(self.dice.pick(known));
        }
        options
    }

    /// Identifier and options of the newest Configure-Request of an end.
    fn request(&self, from: Side, protocol: u16) -> Option<(u8, Vec<u8>)> {
        let mut newest = self.seen.iter().rev().filter(|packet| packet.from == from);
        newest.find_map(|packet| {
            let (_, _, frame) = frame(packet)?;
            let frame = Frame::parse(&frame).ok()?;
            match frame.payload {
                [1, identifier, _, _, options @ ..] if frame.protocol == Protocol(protocol) => {
                    Some((*identifier, options.to_vec()))
                }
                _ => None,
            }
        })
    }

    fn chap(&mut self, from: Side) -> Vec<u8> {
        let seen: Vec<Vec<u8>> = self
            .seen
            .iter()
            .filter_map(frame)
            .map(|it| it.2)
            .filter(|it| it.starts_with(&[0xc2, 0x23]))
            .collect();
        if !seen.is_empty() && self.dice.one_in(3) {
            // Somebody's Challenge, Response, Success: reflected or replayed.
            return self.dice.pick(&seen)[2..].to_vec();
        }
        let identifier = seen.last().map_or(1, |packet| packet[3]);
        let random: Vec<u8> = (0..16).map(|_| self.dice.octet()).collect();
        let _ = from;
        match self.dice.below(4) {
            0 => packet(
                1,
                identifier.wrapping_add(1),
                &[&[16], &random[..], b"server"].concat(),
            ),
            1 => packet(
                2,
                identifier,
                &[&[49], &random[..], &[0; 8], &[7; 24], &[0], b"alice"].concat(),
            ),
            2 => packet(
                3,
                identifier,
                b"S=0123456789ABCDEF0123456789ABCDEF01234567 M=in",
            ),
            _ => packet(
                4,
                identifier,
                b"E=691 R=1 C=0123456789ABCDEF0123456789ABCDEF V=3 M=no",
            ),
        }
    }

    fn forged_control(&mut self, cause: &Packet) -> Packet {
        let from = self.dice.pick(&[Side::Client, Side::Server]);
        let mut bytes = Vec::new();
        // Type and length of each message of RFC 2637 §2.
        let (kind, len): (u8, u16) = self.dice.pick(&[
            (1, 156),
            (2, 156),
            (3, 16),
            (4, 16),
            (5, 16),
            (6, 20),
            (7, 168),
            (8, 32),
            (9, 220),
            (10, 24),
            (11, 28),
            (12, 16),
            (13, 148),
            (14, 40),
            (15, 24),
            (16, 12),
        ]);
        bytes.extend(len.to_be_bytes());
        bytes.extend([0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, kind, 0, 0]);
        bytes.extend([
            0,
            self.dice.pick(&[0, 7, 9, 1]),
            self.dice.pick(&[0, 1, 7, 9]),
            self.dice.octet() & 7,
        ]);
        bytes.resize(usize::from(len), 0);
        if self.dice.one_in(16) {
            bytes = self.dice.bytes(200);
        }
        Packet {
            at: cause.at,
            from,
            kind: Kind::Control,
            bytes,
            forged: true,
        }
    }
}

/// Header, number and payload of a datagram, if it has the latter.
fn frame(packet: &Packet) -> Option<(GreHeader, u32, Vec<u8>)> {
    let (header, payload) = (packet.kind == Kind::Gre)
        .then(|| GreHeader::parse(&packet.bytes))?
        .ok()?;
    Some((header, header.sequence?, payload.to_vec()))
}

pub fn packet(code: u8, identifier: u8, data: &[u8]) -> Vec<u8> {
    let [high, low] = (4 + data.len() as u16).to_be_bytes();
    [&[code, identifier, high, low], data].concat()
}

pub fn datagram(from: Side, at: Instant, header: GreHeader, payload: &[u8]) -> Packet {
    let mut bytes = header.encode(&mut [0; 16]).expect("room").to_vec();
    bytes.extend(payload);
    Packet {
        at,
        from,
        kind: Kind::Gre,
        bytes,
        forged: true,
    }
}
