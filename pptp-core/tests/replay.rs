//! Real peers' captured sessions, replayed into a client and into a server of ours.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used
)]

#[path = "replay/driver.rs"]
mod driver;
#[path = "replay/facts.rs"]
mod facts;
#[path = "replay/levels.rs"]
mod levels;
#[path = "replay/peer.rs"]
mod peer;
#[path = "replay/recording.rs"]
mod recording;
#[path = "replay/session.rs"]
mod session;
#[path = "replay/windows.rs"]
mod windows;

use driver::Driver;
use facts::index;
use pptp_core::DownReason;
use pptp_core::control::{CallEnd, CloseReason};
use pptp_core::ppp::DownReason as PppDown;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::ppp::wire::Protocol;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_core::testkit::{Node, Rng, Side};
use pptp_core::wire::GreHeader;
use recording::{Framed, What};
use session::{Every, Session};
use std::collections::{BTreeMap, BTreeSet};

const NONE: MppePolicy = MppePolicy::REFUSE;
const STATELESS: MppePolicy = mppe(Strengths::BITS_128, Modes::STATELESS);
const STATEFUL: MppePolicy = mppe(Strengths::BITS_128, Modes::STATEFUL);
const EITHER: MppePolicy = mppe(Strengths::BITS_128, Modes::all());
const BITS_40: MppePolicy = mppe(Strengths::BITS_40, Modes::STATELESS);

const fn mppe(strengths: Strengths, modes: Modes) -> MppePolicy {
    MppePolicy {
        requirement: Requirement::Require,
        strengths,
        modes,
    }
}

/// How what comes out of the tunnel compares with what the client saw there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// All of it.
    All,
    /// So many, in order: the wire was recorded behind the loss of the sender's side, or, in stateful mode, what came
    /// between a loss and the next reset cannot be read.
    Part(usize),
}
use Found::{All, Part};

/// A session that came up, the encryption of our ends, and what the client and the server sent inside the tunnel: how
/// many packets the client saw, and how many of them come out of the recorded wire.
type Tunnel = (&'static str, MppePolicy, [(usize, Found); 2]);

#[rustfmt::skip]
const TUNNELS: [Tunnel; 28] = [
    ("address-wanted", NONE, [(16, All), (16, All)]),
    ("asyncmap", NONE, [(16, All), (16, All)]),
    ("bulk-stateful", STATEFUL, [(270, All), (660, All)]),
    ("ccp-none", NONE, [(17, All), (17, All)]),
    ("dns-none", NONE, [(16, All), (16, All)]),
    ("lcp-echo", NONE, [(17, All), (17, All)]),
    ("lcp-echo-mppe", STATELESS, [(16, All), (16, All)]),
    ("lossy-stateful", STATEFUL, [(412, Part(216)), (102, All)]),
    ("lossy-stateless", STATELESS, [(720, Part(676)), (681, All)]),
    ("many-stateless", STATELESS, [(4518, All), (4518, All)]),
    ("mppe-and-deflate", STATELESS, [(18, All), (17, All)]),
    ("mschap1", NONE, [(16, All), (16, All)]),
    ("mschap1-mppe128", STATELESS, [(16, All), (16, All)]),
    ("mschap2", NONE, [(16, All), (16, All)]),
    ("mschap2-mppe128-mtu1400", STATELESS, [(16, All), (16, All)]),
    ("mschap2-mppe128-plain", STATELESS, [(16, All), (16, All)]),
    ("mschap2-mppe128-stateful", STATEFUL, [(17, All), (17, All)]),
    ("mschap2-mppe128-stateful-client", EITHER, [(16, All), (16, All)]),
    ("mschap2-mppe128-stateful-server", EITHER, [(16, All), (16, All)]),
    ("mschap2-mppe40", BITS_40, [(16, All), (16, All)]),
    ("multilink-refused", NONE, [(16, All), (16, All)]),
    ("noauth-plain", NONE, [(16, All), (16, All)]),
    ("oneway", STATELESS, [(65, All), (0, All)]),
    ("pap", NONE, [(16, All), (16, All)]),
    ("reordered-plain", NONE, [(716, All), (1058, All)]),
    ("reordered-stateless", STATELESS, [(748, All), (1060, All)]),
    ("uncompressed-headers", NONE, [(16, All), (16, All)]),
    ("vj-refused", NONE, [(19, All), (18, All)]),
];

fn is_part_in_order(part: &[Vec<u8>], whole: &[Vec<u8>]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|packet| whole.any(|other| other == packet))
}

