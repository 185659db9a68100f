//! Sans-IO PPP.
#![no_std]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::as_conversions))]

#[cfg(test)]
extern crate std;

pub mod codec;
pub mod random;
pub mod time;
