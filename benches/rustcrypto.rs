//! MPPE over RustCrypto's `rc4` and `sha1`, as a simple library would have it.

use rc4::{KeyInit, Rc4, StreamCipher};
use sha1::{Digest, Sha1};

/// Stateless MPPE with keys of 128 bits.
#[derive(Debug, Clone)]
pub struct Mppe {
    start: [u8; 16],
    current: [u8; 16],
}

impl Mppe {
    /// Starts where `pptp_mppe::SessionKey::new` does with the same start key.
    #[must_use]
    pub fn new(start: [u8; 16]) -> Self {
        let current = digest(&start, &start);
        Self { start, current }
    }

    /// Encrypts a packet in place.
    pub fn encrypt(&mut self, data: &mut [u8]) {
        let mut key = digest(&self.start, &self.current);
        cipher(&key).apply_keystream(&mut key);
        self.current = key;
        cipher(&self.current).apply_keystream(data);
    }
}

fn digest(start: &[u8; 16], current: &[u8; 16]) -> [u8; 16] {
    let hash = Sha1::new()
        .chain_update(start)
        .chain_update([0x00; 40])
        .chain_update(current)
        .chain_update([0xf2; 40])
        .finalize();
    let mut key = [0; 16];
    key.copy_from_slice(&hash[..16]);
    key
}

/// RustCrypto's RC4 with a key of 16 octets.
#[must_use]
pub fn cipher(key: &[u8; 16]) -> Rc4 {
    Rc4::new_from_slice(key).expect("a key of any length up to 256")
}
