//! Configuration options (RFC 1661 §6): a list of type, length and value.

use super::Hex;
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;
use core::iter::FusedIterator;

/// One configuration option of any type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawOption<'a> {
    /// The Type field; what it means depends on the protocol.
    pub kind: u8,
    /// What follows the Length field.
    pub value: &'a [u8],
}

impl<'a> RawOption<'a> {
    /// Type and Length.
    pub const HEADER_LEN: usize = 2;
    /// The longest [`RawOption::value`] that a Length field can tell.
    pub const MAX_VALUE_LEN: usize = 0xff - Self::HEADER_LEN;

    /// How many octets [`RawOption::encode`] appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        self.value
            .len()
            .min(Self::MAX_VALUE_LEN)
            .saturating_add(Self::HEADER_LEN)
    }

    /// Appends the option. A value beyond [`RawOption::MAX_VALUE_LEN`] is cut.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        let value = self.value.get(..Self::MAX_VALUE_LEN).unwrap_or(self.value);
        Self::encode_with(writer, self.kind, |writer| writer.bytes(value));
    }

    /// Appends an option whose value `write_value` appends: at most [`RawOption::MAX_VALUE_LEN`] octets.
    pub(super) fn encode_with(
        writer: &mut Writer<'_>,
        kind: u8,
        write_value: impl FnOnce(&mut Writer<'_>),
    ) {
        let start = writer.len();
        writer.u8(kind);
        writer.u8(0);
        write_value(writer);
        let length = u8::try_from(writer.len().saturating_sub(start)).unwrap_or(u8::MAX);
        writer.patch_u8(start.saturating_add(1), length);
    }

    /// What `read` makes of the value, if it reads all of it.
    pub(super) fn read_value<T>(
        &self,
        field: &'static str,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        let mut reader = Reader::new(self.value);
        let value = read(&mut reader)?;
        reader.finish(field)?;
        Ok(value)
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let kind = reader.u8("Type")?;
        let at = reader.offset();
        let length = usize::from(reader.u8("Length")?);
        let Some(len) = length.checked_sub(Self::HEADER_LEN) else {
            return Err(ParseError::invalid("Length", at));
        };
        let value = reader.take(len, "Data")?;
        Ok(Self { kind, value })
    }
}

impl fmt::Display for RawOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "option {}", self.kind)?;
        if self.value.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", Hex(self.value))
        }
    }
}

/// The options of a list, one after the other.
///
/// After an error, which is the last item, there are no more: where the next option would start is not known.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    rest: Reader<'a>,
}

impl<'a> Options<'a> {
    /// The options in `list`, such as the data of a Configure-Request.
    #[must_use]
    pub const fn new(list: &'a [u8]) -> Self {
        Self {
            rest: Reader::new(list),
        }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<RawOption<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let option = RawOption::read(&mut self.rest);
        if option.is_err() {
            self.rest.rest();
        }
        Some(option)
    }
}

impl FusedIterator for Options<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_list_is_split_and_written_again() {
        // MRU 1400, PFC, and a type that nobody knows.
        let list = [1, 4, 0x05, 0x78, 7, 2, 200, 3, 0xee];
        let options: Vec<_> = Options::new(&list).map(Result::unwrap).collect();
        let expected: [(u8, &[u8]); 3] = [(1, &[0x05, 0x78]), (7, &[]), (200, &[0xee])];
        assert_eq!(options.len(), 3);
        let mut buffer = [0; 9];
        let mut writer = Writer::new(&mut buffer);
        for (option, (kind, value)) in options.iter().zip(expected) {
            assert_eq!((option.kind, option.value), (kind, value));
            assert_eq!(option.encoded_len(), value.len() + 2);
            option.encode(&mut writer);
        }
        assert_eq!(writer.finish().unwrap(), &list);
    }

    #[test]
    fn an_error_is_the_last_item() {
        let lists: [(&[u8], &str, usize); 4] = [
            (&[7, 2, 1], "Length", 3),
            (&[7, 2, 1, 0, 7, 2], "Length", 3),
            (&[7, 2, 1, 1, 7, 2], "Length", 3),
            (&[7, 2, 1, 4, 5], "Data", 4),
        ];
        for (list, field, offset) in lists {
            let items: Vec<_> = Options::new(list).collect();
            assert_eq!(items.len(), 2, "{list:?}");
            assert!(items[0].is_ok(), "{list:?}");
            let error = items[1].unwrap_err();
            assert_eq!((error.field, error.offset), (field, offset), "{list:?}");
        }
        assert_eq!(Options::new(&[]).next(), None);
    }

    #[test]
    fn a_value_that_no_length_can_tell_is_cut() {
        let option = RawOption {
            kind: 9,
            value: &[1; 300],
        };
        let mut buffer = [0; 300];
        let mut writer = Writer::new(&mut buffer);
        option.encode(&mut writer);
        let written = writer.finish().unwrap();
        assert_eq!((written.len(), &written[..2]), (255, &[9, 255][..]));
        assert_eq!(option.encoded_len(), 255);
    }
}
