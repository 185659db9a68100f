//! The codes of RFC 2118 §4, as numbers of so many bits.

/// The shortest match that has a code (§4.2.2).
pub(crate) const MIN_MATCH: usize = 3;

/// Bits that are written or read together, most significant first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    /// Their value.
    pub(crate) value: u32,
    /// How many they are.
    pub(crate) bits: u32,
}

/// A literal (§4.1): 0 and the lower 7 bits, or 10 and the lower 7 bits.
#[inline(always)]
pub(crate) fn literal(octet: u8) -> Code {
    let high = u32::from(octet >> 7);
    Code {
        value: u32::from(octet).wrapping_add(high << 7),
        bits: high.wrapping_add(8),
    }
}

/// An offset, from 1 to 8191 (§4.2.1): 1111 and 6 bits, 1110 and 8 bits, 110 and 13 bits.
///
/// Which of the three is hard to foresee, so there is no branch.
#[inline(always)]
pub(crate) fn offset(offset: u16) -> Code {
    /// What is to be added to the offset: the first bits, less the first offset of the class.
    const ADD: [u32; 4] = [0b1111 << 6, (0b1110 << 8) - 64, (0b110 << 13) - 320, 0];
    let class = offset_class(offset);
    let add = ADD.get(class & 3).copied().unwrap_or(0);
    Code {
        value: u32::from(offset).wrapping_add(add),
        bits: OFFSET_BITS.get(class & 3).copied().unwrap_or(0),
    }
}

/// How many bits an offset takes, by its class.
const OFFSET_BITS: [u32; 4] = [10, 12, 16, 16];

/// Which of the three codes of §4.2.1 an offset has.
#[inline(always)]
fn offset_class(offset: u16) -> usize {
    usize::from(offset >= 64).wrapping_add(usize::from(offset >= 320))
}

/// How many bits an offset takes.
#[inline(always)]
pub(crate) fn offset_bits(offset: u16) -> u32 {
    OFFSET_BITS
        .get(offset_class(offset) & 3)
        .copied()
        .unwrap_or(0)
}

/// A length, from 3 to 8191 (§4.2.2): as many ones and a zero as there are bits behind them, which are the length's
/// without its first; but for 3, which is 0.
#[inline(always)]
pub(crate) fn length(len: u16) -> Code {
    let len = u32::from(len).max(3);
    let below = len.ilog2();
    let first = 1_u32.wrapping_shl(below);
    let is_3 = u32::from(len == 3);
    Code {
        value: (first.wrapping_sub(2).wrapping_shl(below) | (len ^ first)).wrapping_shr(is_3),
        bits: below.wrapping_mul(2).wrapping_sub(is_3),
    }
}

/// How many bits a length takes.
#[inline(always)]
pub(crate) fn length_bits(len: u16) -> u32 {
    let len = u32::from(len).max(3);
    len.ilog2()
        .wrapping_mul(2)
        .wrapping_sub(u32::from(len == 3))
}

#[cfg(test)]
mod tests;
