//! A client and a server of ours in one program, over a bad link in memory: the program `loopback`.
//!
//! ```text
//! end        a client or a server and its user   what a program does that embeds pptp-core
//! transfer   a file each way, reliably           what the user does with the tunnel
//! datagram   UDP in IPv4                         what goes through it
//! narrate    what happens, in words
//! report     how it went, for people and for programs
//! ```

mod datagram;
mod end;
mod narrate;
pub mod report;
mod transfer;

pub use end::{Agreed, Arrivals};

use crate::inspect::session::option_text;
use end::End;
use pptp_core::control::{CallAnswer, FieldText};
use pptp_core::ppp::config::{Ipv4Config, MppePolicy};
use pptp_core::ppp::wire::{Code, Frame, Options, Packet as PppPacket, Protocol};
use pptp_core::ppp::{Credentials, Demand, Methods};
use pptp_core::testkit::{Conditions, Kind, Packet, Rng, Side, Sim};
use pptp_core::time::Instant;
use pptp_core::wire::GreHeader;
use pptp_core::{Client, ClientConfig, DownReason, Pac, Pns, Server, ServerConfig};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

/// The name by which the client logs in.
pub const USER: &str = "alice";
/// Its password.
pub const PASSWORD: &str = "wonderland";

/// How long the tunnel may take to come up, in virtual time.
const UP_WITHIN: Duration = Duration::from_secs(120);
/// How long the files may take.
const CARRIED_WITHIN: Duration = Duration::from_secs(3600);
/// How long the end may take.
const DOWN_WITHIN: Duration = Duration::from_secs(60);

type Tunnel = Sim<End<Pns>, End<Pac>>;

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where all chance comes from: the same seed, the same run.
    pub seed: u64,
    /// How bad the path is.
    pub conditions: Conditions,
    /// What encryption there must, may or must not be, at both ends.
    pub mppe: MppePolicy,
    /// Whether both ends will compress.
    pub mppc: bool,
    /// Whether the ends put packets in order; else they drop late ones.
    pub reorder: bool,
}

impl Default for Settings {
    /// A path worse than most, and the library's own policy.
    fn default() -> Self {
        Self {
            seed: 1,
            conditions: Conditions {
                loss: 0.05,
                duplication: 0.02,
                reordering: 0.1,
                ..Conditions::INTERNET
            },
            mppe: MppePolicy::default(),
            mppc: false,
            reorder: true,
        }
    }
}

/// Something that happened, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How long after the TCP connection was up.
    pub at: Duration,
    /// Which end it happened to, or who sent it.
    pub side: Side,
    /// Whether it was sent, else it happened.
    pub sent: bool,
    /// What it is.
    pub text: String,
}

/// How it went.
#[derive(Debug)]
pub struct Outcome {
    /// What went wrong; `None` if both files came through and the tunnel ended in good order.
    pub failure: Option<String>,
    /// From the TCP connection to IPv4 at both ends.
    pub up_after: Option<Duration>,
    /// How long the files took, in virtual time.
    pub carried_in: Option<Duration>,
    /// How long everything took, in virtual time.
    pub lasted: Duration,
    /// The client's side of it, and the server's.
    pub ends: [EndOutcome; 2],
    /// All that was put on the wire.
    pub log: Vec<Packet>,
}

/// What one end has to say.
#[derive(Debug)]
pub struct EndOutcome {
    /// What it says has been agreed on.
    pub agreed: Agreed,
    /// What the other end has acknowledged on the wire last: an option of LCP, CCP or IPCP each.
    pub options: Vec<(Protocol, String)>,
    /// GRE packets that it sent, those with something in them.
    pub sent: u64,
    /// GRE packets that it sent which only acknowledge.
    pub acknowledgments: u64,
    /// Network packets that it sent.
    pub packets: u64,
    /// The octets of these, and what they were in the tunnel, compressed or not.
    pub octets: [u64; 2],
    /// Blocks of its file that it sent again.
    pub again: u64,
    /// What came in.
    pub arrivals: Arrivals,
    /// The file that came in.
    pub received: Option<Vec<u8>>,
    /// Why it is down.
    pub down: Option<DownReason>,
}

