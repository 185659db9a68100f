//! The whole data path, from an IP packet to a GRE packet and back, with all that a tunnel can have.

use crate::Sink;
use pptp_benches::SIZES;
use pptp_benches::goal::Goal;
use pptp_benches::path::{self, Ahead, Path, carry_jobs, packets, rooms};
use pptp_benches::table::Table;
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::{Full, Minimal, Profile};
use pptp_mppe::{Count, Decryptor, Encryptor, Mode, Packet, StartKey, Strength};
use std::hint::black_box;
use std::time::Instant;

const CIPHER: &str = "MPPE stateless without PPTP";
const CIPHER_BATCH: &str = "MPPE stateless without PPTP, batches of 8";
const CIPHER_STATEFUL: &str = "MPPE stateful without PPTP";
const CLEAR: &str = "ours, no encryption";
const STATELESS: &str = "ours, MPPE stateless";
const STATELESS_BATCH: &str = "ours, MPPE stateless, batches of 8";
const STATEFUL: &str = "ours, MPPE stateful";

/// What a path may cost beside the cipher, one packet of 1400 octets at a time.
const SHARE: Goal = Goal::at_most(5.0, " %").exact();
const CYCLES: Goal = Goal::reach_down_to(30.0, " cycles").exact();

pub(crate) fn reports(rounds: usize, sink: Sink<'_>) {
    for (at, &len) in SIZES.iter().enumerate() {
        let mut table = table(at);
        table.measure(rounds);
        for (path, cipher) in [
            (STATELESS, CIPHER),
            (STATELESS_BATCH, CIPHER_BATCH),
            (STATEFUL, CIPHER_STATEFUL),
        ] {
            if let (Some(with), Some(without)) = (table.median(path), table.median(cipher)) {
                let more = with.cycles - without.cycles;
                let share = more / without.cycles * 100.0;
                let mut note =
                    format!("{path}: {more:.0} cycles more than the cipher alone, {share:.1} %");
                if path == STATELESS && len == 1400 {
                    note += &format!("  {}, {}", SHARE.verdict(share), CYCLES.verdict(more));
                }
                table.note(note);
            }
        }
        sink(table.report());
    }
}

/// One of them.
pub(crate) fn table(at: usize) -> Table<'static> {
    let len = SIZES.get(at).copied().unwrap_or(1400);
    let mut table = Table::new(format!("data path, {len} octets"), "packet");
    cipher(&mut table, CIPHER, Mode::Stateless, len);
    cipher_batch(&mut table, CIPHER_BATCH, len);
    cipher(&mut table, CIPHER_STATEFUL, Mode::Stateful, len);
    one::<Minimal>(&mut table, CLEAR, MppePolicy::REFUSE, false, len);
    one::<Minimal>(&mut table, STATELESS, path::stateless(), false, len);
    batch::<Minimal, 2>(
        &mut table,
        "ours, MPPE stateless, batches of 2",
        path::stateless(),
        false,
        len,
    );
    batch::<Minimal, 4>(
        &mut table,
        "ours, MPPE stateless, batches of 4",
        path::stateless(),
        false,
        len,
    );
    batch::<Minimal, 8>(&mut table, STATELESS_BATCH, path::stateless(), false, len);
    jobs(&mut table, len);
    prepared(&mut table, len);
    one::<Minimal>(&mut table, STATEFUL, path::stateful(), false, len);
    one::<Full>(
        &mut table,
        "ours, MPPC alone, stateful",
        MppePolicy::REFUSE,
        true,
        len,
    );
    one::<Full>(
        &mut table,
        "ours, MPPC and MPPE stateless",
        path::stateless(),
        true,
        len,
    );
    batch::<Full, 8>(
        &mut table,
        "ours, MPPC and MPPE stateless, batches of 8",
        path::stateless(),
        true,
        len,
    );
    one::<Full>(
        &mut table,
        "ours, MPPC and MPPE stateful",
        path::stateful(),
        true,
        len,
    );
    table
}

