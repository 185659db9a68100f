//! Checked cursors over byte slices: the only place where integers are read from or written to the wire.

use byteorder::{ByteOrder, NetworkEndian};
use core::fmt;

/// Why bytes could not be parsed, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct ParseError {
    /// The field that could not be read, by its name in the specification.
    pub field: &'static str,
    /// Where that field starts, in octets from the start of what was parsed.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: ParseErrorKind,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The bytes end before the field does.
    Truncated {
        /// How many more octets the field needs.
        missing: usize,
    },
    /// Octets are left over where none may be.
    Trailing {
        /// How many.
        excess: usize,
    },
    /// The field has a value that it must not have.
    Invalid,
}

impl ParseError {
    /// An error about the value of `field`, which starts at `offset`.
    #[must_use]
    pub const fn invalid(field: &'static str, offset: usize) -> Self {
        Self {
            field,
            offset,
            kind: ParseErrorKind::Invalid,
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            offset,
            kind,
        } = self;
        match kind {
            ParseErrorKind::Truncated { missing } => {
                write!(
                    f,
                    "{field} at octet {offset} is cut short by {missing} octets"
                )
            }
            ParseErrorKind::Trailing { excess } => {
                write!(
                    f,
                    "{excess} octets left over after {field} at octet {offset}"
                )
            }
            ParseErrorKind::Invalid => write!(f, "{field} at octet {offset} has an invalid value"),
        }
    }
}

impl core::error::Error for ParseError {}

/// A caller's buffer is too small for what has to be written into it.
///
/// Nothing has changed: the same call with a larger buffer gives the same output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BufferTooSmall {
    /// The size, in octets, that would have been enough.
    pub needed: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the output buffer is too small: {} octets are needed",
            self.needed
        )
    }
}

impl core::error::Error for BufferTooSmall {}

/// Reads fields off the front of a slice, in network byte order, and never past its end.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// A reader of all of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            offset: 0,
        }
    }

    /// How many octets have not been read yet.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether all has been read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many octets stand before the next one, counted from the start of what is parsed.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The next `len` octets.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if there are fewer; then none are taken.
    pub fn take(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], ParseError> {
        let Some((head, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.truncated(len, field));
        };
        self.advance(len, rest);
        Ok(head)
    }

    /// The next `N` octets as an array.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if there are fewer; then none are taken.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], ParseError> {
        self.array_ref(field).copied()
    }

    /// The next `N` octets, where they are.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if there are fewer; then none are taken.
    pub fn array_ref<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<&'a [u8; N], ParseError> {
        let Some((head, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.truncated(N, field));
        };
        self.advance(N, rest);
        Ok(head)
    }

    /// The next octet.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if there is none.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, ParseError> {
        self.array::<1>(field).map(|[octet]| octet)
    }

    /// The next two octets as an integer.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if there are fewer.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, ParseError> {
        self.array::<2>(field)
            .map(|octets| NetworkEndian::read_u16(&octets))
    }

    /// The next four octets as an integer.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if there are fewer.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, ParseError> {
        self.array::<4>(field)
            .map(|octets| NetworkEndian::read_u32(&octets))
    }

    /// A reader of the next `len` octets, for a nested length; its offsets go on counting from the same start.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if there are fewer.
    pub fn sub(&mut self, len: usize, field: &'static str) -> Result<Self, ParseError> {
        let offset = self.offset;
        self.take(len, field).map(|rest| Self { rest, offset })
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.advance(rest.len(), &[]);
        rest
    }

    /// Checks that nothing is left after `field`.
    ///
    /// # Errors
    /// [`ParseErrorKind::Trailing`] if something is.
    pub fn finish(self, field: &'static str) -> Result<(), ParseError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let kind = ParseErrorKind::Trailing {
            excess: self.rest.len(),
        };
        Err(ParseError {
            field,
            offset: self.offset,
            kind,
        })
    }

    fn advance(&mut self, by: usize, rest: &'a [u8]) {
        self.offset = self.offset.saturating_add(by);
        self.rest = rest;
    }

    const fn truncated(&self, len: usize, field: &'static str) -> ParseError {
        let missing = len.saturating_sub(self.rest.len());
        ParseError {
            field,
            offset: self.offset,
            kind: ParseErrorKind::Truncated { missing },
        }
    }
}

