//! What a peer would rather do: Nak and Expanded Nak of EAP, and the Expanded types themselves (RFC 3748 §5.3, §5.7).

use super::eap::Type;
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

/// The Type-Data of a Nak (RFC 3748 §5.3.1): the methods that the peer would do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nak<'a> {
    /// One octet for each: [`Nak::types`]. 0 if there is none.
    pub data: &'a [u8],
}

impl<'a> Nak<'a> {
    /// Reads the Type-Data.
    ///
    /// # Errors
    /// If it is empty.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        reader.u8("Type")?;
        Ok(Self { data })
    }

    /// The methods. That which stands for none is left out.
    pub fn types(&self) -> impl Iterator<Item = Type> + use<'a> {
        let types = self.data.iter().copied().map(Type);
        types.filter(|kind| kind.0 != 0)
    }

    /// Appends the Type-Data.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.data);
    }
}

/// Such as `wants MSCHAPv2 TLS`.
impl fmt::Display for Nak<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        wants(f, self.types())
    }
}

/// A type of the expanded space (RFC 3748 §5.7): a vendor's, or with vendor 0 one of those that others have as one octet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ExpandedType {
    /// The vendor's number, 24 bits: 0 for the IETF, 311 for Microsoft.
    pub vendor: u32,
    /// The vendor's number for the type.
    pub kind: u32,
}

impl ExpandedType {
    /// What a type of one octet is in this space.
    #[must_use]
    pub const fn of(kind: Type) -> Self {
        Self {
            vendor: 0,
            kind: u32::from_be_bytes([0, 0, 0, kind.0]),
        }
    }

    /// The type of one octet that it is; `None` if it is none.
    #[must_use]
    pub fn legacy(self) -> Option<Type> {
        match (self.vendor, u8::try_from(self.kind)) {
            (0, Ok(kind)) => Some(Type(kind)),
            _ => None,
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let [a, b, c] = reader.array("Vendor-Id")?;
        Ok(Self {
            vendor: u32::from_be_bytes([0, a, b, c]),
            kind: reader.u32("Vendor-Type")?,
        })
    }

    fn write(self, writer: &mut Writer<'_>) {
        let [_, vendor @ ..] = self.vendor.to_be_bytes();
        writer.bytes(&vendor);
        writer.u32(self.kind);
    }
}

/// The name that the type of one octet has, or such as `311/34`.
impl fmt::Display for ExpandedType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.legacy() {
            Some(kind) => kind.fmt(f),
            None => write!(f, "{}/{}", self.vendor, self.kind),
        }
    }
}

/// The Type-Data of an Expanded type (RFC 3748 §5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expanded<'a> {
    /// Which.
    pub kind: ExpandedType,
    /// What the vendor's type has for data.
    pub data: &'a [u8],
}

impl<'a> Expanded<'a> {
    /// The type of an Expanded Nak (RFC 3748 §5.3.2), whose data [`ExpandedNak`] reads.
    pub const NAK: ExpandedType = ExpandedType::of(Type::NAK);

    /// Reads the Type-Data.
    ///
    /// # Errors
    /// If there are fewer than 7 octets.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let kind = ExpandedType::read(&mut reader)?;
        Ok(Self {
            kind,
            data: reader.rest(),
        })
    }

    /// Appends the Type-Data. Of a vendor's number the low 24 bits count.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        self.kind.write(writer);
        writer.bytes(self.data);
    }
}

impl fmt::Display for Expanded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} octets", self.kind, self.data.len())
    }
}

/// What an Expanded Nak has for data (RFC 3748 §5.3.2): the methods that the peer would do instead, 8 octets each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpandedNak<'a> {
    entries: &'a [[u8; 8]],
}

impl<'a> ExpandedNak<'a> {
    /// Reads the data behind Vendor-Id and Vendor-Type.
    ///
    /// # Errors
    /// If there is no entry, one of them is cut short, or is not of type 254.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        loop {
            let offset = reader.offset();
            if reader.u8("Type")? != Type::EXPANDED.0 {
                return Err(ParseError::invalid("Type", offset));
            }
            ExpandedType::read(&mut reader)?;
            if reader.is_empty() {
                break;
            }
        }
        let (entries, _) = data.as_chunks();
        Ok(Self { entries })
    }

    /// The methods. That which stands for none is left out.
    pub fn types(&self) -> impl Iterator<Item = ExpandedType> + use<'a> {
        let types = self
            .entries
            .iter()
            .map(|[_, a, b, c, kind @ ..]| ExpandedType {
                vendor: u32::from_be_bytes([0, *a, *b, *c]),
                kind: u32::from_be_bytes(*kind),
            });
        types.filter(|kind| *kind != ExpandedType::of(Type(0)))
    }

    /// Appends the data.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.entries.as_flattened());
    }

    /// Appends the data that names `types`, or none if there are none.
    pub fn encode_types(writer: &mut Writer<'_>, types: impl IntoIterator<Item = ExpandedType>) {
        let mut is_empty = true;
        for kind in types {
            is_empty = false;
            writer.u8(Type::EXPANDED.0);
            kind.write(writer);
        }
        if is_empty {
            writer.u8(Type::EXPANDED.0);
            ExpandedType::of(Type(0)).write(writer);
        }
    }
}

impl fmt::Display for ExpandedNak<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        wants(f, self.types())
    }
}

fn wants<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    mut types: impl Iterator<Item = T>,
) -> fmt::Result {
    let Some(first) = types.next() else {
        return f.write_str("wants nothing");
    };
    write!(f, "wants {first}")?;
    types.try_for_each(|kind| write!(f, " {kind}"))
}

#[cfg(test)]
mod tests;
