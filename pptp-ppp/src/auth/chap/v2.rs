//! MS-CHAPv2 (RFC 2759).

use super::change::Blocks;
use super::version::{NewSecret, Refused, Shown, Version};
use crate::auth::{AuthId, Identity, Methods, Verdict};
use crate::codec::{ParseError, Writer};
use crate::event::Proof;
use crate::mschap::change::{ChangeError, NewPassword, PasswordTooLong};
use crate::mschap::{Exchange, NtHash, master_key};
use crate::random::Random;
use crate::wire::Packet;
use crate::wire::change_password::Version3;
use crate::wire::chap::Code;
use crate::wire::mschapv2::{CHALLENGE_LEN, ErrorCode, Failure, Response, Success};
use pptp_mppe::{Side, StartKeys};

/// The protocol for changing passwords that goes with it, as a Failure tells it (RFC 2759 §6).
const CHANGE_PASSWORD_VERSION: u32 = 3;

/// MS-CHAPv2 (RFC 2759), as a [`ChapVersion`](super::ChapVersion).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct V2;

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
/// The name is that of the Response before (RFC 2759 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeRequest<'a> {
    /// What to quote in the answer.
    pub id: AuthId,
    /// Who the peer says it is: as it was sent, with the domain before a backslash if there is one.
    pub user_name: &'a [u8],
    /// The identifier of the Change-Password.
    pub identifier: u8,
    /// The challenge of the Failure, on which the proof is.
    pub challenge: &'a [u8; 16],
    /// The message.
    pub change: Version3<'a>,
}

impl ChangeRequest<'_> {
    /// Decrypts the new password into `password`, and verifies that it comes from somebody who knows the old one, of which
    /// `old` is the hash, and now: that nobody has recorded it.
    ///
    /// It changes nothing. Store it first, if it will do, and then answer with
    /// [`Verdict::Password`](crate::Verdict::Password) or [`Verdict::NtHash`](crate::Verdict::NtHash) of the new one.
    ///
    /// # Errors
    /// Why it is not to be taken: the peer is best told [`ErrorCode::ChangingPassword`] and no more.
    ///
    /// [`ErrorCode::ChangingPassword`]: crate::wire::mschapv2::ErrorCode::ChangingPassword
    pub fn open(&self, old: &NtHash, password: &mut NewPassword) -> Result<(), ChangeError> {
        let Version3 {
            encrypted_password,
            encrypted_hash,
            peer_challenge,
            nt_response,
            ..
        } = self.change;
        let exchange = Exchange {
            authenticator_challenge: self.challenge,
            peer_challenge,
            user_name: self.user_name,
        };
        password.decrypt(encrypted_password, encrypted_hash, old)?;
        if exchange.verify_nt_response(&password.nt_hash(), nt_response) {
            Ok(())
        } else {
            *password = NewPassword::new();
            Err(ChangeError::WrongProof)
        }
    }
}

impl<'a> From<Shown<'a, V2>> for Request<'a> {
    fn from(shown: Shown<'a, V2>) -> Self {
        Self {
            id: shown.id,
            user_name: shown.user_name,
            identifier: shown.identifier,
            challenge: shown.challenge,
            response: shown.response,
        }
    }
}

impl<'a> ChangeRequest<'a> {
    pub(super) const fn new(shown: Shown<'a, V2>, blocks: &'a Blocks) -> Self {
        Self {
            id: shown.id,
            user_name: shown.user_name,
            identifier: shown.identifier,
            challenge: shown.challenge,
            change: message(shown.response, blocks),
        }
    }
}

impl Version for V2 {
    const DEFAULT: Self = Self;
    const UNASKED: Self::Challenge = [0; CHALLENGE_LEN];
    const RETRIES: bool = true;
    type Challenge = [u8; CHALLENGE_LEN];
    type Asked = [u8; CHALLENGE_LEN];
    type Response = Response;
    type Success = [u8; 20];
    type Keys = StartKeys;
    type Text = ();

    fn with_methods(_methods: Methods) -> Self {
        Self
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
        random: &mut Random,
    ) -> Option<Response> {
        let peer_challenge = random.array();
        let nt_response = exchange(who, asked, &peer_challenge).nt_response(who.nt_hash());
        Some(Response::new(peer_challenge, nt_response))
    }

    fn write_response(response: &Response, out: &mut Writer<'_>) {
        response.encode(out);
    }

