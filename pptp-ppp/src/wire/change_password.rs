//! Change-Password, the message of MS-CHAP alone, in three versions (RFC 2433 §9 and §10, RFC 2759 §7).
//!
//! The version is the code of the CHAP packet that it is the data of: [`Code::CHANGE_PASSWORD_1`] to
//! [`Code::CHANGE_PASSWORD_3`]. None prints what it carries, from which passwords can be found.

use super::chap::Code;
use crate::codec::{ParseError, Reader, Writer};
use core::fmt;

#[cfg(test)]
mod tests;

/// The octets of an encrypted password: see [`change`](crate::mschap::change).
pub const BLOCK_LEN: usize = 516;

/// Version 1 (RFC 2433 §9): the hashes of both passwords, encrypted with the challenge, which everybody sees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Version1 {
    /// The old LAN Manager hash.
    pub old_lm: [u8; 16],
    /// The new one.
    pub new_lm: [u8; 16],
    /// The old NT hash.
    pub old_nt: [u8; 16],
    /// The new one.
    pub new_nt: [u8; 16],
    /// The length of the new password as LAN Manager has it. The LAN Manager hashes are there if it is 14 or less.
    pub password_length: u16,
    /// Bit 0 is set if the NT hashes are there and to be used.
    pub flags: u16,
}

impl Version1 {
    /// How many octets of data the packet has.
    pub const LEN: usize = 68;
    /// Bit 0 of the flags.
    pub const NT_HASHES: u16 = 1;
    /// The longest password that has a LAN Manager hash.
    pub const MAX_LM_PASSWORD: u16 = 14;

    /// Whether the NT hashes are there.
    #[must_use]
    pub const fn has_nt(&self) -> bool {
        self.flags & Self::NT_HASHES != 0
    }

    /// Whether the LAN Manager hashes are there.
    #[must_use]
    pub const fn has_lm(&self) -> bool {
        self.password_length <= Self::MAX_LM_PASSWORD
    }

    /// Reads the data of the packet.
    ///
    /// # Errors
    /// If it has not 68 octets.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let change = Self {
            old_lm: reader.array("LM Old Password Hash")?,
            new_lm: reader.array("LM New Password Hash")?,
            old_nt: reader.array("NT Old Password Hash")?,
            new_nt: reader.array("NT New Password Hash")?,
            password_length: reader.u16("Password Length")?,
            flags: reader.u16("Flags")?,
        };
        reader.finish("Flags")?;
        Ok(change)
    }

    /// Appends the data.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        for hash in [self.old_lm, self.new_lm, self.old_nt, self.new_nt] {
            writer.bytes(&hash);
        }
        writer.u16(self.password_length);
        writer.u16(self.flags);
    }
}

impl fmt::Display for Version1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (length, flags) = (self.password_length, self.flags);
        write!(f, "length {length} flags {flags:04x} hashes hidden")
    }
}

/// Version 2 (RFC 2433 §10): the new password, encrypted with the old hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Version2<'a> {
    /// The new password under the old NT hash.
    pub password_under_nt: &'a [u8; BLOCK_LEN],
    /// The old NT hash under the new one.
    pub old_nt: &'a [u8; 16],
    /// The new password under the old LAN Manager hash; should be zero.
    pub password_under_lm: &'a [u8; BLOCK_LEN],
    /// The old LAN Manager hash under the new NT hash; should be zero.
    pub old_lm: &'a [u8; 16],
    /// The LAN Manager response, on the new password; should be zero.
    pub lm_response: &'a [u8; 24],
    /// The NT response, on the new password and the last challenge.
    pub nt_response: &'a [u8; 24],
    /// Which of them count.
    pub flags: u16,
}

impl<'a> Version2<'a> {
    /// How many octets of data the packet has.
    pub const LEN: usize = 1114;
    /// Bit 0 of the flags: the NT response counts.
    pub const NT_RESPONSE: u16 = 1;
    /// Bit 1 of the flags: what LAN Manager's hash is used for is there.
    pub const LM_FIELDS: u16 = 2;

    /// The message as it is to be sent: without anything of LAN Manager.
    #[must_use]
    pub const fn new(
        password_under_nt: &'a [u8; BLOCK_LEN],
        old_nt: &'a [u8; 16],
        nt_response: &'a [u8; 24],
    ) -> Self {
        Self {
            password_under_nt,
            old_nt,
            password_under_lm: &[0; BLOCK_LEN],
            old_lm: &[0; 16],
            lm_response: &[0; 24],
            nt_response,
            flags: Self::NT_RESPONSE,
        }
    }

