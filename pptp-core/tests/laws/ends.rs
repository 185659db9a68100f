//! A client and a server to be tested, and what is done with either.

use core::fmt;
use core::net::Ipv4Addr;
use core::time::Duration;
use pptp_core::control::CallAnswer;
use pptp_core::ppp::auth::{AuthId, Grant, Verdict};
use pptp_core::ppp::config::{Ipv4Config, MppePolicy};
use pptp_core::ppp::{self, Credentials, Demand, Methods, Minimal};
use pptp_core::time::Instant;
use pptp_core::wire::{GreHeader, MAX_CONTROL_MESSAGE, Message};
use pptp_core::{
    Client, ClientConfig, DownReason, Event, Network, ProtocolError, Server, ServerConfig, Session,
};

pub const CLIENT_ID: u16 = 7;
pub const SERVER_ID: u16 = 9;
pub const PASSWORD: &str = "wonderland";

pub fn client_config(policy: MppePolicy) -> ClientConfig {
    let mut config = ClientConfig::default();
    config.call.call_id = CLIENT_ID;
    config.ppp.mppe = policy;
    config.ppp.credentials = Some(Credentials::new("alice", PASSWORD).unwrap());
    config
}

pub fn server_config(policy: MppePolicy) -> ServerConfig {
    let mut config = ServerConfig::default();
    config.control.accept = Some(CallAnswer {
        call_id: SERVER_ID,
        ..CallAnswer::default()
    });
    config.ppp.mppe = policy;
    config.ppp.demand = Some(Demand::new(Methods::MS_CHAP_V2, "server").unwrap());
    config.ppp.ipv4 = Ipv4Config {
        local: Some(Ipv4Addr::new(10, 0, 0, 1)),
        remote: Some(Ipv4Addr::new(10, 0, 0, 2)),
        ..Ipv4Config::default()
    };
    config
}

pub fn client() -> Client<Minimal> {
    Client::new(client_config(MppePolicy::default()), [1; 32])
}

pub fn server() -> Server<Minimal> {
    Server::new(server_config(MppePolicy::default()), [2; 32])
}

pub fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

pub fn octets<'a>(message: impl Into<Message<'a>>) -> Vec<u8> {
    let mut out = [0; MAX_CONTROL_MESSAGE];
    message.into().encode(&mut out).unwrap().to_vec()
}

/// An IPv4 packet of UDP with `text` in it.
pub fn packet(text: &[u8]) -> Vec<u8> {
    let total = u16::try_from(28 + text.len()).unwrap();
    let [high, low] = total.to_be_bytes();
    let mut packet = vec![0x45, 0, high, low, 0, 0, 0, 0, 64, 17, 0, 0];
    packet.extend([10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 1, 0, 0, 0, 0]);
    packet.extend(text);
    packet
}

/// What came out of an end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Out {
    pub control: Vec<Vec<u8>>,
    pub gre: Vec<Vec<u8>>,
    pub events: Vec<String>,
    pub request: Option<AuthId>,
    pub down: Option<DownReason>,
    pub error: Option<ProtocolError>,
}

