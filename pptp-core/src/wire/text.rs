//! Strings in fields of a fixed width.
//!
//! They are octets, whatever the RFC says: peers send them without a NUL, with garbage behind the NUL, and in
//! encodings of their own.

use core::fmt;

/// What a field holds, without the zeros that fill it up.
pub(super) fn trimmed(field: &[u8]) -> &[u8] {
    let last = field.iter().rposition(|&octet| octet != 0);
    let len = last.map_or(0, |last| last.saturating_add(1));
    field.get(..len).unwrap_or(field)
}

/// Shows a string up to its first NUL, whatever is not printable ASCII escaped.
pub(super) struct Text<'a>(pub(super) &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.split(|&octet| octet == 0).next();
        text.unwrap_or_default().escape_ascii().fmt(f)
    }
}