/// Brings a tunnel up, carries `file` in both directions at once, and takes it down. `tell` is told everything that
/// happens but data.
#[must_use]
pub fn run(settings: &Settings, file: &[u8], mut tell: impl FnMut(&Line)) -> Outcome {
    let mut sim = tunnel(settings, &file.into());
    sim.connect();
    // The time of everything is from when the connection is up, as in Wireshark.
    sim.step();
    let mut run = Run {
        start: sim.now(),
        told: 0,
        tell: &mut tell,
        sim,
    };
    let mut carried_in = None;
    let failure = run.whole_life(file, &mut carried_in).err();
    let Run { start, sim, .. } = run;
    let up_after = [sim.client.agreed.up_at, sim.server.agreed.up_at];
    let up_after = up_after[0].zip(up_after[1]).map(|(a, b)| a.max(b) - start);
    Outcome {
        failure,
        up_after,
        carried_in,
        lasted: sim.now() - start,
        ends: [
            outcome(&sim.client, Side::Client, sim.log()),
            outcome(&sim.server, Side::Server, sim.log()),
        ],
        log: sim.log().to_vec(),
    }
}

fn tunnel(settings: &Settings, file: &Arc<[u8]>) -> Tunnel {
    let mut client = ClientConfig::default();
    client.control.start.host_name = FieldText::new(b"client.example");
    client.call.call_id = 0x4c17;
    client.ppp.mppe = settings.mppe;
    client.ppp.mppc = settings.mppc;
    client.ppp.credentials = Credentials::new(USER, PASSWORD).ok();
    client.ppp.ipv4.ask_dns = true;

    let mut server = ServerConfig::default();
    server.control.start.host_name = FieldText::new(b"server.example");
    server.control.accept = Some(CallAnswer {
        call_id: 0x5e12,
        ..CallAnswer::default()
    });
    server.ppp.mppe = settings.mppe;
    server.ppp.mppc = settings.mppc;
    server.ppp.demand = Demand::new(Methods::MS_CHAP_V2, "server").ok();
    server.ppp.ipv4 = Ipv4Config {
        local: Some(Ipv4Addr::new(10, 0, 0, 1)),
        remote: Some(Ipv4Addr::new(10, 0, 0, 2)),
        dns: [Some(Ipv4Addr::new(10, 0, 0, 1)), None],
        ..Ipv4Config::default()
    };

    // No entropy, for a run to be repeated: never do this outside a simulation.
    let mut rng = Rng::new(settings.seed);
    let mut entropy = || {
        let mut octets = [0; 32];
        for chunk in octets.chunks_exact_mut(8) {
            chunk.copy_from_slice(&rng.u64().to_be_bytes());
        }
        octets
    };
    let mut client = End::new(Client::new(client, entropy()), file.clone());
    let mut server = End::new(Server::new(server, entropy()), file.clone()).with_password(PASSWORD);
    if settings.reorder {
        client = client.with_reorder();
        server = server.with_reorder();
    }
    Sim::new(client, server, settings.conditions, settings.seed)
}

struct Run<'a> {
    sim: Tunnel,
    start: Instant,
    /// How much of the log has been told.
    told: usize,
    tell: &'a mut dyn FnMut(&Line),
}

