//! Stateless MPPE with keys of 128 bits.

use pptp_benches::goal::Goal;
use pptp_benches::openssl::{self, OpenSsl};
use pptp_benches::table::Table;
use pptp_benches::{SIZES, rustcrypto};
use pptp_mppe::stateless::{Decryptor, EncryptJob, Encryptor, encrypt_jobs};
use pptp_mppe::{Count, Packet, StartKey, Strength};
use std::hint::black_box;
use std::time::Instant;

const START: [u8; 16] = *b"0123456789abcdef";

/// What the others are compared with.
const PEER: &str = "OpenSSL, RC4 and SHA1_Transform";
const LINUX: &str = "OpenSSL, as Linux goes over them";

/// Goals at 40, 576 and 1400 octets.
type Goals = [&'static [Goal]; 3];

const NONE: Goals = [&[]; 3];
const ONE: Goals = [
    &[Goal::at_least(1.55)],
    &[],
    &[Goal::at_least(1.2), Goal::reach_for(1.35)],
];
const ONE_SESSION: Goals = [
    &[Goal::at_least(2.0)],
    &[],
    &[Goal::at_least(1.6), Goal::reach_for(1.9)],
];
const SESSIONS: Goals = [
    &[Goal::at_least(2.7)],
    &[],
    &[Goal::at_least(1.75), Goal::reach_for(2.0)],
];
const PREPARED: Goals = [&[Goal::at_least(20.0)], &[], &[]];

/// How many tables there are.
pub(crate) const TABLES: usize = 4;

/// One of them.
pub(crate) fn table(at: usize) -> Table<'static> {
    let openssl = OpenSsl::load();
    match SIZES.get(at) {
        Some(&len) => packets(openssl, len, at),
        None => jumps(openssl),
    }
}

fn session(key: u8) -> Encryptor {
    let mut start = START;
    start[0] ^= key;
    Encryptor::new(&StartKey::from_bytes(start), Strength::Bits128)
}

fn packets(openssl: Option<OpenSsl>, len: usize, at: usize) -> Table<'static> {
    let mut table = Table::new(format!("stateless MPPE-128, {len} octets"), "packet");
    let mut row = |goals: Goals, name: String, units: usize, run: Box<dyn FnMut()>| {
        table.row(name, units as u32, run);
        table.goals(PEER, goals[at]);
    };
    if let Some(openssl) = openssl {
        let (mut mppe, mut data) = (openssl::Mppe::new(openssl, START), vec![0; len]);
        let run = Box::new(move || mppe.encrypt(black_box(&mut data)));
        row(NONE, PEER.into(), 1, run);
    }
    let (mut mppe, mut data) = (rustcrypto::Mppe::new(START), vec![0; len]);
    let run = Box::new(move || mppe.encrypt(black_box(&mut data)));
    row(NONE, "RustCrypto, rc4 and sha1".into(), 1, run);

    let (mut encryptor, mut data) = (session(0), vec![0; len]);
    let run = Box::new(move || {
        encryptor.encrypt_in_place(black_box(&mut data));
    });
    row(ONE, "ours, one at a time".into(), 1, run);

    for (count, goals) in [
        (2, NONE),
        (4, NONE),
        (6, ONE_SESSION),
        (8, ONE_SESSION),
        (24, ONE_SESSION),
    ] {
        let (mut encryptor, mut data) = (session(0), vec![vec![0; len]; count]);
        let run = Box::new(move || {
            let _ = encryptor.encrypt_batch(black_box(&mut data));
        });
        let name = format!("ours, encrypt_batch of {count}, one session");
        row(goals, name, count, run);
    }
    for (count, goals) in [(6, ONE_SESSION), (24, ONE_SESSION)] {
        let (mut encryptor, mut data) = (session(0), vec![vec![0; len]; count]);
        let mut decryptor = Decryptor::new(&StartKey::from_bytes(START), Strength::Bits128);
        let mut next = Count::FIRST;
        let _ = encryptor.encrypt_batch(&mut data);
        let run = Box::new(move || {
            let mut packets: Vec<_> = data
                .iter_mut()
                .map(|data| {
                    let count = next;
                    next = next.next();
                    Packet {
                        count,
                        flushed: true,
                        data,
                    }
                })
                .collect();
            let mut batch = decryptor.decrypt_batch(&mut packets);
            while let Some(trial) = batch.next() {
                black_box(trial.expect("a count in order").commit());
            }
        });
        let name = format!("ours, decrypt_batch of {count}, one session");
        row(goals, name, count, run);
    }
    for (count, goals) in [
        (2, NONE),
        (4, NONE),
        (6, SESSIONS),
        (8, SESSIONS),
        (24, SESSIONS),
    ] {
        let mut sessions: Vec<_> = (0..count).map(|key| session(key as u8)).collect();
        let mut data = vec![vec![0; len]; count];
        let run = Box::new(move || {
            let pairs = sessions.iter_mut().zip(&mut data);
            let mut jobs: Vec<_> = pairs
                .map(|(session, data)| EncryptJob::new(session, data))
                .collect();
            encrypt_jobs(black_box(&mut jobs));
        });
        let name = format!("ours, jobs of {count} sessions");
        row(goals, name, count, run);
    }
    prepared(&mut table, len, at);
    table
}

/// Only the critical path: what `prepare` takes is not counted.
fn prepared(table: &mut Table<'_>, len: usize, at: usize) {
    const READY: u32 = 32;
    let (mut encryptor, mut data) = (session(0).with_prepared::<32>(), vec![0; len]);
    table.timed_row("ours, key prepared ahead", READY, move || {
        while encryptor.prepare() {}
        let start = Instant::now();
        for _ in 0..READY {
            encryptor.encrypt_in_place(black_box(&mut data));
        }
        start.elapsed()
    });
    table.goals(PEER, PREPARED[at]);
}

fn jumps(openssl: Option<OpenSsl>) -> Table<'static> {
    const LOST: u16 = 60;
    let mut table = Table::new("stateless MPPE-128, lost packets", "lost packet");
    if let Some(openssl) = openssl {
        let mut mppe = openssl::Mppe::new(openssl, START);
        table.row(LINUX, LOST.into(), move || {
            for _ in 0..LOST {
                mppe.encrypt(black_box(&mut []));
            }
        });
    }
    let start = StartKey::from_bytes(START);
    let decryptor = Decryptor::new(&start, Strength::Bits128).with_kept_keys::<0>();
    let mut decryptor = decryptor.clone();
    table.row("ours", LOST.into(), move || {
        let jump = decryptor.expected().plus(LOST - 1);
        let trial = decryptor.decrypt(jump, black_box(&mut []));
        trial.expect("no more than allowed").commit();
    });
    table.goals(LINUX, &[Goal::at_least(2.8)]);
    table.note("3 times as fast as Linux is 2.8 times as fast as OpenSSL: its own code takes a fourteenth more");
    table
}
