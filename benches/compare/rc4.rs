//! RC4: key streams and key schedules.

use pptp_benches::goal::Goal;
use pptp_benches::openssl::{OpenSsl, Rc4Key};
use pptp_benches::{rustcrypto, table::Table};
use pptp_mppe::rc4::{Rc4, WideRc4};
use rc4::StreamCipher;
use std::hint::black_box;

const OPENSSL: &str = "OpenSSL";
const RUSTCRYPTO: &str = "RustCrypto";

const KEY: [u8; 16] = *b"0123456789abcdef";

/// How many tables there are.
pub(crate) const TABLES: usize = 4;

/// One of them.
pub(crate) fn table(at: usize) -> Table<'static> {
    let openssl = OpenSsl::load();
    match [40, 576, 1400].get(at) {
        Some(&len) => streams(openssl, len),
        None => schedules(openssl),
    }
}

fn streams(openssl: Option<OpenSsl>, len: u32) -> Table<'static> {
    let mut table = Table::new(format!("RC4, key stream, {len} octets at a time"), "octet");
    if let Some(openssl) = openssl {
        let (mut key, mut data) = (Rc4Key::default(), octets(len));
        openssl.set_key(&mut key, &KEY);
        table.row(OPENSSL, len, move || {
            openssl.rc4(&mut key, black_box(&mut data));
        });
    }
    {
        let (mut cipher, mut data) = (rustcrypto::cipher(&KEY), octets(len));
        table.row(RUSTCRYPTO, len, move || {
            cipher.apply_keystream(black_box(&mut data));
        });
    }
    let (mut cipher, mut data) = (Rc4::with_16_octets(&KEY), octets(len));
    table.row("ours, 258 octets", len, move || {
        cipher.apply_keystream(black_box(&mut data));
    });
    let (mut cipher, mut data) = (WideRc4::with_16_octets(&KEY), octets(len));
    table.row("ours", len, move || {
        cipher.apply_keystream(black_box(&mut data));
    });
    table.goals(OPENSSL, &[Goal::at_least(1.0)]);
    table.goals(RUSTCRYPTO, &[Goal::at_least(1.85)]);
    several::<4>(&mut table, len);
    several::<6>(&mut table, len);
    table
}

fn several<const K: usize>(table: &mut Table<'_>, len: u32) {
    let mut ciphers = [(); K].map(|()| WideRc4::with_16_octets(&KEY));
    let mut data = [(); K].map(|()| octets(len));
    let units = len * K as u32;
    table.row(format!("ours, {K} side by side"), units, move || {
        let data = data.each_mut().map(Vec::as_mut_slice);
        WideRc4::apply_keystreams(&mut ciphers, black_box(data));
    });
}

fn schedules(openssl: Option<OpenSsl>) -> Table<'static> {
    let mut table = Table::new("RC4, key schedule of 16 octets", "key");
    if let Some(openssl) = openssl {
        let mut key = Rc4Key::default();
        table.row(OPENSSL, 1, move || {
            openssl.set_key(black_box(&mut key), &KEY);
        });
    }
    table.row(RUSTCRYPTO, 1, || {
        black_box(rustcrypto::cipher(black_box(&KEY)));
    });
    table.row("ours, 258 octets", 1, || {
        black_box(Rc4::with_16_octets(black_box(&KEY)));
    });
    table.row("ours", 1, || {
        black_box(WideRc4::with_16_octets(black_box(&KEY)));
    });
    table.goals(OPENSSL, &[Goal::at_least(1.8)]);
    several_keys::<2>(&mut table);
    several_keys::<4>(&mut table);
    table.goals(OPENSSL, &[Goal::at_least(3.3), Goal::reach_for(3.9)]);
    several_keys::<6>(&mut table);
    several_keys::<8>(&mut table);
    table
}

fn several_keys<const K: usize>(table: &mut Table<'_>) {
    table.row(format!("ours, {K} side by side"), K as u32, || {
        black_box(WideRc4::with_16_octets_each(black_box(&[KEY; K])));
    });
}

fn octets(len: u32) -> Vec<u8> {
    vec![0; len as usize]
}
