//! RC4: ours, one key stream and several side by side, OpenSSL's and RustCrypto's.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use pptp_benches::openssl::{OpenSsl, Rc4Key};
use pptp_benches::rustcrypto;
use pptp_mppe::rc4::WideRc4;
use rc4::StreamCipher;
use std::hint::black_box;

const KEY: [u8; 16] = *b"0123456789abcdef";

fn streams(criterion: &mut Criterion) {
    let openssl = OpenSsl::load();
    for len in [40, 576, 1400] {
        let mut group = criterion.benchmark_group(format!("RC4 key stream, {len} octets"));
        group.throughput(Throughput::Bytes(len as u64));
        let mut data = vec![0; len];
        let mut cipher = WideRc4::with_16_octets(&KEY);
        group.bench_function("ours", |bencher| {
            bencher.iter(|| cipher.apply_keystream(black_box(&mut data)));
        });
        let mut cipher = rustcrypto::cipher(&KEY);
        group.bench_function("RustCrypto", |bencher| {
            bencher.iter(|| cipher.apply_keystream(black_box(&mut data)));
        });
        if let Some(openssl) = openssl {
            let mut key = Rc4Key::default();
            openssl.set_key(&mut key, &KEY);
            group.bench_function("OpenSSL", |bencher| {
                bencher.iter(|| openssl.rc4(&mut key, black_box(&mut data)));
            });
        }
        side_by_side::<4>(&mut group, len);
        side_by_side::<6>(&mut group, len);
        group.finish();
    }
}

fn side_by_side<const K: usize>(group: &mut BenchmarkGroup<'_, WallTime>, len: usize) {
    let mut ciphers = [(); K].map(|()| WideRc4::with_16_octets(&KEY));
    let mut data = [(); K].map(|()| vec![0; len]);
    group.throughput(Throughput::Bytes((len * K) as u64));
    group.bench_function(format!("ours, {K} side by side"), |bencher| {
        bencher.iter(|| {
            let data = data.each_mut().map(Vec::as_mut_slice);
            WideRc4::apply_keystreams(&mut ciphers, black_box(data));
        });
    });
}

fn schedules(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("RC4 key schedule");
    group.throughput(Throughput::Elements(1));
    group.bench_function("ours", |bencher| {
        bencher.iter(|| WideRc4::with_16_octets(black_box(&KEY)));
    });
    group.bench_function("RustCrypto", |bencher| {
        bencher.iter(|| rustcrypto::cipher(black_box(&KEY)));
    });
    if let Some(openssl) = OpenSsl::load() {
        let mut key = Rc4Key::default();
        group.bench_function("OpenSSL", |bencher| {
            bencher.iter(|| openssl.set_key(black_box(&mut key), &KEY));
        });
    }
    group.throughput(Throughput::Elements(4));
    group.bench_function("ours, 4 side by side", |bencher| {
        bencher.iter(|| WideRc4::with_16_octets_each(black_box(&[KEY; 4])));
    });
    group.finish();
}

criterion_group!(benches, streams, schedules);
criterion_main!(benches);
