//! Strings that a connection keeps.

use core::fmt;

/// What stands in a field of 64 octets: a host name, a vendor's string, a telephone number or a subaddress. Call
/// Statistics have a field of 128.
///
/// It is octets, not text: peers put whatever they like there.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldText<const WIDTH: usize = 64> {
    octets: [u8; WIDTH],
    len: u8,
}

impl<const WIDTH: usize> FieldText<WIDTH> {
    /// The width of the field in octets.
    pub const WIDTH: usize = WIDTH;

    /// An empty string.
    pub const EMPTY: Self = Self {
        octets: [0; WIDTH],
        len: 0,
    };

    /// The first [`Self::WIDTH`] octets of `text`, and 255 at the most.
    #[must_use]
    pub const fn new(text: &[u8]) -> Self {
        let mut field = Self::EMPTY;
        let mut from = text;
        let mut to: &mut [u8] = &mut field.octets;
        while let (Some((octet, text)), Some((place, room))) =
            (from.split_first(), to.split_first_mut())
        {
            if field.len == u8::MAX {
                break;
            }
            *place = *octet;
            field.len = field.len.saturating_add(1);
            from = text;
            to = room;
        }
        field
    }

    /// The octets, without those that fill up the field.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        let octets = self.octets.get(..usize::from(self.len));
        octets.unwrap_or(&self.octets)
    }
}

impl<const WIDTH: usize> Default for FieldText<WIDTH> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const WIDTH: usize> From<&[u8]> for FieldText<WIDTH> {
    fn from(text: &[u8]) -> Self {
        Self::new(text)
    }
}

impl<const WIDTH: usize> From<&str> for FieldText<WIDTH> {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

impl<const WIDTH: usize> fmt::Debug for FieldText<WIDTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

#[cfg(feature = "defmt")]
impl<const WIDTH: usize> defmt::Format for FieldText<WIDTH> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=[u8]:a}", self.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_64_octets() {
        let long = [b'x'; 65];
        type Field = FieldText;
        assert_eq!(Field::new(&long).as_bytes(), &long[..64]);
        assert_eq!(Field::from("a\0b").as_bytes(), b"a\0b");
        assert_eq!(Field::EMPTY.as_bytes(), b"");
        assert_eq!(Field::default(), Field::new(b""));
        assert_eq!(FieldText::<128>::new(&long).as_bytes(), long);
        assert_eq!(FieldText::<300>::new(&[b'x'; 300]).as_bytes(), [b'x'; 255]);
    }
}
