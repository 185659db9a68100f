//! Stateless mode: a new key for each packet (RFC 3078 §7.1, §8.1).
//!
//! No cipher state is kept between packets, only the session key and the count, and what keeps jumps cheap: 128 octets
//! for an [`Encryptor`] and a [`Decryptor`] together.
//!
//! # Several packets at once
//!
//! RC4 waits for its own last step most of the time, so that several packets go faster side by side.
//! There is a way for each who has several:
//!
//! * [`Encryptor::encrypt_batch`] and [`Decryptor::decrypt_batch`]: packets of one session.
//! * [`EncryptJob`] and [`DecryptJob`]: one packet each of several sessions.
//! * [`Decryptor::decrypt_early`] and [`Decryptor::decrypt_late`]: the two halves of what a batch does, for those who
//!   have other things to do in between.
//!
//! The octets are the same in any way.
//!
//! # Late packets
//!
//! A [`Decryptor`] refuses a packet that others have overtaken. With a [`Skipped`] beside it, which keeps the keys of those
//! that were missing, such a packet is decrypted when it comes.
//!
//! # Idle time
//!
//! [`Encryptor::with_prepared`] and [`Decryptor::with_prepared`] add room for the keys of packets to come, which
//! `prepare` derives when there is nothing else to do. A packet whose key is ready costs nothing but its octets.

mod ahead;
mod decryptor;
mod early;
mod encryptor;
mod jobs;
mod prepared;
mod skipped;

pub use decryptor::{Decryptor, Trial};
pub use early::{Batch, Early};
pub use encryptor::Encryptor;
pub use jobs::{DecryptJob, EncryptJob, decrypt_jobs, encrypt_jobs};
pub use skipped::{LateTrial, Skipped};

use crate::decryptor::side_by_side;
use core::{iter, mem};

/// How many packets may be missing before one, unless [`Decryptor::with_max_jump`] says otherwise.
///
/// Each costs a key change, but that of most is done only once, however many packets are forged: see
/// [`Decryptor::with_kept_keys`].
pub const DEFAULT_MAX_JUMP: u16 = ahead::SPAN;

/// Such parts, one after the other.
fn parts<T>(packets: &mut [T]) -> impl Iterator<Item = &mut [T]> {
    let mut rest = packets;
    iter::from_fn(move || {
        let size = side_by_side(rest.len());
        let (first, others) = mem::take(&mut rest).split_at_mut_checked(size)?;
        rest = others;
        (!first.is_empty()).then_some(first)
    })
}