fn check<R>(session: &Session, side: Side, node: &Node<Every, R>, (seen, found): (usize, Found)) {
    let inside = &recording::inside(&session.name)[index(side.peer())];
    let context = format!(
        "{}, our {side:?}: {} packets of {}, down: {:?}\n{:#?}\n{:?}",
        session.name,
        node.packets.len(),
        inside.len(),
        node.down,
        node.events,
        node.discards.iter().take(20).collect::<Vec<_>>(),
    );
    assert_eq!(inside.len(), seen, "{context}");
    match found {
        All => assert!(node.packets == *inside, "{context}"),
        Part(count) => {
            assert_eq!(node.packets.len(), count, "{context}");
            assert!(is_part_in_order(&node.packets, inside), "{context}");
        }
    }
    // The client says goodbye in the tunnel, and the server's last word is the end of its TCP connection.
    let down = match side {
        Side::Client => DownReason::Control(CloseReason::TcpClosed),
        Side::Server => DownReason::Ppp(PppDown::PeerClosed),
    };
    assert_eq!(node.down, Some(down), "{context}");
    let ipv4 = node.ipv4.unwrap();
    let addresses = [side, side.peer()].map(|side| session.facts.address(side, 3));
    assert_eq!([ipv4.local, ipv4.remote], addresses, "{context}");
}

#[test]
fn a_client_reads_what_a_real_server_sent() {
    for (name, mppe, [_, expected]) in TUNNELS {
        let session = Session::new(name);
        let mut node = session.client::<Every>(mppe);
        if is_reordered(name) {
            node = node.with_reorder();
        }
        session.replay(&mut node, Side::Client);
        check(&session, Side::Client, &node, expected);
    }
}

#[test]
fn a_server_reads_what_a_real_client_sent() {
    for (name, mppe, [expected, _]) in TUNNELS {
        let session = Session::new(name);
        let mut node = session.server::<Every>(mppe);
        if is_reordered(name) {
            node = node.with_reorder();
        }
        session.replay(&mut node, Side::Server);
        check(&session, Side::Server, &node, expected);
    }
}

/// The response is on the identifier as well, so that it is only our client that can be put in: to a server of ours the
/// recorded one is of another exchange.
#[test]
fn a_client_proves_itself_by_md5_as_a_real_one_did() {
    let session = Session::new("chap-md5");
    let mut client = session.client::<Every>(NONE);
    session.replay(&mut client, Side::Client);
    check(&session, Side::Client, &client, (16, All));
    let session = Session::new("wrong-password-chap");
    let mut client = session.client::<Every>(NONE);
    session.replay(&mut client, Side::Client);
    let refused = PppDown::AuthenticationFailed(ErrorCode::AuthenticationFailure);
    assert_eq!(client.down, Some(DownReason::Ppp(refused)));
}

/// Whether late packets are worth waiting for.
fn is_reordered(name: &str) -> bool {
    name.starts_with("reordered") || name.starts_with("lossy")
}

/// Sessions that failed, with a client and a server of ours in the place of the recorded ones, and the cause that each
/// gives.
#[rustfmt::skip]
const FAILURES: [Failure; 12] = [
    ("auth-refused",
        (NONE, DownReason::Ppp(PppDown::CredentialsWanted)),
        (NONE, DownReason::Ppp(PppDown::PeerRefusesAuthentication))),
    ("mppe-refused-by-client",
        (NONE, DownReason::Ppp(PppDown::PeerRequiresEncryption)),
        (STATELESS, DownReason::Ppp(PppDown::EncryptionRefused))),
    ("mppe-refused-by-server",
        (STATELESS, DownReason::Ppp(PppDown::EncryptionRefused)),
        (NONE, DownReason::Ppp(PppDown::PeerRequiresEncryption))),
    ("mppe-refused-by-server-noccp",
        (STATELESS, DownReason::Ppp(PppDown::EncryptionRefused)),
        (NONE, DownReason::Ppp(PppDown::PeerRequiresEncryption))),
    ("mschap2-mppe-128-not-40",
        (BITS_40, DownReason::Ppp(PppDown::EncryptionRefused)),
        (STATELESS, DownReason::Ppp(PppDown::EncryptionRefused))),
    // The recorded client left before the server had answered what it asked for.
    ("mschap2-mppe-by-client",
        (STATELESS, DownReason::Control(CloseReason::TcpClosed)),
        (NONE, DownReason::Ppp(PppDown::PeerRequiresEncryption))),
    ("mschap2-mppe-by-server",
        (NONE, DownReason::Ppp(PppDown::PeerRequiresEncryption)),
        (STATELESS, DownReason::Ppp(PppDown::EncryptionRefused))),
    // To our server, which suggests stateless mode where the recorded one rejected stateful, encryption comes up.
    ("mschap2-mppe128-stateful-refused",
        (STATEFUL, DownReason::Ppp(PppDown::EncryptionRefused)),
        (STATELESS, DownReason::Call(CallEnd::Cleared))),
    // pppd's LAN Manager hash is not there, so that it has no keys of 40 bits; and without leave neither have we.
    ("mschap1-mppe40",
        (BITS_40, DownReason::Ppp(PppDown::NoEncryptionKeys)),
        (BITS_40, DownReason::Ppp(PppDown::NoEncryptionKeys))),
    ("wrong-password-pap",
        (NONE, DownReason::Ppp(PppDown::AuthenticationFailed(ErrorCode::AuthenticationFailure))),
        (NONE, DownReason::Ppp(PppDown::PeerRejected))),
    ("wrong-password-mschap",
        (NONE, DownReason::Ppp(PppDown::AuthenticationFailed(ErrorCode::AuthenticationFailure))),
        (NONE, DownReason::Ppp(PppDown::PeerRejected))),
    ("wrong-password-mschap-v2",
        (NONE, DownReason::Ppp(PppDown::AuthenticationFailed(ErrorCode::AuthenticationFailure))),
        (NONE, DownReason::Ppp(PppDown::PeerRejected))),
];

