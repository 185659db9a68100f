//! Codes, one by one: the whole decoder of a small machine, and the last octets of a packet on a big one.

use super::Error;
use crate::code::MIN_MATCH;

/// What is done with the tokens.
pub(super) trait Sink {
    fn literal(&mut self, octet: u8) -> Result<(), Error>;
    fn copy(&mut self, offset: u16, len: usize) -> Result<(), Error>;
}

/// Reads the tokens of a packet.
pub(super) struct Tokens<'d> {
    rest: core::slice::Iter<'d, u8>,
    /// Bits that are not used up, from the top.
    pending: u32,
    /// How many those are.
    bits: u32,
}

impl<'d> Tokens<'d> {
    pub(super) fn new(data: &'d [u8]) -> Self {
        Self {
            rest: data.iter(),
            pending: 0,
            bits: 0,
        }
    }

    /// From behind the first `consumed` bits on.
    #[cfg(target_pointer_width = "64")]
    pub(super) fn resume(data: &'d [u8], consumed: usize) -> Self {
        let mut tokens = Self::new(data.get(consumed >> 3..).unwrap_or_default());
        if let Ok(used @ 1..) = u32::try_from(consumed & 7) {
            tokens.refill();
            tokens.drop(used);
        }
        tokens
    }

    /// Reads to the end, which is where fewer bits are left than any token has. What value these have does not matter.
    pub(super) fn run(mut self, sink: &mut impl Sink) -> Result<(), Error> {
        loop {
            self.refill();
            if self.bits < 8 {
                return Ok(());
            }
            let [first, second, ..] = self.pending.to_be_bytes();
            if first < 0x80 {
                self.drop(8);
                sink.literal(first)?;
            } else if first < 0xc0 {
                self.take(9)?;
                sink.literal(first << 1 | second >> 7 | 0x80)?;
            } else {
                let offset = self.offset(first)?;
                let len = self.length()?;
                sink.copy(offset, len)?;
            }
        }
    }

    /// RFC 2118 §4.2.1.
    #[inline(always)]
    fn offset(&mut self, first: u8) -> Result<u16, Error> {
        let (offset, bits) = match first {
            0xf0.. => ((self.pending >> 22) & 0x3f, 10),
            0xe0.. => (((self.pending >> 20) & 0xff).wrapping_add(64), 12),
            _ => (((self.pending >> 16) & 0x1fff).wrapping_add(320), 16),
        };
        self.take(bits)?;
        Ok(u16::try_from(offset).unwrap_or(0))
    }

    /// RFC 2118 §4.2.2.
    #[inline(always)]
    fn length(&mut self) -> Result<usize, Error> {
        self.refill();
        let ones = self.pending.leading_ones();
        if ones == 0 {
            self.take(1)?;
            return Ok(MIN_MATCH);
        }
        if ones > 11 {
            // What looks like ones may be the end.
            return Err(Error::Length);
        }
        let below = ones.wrapping_add(1);
        let first = 1_u32.wrapping_shl(below);
        let rest = self
            .pending
            .wrapping_shl(below)
            .wrapping_shr(0_u32.wrapping_sub(below));
        self.take(below.wrapping_mul(2))?;
        Ok(usize::try_from(first | rest).unwrap_or(0))
    }

    #[inline(always)]
    fn refill(&mut self) {
        while self.bits <= 24 {
            let Some(octet) = self.rest.next() else {
                return;
            };
            self.pending |= u32::from(*octet).wrapping_shl(24_u32.wrapping_sub(self.bits));
            self.bits = self.bits.wrapping_add(8);
        }
    }

    #[inline(always)]
    fn drop(&mut self, bits: u32) {
        self.pending = self.pending.wrapping_shl(bits);
        self.bits = self.bits.wrapping_sub(bits);
    }

    #[inline(always)]
    fn take(&mut self, bits: u32) -> Result<(), Error> {
        if self.bits < bits {
            return Err(Error::Truncated);
        }
        self.drop(bits);
        Ok(())
    }
}
