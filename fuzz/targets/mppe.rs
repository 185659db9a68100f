//! Two ends of MPPE and an attacker between them: packets in order are always understood, and whatever else comes
//! changes nothing unless it is committed. Of packets that are skipped the last one comes late, and is understood once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_mppe::stateful::{self, ResetRule};
use pptp_mppe::stateless::Skipped;
use pptp_mppe::{Count, Decryptor, Encryptor, Mode, Packet, Sealed, StartKey, Strength, Trial};

/// Marks a packet of the sender's: long enough that garbage does not have it.
const MARK: &[u8] = b"\x00\x21\x45 from the sender";

/// What stands before a packet, if that is its fate.
fn number(fate: u8, sealed: Sealed) -> Sealed {
    match fate & 3 {
        2 => Sealed {
            count: Count::new(u16::from(fate) << 2),
            flushed: fate & 4 != 0,
        },
        _ => sealed,
    }
}

/// Takes a packet if it is one of the sender's.
fn judge(mut trial: Trial<'_, '_>) -> Option<Vec<u8>> {
    while !trial.plaintext().starts_with(MARK) {
        if !trial.retry() {
            return None;
        }
    }
    Some(trial.commit().to_vec())
}

fuzz_target!(|script: &[u8]| {
    let Some((setup, mut script)) = script.split_first() else {
        return;
    };
    let strength = match setup & 3 {
        0 => Strength::Bits40,
        1 => Strength::Bits56,
        _ => Strength::Bits128,
    };
    let start = StartKey::from_bytes([*setup; 16]);
    let mode = match setup & 4 {
        0 => Mode::Stateless,
        _ => Mode::Stateful,
    };
    let mut encryptor: Encryptor = match (mode, setup >> 3 & 3) {
        (Mode::Stateful, rule @ 1..) => {
            let rule = [ResetRule::SameKey, ResetRule::NewKey][usize::from(rule & 1)];
            Encryptor::Stateful(stateful::Encryptor::new(&start, strength).with_reset_rule(rule))
        }
        _ => Encryptor::new(&start, strength, mode),
    };
    let mut decryptor = Decryptor::new(&start, strength, mode);
    let mut skipped = Skipped::<16>::new();
    let mut flushed_and_lost = 0;

    for _ in 0..100 {
        let Some((operation, rest)) = script.split_first() else {
            return;
        };
        script = rest;
        match operation >> 6 {
            // Packets, of which the first so many are lost.
            0 | 1 => {
                let mut late = None;
                for _ in 0..operation & 0x7f {
                    let mut data = MARK.to_vec();
                    let lost = encryptor.encrypt_in_place(&mut data);
                    flushed_and_lost += u16::from(lost.flushed);
                    late = Some((lost.count, data));
                }
                let mut data = [MARK, script].concat();
                let sealed = encryptor.encrypt_in_place(&mut data);
                match decryptor.decrypt(sealed.count, sealed.flushed, &mut data) {
                    Ok(mut trial) => loop {
                        if trial.plaintext().starts_with(MARK) {
                            if let Trial::Stateless(trial) = &mut trial {
                                skipped.keep(trial);
                            }
                            assert_eq!(trial.commit(), [MARK, script].concat());
                            flushed_and_lost = 0;
                            break;
                        }
                        if !trial.retry() {
                            assert!(flushed_and_lost + 1 >= stateful::MAX_CANDIDATES);
                            return;
                        }
                    },
                    Err(_) if mode == Mode::Stateful && !sealed.flushed => {}
                    Err(error) => {
                        // Only after more losses than can be followed.
                        let _ = error.to_string();
                        assert!(sealed.count.since(decryptor.expected()) > 1000);
                        return;
                    }
                }
                if let (Some((count, mut data)), Decryptor::Stateless(decryptor)) =
                    (late, &decryptor)
                {
                    let ciphertext = data.clone();
                    let trial = skipped.decrypt(decryptor, count, &mut data);
                    trial.expect("its key is kept").abort();
                    assert_eq!(data, ciphertext);
                    let trial = skipped.decrypt(decryptor, count, &mut data);
                    assert_eq!(trial.expect("it still is").commit(), MARK);
                    assert!(skipped.decrypt(decryptor, count, &mut data).is_none());
                }
            }
            2 if operation & 0x3f == 0 => encryptor.flush(),
            // Packets at once, and what becomes of each: the same as of one after the other.
            2 => {
                let len = rest.len().min(usize::from(operation & 0x1f));
                let (fates, rest) = rest.split_at(len);
                script = rest;
                let mut alone = encryptor.clone();
                let mut sent: Vec<_> = fates.iter().map(|fate| [MARK, &[*fate]].concat()).collect();
                let mut singles = sent.clone();
                let seals: Vec<_> = encryptor.encrypt_batch(&mut sent).collect();
                let expected: Vec<_> = singles
                    .iter_mut()
                    .map(|data| alone.encrypt_in_place(data))
                    .collect();
                assert!(sent == singles && seals == expected && encryptor == alone);
                let coming = || {
                    fates
                        .iter()
                        .zip(&seals)
                        .zip(&sent)
                        .filter(|((fate, _), _)| *fate & 3 != 1)
                };
                let mut together: Vec<_> = coming().map(|(_, data)| data.clone()).collect();
                let mut copies = together.clone();
                let numbers: Vec<_> = coming()
                    .map(|((fate, sealed), _)| number(*fate, *sealed))
                    .collect();
                let mut decryptor_alone = decryptor.clone();
                let mut packets: Vec<_> = together
                    .iter_mut()
                    .zip(&numbers)
                    .map(|(data, sealed)| Packet {
                        count: sealed.count,
                        flushed: sealed.flushed,
                        data,
                    })
                    .collect();
                let mut batch = decryptor.decrypt_batch(&mut packets);
                for (copy, sealed) in copies.iter_mut().zip(&numbers) {
                    let one = decryptor_alone.decrypt(sealed.count, sealed.flushed, copy);
                    let other = batch.next().expect("as many as there are packets");
                    assert_eq!(one.map(judge), other.map(judge));
                }
                assert!(batch.next().is_none());
                drop(batch);
                assert!(together == copies && decryptor == decryptor_alone);
                // A packet with which a key stream starts is understood under other counts as well, and leads astray.
                if mode == Mode::Stateful && fates.iter().any(|fate| fate & 3 == 2) {
                    return;
                }
                // No more than these, whichever was taken.
                let flushed = seals.iter().filter(|sealed| sealed.flushed);
                let taken = together.iter().any(|data| data.starts_with(MARK));
                flushed_and_lost =
                    flushed.map(|_| 1).sum::<u16>() + if taken { 0 } else { flushed_and_lost };
            }
            // What an attacker sends.
            _ => {
                let Some((count, rest)) = script.split_first_chunk() else {
                    return;
                };
                script = rest;
                let (count, flushed) = (u16::from_be_bytes(*count), operation & 1 == 1);
                let before = decryptor.clone();
                let mut data = script.to_vec();
                let count = match operation & 2 {
                    0 => Count::new(count),
                    _ => decryptor.expected(),
                };
                if let Ok(mut trial) = decryptor.decrypt(count, flushed, &mut data) {
                    while trial.retry() {}
                    drop(trial);
                }
                if let Decryptor::Stateless(decryptor) = &decryptor
                    && let Some(trial) = skipped.decrypt(decryptor, count, &mut data)
                {
                    trial.abort();
                }
                assert_eq!(data, script);
                assert!(decryptor == before);
            }
        }
    }
});
