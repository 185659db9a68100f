//! MPPE alone: what a packet costs to encrypt, one at a time and several at once, beside the same over OpenSSL and
//! RustCrypto; and what a lost packet costs its receiver.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pptp_benches::openssl::{self, OpenSsl};
use pptp_benches::{SIZES, packet, rustcrypto};
use pptp_mppe::stateless::{self, EncryptJob, encrypt_jobs};
use pptp_mppe::{Count, Decryptor, Encryptor, Mode, StartKey, Strength};
use std::hint::black_box;

const START: [u8; 16] = [7; 16];

fn encrypt(criterion: &mut Criterion) {
    let start = StartKey::from_bytes(START);
    for mode in [Mode::Stateless, Mode::Stateful] {
        let mut group = criterion.benchmark_group(format!("encrypt, {mode:?}"));
        for size in SIZES {
            let mut encryptor = Encryptor::new(&start, Strength::Bits128, mode);
            let mut packet = packet(size);
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(size.to_string(), |bencher| {
                bencher.iter(|| encryptor.encrypt_in_place(black_box(&mut packet)));
            });
        }
        group.finish();
    }
}

fn side_by_side(criterion: &mut Criterion) {
    let start = StartKey::from_bytes(START);
    let openssl = OpenSsl::load();
    for size in [40, 576, 1400] {
        let mut group = criterion.benchmark_group(format!("stateless MPPE-128, {size} octets"));
        let mut data = packet(size);
        group.throughput(Throughput::Elements(1));
        let mut encryptor = stateless::Encryptor::new(&start, Strength::Bits128);
        group.bench_function("ours, one", |bencher| {
            bencher.iter(|| encryptor.encrypt_in_place(black_box(&mut data)));
        });
        if let Some(openssl) = openssl {
            let mut mppe = openssl::Mppe::new(openssl, START);
            group.bench_function("OpenSSL", |bencher| {
                bencher.iter(|| mppe.encrypt(black_box(&mut data)));
            });
        }
        let mut mppe = rustcrypto::Mppe::new(START);
        group.bench_function("RustCrypto", |bencher| {
            bencher.iter(|| mppe.encrypt(black_box(&mut data)));
        });
        for count in [2, 4, 6, 8, 24] {
            let mut data = vec![packet(size); count];
            group.throughput(Throughput::Elements(count as u64));
            let mut encryptor = stateless::Encryptor::new(&start, Strength::Bits128);
            group.bench_function(format!("ours, batch of {count}"), |bencher| {
                bencher.iter(|| encryptor.encrypt_batch(black_box(&mut data)));
            });
            let mut sessions = vec![stateless::Encryptor::new(&start, Strength::Bits128); count];
            group.bench_function(format!("ours, {count} sessions"), |bencher| {
                bencher.iter(|| {
                    let pairs = sessions.iter_mut().zip(&mut data);
                    let mut jobs: Vec<_> = pairs
                        .map(|(session, data)| EncryptJob::new(session, data))
                        .collect();
                    encrypt_jobs(black_box(&mut jobs));
                });
            });
        }
        group.finish();
    }
}

fn jump(criterion: &mut Criterion) {
    let decryptor = Decryptor::new(
        &StartKey::from_bytes(START),
        Strength::Bits128,
        Mode::Stateless,
    );
    let mut group = criterion.benchmark_group("decrypt after a loss, stateless");
    for lost in [0_u16, 1, 100, 1000] {
        group.bench_function(format!("{lost} lost"), |bencher| {
            let mut decryptor = decryptor.clone();
            let mut packet = packet(40);
            bencher.iter(|| {
                let trial = decryptor.decrypt(Count::new(lost), true, black_box(&mut packet));
                // Never committed, so that each round jumps as far.
                trial.map(|trial| trial.missing())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, encrypt, side_by_side, jump);
criterion_main!(benches);
