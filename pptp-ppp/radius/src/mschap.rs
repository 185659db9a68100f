//! What MS-CHAP presents, as attributes (RFC 2548 §2.1 to §2.3).

use crate::attribute::{MAX_MICROSOFT_VALUE_LEN, MicrosoftKind};
use crate::builder::Builder;
use crate::packet::Packet;
use core::fmt;
use pptp_ppp::codec::{ParseError, Reader};

/// How long an encrypted new password is (RFC 2433 §10, RFC 2759 §8.9), in octets.
pub const ENCRYPTED_PASSWORD_LEN: usize = 516;

/// Code, identifier and sequence number before a piece of an encrypted password.
const PIECE_HEADER_LEN: usize = 4;

/// The proof of MS-CHAPv1 (RFC 2548 §2.1.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MsChapResponse {
    /// The identifier of the Response.
    pub identifier: u8,
    /// Whether the NT response counts, and not the other.
    pub use_nt: bool,
    /// LAN Manager's response; zeros if there is none.
    pub lm_response: [u8; 24],
    /// The NT response; zeros if there is none.
    pub nt_response: [u8; 24],
}

/// The proof of MS-CHAPv2 (RFC 2548 §2.3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MsChap2Response {
    /// The identifier of the Response.
    pub identifier: u8,
    /// What the peer challenges us with.
    pub peer_challenge: [u8; 16],
    /// The proof.
    pub nt_response: [u8; 24],
}

/// A change of password, version 1 (RFC 2548 §2.1.6; RFC 2433 §9).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MsChapCpw1 {
    /// The identifier of the packet.
    pub identifier: u8,
    /// The old LAN Manager hash, encrypted.
    pub lm_old: [u8; 16],
    /// The new one, encrypted.
    pub lm_new: [u8; 16],
    /// The old NT hash, encrypted.
    pub nt_old: [u8; 16],
    /// The new one, encrypted.
    pub nt_new: [u8; 16],
    /// How long the new password of LAN Manager is.
    pub new_lm_password_len: u16,
    /// Bit 0: the NT hashes count.
    pub flags: u16,
}

/// A change of password, version 2 (RFC 2548 §2.1.7; RFC 2433 §10).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MsChapCpw2 {
    /// The identifier of the packet.
    pub identifier: u8,
    /// The old NT hash, encrypted with the new one.
    pub old_nt_hash: [u8; 16],
    /// The old LAN Manager hash, encrypted with the new NT hash.
    pub old_lm_hash: [u8; 16],
    /// LAN Manager's response; zeros if there is none.
    pub lm_response: [u8; 24],
    /// The NT response; zeros if there is none.
    pub nt_response: [u8; 24],
    /// Bit 0: the NT response counts; bit 1: the old LAN Manager hash is there.
    pub flags: u16,
}

/// A change of password, version 3 (RFC 2548 §2.3.4; RFC 2759 §7).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MsChap2Cpw {
    /// The identifier of the packet.
    pub identifier: u8,
    /// The old NT hash, encrypted with the new one.
    pub encrypted_hash: [u8; 16],
    /// What the peer challenges us with.
    pub peer_challenge: [u8; 16],
    /// The proof, by the new password.
    pub nt_response: [u8; 24],
}

/// The code of a change of password, which is that of CHAP's packet.
const CHANGE_1: u8 = 5;
const CHANGE_2: u8 = 6;
const CHANGE_3: u8 = 7;

impl MsChapResponse {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// If it is not 50 octets long.
    pub fn parse(value: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(value);
        let response = Self {
            identifier: reader.u8("Ident")?,
            use_nt: reader.u8("Flags")? & 1 != 0,
            lm_response: reader.array("LM-Response")?,
            nt_response: reader.array("NT-Response")?,
        };
        reader.finish("NT-Response").map(|()| response)
    }
}

impl MsChap2Response {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// If it is not 50 octets long.
    pub fn parse(value: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(value);
        let identifier = reader.u8("Ident")?;
        reader.u8("Flags")?;
        let peer_challenge = reader.array("Peer-Challenge")?;
        reader.array::<8>("Reserved")?;
        let nt_response = reader.array("Response")?;
        reader.finish("Response")?;
        Ok(Self {
            identifier,
            peer_challenge,
            nt_response,
        })
    }
}

