//! CHAP (RFC 1994) in all its versions: with MD5, MS-CHAPv1 (RFC 2433) and MS-CHAPv2 (RFC 2759).
//!
//! Each end is one machine for all versions, which differ in what [`ChapVersion`] has for each.

mod authenticator;
pub(super) mod change;
mod machines;
pub(super) mod md5;
mod peer;
#[cfg(test)]
mod tests;
pub(super) mod v1;
mod v2;
mod version;

pub use authenticator::{Authenticator, AuthenticatorError, Outcome};
pub use change::{Change, ChangeRoom, NoChange};
pub use machines::{ChapMd5, MsChapV1, MsChapV1Change, MsChapV2, MsChapV2Change};
pub use md5::Md5;
pub use peer::{Peer, PeerError, PeerEvent, RetryError, Wanted};
pub use v1::V1;
pub use v2::{ChangeRequest, Request, V2};
pub use version::ChapVersion;
