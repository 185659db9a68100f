//! What becomes of packets that others have overtaken, at each of three levels: dropped, put in order, delivered late.

use super::recording;
use super::session::{Every, EveryInAnyOrder, Session};
use super::{STATELESS, index, is_part_in_order};
use pptp_core::ppp::Profile;
use pptp_core::testkit::{Node, Side};
use std::collections::BTreeMap;

/// Captures of paths that reorder, the end that is ours, and of the packets that the other end sent inside the tunnel
/// and the wire has: how many come out if late ones are dropped, if they are put in order, and if they are delivered
/// when they come; and how many of these came late.
#[rustfmt::skip]
const LEVELS: [(&str, Side, [usize; 3], u64); 4] = [
    ("reordered-stateless", Side::Client, [1004, 1060, 1060], 56),
    ("reordered-stateless", Side::Server, [737, 748, 748], 11),
    ("lossy-stateless", Side::Client, [582, 681, 681], 99),
    ("lossy-stateless", Side::Server, [647, 676, 676], 29),
];

fn client<P: Profile>(session: &Session, reorder: bool) -> (Vec<Vec<u8>>, u64) {
    let mut node = session.client::<P>(STATELESS);
    node = if reorder { node.with_reorder() } else { node };
    session.replay(&mut node, Side::Client);
    taken(&node)
}

fn server<P: Profile>(session: &Session, reorder: bool) -> (Vec<Vec<u8>>, u64) {
    let mut node = session.server::<P>(STATELESS);
    node = if reorder { node.with_reorder() } else { node };
    session.replay(&mut node, Side::Server);
    taken(&node)
}

fn taken<P: Profile, R>(node: &Node<P, R>) -> (Vec<Vec<u8>>, u64) {
    (node.packets.clone(), node.session.delivered_late())
}

/// How often there is each packet.
fn counts(packets: &[Vec<u8>]) -> BTreeMap<&[u8], usize> {
    let mut counts = BTreeMap::new();
    for packet in packets {
        *counts.entry(packet.as_slice()).or_default() += 1;
    }
    counts
}

#[test]
fn what_each_way_to_treat_late_packets_saves() {
    let mut failed = Vec::new();
    for (name, side, expected, late) in LEVELS {
        let session = Session::new(name);
        let [(dropped, none), (in_order, none_either), (any_order, count)] = match side {
            Side::Client => [
                client::<Every>(&session, false),
                client::<Every>(&session, true),
                client::<EveryInAnyOrder>(&session, false),
            ],
            Side::Server => [
                server::<Every>(&session, false),
                server::<Every>(&session, true),
                server::<EveryInAnyOrder>(&session, false),
            ],
        };
        let found = [&dropped, &in_order, &any_order].map(Vec::len);
        println!("{name}, our {side:?}: {found:?}, {count} of them late");
        if (found, count) != (expected, late) {
            failed.push((name, side, found, count));
        }
        assert_eq!([none, none_either], [0, 0], "{name}");
        // All of it is what the other end sent, and none of it comes twice.
        let inside = &recording::inside(&session.name)[index(side.peer())];
        assert!(is_part_in_order(&dropped, inside), "{name}");
        assert!(is_part_in_order(&in_order, inside), "{name}");
        let sent = counts(inside);
        for (packet, count) in counts(&any_order) {
            assert!(
                sent.get(packet).is_some_and(|sent| *sent >= count),
                "{name}"
            );
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Where packets are put in order first, none is left to be late.
#[test]
fn putting_in_order_goes_before_delivering_late() {
    let session = Session::new("reordered-stateless");
    let (with, late) = client::<EveryInAnyOrder>(&session, true);
    assert_eq!(late, 0);
    assert_eq!(with, client::<Every>(&session, true).0);
}
