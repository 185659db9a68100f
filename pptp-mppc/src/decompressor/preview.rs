//! Decompression that only tells what would come out.

use super::token::Sink;
use super::{Error, source};
use crate::HISTORY_LEN;
use crate::ring::{MASK, Ring};

/// Counts the octets of a packet, and keeps the first ones.
pub(super) struct Preview<'r, 'h> {
    ring: &'r Ring,
    /// Up to where the ring has history, and up to where the packet has made it zeros.
    written: usize,
    filled: usize,
    /// Where the packet starts.
    start: usize,
    at: usize,
    head: &'h mut [u8],
}

impl<'r, 'h> Preview<'r, 'h> {
    pub(super) const fn new(
        ring: &'r Ring,
        start: usize,
        filled: usize,
        head: &'h mut [u8],
    ) -> Self {
        Self {
            ring,
            written: filled,
            filled,
            start,
            at: start,
            head,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.at.wrapping_sub(self.start)
    }

    /// The octet at `at` in the ring, as it would be by now.
    fn octet(&self, at: usize) -> u8 {
        let at = at & MASK;
        if (self.start..self.at).contains(&at) {
            let place = at.wrapping_sub(self.start);
            self.head.get(place).copied().unwrap_or(0)
        } else if at < self.written {
            self.ring.octet(at)
        } else {
            0
        }
    }
}

impl Sink for Preview<'_, '_> {
    fn literal(&mut self, octet: u8) -> Result<(), Error> {
        if self.at >= HISTORY_LEN {
            return Err(Error::TooLong);
        }
        let place = self.len();
        if let Some(place) = self.head.get_mut(place) {
            *place = octet;
        }
        self.at = self.at.wrapping_add(1);
        Ok(())
    }

    fn copy(&mut self, offset: u16, len: usize) -> Result<(), Error> {
        let from = source(self.at, self.filled, offset, len)?;
        let is_of_an_earlier_lap = from >= self.at;
        let end = self.at.wrapping_add(len);
        let wanted = self.head.len().saturating_sub(self.len()).min(len);
        for distance in 0..wanted {
            let octet = self.octet(from.wrapping_add(distance));
            self.literal(octet)?;
        }
        if is_of_an_earlier_lap {
            let to = from.wrapping_add(len).min(HISTORY_LEN);
            self.filled = self.filled.max(to);
        }
        self.at = end;
        Ok(())
    }
}
