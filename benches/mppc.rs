//! MPPC beside FreeRDP's, lz4 and zlib: packets of 1400 octets in and out. Ratios are in the tables of `compare`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pptp_benches::compressors::{Libraries, frames};
use pptp_benches::corpus::{self, Flow};
use std::hint::black_box;

/// How many packets of a flow are one turn.
const PACKETS: usize = 50;

fn flows() -> impl Iterator<Item = Flow> {
    let kinds = ["text", "html", "elf"];
    corpus::compressible()
        .into_iter()
        .filter(move |flow| kinds.contains(&flow.name))
        .chain([corpus::incompressible()])
        .map(|flow| flow.start(PACKETS))
}

fn octets(flow: &Flow) -> Throughput {
    let octets: usize = flow.packets.iter().map(Vec::len).sum();
    Throughput::Bytes(octets as u64)
}

fn compress(criterion: &mut Criterion) {
    let libraries = Libraries::load();
    for flow in flows() {
        let mut group = criterion.benchmark_group(format!("compress, {}", flow.name));
        group.throughput(octets(&flow));
        for way in libraries.compressors() {
            let mut out = vec![0; 8192];
            group.bench_function(way.name, |bencher| {
                bencher.iter(|| {
                    let mut compressor = way.compressor();
                    for packet in &flow.packets {
                        black_box(compressor.pack(packet, &mut out));
                    }
                });
            });
        }
        group.finish();
    }
}

fn decompress(criterion: &mut Criterion) {
    let libraries = Libraries::load();
    for flow in flows() {
        let mut group = criterion.benchmark_group(format!("decompress, {}", flow.name));
        group.throughput(octets(&flow));
        for way in libraries.decompressors() {
            let frames = way.frames(&flow);
            group.bench_function(way.name, |bencher| {
                bencher.iter(|| {
                    let mut decompressor = way.decompressor();
                    for frame in &frames {
                        black_box(decompressor.unpack(frame.flags, &frame.data));
                    }
                });
            });
        }
        group.finish();
    }
}

/// Each packet on its own, as stateless MPPE has it.
fn stateless(criterion: &mut Criterion) {
    let libraries = Libraries::load();
    for flow in flows() {
        let mut group = criterion.benchmark_group(format!("compress one by one, {}", flow.name));
        group.throughput(octets(&flow));
        for way in libraries.compressors() {
            let mut compressor = way.compressor();
            group.bench_function(way.name, |bencher| {
                bencher.iter(|| black_box(frames(&mut *compressor, &flow, true)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, compress, decompress, stateless);
criterion_main!(benches);
