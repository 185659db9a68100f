//! One direction of a link, decompressing.

#[cfg(target_pointer_width = "64")]
mod fast;
mod preview;
mod token;

use crate::ring::{MASK, Ring, low16};
use crate::{Flags, HISTORY_LEN};
use core::fmt;
use preview::Preview;
use token::{Sink, Tokens};

/// Why a packet cannot be decompressed. A Reset-Request is to be sent for each of them, unless one is under way
/// (RFC 2118 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// An earlier packet is missing or was malformed, and this one builds on it.
    OutOfStep,
    /// A match starts before all history, or nowhere.
    Offset {
        /// How far back.
        offset: u16,
    },
    /// A code for a length that is longer than any.
    Length,
    /// The packet ends within a code.
    Truncated,
    /// The packet goes on beyond the end of the history.
    TooLong,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfStep => f.write_str("what this builds on is missing: a reset is needed"),
            Self::Offset { offset } => write!(f, "there is no history {offset} octets back"),
            Self::Length => f.write_str("no such length"),
            Self::Truncated => f.write_str("the packet ends within a code"),
            Self::TooLong => f.write_str("the packet does not fit into the history"),
        }
    }
}

impl core::error::Error for Error {}

/// Decompresses one direction of a link.
///
/// Any call order is safe, and so is any input: a packet takes a time that its length bounds, and gives at most
/// [`HISTORY_LEN`] octets. Nothing is allocated: what comes out is a part of the history.
///
/// # When packets are lost
///
/// The coherency count shows it, and whoever owns the header calls [`Decompressor::lose`]. From then on, and after any
/// error, compressed packets are refused until one has [`Flags::FLUSHED`]: [`Decompressor::is_out_of_step`] says that
/// the peer is to be asked for it by a Reset-Request. RFC 2118 §4.3 has no Reset-Ack.
///
/// # When packets may be forged
///
/// An attacker's packet, decrypted, is noise; decompressing it would write noise into the history. So
/// [`Decompressor::preview`] tells what would come out, and changes nothing.
#[derive(Clone)]
pub struct Decompressor {
    ring: Ring,
    /// Where the next packet goes.
    next: u16,
    /// Where the last packet is: from here to `next`.
    start: u16,
    /// Up to where there is history, be it of this lap or an earlier one.
    filled: u16,
    out_of_step: bool,
}

impl Decompressor {
    /// A decompressor without history.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ring: Ring::new(),
            next: 0,
            start: 0,
            filled: 0,
            out_of_step: false,
        }
    }

    /// Decompresses `data`, which is what stands behind the header, by the flags of that. Without
    /// [`Flags::COMPRESSED`] it is the packet itself that comes back, and the flags are heeded all the same.
    ///
    /// The packet starts with its PPP protocol field.
    ///
    /// # Errors
    /// [`Error`]; only a packet with [`Flags::FLUSHED`] is decompressed after that.
    pub fn decompress<'a>(&'a mut self, flags: Flags, data: &'a [u8]) -> Result<&'a [u8], Error> {
        let place = self.place(flags)?;
        self.next = low16(place.at);
        self.start = self.next;
        self.filled = low16(place.filled);
        self.out_of_step &= !flags.contains(Flags::FLUSHED);
        if !flags.contains(Flags::COMPRESSED) {
            return Ok(data);
        }
        let mut copier = Copier {
            ring: &mut self.ring,
            at: place.at,
            filled: place.filled,
        };
        // Until it is done.
        self.out_of_step = true;
        copier.run(data)?;
        self.next = low16(copier.at);
        self.filled = low16(copier.filled.max(copier.at));
        self.out_of_step = false;
        Ok(self.packet())
    }

    /// What [`Decompressor::decompress`] would give for the same packet: writes its first octets to `head`, as many as
    /// there are and have room, and gives its length. Takes no longer than decompressing.
    ///
    /// # Errors
    /// The same. Nothing changes in any case.
    pub fn preview(&self, flags: Flags, data: &[u8], head: &mut [u8]) -> Result<usize, Error> {
        let place = self.place(flags)?;
        if !flags.contains(Flags::COMPRESSED) {
            for (to, from) in head.iter_mut().zip(data) {
                *to = *from;
            }
            return Ok(data.len());
        }
        let mut preview = Preview::new(&self.ring, place.at, place.filled, head);
        Tokens::new(data).run(&mut preview)?;
        Ok(preview.len())
    }

    /// The packet that came out of the last compressed one; empty if that failed, and after an uncompressed one.
    #[must_use]
    pub fn packet(&self) -> &[u8] {
        self.ring
            .slice(usize::from(self.start), usize::from(self.next))
    }

    /// A packet is missing: what follows can be decompressed only from a flushed one on.
    pub const fn lose(&mut self) {
        self.out_of_step = true;
    }

    /// Whether the peer has to be asked to flush its history.
    #[must_use]
    pub const fn is_out_of_step(&self) -> bool {
        self.out_of_step
    }

    /// Forgets all history and all errors, as when CCP is opened anew.
    pub const fn reset(&mut self) {
        self.next = 0;
        self.start = 0;
        self.filled = 0;
        self.out_of_step = false;
    }

    /// Where a packet with these flags goes.
    fn place(&self, flags: Flags) -> Result<Place, Error> {
        if flags.contains(Flags::FLUSHED) {
            // Nothing is cleared: what is behind `filled` counts as zeros.
            return Ok(Place { at: 0, filled: 0 });
        }
        if self.out_of_step && flags.contains(Flags::COMPRESSED) {
            return Err(Error::OutOfStep);
        }
        Ok(Place {
            at: if flags.contains(Flags::FRONT) {
                0
            } else {
                usize::from(self.next)
            },
            filled: usize::from(self.filled),
        })
    }
}

