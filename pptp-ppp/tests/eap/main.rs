//! EAP (RFC 3748) in both roles: the machines alone, and in links.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::std_instead_of_alloc
)]

#[path = "../common/mod.rs"]
mod common;

mod asked;
mod asking;
mod captures;
mod ends;
mod hostile;
mod links;
mod passing;
