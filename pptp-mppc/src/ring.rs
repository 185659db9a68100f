//! The octets of a history, and how they are read and written several at a time.

use crate::HISTORY_LEN;

/// How many octets are moved at a time, which is how far a move may go beyond what is wanted.
pub(crate) const STEP: usize = 16;

/// Cuts a position down to one in the ring. Of those that are in it anyway it tells the compiler so.
pub(crate) const MASK: usize = HISTORY_LEN - 1;

/// [`HISTORY_LEN`] octets, and room behind them for what a move of [`STEP`] octets touches too much.
#[derive(Clone)]
pub(crate) struct Ring([u8; HISTORY_LEN + STEP]);

impl Ring {
    pub(crate) const fn new() -> Self {
        Self([0; HISTORY_LEN + STEP])
    }

    /// `N` octets at `at`, modulo [`HISTORY_LEN`]; `N` is [`STEP`] at the most.
    #[inline(always)]
    pub(crate) fn load<const N: usize>(&self, at: usize) -> [u8; N] {
        self.0
            .get(at & MASK..)
            .and_then(|rest| rest.first_chunk())
            .copied()
            .unwrap_or([0; N])
    }

    /// Writes `N` octets at `at`, as [`Ring::load`] reads them.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&mut self, at: usize, octets: [u8; N]) {
        if let Some(place) = self
            .0
            .get_mut(at & MASK..)
            .and_then(|rest| rest.first_chunk_mut())
        {
            *place = octets;
        }
    }

    /// A block of `N` octets that starts at a multiple of `N`.
    #[cfg(target_pointer_width = "64")]
    pub(crate) fn load_block<const N: usize>(&self, at: usize) -> [u8; N] {
        self.0
            .as_chunks()
            .0
            .get((at & MASK).checked_div(N).unwrap_or(0))
            .copied()
            .unwrap_or([0; N])
    }

    /// One octet, modulo [`HISTORY_LEN`].
    #[inline(always)]
    pub(crate) fn octet(&self, at: usize) -> u8 {
        let [octet] = self.load(at);
        octet
    }

    /// The octets of a range, none if it is not in the ring.
    pub(crate) fn slice(&self, from: usize, to: usize) -> &[u8] {
        self.0.get(from..to).unwrap_or_default()
    }

    /// See [`Ring::slice`].
    pub(crate) fn slice_mut(&mut self, from: usize, to: usize) -> &mut [u8] {
        self.0.get_mut(from..to).unwrap_or_default()
    }
}

/// The lower 16 bits of a position.
#[inline(always)]
pub(crate) const fn low16(value: usize) -> u16 {
    let [low, high, ..] = value.to_le_bytes();
    u16::from_le_bytes([low, high])
}

/// Without the octets, which are the user's.
impl core::fmt::Debug for Ring {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Ring").finish_non_exhaustive()
    }
}