/// Where a packet goes, and up to where there is history then.
struct Place {
    at: usize,
    filled: usize,
}

/// Writes a packet into the history.
struct Copier<'r> {
    ring: &'r mut Ring,
    at: usize,
    filled: usize,
}

impl Copier<'_> {
    #[cfg(target_pointer_width = "64")]
    fn run(&mut self, data: &[u8]) -> Result<(), Error> {
        let consumed = fast::run(self, data)?;
        Tokens::resume(data, consumed).run(self)
    }

    #[cfg(not(target_pointer_width = "64"))]
    fn run(&mut self, data: &[u8]) -> Result<(), Error> {
        Tokens::new(data).run(self)
    }
}

impl Sink for Copier<'_> {
    #[inline(always)]
    fn literal(&mut self, octet: u8) -> Result<(), Error> {
        if self.at >= HISTORY_LEN {
            return Err(Error::TooLong);
        }
        self.ring.store(self.at, [octet]);
        self.at = self.at.wrapping_add(1);
        Ok(())
    }

    #[inline]
    fn copy(&mut self, offset: u16, len: usize) -> Result<(), Error> {
        let from = source(self.at, self.filled, offset, len)?;
        let to = from.wrapping_add(len);
        if from >= self.at && to > self.filled {
            // FreeBSD's compressor takes octets behind all history for the zeros that they were initialized with.
            self.ring
                .slice_mut(self.filled, to.min(HISTORY_LEN))
                .fill(0);
            self.filled = to.min(HISTORY_LEN);
        }
        let mut from = from;
        for at in self.at..self.at.wrapping_add(len) {
            let octet = self.ring.octet(from);
            self.ring.store(at, [octet]);
            from = from.wrapping_add(1);
        }
        self.at = self.at.wrapping_add(len);
        Ok(())
    }
}

/// Where a match starts in the ring, if it may.
#[inline(always)]
fn source(at: usize, filled: usize, offset: u16, len: usize) -> Result<usize, Error> {
    let back = usize::from(offset);
    if back == 0 || back >= HISTORY_LEN {
        return Err(Error::Offset { offset });
    }
    if at.wrapping_add(len) > HISTORY_LEN {
        return Err(Error::TooLong);
    }
    let from = at.wrapping_sub(back) & MASK;
    if from >= at && from >= filled {
        return Err(Error::Offset { offset });
    }
    Ok(from)
}

impl Default for Decompressor {
    fn default() -> Self {
        Self::new()
    }
}

/// Compares what later packets may refer to, and not what is left of before.
impl PartialEq for Decompressor {
    fn eq(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.next, it.filled, it.out_of_step);
        of(self) == of(other)
            && self.ring.slice(0, usize::from(self.filled))
                == other.ring.slice(0, usize::from(other.filled))
    }
}

impl Eq for Decompressor {}

/// Without the history, which is the user's data.
impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor")
            .field("next", &self.next)
            .field("filled", &self.filled)
            .field("out_of_step", &self.out_of_step)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
