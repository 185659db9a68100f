//! One direction of a TCP connection, put together from its segments.

use std::collections::BTreeMap;

/// How much may wait behind a hole, in octets, before the hole is given up: far more than any window of a control
/// connection.
const WAITING: usize = 256 << 10;

/// Puts the segments of one direction in order.
///
/// What the receiver acknowledged but the capture has not got is skipped: [`Stream::skipped`] says so.
#[derive(Debug, Default)]
pub struct Stream {
    /// The sequence number of the next octet, once any segment was seen.
    next: Option<u32>,
    /// Segments that came too early, by how far they are ahead of the first octet of the connection.
    waiting: BTreeMap<u64, Vec<u8>>,
    /// How many octets came before `next`, so that early segments sort right over a wrap of the sequence number.
    passed: u64,
    ready: Vec<u8>,
    skipped: u64,
}

impl Stream {
    /// A SYN with this sequence number: what follows it is the start of the stream.
    pub fn open(&mut self, sequence: u32) {
        *self = Self {
            next: Some(sequence.wrapping_add(1)),
            ..Self::default()
        };
    }

    /// Whether any segment was seen.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.next.is_some()
    }

    /// Whether a SYN with this number would start another connection than the one that is being read.
    #[must_use]
    pub fn is_other(&self, sequence: u32) -> bool {
        // A retransmitted SYN is right before the first octet.
        self.next.is_some_and(|next| {
            u64::from(next.wrapping_sub(sequence).wrapping_sub(1)) != self.passed
        })
    }

    /// A segment's octets and the sequence number of the first.
    pub fn push(&mut self, sequence: u32, mut data: &[u8]) {
        let next = *self.next.get_or_insert(sequence);
        let ahead = sequence.wrapping_sub(next).cast_signed();
        if ahead < 0 {
            let known = usize::try_from(ahead.unsigned_abs()).unwrap_or(usize::MAX);
            data = data.get(known..).unwrap_or(&[]);
        }
        if data.is_empty() {
            return;
        }
        let at = self.passed + u64::from(ahead.max(0).unsigned_abs());
        let waiting = self.waiting.entry(at).or_default();
        if waiting.len() < data.len() {
            *waiting = data.to_vec();
        }
        self.take_waiting();
        if self.waiting.values().map(Vec::len).sum::<usize>() > WAITING {
            self.skip_hole();
        }
    }

    /// The receiver has everything before this sequence number.
    pub fn acknowledged(&mut self, sequence: u32) {
        let Some(next) = self.next else { return };
        let ahead = sequence.wrapping_sub(next).cast_signed();
        if let Ok(ahead) = u64::try_from(ahead) {
            let acknowledged = self.passed + ahead;
            while self
                .waiting
                .first_key_value()
                .is_some_and(|(&at, data)| at + data.len() as u64 <= acknowledged)
            {
                self.skip_hole();
            }
        }
    }

    /// Nothing more will come: what waits is taken, over its holes.
    pub fn finish(&mut self) {
        while !self.waiting.is_empty() {
            self.skip_hole();
        }
    }

    /// The octets that are in order and were not taken yet; the caller drains what it has read.
    pub fn ready(&mut self) -> &mut Vec<u8> {
        &mut self.ready
    }

    /// How many octets the capture has not got.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    fn skip_hole(&mut self) {
        let Some((&at, _)) = self.waiting.first_key_value() else {
            return;
        };
        let hole = at.saturating_sub(self.passed);
        self.skipped += hole;
        self.advance(hole);
        self.take_waiting();
    }

    fn take_waiting(&mut self) {
        while let Some(entry) = self.waiting.first_entry() {
            if *entry.key() > self.passed {
                return;
            }
            let (at, data) = entry.remove_entry();
            // Where two segments overlap, what came first in the stream counts.
            let known = usize::try_from(self.passed - at).unwrap_or(usize::MAX);
            if let Some(new) = data.get(known..) {
                self.ready.extend_from_slice(new);
                self.advance(new.len() as u64);
            }
        }
    }

    fn advance(&mut self, octets: u64) {
        self.passed += octets;
        // The sequence number wraps, and so shall this.
        self.next = self.next.map(|next| next.wrapping_add(octets as u32));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(stream: &mut Stream) -> String {
        String::from_utf8(std::mem::take(stream.ready())).unwrap()
    }

    #[test]
    fn segments_come_in_any_order_twice_and_over_the_wrap() {
        let mut stream = Stream::default();
        stream.open(u32::MAX - 3);
        stream.push(2, b"world");
        assert_eq!(text(&mut stream), "");
        stream.push(u32::MAX - 2, b"hel");
        stream.push(u32::MAX - 2, b"hello");
        assert_eq!(text(&mut stream), "helloworld");
        stream.push(2, b"world");
        stream.push(5, b"ld!");
        assert_eq!(text(&mut stream), "!");
        assert_eq!(stream.skipped(), 0);
    }

    #[test]
    fn what_was_acknowledged_and_not_captured_is_skipped() {
        let mut stream = Stream::default();
        stream.push(100, b"one");
        stream.push(110, b"three");
        assert_eq!(text(&mut stream), "one");
        stream.acknowledged(112);
        assert_eq!(
            text(&mut stream),
            "",
            "three is not acknowledged as a whole"
        );
        stream.acknowledged(115);
        assert_eq!(text(&mut stream), "three");
        assert_eq!(stream.skipped(), 7);
    }

    #[test]
    fn a_repeated_syn_is_no_other_connection() {
        let mut stream = Stream::default();
        stream.open(7);
        stream.push(8, b"abc");
        assert!(!stream.is_other(7));
        assert!(stream.is_other(90_000));
    }
}
