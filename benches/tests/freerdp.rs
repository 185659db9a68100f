//! MPPC beside FreeRDP's, of Debian's `libfreerdp2-2`: each side reads all that the other makes.
//!
//! Where the library is not there, each test says so and passes.

#[path = "../../pptp-mppc/tests/support/mod.rs"]
mod support;

use pptp_benches::corpus;
use pptp_benches::freerdp::{self, FreeRdp};
use pptp_mppc::level::{Best, Fast, Level, Small};
use pptp_mppc::{Compressor, Decompressor, Flags};
use std::thread;
use support::{Random, Wire, send};

fn library() -> Option<FreeRdp> {
    freerdp::load()
        .inspect_err(|reason| eprintln!("SKIPPED, nothing was compared: {reason}"))
        .ok()
}

/// What we send, and FreeRDP and we ourselves receive.
struct Ours<'l, L: Level> {
    compressor: Compressor<L>,
    theirs: freerdp::Decompressor<'l>,
    ours: Decompressor,
}

impl<'l, L: Level> Ours<'l, L> {
    fn new(library: &'l FreeRdp) -> Self {
        Self {
            compressor: Compressor::new(),
            theirs: library.decompressor(),
            ours: Decompressor::new(),
        }
    }

    fn packet(&mut self, packet: &[u8], what: &str) {
        let Wire { flags, data } = send(&mut self.compressor, packet);
        let bits = u32::from(flags.header_bits());
        assert_eq!(self.theirs.decompress(bits, &data), Ok(packet), "{what}");
        assert_eq!(self.ours.decompress(flags, &data), Ok(packet), "{what}");
    }
}

/// What FreeRDP sends, and we receive.
struct Theirs<'l> {
    compressor: freerdp::Compressor<'l>,
    ours: Decompressor,
    out: Vec<u8>,
}

impl<'l> Theirs<'l> {
    fn new(library: &'l FreeRdp) -> Self {
        Self {
            compressor: library.compressor(),
            ours: Decompressor::new(),
            out: vec![0; 9000],
        }
    }

    fn packet(&mut self, packet: &[u8], what: &str) {
        let (bits, len) = self.compressor.compress(packet, &mut self.out);
        let flags = Flags::from_header(u8::try_from(bits).unwrap());
        let data = len.map_or(packet, |len| &self.out[..len]);
        assert_eq!(flags.contains(Flags::COMPRESSED), len.is_some());
        let mut head = [0; 20];
        assert_eq!(
            self.ours.preview(flags, data, &mut head),
            Ok(packet.len()),
            "{what}"
        );
        let shown = packet.len().min(20);
        assert_eq!(head[..shown], packet[..shown], "{what}");
        assert_eq!(self.ours.decompress(flags, data), Ok(packet), "{what}");
    }
}

#[test]
fn each_reads_the_other_over_a_corpus() {
    let Some(library) = library() else { return };
    let mut flows = corpus::compressible();
    flows.push(corpus::incompressible());
    // One after the other with the history kept, as a link with many flows.
    let (mut small, mut fast, mut best) = (
        Ours::<Small>::new(&library),
        Ours::<Fast>::new(&library),
        Ours::<Best>::new(&library),
    );
    let mut theirs = Theirs::new(&library);
    for flow in &flows {
        for (number, packet) in flow.packets.iter().enumerate() {
            let what = format!("packet {number} of {}", flow.name);
            small.packet(packet, &what);
            fast.packet(packet, &what);
            best.packet(packet, &what);
            theirs.packet(packet, &what);
        }
    }
}

/// A sequence of packets of a seed, some 10 of them, with flushes here and there.
fn sequence(library: &FreeRdp, seed: u64) {
    let mut random = Random(seed);
    let mut packets = Vec::new();
    let mut earlier = Vec::new();
    let count = 2 + random.below(20);
    // Mostly short ones, which cost little and have what is special at both ends close together.
    let most = match random.below(16) {
        0..8 => 60,
        8..12 => 300,
        12..15 => 1500,
        _ => 8000,
    };
    for _ in 0..count {
        let packet = random.packet(&earlier, most);
        earlier.extend(&packet);
        packets.push((packet, random.below(12) == 0));
    }
    let mut theirs = Theirs::new(library);
    ours::<Small>(library, seed, &packets);
    ours::<Fast>(library, seed, &packets);
    ours::<Best>(library, seed, &packets);
    for (number, (packet, flush)) in packets.iter().enumerate() {
        if *flush {
            theirs.compressor.flush();
        }
        // It reads beyond shorter ones, and takes none that would fill its history.
        if (4..8100).contains(&packet.len()) {
            theirs.packet(packet, &format!("packet {number} of sequence {seed}"));
        }
    }
}

fn ours<L: Level>(library: &FreeRdp, seed: u64, packets: &[(Vec<u8>, bool)]) {
    let mut link = Ours::<L>::new(library);
    for (number, (packet, flush)) in packets.iter().enumerate() {
        if *flush {
            link.compressor.flush();
        }
        link.packet(packet, &format!("packet {number} of sequence {seed}"));
    }
}

#[test]
fn each_reads_the_other_in_a_hundred_thousand_random_sequences() {
    let Some(library) = &library() else { return };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for first in 0..threads {
            scope.spawn(move || {
                (first as u64..100_000)
                    .step_by(threads)
                    .for_each(|seed| sequence(library, seed))
            });
        }
    });
}
