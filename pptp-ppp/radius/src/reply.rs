//! What a server answers, and how it writes it.

use crate::attribute::{Code, Kind, MicrosoftKind};
use crate::builder::Builder;
use crate::key::{Keys, MsChapKeys};
use crate::packet::{Packet, number};
use crate::{Key, Secret};
use core::fmt;
use core::net::Ipv4Addr;
use core::ops::Deref;
use core::time::Duration;
use pptp_ppp::codec::{ParseError, Reader};
use pptp_ppp::wire::mschapv2::{Failure, Success};

/// Whether a packet has to have a Message-Authenticator. One that has one is verified in any case, and one with an
/// EAP-Message has to have one in any case (RFC 3579 §3.2).
///
/// Without it an answer is protected by MD5 alone: who sits between us and the server, and can have attributes of his
/// making into the request as the server sees it, can forge one (CVE-2024-3596). Our requests carry the attribute, so that
/// a server that demands it (FreeRADIUS: `require_message_authenticator = yes` of the client) does not fall for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MessageAuthenticator {
    /// It need not: there are servers that send none, such as FreeRADIUS before 3.2.5.
    #[default]
    IfPresent,
    /// It has to.
    Required,
}

/// Why a datagram is dropped. Whoever waits goes on waiting (RFC 2865 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Discard {
    /// It cannot be read.
    Malformed(ParseError),
    /// It is none of those that belong here.
    UnexpectedCode(Code),
    /// It answers another request.
    WrongIdentifier,
    /// It was made with another secret, or changed on the way, or answers another request.
    WrongAuthenticator,
    /// The same.
    WrongMessageAuthenticator,
    /// It has no Message-Authenticator, and should have.
    NoMessageAuthenticator,
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed packet: {error}"),
            Self::UnexpectedCode(code) => write!(f, "unexpected {code}"),
            Self::WrongIdentifier => f.write_str("identifier of another request"),
            Self::WrongAuthenticator => f.write_str("wrong authenticator: another secret?"),
            Self::WrongMessageAuthenticator => {
                f.write_str("wrong Message-Authenticator: another secret?")
            }
            Self::NoMessageAuthenticator => f.write_str("no Message-Authenticator"),
        }
    }
}

impl core::error::Error for Discard {}

impl From<ParseError> for Discard {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}

/// What a server decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Decision {
    /// The user may come in.
    Accept,
    /// The user may not.
    Reject,
    /// There is more to ask the user.
    Challenge,
}

/// Whether the user has to encrypt (RFC 2548 §2.4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EncryptionPolicy {
    /// 1: may.
    Allowed,
    /// 2: has to.
    Required,
    /// Any other number.
    Other(u32),
}

bitflags::bitflags! {
    /// With keys of which length (RFC 2548 §2.4.5).
    ///
    /// FreeRADIUS has names for these numbers that are not those of the RFC: its `RC4-128bit-Allowed` is 2, 40 bits. Its
    /// module for MS-CHAP sends 6, or 4 with `require_strong`, which is right.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct EncryptionTypes: u32 {
        /// 40 bits.
        const BITS_40 = 0x2;
        /// 128 bits.
        const BITS_128 = 0x4;
        /// 56 bits: not in RFC 2548, but sent by Windows.
        const BITS_56 = 0x8;
        const _ = !0;
    }
}

/// The proof of MS-CHAPv2's authenticator (RFC 2548 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsChap2Success<'a> {
    /// The identifier of the Response.
    pub identifier: u8,
    /// The message of the Success.
    pub success: Success<'a>,
}

/// Why MS-CHAP, of either version, failed (RFC 2548 §2.1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsChapError<'a> {
    /// The identifier of the Response; `None` if the server left it out, as some do.
    pub identifier: Option<u8>,
    /// The message of the Failure.
    pub failure: Failure<'a>,
}

/// An answer that was verified: it is from whoever has the secret, and to our request.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    packet: Packet<'a>,
    secret: Secret<'a>,
    /// Of the request.
    authenticator: [u8; 16],
    decision: Decision,
}

