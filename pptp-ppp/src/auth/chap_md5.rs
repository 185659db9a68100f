//! CHAP with MD5 (RFC 1994): the peer proves that it knows the password, which the authenticator has to know as text, and
//! there are no keys.

pub use super::chap::Md5;
pub use super::chap::md5::{Request, verify};

/// The side that is asked for its name and proof: [`chap::Peer`](super::chap::Peer) of this version.
pub type Peer = super::chap::Peer<super::chap::NoChange, Md5>;

/// The side that asks for a name and a proof: [`chap::Authenticator`](super::chap::Authenticator) of this version.
pub type Authenticator = super::chap::Authenticator<super::chap::NoChange, Md5>;