impl Out {
    pub fn append(&mut self, other: Self) {
        self.control.extend(other.control);
        self.gre.extend(other.gre);
        self.events.extend(other.events);
        self.request = other.request.or(self.request);
        self.error = other.error.or(self.error);
        if other.down.is_some() {
            assert_eq!(self.down, None, "an end comes once");
            self.down = other.down;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.control.is_empty() && self.gre.is_empty() && self.events.is_empty()
    }

    /// The control messages, as tcpdump would show them.
    pub fn messages(&self) -> Vec<String> {
        let show = |octets: &Vec<u8>| Message::parse(octets).unwrap().unwrap().0.to_string();
        self.control.iter().map(show).collect()
    }
}

/// What a test does with an end, whichever it is.
pub trait End: Clone + fmt::Debug {
    /// Takes out everything there is, and answers requests for a verdict.
    fn drain(&mut self, now: Instant) -> Out;
    /// Gives octets of the control connection, tells how many were taken, and takes out what comes of it.
    fn give(&mut self, now: Instant, stream: &[u8]) -> (usize, Out);
    /// Gives octets of the control connection as the contract says, and takes out what comes of it.
    fn feed(&mut self, now: Instant, stream: &[u8]) -> Out;
    /// Gives a datagram, and takes out what comes of it; and the packet that was in it.
    fn gre(&mut self, now: Instant, datagram: &[u8]) -> (Option<Vec<u8>>, Out);
    /// Lets time pass until `end`, with a timely call for each timeout.
    fn wait(&mut self, now: Instant, end: Instant) -> Out;
    fn try_send(&mut self, now: Instant, packet: &[u8]) -> Option<Vec<u8>>;
}

impl<R> End for Session<Minimal, R>
where
    Self: Clone + fmt::Debug,
{
    fn drain(&mut self, now: Instant) -> Out {
        let mut out = Out::default();
        let mut buffer = [0; Client::<Minimal>::MAX_OUTPUT];
        loop {
            if let Some(message) = self.poll_control(now, &mut buffer).unwrap() {
                out.control.push(message.to_vec());
            } else if let Some(datagram) = self.poll_gre(now, &mut buffer).unwrap() {
                out.gre.push(datagram.to_vec());
            } else if let Some(event) = self.poll_event() {
                assert_eq!(out.down, None, "nothing comes after the end");
                out.events.push(format!("{event:?}"));
                let mut request = None;
                match event {
                    Event::Down(reason) => out.down = Some(reason),
                    Event::Ppp(ppp::Event::AuthRequested(asked)) => request = Some(asked.id),
                    _ => {}
                }
                if let Some(id) = request {
                    out.request = request;
                    self.authorize(now, id, &Verdict::Password(PASSWORD), Grant::default());
                }
            } else {
                break;
            }
            assert!(out.control.len() + out.gre.len() + out.events.len() < 1000);
        }
        assert_eq!(
            self.next_timeout().is_some(),
            self.timeout_reason().is_some()
        );
        out
    }

    fn give(&mut self, now: Instant, stream: &[u8]) -> (usize, Out) {
        let taken = self.handle_control(now, stream).unwrap();
        (taken, self.drain(now))
    }

    fn feed(&mut self, now: Instant, mut stream: &[u8]) -> Out {
        let mut out = self.drain(now);
        loop {
            match self.handle_control(now, stream) {
                Ok(taken) => {
                    stream = &stream[taken..];
                    let more = self.drain(now);
                    if taken == 0 && more.is_empty() {
                        return out;
                    }
                    out.append(more);
                }
                Err(error) => {
                    out.error = Some(error);
                    out.append(self.drain(now));
                    return out;
                }
            }
        }
    }

    fn gre(&mut self, now: Instant, datagram: &[u8]) -> (Option<Vec<u8>>, Out) {
        let mut datagram = datagram.to_vec();
        let packet = match self.handle_gre(now, &mut datagram) {
            Ok(pptp_core::Inbound::Packet { packet, .. }) => Some(packet.to_vec()),
            _ => None,
        };
        (packet, self.drain(now))
    }

    fn wait(&mut self, mut now: Instant, end: Instant) -> Out {
        let mut out = self.drain(now);
        while let Some(next) = self.next_timeout().filter(|next| *next <= end) {
            now = now.max(next);
            self.handle_timeout(now);
            out.append(self.drain(now));
            assert!(self.next_timeout().is_none_or(|at| at > now), "{self:#?}");
        }
        out
    }

    fn try_send(&mut self, now: Instant, packet: &[u8]) -> Option<Vec<u8>> {
        let mut out = [0; 2048];
        let sent = self.send(now, Network::Ipv4, packet, &mut out);
        sent.ok().map(<[u8]>::to_vec)
    }
}

/// Both ends, joined without a path between them.
#[derive(Debug, Clone)]
pub struct Pair {
    pub now: Instant,
    /// What each end's numbers start at, as the other one sees them.
    pub base: u32,
    pub client: Client<Minimal>,
    pub server: Server<Minimal>,
    pub to_client: (Vec<u8>, Vec<Vec<u8>>),
    pub to_server: (Vec<u8>, Vec<Vec<u8>>),
    pub at_client: Out,
    pub at_server: Out,
}

impl Pair {
    pub fn new(client: Client<Minimal>, server: Server<Minimal>) -> Self {
        let mut pair = Self {
            now: at(1),
            base: 0,
            client,
            server,
            to_client: Default::default(),
            to_server: Default::default(),
            at_client: Out::default(),
            at_server: Out::default(),
        };
        pair.client.control_connected(pair.now);
        pair.server.control_connected(pair.now);
        let (client, server) = (pair.client.drain(pair.now), pair.server.drain(pair.now));
        pair.note(client, true);
        pair.note(server, false);
        pair
    }

