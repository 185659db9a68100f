//! `pptp_mppe`.

use crate::{any, bytes, printed, some, some_of, some_times, used};
use pptp_mppe::rc4::Rc4;
use pptp_mppe::stateless::{DecryptJob, EncryptJob, Skipped, decrypt_jobs, encrypt_jobs};
use pptp_mppe::{
    Count, Decryptor, Encryptor, LinkKeys, MasterKey, Mode, Packet, ResetRule, SessionKey, Side,
    StartKey, Strength, side_by_side, stateful, stateless,
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
    let narrow = Some(StartKey::from_lm_password_hash(any(&[1; 16])));
    for keys in [
        LinkKeys::from(master.start_keys(any(Side::Server))),
        LinkKeys::same(any(None), narrow),
    ] {
        let strength = any(Strength::Bits40);
        used(keys.serves(strength));
        used((keys.send(strength), keys.receive(strength)));
    }
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
    let mut ciphers = Rc4::with_16_octets_each(any(&[[0; 16]; 3]));
    let mut buffers = [[0; 40]; 3];
    Rc4::apply_keystreams(&mut ciphers, buffers.each_mut().map(|data| some(data)));
    used(ciphers);
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
        let mut buffers = [[0; 40]; 9];
        let mut batch = buffers.each_mut().map(|data| some(data));
        encryptor.encrypt_batch(some_of(&mut batch)).for_each(used);
        used((encryptor.packets(), encryptor.resets()));
    }};
}

macro_rules! decrypt {
    ($decryptor:expr, $trial:expr) => {{
        judge!($trial);
        let mut buffers = [[0; 40]; 9];
        let mut packets = packets(&mut buffers);
        let mut batch = $decryptor.decrypt_batch(some_of(&mut packets));
        used(batch.left());
        while let Some(trial) = batch.next() {
            judge!(trial);
            if any(false) {
                break;
            }
        }
        drop(batch);
        used(($decryptor.expected(), $decryptor.packets()));
    }};
}

fn packets<const N: usize>(buffers: &mut [[u8; 40]; N]) -> [Packet<'_>; N] {
    buffers.each_mut().map(|data| Packet {
        count: any(Count::FIRST),
        flushed: any(true),
        data: some(data),
    })
}

macro_rules! judge {
    ($trial:expr) => {{
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
    }};
}

pub(super) fn both_modes() {
    let start = StartKey::from_bytes(any([0; 16]));
    let mut buffer = [0; 256];
    let encryptor = Encryptor::new(&start, any(Strength::Bits128), any(Mode::Stateless));
    let decryptor = Decryptor::new(&start, any(Strength::Bits128), any(Mode::Stateful));
    let mut encryptor = encryptor.with_prepared::<2>();
    let mut decryptor = decryptor.with_prepared::<2>();
    for _ in some_times() {
        encrypt!(encryptor, &mut buffer);
        decrypt!(
            decryptor,
            decryptor.decrypt(any(Count::FIRST), any(false), some(&mut buffer))
        );
        used((encryptor.mode(), decryptor.mode()));
        used((encryptor.prepare(), decryptor.prepare()));
        let mut buffers = [[0; 40]; 7];
        let mut packets = packets(&mut buffers);
        let early = decryptor.decrypt_early(some_of(&mut packets));
        for (packet, early) in packets.into_iter().zip(early) {
            match early {
                Some(early) if any(true) => {
                    judge!(decryptor.decrypt_late(early, any(packet.count), any(true), packet.data))
                }
                Some(early) => early.undo(packet.data),
                None => {}
            }
        }
    }
}

pub(super) fn each_mode() {
    let start = StartKey::from_bytes(any([0; 16]));
    let mut buffer = [0; 256];
    let mut encryptor = stateless::Encryptor::new(&start, any(Strength::Bits128));
    let mut decryptor =
        stateless::Decryptor::new(&start, any(Strength::Bits128)).with_max_jump(any(9));
    let mut skipped = Skipped::<4>::new();
    for _ in some_times() {
        encrypt!(encryptor, &mut buffer);
        decrypt!(
            decryptor,
            decryptor.decrypt(any(Count::FIRST), some(&mut buffer))
        );
        late(&mut decryptor, &mut skipped, some(&mut buffer));
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

/// With keys of packets that others have overtaken.
fn late(decryptor: &mut stateless::Decryptor, skipped: &mut Skipped<4>, data: &mut [u8]) {
    let count = any(Count::FIRST);
    used(decryptor.is_behind(count));
    if let Ok(mut trial) = decryptor.decrypt(count, data) {
        skipped.keep(&mut trial);
        used(trial.commit());
    }
    if let Some(trial) = skipped.decrypt(decryptor, any(count), data) {
        used(trial.plaintext());
        if any(true) {
            used(trial.commit());
        } else {
            used(trial.abort());
        }
    }
    if any(true) {
        skipped.age();
    } else {
        skipped.clear();
    }
    used((skipped.len(), skipped.is_empty()));
}

pub(super) fn several_sessions() {
    let start = StartKey::from_bytes(any([0; 16]));
    let encryptor = stateless::Encryptor::new(&start, any(Strength::Bits128));
    let mut encryptors = [(); 7].map(|()| encryptor.clone().with_prepared::<1>());
    let decryptor = stateless::Decryptor::new(&start, any(Strength::Bits128));
    let mut decryptors = [(); 7].map(|()| decryptor.clone().with_kept_keys::<4>());
    let mut buffers = [[0; 40]; 7];
    for _ in some_times() {
        let mut rest = buffers.iter_mut();
        let mut jobs = encryptors.each_mut().map(|encryptor| {
            used(any(true) && encryptor.prepare());
            EncryptJob::new(encryptor, rest.next().map_or(&mut [], |data| some(data)))
        });
        encrypt_jobs(some_of(&mut jobs));
        for job in &jobs {
            used(job.sealed());
        }
        let mut rest = buffers.iter_mut();
        let mut jobs = decryptors.each_mut().map(|decryptor| {
            let data = rest.next().map_or(&mut [][..], |data| some(data));
            DecryptJob::new(decryptor, any(Count::FIRST), data)
        });
        decrypt_jobs(some_of(&mut jobs));
        for job in &mut jobs {
            judge!(job.trial());
        }
        decrypt_jobs(some_of(&mut jobs));
        let early = jobs.map(DecryptJob::into_early);
        for (early, data) in early.into_iter().zip(&mut buffers) {
            if let Some(early) = early {
                early.undo(some(data));
            }
        }
    }
    used(side_by_side(any(9)));
}
