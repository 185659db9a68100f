//! MD5-Challenge (RFC 3748 §5.4): CHAP with MD5 (RFC 1994 §4.1) in EAP.

use crate::auth::{AuthId, Verdict, chap_md5};

/// What a peer has presented in MD5-Challenge. It is what CHAP has, so that a RADIUS server can judge it as CHAP.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Md5Request<'a> {
    /// What to quote in the answer.
    pub id: AuthId,
    /// Who the peer says it is: its Identity, as it was sent.
    pub user_name: &'a [u8],
    /// The Identifier of the packets of EAP, which is hashed.
    pub identifier: u8,
    /// What we challenged it with.
    pub challenge: &'a [u8; 16],
    /// What it answered: the MD5 of identifier, password and challenge.
    pub response: &'a [u8; 16],
}

impl Md5Request<'_> {
    /// Whether it proves what `verdict` says, and it was accepted otherwise.
    pub(super) fn is_accepted(&self, verdict: &Verdict<'_>) -> bool {
        match verdict {
            Verdict::Password(password) => {
                chap_md5::verify(self.identifier, password, self.challenge, self.response)
            }
            // A hash of the password does not tell.
            Verdict::NtHash(_) | Verdict::Hashes { .. } | Verdict::Reject { .. } => false,
            Verdict::Accept { .. } | Verdict::AcceptWith { .. } => true,
        }
    }
}

/// Without the proof, from which the password can be searched for.
impl core::fmt::Debug for Md5Request<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Md5Request")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
