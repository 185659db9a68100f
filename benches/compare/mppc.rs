//! MPPC on flows of packets of 1400 octets, beside FreeRDP's; lz4 and zlib mark what other formats can do.

use crate::Sink;
use pptp_benches::compressors::{Frame, Libraries, Way, frames};
use pptp_benches::corpus::{self, Flow};
use pptp_benches::goal::Goal;
use pptp_benches::matrix::Matrix;
use pptp_benches::optimum::Optimum;
use pptp_benches::table::Table;
use std::hint::black_box;
use std::iter;
use std::time::Instant;

/// How many packets of a flow a turn takes: a long one is more likely to be disturbed.
const PACKETS: usize = 60;

/// What our levels have to reach beside FreeRDP.
struct Goals {
    name: &'static str,
    ratio: &'static [Goal],
    speed: &'static [Goal],
    /// Speed where there is nothing to gain.
    packed: &'static [Goal],
    /// How near the ratio has to be to the highest there is.
    optimum: &'static [Goal],
}

const PACKED: &[Goal] = &[Goal::at_least(2.5), Goal::reach_for(5.0)];

const GOALS: [Goals; 3] = [
    Goals {
        name: "ours, Small",
        ratio: &[],
        speed: &[],
        packed: PACKED,
        optimum: &[],
    },
    Goals {
        name: "ours, Fast",
        ratio: &[Goal::at_least(1.09).exact(), Goal::reach_for(1.14).exact()],
        // The first goes with a ratio of 1.09, the second with that of 1.14.
        speed: &[Goal::at_least(1.3), Goal::reach_for(1.0)],
        packed: PACKED,
        optimum: &[],
    },
    Goals {
        name: "ours, Best",
        ratio: &[Goal::at_least(1.24).exact()],
        speed: &[Goal::at_least(0.3)],
        packed: PACKED,
        optimum: &[
            Goal::at_least(0.965).exact(),
            Goal::reach_for(0.985).exact(),
        ],
    },
];

const DECODING: &[Goal] = &[Goal::at_least(1.9), Goal::reach_for(2.5)];

const FREERDP: &str = "FreeRDP";
const OPTIMUM: &str = "exact optimum";

/// Which goals of a level are for a table.
type Pick = fn(&Goals) -> &'static [Goal];

/// A row for each way, with goals beside `peer`.
fn rows(matrix: &mut Matrix, ways: &[Way<'_>], peer: &str, pick: Pick) {
    for way in ways {
        matrix.row(way.name);
        if let Some(goals) = GOALS.iter().find(|goals| goals.name == way.name) {
            matrix.goals(peer, pick(goals));
        }
    }
}

pub(crate) fn reports(rounds: usize, sink: Sink<'_>) {
    let libraries = Libraries::load();
    let flows = corpus::compressible();
    let starts: Vec<_> = flows
        .iter()
        .map(|flow| flow.clone().start(PACKETS))
        .collect();
    let ways = libraries.compressors();

    let unit = "in : out";
    let mut kept = Matrix::new("MPPC, ratio, history kept", unit, false);
    rows(&mut kept, &ways, FREERDP, |goals| goals.ratio);
    let mut flushed = Matrix::new("MPPC, ratio, each packet alone", unit, false);
    rows(&mut flushed, &ways, FREERDP, |_| &[]);
    for flow in &flows {
        kept.column(flow.name, ways.iter().map(|way| ratio(way, flow, false)));
        flushed.column(flow.name, ways.iter().map(|way| ratio(way, flow, true)));
    }
    sink(kept.report());
    sink(flushed.report());

    let mut highest = Matrix::new("MPPC, ratio beside the highest there is", unit, false);
    highest.row(OPTIMUM);
    let is_mppc = |way: &&Way<'_>| way.name == FREERDP || way.name.starts_with("ours");
    let mppc: Vec<_> = ways.iter().filter(is_mppc).copied().collect();
    rows(&mut highest, &mppc, OPTIMUM, |goals| goals.optimum);
    for flow in &starts {
        let ratios = mppc.iter().map(|way| ratio(way, flow, false));
        highest.column(flow.name, iter::once(optimum(flow)).chain(ratios));
    }
    sink(highest.report());

    let unit = "cycles/octet";
    let mut speed = Matrix::new("MPPC, compressing", unit, true);
    rows(&mut speed, &ways, FREERDP, |goals| goals.speed);
    for flow in &starts {
        measure(&mut speed, flow, compressing(&ways, flow), rounds);
    }
    sink(speed.report());

    let mut speed = Matrix::new("MPPC, compressing what is compressed", unit, true);
    rows(&mut speed, &ways, FREERDP, |goals| goals.packed);
    let flow = corpus::incompressible().start(PACKETS);
    measure(&mut speed, &flow, compressing(&ways, &flow), rounds);
    sink(speed.report());

    let ways = libraries.decompressors();
    let mut speed = Matrix::new("MPPC, decompressing", unit, true);
    for way in &ways {
        speed.row(way.name);
        if way.name == "ours" {
            speed.goals(FREERDP, DECODING);
        }
    }
    for flow in &starts {
        let frames: Vec<_> = ways.iter().map(|way| way.frames(flow)).collect();
        verify(&ways, &frames, flow);
        let table = decompressing(&ways, &frames, flow);
        measure(&mut speed, flow, table, rounds);
    }
    sink(speed.report());
}

/// The ratio that no MPPC beats.
fn optimum(flow: &Flow) -> f64 {
    let mut optimum = Optimum::default();
    let out: usize = flow
        .packets
        .iter()
        .map(|packet| optimum.octets(packet))
        .sum();
    f64::from(octets(flow)) / out as f64
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
