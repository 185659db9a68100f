//! Packets that can be told from garbage, and how a receiver tells.
#![allow(dead_code, unreachable_pub)]

use pptp_mppe::{Count, DecryptError, Decryptor, Sealed, Strength};
use proptest::prelude::*;

pub const STRENGTHS: [Strength; 3] = [Strength::Bits40, Strength::Bits56, Strength::Bits128];

pub fn strength() -> impl Strategy<Value = Strength> {
    prop::sample::select(&STRENGTHS[..])
}

/// The protocol field and an IPv4 packet of `len` octets, at least 20, that carries `number`.
pub fn packet(number: u32, len: usize) -> Vec<u8> {
    let len = len.max(20);
    let mut packet = vec![0x00, 0x21, 0x45, 0x00];
    packet.extend(u16::try_from(len).unwrap().to_be_bytes());
    packet.extend(number.to_be_bytes());
    packet.extend(
        (0..)
            .map(|octet: usize| octet as u8)
            .take(len - packet.len() + 2),
    );
    packet
}

/// What a receiver can see without knowing the packet.
pub fn plausible(data: &[u8]) -> bool {
    let length = u16::try_from(data.len() - 2).unwrap().to_be_bytes();
    data.starts_with(&[0x00, 0x21, 0x45, 0x00]) && data[4..6] == length
}

/// A packet as it crosses the wire.
#[derive(Debug, Clone)]
pub struct Wire {
    pub count: Count,
    pub flushed: bool,
    pub data: Vec<u8>,
}

impl Wire {
    pub fn new(sealed: Sealed, data: Vec<u8>) -> Self {
        Self {
            count: sealed.count,
            flushed: sealed.flushed,
            data,
        }
    }
}

/// Receives a packet as a good receiver does. `Ok(None)` if no candidate was plausible.
pub fn receive(decryptor: &mut Decryptor, wire: &Wire) -> Result<Option<Vec<u8>>, DecryptError> {
    let mut data = wire.data.clone();
    let mut trial = decryptor.decrypt(wire.count, wire.flushed, &mut data)?;
    while !plausible(trial.plaintext()) {
        if !trial.retry() {
            assert_eq!(data, wire.data, "the ciphertext is restored");
            return Ok(None);
        }
    }
    Ok(Some(trial.commit().to_vec()))
}
