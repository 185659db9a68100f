//! Framing on lines: packets of 1400 octets to the line and back, and check sequences by themselves.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pptp_benches::corpus;
use pptp_core::ppp::Instant;
use pptp_core::ppp::hdlc::{
    Decoder, Encoder, Fcs, Fcs16, Fcs32, FcsAlternatives, SendAccm, max_encoded_len,
};
use std::hint::black_box;

/// How long a packet is, in octets.
const LEN: usize = 1400;

/// The maps that links mostly agree on, and what they begin with.
const MAPS: [(&str, u32); 2] = [("no control characters", 0), ("all of them", u32::MAX)];

fn packets() -> [(&'static str, Vec<u8>); 2] {
    let random = corpus::incompressible().packets.concat();
    let kinds = corpus::compressible();
    let text = kinds.into_iter().find(|flow| flow.name == "text");
    let text = text.expect("there is text").packets.concat();
    [("random", random), ("text", text)].map(|(name, octets)| {
        let packet = [b"\xff\x03\x00\x21", &octets[..LEN]].concat();
        (name, packet)
    })
}

fn frames(criterion: &mut Criterion) {
    for (kind, packet) in packets() {
        for (map_name, map) in MAPS {
            let mut group = criterion.benchmark_group(format!("HDLC, {kind}, {map_name}"));
            group.throughput(Throughput::Bytes(packet.len() as u64));
            for (fcs_name, fcs, alternatives) in [
                ("16 bits", Fcs::Bits16, FcsAlternatives::BITS_16),
                ("32 bits", Fcs::Bits32, FcsAlternatives::BITS_32),
                ("no check sequence", Fcs::Null, FcsAlternatives::NULL),
            ] {
                let mut encoder = Encoder::new();
                encoder.set_accm(SendAccm::new(map));
                encoder.set_fcs(fcs);
                let mut out = vec![0; max_encoded_len(packet.len())];
                let line = encoder.encode(Instant::ZERO, &packet, &mut out);
                let line = line.expect("there is room").to_vec();
                group.bench_function(format!("encode, {fcs_name}"), |bencher| {
                    bencher.iter(|| {
                        let line = encoder.encode(Instant::ZERO, black_box(&packet), &mut out);
                        black_box(line).is_ok()
                    });
                });
                let mut decoder = Decoder::<1508>::new();
                decoder.set_accm(map);
                decoder.set_fcs(alternatives);
                group.bench_function(format!("decode, {fcs_name}"), |bencher| {
                    bencher.iter(|| {
                        let mut rest = black_box(&line[..]);
                        while let Some(frame) = decoder.next_frame(&mut rest) {
                            black_box(frame).expect("it is good");
                        }
                    });
                });
            }
            group.finish();
        }
    }
}

fn check_sequences(criterion: &mut Criterion) {
    let [(_, packet), _] = packets();
    let mut group = criterion.benchmark_group("check sequences, 1404 octets");
    group.throughput(Throughput::Bytes(packet.len() as u64));
    group.bench_function("16 bits", |bencher| {
        bencher.iter(|| {
            let mut fcs = Fcs16::new();
            fcs.update(black_box(&packet));
            fcs.octets()
        });
    });
    group.bench_function("32 bits", |bencher| {
        bencher.iter(|| {
            let mut fcs = Fcs32::new();
            fcs.update(black_box(&packet));
            fcs.octets()
        });
    });
    group.finish();
}

criterion_group!(benches, frames, check_sequences);
criterion_main!(benches);
