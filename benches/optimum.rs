//! The least that MPPC can make of packets: an exact search among all that RFC 2118 §4 can say of them, and every
//! decoder reads.

/// How many octets a history has.
const HISTORY: usize = 8192;

/// How many bits literals (§4.1) and offsets (§4.2.1) take: of the latter, those below so much.
const LITERALS: [u32; 2] = [8, 9];
const OFFSETS: [(usize, u32); 3] = [(64, 10), (320, 12), (HISTORY, 16)];

/// The shortest match (§4.2.2).
const SHORTEST: usize = 3;

const NOWHERE: u16 = u16::MAX;

/// One direction of a link, and how short its packets could be.
#[derive(Debug)]
pub struct Optimum {
    ring: Vec<u8>,
    /// Where the next packet goes, and up to where there is history, be it of an earlier lap.
    next: usize,
    filled: usize,
}

impl Default for Optimum {
    fn default() -> Self {
        Self {
            ring: vec![0; HISTORY],
            next: 0,
            filled: 0,
        }
    }
}

impl Optimum {
    /// How many octets the next packet takes at least. What does not get shorter goes as it is, and flushes the history.
    pub fn octets(&mut self, packet: &[u8]) -> usize {
        // The last octet of the ring is not used, and a source does not cross its end: some decoders refuse that.
        let start = if self.next + packet.len() < HISTORY {
            self.next
        } else {
            0
        };
        let end = start + packet.len();
        self.ring[start..end].copy_from_slice(packet);
        let octets = self.bits(start, end).div_ceil(8) as usize;
        if octets > packet.len() {
            (self.next, self.filled) = (0, 0);
            return packet.len();
        }
        self.next = end;
        self.filled = self.filled.max(end);
        octets
    }

    /// From the back: what the rest takes from each octet on.
    fn bits(&self, start: usize, end: usize) -> u32 {
        let matches = self.matches(start, end);
        let mut rest = vec![0; end - start + 1];
        for (at, longest) in matches.iter().enumerate().rev() {
            let literal = LITERALS[usize::from(self.ring[start + at] >> 7)];
            let mut least = literal + rest[at + 1];
            for (&longest, (_, offset)) in longest.iter().zip(OFFSETS) {
                for len in SHORTEST..=longest {
                    least = least.min(offset + length(len) + rest[at + len]);
                }
            }
            rest[at] = least;
        }
        rest[0]
    }

    /// The longest match at each octet, by what its offset takes. All that are shorter are there as well.
    fn matches(&self, start: usize, end: usize) -> Vec<[usize; OFFSETS.len()]> {
        let mut chains = Chains::default();
        // What an earlier lap has left behind the packet, which is the farthest, and then this lap.
        let left = self.filled.min(HISTORY - 1);
        for at in end..left {
            chains.add(&self.ring[..left], at);
        }
        let mut matches = Vec::new();
        for at in 0..end {
            if at >= start {
                matches.push(self.longest(&chains, at, end, left));
            }
            chains.add(&self.ring[..end], at);
        }
        matches
    }

    fn longest(
        &self,
        chains: &Chains,
        at: usize,
        end: usize,
        left: usize,
    ) -> [usize; OFFSETS.len()] {
        let mut longest = [0; OFFSETS.len()];
        let mut best = SHORTEST - 1;
        // The nearest comes first: one that is farther has to be longer to be of any use.
        for source in chains.sources(&self.ring[..end], at) {
            let (offset, limit) = if source < at {
                (at - source, end - at)
            } else {
                (at + HISTORY - source, (end - at).min(left - source))
            };
            let same = (0..limit).take_while(|&i| self.ring[source + i] == self.ring[at + i]);
            let len = same.count();
            if len > best {
                let class = OFFSETS.iter().position(|&(below, _)| offset < below);
                longest[class.expect("offsets are below 8192")] = len;
                best = len;
            }
            if best == end - at {
                break;
            }
        }
        longest
    }
}

/// How many bits the length of a match takes (§4.2.2).
const fn length(len: usize) -> u32 {
    if len == 3 { 1 } else { 2 * len.ilog2() }
}

/// Places by the three octets that start there, the newest first.
struct Chains {
    newest: Vec<u16>,
    before: Vec<u16>,
}

impl Default for Chains {
    fn default() -> Self {
        Self {
            newest: vec![NOWHERE; 1 << 13],
            before: vec![NOWHERE; HISTORY],
        }
    }
}

impl Chains {
    fn key(octets: &[u8], at: usize) -> Option<usize> {
        let [a, b, c] = octets.get(at..)?.first_chunk()?.map(usize::from);
        Some(((a * 0x9e5) ^ (b * 0x11b) ^ c) & ((1 << 13) - 1))
    }

    fn add(&mut self, octets: &[u8], at: usize) {
        if let Some(key) = Self::key(octets, at) {
            self.before[at] = std::mem::replace(&mut self.newest[key], at as u16);
        }
    }

    fn sources(&self, octets: &[u8], at: usize) -> impl Iterator<Item = usize> {
        let newest = Self::key(octets, at).map_or(NOWHERE, |key| self.newest[key]);
        let place = |&at: &u16| (at != NOWHERE).then_some(usize::from(at));
        std::iter::successors(place(&newest), move |&at| place(&self.before[at]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus;
    use pptp_mppc::level::Best;
    use pptp_mppc::{Compressor, Outcome};

    /// RFC 2118 §4: 25 literals, and matches of 15 octets 16 before, of 4 40 before, and of 3 19 before; 2 literals.
    #[test]
    fn does_the_example_of_the_rfc_as_the_rfc_does() {
        let text = b"for whom the bell tolls, the bell tolls for thee.";
        let bits = 25 * 8 + (10 + 6) + (10 + 4) + (10 + 1) + 2 * 8;
        let mut optimum = Optimum::default();
        assert_eq!(optimum.octets(text), usize::div_ceil(bits, 8));
        // And once more: all of it, 49 before.
        assert_eq!(optimum.octets(text), usize::div_ceil(10 + 10, 8));
    }

    #[test]
    fn nothing_is_shorter() {
        for flow in corpus::compressible() {
            let flow = flow.start(30);
            let (mut optimum, mut best) = (Optimum::default(), Compressor::<Best>::new());
            let mut sums = [0, 0];
            for packet in &flow.packets {
                let least = optimum.octets(packet);
                let mut out = vec![0; packet.len()];
                let outcome = best.compress(&[], packet, &mut out).expect("room enough");
                let len = match outcome {
                    Outcome::Compressed { len, .. } => len,
                    Outcome::Uncompressed { .. } => packet.len(),
                };
                assert!(least <= len, "{}: {least} and {len}", flow.name);
                sums = [sums[0] + least, sums[1] + len];
            }
            assert!(sums[0] * 5 > sums[1] * 4, "{}: {sums:?}", flow.name);
        }
    }
}
