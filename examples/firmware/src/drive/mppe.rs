//! MPPE: keys, both modes of both directions, and the cipher.

use crate::{any, bytes, printed, used};
use pptp_mppe::rc4::Rc4;
use pptp_mppe::stateful::{self, ResetRule};
use pptp_mppe::{
    Count, Decryptor, Encryptor, MasterKey, Mode, SessionKey, Side, StartKey, Strength,
    is_encryptable, stateless,
};

pub(super) fn keys() {
    let master = MasterKey::from_ms_chap_v2(&any([1; 16]), &any([2; 24]));
    used(master == MasterKey::from_bytes(any([3; 16])));
    let keys = master.start_keys(any(Side::Client));
    used(keys.send == keys.receive);
    let strength = any(Strength::Bits56);
    used(StartKey::from_key_material(bytes(), strength));
    used(StartKey::from_lm_password_hash(&any([4; 16])));
    used(StartKey::from_ms_chap_v1(&any([5; 16]), &any([6; 8])));
    let mut key = SessionKey::new(&keys.send, strength);
    key.change();
    used(key.as_bytes());
    used(key.strength().key_len());
    used(key.cipher());
}

pub(super) fn rc4() {
    let mut cipher = Rc4::new(bytes());
    let mut output = [0; 300];
    if let Some(output) = output.get_mut(..any(200)) {
        cipher.apply_keystream_to(bytes(), output);
        cipher.apply_keystream(output);
        used(output);
    }
    used(cipher.clone() == cipher);
}

pub(super) fn packets() {
    let start = StartKey::from_bytes(any([7; 16]));
    let strength = any(Strength::Bits128);
    for mode in any([Mode::Stateless, Mode::Stateful]) {
        let mut encryptor = Encryptor::new(&start, strength, mode);
        encrypt(&mut encryptor);
        let mut decryptor = Decryptor::new(&start, strength, mode);
        decrypt(&mut decryptor);
        used((encryptor.packets(), encryptor.resets(), encryptor.mode()));
        used((decryptor.packets(), decryptor.expected(), decryptor.mode()));
    }
    let rule = any(ResetRule::NewKey);
    let inner = stateful::Encryptor::new(&start, strength).with_reset_rule(rule);
    encrypt(&mut Encryptor::Stateful(inner));
    let inner = stateless::Decryptor::new(&start, strength).with_max_jump(any(9));
    decrypt(&mut Decryptor::Stateless(inner));
    used(stateful::Decryptor::new(&start, strength).peer_rule());

    let count = any(Count::FIRST);
    printed(count);
    used((
        count.next(),
        count.flag(),
        count.is_flag(),
        u16::from(count),
    ));
    used((count.since(any(count)), count.flags_since(any(count))));
    used(is_encryptable(any(0x21)));
}

fn encrypt(encryptor: &mut Encryptor) {
    let mut output = [0; 300];
    let Some(output) = output.get_mut(..any(200)) else {
        return;
    };
    encryptor.flush();
    match encryptor.encrypt(bytes(), bytes(), output) {
        Ok(sealed) => used((sealed.count, sealed.flushed)),
        Err(error) => printed(error),
    }
    used(encryptor.encrypt_in_place(output));
    used(output);
}

fn decrypt(decryptor: &mut Decryptor) {
    let mut data = [0; 300];
    let Some(data) = data.get_mut(..any(200)) else {
        return;
    };
    for flushed in any([true, false]) {
        match decryptor.decrypt(Count::new(any(8)), flushed, data) {
            Ok(mut trial) => {
                used((trial.plaintext(), trial.missing()));
                used(trial.retry());
                if any(true) {
                    used(trial.commit());
                } else {
                    used(trial.abort());
                }
            }
            Err(error) => printed(error),
        }
    }
}