impl Run<'_> {
    fn whole_life(&mut self, file: &[u8], carried_in: &mut Option<Duration>) -> Result<(), String> {
        let is_up = |sim: &Tunnel| sim.client.transfer.is_some() && sim.server.transfer.is_some();
        self.until("come up", UP_WITHIN, is_up)?;
        let up = self.sim.now();
        self.until("carry the files", CARRIED_WITHIN, |sim| {
            sim.client.is_complete() && sim.server.is_complete()
        })?;
        *carried_in = Some(self.sim.now() - up);

        let now = self.sim.now();
        self.sim.client.session.close(now);
        self.finish("end", DOWN_WITHIN)?;
        let transfers = [&self.sim.client.transfer, &self.sim.server.transfer];
        let received = transfers.map(|transfer| transfer.as_ref().and_then(|it| it.received()));
        match received.iter().all(|it| it.as_deref() == Some(file)) {
            true => Ok(()),
            false => Err("a file came through changed".into()),
        }
    }

    /// Goes on until `done`, and tells what happens.
    fn until(
        &mut self,
        what: &str,
        limit: Duration,
        done: impl Fn(&Tunnel) -> bool,
    ) -> Result<(), String> {
        let end = self.sim.now() + limit;
        loop {
            self.tell();
            if done(&self.sim) {
                return Ok(());
            }
            let down = [
                ("client", self.sim.client.down),
                ("server", self.sim.server.down),
            ];
            for (name, reason) in down {
                if let Some(reason) = reason {
                    return Err(format!("the tunnel did not {what}; the {name}: {reason}"));
                }
            }
            if self.sim.now() > end || !self.sim.step() {
                return Err(format!("the tunnel did not {what} within {limit:?}"));
            }
        }
    }

    /// Goes on until everything is down and nothing is on its way.
    fn finish(&mut self, what: &str, limit: Duration) -> Result<(), String> {
        let end = self.sim.now() + limit;
        loop {
            self.tell();
            let sides = [Side::Client, Side::Server];
            let quiet = sides.map(|side| {
                self.sim.link_to(side).next_arrival().is_none() && !self.sim.is_connected(side)
            });
            if quiet == [true; 2] {
                break;
            }
            if self.sim.now() > end || !self.sim.step() {
                return Err(format!("the tunnel did not {what} within {limit:?}"));
            }
        }
        match (self.sim.client.down, self.sim.server.down) {
            (Some(DownReason::Closed), Some(_)) => Ok(()),
            (client, server) => Err(format!(
                "the tunnel did not {what} in good order: client {client:?}, server {server:?}"
            )),
        }
    }

    fn tell(&mut self) {
        let start = self.start;
        let mut lines = Vec::new();
        let news = [
            (Side::Client, core::mem::take(&mut self.sim.client.news)),
            (Side::Server, core::mem::take(&mut self.sim.server.news)),
        ];
        for (side, news) in news {
            lines.extend(news.into_iter().map(|(at, text)| Line {
                at: at - start,
                side,
                sent: false,
                text,
            }));
        }
        for packet in self.sim.log().iter().skip(self.told) {
            if let Some(text) = narrate::packet(packet) {
                lines.push(Line {
                    at: packet.at - start,
                    side: packet.from,
                    sent: true,
                    text,
                });
            }
        }
        self.told = self.sim.log().len();
        // What happens makes an end say something, not the other way round.
        lines.sort_by_key(|line| line.at);
        lines.iter().for_each(|line| (self.tell)(line));
    }
}

fn outcome<R>(end: &End<R>, side: Side, log: &[Packet]) -> EndOutcome {
    let gre = log.iter().filter(|packet| packet.kind == Kind::Gre);
    let gre = gre.filter_map(|packet| Some((packet.from, GreHeader::parse(&packet.bytes).ok()?)));
    let (mut sent, mut acknowledgments, mut packets, mut octets) = (0, 0, 0, 0);
    let mut options = Vec::new();
    for (from, (header, payload)) in gre {
        let frame = Frame::parse(payload).ok();
        if from == side {
            sent += u64::from(header.sequence.is_some());
            acknowledgments += u64::from(header.sequence.is_none());
            let is_network =
                |frame: Frame<'_>| matches!(frame.protocol, Protocol::IPV4 | Protocol::COMPRESSED);
            if let Some(frame) = frame.filter(|frame| is_network(*frame)) {
                packets += 1;
                // In 0x00FD two octets of header stand before it, and a Protocol field in it.
                let around = if frame.protocol == Protocol::COMPRESSED {
                    4
                } else {
                    0
                };
                octets += frame.payload.len() as u64 - around;
            }
        } else if let Some(frame) = frame {
            note_acknowledged(frame, &mut options);
        }
    }
    let transfer = end.transfer.as_ref();
    EndOutcome {
        agreed: end.agreed,
        options,
        sent,
        acknowledgments,
        packets,
        octets: [end.octets_sent, octets],
        again: transfer.map_or(0, |transfer| transfer.sent_blocks().1),
        arrivals: end.arrivals.clone(),
        received: transfer.and_then(|transfer| transfer.received()),
        down: end.down,
    }
}

/// Notes the options of a Configure-Ack, in place of those of the protocol's last one.
fn note_acknowledged(frame: Frame<'_>, options: &mut Vec<(Protocol, String)>) {
    let Ok(packet) = PppPacket::parse(frame.payload) else {
        return;
    };
    // In other protocols the code of a Configure-Ack is something else: a Response, in CHAP.
    let negotiates = [Protocol::LCP, Protocol::CCP, Protocol::IPCP].contains(&frame.protocol);
    if packet.code != Code::CONFIGURE_ACK || !negotiates {
        return;
    }
    options.retain(|(protocol, _)| *protocol != frame.protocol);
    for option in Options::new(packet.data).flatten() {
        let text = option_text(frame.protocol, option);
        options.push((frame.protocol, text));
    }
}
