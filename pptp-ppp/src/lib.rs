//! Sans-IO PPP.
#![no_std]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::std_instead_of_alloc
    )
)]

#[cfg(test)]
extern crate std;

pub mod auth;
pub mod automaton;
pub mod codec;
pub mod mschap;
pub mod random;
pub mod time;
pub mod wire;
