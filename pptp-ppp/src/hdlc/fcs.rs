//! The Frame Check Sequences of 16 and 32 bits (RFC 1662 appendix C, RFC 1570 appendix A).

use bitflags::bitflags;

/// How many octets are taken at a time: one table for the place of each.
const SLICES: usize = 8;

/// The Frame Check Sequence of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Fcs {
    /// None on packets of network protocols; 16 bits on others, which have to have one (RFC 1570 §2.1.2).
    Null,
    /// 16 bits, which is the default.
    #[default]
    Bits16,
    /// 32 bits.
    Bits32,
}

bitflags! {
    /// The Frame Check Sequences that frames may come with: the Options field of LCP's FCS-Alternatives (RFC 1570 §2.1).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct FcsAlternatives: u8 {
        /// None, on packets of network protocols.
        const NULL = 1;
        /// 16 bits.
        const BITS_16 = 1 << 1;
        /// 32 bits.
        const BITS_32 = 1 << 2;
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for FcsAlternatives {
    fn format(&self, formatter: defmt::Formatter<'_>) {
        defmt::write!(formatter, "FcsAlternatives({=u8})", self.bits());
    }
}

/// One polynomial: its tables, and the sequence that is computed by them.
macro_rules! sequence {
    ($(#[$doc:meta])* $name:ident, $word:ty, $len:literal, $polynomial:literal, $good:literal, $tables:ident) => {
        /// `[n][octet]` is what an octet comes to that n others follow.
        #[expect(
            clippy::indexing_slicing,
            clippy::as_conversions,
            reason = "computed by the compiler, which would say so"
        )]
        static $tables: [[$word; 256]; SLICES] = {
            let mut tables: [[$word; 256]; SLICES] = [[0; 256]; SLICES];
            let mut octet = 0;
            while octet < 256 {
                let mut value = octet as $word;
                let mut bit = 0;
                while bit < 8 {
                    value = if value & 1 == 1 { value >> 1 ^ $polynomial } else { value >> 1 };
                    bit += 1;
                }
                tables[0][octet] = value;
                octet += 1;
            }
            let mut slice = 1;
            while slice < SLICES {
                octet = 0;
                while octet < 256 {
                    let before = tables[slice - 1][octet];
                    tables[slice][octet] = before >> 8 ^ tables[0][(before & 0xff) as usize];
                    octet += 1;
                }
                slice += 1;
            }
            tables
        };

        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub struct $name($word);

        impl $name {
            /// How many octets it has at the end of a frame.
            pub const LEN: usize = $len;

            /// Of nothing yet.
            #[must_use]
            pub const fn new() -> Self {
                Self(<$word>::MAX)
            }

            /// Goes on with these octets.
            pub fn update(&mut self, octets: &[u8]) {
                let (blocks, rest) = octets.as_chunks::<SLICES>();
                for block in blocks {
                    let mut block = *block;
                    for (octet, of) in block.iter_mut().zip(self.0.to_le_bytes()) {
                        *octet ^= of;
                    }
                    self.0 = block
                        .iter()
                        .zip($tables.iter().rev())
                        .fold(0, |sum, (&octet, table)| sum ^ entry(table, octet));
                }
                for &octet in rest {
                    let [low, ..] = self.0.to_le_bytes();
                    let [table, ..] = &$tables;
                    self.0 = self.0.wrapping_shr(8) ^ entry(table, low ^ octet);
                }
            }

            /// What goes to the end of the frame, in the order in which it is sent.
            #[must_use]
            pub const fn octets(self) -> [u8; $len] {
                (!self.0).to_le_bytes()
            }

            /// Whether it is that of a whole frame, with its check sequence, which has arrived well.
            #[must_use]
            pub const fn is_good(self) -> bool {
                self.0 == $good
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

sequence! {
    /// The Frame Check Sequence of 16 bits, x^16 + x^12 + x^5 + 1 (RFC 1662 §C.2).
    Fcs16, u16, 2, 0x8408, 0xf0b8, TABLES_16
}

sequence! {
    /// The Frame Check Sequence of 32 bits, the polynomial of Ethernet's (RFC 1662 §C.3).
    Fcs32, u32, 4, 0xedb8_8320, 0xdebb_20e3, TABLES_32
}

fn entry<W: Copy + Default>(table: &[W; 256], octet: u8) -> W {
    table.get(usize::from(octet)).copied().unwrap_or_default()
}
