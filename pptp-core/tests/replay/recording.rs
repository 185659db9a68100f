//! A captured session: what crossed the wire, and what the client saw inside the tunnel.

use pptp_core::ppp::wire::{Frame, Packet, Protocol};
use pptp_core::testkit::{Side, pcap};
use pptp_core::time::Instant;
use pptp_core::wire::GreHeader;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

const CLIENT: [u8; 4] = [10, 99, 1, 2];
const GRE: u8 = 47;
const TCP: u8 = 6;
const PPTP_PORT: u16 = 1723;
const LINKTYPE_LINUX_SLL: u32 = 113;

/// What crossed the wire at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// New octets of the control connection, in order.
    Control(Vec<u8>),
    /// The control connection's end in this direction.
    End,
    /// A datagram, from its GRE header on.
    Gre(Vec<u8>),
}

#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) at: Instant,
    pub(crate) from: Side,
    pub(crate) what: What,
}

/// A frame in a recorded datagram.
pub(crate) struct Framed<'a> {
    pub(crate) protocol: Protocol,
    /// Behind the Protocol field.
    pub(crate) information: &'a [u8],
}

impl<'a> Framed<'a> {
    pub(crate) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let (_, payload) = GreHeader::parse(datagram).ok()?;
        let frame = Frame::parse(payload).ok()?;
        Some(Self {
            protocol: frame.protocol,
            information: frame.payload,
        })
    }

    pub(crate) fn packet(&self) -> Option<Packet<'a>> {
        Packet::parse(self.information).ok()
    }
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/tests/captures"
    ))
    .join(file)
}

/// The names of all sessions there are.
pub(crate) fn names() -> Vec<String> {
    let files = fs::read_dir(path("")).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|file| file.strip_suffix(".pcap").map(str::to_owned))
        .filter(|name| !name.ends_with(".inner"))
        .collect();
    names.sort_unstable();
    names
}

/// Everything on the wire, in the order of its capture.
pub(crate) fn wire(name: &str) -> Vec<Record> {
    let file = fs::read(path(&format!("{name}.pcap"))).unwrap();
    let mut streams = [Stream::default(), Stream::default()];
    let mut records = Vec::new();
    for (at, packet) in pcap::read(&file) {
        let (from, stream) = match packet[12..16] == CLIENT {
            true => (Side::Client, &mut streams[0]),
            false => (Side::Server, &mut streams[1]),
        };
        let payload = &packet[20..];
        let mut note = |what| records.push(Record { at, from, what });
        match packet[9] {
            GRE => note(What::Gre(payload.to_vec())),
            TCP if stream.is_pptp(payload) => stream.push(payload).into_iter().for_each(note),
            _ => {}
        }
    }
    records
}

/// One direction of a TCP connection.
#[derive(Default)]
struct Stream {
    next: Option<u32>,
    /// Segments that came too early, by their number, and whether the stream ends with them.
    early: BTreeMap<u32, (Vec<u8>, bool)>,
    ended: bool,
}

impl Stream {
    fn is_pptp(&self, segment: &[u8]) -> bool {
        let port = |at| u16::from_be_bytes([segment[at], segment[at + 1]]);
        [port(0), port(2)].contains(&PPTP_PORT)
    }

    /// What has come in order with `segment`.
    fn push(&mut self, segment: &[u8]) -> Vec<What> {
        let number = u32::from_be_bytes(segment[4..8].try_into().unwrap());
        let data = &segment[usize::from(segment[12] >> 4) * 4..];
        let [fin, syn] = [1, 2].map(|flag| segment[13] & flag != 0);
        if syn {
            self.next = Some(number.wrapping_add(1));
        } else if !data.is_empty() || fin {
            self.early.insert(number, (data.to_vec(), fin));
        }
        let mut come = Vec::new();
        let Some(mut next) = self.next else {
            return come;
        };
        while let Some(entry) = self.early.first_entry() {
            // Numbers do not wrap in these captures.
            let Some(known) = next.checked_sub(*entry.key()) else {
                break;
            };
            let (data, fin) = entry.remove();
            if let Some(news) = data.get(known as usize..)
                && !news.is_empty()
            {
                next += news.len() as u32;
                come.push(What::Control(news.to_vec()));
            }
            if fin && !std::mem::replace(&mut self.ended, true) {
                come.push(What::End);
            }
        }
        self.next = Some(next);
        come
    }
}

/// What client and server sent inside the tunnel, as recorded there at the client: "cooked" by Linux, whose first two
/// octets are 4 for what the host itself sends, and whose packet starts at octet 16. Nothing where no tunnel came up.
pub(crate) fn inside(name: &str) -> [Vec<Vec<u8>>; 2] {
    let mut sent = [Vec::new(), Vec::new()];
    let Ok(file) = fs::read(path(&format!("{name}.inner.pcap"))) else {
        return sent;
    };
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    assert_eq!((word(0), word(20)), (0xa1b2_c3d4, LINKTYPE_LINUX_SLL));
    let mut at = 24;
    while at < file.len() {
        let len = word(at + 8) as usize;
        let frame = &file[at + 16..][..len];
        sent[usize::from(frame[..2] != [0, 4])].push(frame[16..].to_vec());
        at += 16 + len;
    }
    sent
}
