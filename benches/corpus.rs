//! Packets of what people send, made of files that every Debian machine has.

use std::fs;
use std::path::{Path, PathBuf};

/// The payload of a TCP segment, so that a packet with its headers has 1400 octets.
const SEGMENT: usize = 1400 - HEADERS;
/// A PPP protocol field and the headers of IP and TCP.
const HEADERS: usize = 2 + 40;
/// At the most so much of each kind.
const MOST: usize = 1 << 20;

/// Packets of one kind, in the order of a flow. Each starts with its PPP protocol field.
#[derive(Debug, Clone)]
pub struct Flow {
    /// What it is made of.
    pub name: &'static str,
    /// The packets.
    pub packets: Vec<Vec<u8>>,
}

/// Text, pages, programs and tables: what can be compressed. A kind that this machine has too little of is left out.
#[must_use]
pub fn compressible() -> Vec<Flow> {
    let mut flows = vec![
        flow(
            "text",
            &["/usr/share/common-licenses", "/usr/share/doc"],
            &["", "copyright"],
        ),
        or_made("html", html),
        flow(
            "source",
            &["/usr/include", "/usr/share/perl"],
            &["h", "pm", "pl"],
        ),
        flow(
            "scripts",
            &["/etc", "/usr/bin", "/var/lib/dpkg/info"],
            &["sh", "postinst", "prerm"],
        ),
        flow("elf", &["/bin/bash", "/usr/bin/perl"], &[""]),
        flow("logs", &["/var/log"], &["log"]),
        or_made("json", json),
        flow("sums", &["/var/lib/dpkg/info"], &["md5sums"]),
    ];
    flows.retain(Flow::is_enough);
    flows
}

/// What is compressed already.
#[must_use]
pub fn incompressible() -> Flow {
    let mut flow = flow(
        "packed",
        &[
            "/usr/share/doc",
            "/usr/share/man",
            "/var/cache/apt/archives",
        ],
        &["gz", "xz", "png", "deb"],
    );
    if !flow.is_enough() {
        flow.packets = packets(&noise());
    }
    flow
}

impl Flow {
    fn is_enough(&self) -> bool {
        self.packets.len() >= 50
    }

    /// Only so many packets of it, for what takes long.
    #[must_use]
    pub fn start(mut self, packets: usize) -> Self {
        self.packets.truncate(packets);
        self
    }
}

/// Of the machine's own files with the ending `name`, or, where it has none, what is made of the list of its packages.
fn or_made(name: &'static str, make: fn(&str) -> String) -> Flow {
    let found = flow(name, &["/usr/share"], &[name]);
    if found.is_enough() {
        return found;
    }
    let status = fs::read("/var/lib/dpkg/status").unwrap_or_default();
    let mut data = make(&String::from_utf8_lossy(&status)).into_bytes();
    data.truncate(MOST);
    Flow {
        name,
        packets: packets(&data),
    }
}

/// A list of packages as a page.
fn html(status: &str) -> String {
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<body>\n");
    for package in status.split("\n\n") {
        page.push_str("<table class=\"package\">\n");
        for (name, value) in package.lines().filter_map(|line| line.split_once(": ")) {
            let value = value.replace('&', "&amp;").replace('<', "&lt;");
            page.push_str(&format!(
                "  <tr><th scope=\"row\">{name}</th><td class=\"value\">{value}</td></tr>\n"
            ));
        }
        page.push_str("</table>\n");
    }
    page
}

/// A list of packages as an answer of some server's.
fn json(status: &str) -> String {
    let mut answer = String::from("{\"packages\":[");
    for package in status.split("\n\n") {
        let fields: Vec<_> = package
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| format!("{:?}:{value:?}", name.to_lowercase()))
            .collect();
        answer.push_str(&format!("{{{}}},", fields.join(",")));
    }
    answer
}

/// Octets without any order.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state.to_le_bytes())
    };
    std::iter::from_fn(next).take(MOST / 16).flatten().collect()
}

fn flow(name: &'static str, places: &[&str], endings: &[&str]) -> Flow {
    let mut data = Vec::new();
    for place in places {
        gather(Path::new(place), endings, &mut data);
    }
    data.truncate(MOST);
    Flow {
        name,
        packets: packets(&data),
    }
}

/// Appends the files with one of the endings, in the order of their names.
fn gather(place: &Path, endings: &[&str], data: &mut Vec<u8>) {
    if data.len() >= MOST {
        return;
    }
    if place.is_symlink() {
        return;
    }
    if place.is_dir() {
        let mut inside: Vec<PathBuf> = fs::read_dir(place)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        inside.sort();
        for path in inside {
            gather(&path, endings, data);
        }
    } else {
        let name = place
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        if endings.contains(&ending) || endings.contains(&name) {
            data.extend(fs::read(place).unwrap_or_default());
        }
    }
}

/// A flow of TCP segments with `data`: the headers change as those of a real one do.
#[must_use]
pub fn packets(data: &[u8]) -> Vec<Vec<u8>> {
    let mut sequence = 0x1234_5678_u32;
    data.chunks(SEGMENT)
        .zip(0x4000_u16..)
        .map(|(segment, id)| {
            let total = u16::try_from(segment.len() + 40).unwrap_or(0);
            let mut packet = vec![0x00, 0x21, 0x45, 0x00];
            packet.extend(total.to_be_bytes());
            packet.extend(id.to_be_bytes());
            packet.extend([0x40, 0x00, 64, 6]);
            packet.extend((!id.wrapping_add(total)).to_be_bytes());
            packet.extend([10, 1, 2, 3, 192, 168, 7, 9, 0xc3, 0x50, 0x00, 0x50]);
            packet.extend(sequence.to_be_bytes());
            packet.extend([0x21, 0x43, 0x65, 0x87, 0x80, 0x18, 0x01, 0xf6]);
            packet.extend(checksum(segment).to_be_bytes());
            packet.extend([0, 0]);
            packet.extend(segment);
            sequence = sequence.wrapping_add(u32::from(total - 40));
            packet
        })
        .collect()
}

fn checksum(segment: &[u8]) -> u16 {
    segment.chunks(2).fold(0_u16, |sum, pair| {
        let word = u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]);
        let (sum, carry) = sum.overflowing_add(word);
        sum + u16::from(carry)
    })
}
