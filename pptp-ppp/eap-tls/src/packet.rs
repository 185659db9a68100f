//! Packets of EAP in memory of their own.

use alloc::vec;
use alloc::vec::Vec;
use pptp_ppp::codec::Writer;

/// What `write` writes.
pub(crate) fn to_vec(write: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut measure = Writer::new(&mut []);
    write(&mut measure);
    let mut octets = vec![0; measure.len()];
    write(&mut Writer::new(&mut octets));
    octets
}
