//! Packets of EAP inside the tunnel, most of which have no header.

use crate::packet::to_vec;
use alloc::vec::Vec;
use core::fmt;
use pptp_ppp::codec::{ParseError, Reader};
use pptp_ppp::wire::eap::{Code, Type};

/// A Request or Response inside the tunnel. The code is that of the packet around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InnerPacket<'a> {
    /// The identifier in its own header; `None`: it has none, and that of the packet around it counts.
    pub identifier: Option<u8>,
    /// The type.
    pub kind: Type,
    /// The Type-Data.
    pub data: &'a [u8],
}

impl<'a> InnerPacket<'a> {
    /// Reads what came in a packet of `code`. It has a header of its own if it looks like one: `code` and the right length.
    /// Extensions always have, FreeRADIUS has one for its first Request, and others may.
    ///
    /// # Errors
    /// If there is no type.
    pub fn parse(bytes: &'a [u8], code: Code) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let identifier = Self::header(&mut reader, code).ok();
        if identifier.is_none() {
            reader = Reader::new(bytes);
        }
        Ok(Self {
            identifier,
            kind: Type(reader.u8("Type")?),
            data: reader.rest(),
        })
    }

    fn header(reader: &mut Reader<'_>, code: Code) -> Result<u8, ParseError> {
        let len = reader.remaining();
        if reader.u8("Code")? != code.0 {
            return Err(ParseError::invalid("Code", 0));
        }
        let identifier = reader.u8("Identifier")?;
        if usize::from(reader.u16("Length")?) != len || reader.is_empty() {
            return Err(ParseError::invalid("Length", 2));
        }
        Ok(identifier)
    }

    /// The packet, for one of `code`: with a header if there is an identifier.
    #[must_use]
    pub fn to_vec(&self, code: Code) -> Vec<u8> {
        to_vec(|writer| {
            if let Some(identifier) = self.identifier {
                writer.u8(code.0);
                writer.u8(identifier);
                let len = self.data.len().saturating_add(5);
                writer.u16(u16::try_from(len).unwrap_or(u16::MAX));
            }
            writer.u8(self.kind.0);
            writer.bytes(self.data);
        })
    }
}

/// Without the data, in which there are proofs.
impl fmt::Debug for InnerPacket<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InnerPacket")
            .field("identifier", &self.identifier)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
