//! What several programs say in the same words.

use pptp_core::ppp::{Compression, Encryption};

/// How packets are encrypted, such as `MPPE-128 stateless`.
#[must_use]
pub fn encryption(agreed: Option<Encryption>) -> String {
    agreed.map_or("in the clear".to_owned(), |it| it.to_string())
}

/// How packets are compressed, such as `MPPC stateless`.
#[must_use]
pub fn compression(agreed: Option<Compression>) -> String {
    agreed.map_or("not compressed".to_owned(), |it| it.to_string())
}
