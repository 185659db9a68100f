//! The whole data path: an IP packet into a client, its GRE packet into a server, and the IP packet out again.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pptp_benches::{SIZES, packet, tunnel};
use pptp_core::ppp::config::{Modes, MppePolicy};
use pptp_core::time::Instant;
use pptp_core::{Inbound, Network};
use std::hint::black_box;

fn data_path(criterion: &mut Criterion) {
    let stateful = MppePolicy {
        modes: Modes::STATEFUL,
        ..MppePolicy::default()
    };
    let policies = [
        ("none", MppePolicy::REFUSE),
        ("stateless", MppePolicy::default()),
        ("stateful", stateful),
    ];
    for (name, policy) in policies {
        let mut group = criterion.benchmark_group(format!("data path, {name}"));
        for size in SIZES {
            let (mut client, mut server) = tunnel(policy);
            let packet = packet(size);
            let mut buffer = [0; 2048];
            let now = Instant::from_millis(100_000);
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(size.to_string(), |bencher| {
                bencher.iter(|| {
                    let sent = client.send(now, Network::Ipv4, black_box(&packet), &mut buffer);
                    let len = sent.expect("the tunnel is up").len();
                    match server.handle_gre(now, &mut buffer[..len]) {
                        Ok(Inbound::Packet { packet, .. }) => black_box(packet.len()),
                        other => panic!("no packet: {other:?}"),
                    }
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, data_path);
criterion_main!(benches);
