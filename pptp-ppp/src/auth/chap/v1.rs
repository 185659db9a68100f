//! MS-CHAPv1 (RFC 2433).

#[cfg(test)]
mod tests;

use super::change::Blocks;
use super::version::{NewSecret, Refused, Shown, Version};
use crate::auth::{AuthId, Identity, Methods, ShortText, Verdict};
use crate::codec::{ParseError, Writer};
use crate::event::Proof;
use crate::mschap::change::{ChangeError, NewPassword, PasswordTooLong};
use crate::mschap::v1::Challenge;
use crate::mschap::{LmHash, NtHash};
use crate::random::Random;
use crate::wire::Packet;
use crate::wire::change_password::{Version1, Version2};
use crate::wire::chap::Code;
use crate::wire::mschap::{CHALLENGE_LEN, ErrorCode, Failure, Response};
use pptp_mppe::LinkKeys;

/// The protocol for changing passwords that has to be told in a Failure (RFC 2433 §8).
const CHANGE_PASSWORD_VERSION: u32 = 2;

/// MS-CHAPv1 (RFC 2433), as a [`ChapVersion`](super::ChapVersion).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct V1 {
    /// [`Methods::LAN_MANAGER`].
    pub lan_manager: bool,
    /// [`Methods::CHANGE_PASSWORD_1`].
    pub change_password_1: bool,
}

/// What a peer has presented: whatever a RADIUS server needs to know as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// What to quote in the answer.
    pub id: AuthId,
    /// Who the peer says it is: as it was sent, with the domain before a backslash if there is one.
    pub user_name: &'a [u8],
    /// The identifier of the Response.
    pub identifier: u8,
    /// What we challenged it with.
    pub challenge: &'a [u8; CHALLENGE_LEN],
    /// What it answered.
    pub response: &'a Response,
}

/// What a peer has presented to have its password changed: whatever a RADIUS server needs to know as well.
///
/// The name is that of the Response before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeRequest<'a> {
    /// What to quote in the answer.
    pub id: AuthId,
    /// Who the peer says it is: as it was sent, with the domain before a backslash if there is one.
    pub user_name: &'a [u8],
    /// The identifier of the Change-Password.
    pub identifier: u8,
    /// The challenge of the Failure.
    pub challenge: &'a [u8; CHALLENGE_LEN],
    /// The message.
    pub change: Changes<'a>,
}

/// The two messages of MS-CHAPv1 that change a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Changes<'a> {
    /// The first, which has hashes and no password: [`ChangeRequest::new_hash`].
    Version1(&'a Version1),
    /// The second: [`ChangeRequest::open`]. What LAN Manager's hash is used for is left out.
    Version2(Version2<'a>),
}

impl ChangeRequest<'_> {
    /// Decrypts the new password into `password`, and verifies that it comes from somebody who knows the old one, of which
    /// `old` is the hash, and now: that nobody has recorded it.
    ///
    /// It changes nothing. Store it first, if it will do, and then answer with [`Verdict::Password`] or
    /// [`Verdict::NtHash`] of the new one.
    ///
    /// # Errors
    /// Why it is not to be taken: the peer is best told [`ErrorCode::ChangingPassword`] and no more.
    /// [`ChangeError::NotDecrypted`] as well if there is no password in it: see [`ChangeRequest::new_hash`].
    pub fn open(&self, old: &NtHash, password: &mut NewPassword) -> Result<(), ChangeError> {
        let Changes::Version2(change) = &self.change else {
            return Err(ChangeError::NotDecrypted);
        };
        password.decrypt(change.password_under_nt, change.old_nt, old)?;
        let proved =
            Challenge(*self.challenge).verify_nt_response(&password.nt_hash(), change.nt_response);
        if proved && change.flags & Version2::NT_RESPONSE != 0 {
            Ok(())
        } else {
            *password = NewPassword::new();
            Err(ChangeError::WrongProof)
        }
    }

    /// The hash of the new password, from somebody who knows that of the old one, if that is all there is: nobody can see
    /// what the new password is like. **Everybody who has listened knows it now.**
    ///
    /// It changes nothing, as [`ChangeRequest::open`].
    ///
    /// # Errors
    /// [`ChangeError::WrongProof`] if it is not to be taken, and [`ChangeError::NotDecrypted`] if there are no hashes in it.
    pub fn new_hash(&self, old: &NtHash) -> Result<NtHash, ChangeError> {
        let change = match &self.change {
            Changes::Version1(change) if change.has_nt() => change,
            _ => return Err(ChangeError::NotDecrypted),
        };
        let challenge = Challenge(*self.challenge);
        if challenge.decrypt_nt_hash(&change.old_nt) != *old {
            return Err(ChangeError::WrongProof);
        }
        Ok(challenge.decrypt_nt_hash(&change.new_nt))
    }
}

