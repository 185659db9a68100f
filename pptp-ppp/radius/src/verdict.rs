//! From a server's answer to what the authenticator of PPP takes.

use crate::{Decision, EncryptionPolicy, EncryptionTypes, Reply};
use core::fmt;
use pptp_ppp::Verdict;
use pptp_ppp::codec::ParseError;
use pptp_ppp::config::{MppePolicy, Requirement, Strengths};

/// Why an answer cannot be made use of, although it is the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Unusable {
    /// An attribute cannot be read.
    Malformed(ParseError),
    /// It accepts MS-CHAPv2 without the proof that the peer wants to see.
    NoProof,
    /// It has more to ask, which the method has no room for.
    Challenge,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed attribute: {error}"),
            Self::NoProof => f.write_str("Access-Accept without MS-CHAP2-Success"),
            Self::Challenge => f.write_str("Access-Challenge for a method that has none"),
        }
    }
}

impl core::error::Error for Unusable {}

impl From<ParseError> for Unusable {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}

/// The verdict on MS-CHAPv2. Keys are there if the server sent them.
///
/// # Errors
/// If the answer cannot be made use of: refuse with error 930 then, which is not the user's fault.
pub fn ms_chap2<'a>(reply: &Reply<'a>) -> Result<Verdict<'a>, Unusable> {
    match reply.decision() {
        Decision::Accept => {
            let proof = reply.ms_chap2_success()?.ok_or(Unusable::NoProof)?;
            Ok(Verdict::AcceptWith {
                authenticator_response: proof.success.authenticator_response,
                keys: reply.keys()?.map(|keys| keys.start_keys()),
            })
        }
        Decision::Reject => Ok(refusal(reply)),
        Decision::Challenge => Err(Unusable::Challenge),
    }
}

/// The verdict on MS-CHAPv1, answering this challenge. Keys are there if the server sent what they are made of: those of 40
/// and 56 bits, which it may not have, by themselves (RFC 2548 §2.4.1).
///
/// # Errors
/// If the answer cannot be made use of: refuse with error 930 then, which is not the user's fault.
pub fn ms_chap1<'a>(reply: &Reply<'a>, challenge: &[u8; 8]) -> Result<Verdict<'a>, Unusable> {
    match reply.decision() {
        Decision::Accept => Ok(Verdict::Accept {
            keys: reply.ms_chap_keys()?.map(|keys| keys.link_keys(challenge)),
        }),
        Decision::Reject => Ok(refusal(reply)),
        Decision::Challenge => Err(Unusable::Challenge),
    }
}

/// The verdict on PAP, or on CHAP with MD5, which have no keys.
///
/// # Errors
/// If the server has more to ask, which neither method has room for.
pub fn plain<'a>(reply: &Reply<'a>) -> Result<Verdict<'a>, Unusable> {
    match reply.decision() {
        Decision::Accept => Ok(Verdict::Accept { keys: None }),
        Decision::Reject => Ok(Verdict::WRONG_PASSWORD),
        Decision::Challenge => Err(Unusable::Challenge),
    }
}

/// What MS-CHAP's Failure is to say. Without a word from the server: a wrong password.
fn refusal<'a>(reply: &Reply<'a>) -> Verdict<'a> {
    let Some(error) = reply.ms_chap_error() else {
        return Verdict::WRONG_PASSWORD;
    };
    Verdict::Reject {
        error: error.failure.error,
        retry: error.failure.retry,
        message: error.failure.message,
    }
}

/// What encryption a user must, may or must not have: what is `configured`, made stricter by what the server says, and
/// never weaker. `None` if both cannot be had.
#[must_use]
pub fn mppe_policy(reply: &Reply<'_>, configured: MppePolicy) -> Option<MppePolicy> {
    let requirement = match (reply.encryption_policy(), configured.requirement) {
        (Some(EncryptionPolicy::Required), Requirement::Refuse) => return None,
        (Some(EncryptionPolicy::Required), _) => Requirement::Require,
        (_, requirement) => requirement,
    };
    if requirement == Requirement::Refuse {
        return Some(configured);
    }
    let granted = reply.encryption_types().map_or(Strengths::all(), |types| {
        let pairs = [
            (EncryptionTypes::BITS_40, Strengths::BITS_40),
            (EncryptionTypes::BITS_56, Strengths::BITS_56),
            (EncryptionTypes::BITS_128, Strengths::BITS_128),
        ];
        let granted = pairs.iter().filter(|(it, _)| types.contains(*it));
        granted.map(|(_, strength)| *strength).collect()
    });
    let strengths = configured.strengths.intersection(granted);
    match (strengths.is_empty(), requirement) {
        (true, Requirement::Require) => None,
        (true, _) => Some(MppePolicy::REFUSE),
        (false, _) => Some(MppePolicy {
            requirement,
            strengths,
            ..configured
        }),
    }
}
