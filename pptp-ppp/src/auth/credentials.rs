//! Who we are, what we demand of the peer, and what it gets.

use crate::auth::pap::MAX_FIELD;
use crate::auth::{MAX_NAME_LEN, MAX_OWN_NAME_LEN, MAX_PASSWORD_LEN, Methods, Name, NameTooLong};
use crate::config::MppePolicy;
use crate::mschap::NtHash;
use core::fmt;
use core::net::Ipv4Addr;
use heapless::String;
use zeroize::Zeroize as _;

/// A password as text, cleared on drop and never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(String<MAX_PASSWORD_LEN, u16>);

impl Password {
    /// `None` if it is longer than [`MAX_PASSWORD_LEN`] octets.
    pub(crate) fn new(password: &str) -> Option<Self> {
        String::try_from(password).ok().map(Self)
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Who we are, for a peer that demands to know.
#[derive(Clone)]
pub struct Credentials {
    identity: NtIdentity,
    password: Option<Password>,
    pub(crate) methods: Methods,
    pub(crate) asking: bool,
}

impl Credentials {
    /// A user, `DOMAIN\user` or `user@realm` if the server wants it so, and the password.
    ///
    /// Of a password of more than [`MAX_PASSWORD_LEN`] octets only the hash is kept: see
    /// [`Credentials::with_nt_hash`].
    ///
    /// # Errors
    /// If the name of the user is too long.
    pub fn new(user: &str, password: &str) -> Result<Self, NameTooLong> {
        let hash = NtHash::from_password(password);
        Ok(Self {
            password: Password::new(password),
            ..Self::with_nt_hash(user.as_bytes(), hash)?
        })
    }

    /// A user, and the NT hash of the password: enough for MS-CHAP in all its forms, but not for PAP, for MD5 nor for the
    /// LAN Manager response, which are not offered then.
    ///
    /// # Errors
    /// If the name of the user is too long.
    pub fn with_nt_hash(user: &[u8], nt_hash: NtHash) -> Result<Self, NameTooLong> {
        let name = Name::new(user)?;
        Ok(Self {
            identity: NtIdentity { name, nt_hash },
            password: None,
            methods: Methods::default(),
            asking: false,
        })
    }

    /// The same, to be proved by one of `methods` and no other. By default [`Methods::default`].
    #[must_use]
    pub const fn with_methods(mut self, methods: Methods) -> Self {
        self.methods = methods;
        self
    }

    /// The same, and there is somebody to be asked for another password: where the server would take one, there is an
    /// [`Event::PasswordWanted`](crate::Event::PasswordWanted), and the link waits. By default it ends at once, with the
    /// reason.
    #[must_use]
    pub const fn asking(mut self) -> Self {
        self.asking = true;
        self
    }

    /// The methods by which we can prove ourselves with what we have.
    pub(crate) fn usable_methods(&self) -> Methods {
        let of_password =
            Methods::PAP | Methods::CHAP_MD5 | Methods::EAP_MD5 | Methods::LAN_MANAGER;
        let mut usable = self.methods;
        match &self.password {
            // What PAP has no room for would be cut.
            Some(Password(text))
                if text.len().max(self.identity.name.as_bytes().len()) > MAX_FIELD =>
            {
                usable.remove(Methods::PAP);
            }
            Some(_) => {}
            None => usable.remove(of_password),
        }
        usable
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("name", &self.identity.name)
            .field("methods", &self.methods)
            .finish_non_exhaustive()
    }
}

/// What a method needs to know of us.
///
/// Sealed: [`Credentials`], [`NtIdentity`] and [`Nobody`].
pub trait Identity: Clone + fmt::Debug + From<Credentials> + sealed::Sealed {
    /// Our name.
    fn name(&self) -> &Name;
    /// The hash of our password.
    fn nt_hash(&self) -> &NtHash;
    /// The password itself, if it is known.
    fn password(&self) -> Option<&str>;
    /// The same user with another password.
    #[must_use]
    fn with_password(&self, password: &str) -> Self;
}

/// A name and the hash of a password: all that MS-CHAPv2 needs.
#[derive(Debug, Clone)]
pub struct NtIdentity {
    name: Name<MAX_NAME_LEN>,
    nt_hash: NtHash,
}

impl From<Credentials> for NtIdentity {
    fn from(credentials: Credentials) -> Self {
        credentials.identity
    }
}

impl Identity for NtIdentity {
    fn name(&self) -> &Name {
        &self.name
    }

    fn nt_hash(&self) -> &NtHash {
        &self.nt_hash
    }

    fn password(&self) -> Option<&str> {
        None
    }

    fn with_password(&self, password: &str) -> Self {
        Self {
            name: self.name.clone(),
            nt_hash: NtHash::from_password(password),
        }
    }
}

/// Nothing at all, for a link on which nobody proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nobody;

static NOBODY: NtIdentity = NtIdentity {
    name: Name::EMPTY,
    nt_hash: NtHash::new([0; 16]),
};

impl From<Credentials> for Nobody {
    fn from(_: Credentials) -> Self {
        Self
    }
}

impl Identity for Nobody {
    fn name(&self) -> &Name {
        &NOBODY.name
    }

    fn nt_hash(&self) -> &NtHash {
        &NOBODY.nt_hash
    }

    fn password(&self) -> Option<&str> {
        None
    }

    fn with_password(&self, _password: &str) -> Self {
        Self
    }
}

impl Identity for Credentials {
    fn name(&self) -> &Name {
        &self.identity.name
    }

    fn nt_hash(&self) -> &NtHash {
        &self.identity.nt_hash
    }

    fn password(&self) -> Option<&str> {
        self.password.as_ref().map(|password| password.0.as_str())
    }

    fn with_password(&self, password: &str) -> Self {
        Self {
            identity: self.identity.with_password(password),
            password: Password::new(password),
            ..*self
        }
    }
}

mod sealed {
    #![expect(unnameable_types, reason = "the supertrait seals Identity")]

    pub trait Sealed {}

    impl Sealed for super::Credentials {}
    impl Sealed for super::NtIdentity {}
    impl Sealed for super::Nobody {}
}

/// What is demanded of the peer.
#[derive(Debug, Clone)]
pub struct Demand {
    pub(crate) methods: Methods,
    pub(super) name: Name<MAX_OWN_NAME_LEN>,
}

impl Demand {
    /// Demands a proof by one of `methods`, the strongest that the peer has, under a name of our own that the peer may
    /// choose its password by; it may be empty.
    ///
    /// # Errors
    /// If the name is longer than [`MAX_OWN_NAME_LEN`](super::MAX_OWN_NAME_LEN).
    pub fn new(methods: Methods, name: &str) -> Result<Self, NameTooLong> {
        let name = Name::new(name.as_bytes())?;
        Ok(Self { methods, name })
    }
}

/// What a user gets, where it is not the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Grant {
    /// The address that the user is to have, instead of the configured one.
    pub address: Option<Ipv4Addr>,
    /// The encryption that the user must, may or must not have, instead of the configured one.
    pub mppe: Option<MppePolicy>,
    /// Whether compression is asked for and granted, instead of what is configured; nothing without a
    /// [suite](crate::Suite) that has it.
    pub mppc: Option<bool>,
}
