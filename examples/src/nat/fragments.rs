//! Parts of packets. Only the first one has a GRE header: what it is, the others are.

use pptp_core::alg::replace_word;
use std::collections::VecDeque;
use std::net::Ipv4Addr;

/// Of how many packets the first part is remembered.
const REMEMBERED: usize = 256;

/// Where Identification is in an IPv4 header, and the checksum.
const IDENTIFICATION_AT: usize = 4;
const CHECKSUM_AT: usize = 10;

/// What all parts of a packet have, and no other packet on its way between the same ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Where it comes from.
    pub source: Ipv4Addr,
    /// Where it goes.
    pub destination: Ipv4Addr,
    /// Its Identification.
    pub identification: u16,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Its new address.
    pub address: Ipv4Addr,
    /// Its new Identification, if it gets one.
    pub identification: Option<u16>,
}

/// The packets of which the first part has come. A part that comes before the first one is lost.
#[derive(Debug, Default)]
pub struct Fragments(VecDeque<(Key, Way)>);

impl Fragments {
    /// Takes note of a first part.
    pub fn insert(&mut self, key: Key, way: Way) {
        self.0.retain(|(old, _)| *old != key);
        self.0.truncate(REMEMBERED - 1);
        self.0.push_front((key, way));
    }

    /// What the first part was.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Way> {
        let mut entries = self.0.iter();
        entries.find(|(known, _)| known == key).map(|(_, way)| *way)
    }
}

/// Gives a packet another Identification: behind one address there are many that count for themselves.
pub fn renumber(packet: &mut [u8], identification: u16) {
    let mut swap = |at: usize, new: u16| {
        let word = packet.get_mut(at..).and_then(<[u8]>::first_chunk_mut);
        word.map_or(0, |word| {
            u16::from_be_bytes(std::mem::replace(word, new.to_be_bytes()))
        })
    };
    let old = swap(IDENTIFICATION_AT, identification);
    let checksum = swap(CHECKSUM_AT, 0);
    swap(CHECKSUM_AT, replace_word(checksum, old, identification));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_remembered() {
        let key = |identification| Key {
            source: Ipv4Addr::new(10, 0, 0, 1),
            destination: Ipv4Addr::new(10, 0, 0, 2),
            identification,
        };
        let way = |identification| Way {
            address: Ipv4Addr::new(10, 0, 0, 3),
            identification: Some(identification),
        };
        let mut fragments = Fragments::default();
        for identification in 0..300 {
            fragments.insert(key(identification), way(identification));
        }
        fragments.insert(key(299), way(7));
        assert_eq!(fragments.get(&key(299)), Some(way(7)));
        assert_eq!(fragments.get(&key(45)), Some(way(45)));
        assert_eq!(fragments.get(&key(43)), None);
    }
}
