//! CHAP with MD5 (RFC 1994).

#[cfg(test)]
mod tests;

use super::change::Blocks;
use super::version::{NewSecret, Refused, Shown, Version};
use crate::auth::{AuthId, Identity, Methods, ShortText, Verdict};
use crate::codec::{ParseError, Writer};
use crate::event::Proof;
use crate::mschap::change::PasswordTooLong;
use crate::random::Random;
use crate::wire::Packet;
use crate::wire::chap::Code;
use crate::wire::mschapv2::ErrorCode;
use core::fmt;
use heapless::Vec;
use md5::Digest as _;
use pptp_mppe::LinkKeys;
use subtle::ConstantTimeEq as _;

/// CHAP with MD5 (RFC 1994), as a [`ChapVersion`](super::ChapVersion).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Md5;

/// The octets of a Response.
const RESPONSE_LEN: usize = 16;

/// There are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(unnameable_types, reason = "there is nothing to name")]
pub enum NoKeys {}

impl From<NoKeys> for LinkKeys {
    fn from(keys: NoKeys) -> Self {
        match keys {}
    }
}

/// What a peer has presented by CHAP with MD5: whatever a RADIUS server needs to know as well.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// What to quote in the answer.
    pub id: AuthId,
    /// Who the peer says it is.
    pub user_name: &'a [u8],
    /// The identifier of the Response, which is hashed.
    pub identifier: u8,
    /// What we challenged it with.
    pub challenge: &'a [u8; 16],
    /// What it answered: the MD5 of identifier, password and challenge.
    pub response: &'a [u8; RESPONSE_LEN],
}

impl Request<'_> {
    /// Whether it is the proof of somebody who knows `password`. Takes the same time whatever the answer.
    #[must_use]
    pub fn proves(&self, password: &str) -> bool {
        verify(self.identifier, password, self.challenge, self.response)
    }
}

/// Without the proof, from which the password can be searched for.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Whether `response` to `challenge` is the proof of somebody who knows `password`. Takes the same time whatever the answer.
#[must_use]
pub fn verify(
    identifier: u8,
    password: &str,
    challenge: &[u8],
    response: &[u8; RESPONSE_LEN],
) -> bool {
    digest(identifier, password, challenge)
        .ct_eq(response)
        .into()
}

/// The value of a Response (RFC 1994 §4.1).
pub(crate) fn digest(identifier: u8, password: &str, challenge: &[u8]) -> [u8; RESPONSE_LEN] {
    md5::Md5::new()
        .chain_update([identifier])
        .chain_update(password)
        .chain_update(challenge)
        .finalize()
        .into()
}

impl Version for Md5 {
    const DEFAULT: Self = Self;
    const UNASKED: Self::Challenge = [0; 16];
    const RETRIES: bool = false;
    type Challenge = [u8; 16];
    /// As long as its length can say.
    type Asked = Vec<u8, 255, u8>;
    type Response = [u8; RESPONSE_LEN];
    type Success = ();
    type Keys = NoKeys;
    type Text = ShortText;

    fn with_methods(_methods: Methods) -> Self {
        Self
    }

    fn parse_challenge(value: &[u8]) -> Result<Self::Asked, ParseError> {
        let invalid = ParseError::invalid("Value-Size", Packet::HEADER_LEN);
        // One of no octets is answered the same way every time (RFC 1994 §4.1).
        let value = Some(value).filter(|value| !value.is_empty());
        Vec::from_slice(value.ok_or(invalid)?).map_err(|_| invalid)
    }

    fn prove(
        &self,
        who: &impl Identity,
        identifier: u8,
        asked: &Self::Asked,
        _random: &mut Random,
    ) -> Option<Self::Response> {
        Some(digest(identifier, who.password()?, asked))
    }

    fn write_response(response: &Self::Response, out: &mut Writer<'_>) {
        out.bytes(response);
    }

    fn accept<'p>(
        &self,
        _who: &impl Identity,
        _asked: &Self::Asked,
        _response: &Self::Response,
        message: &'p [u8],
    ) -> Option<(Option<NoKeys>, &'p [u8])> {
        Some((None, message))
    }

    fn parse_failure<'p>(message: &'p [u8], _asked: &Self::Asked) -> Refused<'p, Self::Asked> {
        Refused {
            // It says no more than that (RFC 1994 §4.2).
            error: ErrorCode::AuthenticationFailure,
            retry: false,
            challenge: None,
            version: None,
            message,
        }
    }

    fn change_code(&self, _version: Option<u32>, _has_room: bool) -> Option<Code> {
        None
    }

    fn change(
        &self,
        _code: Code,
        _asked: &Self::Asked,
        _change: &NewSecret<'_, impl Identity>,
        _random: &mut Random,
    ) -> Result<(Self::Response, Option<Blocks>), PasswordTooLong> {
        // Never asked for: there is no code for it.
        Err(PasswordTooLong { units: 0 })
    }

    fn code_of_change(_response: &Self::Response) -> Code {
        Code::RESPONSE
    }

    fn write_change(_response: &Self::Response, _blocks: Option<&Blocks>, _out: &mut Writer<'_>) {}

    fn draw(random: &mut Random) -> Self::Challenge {
        random.array()
    }

    fn parse_response(value: &[u8]) -> Result<Self::Response, ParseError> {
        let array = value.try_into();
        array.map_err(|_| ParseError::invalid("Value-Size", Packet::HEADER_LEN))
    }

    fn parse_change(
        &self,
        _code: Code,
        _data: &[u8],
        _has_room: bool,
    ) -> Option<Result<(Self::Response, Option<Blocks>), ParseError>> {
        None
    }

    fn can_change(&self, _has_room: bool) -> bool {
        false
    }

    fn proof(shown: Shown<'_, Self>) -> Proof<'_> {
        Proof::ChapMd5(shown.into())
    }

    fn judge(
        &self,
        shown: Shown<'_, Self>,
        verdict: &Verdict<'_>,
    ) -> Result<((), Option<NoKeys>), ErrorCode> {
        let accepted = match verdict {
            Verdict::Password(password) => Request::from(shown).proves(password),
            Verdict::Accept { .. } | Verdict::AcceptWith { .. } => true,
            // It takes the password as text.
            Verdict::NtHash(_) | Verdict::Hashes { .. } => {
                return Err(ErrorCode::AUTH_SERVER_FAILED);
            }
            Verdict::Reject { .. } => false,
        };
        let accepted = accepted.then_some(((), None));
        accepted.ok_or(ErrorCode::AuthenticationFailure)
    }

    fn write_success(_success: &(), _out: &mut Writer<'_>) {}

    fn write_failure(
        failure: &Refused<'_, Self::Challenge>,
        _has_room: bool,
        out: &mut Writer<'_>,
    ) {
        out.bytes(failure.message);
    }
}

impl<'a> From<Shown<'a, Md5>> for Request<'a> {
    fn from(shown: Shown<'a, Md5>) -> Self {
        Self {
            id: shown.id,
            user_name: shown.user_name,
            identifier: shown.identifier,
            challenge: shown.challenge,
            response: shown.response,
        }
    }
}
