//! What a change of password takes, where there is one: the memory for it is chosen by type.

use crate::mschap::NtHash;
use crate::mschap::change::{PasswordTooLong, encrypt_hash, encrypt_password};
use crate::random::Random;
use core::fmt;

/// Whether there is room for a change of password: [`NoChange`] or [`Change`].
///
/// Sealed.
pub trait ChangeRoom: Room {}

impl<C: Room> ChangeRoom for C {}

/// No room: whoever has to change a password is refused, and there is nothing to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoChange;

/// Room for a Change-Password packet (RFC 2759 §7, RFC 2433 §10) of either end.
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
}
