//! One direction of a link, compressing.

use crate::level::{Fast, Level};
use crate::ring::{Ring, low16};
use crate::window::Window;
use crate::{Flags, HISTORY_LEN, MAX_PACKET};
use core::fmt;

/// What has become of a packet, and what must stand in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the flags belong into the header of the packet"]
pub enum Outcome {
    /// It is compressed, in the output buffer.
    Compressed {
        /// How many octets it takes: as many as the packet has at the most.
        len: usize,
        /// What stands in the header.
        flags: Flags,
    },
    /// It has to be sent as it is, behind the same header: compressing would not make it shorter. What is in the output
    /// buffer has no meaning.
    Uncompressed {
        /// What stands in the header.
        flags: Flags,
    },
}

impl Outcome {
    /// What stands in the header.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        match self {
            Self::Compressed { flags, .. } | Self::Uncompressed { flags } => *flags,
        }
    }
}

/// The output buffer cannot hold the packet as it is. Nothing was compressed and nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct BufferTooSmall {
    /// How many octets it must have.
    pub needed: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "buffer too small: {} octets needed", self.needed)
    }
}

impl core::error::Error for BufferTooSmall {}

/// Compresses one direction of a link, at the [`Level`] `L`.
///
/// Whatever the level, every decoder of RFC 2118 reads what comes out. Whatever the packet, what comes out is not
/// longer, and takes a time that its length bounds.
///
/// # Bit A
///
/// [`Flags::FLUSHED`] must be in the header wherever the flags of an [`Outcome`] have it. Where MPPE runs on the same
/// link, it shares the bit (RFC 3078 §3.1): whenever it is to be set for the cipher's sake, and so on every packet in
/// stateless mode, [`Compressor::flush`] comes before [`Compressor::compress`]. It costs next to nothing.
#[derive(Clone)]
pub struct Compressor<L: Level = Fast> {
    ring: Ring,
    level: L,
    /// Where the next packet goes, if it fits.
    next: u16,
    /// Up to where there is history, be it of this lap or an earlier one.
    filled: u16,
    pending: Pending,
}

/// Whether bit A waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    Nothing,
    /// With the next compressed packet: one went uncompressed (RFC 2118 §3).
    Compressed,
    /// With the next packet: the peer waits for it (RFC 2118 §4.3).
    Any,
}

impl<L: Level> Compressor<L> {
    /// A compressor without history, as the peer's decompressor is when CCP has opened.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ring: Ring::new(),
            level: L::NEW,
            next: 0,
            filled: 0,
            pending: Pending::Nothing,
        }
    }

    /// Compresses a packet, which is `prefix` and then `payload`, into the start of `out`.
    ///
    /// The PPP protocol field is compressed first (RFC 2118 §3.1): it is what `prefix` is for. A packet of more than
    /// [`MAX_PACKET`] octets is not compressed.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `out` is shorter than the two together. Nothing has changed then.
    pub fn compress(
        &mut self,
        prefix: &[u8],
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<Outcome, BufferTooSmall> {
        let len = prefix.len().saturating_add(payload.len());
        let Some(out) = out.get_mut(..len) else {
            return Err(BufferTooSmall { needed: len });
        };
        Ok(match self.try_compress(prefix, payload, out) {
            Some((len, front)) => {
                let mut flags = Flags::COMPRESSED;
                flags.set(Flags::FRONT, front);
                flags.set(Flags::FLUSHED, self.pending != Pending::Nothing);
                self.pending = Pending::Nothing;
                Outcome::Compressed { len, flags }
            }
            None => {
                let mut flags = Flags::empty();
                flags.set(Flags::FLUSHED, self.pending == Pending::Any);
                self.forget(Pending::Compressed);
                Outcome::Uncompressed { flags }
            }
        })
    }

    /// Flushes the history: the next packet builds on nothing, and says so. For a Reset-Request of the peer's, which
    /// gets no other answer (RFC 2118 §4.3), and before each packet that has bit A for MPPE's sake.
    pub const fn flush(&mut self) {
        self.forget(Pending::Any);
    }

    /// Forgets all history without saying so, as when CCP is opened anew.
    pub const fn reset(&mut self) {
        self.forget(Pending::Nothing);
    }

    /// Whether the next compressed packet will have [`Flags::FLUSHED`].
    #[must_use]
    pub const fn is_flushed(&self) -> bool {
        !matches!(self.pending, Pending::Nothing)
    }

    /// Nothing is cleared: what the tables of the level point to is only taken if it is history.
    const fn forget(&mut self, pending: Pending) {
        self.next = 0;
        self.filled = 0;
        self.pending = pending;
    }

    /// The length of the compressed packet, and whether it went to the front of the history.
    fn try_compress(
        &mut self,
        prefix: &[u8],
        payload: &[u8],
        out: &mut [u8],
    ) -> Option<(usize, bool)> {
        let len = out.len();
        if len > MAX_PACKET {
            return None;
        }
        let mut start = usize::from(self.next);
        let mut end = start.wrapping_add(len);
        // FreeBSD's decoder does not want the last octet of the ring filled by a match.
        if end >= HISTORY_LEN {
            start = 0;
            end = len;
        }
        let place = self.ring.slice_mut(start, end);
        let (prefix_place, payload_place) = place.split_at_mut_checked(prefix.len())?;
        fill(prefix_place, prefix)?;
        fill(payload_place, payload)?;
        let window = Window {
            ring: &self.ring,
            start,
            end,
            filled: usize::from(self.filled),
        };
        let compressed = self.level.encode(&window, out).ok()?;
        self.next = low16(end);
        self.filled = self.filled.max(self.next);
        Some((compressed, start == 0))
    }
}

/// Copies what has to be as long as its place.
fn fill(place: &mut [u8], octets: &[u8]) -> Option<()> {
    if place.len() != octets.len() {
        return None;
    }
    place.copy_from_slice(octets);
    Some(())
}

impl<L: Level> Default for Compressor<L> {
    fn default() -> Self {
        Self::new()
    }
}

/// Without the history, which is the user's data.
impl<L: Level> fmt::Debug for Compressor<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor")
            .field("next", &self.next)
            .field("filled", &self.filled)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}
