//! `pptp_mppe`.

use crate::{any, bytes, printed, some, some_times, used};
use pptp_mppe::rc4::Rc4;
use pptp_mppe::{
    Count, Decryptor, Encryptor, MasterKey, Mode, ResetRule, SessionKey, Side, StartKey, Strength,
    stateful, stateless,
};

pub(super) fn keys() {
    let master = MasterKey::from_ms_chap_v2(any(&[0; 16]), any(&[0; 24]));
    used(master == MasterKey::from_bytes(any([0; 16])));
    let keys = master.start_keys(any(Side::Client));
    used(keys.send == keys.receive);
    used(keys);
    used(MasterKey::from_bytes(any([0; 16])).start_keys(any(Side::Server)));
    used(StartKey::from_key_material(bytes(), any(Strength::Bits40)));
    used(StartKey::from_lm_password_hash(any(&[0; 16])));
    let start = StartKey::from_ms_chap_v1(any(&[0; 16]), any(&[0; 8]));
    let mut session = SessionKey::new(&start, any(Strength::Bits56));
    session.change();
    used((session.as_bytes(), session.strength()));
    used(session.cipher());
    used(any(Strength::Bits40).key_len());

    let count = Count::new(any(1));
    printed(count);
    let later = any(Count::FIRST);
    used((
        count.next(),
        count.since(later),
        count.flag(),
        count.is_flag(),
    ));
    used((count.get(), count.flags_since(later)));
    used(pptp_mppe::is_encryptable(any(0x21)));
}

pub(super) fn cipher() {
    let mut buffer = [0; 256];
    let mut cipher = Rc4::new(bytes());
    cipher.apply_keystream(some(&mut buffer));
    cipher.apply_keystream_to(bytes(), some(&mut buffer));
    let same = cipher == Rc4::with_16_octets(any(&[0; 16]));
    used((same, cipher));
}

/// What both modes have in common.
macro_rules! encrypt {
    ($encryptor:expr, $out:expr) => {{
        let encryptor = &mut $encryptor;
        match encryptor.encrypt(bytes(), bytes(), some($out)) {
            Ok(sealed) => used(sealed),
            Err(error) => printed(error),
        }
        used(encryptor.encrypt_in_place(some($out)));
        encryptor.flush();
        used((encryptor.packets(), encryptor.resets()));
    }};
}

macro_rules! decrypt {
    ($decryptor:expr, $trial:expr) => {{
        match $trial {
            Ok(mut trial) => {
                used((trial.plaintext(), trial.missing()));
                for _ in some_times() {
                    used(trial.retry());
                }
                if any(true) {
                    used(trial.commit());
                } else {
                    used(trial.abort());
                }
            }
            Err(error) => printed(error),
        }
        used(($decryptor.expected(), $decryptor.packets()));
    }};
}

pub(super) fn both_modes() {
    let start = StartKey::from_bytes(any([0; 16]));
    let mut buffer = [0; 256];
    let mut encryptor = Encryptor::new(&start, any(Strength::Bits128), any(Mode::Stateless));
    let mut decryptor = Decryptor::new(&start, any(Strength::Bits128), any(Mode::Stateful));
    for _ in some_times() {
        encrypt!(encryptor, &mut buffer);
        decrypt!(
            decryptor,
            decryptor.decrypt(any(Count::FIRST), any(false), some(&mut buffer))
        );
        used((encryptor.mode(), decryptor.mode()));
    }
}

pub(super) fn each_mode() {
    let start = StartKey::from_bytes(any([0; 16]));
    let mut buffer = [0; 256];
    let mut encryptor = stateless::Encryptor::new(&start, any(Strength::Bits128));
    let mut decryptor =
        stateless::Decryptor::new(&start, any(Strength::Bits128)).with_max_jump(any(9));
    for _ in some_times() {
        encrypt!(encryptor, &mut buffer);
        decrypt!(
            decryptor,
            decryptor.decrypt(any(Count::FIRST), some(&mut buffer))
        );
    }
    let mut encryptor = stateful::Encryptor::new(&start, any(Strength::Bits128))
        .with_reset_rule(any(ResetRule::NextFlag));
    let mut decryptor = stateful::Decryptor::new(&start, any(Strength::Bits128));
    for _ in some_times() {
        encrypt!(encryptor, &mut buffer);
        decrypt!(
            decryptor,
            decryptor.decrypt(any(Count::FIRST), any(true), some(&mut buffer))
        );
        used(decryptor.peer_rule());
    }
}
