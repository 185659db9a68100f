//! Start-Control-Connection-Request and -Reply (RFC 2637 §2.1, §2.2).

use super::code_points::{GeneralError, code_points, display_code};
use super::header::control_message;
use super::text::{Text, trimmed};
use super::{Bearer, Framing};
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

/// A version of the protocol: version number in the high octet, revision in the low one (RFC 2637 §1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Version(pub u16);

impl Version {
    /// Version 1, revision 0: the one that RFC 2637 defines.
    pub const V1_0: Self = Self(0x0100);

    /// The version number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// The revision number.
    #[must_use]
    pub const fn revision(self) -> u8 {
        self.0.to_be_bytes()[1]
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.number(), self.revision())
    }
}

/// What an end says about itself in the Start-Control-Connection messages.
///
/// Strings are octets without the zeros that fill up their field of 64; longer ones are cut when written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Capabilities<'a> {
    /// The framing that it can provide.
    pub framing: Framing,
    /// The bearers that it can provide.
    pub bearer: Bearer,
    /// How many PPP sessions a PAC supports in all; a PNS says 0.
    pub max_channels: u16,
    /// The firmware's or driver's revision.
    pub firmware_revision: u16,
    /// Its DNS name.
    pub host_name: &'a [u8],
    /// What it is: a vendor's string.
    pub vendor: &'a [u8],
}

impl<'a> Capabilities<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        Ok(Self {
            framing: Framing::from_bits_retain(reader.u32("Framing Capabilities")?),
            bearer: Bearer::from_bits_retain(reader.u32("Bearer Capabilities")?),
            max_channels: reader.u16("Maximum Channels")?,
            firmware_revision: reader.u16("Firmware Revision")?,
            host_name: trimmed(reader.take(64, "Host Name")?),
            vendor: trimmed(reader.take(64, "Vendor String")?),
        })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u32(self.framing.bits());
        writer.u32(self.bearer.bits());
        writer.u16(self.max_channels);
        writer.u16(self.firmware_revision);
        writer.padded(self.host_name, 64);
        writer.padded(self.vendor, 64);
    }
}

impl fmt::Display for Capabilities<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            framing,
            bearer,
            max_channels,
            firmware_revision,
            ..
        } = self;
        write!(
            f,
            "FRAME_CAP({framing}) BEARER_CAP({bearer}) MAX_CHAN({max_channels}) \
             FIRM_REV({firmware_revision}) HOSTNAME({}) VENDOR({})",
            Text(self.host_name),
            Text(self.vendor)
        )
    }
}

/// Start-Control-Connection-Request (RFC 2637 §2.1): the first message on a control connection, from its originator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StartControlConnectionRequest<'a> {
    /// The version that the sender wishes to use.
    pub version: Version,
    /// What the sender says about itself.
    pub capabilities: Capabilities<'a>,
}

control_message!(StartControlConnectionRequest<'a>, 156);

impl<'a> StartControlConnectionRequest<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let version = Version(reader.u16("Protocol Version")?);
        reader.u16("Reserved1")?;
        let capabilities = Capabilities::read(reader)?;
        Ok(Self {
            version,
            capabilities,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.version.0);
        writer.u16(0);
        self.capabilities.write(writer);
    }
}

impl fmt::Display for StartControlConnectionRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SCCRQ PROTO_VER({}) {}", self.version, self.capabilities)
    }
}

/// Start-Control-Connection-Reply (RFC 2637 §2.2): the answer to a [`StartControlConnectionRequest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StartControlConnectionReply<'a> {
    /// The version that the sender wishes to use.
    pub version: Version,
    /// Whether the control connection is established.
    pub result: StartResult,
    /// More about the result, if that is a general error.
    pub error: GeneralError,
    /// What the sender says about itself.
    pub capabilities: Capabilities<'a>,
}

code_points! {
    /// The Result Code of a [`StartControlConnectionReply`] (RFC 2637 §2.2).
    StartResult: u8 {
        /// Successful channel establishment.
        1 Successful "Successful channel establishment",
        /// General error: the error code says which.
        2 GeneralError "General error",
        /// A control connection to this peer exists already.
        3 AlreadyExists "Command channel already exists",
        /// The requester is not authorized to establish a control connection.
        4 NotAuthorized "Requester is not authorized to establish a command channel",
        /// The requester's protocol version is not supported.
        5 VersionNotSupported "The protocol version of the requester is not supported",
    }
}

display_code!(StartResult: u8);

impl StartResult {
    /// Whether the control connection is established: 1, and 0, which ADSL modems and others send for it.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Successful | Self::Other(0))
    }
}

control_message!(StartControlConnectionReply<'a>, 156);

impl<'a> StartControlConnectionReply<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        Ok(Self {
            version: Version(reader.u16("Protocol Version")?),
            result: reader.u8("Result Code")?.into(),
            error: reader.u8("Error Code")?.into(),
            capabilities: Capabilities::read(reader)?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.version.0);
        writer.u8(self.result.into());
        writer.u8(self.error.into());
        self.capabilities.write(writer);
    }
}

impl fmt::Display for StartControlConnectionReply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            version,
            result,
            error,
            capabilities,
        } = self;
        write!(
            f,
            "SCCRP PROTO_VER({version}) RESULT_CODE({result}) ERR_CODE({error}) {capabilities}"
        )
    }
}
