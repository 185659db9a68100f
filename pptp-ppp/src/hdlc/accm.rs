//! The map of what a transmitter escapes.

use super::{ESCAPE, FLAG};

/// The sending Async-Control-Character-Map: which octets are escaped (RFC 1662 §7.1). Flags and escapes always are.
///
/// The receiving one has 32 bits, bit n for octet n, and is a plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SendAccm {
    /// Bit n of word m is for octet 32 m + n.
    words: [u32; 8],
}

impl SendAccm {
    /// Every control character, which is what asynchronous lines begin with.
    pub const DEFAULT: Self = Self::new(u32::MAX);

    /// The control characters of which `map` has the bit: bit n for octet n.
    #[must_use]
    pub const fn new(map: u32) -> Self {
        // Escape and flag are 32 * 3 + 29 and 30.
        Self {
            words: [map, 0, 0, 0x6000_0000, 0, 0, 0, 0],
        }
    }

    /// The same, and `octet` as well: the extended map, for what a line does not let pass, as 0x91 and 0x93 where a modem
    /// takes them for XON and XOFF.
    ///
    /// Octets from 0x20 to 0x3f, and 0x5e, cannot be escaped, for that would make control characters or a flag of them:
    /// they are not added.
    #[must_use]
    pub fn with(mut self, octet: u8) -> Self {
        if let 0..=0x1f | 0x40..=0x5d | 0x5f.. = octet
            && let Some(word) = self.words.get_mut(usize::from(octet >> 5))
        {
            *word |= bit(octet);
        }
        self
    }

    /// Whether `octet` is escaped.
    #[must_use]
    pub fn contains(&self, octet: u8) -> bool {
        let word = self.words.get(usize::from(octet >> 5));
        word.is_some_and(|word| word & bit(octet) != 0)
    }

    /// The map of the control characters.
    #[must_use]
    pub const fn controls(&self) -> u32 {
        let [controls, ..] = self.words;
        controls
    }

    /// The same with another map of control characters: bit n for octet n.
    #[must_use]
    pub const fn with_controls(mut self, map: u32) -> Self {
        let [controls, ..] = &mut self.words;
        *controls = map;
        self
    }

    /// Octets from here on are escaped only if they are flags or escapes.
    pub(super) const fn limit(&self) -> u8 {
        match self.words {
            [0, 0, 0, 0x6000_0000, 0, 0, 0, 0] => 0,
            [_, 0, 0, 0x6000_0000, 0, 0, 0, 0] => 0x20,
            [_, _, _, _, 0, 0, 0, 0] => 0x80,
            _ => u8::MAX,
        }
    }

    /// Whether `octet`, which is less than the limit or one of the two, is escaped: faster than [`Self::contains`].
    pub(super) fn is_special(&self, octet: u8) -> bool {
        octet == FLAG || octet == ESCAPE || self.contains(octet)
    }
}

impl Default for SendAccm {
    fn default() -> Self {
        Self::DEFAULT
    }
}

fn bit(octet: u8) -> u32 {
    1_u32.rotate_left(u32::from(octet & 31))
}