impl<'a> Reply<'a> {
    /// Reads a datagram as the answer to the request with this identifier and authenticator, and verifies it.
    ///
    /// # Errors
    /// Why it is to be dropped.
    pub fn parse(
        datagram: &'a [u8],
        secret: Secret<'a>,
        identifier: u8,
        authenticator: &[u8; 16],
        demand: MessageAuthenticator,
    ) -> Result<Self, Discard> {
        let packet = Packet::parse(datagram)?;
        let decision = match packet.code {
            Code::ACCESS_ACCEPT => Decision::Accept,
            Code::ACCESS_REJECT => Decision::Reject,
            Code::ACCESS_CHALLENGE => Decision::Challenge,
            code => return Err(Discard::UnexpectedCode(code)),
        };
        if packet.identifier != identifier {
            return Err(Discard::WrongIdentifier);
        }
        if !packet.verify_response_authenticator(secret, authenticator) {
            return Err(Discard::WrongAuthenticator);
        }
        demand.verify(&packet, secret, authenticator)?;
        Ok(Self {
            packet,
            secret,
            authenticator: *authenticator,
            decision,
        })
    }

    /// What the server decided.
    #[must_use]
    pub const fn decision(&self) -> Decision {
        self.decision
    }

    /// The server's proof of MS-CHAPv2; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn ms_chap2_success(&self) -> Result<Option<MsChap2Success<'a>>, ParseError> {
        let Some(value) = self.get_microsoft(MicrosoftKind::MS_CHAP2_SUCCESS) else {
            return Ok(None);
        };
        let mut reader = Reader::new(value);
        let identifier = reader.u8("Ident")?;
        let success = Success::parse(reader.rest())?;
        Ok(Some(MsChap2Success {
            identifier,
            success,
        }))
    }

    /// Why MS-CHAP failed; `None` if nothing is said of that.
    #[must_use]
    pub fn ms_chap_error(&self) -> Option<MsChapError<'a>> {
        let value = self.get_microsoft(MicrosoftKind::MS_CHAP_ERROR)?;
        let (identifier, message) = match value {
            [b'E', b'=', ..] | [] => (None, value),
            [identifier, message @ ..] => (Some(*identifier), message),
        };
        Some(MsChapError {
            identifier,
            failure: Failure::parse(message),
        })
    }

    /// MS-MPPE-Send-Key and MS-MPPE-Recv-Key (RFC 2548 §2.4.2, §2.4.3); `None` if there is neither.
    ///
    /// # Errors
    /// If one is missing or makes no sense.
    pub fn keys(&self) -> Result<Option<Keys>, ParseError> {
        let key = |kind: MicrosoftKind| {
            self.get_microsoft(kind)
                .map(|value| Key::parse(value, self.secret, &self.authenticator))
        };
        let send = key(MicrosoftKind::MS_MPPE_SEND_KEY);
        let receive = key(MicrosoftKind::MS_MPPE_RECV_KEY);
        match (send, receive) {
            (None, None) => Ok(None),
            (Some(Some(send)), Some(Some(receive))) => Ok(Some(Keys { send, receive })),
            (None | Some(None), _) => Err(ParseError::invalid("MS-MPPE-Send-Key", 0)),
            (_, None | Some(None)) => Err(ParseError::invalid("MS-MPPE-Recv-Key", 0)),
        }
    }

    /// MS-CHAP-MPPE-Keys (RFC 2548 §2.4.1); `None` if there is none.
    ///
    /// # Errors
    /// If it makes no sense.
    pub fn ms_chap_keys(&self) -> Result<Option<MsChapKeys>, ParseError> {
        let Some(value) = self.get_microsoft(MicrosoftKind::MS_CHAP_MPPE_KEYS) else {
            return Ok(None);
        };
        let keys = MsChapKeys::parse(value, self.secret, &self.authenticator);
        keys.map(Some)
            .ok_or(ParseError::invalid("MS-CHAP-MPPE-Keys", 0))
    }

    /// Whether the user has to encrypt; `None` if nothing is said of that.
    #[must_use]
    pub fn encryption_policy(&self) -> Option<EncryptionPolicy> {
        let policy = self.get_microsoft(MicrosoftKind::MS_MPPE_ENCRYPTION_POLICY)?;
        number(policy).map(|policy| match policy {
            1 => EncryptionPolicy::Allowed,
            2 => EncryptionPolicy::Required,
            other => EncryptionPolicy::Other(other),
        })
    }

    /// With keys of which length; `None` if nothing is said of that.
    #[must_use]
    pub fn encryption_types(&self) -> Option<EncryptionTypes> {
        let types = self.get_microsoft(MicrosoftKind::MS_MPPE_ENCRYPTION_TYPES)?;
        number(types).map(EncryptionTypes::from_bits_retain)
    }

    /// The user's address; `None` if nothing is said of that, or the choice is ours or the user's (RFC 2865 §5.8).
    #[must_use]
    pub fn framed_ip_address(&self) -> Option<Ipv4Addr> {
        const USER_CHOOSES: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 255);
        const NAS_CHOOSES: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 254);
        let address = self.address(Kind::FRAMED_IP_ADDRESS);
        address.filter(|address| ![USER_CHOOSES, NAS_CHOOSES].contains(address))
    }

    /// The longest session; in an Access-Challenge, how long to wait for the user (RFC 2865 §5.27, RFC 3579 §2.4).
    #[must_use]
    pub fn session_timeout(&self) -> Option<Duration> {
        let seconds = self.number(Kind::SESSION_TIMEOUT)?;
        Some(Duration::from_secs(seconds.into()))
    }

    /// Texts for people.
    pub fn reply_messages(&self) -> impl Iterator<Item = &'a [u8]> {
        let all = self.attributes();
        all.filter(|it| it.kind == Kind::REPLY_MESSAGE)
            .map(|it| it.value)
    }
}

