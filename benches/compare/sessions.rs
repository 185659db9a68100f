//! What a packet costs where sessions are many: one in each of them in turn, in an order without any order. The session that
//! it is for is found in the table of calls, by what the packet shows.

use pptp_benches::SIZES;
use pptp_benches::path::{self, Path, carry_jobs, packets, rooms};
use pptp_benches::table::Table;
use pptp_core::calls::{Calls, Slot};
use pptp_core::ppp::{Full, Minimal, Random};
use pptp_core::testkit::Rng;
use pptp_core::time::Instant;
use pptp_core::{Client, Server};
use std::fs;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::Duration;

/// How many there are.
const SESSIONS: [usize; 3] = [1, 100, 10_000];

/// How many of them have a packet at once, where that is measured.
const JOBS: usize = 12;

/// How many tables there are.
pub(crate) const TABLES: usize = 3;

/// One of them.
pub(crate) fn table(at: usize) -> Table<'static> {
    let len = SIZES.get(at).copied().unwrap_or(1400);
    let title = format!("sessions, MPPE stateless, {len} octets");
    let mut table = Table::new(title, "packet");
    let mut memory = None;
    for sessions in SESSIONS {
        let before = resident();
        let path = Path::<Minimal>::new(path::stateless(), false);
        let mut paths = vec![path; sessions];
        if let (Some(before), Some(after)) = (before, resident()) {
            memory = Some(after.saturating_sub(before) / sessions);
        }
        let packets = packets(len);
        let [mut room] = rooms();
        let mut jobs = None;
        let order = shuffled(sessions);
        // Enough of them for the clock.
        let times = (100 / sessions).max(1);
        let units = (times * sessions) as u32;
        let plural = if sessions == 1 { "" } else { "s" };
        if sessions >= JOBS {
            let (mut paths, packets, mut rooms) = (paths.clone(), packets.clone(), rooms());
            let order = order.clone();
            let units = (times * (sessions - sessions % JOBS)) as u32;
            let name = format!("ours, {sessions} sessions, jobs of {JOBS}");
            jobs = Some((name, units, move || {
                let packets = packets.first_chunk().expect("there are more");
                let packets = packets.each_ref().map(Vec::as_slice);
                for _ in 0..times {
                    for &places in order.as_chunks::<JOBS>().0 {
                        let paths = paths.get_disjoint_mut(places);
                        let paths = paths.expect("each is there once");
                        carry_jobs(paths, black_box(packets), &mut rooms);
                    }
                }
            }));
        }
        let (calls, keys) = calls(&order);
        table.row(
            format!("ours, {sessions} session{plural}"),
            units,
            move || {
                for _ in 0..times {
                    for (&(peer, id), packet) in keys.iter().zip(packets.iter().cycle()) {
                        let at = calls.get(black_box(peer), black_box(id));
                        let path = &mut paths[*at.expect("it is there")];
                        path.carry(black_box(packet), &mut room);
                    }
                }
            },
        );
        if let Some((name, units, run)) = jobs {
            table.row(name, units, run);
        }
    }
    let sizes = [size_of::<Client<Minimal>>(), size_of::<Server<Minimal>>()];
    table.note(format!(
        "memory of a session: client {} octets, server {}; with MPPC {} and {}; nothing on the heap",
        sizes[0],
        sizes[1],
        size_of::<Client<Full>>(),
        size_of::<Server<Full>>()
    ));
    if let Some(memory) = memory {
        table.note(format!(
            "10000 sessions with both ends: {memory} octets resident for each"
        ));
    }
    table
}

/// Calls, each with a number.
type Numbered = Calls<usize, Vec<Slot<usize>>>;

/// A table of calls with ten calls for each address, and what finds them in this order.
fn calls(order: &[usize]) -> (Numbered, Vec<(Ipv4Addr, u16)>) {
    let slots = vec![Slot::EMPTY; order.len()];
    let mut calls = Calls::new(slots, Duration::ZERO, &mut Random::new([1; 32]));
    let keys = order.iter().map(|&at| {
        let peer = Ipv4Addr::from_bits(0x0a00_0000 + (at / 10) as u32);
        let id = calls.allocate(Instant::ZERO, peer, at);
        (peer, id.expect("there is a slot"))
    });
    let keys = keys.collect();
    (calls, keys)
}

fn shuffled(len: usize) -> Vec<usize> {
    let mut rng = Rng::new(1);
    let mut order: Vec<_> = (0..len).collect();
    for last in (1..len).rev() {
        order.swap(last, rng.below(last + 1));
    }
    order
}

/// How much memory the process has, in octets, where Linux says so.
fn resident() -> Option<usize> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
