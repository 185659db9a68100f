//! MPPE alone: what a packet costs to encrypt, and what a lost packet costs its receiver.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pptp_benches::{SIZES, packet};
use pptp_mppe::{Count, Decryptor, Encryptor, Mode, StartKey, Strength};
use std::hint::black_box;

fn encrypt(criterion: &mut Criterion) {
    let start = StartKey::from_bytes([7; 16]);
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

fn jump(criterion: &mut Criterion) {
    let decryptor = Decryptor::new(
        &StartKey::from_bytes([7; 16]),
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

criterion_group!(benches, encrypt, jump);
criterion_main!(benches);