type Failure = (
    &'static str,
    (MppePolicy, DownReason),
    (MppePolicy, DownReason),
);

#[test]
fn a_session_that_failed_fails_for_the_same_cause() {
    for (name, (client_mppe, client_down), (server_mppe, server_down)) in FAILURES {
        let session = Session::new(name);
        let mut client = session.client::<Every>(client_mppe);
        session.replay(&mut client, Side::Client);
        assert_eq!(
            client.down,
            Some(client_down),
            "{name}: {:#?}",
            client.events
        );
        let mut server = session.server::<Every>(server_mppe);
        session.replay(&mut server, Side::Server);
        assert_eq!(
            server.down,
            Some(server_down),
            "{name}: {:#?}",
            server.events
        );
        for packets in [&client.packets, &server.packets] {
            assert!(packets.is_empty(), "{name}");
        }
    }
}

/// After a loss stateful MPPE cannot be read until a packet with bit A (RFC 3078 §8.2). Which packets that leaves is
/// told by the headers alone; each of them has to come out.
#[test]
fn after_each_reset_every_packet_is_read() {
    let session = Session::new("lossy-stateful");
    let mut sent = [BTreeMap::new(), BTreeMap::new()];
    for record in &session.records {
        // Protocol 0xfd, compressed to one octet: then bits A to D and the count.
        if let What::Gre(datagram) = &record.what
            && let (header, [0xfd, high, low, ..]) = GreHeader::parse(datagram).unwrap()
        {
            let word = u16::from_be_bytes([*high, *low]);
            sent[index(record.from)].insert(header.sequence, word);
        }
    }
    let readable = sent.map(|packets| {
        let mut expected = 0;
        let in_order = packets.values().filter(|&&word| {
            let (flushed, count) = (word & 0x8000 != 0, word & 0x0fff);
            let readable = flushed || count == expected;
            if readable {
                expected = (count + 1) & 0x0fff;
            }
            readable
        });
        in_order.count()
    });
    let mut client = session.client::<Every>(STATEFUL).with_reorder();
    session.replay(&mut client, Side::Client);
    let mut server = session.server::<Every>(STATEFUL).with_reorder();
    session.replay(&mut server, Side::Server);
    assert_eq!([server.packets.len(), client.packets.len()], readable);
}

/// Where the recorded ends compressed TCP/IP headers (RFC 1144), which ours reject, the other packets of IPv4 come out.
#[test]
fn what_has_whole_headers_comes_out_beside_what_has_not() {
    for (name, mppe) in [
        ("mschap2-mppe128", STATELESS),
        ("noauth", NONE),
        ("vj", NONE),
        ("vj-noccomp", NONE),
    ] {
        let session = Session::new(name);
        let mut client = session.client::<Every>(mppe);
        session.replay(&mut client, Side::Client);
        let mut server = session.server::<Every>(mppe);
        session.replay(&mut server, Side::Server);
        let inside = recording::inside(name);
        for (packets, inside) in [server.packets, client.packets].iter().zip(&inside) {
            assert_eq!(packets.len(), 7, "{name}");
            assert!(is_part_in_order(packets, inside), "{name}");
        }
    }
}