/// What proves who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(unnameable_types, reason = "it is what the machines keep")]
pub enum Shows {
    Response(Response),
    /// In the first Change-Password there is no other proof than the old hash.
    Hashes(Version1),
}

impl Shows {
    const fn nt_response(&self) -> &[u8; 24] {
        match self {
            Self::Response(response) => &response.nt_response,
            Self::Hashes(_) => &[0; 24],
        }
    }
}

impl<'a> ChangeRequest<'a> {
    const fn new(shown: Shown<'a, V1>, change: Changes<'a>) -> Self {
        Self {
            id: shown.id,
            user_name: shown.user_name,
            identifier: shown.identifier,
            challenge: shown.challenge,
            change,
        }
    }
}

impl V1 {
    /// The hash of LAN Manager, if it may be used and there is one.
    fn lm_hash(self, password: Option<&str>) -> Option<LmHash> {
        password
            .filter(|_| self.lan_manager)
            .and_then(LmHash::from_password)
    }

    fn respond(self, who: &impl Identity, asked: &[u8; CHALLENGE_LEN]) -> Response {
        let challenge = Challenge(*asked);
        let mut response = Response::new(challenge.nt_response(who.nt_hash()));
        if let Some(hash) = self.lm_hash(who.password()) {
            response.lm_response = challenge.lm_response(&hash);
        }
        response
    }

    /// Whether `shows` is the proof of somebody who has these hashes.
    fn proves(self, challenge: Challenge, shows: &Shows, nt: &NtHash, lm: Option<&LmHash>) -> bool {
        match shows {
            Shows::Response(response) if response.uses_nt() => {
                challenge.verify_nt_response(nt, &response.nt_response)
            }
            Shows::Response(response) => lm
                .filter(|_| self.lan_manager)
                .is_some_and(|hash| challenge.verify_lm_response(hash, &response.lm_response)),
            // They are those of the new password.
            Shows::Hashes(change) => {
                change.has_nt() && challenge.decrypt_nt_hash(&change.new_nt) == *nt
            }
        }
    }
}

impl Version for V1 {
    const DEFAULT: Self = Self {
        lan_manager: false,
        change_password_1: false,
    };
    const UNASKED: Self::Challenge = [0; CHALLENGE_LEN];
    const RETRIES: bool = true;
    type Challenge = [u8; CHALLENGE_LEN];
    type Asked = [u8; CHALLENGE_LEN];
    type Response = Shows;
    type Success = ();
    type Keys = LinkKeys;
    type Text = ShortText;

    fn with_methods(methods: Methods) -> Self {
        Self {
            lan_manager: methods.contains(Methods::LAN_MANAGER),
            change_password_1: methods.contains(Methods::CHANGE_PASSWORD_1),
        }
    }

    fn parse_challenge(value: &[u8]) -> Result<Self::Asked, ParseError> {
        let array = value.try_into();
        array.map_err(|_| ParseError::invalid("Value-Size", Packet::HEADER_LEN))
    }

    fn prove(
        &self,
        who: &impl Identity,
        _identifier: u8,
        asked: &Self::Asked,
        _random: &mut Random,
    ) -> Option<Shows> {
        Some(Shows::Response(self.respond(who, asked)))
    }

    fn write_response(response: &Shows, out: &mut Writer<'_>) {
        if let Shows::Response(response) = response {
            response.encode(out);
        }
    }