/// A reader after the code, which has to be `code`.
fn after_code(value: &[u8], code: u8) -> Result<Reader<'_>, ParseError> {
    let mut reader = Reader::new(value);
    if reader.u8("Code")? != code {
        return Err(ParseError::invalid("Code", 0));
    }
    Ok(reader)
}

impl MsChapCpw1 {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// If it is not 70 octets long, of which the first is 5.
    pub fn parse(value: &[u8]) -> Result<Self, ParseError> {
        let mut reader = after_code(value, CHANGE_1)?;
        let change = Self {
            identifier: reader.u8("Ident")?,
            lm_old: reader.array("LM-Old-Password")?,
            lm_new: reader.array("LM-New-Password")?,
            nt_old: reader.array("NT-Old-Password")?,
            nt_new: reader.array("NT-New-Password")?,
            new_lm_password_len: reader.u16("New-LM-Password-Length")?,
            flags: reader.u16("Flags")?,
        };
        reader.finish("Flags").map(|()| change)
    }
}

impl MsChapCpw2 {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// If it is not 84 octets long, of which the first is 6.
    pub fn parse(value: &[u8]) -> Result<Self, ParseError> {
        let mut reader = after_code(value, CHANGE_2)?;
        let change = Self {
            identifier: reader.u8("Ident")?,
            old_nt_hash: reader.array("Old-NT-Hash")?,
            old_lm_hash: reader.array("Old-LM-Hash")?,
            lm_response: reader.array("LM-Response")?,
            nt_response: reader.array("NT-Response")?,
            flags: reader.u16("Flags")?,
        };
        reader.finish("Flags").map(|()| change)
    }
}

impl MsChap2Cpw {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// If it is not 68 octets long, of which the first is 7.
    pub fn parse(value: &[u8]) -> Result<Self, ParseError> {
        let mut reader = after_code(value, CHANGE_3)?;
        let identifier = reader.u8("Ident")?;
        let encrypted_hash = reader.array("Encrypted-Hash")?;
        let peer_challenge = reader.array("Peer-Challenge")?;
        // The diagram has it in the Peer-Challenge, which is 16 octets everywhere else.
        reader.array::<8>("Reserved")?;
        let nt_response = reader.array("NT-Response")?;
        reader.u16("Flags")?;
        reader.finish("Flags")?;
        Ok(Self {
            identifier,
            encrypted_hash,
            peer_challenge,
            nt_response,
        })
    }
}

/// Without what passwords can be searched for with.
macro_rules! opaque {
    ($($type:ident)*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type))
                    .field("identifier", &self.identifier)
                    .finish_non_exhaustive()
            }
        }
    )*};
}

opaque! { MsChapResponse MsChap2Response MsChapCpw1 MsChapCpw2 MsChap2Cpw }

/// For Access-Requests: what MS-CHAP presents.
impl Builder<'_, '_> {
    /// What the user was challenged with: 8 octets in MS-CHAPv1, 16 in MS-CHAPv2 (RFC 2548 §2.1.2).
    pub fn ms_chap_challenge(&mut self, challenge: &[u8]) -> &mut Self {
        self.microsoft(MicrosoftKind::MS_CHAP_CHALLENGE, challenge)
    }

    /// What the user was challenged with in MS-CHAPv1, and the proof.
    pub fn ms_chap(&mut self, challenge: &[u8; 8], response: &MsChapResponse) -> &mut Self {
        let head = [response.identifier, response.use_nt.into()];
        let parts: [&[u8]; 3] = [&head, &response.lm_response, &response.nt_response];
        self.ms_chap_challenge(challenge)
            .microsoft_parts(MicrosoftKind::MS_CHAP_RESPONSE, &parts)
    }

    /// What the user was challenged with in MS-CHAPv2, and the proof.
    pub fn ms_chap2(&mut self, challenge: &[u8; 16], response: &MsChap2Response) -> &mut Self {
        let parts: [&[u8]; 4] = [
            &[response.identifier, 0],
            &response.peer_challenge,
            &[0; 8],
            &response.nt_response,
        ];
        self.ms_chap_challenge(challenge)
            .microsoft_parts(MicrosoftKind::MS_CHAP2_RESPONSE, &parts)
    }

    /// A change of password, version 1. It goes without a proof.
    pub fn change_password_1(&mut self, change: &MsChapCpw1) -> &mut Self {
        let parts: [&[u8]; 7] = [
            &[CHANGE_1, change.identifier],
            &change.lm_old,
            &change.lm_new,
            &change.nt_old,
            &change.nt_new,
            &change.new_lm_password_len.to_be_bytes(),
            &change.flags.to_be_bytes(),
        ];
        self.microsoft_parts(MicrosoftKind::MS_CHAP_CPW_1, &parts)
    }

