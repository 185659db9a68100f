//! What a change of password takes, where there is one: the memory for it is chosen by type.

use crate::auth::AuthId;
use crate::codec::{ParseError, Writer};
use crate::mschap::change::{
    ChangeError, NewPassword, PasswordTooLong, encrypt_hash, encrypt_password,
};
use crate::mschap::{Exchange, NtHash};
use crate::random::Random;
use crate::wire::Packet;
use crate::wire::change_password::Version3;
use crate::wire::chap::Code;
use crate::wire::mschapv2::Response;
use core::fmt;

/// Whether there is room for a change of password: [`NoChange`] or [`Change`].
///
/// Sealed.
pub trait ChangeRoom: Room {}

impl<C: Room> ChangeRoom for C {}

/// No room: whoever has to change a password is refused, and there is nothing to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoChange;

/// Room for the Change-Password packet (RFC 2759 §7) of either end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change(Option<Blocks>);

mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals ChangeRoom")]

    use core::fmt;

    pub trait Room: Clone + fmt::Debug + PartialEq + Eq {
        const HAS_ROOM: bool;
        const EMPTY: Self;
        fn get(&self) -> Option<&Blocks>;
        fn put(&mut self, blocks: Blocks);
        fn clear(&mut self);
    }

    /// The part of a Change-Password that a Response has not.
    #[derive(Clone, PartialEq, Eq)]
    pub struct Blocks {
        /// The new password, encrypted with the old hash.
        pub(crate) password: [u8; 516],
        /// The old hash, encrypted with the new one.
        pub(crate) hash: [u8; 16],
        pub(crate) flags: u16,
    }
}

pub(crate) use sealed::{Blocks, Room};

impl Room for NoChange {
    const HAS_ROOM: bool = false;
    const EMPTY: Self = Self;

    fn get(&self) -> Option<&Blocks> {
        None
    }

    fn put(&mut self, _blocks: Blocks) {}

    fn clear(&mut self) {}
}

impl Room for Change {
    const HAS_ROOM: bool = true;
    const EMPTY: Self = Self(None);

    fn get(&self) -> Option<&Blocks> {
        self.0.as_ref()
    }

    fn put(&mut self, blocks: Blocks) {
        self.0 = Some(blocks);
    }

    fn clear(&mut self) {
        self.0 = None;
    }
}

/// Without what is in it: from the blocks passwords can be guessed.
impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocks").finish_non_exhaustive()
    }
}

impl Blocks {
    /// Of a change from the password with the hash `old` to `new`, which is in text `password`.
    pub(crate) fn seal(
        password: &str,
        old: &NtHash,
        new: &NtHash,
        random: &mut Random,
    ) -> Result<Self, PasswordTooLong> {
        Ok(Self {
            password: encrypt_password(password, old, random)?,
            hash: encrypt_hash(old, new),
            flags: 0,
        })
    }

    /// Those in the data of a Change-Password, and the rest of it.
    pub(super) fn parse(data: &[u8]) -> Result<(Self, Response), ParseError> {
        let change = Version3::parse(data)?;
        let blocks = Self {
            password: *change.encrypted_password,
            hash: *change.encrypted_hash,
            flags: change.flags,
        };
        let response = Response {
            reserved: *change.reserved,
            ..Response::new(*change.peer_challenge, *change.nt_response)
        };
        Ok((blocks, response))
    }

    /// These and the rest.
    pub(super) const fn message<'a>(&'a self, proof: &'a Response) -> Version3<'a> {
        Version3 {
            encrypted_password: &self.password,
            encrypted_hash: &self.hash,
            peer_challenge: &proof.peer_challenge,
            reserved: &proof.reserved,
            nt_response: &proof.nt_response,
            flags: self.flags,
        }
    }

    /// Appends the Change-Password packet that has these and `proof` in it.
    pub(super) fn write(&self, writer: &mut Writer<'_>, identifier: u8, proof: &Response) {
        let change = self.message(proof);
        Packet::encode_with(
            writer,
            Code::CHANGE_PASSWORD_3.into(),
            identifier,
            |writer| {
                change.encode(writer);
            },
        );
    }
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