    /// A tunnel that is up.
    pub fn up() -> Self {
        let mut pair = Self::new(client(), server());
        pair.settle();
        assert!(pair.is_up(), "{:#?} {:#?}", pair.at_client, pair.at_server);
        pair
    }

    pub fn is_up(&self) -> bool {
        self.client.is_up(Network::Ipv4) && self.server.is_up(Network::Ipv4)
    }

    /// Puts what came out of an end on its way.
    pub fn note(&mut self, out: Out, from_client: bool) {
        let (way, at) = if from_client {
            (&mut self.to_server, &mut self.at_client)
        } else {
            (&mut self.to_client, &mut self.at_server)
        };
        way.0.extend(out.control.iter().flatten());
        way.1.extend(out.gre.iter().cloned());
        at.append(out);
    }

    /// Delivers the next thing that is on its way, the client's first; false if there is none. Gives the packet in it.
    pub fn step(&mut self) -> Option<Option<Vec<u8>>> {
        if !self.to_server.0.is_empty() {
            let stream = core::mem::take(&mut self.to_server.0);
            let out = self.server.feed(self.now, &stream);
            self.note(out, false);
            return Some(None);
        }
        if !self.to_client.0.is_empty() {
            let stream = core::mem::take(&mut self.to_client.0);
            let out = self.client.feed(self.now, &stream);
            self.note(out, true);
            return Some(None);
        }
        if !self.to_server.1.is_empty() {
            let datagram = shifted(self.to_server.1.remove(0), self.base);
            let (packet, out) = self.server.gre(self.now, &datagram);
            self.note(out, false);
            return Some(packet);
        }
        if !self.to_client.1.is_empty() {
            let datagram = shifted(self.to_client.1.remove(0), self.base);
            let (packet, out) = self.client.gre(self.now, &datagram);
            self.note(out, true);
            return Some(packet);
        }
        None
    }

    /// Delivers all that is on its way.
    pub fn settle(&mut self) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        for _ in 0..10_000 {
            match self.step() {
                Some(packet) => packets.extend(packet),
                None => return packets,
            }
        }
        panic!("they never stop");
    }

    /// Delivers all that is on its way, and lets time pass, for both ends alike.
    pub fn run(&mut self, duration: Duration) -> Vec<Vec<u8>> {
        let end = self.now + duration;
        let mut packets = self.settle();
        loop {
            let timeouts = [self.client.next_timeout(), self.server.next_timeout()];
            let Some(next) = timeouts.into_iter().flatten().min().filter(|at| *at <= end) else {
                self.now = end;
                return packets;
            };
            self.now = self.now.max(next);
            self.client.handle_timeout(self.now);
            let out = self.client.drain(self.now);
            self.note(out, true);
            self.server.handle_timeout(self.now);
            let out = self.server.drain(self.now);
            self.note(out, false);
            packets.extend(self.settle());
        }
    }
}

fn shifted(mut datagram: Vec<u8>, base: u32) -> Vec<u8> {
    let (mut header, _) = GreHeader::parse(&datagram).unwrap();
    header.sequence = header.sequence.map(|number| number.wrapping_add(base));
    header.acknowledgment = header
        .acknowledgment
        .map(|number| number.wrapping_sub(base));
    header.encode(&mut datagram).unwrap();
    datagram
}
