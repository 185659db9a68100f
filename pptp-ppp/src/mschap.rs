//! The computations of MS-CHAP, version 1 (RFC 2433) and version 2 (RFC 2759): hashes, responses, proofs, and changes of
//! password.
//!
//! Both are weak: an eavesdropper finds the password hash from one exchange by searching a single DES key, and where there
//! is a LAN Manager response the password itself in minutes. They are here because everything that speaks PPTP speaks them.
//!
//! * [`NtHash`], [`LmHash`]: what is kept of a password.
//! * [`Exchange`], [`master_key`]: version 2.
//! * [`v1`]: version 1.
//! * [`change`]: a new password, under the old one.

pub mod change;
mod des;
mod lm;
mod nt;
pub mod v1;
mod v2;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod vectors;

pub use lm::LmHash;
pub use nt::NtHash;
pub use v2::{Exchange, master_key};

/// The user name in `name` without the Windows domain before the last backslash, if there is one.
#[must_use]
pub fn without_domain(name: &[u8]) -> &[u8] {
    name.rsplit(|&octet| octet == b'\\').next().unwrap_or(name)
}
