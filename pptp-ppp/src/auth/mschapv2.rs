//! MS-CHAPv2 (RFC 2759): both sides prove that they know the password, and both get keys for MPPE.

pub use super::chap::{
    Authenticator, AuthenticatorError, Change, ChangeRequest, ChangeRoom, NoChange, Outcome, Peer,
    PeerError, PeerEvent, Request, RetryError, Wanted,
};