/// Writes fields one after the other into a caller's buffer, in network byte order.
///
/// Writing never fails. What does not fit is counted, and [`Writer::finish`] then tells how large the buffer should
/// have been.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl<'a> Writer<'a> {
    /// A writer to the front of `buffer`.
    #[must_use]
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// How many octets have been written, those that did not fit included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been written yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends `bytes`.
    pub fn bytes(&mut self, bytes: &[u8]) {
        // In two steps, so that the optimiser sees that both slices have the same length.
        let rest = self.buffer.get_mut(self.len..);
        if let Some(place) = rest.and_then(|rest| rest.get_mut(..bytes.len())) {
            place.copy_from_slice(bytes);
        }
        self.len = self.len.saturating_add(bytes.len());
    }

    /// Appends one octet.
    pub fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    /// Appends two octets.
    pub fn u16(&mut self, value: u16) {
        let mut octets = [0; 2];
        NetworkEndian::write_u16(&mut octets, value);
        self.bytes(&octets);
    }

    /// Appends four octets.
    pub fn u32(&mut self, value: u32) {
        let mut octets = [0; 4];
        NetworkEndian::write_u32(&mut octets, value);
        self.bytes(&octets);
    }

    /// Appends `count` zero octets.
    pub fn zeros(&mut self, count: usize) {
        let end = self.len.saturating_add(count);
        if let Some(place) = self.buffer.get_mut(self.len..end) {
            place.fill(0);
        }
        self.len = end;
    }

    /// Room for the next `len` octets, for somebody else to write. `None` if they do not fit; they are counted all the same.
    pub fn reserve(&mut self, len: usize) -> Option<&mut [u8]> {
        let start = self.len;
        self.len = start.saturating_add(len);
        self.buffer.get_mut(start..self.len)
    }

    /// Appends `bytes` in a field of `width` octets: cut if longer, filled up with zeros if shorter.
    pub fn padded(&mut self, bytes: &[u8], width: usize) {
        let kept = bytes.get(..width).unwrap_or(bytes);
        self.bytes(kept);
        self.zeros(width.saturating_sub(kept.len()));
    }

    /// Overwrites the two octets at `at`, such as a length that is known only afterwards.
    pub fn patch_u16(&mut self, at: usize, value: u16) {
        let rest = self.buffer.get_mut(at..);
        if let Some(place) = rest.and_then(|rest| rest.first_chunk_mut::<2>()) {
            NetworkEndian::write_u16(place, value);
        }
    }

    /// Overwrites the octet at `at`.
    pub fn patch_u8(&mut self, at: usize, value: u8) {
        if let Some(place) = self.buffer.get_mut(at) {
            *place = value;
        }
    }

    /// What was written so far, as far as it fitted.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or(self.buffer)
    }

    /// Takes back all that was written from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// What was written.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if not all of it fitted.
    pub fn finish(self) -> Result<&'a mut [u8], BufferTooSmall> {
        let needed = self.len;
        self.buffer
            .get_mut(..needed)
            .ok_or(BufferTooSmall { needed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_in_network_order_and_counts_offsets() {
        let mut reader = Reader::new(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(reader.u8("a"), Ok(1));
        assert_eq!(reader.u16("b"), Ok(0x0203));
        let mut sub = reader.sub(4, "c").unwrap();
        assert_eq!(sub.offset(), 3);
        assert_eq!(sub.u32("d"), Ok(0x0405_0607));
        assert_eq!(sub.finish("d"), Ok(()));
        let error = reader.u32("e").unwrap_err();
        assert_eq!((error.field, error.offset), ("e", 7));
        assert_eq!(error.kind, ParseErrorKind::Truncated { missing: 2 });
        assert_eq!(reader.remaining(), 2, "a failed read takes nothing");
        let error = reader.finish("f").unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::Trailing { excess: 2 });
    }

    #[test]
    fn a_short_buffer_says_what_it_needs() {
        for room in 0..14 {
            let mut buffer = [0xaa; 14];
            let mut writer = Writer::new(&mut buffer[..room]);
            writer.u8(1);
            writer.u16(0x0203);
            writer.u32(0x0405_0607);
            writer.padded(b"xyz", 2);
            writer.padded(b"z", 3);
            writer.zeros(2);
            writer.patch_u16(1, 0x0908);
            assert_eq!(
                writer.finish().unwrap_err(),
                BufferTooSmall { needed: 14 },
                "room {room}"
            );
        }
        let mut buffer = [0xaa; 14];
        let mut writer = Writer::new(&mut buffer);
        writer.u16(0x0102);
        writer.padded(b"z", 2);
        writer.patch_u8(0, 7);
        assert_eq!(writer.finish().unwrap(), &[7, 2, b'z', 0]);
    }
}
