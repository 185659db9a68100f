//! Strings that a connection keeps.

use core::fmt;

/// What stands in a field of 64 octets: a host name, a vendor's string, a telephone number or a subaddress.
///
/// It is octets, not text: peers put whatever they like there.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldText {
    octets: [u8; Self::WIDTH],
    len: u8,
}

impl FieldText {
    /// The width of the field in octets.
    pub const WIDTH: usize = 64;

    /// An empty string.
    pub const EMPTY: Self = Self {
        octets: [0; Self::WIDTH],
        len: 0,
    };

    /// The first 64 octets of `text`.
    #[must_use]
    pub const fn new(text: &[u8]) -> Self {
        let mut field = Self::EMPTY;
        let mut from = text;
        let mut to: &mut [u8] = &mut field.octets;
        while let (Some((octet, text)), Some((place, room))) =
            (from.split_first(), to.split_first_mut())
        {
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

impl Default for FieldText {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl From<&[u8]> for FieldText {
    fn from(text: &[u8]) -> Self {
        Self::new(text)
    }
}

impl From<&str> for FieldText {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

impl fmt::Debug for FieldText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for FieldText {
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
        assert_eq!(FieldText::new(&long).as_bytes(), &long[..64]);
        assert_eq!(FieldText::from("a\0b").as_bytes(), b"a\0b");
        assert_eq!(FieldText::EMPTY.as_bytes(), b"");
        assert_eq!(FieldText::default(), FieldText::new(b""));
    }
}
