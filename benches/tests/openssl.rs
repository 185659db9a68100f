//! RC4 and stateless MPPE are the same as over OpenSSL and RustCrypto.

use pptp_benches::openssl::{self, OpenSsl, Rc4Key};
use pptp_benches::rustcrypto;
use pptp_mppe::rc4::Rc4;
use pptp_mppe::stateless::Encryptor;
use pptp_mppe::{StartKey, Strength};

/// Keys that have little in common, and lengths up to 3000.
fn cases() -> impl Iterator<Item = ([u8; 16], usize)> {
    let mut number = 1_u64;
    let mut next = move || {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        number ^ (number >> 29)
    };
    (0..300).map(move |_| {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&next().to_le_bytes());
        key[8..].copy_from_slice(&next().to_le_bytes());
        (key, (next() % 3001) as usize)
    })
}

#[test]
fn rc4_is_openssls() {
    let Some(openssl) = OpenSsl::load() else {
        return;
    };
    for (key, len) in cases() {
        let mut cipher = Rc4::with_16_octets(&key);
        let mut peer = Rc4Key::default();
        openssl.set_key(&mut peer, &key);
        for len in [len, len / 3] {
            let (mut ours, mut theirs) = (vec![0x5a; len], vec![0x5a; len]);
            cipher.apply_keystream(&mut ours);
            openssl.rc4(&mut peer, &mut theirs);
            assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn rc4_side_by_side_is_openssls() {
    let Some(openssl) = OpenSsl::load() else {
        return;
    };
    let cases: Vec<_> = cases().collect();
    for six in cases.as_chunks::<6>().0 {
        let mut ciphers = Rc4::with_16_octets_each(&six.map(|(key, _)| key));
        let mut ours = six.map(|(_, len)| vec![0x5a; len]);
        Rc4::apply_keystreams(&mut ciphers, ours.each_mut().map(Vec::as_mut_slice));
        for ((key, len), ours) in six.iter().zip(ours) {
            let (mut peer, mut theirs) = (Rc4Key::default(), vec![0x5a; *len]);
            openssl.set_key(&mut peer, key);
            openssl.rc4(&mut peer, &mut theirs);
            assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn stateless_mppe_is_that_of_others() {
    let start = *b"sixteen octets !";
    let mut ours = Encryptor::new(&StartKey::from_bytes(start), Strength::Bits128);
    let mut openssl = OpenSsl::load().map(|openssl| openssl::Mppe::new(openssl, start));
    let mut rustcrypto = rustcrypto::Mppe::new(start);
    for (_, len) in cases() {
        let packet = vec![0x5a; len];
        let (mut a, mut b) = (packet.clone(), packet.clone());
        ours.encrypt_in_place(&mut a);
        rustcrypto.encrypt(&mut b);
        assert_eq!(a, b);
        if let Some(openssl) = &mut openssl {
            let mut c = packet;
            openssl.encrypt(&mut c);
            assert_eq!(a, c);
        }
    }
}
