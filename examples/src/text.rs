//! What several programs say in the same words.

use pptp_core::ppp::{Compression, Encryption};

/// How packets are encrypted, such as `MPPE-128 stateless`.
#[must_use]
pub fn encryption(agreed: Option<Encryption>) -> String {
    agreed.map_or("in the clear".to_owned(), |it| it.to_string())
}

/// How packets are encrypted and compressed, such as `MPPE-128 stateless, with MPPC`.
#[must_use]
pub fn sealing(encrypted: Option<Encryption>, compressed: Option<Compression>) -> String {
    let mut text = encryption(encrypted);
    match (encrypted, compressed) {
        (_, None) => {}
        // The mode is the same.
        (Some(_), Some(_)) => text += ", with MPPC",
        (None, Some(_)) => text = format!("{text}, {}", compression(compressed)),
    }
    text
}

/// How packets are compressed, such as `MPPC stateless`.
#[must_use]
pub fn compression(agreed: Option<Compression>) -> String {
    agreed.map_or("not compressed".to_owned(), |it| it.to_string())
}
