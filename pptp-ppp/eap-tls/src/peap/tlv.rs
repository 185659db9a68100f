//! Type-Length-Values in the Extensions of PEAP, type 33 of EAP.

use core::fmt;
use pptp_ppp::codec::{ParseError, Reader, Writer};

const MANDATORY: u16 = 0x8000;
const KIND: u16 = 0x3fff;

/// How it ended, as one end tells the other inside the tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 1.
    Success,
    /// 2, and whatever else is not 1.
    Failure,
}

/// The cryptobinding TLV: a proof that whoever made it has the keys of the tunnel and of the method inside it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CryptoBinding {
    /// The version of PEAP of whoever made it: 0.
    pub version: u8,
    /// The version of PEAP that the other end was heard to have: 0.
    pub received_version: u8,
    /// 0: the server asks, 1: the peer answers.
    pub sub_type: u8,
    /// Random octets.
    pub nonce: [u8; 32],
    /// The proof: see [`CryptoBinding::LEN`].
    pub mac: [u8; 20],
}

impl CryptoBinding {
    /// [`CryptoBinding::sub_type`] of the server's.
    pub const REQUEST: u8 = 0;
    /// [`CryptoBinding::sub_type`] of the peer's.
    pub const RESPONSE: u8 = 1;
    /// The octets of the TLV, its header included. The proof is over all of them, with zeros in its place, and the type of
    /// PEAP behind them.
    pub const LEN: usize = 60;

    const VALUE_LEN: u16 = 56;

    fn parse(value: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(value);
        reader.u8("Reserved")?;
        let binding = Self {
            version: reader.u8("Version")?,
            received_version: reader.u8("Received Version")?,
            sub_type: reader.u8("SubType")?,
            nonce: reader.array("Nonce")?,
            mac: reader.array("Compound MAC")?,
        };
        reader.finish("Compound MAC")?;
        Ok(binding)
    }
}

impl fmt::Debug for CryptoBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CryptoBinding")
            .field("sub_type", &self.sub_type)
            .finish_non_exhaustive()
    }
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tlv<'a> {
    /// Type 3: how it ended.
    Result(Status),
    /// Type 4: the other end does not know a TLV that it has to.
    Nak {
        /// Whose.
        vendor: u32,
        /// Which.
        kind: u16,
    },
    /// Type 12.
    CryptoBinding {
        /// The M bit, which is not told apart but is part of what the proof is over.
        mandatory: bool,
        /// What is in it.
        binding: CryptoBinding,
    },
    /// Any other.
    Other {
        /// Whether it must be known.
        mandatory: bool,
        /// Its type, 14 bits.
        kind: u16,
        /// Its value.
        value: &'a [u8],
    },
}

impl<'a> Tlv<'a> {
    const RESULT: u16 = 3;
    const NAK: u16 = 4;
    const CRYPTO_BINDING: u16 = 12;

    /// All that are in the Type-Data of Extensions, each or why it cannot be read; after that there is none.
    pub fn iter(data: &'a [u8]) -> impl Iterator<Item = Result<Self, ParseError>> {
        let mut reader = Reader::new(data);
        let mut is_over = false;
        core::iter::from_fn(move || {
            if is_over || reader.is_empty() {
                return None;
            }
            let tlv = Self::read(&mut reader);
            is_over = tlv.is_err();
            Some(tlv)
        })
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let header = reader.u16("TLV Type")?;
        let len = reader.u16("TLV Length")?;
        let value = reader.take(len.into(), "TLV Value")?;
        let mandatory = header & MANDATORY != 0;
        let mut inside = Reader::new(value);
        Ok(match header & KIND {
            Self::RESULT => Self::Result(match inside.u16("Status")? {
                1 => Status::Success,
                _ => Status::Failure,
            }),
            Self::NAK => Self::Nak {
                vendor: inside.u32("Vendor-Id")?,
                kind: inside.u16("NAK-Type")?,
            },
            Self::CRYPTO_BINDING => Self::CryptoBinding {
                mandatory,
                binding: CryptoBinding::parse(value)?,
            },
            kind => Self::Other {
                mandatory,
                kind,
                value,
            },
        })
    }

    /// Appends it.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        let header = |mandatory: bool, kind: u16| {
            let flag = if mandatory { MANDATORY } else { 0 };
            flag | kind & KIND
        };
        match *self {
            Self::Result(status) => {
                writer.u16(header(true, Self::RESULT));
                writer.u16(2);
                writer.u16(match status {
                    Status::Success => 1,
                    Status::Failure => 2,
                });
            }
            Self::Nak { vendor, kind } => {
                writer.u16(header(true, Self::NAK));
                writer.u16(6);
                writer.u32(vendor);
                writer.u16(kind);
            }
            Self::CryptoBinding { mandatory, binding } => {
                writer.u16(header(mandatory, Self::CRYPTO_BINDING));
                writer.u16(CryptoBinding::VALUE_LEN);
                writer.u8(0);
                writer.u8(binding.version);
                writer.u8(binding.received_version);
                writer.u8(binding.sub_type);
                writer.bytes(&binding.nonce);
                writer.bytes(&binding.mac);
            }
            Self::Other {
                mandatory,
                kind,
                value,
            } => {
                let value = value.get(..usize::from(u16::MAX)).unwrap_or(value);
                writer.u16(header(mandatory, kind));
                writer.u16(u16::try_from(value.len()).unwrap_or(u16::MAX));
                writer.bytes(value);
            }
        }
    }
}

/// Those of Extensions that have a meaning here, in whatever order they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extensions {
    pub(crate) status: Option<Status>,
    /// With its M bit.
    pub(crate) binding: Option<(bool, CryptoBinding)>,
    /// One that has to be known, and is not.
    pub(crate) unknown: Option<u16>,
}

impl Extensions {
    pub(crate) fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let mut all = Self::default();
        for tlv in Tlv::iter(data) {
            match tlv? {
                // What says twice how it ended has failed if it says so once.
                Tlv::Result(Status::Success) => _ = all.status.get_or_insert(Status::Success),
                Tlv::Result(Status::Failure) => all.status = Some(Status::Failure),
                Tlv::CryptoBinding { mandatory, binding } => {
                    all.binding = Some((mandatory, binding));
                }
                Tlv::Other {
                    mandatory: true,
                    kind,
                    ..
                } => all.unknown = Some(kind),
                Tlv::Nak { .. } | Tlv::Other { .. } => {}
            }
        }
        Ok(all)
    }
}
