//! The whole data path: IP packets into a client, GRE packets into a server, and IP packets out again; and the same
//! where sessions are many.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pptp_benches::SIZES;
use pptp_benches::path::{self, Path, packets, rooms};
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::{Full, Minimal, Profile};
use pptp_core::testkit::Rng;
use std::hint::black_box;

fn data_path(criterion: &mut Criterion) {
    one::<Minimal>(criterion, "none", MppePolicy::REFUSE, false);
    one::<Minimal>(criterion, "stateless", path::stateless(), false);
    one::<Minimal>(criterion, "stateful", path::stateful(), false);
    one::<Full>(criterion, "MPPC, stateless", path::stateless(), true);
    one::<Full>(criterion, "MPPC, stateful", path::stateful(), true);
}

fn one<P: Profile>(criterion: &mut Criterion, name: &str, policy: MppePolicy, mppc: bool) {
    let mut group = criterion.benchmark_group(format!("data path, {name}"));
    for size in SIZES {
        let mut path = Path::<P>::new(policy, mppc);
        let packets = packets(size);
        let mut next = packets.iter().cycle();
        let [mut room] = rooms();
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(size.to_string(), |bencher| {
            bencher.iter(|| {
                let packet = next.next().expect("they begin anew");
                path.carry(black_box(packet), &mut room);
            });
        });
    }
    group.finish();
}

fn batches(criterion: &mut Criterion) {
    batch::<2>(criterion);
    batch::<4>(criterion);
    batch::<8>(criterion);
}

fn batch<const K: usize>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("data path, stateless, batches of {K}"));
    for size in SIZES {
        let mut path = Path::<Minimal>::new(path::stateless(), false);
        let packets = packets(size);
        let batch = std::array::from_fn::<_, K, _>(|at| packets[at].as_slice());
        let mut rooms = rooms::<K>();
        group.throughput(Throughput::Bytes((size * K) as u64));
        group.bench_function(size.to_string(), |bencher| {
            bencher.iter(|| path.carry_batch(black_box(batch), &mut rooms));
        });
    }
    group.finish();
}

fn sessions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sessions, stateless, 1400 octets");
    let packets = packets(1400);
    let [mut room] = rooms();
    for sessions in [1, 100, 10_000] {
        let path = Path::<Minimal>::new(path::stateless(), false);
        let mut paths = vec![path; sessions];
        let mut rng = Rng::new(1);
        group.throughput(Throughput::Bytes(1400));
        group.bench_function(sessions.to_string(), |bencher| {
            bencher.iter(|| paths[rng.below(sessions)].carry(black_box(&packets[0]), &mut room));
        });
    }
    group.finish();
}

criterion_group!(benches, data_path, batches, sessions);
criterion_main!(benches);
