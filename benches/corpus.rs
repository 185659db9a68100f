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
pub struct Flow {
    /// What it is made of.
    pub name: &'static str,
    /// The packets.
    pub packets: Vec<Vec<u8>>,
}

/// Text, programs and tables: what can be compressed.
#[must_use]
pub fn compressible() -> Vec<Flow> {
    [
        (
            "english",
            &["/usr/share/common-licenses", "/usr/share/doc"][..],
            &["", "copyright"][..],
        ),
        ("perl", &["/usr/share/perl"], &["pm", "pl"]),
        (
            "tables",
            &["/var/lib/dpkg/status", "/var/lib/dpkg/info"],
            &["", "md5sums"],
        ),
        (
            "shell",
            &["/etc", "/usr/bin", "/var/lib/dpkg/info"],
            &["sh", "postinst", "prerm"],
        ),
        ("machine code", &["/bin/bash", "/usr/bin/perl"], &[""]),
        (
            "binary tables",
            &["/usr/share/zoneinfo", "/usr/lib/locale"],
            &[""],
        ),
        (
            "locale sources",
            &["/usr/share/i18n/locales", "/usr/share/terminfo"],
            &[""],
        ),
    ]
    .into_iter()
    .map(|(name, places, endings)| flow(name, places, endings))
    .filter(|flow| flow.packets.len() >= 50)
    .collect()
}

/// What is compressed already.
#[must_use]
pub fn incompressible() -> Flow {
    flow("compressed", &["/usr/share/doc", "/usr/share/man"], &["gz"])
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
