//! What several programs say in the same words.

use pptp_core::ppp::Encryption;

/// How packets are encrypted, such as `MPPE-128 stateless`.
#[must_use]
pub fn encryption(agreed: Option<Encryption>) -> String {
    agreed.map_or("in the clear".to_owned(), |it| it.to_string())
}
