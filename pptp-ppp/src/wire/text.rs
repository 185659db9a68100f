//! How octets are printed.

use core::fmt::{self, Write as _};
use core::net::Ipv4Addr;

/// Prints octets in hexadecimal, without anything in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::LowerHex for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::UpperHex for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02X}"))
    }
}

/// Prints octets that should be text: quoted, with all but printable ASCII escaped, so that a peer can neither forge
/// lines of a log nor talk to a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for &octet in self.0 {
            match octet {
                b'"' | b'\\' => write!(f, "\\{}", char::from(octet))?,
                b' '..=b'~' => f.write_char(char::from(octet))?,
                _ => write!(f, "\\x{octet:02x}")?,
            }
        }
        f.write_char('"')
    }
}

/// Prints an IPv4 address. That of `core` carries code that can panic, were one of its own promises broken.
#[derive(Debug, Clone, Copy)]
pub struct Dotted(pub Ipv4Addr);

impl fmt::Display for Dotted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0.octets();
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn text_of_a_peer_cannot_leave_its_quotes() {
        let text = Text(b"a\"b\\c\n\x1b[2J\xff");
        assert_eq!(format!("{text}"), r#""a\"b\\c\x0a\x1b[2J\xff""#);
        assert_eq!(format!("{0} {0:X}", Hex(&[0, 0xab])), "00ab 00AB");
    }
}