/// Takes datagrams with user data from a real session, singly and many in a row: the others come out all the same.
#[test]
fn a_stateless_session_with_losses_loses_no_more() {
    let (name, session) = ("many-stateless", Session::new("many-stateless"));
    let inside = recording::inside(name);
    for seed in 0..8 {
        let mut rng = Rng::new(seed);
        let mut expected = [Vec::new(), Vec::new()];
        let mut sent = [0, 0];
        let mut burst = 0;
        let mut lossy = Session::new(name);
        lossy.records.retain(|record| {
            let What::Gre(datagram) = &record.what else {
                return true;
            };
            let frame = Framed::parse(datagram);
            if frame.is_none_or(|frame| frame.protocol != Protocol::COMPRESSED) {
                return true;
            }
            let from = index(record.from);
            let packet = &inside[from][sent[from]];
            sent[from] += 1;
            burst = match burst {
                0 if rng.chance(0.01) => rng.below(200),
                0 => usize::from(rng.chance(0.1)),
                left => left - 1,
            };
            if burst == 0 {
                expected[from].push(packet.clone());
            }
            burst == 0
        });
        assert_eq!(sent, [4518, 4518]);
        let mut client = session.client::<Every>(STATELESS);
        lossy.replay(&mut client, Side::Client);
        let mut server = session.server::<Every>(STATELESS);
        lossy.replay(&mut server, Side::Server);
        let lost = expected.each_ref().map(|packets| 4518 - packets.len());
        assert!(
            lost.iter().all(|&lost| (500..4000).contains(&lost)),
            "{lost:?}"
        );
        assert!(
            server.packets == expected[0],
            "{seed}: {} of {}",
            server.packets.len(),
            expected[0].len()
        );
        assert!(
            client.packets == expected[1],
            "{seed}: {} of {}",
            client.packets.len(),
            expected[1].len()
        );
    }
}

/// How many of the packets that `from` sent through the tunnel came after one with a higher number.
fn late(session: &Session, from: Side) -> usize {
    let mut highest = None;
    let mut late = BTreeSet::new();
    for record in session.records.iter().filter(|record| record.from == from) {
        if let What::Gre(datagram) = &record.what
            && let Some(sequence) = GreHeader::parse(datagram).unwrap().0.sequence
            && let Some(frame) = Framed::parse(datagram)
        {
            let data = [Protocol::IPV4, Protocol::COMPRESSED].contains(&frame.protocol);
            if data && Some(sequence) < highest {
                late.insert(sequence);
            }
            highest = highest.max(Some(sequence));
        }
    }
    late.len()
}

/// RFC 2637 §4.3: without a buffer to put them in order, packets that come late are dropped; and no others.
#[test]
fn without_reordering_the_late_packets_are_missing() {
    for (name, mppe, late_ones) in [
        ("lossy-stateless", STATELESS, [29, 99]),
        ("reordered-plain", NONE, [22, 65]),
        ("reordered-stateless", STATELESS, [11, 56]),
    ] {
        let session = Session::new(name);
        let late = [Side::Client, Side::Server].map(|from| late(&session, from));
        assert_eq!(late, late_ones, "{name}");
        let mut client = session.client::<Every>(mppe);
        session.replay(&mut client, Side::Client);
        let mut server = session.server::<Every>(mppe);
        session.replay(&mut server, Side::Server);
        for (packets, side) in [
            (server.packets, Side::Client),
            (client.packets, Side::Server),
        ] {
            let (_, _, counts) = TUNNELS.iter().find(|(other, ..)| *other == name).unwrap();
            let all = match counts[index(side)] {
                (seen, All) => seen,
                (_, Part(part)) => part,
            };
            let context = format!("{name}, from the {side:?}");
            assert_eq!(packets.len(), all - late[index(side)], "{context}");
            let inside = &recording::inside(name)[index(side)];
            assert!(is_part_in_order(&packets, inside), "{context}");
        }
    }
}

/// What is in a recording, as it is: with nobody to answer our end, and also where both ends spoke of what we do not
/// have.
#[test]
fn whatever_was_recorded_ends_in_good_order() {
    let names = recording::names();
    assert_eq!(names.len(), 59);
    for name in names {
        let session = Session::new(&name);
        let (records, facts) = (&session.records, &session.facts);
        for mppe in [NONE, STATELESS, EITHER] {
            let mut client = session.client::<Every>(mppe);
            Driver::replay(&mut client, Side::Client, records, facts, false);
            assert!(client.down.is_some(), "{name}: {:#?}", client.events);
            let mut server = session.server::<Every>(mppe).with_reorder();
            Driver::replay(&mut server, Side::Server, records, facts, false);
            assert!(server.down.is_some(), "{name}: {:#?}", server.events);
        }
    }
}