    /// A change of password, version 2, with the new password encrypted with the old NT hash and, if it is there, with the
    /// old LAN Manager hash; and what the user was challenged with.
    pub fn change_password_2(
        &mut self,
        challenge: &[u8; 8],
        change: &MsChapCpw2,
        by_nt: &[u8; ENCRYPTED_PASSWORD_LEN],
        by_lm: Option<&[u8; ENCRYPTED_PASSWORD_LEN]>,
    ) -> &mut Self {
        let parts: [&[u8]; 6] = [
            &[CHANGE_2, change.identifier],
            &change.old_nt_hash,
            &change.old_lm_hash,
            &change.lm_response,
            &change.nt_response,
            &change.flags.to_be_bytes(),
        ];
        self.ms_chap_challenge(challenge)
            .microsoft_parts(MicrosoftKind::MS_CHAP_CPW_2, &parts)
            .pieces(MicrosoftKind::MS_CHAP_NT_ENC_PW, change.identifier, by_nt);
        if let Some(by_lm) = by_lm {
            self.pieces(MicrosoftKind::MS_CHAP_LM_ENC_PW, change.identifier, by_lm);
        }
        self
    }

    /// A change of password, version 3, with the new password encrypted with the old NT hash; and what the user was
    /// challenged with: the challenge in the Failure that told of the expired password.
    pub fn change_password_3(
        &mut self,
        challenge: &[u8; 16],
        change: &MsChap2Cpw,
        encrypted_password: &[u8; ENCRYPTED_PASSWORD_LEN],
    ) -> &mut Self {
        let parts: [&[u8]; 6] = [
            &[CHANGE_3, change.identifier],
            &change.encrypted_hash,
            &change.peer_challenge,
            &[0; 8],
            &change.nt_response,
            &[0; 2],
        ];
        let kind = MicrosoftKind::MS_CHAP_NT_ENC_PW;
        self.ms_chap_challenge(challenge)
            .microsoft_parts(MicrosoftKind::MS_CHAP2_CPW, &parts)
            .pieces(kind, change.identifier, encrypted_password)
    }

    /// An encrypted password, in as many pieces as it takes, counted from 1 (RFC 2548 §2.2).
    fn pieces(
        &mut self,
        kind: MicrosoftKind,
        identifier: u8,
        password: &[u8; ENCRYPTED_PASSWORD_LEN],
    ) -> &mut Self {
        let pieces = password.chunks(MAX_MICROSOFT_VALUE_LEN - PIECE_HEADER_LEN);
        for (number, piece) in (1..).zip(pieces) {
            // The code is that of version 2, in version 3 as well.
            let head = [CHANGE_2, identifier, 0, number];
            self.microsoft_parts(kind, &[&head, piece]);
        }
        self
    }
}

impl Packet<'_> {
    /// A new password in an Access-Request, encrypted with the old hash of the given kind, put together from its pieces
    /// (RFC 2548 §2.1.8, §2.2); `None` if there is none.
    ///
    /// # Errors
    /// If pieces are missing or left over.
    pub fn encrypted_password(
        &self,
        kind: MicrosoftKind,
    ) -> Result<Option<[u8; ENCRYPTED_PASSWORD_LEN]>, ParseError> {
        let wrong = ParseError::invalid("Sequence-Number", 2);
        let pieces = || self.microsoft().filter(|it| it.kind == kind);
        let count = pieces().count();
        if count == 0 {
            return Ok(None);
        }
        let mut password = [0; ENCRYPTED_PASSWORD_LEN];
        let mut places = password.iter_mut();
        for wanted in (1..=u16::MAX).take(count) {
            let mut piece = pieces().filter_map(|it| {
                let mut reader = after_code(it.value, CHANGE_2).ok()?;
                reader.u8("Ident").ok()?;
                (reader.u16("Sequence-Number").ok()? == wanted).then(|| reader.rest())
            });
            for octet in piece.next().ok_or(wrong)? {
                *places.next().ok_or(wrong)? = *octet;
            }
        }
        match places.next() {
            None => Ok(Some(password)),
            Some(_) => Err(wrong),
        }
    }
}
