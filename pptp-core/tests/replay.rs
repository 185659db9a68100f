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
#[path = "replay/peer.rs"]
mod peer;
#[path = "replay/recording.rs"]
mod recording;

use driver::Driver;
use facts::{Facts, index};
use pptp_core::control::CallAnswer;
use pptp_core::ppp::config::{Ipv4Config, LcpConfig, Modes, MppePolicy, Requirement, Strengths};
use pptp_core::ppp::wire::{Code, Protocol};
use pptp_core::ppp::{Credentials, Demand, Method, Minimal, PppConfig, Random};
use pptp_core::testkit::{Node, Side};
use pptp_core::{Client, ClientConfig, Pac, Pns, Server, ServerConfig};
use recording::Record;

const USER: &str = "alice";
const PASSWORD: &str = "wonderland";

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

/// A recorded session, and its two ends as ours are to be.
struct Session {
    name: &'static str,
    records: Vec<Record>,
    facts: Facts,
}

impl Session {
    fn new(name: &'static str) -> Self {
        let records = recording::wire(name);
        let facts = Facts::new(&records);
        Self {
            name,
            records,
            facts,
        }
    }

    fn random(&self, side: Side) -> Random {
        Random::scripted(self.facts.random(side).leak(), [7; 32])
    }

    /// What both ends have in common, as the recorded end on `side` had it.
    fn ppp(&self, side: Side, mppe: MppePolicy) -> PppConfig {
        let asked = self.facts.asked_first(side, Protocol::LCP);
        let mru = asked.iter().find(|(kind, _)| *kind == 1);
        PppConfig {
            lcp: LcpConfig {
                mru: mru.map_or(1500, |(_, mru)| u16::from_be_bytes([mru[0], mru[1]])),
                echo_interval: None,
                ..LcpConfig::default()
            },
            mppe,
            ..PppConfig::default()
        }
    }

    fn client(&self, mppe: MppePolicy) -> Node<Minimal, Pns> {
        let mut config = ClientConfig::default();
        config.call.call_id = self.facts.call_ids[0];
        config.ppp = self.ppp(Side::Client, mppe);
        config.ppp.credentials = Some(Credentials::new(USER, PASSWORD).unwrap());
        let asked = self.facts.asked_first(Side::Client, Protocol::IPCP);
        config.ppp.ipv4.ask_dns = asked.iter().any(|(kind, _)| *kind == 129);
        Node::new(Client::with_random(config, self.random(Side::Client)))
    }

    fn server(&self, mppe: MppePolicy) -> Node<Minimal, Pac> {
        let mut config = ServerConfig::default();
        config.control.accept = Some(CallAnswer {
            call_id: self.facts.call_ids[1],
            ..CallAnswer::default()
        });
        config.ppp = self.ppp(Side::Server, mppe);
        let asked = self.facts.asked_first(Side::Server, Protocol::LCP);
        if asked.iter().any(|(kind, _)| *kind == 3) {
            config.ppp.demand = Some(Demand::new(Method::MsChapV2, "pptpd").unwrap());
        }
        config.ppp.ipv4 = Ipv4Config {
            local: self.facts.address(Side::Server),
            remote: self.facts.address(Side::Client),
            ..Ipv4Config::default()
        };
        let server = Server::with_random(config, self.random(Side::Server));
        Node::new(server).with_password(PASSWORD)
    }

    fn replay<R>(&self, node: &mut Node<Minimal, R>, side: Side) {
        let driver = Driver::replay(node, side, &self.records, &self.facts, true);
        self.check_authentication(side, &driver.chap);
    }

    /// Our end says of authentication what the recorded one said, but for Identifiers and texts.
    fn check_authentication(&self, side: Side, ours: &[(Code, Vec<u8>)]) {
        let recorded = self.facts.said.iter();
        let recorded = recorded.filter(|said| said.by == side && said.protocol == Protocol::CHAP);
        let theirs: Vec<_> = recorded
            .map(|said| (said.code, said.data.clone()))
            .collect();
        let cut = |(code, data): &(Code, Vec<u8>)| {
            // Of a Success the proof counts, of a Failure the code (RFC 2759 §5, §6).
            let len = match code.0 {
                3 => 42,
                4 => 5,
                _ => data.len(),
            };
            (code.0, data[..len].to_vec())
        };
        // What was sent again counts once.
        let [ours, theirs] = [ours, &theirs].map(|said| {
            let mut said: Vec<_> = said.iter().map(cut).collect();
            said.dedup();
            said
        });
        assert_eq!(ours, theirs, "{}, our {side:?}", self.name);
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
const TUNNELS: [Tunnel; 25] = [
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
    ("reordered-plain", NONE, [(716, All), (1058, All)]),
    ("reordered-stateless", STATELESS, [(748, All), (1060, All)]),
    ("uncompressed-headers", NONE, [(16, All), (16, All)]),
    ("vj-refused", NONE, [(19, All), (18, All)]),
];

fn is_part_in_order(part: &[Vec<u8>], whole: &[Vec<u8>]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|packet| whole.any(|other| other == packet))
}

fn check<R>(session: &Session, side: Side, node: &Node<Minimal, R>, (seen, found): (usize, Found)) {
    let inside = &recording::inside(session.name)[index(side.peer())];
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
    let ipv4 = node.ipv4.unwrap();
    let addresses = [side, side.peer()].map(|side| session.facts.address(side));
    assert_eq!([ipv4.local, ipv4.remote], addresses, "{context}");
}

#[test]
fn a_client_reads_what_a_real_server_sent() {
    for (name, mppe, [_, expected]) in TUNNELS {
        let session = Session::new(name);
        let mut node = session.client(mppe);
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
        let mut node = session.server(mppe);
        if is_reordered(name) {
            node = node.with_reorder();
        }
        session.replay(&mut node, Side::Server);
        check(&session, Side::Server, &node, expected);
    }
}

/// Whether late packets are worth waiting for.
fn is_reordered(name: &str) -> bool {
    name.starts_with("reordered") || name.starts_with("lossy")
}
