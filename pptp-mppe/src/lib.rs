//! Microsoft Point-to-Point Encryption, without I/O, allocation or `unsafe`: the keys of RFC 3079 and the packets of
//! RFC 3078.
//!
//! **MPPE protects nothing today.** RC4 is broken, packets carry no integrity check, 40 and 56 bit keys fall to
//! anybody, and the keys are only as good as MS-CHAP, which falls to one search for a DES key. This crate is for
//! talking to what is there.
//!
//! # What is here
//!
//! * [`MasterKey`], [`StartKey`], [`SessionKey`]: from what MS-CHAP leaves behind to the key of one packet; [`LinkKeys`]:
//!   the start keys of a link.
//! * [`Encryptor`] and [`Decryptor`]: one direction of a link each, in the [`Mode`] that CCP settled on. The types of
//!   [`stateless`] and [`stateful`] are the same for one mode only.
//! * [`is_encryptable`]: which packets are encrypted at all.
//! * [`rc4`]: the cipher.
//!
//! The two octets before the ciphertext (bits A to D and the [`Count`]) are shared with MPPC, so they are not read or
//! written here: an encryptor says in [`Sealed`] what must stand there, and a decryptor is told what stood there.
//!
//! # Two steps to decrypt
//!
//! Nothing in MPPE tells whether a packet decrypted well, and anybody on the path can forge one. So
//! [`Decryptor::decrypt`] changes no state: it hands out a [`Trial`], whose plaintext the caller judges (does it start
//! with a known protocol number? is that IP header sane?) and then [commits](Trial::commit), [retries](Trial::retry)
//! with the next candidate or [aborts](Trial::abort). A forged packet costs a bounded amount of work and nothing else.
//!
//! # Several packets at once
//!
//! RC4 leaves most of a large processor idle, so that several packets go faster side by side than one after the other:
//! [`Encryptor::encrypt_batch`], [`Decryptor::decrypt_batch`] and, for packets of different sessions, the jobs of
//! [`stateless`]. With room for them ([`Encryptor::with_prepared`]), keys of packets to come can be derived in idle time.
//!
//! # Example
//!
//! ```
//! use pptp_mppe::{Decryptor, Encryptor, MasterKey, Mode, Side, Strength};
//!
//! // RFC 3079 §3.5: the MD4 of the NT password hash, and the NT-Response of MS-CHAPv2.
//! let hash_hash = [
//!     0x41, 0xc0, 0x0c, 0x58, 0x4b, 0xd2, 0xd9, 0x1c, 0x40, 0x17, 0xa2, 0xa1, 0x2f, 0xa5, 0x9f, 0x3f,
//! ];
//! let response = [
//!     0x82, 0x30, 0x9e, 0xcd, 0x8d, 0x70, 0x8b, 0x5e, 0xa0, 0x8f, 0xaa, 0x39, 0x81, 0xcd, 0x83, 0x54, 0x42, 0x33,
//!     0x11, 0x4a, 0x3d, 0x85, 0xd6, 0xdf,
//! ];
//! let master = MasterKey::from_ms_chap_v2(&hash_hash, &response);
//! let client = master.start_keys(Side::Client);
//! let server = master.start_keys(Side::Server);
//!
//! let mut encryptor = Encryptor::new(&client.send, Strength::Bits128, Mode::Stateless);
//! let mut decryptor = Decryptor::new(&server.receive, Strength::Bits128, Mode::Stateless);
//!
//! // The protocol field of the inner packet goes first, then the packet: both are encrypted.
//! let mut wire = [0; 64];
//! let sealed = encryptor.encrypt(&[0x00, 0x21], b"an IP packet", &mut wire)?;
//! assert_eq!(sealed.count.get(), 0);
//!
//! let packet = wire.get_mut(..14).ok_or("too short")?;
//! let trial = decryptor.decrypt(sealed.count, sealed.flushed, packet)?;
//! assert!(trial.plaintext().starts_with(&[0x00, 0x21]));
//! assert_eq!(trial.commit(), b"\x00\x21an IP packet");
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
#![no_std]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::as_conversions))]

#[cfg(test)]
extern crate alloc;

mod clear;
mod count;
mod decryptor;
mod encryptor;
mod key;
pub mod rc4;
pub mod stateful;
pub mod stateless;

pub use count::Count;
pub use decryptor::{BATCH, Batch, DecryptError, Decryptor, Packet, Trial};
pub use encryptor::{BufferTooSmall, Encryptor, Sealed, Seals};
pub use key::{LinkKeys, MasterKey, SessionKey, Side, StartKey, StartKeys};
pub use stateful::ResetRule;

/// How long the session keys are (RFC 3078 §2), weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Strength {
    /// 40 bits: keys of 8 octets of which the first three are known. The `L` bit of the option.
    Bits40,
    /// 56 bits: keys of 8 octets of which the first is known. The `M` bit of the option.
    Bits56,
    /// 128 bits: keys of 16 octets. The `S` bit of the option.
    Bits128,
}

impl Strength {
    /// The length of a session key in octets: 8 or 16.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Bits40 | Self::Bits56 => 8,
            Self::Bits128 => 16,
        }
    }
}

/// When the session key changes (RFC 3078 §7). The mode of each direction is negotiated on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mode {
    /// A new key for each packet, so that a loss costs nothing but the packet. The `H` bit of the option.
    Stateless,
    /// A new key each 256 packets and one running key stream between: after a loss nothing can be read until the
    /// sender starts its key stream anew.
    Stateful,
}

/// Whether packets of this PPP protocol are encrypted: network-layer data is, from 0x0021 to 0x00FA; LCP,
/// authentication, CCP and the network control protocols are not (RFC 3078 §3).
#[must_use]
pub const fn is_encryptable(protocol: u16) -> bool {
    matches!(protocol, 0x0021..=0x00fa)
}

#[cfg(test)]
mod tests {
    use super::is_encryptable;

    #[test]
    fn only_network_data_is_encrypted() {
        // RFC 3078 §3, and the protocols that lie on either side of its range.
        assert!([0x0021, 0x002d, 0x002f, 0x0057, 0x00fa].map(is_encryptable) == [true; 5]);
        assert!(
            [
                0x0000, 0x0001, 0x0020, 0x00fb, 0x00fd, 0x8021, 0x80fd, 0xc021, 0xc223
            ]
            .map(is_encryptable)
                == [false; 9]
        );
    }
}
