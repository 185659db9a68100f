//! LCP: its configuration options and the bodies of its other messages (RFC 1661 §5 and §6, RFC 1570, RFC 1990 §5).

use super::chap::Algorithm;
use super::{Hex, Protocol, RawOption, Text};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

code_points! {
    /// The type of an LCP option.
    pub struct OptionType(u8);

    /// Vendor extension (RFC 2153).
    VENDOR = 0, "Vendor-Extension";
    /// Maximum-Receive-Unit (RFC 1661 §6.1).
    MRU = 1, "Maximum-Receive-Unit";
    /// Async-Control-Character-Map (RFC 1662 §7.1).
    ACCM = 2, "Async-Control-Character-Map";
    /// Authentication-Protocol (RFC 1661 §6.2).
    AUTHENTICATION = 3, "Authentication-Protocol";
    /// Quality-Protocol (RFC 1661 §6.3).
    QUALITY = 4, "Quality-Protocol";
    /// Magic-Number (RFC 1661 §6.4).
    MAGIC = 5, "Magic-Number";
    /// Protocol-Field-Compression (RFC 1661 §6.5).
    PFC = 7, "Protocol-Field-Compression";
    /// Address-and-Control-Field-Compression (RFC 1661 §6.6).
    ACFC = 8, "Address-and-Control-Field-Compression";
    /// FCS-Alternatives (RFC 1570 §2.1).
    FCS_ALTERNATIVES = 9, "FCS-Alternatives";
    /// Self-Describing-Pad (RFC 1570 §2.2).
    SELF_DESCRIBING_PAD = 10, "Self-Describing-Pad";
    /// Numbered-Mode (RFC 1663).
    NUMBERED_MODE = 11, "Numbered-Mode";
    /// Callback (RFC 1570 §2.3).
    CALLBACK = 13, "Callback";
    /// Compound-Frames (RFC 1570 §2.4).
    COMPOUND_FRAMES = 15, "Compound-Frames";
    /// Multilink Maximum Received Reconstructed Unit (RFC 1990 §5.1.1).
    MRRU = 17, "Multilink-MRRU";
    /// Multilink Short Sequence Number Header Format (RFC 1990 §5.1.2).
    SHORT_SEQUENCE = 18, "Short-Sequence-Number";
    /// Endpoint Discriminator (RFC 1990 §5.1.3).
    ENDPOINT = 19, "Endpoint-Discriminator";
    /// Link Discriminator (RFC 2125 §7).
    LINK_DISCRIMINATOR = 23, "Link-Discriminator";
}

