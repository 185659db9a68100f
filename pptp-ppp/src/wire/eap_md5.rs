//! The Type-Data of MD5-Challenge, type 4 of EAP (RFC 3748 §5.4), which is CHAP's Challenge and Response (RFC 1994 §4.1).

use super::chap::{read_value, write_value};
use super::{Hex, Text};
use crate::codec::{ParseError, Writer};
use core::fmt;

/// A challenge in a Request, or the answer to it in a Response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Md5Challenge<'a> {
    /// Random octets in a Request; in a Response the MD5 of identifier, secret and those, 16 octets.
    pub value: &'a [u8],
    /// Who asks or answers; may be empty.
    pub name: &'a [u8],
}

impl<'a> Md5Challenge<'a> {
    /// Reads the Type-Data.
    ///
    /// # Errors
    /// If there is no Value-Size, or fewer octets than it says.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let (value, name) = read_value(data)?;
        Ok(Self { value, name })
    }

    /// Appends the Type-Data. A value beyond 255 octets is cut.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        write_value(writer, self.value, self.name);
    }
}

impl fmt::Display for Md5Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "value {} name {}", Hex(self.value), Text(self.name))
    }
}