    fn accept<'p>(
        &self,
        who: &impl Identity,
        asked: &Self::Asked,
        _response: &Shows,
        message: &'p [u8],
    ) -> Option<(Option<LinkKeys>, &'p [u8])> {
        let lm = self.lm_hash(who.password());
        let keys = Challenge(*asked).keys(Some(who.nt_hash()), lm.as_ref());
        Some((keys, message))
    }

    fn parse_failure<'p>(message: &'p [u8], asked: &Self::Asked) -> Refused<'p, Self::Asked> {
        let failure = Failure::parse(message);
        Refused {
            error: failure.error,
            retry: failure.retry,
            challenge: Some(failure.challenge.unwrap_or(Challenge(*asked).next().0)),
            version: failure.version,
            message: failure.message,
        }
    }

    fn change_code(&self, version: Option<u32>, has_room: bool) -> Option<Code> {
        if has_room && version.is_some_and(|version| version >= CHANGE_PASSWORD_VERSION) {
            return Some(Code::CHANGE_PASSWORD_2);
        }
        self.change_password_1.then_some(Code::CHANGE_PASSWORD_1)
    }

    fn change(
        &self,
        code: Code,
        asked: &Self::Asked,
        change: &NewSecret<'_, impl Identity>,
        random: &mut Random,
    ) -> Result<(Shows, Option<Blocks>), PasswordTooLong> {
        let (old, new) = (change.old.nt_hash(), change.new.nt_hash());
        if code == Code::CHANGE_PASSWORD_1 {
            let challenge = Challenge(*asked);
            let hashes = Version1 {
                old_lm: [0; 16],
                new_lm: [0; 16],
                old_nt: challenge.encrypt_nt_hash(old),
                new_nt: challenge.encrypt_nt_hash(new),
                // Those of LAN Manager are not there.
                password_length: Version1::MAX_LM_PASSWORD.saturating_add(1),
                flags: Version1::NT_HASHES,
            };
            return Ok((Shows::Hashes(hashes), None));
        }
        let blocks = Blocks {
            flags: Version2::NT_RESPONSE,
            ..Blocks::seal(change.password, old, new, random)?
        };
        let response = Response::new(Challenge(*asked).nt_response(new));
        Ok((Shows::Response(response), Some(blocks)))
    }

    fn code_of_change(response: &Shows) -> Code {
        match response {
            Shows::Hashes(_) => Code::CHANGE_PASSWORD_1,
            Shows::Response(_) => Code::CHANGE_PASSWORD_2,
        }
    }

    fn write_change(response: &Shows, blocks: Option<&Blocks>, out: &mut Writer<'_>) {
        match (response, blocks) {
            (Shows::Hashes(change), _) => change.encode(out),
            (Shows::Response(_), Some(blocks)) => message(response, blocks).encode(out),
            (Shows::Response(_), None) => {}
        }
    }

    fn draw(random: &mut Random) -> Self::Challenge {
        random.array()
    }

    fn parse_response(value: &[u8]) -> Result<Shows, ParseError> {
        Response::parse(value).map(Shows::Response)
    }

    fn parse_change(
        &self,
        code: Code,
        data: &[u8],
        has_room: bool,
    ) -> Option<Result<(Shows, Option<Blocks>), ParseError>> {
        match code {
            Code::CHANGE_PASSWORD_1 if self.change_password_1 => {
                let change = Version1::parse(data);
                Some(change.map(|change| (Shows::Hashes(change), None)))
            }
            Code::CHANGE_PASSWORD_2 if has_room => Some(Version2::parse(data).map(|change| {
                let blocks = Blocks {
                    password: *change.password_under_nt,
                    hash: *change.old_nt,
                    flags: change.flags,
                };
                let response = Response::new(*change.nt_response);
                (Shows::Response(response), Some(blocks))
            })),
            _ => None,
        }
    }

    fn can_change(&self, has_room: bool) -> bool {
        has_room || self.change_password_1
    }

    fn proof(shown: Shown<'_, Self>) -> Proof<'_> {
        let change = match (shown.response, shown.blocks) {
            (Shows::Hashes(change), _) => Changes::Version1(change),
            (Shows::Response(_), Some(blocks)) => {
                Changes::Version2(message(shown.response, blocks))
            }
            (Shows::Response(response), None) => {
                return Proof::MsChapV1(Request {
                    id: shown.id,
                    user_name: shown.user_name,
                    identifier: shown.identifier,
                    challenge: shown.challenge,
                    response,
                });
            }
        };
        Proof::ChangePasswordV1(ChangeRequest::new(shown, change))
    }

    fn judge(
        &self,
        shown: Shown<'_, Self>,
        verdict: &Verdict<'_>,
    ) -> Result<((), Option<LinkKeys>), ErrorCode> {
        let challenge = Challenge(*shown.challenge);
        let prove = |nt: &NtHash, lm: Option<&LmHash>| {
            // Without leave there are no keys of it either.
            let lm = lm.filter(|_| self.lan_manager);
            let proved = self.proves(challenge, shown.response, nt, lm);
            let keys = proved.then(|| ((), challenge.keys(Some(nt), lm)));
            keys.ok_or(ErrorCode::AuthenticationFailure)
        };
        match verdict {
            Verdict::Password(password) => {
                let lm = self.lm_hash(Some(password));
                prove(&NtHash::from_password(password), lm.as_ref())
            }
            Verdict::NtHash(hash) => prove(hash, None),
            Verdict::Hashes { nt, lm } => prove(nt, Some(lm)),
            Verdict::Accept { keys } => Ok(((), keys.clone())),
            Verdict::AcceptWith { keys, .. } => Ok(((), keys.clone().map(Into::into))),
            Verdict::Reject { .. } => Err(ErrorCode::AuthenticationFailure),
        }
    }

    fn write_success(_success: &(), _out: &mut Writer<'_>) {}

    fn write_failure(failure: &Refused<'_, Self::Challenge>, has_room: bool, out: &mut Writer<'_>) {
        let failure = Failure {
            error: failure.error,
            retry: failure.retry,
            challenge: failure.challenge,
            // Without it a peer takes the first.
            version: has_room.then_some(CHANGE_PASSWORD_VERSION),
            message: failure.message,
        };
        failure.encode(out);
    }
}

/// The second Change-Password that has both in it.
const fn message<'a>(response: &'a Shows, blocks: &'a Blocks) -> Version2<'a> {
    let mut message = Version2::new(&blocks.password, &blocks.hash, response.nt_response());
    message.flags = blocks.flags;
    message
}