    fn accept<'p>(
        &self,
        who: &impl Identity,
        asked: &Self::Asked,
        response: &Response,
        message: &'p [u8],
    ) -> Option<(Option<StartKeys>, &'p [u8])> {
        let (hash, proof) = (who.nt_hash(), &response.nt_response);
        let success = Success::parse(message).ok()?;
        let proved = exchange(who, asked, &response.peer_challenge).verify_authenticator_response(
            hash,
            proof,
            &success.authenticator_response,
        );
        proved.then(|| {
            let keys = master_key(hash, proof).start_keys(Side::Client);
            (Some(keys), success.message)
        })
    }

    fn parse_failure<'p>(message: &'p [u8], _asked: &Self::Asked) -> Refused<'p, Self::Asked> {
        let failure = Failure::parse(message);
        Refused {
            error: failure.error,
            retry: failure.retry,
            challenge: failure.challenge,
            version: failure.version,
            message: failure.message,
        }
    }

    fn change_code(&self, _version: Option<u32>, has_room: bool) -> Option<Code> {
        has_room.then_some(Code::CHANGE_PASSWORD_3)
    }

    fn change(
        &self,
        _code: Code,
        asked: &Self::Asked,
        change: &NewSecret<'_, impl Identity>,
        random: &mut Random,
    ) -> Result<(Response, Option<Blocks>), PasswordTooLong> {
        let (old, new) = (change.old.nt_hash(), change.new.nt_hash());
        let blocks = Blocks::seal(change.password, old, new, random)?;
        let peer_challenge = random.array();
        let nt_response = exchange(change.new, asked, &peer_challenge).nt_response(new);
        Ok((Response::new(peer_challenge, nt_response), Some(blocks)))
    }

    fn code_of_change(_response: &Response) -> Code {
        Code::CHANGE_PASSWORD_3
    }

    fn write_change(response: &Response, blocks: Option<&Blocks>, out: &mut Writer<'_>) {
        if let Some(blocks) = blocks {
            message(response, blocks).encode(out);
        }
    }

    fn draw(random: &mut Random) -> Self::Challenge {
        random.array()
    }

    fn parse_response(value: &[u8]) -> Result<Response, ParseError> {
        Response::parse(value)
    }

    fn parse_change(
        &self,
        code: Code,
        data: &[u8],
        has_room: bool,
    ) -> Option<Result<(Response, Option<Blocks>), ParseError>> {
        let parsed = || {
            let change = Version3::parse(data)?;
            let blocks = Blocks {
                password: *change.encrypted_password,
                hash: *change.encrypted_hash,
                flags: change.flags,
            };
            let response = Response {
                reserved: *change.reserved,
                ..Response::new(*change.peer_challenge, *change.nt_response)
            };
            Ok((response, Some(blocks)))
        };
        (code == Code::CHANGE_PASSWORD_3 && has_room).then(parsed)
    }

    fn can_change(&self, has_room: bool) -> bool {
        has_room
    }

    fn proof(shown: Shown<'_, Self>) -> Proof<'_> {
        match shown.blocks {
            None => Proof::MsChapV2(shown.into()),
            Some(blocks) => Proof::ChangePassword(ChangeRequest::new(shown, blocks)),
        }
    }

    fn judge(
        &self,
        shown: Shown<'_, Self>,
        verdict: &Verdict<'_>,
    ) -> Result<([u8; 20], Option<StartKeys>), ErrorCode> {
        let prove = |hash: &NtHash| {
            let exchange = Exchange {
                authenticator_challenge: shown.challenge,
                peer_challenge: &shown.response.peer_challenge,
                user_name: shown.user_name,
            };
            let response = &shown.response.nt_response;
            let proved = exchange.verify_nt_response(hash, response).then(|| {
                let keys = master_key(hash, response).start_keys(Side::Server);
                (exchange.authenticator_response(hash, response), Some(keys))
            });
            proved.ok_or(ErrorCode::AuthenticationFailure)
        };
        match verdict {
            Verdict::Password(password) => prove(&NtHash::from_password(password)),
            Verdict::NtHash(hash) | Verdict::Hashes { nt: hash, .. } => prove(hash),
            Verdict::AcceptWith {
                authenticator_response,
                keys,
            } => Ok((*authenticator_response, keys.clone())),
            // There is no Success without a proof: whoever accepts without one has not understood the method, and the
            // password need not be wrong.
            Verdict::Accept { .. } | Verdict::Reject { .. } => Err(ErrorCode::AUTH_SERVER_FAILED),
        }
    }

    fn write_success(success: &[u8; 20], out: &mut Writer<'_>) {
        let success = Success {
            authenticator_response: *success,
            message: b"",
        };
        success.encode(out);
    }

    fn write_failure(
        failure: &Refused<'_, Self::Challenge>,
        _has_room: bool,
        out: &mut Writer<'_>,
    ) {
        let failure = Failure {
            error: failure.error,
            retry: failure.retry,
            challenge: failure.challenge,
            version: Some(CHANGE_PASSWORD_VERSION),
            message: failure.message,
        };
        failure.encode(out);
    }
}

/// The Change-Password that has both in it.
const fn message<'a>(response: &'a Response, blocks: &'a Blocks) -> Version3<'a> {
    Version3 {
        encrypted_password: &blocks.password,
        encrypted_hash: &blocks.hash,
        peer_challenge: &response.peer_challenge,
        reserved: &response.reserved,
        nt_response: &response.nt_response,
        flags: blocks.flags,
    }
}

fn exchange<'a>(
    who: &'a impl Identity,
    challenge: &'a [u8; CHALLENGE_LEN],
    peer_challenge: &'a [u8; 16],
) -> Exchange<'a> {
    Exchange {
        authenticator_challenge: challenge,
        peer_challenge,
        user_name: who.name().as_bytes(),
    }
}
