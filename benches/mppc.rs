//! MPPC beside FreeRDP's: ratio, and the time of an octet in and out, on flows of packets of 1400 octets.
//!
//! All run one after the other in one process, round by round, and each figure is the median of its rounds; the ratios
//! of times are the ones to trust. `cargo bench -p pptp-benches --bench mppc`.

use pptp_benches::corpus::{self, Flow};
use pptp_benches::freerdp::{self, FreeRdp};
use pptp_mppc::level::{Best, Fast, Level, Small};
use pptp_mppc::{Compressor, Decompressor, Flags, Outcome};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 15;

/// Packets as they cross the wire.
type Wire = Vec<(Flags, Vec<u8>)>;

fn ours<L: Level>(flow: &Flow, stateless: bool) -> Wire {
    let mut compressor = Compressor::<L>::new();
    let mut out = vec![0; 8192];
    let of = |packet: &Vec<u8>| {
        if stateless {
            compressor.flush();
        }
        match compressor.compress(&packet[..2], &packet[2..], &mut out) {
            Ok(Outcome::Compressed { len, flags }) => (flags, out[..len].to_vec()),
            Ok(Outcome::Uncompressed { flags }) => (flags, packet.clone()),
            Err(error) => panic!("{error}"),
        }
    };
    flow.packets.iter().map(of).collect()
}

fn theirs(library: &FreeRdp, flow: &Flow, stateless: bool) -> Wire {
    let mut compressor = library.compressor();
    let mut out = vec![0; 8192];
    let of = |packet: &Vec<u8>| {
        if stateless {
            compressor.flush();
        }
        let (flags, len) = compressor.compress(packet, &mut out);
        let data = len.map_or_else(|| packet.clone(), |len| out[..len].to_vec());
        (Flags::from_header(u8::try_from(flags).unwrap_or(0)), data)
    };
    flow.packets.iter().map(of).collect()
}

fn octets<'a>(packets: impl Iterator<Item = &'a Vec<u8>>) -> f64 {
    packets.map(Vec::len).sum::<usize>() as f64
}

fn ratio(flow: &Flow, wire: &Wire) -> f64 {
    octets(flow.packets.iter()) / octets(wire.iter().map(|(_, data)| data))
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Something that is timed on a flow.
type Contestant<'a> = Box<dyn FnMut(&Flow) + 'a>;

/// Nanoseconds an octet: medians, of contestants that take turns.
fn compare(flow: &Flow, contestants: &mut [Contestant<'_>]) -> Vec<f64> {
    let octets = octets(flow.packets.iter());
    let mut times = vec![Vec::new(); contestants.len()];
    for _ in 0..ROUNDS {
        for (times, contestant) in times.iter_mut().zip(contestants.iter_mut()) {
            let start = Instant::now();
            contestant(flow);
            times.push(start.elapsed().as_secs_f64() * 1e9 / octets);
        }
    }
    times.iter_mut().map(|times| median(times)).collect()
}

fn run_ours<L: Level>() -> impl FnMut(&Flow) {
    let mut out = vec![0; 8192];
    move |flow| {
        let mut compressor = Compressor::<L>::new();
        for packet in &flow.packets {
            let outcome = compressor.compress(&packet[..2], &packet[2..], &mut out);
            let _ = black_box(outcome);
        }
    }
}

fn run_theirs(library: &FreeRdp) -> impl FnMut(&Flow) {
    let mut out = vec![0; 8192];
    move |flow| {
        let mut compressor = library.compressor();
        for packet in &flow.packets {
            black_box(compressor.compress(packet, &mut out));
        }
    }
}

fn contestants(library: &FreeRdp) -> Vec<Contestant<'_>> {
    vec![
        Box::new(run_theirs(library)),
        Box::new(run_ours::<Small>()),
        Box::new(run_ours::<Fast>()),
        Box::new(run_ours::<Best>()),
    ]
}

const NAMES: [&str; 4] = ["FreeRDP", "Small", "Fast", "Best"];

fn print(name: &str, figures: &[f64]) {
    print!("{name:16}");
    for figure in figures {
        print!("{figure:10.3}");
    }
    for figure in &figures[1..] {
        print!("{:10.3}x", figure / figures[0]);
    }
    println!();
}

fn geometric(rows: &[Vec<f64>]) -> Vec<f64> {
    (0..rows[0].len())
        .map(|column| {
            let logs: f64 = rows.iter().map(|row| row[column].ln()).sum();
            (logs / rows.len() as f64).exp()
        })
        .collect()
}

fn table(title: &str, flows: &[Flow], mut row: impl FnMut(&Flow) -> Vec<f64>) {
    println!("\n{title}");
    let rows: Vec<Vec<f64>> = flows
        .iter()
        .map(|flow| {
            let figures = row(flow);
            print(flow.name, &figures);
            figures
        })
        .collect();
    print("all (geometric)", &geometric(&rows));
}

fn main() {
    let library = match freerdp::load() {
        Ok(library) => library,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let flows = corpus::compressible();
    println!("columns: {NAMES:?}, then each of ours over FreeRDP");
    for stateless in [false, true] {
        let mode = ["history kept", "history flushed with each packet"][usize::from(stateless)];
        table(&format!("ratio, {mode}"), &flows, |flow| {
            vec![
                ratio(flow, &theirs(&library, flow, stateless)),
                ratio(flow, &ours::<Small>(flow, stateless)),
                ratio(flow, &ours::<Fast>(flow, stateless)),
                ratio(flow, &ours::<Best>(flow, stateless)),
            ]
        });
    }
    table("compression, ns per octet", &flows, |flow| {
        compare(flow, &mut contestants(&library))
    });
    table(
        "compression of what is compressed, ns per octet",
        &[corpus::incompressible()],
        |flow| compare(flow, &mut contestants(&library)),
    );
    table(
        "decompression, ns per octet that comes out: FreeRDP, ours, ours with a preview",
        &flows,
        |flow| {
            let wire = ours::<Fast>(flow, false);
            compare(
                flow,
                &mut [
                    Box::new(|_| {
                        let mut decompressor = library.decompressor();
                        for (flags, data) in &wire {
                            let flags = u32::from(flags.header_bits());
                            let _ = black_box(decompressor.decompress(flags, data));
                        }
                    }),
                    Box::new(|_| {
                        let mut decompressor = Decompressor::new();
                        for (flags, data) in &wire {
                            let _ = black_box(decompressor.decompress(*flags, data));
                        }
                    }),
                    Box::new(|_| {
                        let mut decompressor = Decompressor::new();
                        for (flags, data) in &wire {
                            let _ = black_box(decompressor.preview(*flags, data, &mut [0; 64]));
                            let _ = black_box(decompressor.decompress(*flags, data));
                        }
                    }),
                ],
            )
        },
    );
    for flow in &flows {
        let mut decompressor = Decompressor::new();
        for ((flags, data), packet) in theirs(&library, flow, false).iter().zip(&flow.packets) {
            assert_eq!(decompressor.decompress(*flags, data), Ok(&packet[..]));
        }
        for wire in [
            ours::<Small>(flow, false),
            ours::<Fast>(flow, false),
            ours::<Best>(flow, false),
        ] {
            let (mut we, mut they) = (Decompressor::new(), library.decompressor());
            for ((flags, data), packet) in wire.iter().zip(&flow.packets) {
                assert_eq!(we.decompress(*flags, data), Ok(&packet[..]));
                let flags = u32::from(flags.header_bits());
                assert_eq!(they.decompress(flags, data), Ok(&packet[..]));
            }
        }
    }
    println!("\neach side has read all of the other's");
}
