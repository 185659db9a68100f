//! The 12-bit coherency count.

use core::fmt;

/// The coherency count of a packet (RFC 3078 §3.1): 12 bits, one more each packet, 0 after 4095.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Count(u16);

impl Count {
    /// The count of the first packet. RFC 3078 names none; all peers start here.
    pub const FIRST: Self = Self(0);

    /// How many different counts there are.
    pub const SPACE: u16 = 0x1000;

    const MASK: u16 = 0x0fff;

    /// The low 12 bits of `value`: the four bits above, A to D on the wire, are dropped.
    #[must_use]
    pub const fn new(value: u16) -> Self {
        Self(value & Self::MASK)
    }

    /// The count as a number, 0 to 4095.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The count of the packet after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self::new(self.0.wrapping_add(1))
    }

    /// The count of the packet that is so many after this one.
    #[must_use]
    pub const fn plus(self, packets: u16) -> Self {
        Self::new(self.0.wrapping_add(packets))
    }

    /// How many packets lie between `earlier` and this one, 0 to 4095: modulo 4096, so that 4095 is one *before*.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u16 {
        self.0.wrapping_sub(earlier.0) & Self::MASK
    }

    /// Whether this is the count of a "flag" packet, at which the key of stateful mode changes: the low octet is 0xFF
    /// (RFC 3078 §7.2).
    #[must_use]
    pub const fn is_flag(self) -> bool {
        self.0 & 0xff == 0xff
    }

    /// This count if it is a flag packet's, else that of the next flag packet.
    #[must_use]
    pub const fn flag(self) -> Self {
        Self(self.0 | 0xff)
    }

    /// How many flag packets there are from `first` up to and with this one, when this one is the same or later.
    #[must_use]
    pub const fn flags_since(self, first: Self) -> u16 {
        // Counted from the start of the 256 packets that `first` lies in.
        let from_block = self.since(first).wrapping_add(first.0 & 0xff);
        from_block.wrapping_add(1) >> 8
    }
}

impl From<Count> for u16 {
    fn from(count: Count) -> Self {
        count.0
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:03x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn wraps_at_12_bits() {
        assert_eq!(Count::new(0x0fff).next(), Count::FIRST);
        assert_eq!(Count::new(0x9fff), Count::new(0x0fff));
        assert_eq!(Count::new(3).since(Count::new(0xffe)), 5);
        assert_eq!(Count::new(0xffe).since(Count::new(0xfff)), 0xfff);
    }

    #[test]
    fn flags_are_counted_as_one_by_one() {
        for first in (0..0x1000).step_by(17).chain(0x0f0..0x110) {
            let first = Count::new(first);
            let (mut at, mut flags) = (first, 0);
            for _ in 0..Count::SPACE {
                flags += u16::from(at.get() % 256 == 255);
                assert_eq!(at.flags_since(first), flags, "{first} {at}");
                assert_eq!(at.is_flag(), at.get() % 256 == 255);
                at = at.next();
            }
        }
        assert_eq!(Count::new(0x012).flag(), Count::new(0x0ff));
        assert_eq!(Count::new(0xf00).flag(), Count::new(0xfff));
        assert_eq!(Count::new(0x1ff).flag(), Count::new(0x1ff));
    }
}
