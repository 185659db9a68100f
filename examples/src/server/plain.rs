//! The methods of authentication without MS-CHAPv2, for those who name them: what was presented, kept until somebody has
//! judged it.

use super::users::User;
use pptp_core::ppp::Proof;
use pptp_core::ppp::auth::chap_md5;
use pptp_core::ppp::mschap::{LmHash, NtHash, v1};
use pptp_core::ppp::wire::mschap;
use std::fmt;
use zeroize::Zeroizing;

/// What a client has presented.
pub enum Plain {
    /// By PAP: the password.
    Pap(Zeroizing<Vec<u8>>),
    /// By CHAP with MD5, or by the same in EAP.
    ChapMd5 {
        /// The identifier of the Response.
        identifier: u8,
        /// What it was challenged with.
        challenge: [u8; 16],
        /// The proof.
        response: [u8; 16],
    },
    /// By MS-CHAPv1.
    MsChapV1 {
        /// The identifier of the Response.
        identifier: u8,
        /// What it was challenged with.
        challenge: [u8; 8],
        /// The proofs.
        response: mschap::Response,
    },
}

/// Which one it is, without what is secret in it.
impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pap(_) => "Pap",
            Self::ChapMd5 { .. } => "ChapMd5",
            Self::MsChapV1 { .. } => "MsChapV1",
        })
    }
}

impl Plain {
    /// What is shown by one of these methods. `None`: it is by another.
    pub(super) fn new(proof: &Proof<'_>) -> Option<Self> {
        Some(match proof {
            Proof::Pap(proof) => Self::Pap(Zeroizing::new(proof.password.to_vec())),
            Proof::ChapMd5(proof) => Self::ChapMd5 {
                identifier: proof.identifier,
                challenge: *proof.challenge,
                response: *proof.response,
            },
            Proof::EapMd5(proof) => Self::ChapMd5 {
                identifier: proof.identifier,
                challenge: *proof.challenge,
                response: *proof.response,
            },
            Proof::MsChapV1(proof) => Self::MsChapV1 {
                identifier: proof.identifier,
                challenge: *proof.challenge,
                response: *proof.response,
            },
            _ => return None,
        })
    }

    /// Whether it proves to be `user`, whose password has this hash.
    pub(super) fn proves(&self, user: &User, hash: &NtHash) -> bool {
        let password = user.password.as_ref().map(|password| password.as_str());
        match self {
            Self::Pap(presented) => {
                str::from_utf8(presented).is_ok_and(|text| NtHash::from_password(text) == *hash)
            }
            Self::ChapMd5 {
                identifier,
                challenge,
                response,
            } => password.is_some_and(|password| {
                chap_md5::verify(*identifier, password, challenge, response)
            }),
            Self::MsChapV1 {
                challenge,
                response,
                ..
            } => {
                let challenge = v1::Challenge(*challenge);
                if response.uses_nt() {
                    return challenge.verify_nt_response(hash, &response.nt_response);
                }
                let hash = password.and_then(LmHash::from_password);
                hash.is_some_and(|hash| challenge.verify_lm_response(&hash, &response.lm_response))
            }
        }
    }
}
