//! Stateful mode: one key stream runs through up to 256 packets, and a loss breaks it (RFC 3078 §7.2, §8.2).
//!
//! The key changes before each "flag" packet, one whose count ends in 0xFF. After a loss the receiver sends a
//! Reset-Request and waits for a packet with bit A, before which the sender has started its key stream anew. Of what
//! key, implementations do not agree on: see [`ResetRule`].

mod decryptor;
mod encryptor;

pub use decryptor::{Batch, Decryptor, MAX_CANDIDATES, Trial};
pub use encryptor::Encryptor;

/// From which key a sender starts its key stream anew after a Reset-Request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ResetRule {
    /// Skip to the count of the next flag packet, and change the key as is due there.
    ///
    /// To the receiver the counts between are packets that were lost as well, and at a flag packet with bit A both
    /// other rules come to the same, so that every receiver follows. The key is a function of the count alone: packets
    /// with bit A that get lost cost nothing further, and no key stream is used twice, as RFC 3078 §9 warns of.
    #[default]
    NextFlag,
    /// The current key: RFC 3078 §8.2, and FreeBSD's `ng_mppc`. The start of the key stream is used twice. Linux does
    /// not follow.
    SameKey,
    /// A changed key: Linux's `ppp_mppe` and lwIP. If the packet is lost, Linux never follows again.
    NewKey,
}
