//! IPCP: its configuration options (RFC 1332 §3, RFC 1877).

use super::text::Dotted;
use super::{Hex, Protocol, RawOption};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;
use core::net::Ipv4Addr;

code_points! {
    /// The type of an IPCP option.
    pub struct OptionType(u8);

    /// IP-Addresses, deprecated (RFC 1332 §3.1).
    IP_ADDRESSES = 1, "IP-Addresses";
    /// IP-Compression-Protocol (RFC 1332 §3.2).
    COMPRESSION = 2, "IP-Compression-Protocol";
    /// IP-Address (RFC 1332 §3.3).
    IP_ADDRESS = 3, "IP-Address";
    /// Mobile-IPv4 (RFC 2290).
    MOBILE_IPV4 = 4, "Mobile-IPv4";
    /// Primary DNS Server Address (RFC 1877 §1.1).
    PRIMARY_DNS = 129, "Primary-DNS";
    /// Primary NBNS Server Address (RFC 1877 §1.2).
    PRIMARY_NBNS = 130, "Primary-NBNS";
    /// Secondary DNS Server Address (RFC 1877 §1.3).
    SECONDARY_DNS = 131, "Secondary-DNS";
    /// Secondary NBNS Server Address (RFC 1877 §1.4).
    SECONDARY_NBNS = 132, "Secondary-NBNS";
}

/// A configuration option of IPCP. Zero for an address asks the peer to name one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigOption<'a> {
    /// IP-Addresses, deprecated.
    IpAddresses {
        /// Of the option's sender.
        source: Ipv4Addr,
        /// Of its receiver.
        destination: Ipv4Addr,
    },
    /// IP-Compression-Protocol: what the sender of the option can take.
    Compression {
        /// [`Protocol::VJ_COMPRESSED`] for Van Jacobson's.
        protocol: Protocol,
        /// For Van Jacobson's the highest slot number, and 1 if the slot number may be left out (RFC 1332 §4).
        data: &'a [u8],
    },
    /// IP-Address: of the option's sender.
    IpAddress(Ipv4Addr),
    /// Primary DNS server.
    PrimaryDns(Ipv4Addr),
    /// Primary NetBIOS name server (WINS).
    PrimaryNbns(Ipv4Addr),
    /// Secondary DNS server.
    SecondaryDns(Ipv4Addr),
    /// Secondary NetBIOS name server (WINS).
    SecondaryNbns(Ipv4Addr),
    /// An option that is not taken apart here.
    Other(RawOption<'a>),
}

impl<'a> ConfigOption<'a> {
    /// Reads an option.
    ///
    /// # Errors
    /// If the length does not suit the type.
    pub fn parse(option: RawOption<'a>) -> Result<Self, ParseError> {
        let address = || option.read_value("IP-Address", read_address);
        Ok(match OptionType(option.kind) {
            OptionType::IP_ADDRESSES => option.read_value("IP-Addresses", |value| {
                let source = read_address(value)?;
                let destination = read_address(value)?;
                Ok(Self::IpAddresses {
                    source,
                    destination,
                })
            })?,
            OptionType::COMPRESSION => option.read_value("IP-Compression-Protocol", |value| {
                let protocol = Protocol(value.u16("IP-Compression-Protocol")?);
                Ok(Self::Compression {
                    protocol,
                    data: value.rest(),
                })
            })?,
            OptionType::IP_ADDRESS => Self::IpAddress(address()?),
            OptionType::PRIMARY_DNS => Self::PrimaryDns(address()?),
            OptionType::PRIMARY_NBNS => Self::PrimaryNbns(address()?),
            OptionType::SECONDARY_DNS => Self::SecondaryDns(address()?),
            OptionType::SECONDARY_NBNS => Self::SecondaryNbns(address()?),
            _ => Self::Other(option),
        })
    }

    /// The type of the option.
    #[must_use]
    pub const fn kind(&self) -> OptionType {
        match self {
            Self::IpAddresses { .. } => OptionType::IP_ADDRESSES,
            Self::Compression { .. } => OptionType::COMPRESSION,
            Self::IpAddress(_) => OptionType::IP_ADDRESS,
            Self::PrimaryDns(_) => OptionType::PRIMARY_DNS,
            Self::PrimaryNbns(_) => OptionType::PRIMARY_NBNS,
            Self::SecondaryDns(_) => OptionType::SECONDARY_DNS,
            Self::SecondaryNbns(_) => OptionType::SECONDARY_NBNS,
            Self::Other(option) => OptionType(option.kind),
        }
    }

    /// Appends the option.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        RawOption::encode_with(writer, self.kind().0, |writer| match *self {
            Self::IpAddresses {
                source,
                destination,
            } => {
                writer.bytes(&source.octets());
                writer.bytes(&destination.octets());
            }
            Self::Compression { protocol, data } => {
                writer.u16(protocol.0);
                writer.bytes(data);
            }
            Self::IpAddress(address)
            | Self::PrimaryDns(address)
            | Self::PrimaryNbns(address)
            | Self::SecondaryDns(address)
            | Self::SecondaryNbns(address) => writer.bytes(&address.octets()),
            Self::Other(option) => writer.bytes(option.value),
        });
    }
}

impl fmt::Display for ConfigOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IpAddresses {
                source,
                destination,
            } => write!(f, "addrs {} {}", Dotted(source), Dotted(destination)),
            Self::Compression {
                protocol: Protocol::VJ_COMPRESSED,
                data: &[slot, compress],
            } => {
                write!(f, "VJ slots 0-{slot} compress-slot {compress}")
            }
            Self::Compression { protocol, data } => {
                write!(f, "compression {protocol} {}", Hex(data))
            }
            Self::IpAddress(address) => write!(f, "addr {}", Dotted(address)),
            Self::PrimaryDns(address) => write!(f, "DNS1 {}", Dotted(address)),
            Self::PrimaryNbns(address) => write!(f, "NBNS1 {}", Dotted(address)),
            Self::SecondaryDns(address) => write!(f, "DNS2 {}", Dotted(address)),
            Self::SecondaryNbns(address) => write!(f, "NBNS2 {}", Dotted(address)),
            Self::Other(option) => match OptionType(option.kind).name() {
                Some(name) => write!(f, "{name} {}", Hex(option.value)),
                None => option.fmt(f),
            },
        }
    }
}

fn read_address(reader: &mut Reader<'_>) -> Result<Ipv4Addr, ParseError> {
    reader.array::<4>("IP-Address").map(Ipv4Addr::from)
}