/// A configuration option of LCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigOption<'a> {
    /// Maximum-Receive-Unit: the longest Information field, in octets, that may be sent to the sender.
    Mru(u16),
    /// Async-Control-Character-Map: which of the first 32 characters to escape. No use in a tunnel, yet sent by many.
    Accm(u32),
    /// Authentication-Protocol: how the sender wants its peer to authenticate itself.
    Authentication(Authentication<'a>),
    /// Quality-Protocol: how the sender wants to be told of the link's quality.
    Quality {
        /// Usually [`Protocol::LQR`].
        protocol: Protocol,
        /// For LQR the reporting period, in hundredths of seconds in four octets.
        data: &'a [u8],
    },
    /// Magic-Number: random, so that a looped-back link is recognised.
    Magic(u32),
    /// Protocol-Field-Compression: the sender takes frames with the protocol in one octet.
    ProtocolCompression,
    /// Address-and-Control-Field-Compression: the sender takes frames without these fields.
    AddressControlCompression,
    /// Callback: the sender wants to be called back.
    Callback {
        /// How to find where to call: 6 leaves it to CBCP, which is what Windows asks for.
        operation: u8,
        /// A number, a name or nothing, as `operation` has it.
        message: &'a [u8],
    },
    /// Multilink: the longest packet, in octets, that the sender puts together from fragments.
    Mrru(u16),
    /// Multilink: the sender takes fragments with sequence numbers of 12 bits.
    ShortSequence,
    /// Endpoint Discriminator: names the system, so that links of one bundle are recognised.
    Endpoint {
        /// What kind of address it is, 0 to 5.
        class: u8,
        /// At most 20 octets.
        address: &'a [u8],
    },
    /// An option that is not taken apart here.
    Other(RawOption<'a>),
}

impl<'a> ConfigOption<'a> {
    /// Reads an option.
    ///
    /// # Errors
    /// If the length does not suit the type. The option is then to be answered by a Configure-Nak with an acceptable
    /// one, or by a Configure-Reject (RFC 1661 §6).
    pub fn parse(option: RawOption<'a>) -> Result<Self, ParseError> {
        match OptionType(option.kind) {
            OptionType::MRU => option.read_value("Maximum-Receive-Unit", |value| {
                Ok(Self::Mru(value.u16("Maximum-Receive-Unit")?))
            }),
            OptionType::ACCM => {
                option.read_value("ACCM", |value| Ok(Self::Accm(value.u32("ACCM")?)))
            }
            OptionType::AUTHENTICATION => option.read_value("Authentication-Protocol", |value| {
                let protocol = Protocol(value.u16("Authentication-Protocol")?);
                Ok(Self::Authentication(Authentication {
                    protocol,
                    data: value.rest(),
                }))
            }),
            OptionType::QUALITY => option.read_value("Quality-Protocol", |value| {
                let protocol = Protocol(value.u16("Quality-Protocol")?);
                Ok(Self::Quality {
                    protocol,
                    data: value.rest(),
                })
            }),
            OptionType::MAGIC => option.read_value("Magic-Number", |value| {
                Ok(Self::Magic(value.u32("Magic-Number")?))
            }),
            OptionType::PFC => option.read_value("PFC", |_| Ok(Self::ProtocolCompression)),
            OptionType::ACFC => option.read_value("ACFC", |_| Ok(Self::AddressControlCompression)),
            OptionType::CALLBACK => option.read_value("Callback", |value| {
                let operation = value.u8("Operation")?;
                Ok(Self::Callback {
                    operation,
                    message: value.rest(),
                })
            }),
            OptionType::MRRU => {
                option.read_value("MRRU", |value| Ok(Self::Mrru(value.u16("MRRU")?)))
            }
            OptionType::SHORT_SEQUENCE => option.read_value("SSNHF", |_| Ok(Self::ShortSequence)),
            OptionType::ENDPOINT => option.read_value("Endpoint-Discriminator", |value| {
                let class = value.u8("Class")?;
                Ok(Self::Endpoint {
                    class,
                    address: value.rest(),
                })
            }),
            _ => Ok(Self::Other(option)),
        }
    }

    /// The type of the option.
    #[must_use]
    pub const fn kind(&self) -> OptionType {
        match self {
            Self::Mru(_) => OptionType::MRU,
            Self::Accm(_) => OptionType::ACCM,
            Self::Authentication(_) => OptionType::AUTHENTICATION,
            Self::Quality { .. } => OptionType::QUALITY,
            Self::Magic(_) => OptionType::MAGIC,
            Self::ProtocolCompression => OptionType::PFC,
            Self::AddressControlCompression => OptionType::ACFC,
            Self::Callback { .. } => OptionType::CALLBACK,
            Self::Mrru(_) => OptionType::MRRU,
            Self::ShortSequence => OptionType::SHORT_SEQUENCE,
            Self::Endpoint { .. } => OptionType::ENDPOINT,
            Self::Other(option) => OptionType(option.kind),
        }
    }

    /// Appends the option.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        RawOption::encode_with(writer, self.kind().0, |writer| match *self {
            Self::Mru(mru) | Self::Mrru(mru) => writer.u16(mru),
            Self::Accm(map) => writer.u32(map),
            Self::Authentication(Authentication { protocol, data })
            | Self::Quality { protocol, data } => {
                writer.u16(protocol.0);
                writer.bytes(data);
            }
            Self::Magic(magic) => writer.u32(magic),
            Self::ProtocolCompression | Self::AddressControlCompression | Self::ShortSequence => {}
            Self::Callback {
                operation: kind,
                message: data,
            }
            | Self::Endpoint {
                class: kind,
                address: data,
            } => {
                writer.u8(kind);
                writer.bytes(data);
            }
            Self::Other(option) => writer.bytes(option.value),
        });
    }
}

impl fmt::Display for ConfigOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Mru(mru) => write!(f, "MRU {mru}"),
            Self::Accm(map) => write!(f, "ACCM {map:08x}"),
            Self::Authentication(authentication) => write!(f, "auth {authentication}"),
            Self::Quality { protocol, data } => write!(f, "quality {protocol} {}", Hex(data)),
            Self::Magic(magic) => write!(f, "magic {magic:08x}"),
            Self::ProtocolCompression => f.write_str("PFC"),
            Self::AddressControlCompression => f.write_str("ACFC"),
            Self::Callback {
                operation,
                message: [],
            } => write!(f, "callback {operation}"),
            Self::Callback { operation, message } => {
                write!(f, "callback {operation} {}", Text(message))
            }
            Self::Mrru(mrru) => write!(f, "MRRU {mrru}"),
            Self::ShortSequence => f.write_str("SSNHF"),
            Self::Endpoint { class, address } => write!(f, "endpoint {class} {}", Hex(address)),
            Self::Other(option) => match OptionType(option.kind).name() {
                Some(name) if option.value.is_empty() => f.write_str(name),
                Some(name) => write!(f, "{name} {}", Hex(option.value)),
                None => option.fmt(f),
            },
        }
    }
}

/// What an Authentication-Protocol option asks for: a protocol, and its algorithm if it has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authentication<'a> {
    /// The protocol.
    pub protocol: Protocol,
    /// For CHAP the algorithm, in one octet: see [`Algorithm`].
    pub data: &'a [u8],
}