impl<'a> Deref for Reply<'a> {
    type Target = Packet<'a>;

    fn deref(&self) -> &Self::Target {
        &self.packet
    }
}

/// For answers.
impl Builder<'_, '_> {
    /// The server's proof of MS-CHAPv2 (RFC 2548 §2.3.3), for the Response with this identifier.
    pub fn ms_chap2_success(&mut self, identifier: u8, proof: &[u8; 20]) -> &mut Self {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
        let mut digits = [0; 40];
        for (pair, octet) in digits.as_chunks_mut::<2>().0.iter_mut().zip(proof) {
            *pair = [digit(octet >> 4), digit(octet & 0xf)];
        }
        let kind = MicrosoftKind::MS_CHAP2_SUCCESS;
        self.microsoft_parts(kind, &[&[identifier], b"S=", &digits])
    }

    /// The message of MS-CHAP's Failure (RFC 2548 §2.1.5), for the Response with this identifier.
    pub fn ms_chap_error(&mut self, identifier: u8, message: &[u8]) -> &mut Self {
        self.microsoft_parts(MicrosoftKind::MS_CHAP_ERROR, &[&[identifier], message])
    }

    /// The keys of both directions, seen from whoever asked, hidden (RFC 2548 §2.4.2, §2.4.3). No two answers to one
    /// request may have the same `salt`; random will do.
    pub fn keys(&mut self, send: &[u8], receive: &[u8], salt: u16) -> &mut Self {
        let keys = [
            (MicrosoftKind::MS_MPPE_SEND_KEY, send, salt | 0x8000),
            (
                MicrosoftKind::MS_MPPE_RECV_KEY,
                receive,
                (salt ^ 1) | 0x8000,
            ),
        ];
        for (kind, key, salt) in keys {
            let len = u8::try_from(key.len()).unwrap_or(u8::MAX);
            self.microsoft_hidden(kind, &salt.to_be_bytes(), &[&[len], key]);
        }
        self
    }

    /// What MPPE's keys after MS-CHAPv1 are made of, hidden (RFC 2548 §2.4.1): the first 8 octets of the LAN Manager hash,
    /// or zeros, and MD4 of the NT hash.
    pub fn ms_chap_keys(&mut self, lm_hash: &[u8; 8], nt_hash_hash: &[u8; 16]) -> &mut Self {
        let kind = MicrosoftKind::MS_CHAP_MPPE_KEYS;
        self.microsoft_hidden(kind, &[], &[lm_hash, nt_hash_hash, &[0; 8]])
    }

    /// Whether the user has to encrypt, and with keys of which length.
    pub fn encryption(&mut self, policy: EncryptionPolicy, types: EncryptionTypes) -> &mut Self {
        let policy = match policy {
            EncryptionPolicy::Allowed => 1,
            EncryptionPolicy::Required => 2,
            EncryptionPolicy::Other(other) => other,
        };
        let policy: u32 = policy;
        self.microsoft(
            MicrosoftKind::MS_MPPE_ENCRYPTION_POLICY,
            &policy.to_be_bytes(),
        );
        self.microsoft(
            MicrosoftKind::MS_MPPE_ENCRYPTION_TYPES,
            &types.bits().to_be_bytes(),
        )
    }
}
