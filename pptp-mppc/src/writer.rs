//! Bits, most significant first, into octets.
#![expect(unnameable_types, reason = "Level is sealed by what works with them")]

use crate::code::{self, Code};

/// What bits gather in: as wide as the machine's registers are.
#[cfg(target_pointer_width = "64")]
type Word = u64;
#[cfg(not(target_pointer_width = "64"))]
type Word = u32;

/// The output has no room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Writes codes, one behind the other, into a buffer.
#[derive(Debug)]
pub(crate) struct BitWriter<'o> {
    out: &'o mut [u8],
    /// How many octets are written.
    len: usize,
    /// Bits that are not, from the top.
    pending: Word,
    /// How many those are, less than 8 between two calls.
    bits: u32,
}

impl<'o> BitWriter<'o> {
    pub(crate) const fn new(out: &'o mut [u8]) -> Self {
        Self {
            out,
            len: 0,
            pending: 0,
            bits: 0,
        }
    }

    /// Writes an octet that stands for itself.
    #[inline(always)]
    pub(crate) fn literal(&mut self, octet: u8) -> Result<(), Full> {
        self.put(code::literal(octet));
        self.flush()
    }

    /// Writes a match.
    #[inline(always)]
    pub(crate) fn copy(&mut self, offset: u16, len: u16) -> Result<(), Full> {
        self.put(code::offset(offset));
        // Both take up to 40 bits.
        if Word::BITS < 64 {
            self.flush()?;
        }
        self.put(code::length(len));
        self.flush()
    }

    /// How many bits have been written.
    #[inline(always)]
    pub(crate) fn written(&self) -> usize {
        let pending = usize::try_from(self.bits).unwrap_or(0);
        self.len.wrapping_mul(8).wrapping_add(pending)
    }

    /// Fills the last octet up with zeros, and gives the number of octets.
    ///
    /// Fewer than 8 bits are left over then, by which decoders tell the end.
    pub(crate) fn finish(mut self) -> Result<usize, Full> {
        if self.bits > 0 {
            self.bits = 8;
            self.flush()?;
        }
        Ok(self.len)
    }

    #[inline(always)]
    fn put(&mut self, code: Code) {
        self.bits = self.bits.wrapping_add(code.bits);
        self.pending |= Word::from(code.value).wrapping_shl(Word::BITS.wrapping_sub(self.bits));
    }

    /// Writes what whole octets there are.
    #[inline(always)]
    fn flush(&mut self) -> Result<(), Full> {
        let octets = self.pending.to_be_bytes();
        let whole = usize::try_from(self.bits >> 3).unwrap_or(0);
        let place = self.out.get_mut(self.len..);
        match place.and_then(|place| place.first_chunk_mut()) {
            // More than is due; the next one writes over it.
            Some(place) => *place = octets,
            None => write_exactly(self.out, self.len, &octets, whole)?,
        }
        self.len = self.len.wrapping_add(whole);
        self.pending = self.pending.wrapping_shl(self.bits & !7);
        self.bits &= 7;
        Ok(())
    }
}

/// Writes no more than `whole` octets, at the end of the buffer.
#[cold]
fn write_exactly(out: &mut [u8], at: usize, octets: &[u8], whole: usize) -> Result<(), Full> {
    let place = out.get_mut(at..at.wrapping_add(whole));
    let (Some(place), Some(octets)) = (place, octets.get(..whole)) else {
        return Err(Full);
    };
    place.copy_from_slice(octets);
    Ok(())
}