    /// Reads the data of the packet.
    ///
    /// # Errors
    /// If it has not 1114 octets.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let change = Self {
            password_under_nt: reader.array_ref("Password Encrypted with Old NT Hash")?,
            old_nt: reader.array_ref("Old NT Hash")?,
            password_under_lm: reader.array_ref("Password Encrypted with Old LM Hash")?,
            old_lm: reader.array_ref("Old LM Hash")?,
            lm_response: reader.array_ref("LM-Response")?,
            nt_response: reader.array_ref("NT-Response")?,
            flags: reader.u16("Flags")?,
        };
        reader.finish("Flags")?;
        Ok(change)
    }

    /// Appends the data.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.password_under_nt);
        writer.bytes(self.old_nt);
        writer.bytes(self.password_under_lm);
        writer.bytes(self.old_lm);
        writer.bytes(self.lm_response);
        writer.bytes(self.nt_response);
        writer.u16(self.flags);
    }
}

impl fmt::Display for Version2<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flags {:04x} password and hashes hidden", self.flags)
    }
}

/// Version 3 (RFC 2759 §7), that of MS-CHAPv2.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Version3<'a> {
    /// The new password under the old hash (Encrypted-Password).
    pub encrypted_password: &'a [u8; BLOCK_LEN],
    /// The old hash under the new one (Encrypted-Hash).
    pub encrypted_hash: &'a [u8; 16],
    /// The random octets of the peer.
    pub peer_challenge: &'a [u8; 16],
    /// Zero; not looked at.
    pub reserved: &'a [u8; 8],
    /// The proof, on the new password and the challenge of the Failure.
    pub nt_response: &'a [u8; 24],
    /// Zero; not looked at.
    pub flags: u16,
}

impl<'a> Version3<'a> {
    /// How many octets of data the packet has.
    pub const LEN: usize = 582;

    /// The message as it is to be sent.
    #[must_use]
    pub const fn new(
        encrypted_password: &'a [u8; BLOCK_LEN],
        encrypted_hash: &'a [u8; 16],
        peer_challenge: &'a [u8; 16],
        nt_response: &'a [u8; 24],
    ) -> Self {
        Self {
            encrypted_password,
            encrypted_hash,
            peer_challenge,
            reserved: &[0; 8],
            nt_response,
            flags: 0,
        }
    }

    /// Reads the data of the packet.
    ///
    /// # Errors
    /// If it has not 582 octets.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(data);
        let change = Self {
            encrypted_password: reader.array_ref("Encrypted-Password")?,
            encrypted_hash: reader.array_ref("Encrypted-Hash")?,
            peer_challenge: reader.array_ref("Peer-Challenge")?,
            reserved: reader.array_ref("Reserved")?,
            nt_response: reader.array_ref("NT-Response")?,
            flags: reader.u16("Flags")?,
        };
        reader.finish("Flags")?;
        Ok(change)
    }

    /// Appends the data.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.encrypted_password);
        writer.bytes(self.encrypted_hash);
        writer.bytes(self.peer_challenge);
        writer.bytes(self.reserved);
        writer.bytes(self.nt_response);
        writer.u16(self.flags);
    }
}

impl fmt::Display for Version3<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flags {:04x} password and hashes hidden", self.flags)
    }
}

/// Any version, told by the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangePassword<'a> {
    /// Code 5.
    Version1(Version1),
    /// Code 6.
    Version2(Version2<'a>),
    /// Code 7.
    Version3(Version3<'a>),
}

impl<'a> ChangePassword<'a> {
    /// Reads `data` of a packet with `code`. `None` if that is no Change-Password.
    ///
    /// # Errors
    /// If the data has not as many octets as its version has.
    pub fn parse(code: Code, data: &'a [u8]) -> Option<Result<Self, ParseError>> {
        match code {
            Code::CHANGE_PASSWORD_1 => Some(Version1::parse(data).map(Self::Version1)),
            Code::CHANGE_PASSWORD_2 => Some(Version2::parse(data).map(Self::Version2)),
            Code::CHANGE_PASSWORD_3 => Some(Version3::parse(data).map(Self::Version3)),
            _ => None,
        }
    }

    /// The code of the packet that carries it.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Version1(_) => Code::CHANGE_PASSWORD_1,
            Self::Version2(_) => Code::CHANGE_PASSWORD_2,
            Self::Version3(_) => Code::CHANGE_PASSWORD_3,
        }
    }

    /// Appends the data.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Version1(change) => change.encode(writer),
            Self::Version2(change) => change.encode(writer),
            Self::Version3(change) => change.encode(writer),
        }
    }
}

impl fmt::Display for ChangePassword<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version1(change) => change.fmt(f),
            Self::Version2(change) => change.fmt(f),
            Self::Version3(change) => change.fmt(f),
        }
    }
}

macro_rules! debug_as_display {
    ($($Type:ty),+) => {$(
        impl fmt::Debug for $Type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}

debug_as_display!(Version1, Version2<'_>, Version3<'_>);
