//! What is in a packet of EAP-TLS or PEAP: flags, perhaps a length, and a piece of a TLS message (RFC 5216 §3).

use core::fmt;
use pptp_ppp::codec::{ParseError, Reader, Writer};

const LENGTH_INCLUDED: u8 = 0x80;
const MORE_FRAGMENTS: u8 = 0x40;
const START: u8 = 0x20;
const VERSION: u8 = 0x07;

/// The Type-Data of a Request or Response: one fragment, often the only one.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Fragment<'a> {
    /// TLS Message Length: of all fragments together. In the first of several; some peers have it in every one.
    pub total: Option<u32>,
    /// M: there are more to come.
    pub more: bool,
    /// S: the server asks the peer to start.
    pub start: bool,
    /// The version of PEAP. In EAP-TLS reserved: zero, and not looked at.
    pub version: u8,
    /// The piece. None is in an acknowledgment and in a start.
    pub data: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// The acknowledgment of a fragment, and what is said when there is nothing to say (RFC 5216 §2.1.5).
    pub const ACKNOWLEDGMENT: Self = Self {
        total: None,
        more: false,
        start: false,
        version: 0,
        data: &[],
    };

    /// How many octets of a packet are not data, at the most: the header of EAP with its type, flags and length.
    pub const MAX_OVERHEAD: usize = 10;

    /// Reads the Type-Data.
    ///
    /// # Errors
    /// If flags or the announced length are not there.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let flags = reader.u8("Flags")?;
        let total = match flags & LENGTH_INCLUDED {
            0 => None,
            _ => Some(reader.u32("TLS Message Length")?),
        };
        Ok(Self {
            total,
            more: flags & MORE_FRAGMENTS != 0,
            start: flags & START != 0,
            version: flags & VERSION,
            data: reader.rest(),
        })
    }

    /// Appends the Type-Data. Of the version the low three bits count.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        writer.u8(self.version & VERSION
            | flag(self.total.is_some(), LENGTH_INCLUDED)
            | flag(self.more, MORE_FRAGMENTS)
            | flag(self.start, START));
        if let Some(total) = self.total {
            writer.u32(total);
        }
        writer.bytes(self.data);
    }

    /// Whether it acknowledges a fragment: nothing is in it.
    #[must_use]
    pub const fn is_acknowledgment(&self) -> bool {
        self.data.is_empty() && !self.more && !self.start
    }
}

/// Such as `LM, 1014 octets of 2500`.
impl fmt::Display for Fragment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = [
            (self.total.is_some(), "L"),
            (self.more, "M"),
            (self.start, "S"),
        ];
        for (_, letter) in flags.iter().filter(|(is_set, _)| *is_set) {
            f.write_str(letter)?;
        }
        if flags.iter().any(|(is_set, _)| *is_set) {
            f.write_str(", ")?;
        }
        write!(f, "{} octets", self.data.len())?;
        match self.total {
            Some(total) => write!(f, " of {total}"),
            None => Ok(()),
        }
    }
}

/// As [`fmt::Display`]: the data is no one's to read.
impl fmt::Debug for Fragment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fragment({self}, version {})", self.version)
    }
}