impl Authentication<'_> {
    /// Clear passwords (RFC 1334 §2).
    pub const PAP: Self = Self {
        protocol: Protocol::PAP,
        data: &[],
    };
    /// CHAP with MD5 (RFC 1994).
    pub const CHAP_MD5: Self = Self {
        protocol: Protocol::CHAP,
        data: &[Algorithm::MD5.0],
    };
    /// MS-CHAPv1 (RFC 2433).
    pub const MS_CHAP: Self = Self {
        protocol: Protocol::CHAP,
        data: &[Algorithm::MS_CHAP.0],
    };
    /// MS-CHAPv2 (RFC 2759).
    pub const MS_CHAP_V2: Self = Self {
        protocol: Protocol::CHAP,
        data: &[Algorithm::MS_CHAP_V2.0],
    };
    /// EAP (RFC 3748).
    pub const EAP: Self = Self {
        protocol: Protocol::EAP,
        data: &[],
    };
}

impl fmt::Display for Authentication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.protocol, self.data) {
            (protocol, []) => protocol.fmt(f),
            (Protocol::CHAP, &[algorithm]) => Algorithm(algorithm).fmt(f),
            (protocol, data) => write!(f, "{protocol} {}", Hex(data)),
        }
    }
}

/// The body of an Echo-Request, Echo-Reply or Discard-Request (RFC 1661 §5.8, §5.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo<'a> {
    /// The sender's Magic-Number; zero if none was negotiated.
    pub magic: u32,
    /// Anything; an Echo-Reply repeats it.
    pub data: &'a [u8],
}

impl<'a> Echo<'a> {
    /// Reads the data of the packet.
    ///
    /// # Errors
    /// If it is shorter than a Magic-Number.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let magic = reader.u32("Magic-Number")?;
        Ok(Self {
            magic,
            data: reader.rest(),
        })
    }

    /// Appends the data of the packet.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.u32(self.magic);
        writer.bytes(self.data);
    }
}

impl fmt::Display for Echo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "magic {:08x}", self.magic)?;
        if self.data.is_empty() {
            Ok(())
        } else {
            write!(f, " data {}", Hex(self.data))
        }
    }
}

/// The body of a Protocol-Reject (RFC 1661 §5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProtocolReject<'a> {
    /// The protocol that is not supported.
    pub protocol: Protocol,
    /// The start of the rejected packet, as much as the sender chose to return.
    pub information: &'a [u8],
}

impl<'a> ProtocolReject<'a> {
    /// Reads the data of the packet.
    ///
    /// # Errors
    /// If it is shorter than a protocol.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let protocol = Protocol(reader.u16("Rejected-Protocol")?);
        Ok(Self {
            protocol,
            information: reader.rest(),
        })
    }

    /// Appends the data of the packet. Cutting it to the peer's MRU is the caller's part.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.u16(self.protocol.0);
        writer.bytes(self.information);
    }
}

impl fmt::Display for ProtocolReject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} octets", self.protocol, self.information.len())
    }
}

/// The body of an Identification (RFC 1570 §1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identification<'a> {
    /// The sender's Magic-Number; zero if none was negotiated.
    pub magic: u32,
    /// Text for people, such as `MSRASV5.20`; in practice ASCII or octets of any kind.
    pub message: &'a [u8],
}

impl<'a> Identification<'a> {
    /// Reads the data of the packet.
    ///
    /// # Errors
    /// If it is shorter than a Magic-Number.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let magic = reader.u32("Magic-Number")?;
        Ok(Self {
            magic,
            message: reader.rest(),
        })
    }

    /// Appends the data of the packet.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.u32(self.magic);
        writer.bytes(self.message);
    }
}

impl fmt::Display for Identification<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "magic {:08x} {}", self.magic, Text(self.message))
    }
}

/// The body of a Time-Remaining (RFC 1570 §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRemaining<'a> {
    /// The sender's Magic-Number; zero if none was negotiated.
    pub magic: u32,
    /// For how long the link will still be there, in seconds; all ones for ever.
    pub seconds: u32,
    /// Text for people.
    pub message: &'a [u8],
}

impl<'a> TimeRemaining<'a> {
    /// Reads the data of the packet.
    ///
    /// # Errors
    /// If it is shorter than its two numbers.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let magic = reader.u32("Magic-Number")?;
        let seconds = reader.u32("Seconds-Remaining")?;
        Ok(Self {
            magic,
            seconds,
            message: reader.rest(),
        })
    }

    /// Appends the data of the packet.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.u32(self.magic);
        writer.u32(self.seconds);
        writer.bytes(self.message);
    }
}

impl fmt::Display for TimeRemaining<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "magic {:08x} {} s {}",
            self.magic,
            self.seconds,
            Text(self.message)
        )
    }
}
