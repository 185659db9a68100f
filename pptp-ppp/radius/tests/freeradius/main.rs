//! Ours against Debian's FreeRADIUS and, through a front of ours, hostap's `eapol_test` against it; `pptp-eap-tls` as the
//! peer of the one, and of hostapd, and as the server of the other. Needs `freeradius`,
//! `openssl`, `eapol_test` and `hostapd` (Debian: `apt-get install freeradius openssl eapoltest hostapd`), so it only runs if asked for:
//! `cargo test -p pptp-radius --test freeradius -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

mod authenticator;
mod eap;
mod front;
mod hostapd;
mod links;
mod passwords;
mod proofs;
mod proxy;
mod server;
mod tunnels;

/// The secret that raddb.sh has.
const SECRET: &[u8] = b"testing-secret";
