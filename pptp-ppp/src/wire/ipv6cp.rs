//! IPV6CP: its configuration options (RFC 5072 §4).

use super::{Hex, Protocol, RawOption};
use crate::codec::{ParseError, Writer};
use core::fmt;

code_points! {
    /// The type of an IPV6CP option.
    pub struct OptionType(u8);

    /// Interface-Identifier (RFC 5072 §4.1).
    INTERFACE_IDENTIFIER = 1, "Interface-Identifier";
    /// IPv6-Compression-Protocol (RFC 5172).
    COMPRESSION = 2, "IPv6-Compression-Protocol";
}

/// A configuration option of IPV6CP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigOption<'a> {
    /// The lower half of the sender's link-local address; zero asks the peer to name one.
    InterfaceIdentifier([u8; 8]),
    /// IPv6-Compression-Protocol: what the sender of the option can take.
    Compression {
        /// The protocol.
        protocol: Protocol,
        /// Its parameters.
        data: &'a [u8],
    },
    /// An option that is not taken apart here.
    Other(RawOption<'a>),
}

impl<'a> ConfigOption<'a> {
    /// Reads an option.
    ///
    /// # Errors
    /// If the length does not suit the type.
    pub fn parse(option: RawOption<'a>) -> Result<Self, ParseError> {
        match OptionType(option.kind) {
            OptionType::INTERFACE_IDENTIFIER => option
                .read_value("Interface-Identifier", |value| {
                    value.array("Interface-Identifier")
                })
                .map(Self::InterfaceIdentifier),
            OptionType::COMPRESSION => option.read_value("IPv6-Compression-Protocol", |value| {
                let protocol = Protocol(value.u16("IPv6-Compression-Protocol")?);
                Ok(Self::Compression {
                    protocol,
                    data: value.rest(),
                })
            }),
            _ => Ok(Self::Other(option)),
        }
    }

    /// The type of the option.
    #[must_use]
    pub const fn kind(&self) -> OptionType {
        match self {
            Self::InterfaceIdentifier(_) => OptionType::INTERFACE_IDENTIFIER,
            Self::Compression { .. } => OptionType::COMPRESSION,
            Self::Other(option) => OptionType(option.kind),
        }
    }

    /// Appends the option.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        RawOption::encode_with(writer, self.kind().0, |writer| match self {
            Self::InterfaceIdentifier(identifier) => writer.bytes(identifier),
            Self::Compression { protocol, data } => {
                writer.u16(protocol.0);
                writer.bytes(data);
            }
            Self::Other(option) => writer.bytes(option.value),
        });
    }
}

impl fmt::Display for ConfigOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InterfaceIdentifier([a, b, c, d, e, g, h, i]) => {
                write!(
                    f,
                    "ifid {a:02x}{b:02x}:{c:02x}{d:02x}:{e:02x}{g:02x}:{h:02x}{i:02x}"
                )
            }
            Self::Compression { protocol, data } => {
                write!(f, "compression {protocol} {}", Hex(data))
            }
            Self::Other(option) => option.fmt(f),
        }
    }
}
