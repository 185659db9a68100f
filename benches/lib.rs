//! What the benches share: packets, tunnels, peers, and tables.

pub mod callgrind;
pub mod compressors;
pub mod corpus;
pub mod freerdp;
pub mod goal;
pub mod lz4;
pub mod matrix;
pub mod openssl;
pub mod optimum;
pub mod path;
pub mod report;
pub mod rustcrypto;
pub mod table;
pub mod zlib;

/// Packets of interactive, of old and of bulk traffic, in octets.
pub const SIZES: [usize; 3] = [40, 576, 1400];

/// An IPv4 packet of `len` octets.
#[must_use]
pub fn packet(len: usize) -> Vec<u8> {
    let mut packet = vec![0; len];
    set_length(&mut packet);
    packet
}

/// Has the header of a packet say how long it is.
pub fn set_length(packet: &mut [u8]) {
    let total = u16::try_from(packet.len())
        .unwrap_or(u16::MAX)
        .to_be_bytes();
    packet[..4].copy_from_slice(&[0x45, 0, total[0], total[1]]);
}
