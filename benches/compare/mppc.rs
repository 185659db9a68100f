//! MPPC on flows of packets of 1400 octets, beside FreeRDP's; lz4 and zlib mark what other formats can do.

use crate::Sink;
use pptp_benches::compressors::{Frame, Libraries, Way, frames};
use pptp_benches::corpus::{self, Flow};
use pptp_benches::matrix::Matrix;
use pptp_benches::table::Table;
use std::hint::black_box;
use std::time::Instant;

/// How many packets of a flow a turn takes: a long one is more likely to be disturbed.
const PACKETS: usize = 60;

/// Goals beside FreeRDP: of ratio, of speed, and of speed where there is nothing to gain.
struct Goals {
    name: &'static str,
    ratio: f64,
    speed: f64,
    packed: f64,
}

const GOALS: [Goals; 3] = [
    Goals {
        name: "ours, Small",
        ratio: 1.09,
        speed: 1.0,
        packed: 2.5,
    },
    Goals {
        name: "ours, Fast",
        ratio: 1.14,
        speed: 1.0,
        packed: 2.5,
    },
    Goals {
        name: "ours, Best",
        ratio: 1.24,
        speed: 0.3,
        packed: 1.0,
    },
];

const DECODING: f64 = 1.9;

pub(crate) fn reports(rounds: usize, sink: Sink<'_>) {
    let libraries = Libraries::load();
    let goal = |name: &str, of: fn(&Goals) -> f64| {
        let goals = GOALS.iter().find(|goals| goals.name == name);
        goals.filter(|_| libraries.has_freerdp()).map(of)
    };
    let flows = corpus::compressible();
    let starts: Vec<_> = flows
        .iter()
        .map(|flow| flow.clone().start(PACKETS))
        .collect();
    let ways = libraries.compressors();
    let matrix = |title: &str, unit, cost, of: Option<fn(&Goals) -> f64>| {
        let mut matrix = Matrix::new(title, unit, cost);
        for way in &ways {
            matrix.row(way.name, of.and_then(|of| goal(way.name, of)));
        }
        matrix
    };

    let mut kept = matrix(
        "MPPC, ratio, history kept",
        "in : out",
        false,
        Some(|goals| goals.ratio),
    );
    let mut flushed = matrix("MPPC, ratio, each packet alone", "in : out", false, None);
    for flow in &flows {
        kept.column(flow.name, ways.iter().map(|way| ratio(way, flow, false)));
        flushed.column(flow.name, ways.iter().map(|way| ratio(way, flow, true)));
    }
    sink(kept.report());
    sink(flushed.report());

    let mut speed = matrix(
        "MPPC, compressing",
        "cycles/octet",
        true,
        Some(|goals| goals.speed),
    );
    for flow in &starts {
        measure(&mut speed, flow, compressing(&ways, flow), rounds);
    }
    sink(speed.report());

    let mut speed = matrix(
        "MPPC, compressing what is compressed",
        "cycles/octet",
        true,
        Some(|goals| goals.packed),
    );
    let flow = corpus::incompressible().start(PACKETS);
    measure(&mut speed, &flow, compressing(&ways, &flow), rounds);
    sink(speed.report());

    let ways = libraries.decompressors();
    let mut speed = Matrix::new("MPPC, decompressing", "cycles/octet", true);
    for way in &ways {
        let is_ours = way.name == "ours" && libraries.has_freerdp();
        speed.row(way.name, is_ours.then_some(DECODING));
    }
    for flow in &starts {
        let frames: Vec<_> = ways.iter().map(|way| way.frames(flow)).collect();
        verify(&ways, &frames, flow);
        measure(
            &mut speed,
            flow,
            decompressing(&ways, &frames, flow),
            rounds,
        );
    }
    sink(speed.report());
}

fn ratio(way: &Way<'_>, flow: &Flow, stateless: bool) -> f64 {
    let frames = frames(&mut *way.compressor(), flow, stateless);
    let out: usize = frames.iter().map(|frame| frame.data.len()).sum();
    f64::from(octets(flow)) / out as f64
}

fn octets(flow: &Flow) -> u32 {
    flow.packets.iter().map(|packet| packet.len() as u32).sum()
}

fn measure(matrix: &mut Matrix, flow: &Flow, mut table: Table<'_>, rounds: usize) {
    table.measure(rounds);
    if table.is_disturbed() {
        matrix.disturbed();
    }
    let cycles = table.medians().into_iter().map(|sample| sample.cycles);
    matrix.column(flow.name, cycles);
}

fn compressing<'a>(ways: &'a [Way<'_>], flow: &'a Flow) -> Table<'a> {
    let mut table = Table::new(flow.name, "octet");
    for way in ways {
        let mut out = vec![0; 8192];
        table.timed_row(way.name, octets(flow), move || {
            let mut compressor = way.compressor();
            let start = Instant::now();
            for packet in &flow.packets {
                black_box(compressor.pack(packet, &mut out));
            }
            start.elapsed()
        });
    }
    table
}

fn decompressing<'a>(ways: &'a [Way<'_>], frames: &'a [Vec<Frame>], flow: &'a Flow) -> Table<'a> {
    let mut table = Table::new(flow.name, "octet");
    for (way, frames) in ways.iter().zip(frames) {
        table.timed_row(way.name, octets(flow), move || {
            let mut decompressor = way.decompressor();
            let start = Instant::now();
            for frame in frames {
                black_box(decompressor.unpack(frame.flags, &frame.data));
            }
            start.elapsed()
        });
    }
    table
}

fn verify(ways: &[Way<'_>], frames: &[Vec<Frame>], flow: &Flow) {
    for (way, frames) in ways.iter().zip(frames) {
        let mut decompressor = way.decompressor();
        for (frame, packet) in frames.iter().zip(&flow.packets) {
            let unpacked = decompressor.unpack(frame.flags, &frame.data);
            assert!(unpacked == packet, "{} gives something else", way.name);
        }
    }
}
