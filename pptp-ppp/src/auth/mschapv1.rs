//! MS-CHAPv1 (RFC 2433): the peer proves that it knows the password, the authenticator proves nothing, and both get keys for
//! MPPE.

pub use super::chap::V1;
pub use super::chap::v1::{ChangeRequest, Changes, Request};

/// The side that is asked for its name and proof: [`chap::Peer`](super::chap::Peer) of this version.
pub type Peer<C = super::chap::NoChange> = super::chap::Peer<C, V1>;

/// The side that asks for a name and a proof: [`chap::Authenticator`](super::chap::Authenticator) of this version.
pub type Authenticator<C = super::chap::NoChange> = super::chap::Authenticator<C, V1>;