fn one<P: Profile + 'static>(
    table: &mut Table<'_>,
    name: &str,
    policy: MppePolicy,
    mppc: bool,
    len: usize,
) {
    let mut path = Path::<P>::new(policy, mppc);
    let packets = packets(len);
    let [mut room] = rooms();
    table.row(name, packets.len() as u32, move || {
        for packet in &packets {
            path.carry(black_box(packet), &mut room);
        }
    });
}

fn batch<P: Profile + 'static, const K: usize>(
    table: &mut Table<'_>,
    name: &str,
    policy: MppePolicy,
    mppc: bool,
    len: usize,
) {
    let mut path = Path::<P>::new(policy, mppc);
    let packets = packets(len);
    let mut rooms = rooms::<K>();
    table.row(name, packets.len() as u32, move || {
        for packets in packets.as_chunks::<K>().0 {
            path.carry_batch(packets.each_ref().map(Vec::as_slice), &mut rooms);
        }
    });
}

/// A packet each of several tunnels.
fn jobs(table: &mut Table<'_>, len: usize) {
    const SESSIONS: usize = 12;
    let path = Path::<Minimal>::new(path::stateless(), false);
    let mut paths = [(); SESSIONS].map(|()| path.clone());
    let packets = packets(len);
    let mut rooms = rooms();
    let name = format!("ours, MPPE stateless, jobs of {SESSIONS} sessions");
    table.row(name, SESSIONS as u32, move || {
        let packets = packets.first_chunk().expect("there are more");
        let packets = packets.each_ref().map(Vec::as_slice);
        carry_jobs(paths.each_mut(), black_box(packets), &mut rooms);
    });
}

/// Only the critical path: what `prepare` takes is not counted.
fn prepared(table: &mut Table<'_>, len: usize) {
    let mut path = Path::<Ahead>::new(path::stateless(), false);
    let packets = packets(len);
    let [mut room] = rooms();
    let units = packets.len();
    let name = "ours, MPPE stateless, keys prepared ahead";
    table.timed_row(name, units as u32, move || {
        path.prepare(units);
        let start = Instant::now();
        for packet in &packets {
            path.carry(black_box(packet), &mut room);
        }
        start.elapsed()
    });
}

const START: [u8; 16] = *b"0123456789abcdef";
const PROTOCOL: [u8; 2] = [0x00, 0x21];

fn ends(mode: Mode) -> (Encryptor, Decryptor) {
    let start = StartKey::from_bytes(START);
    (
        Encryptor::new(&start, Strength::Bits128, mode),
        Decryptor::new(&start, Strength::Bits128, mode),
    )
}

/// What of the path is encryption and decryption.
fn cipher(table: &mut Table<'_>, name: &str, mode: Mode, len: usize) {
    let (mut encryptor, mut decryptor) = ends(mode);
    let packets = packets(len);
    let [mut room] = rooms();
    table.row(name, packets.len() as u32, move || {
        for packet in &packets {
            let packet: &[u8] = black_box(packet);
            let sealed = encryptor.encrypt(&PROTOCOL, packet, &mut room);
            let sealed = sealed.expect("room enough");
            let data = &mut room[..2 + packet.len()];
            let trial = decryptor.decrypt(sealed.count, sealed.flushed, data);
            black_box(trial.expect("a count in order").commit());
        }
    });
}

fn cipher_batch(table: &mut Table<'_>, name: &str, len: usize) {
    let (mut encryptor, mut decryptor) = ends(Mode::Stateless);
    let packets = packets(len);
    let mut rooms = rooms::<8>();
    let mut next = Count::FIRST;
    table.row(name, packets.len() as u32, move || {
        for packets in packets.as_chunks::<8>().0 {
            for (room, packet) in rooms.iter_mut().zip(packets) {
                room.clear();
                room.extend_from_slice(&PROTOCOL);
                room.extend_from_slice(black_box(packet));
            }
            let _ = encryptor.encrypt_batch(&mut rooms);
            let mut packets = rooms.each_mut().map(|data| {
                let count = next;
                next = next.next();
                Packet {
                    count,
                    flushed: true,
                    data,
                }
            });
            let mut batch = decryptor.decrypt_batch(&mut packets);
            while let Some(trial) = batch.next() {
                black_box(trial.expect("a count in order").commit());
            }
        }
    });
}
