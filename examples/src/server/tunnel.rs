//! One client: its TCP connection, its end of the library, and what is kept of it.

use super::change_v1::ChangeV1;
use super::eap_tls::Handshake;
use super::plain::Plain;
use super::radius::Talk;
use super::users::User;
use crate::net::control::Control;
use crate::net::device::Device;
use crate::net::gre::{GreSocket, MAX_DATAGRAM};
use crate::net::order::Order;
use crate::net::packet;
use crate::net::probe::Probe;
use crate::net::segments::with_clamped;
use ipnet::Ipv4Net;
use mio::net::TcpStream;
use pptp_core::admission::Ticket;
use pptp_core::codec::BufferTooSmall;
use pptp_core::gre::Received;
use pptp_core::ppp::auth::eap::{Eap, PassThrough};
use pptp_core::ppp::auth::mschapv2::Change;
use pptp_core::ppp::wire::Text;
use pptp_core::ppp::{
    AllocMppcMppe, AuthId, ChapMd5, Ipv4Only, MsChapV1Change, MsChapV2Change, Pap, Profile, Proof,
};
use pptp_core::time::Instant;
use pptp_core::{DownReason, Event, Inbound, Network, SendError, Server};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::rc::Rc;
use std::time::Duration;
use tracing::{debug, trace, warn};

/// How many packets are held back at most until those before them come.
const HELD_PACKETS: usize = 64;

/// Every method of authentication, with EAP for a RADIUS server and changes of password; MPPE, MPPC with memory
/// once it is agreed on, IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Every;

impl Profile for Every {
    type Suite = AllocMppcMppe;
    type Auth = (
        (MsChapV2Change, MsChapV1Change),
        ((ChapMd5, Pap), Eap<Change, PassThrough<1500>>),
    );
    type Networks = Ipv4Only;
}

/// What has gone through a tunnel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    /// Packets to the client.
    pub sent: u64,
    /// Their octets.
    pub sent_octets: u64,
    /// Packets from the client.
    pub received: u64,
    /// Their octets.
    pub received_octets: u64,
    /// Packets for the client that could not be sent.
    pub unsent: u64,
    /// Packets from the client with an address that is not its own.
    pub spoofed: u64,
}

/// Somebody who was let in.
#[derive(Debug)]
pub struct Newcomer {
    /// Its TCP connection.
    pub tcp: TcpStream,
    /// Where it connects from.
    pub peer: SocketAddrV4,
    /// What it was let in by.
    pub ticket: Ticket,
}

/// One client.
#[derive(Debug)]
pub struct Tunnel {
    /// What it is called in logs, and when it is to be ended.
    pub number: u64,
    /// Where it connects from.
    pub peer: SocketAddrV4,
    /// What it was let in by.
    pub ticket: Ticket,
    /// The library's end of it.
    pub session: Server<Every>,
    /// Which raw socket its GRE goes through.
    pub gre: usize,
    /// The call id that the table knows it by.
    pub call_id: Option<u16>,
    /// Who it is, once that is said; not yet proven then.
    pub user: Option<Rc<User>>,
    /// Where the question about it is that a RADIUS server is asked.
    pub question: Option<usize>,
    /// Its EAP with this server itself, which has not come to an end.
    pub handshake: Option<Box<Handshake>>,
    /// Its EAP with a RADIUS server, which has not come to an end.
    pub talk: Option<Talk>,
    /// How long it may be up, if that is said.
    pub longest: Option<Duration>,
    /// Which address it gets.
    pub address: Option<Ipv4Addr>,
    /// Whether the address is the pool's.
    pub pooled: bool,
    /// Whether packets are led to it.
    pub connected: bool,
    /// Whether it has come up, ever.
    pub up: bool,
    /// When it connected, and then when it came up.
    pub since: Instant,
    /// When it is cut off, if nothing happens before: it takes too long to come up or to go, or has been up for long
    /// enough.
    pub deadline: Option<Instant>,
    /// How often a log-in has failed.
    pub failures: u8,
    /// Why a log-in that fails does.
    pub refusal: &'static str,
    /// Until when it is told nothing over GRE, and then that it is refused: a refusal comes after the same time whatever it
    /// is for.
    pub silent_until: Option<Instant>,
    /// What the caller ended it for.
    pub ended: Option<&'static str>,
    /// When the loop is to wake up for it.
    pub alarm: Option<Instant>,
    /// Whether it may have something to say.
    pub marked: bool,
    /// Its own device, if each has one.
    pub device: Option<Device>,
    /// What has gone through.
    pub counters: Counters,
    /// Gets it over losses, as long as packets are led to it.
    pub probe: Probe,
    /// Whether TCP is kept from segments that are too long.
    pub clamps: bool,
    order: Order<HELD_PACKETS>,
    control: Control<TcpStream>,
}

impl Tunnel {
    /// A client that has just connected.
    #[must_use]
    pub fn new(
        number: u64,
        newcomer: Newcomer,
        session: Server<Every>,
        gre: usize,
        patience: Duration,
        now: Instant,
    ) -> Self {
        let Newcomer { tcp, peer, ticket } = newcomer;
        Self {
            number,
            peer,
            ticket,
            session,
            gre,
            call_id: None,
            user: None,
            question: None,
            handshake: None,
            talk: None,
            longest: None,
            address: None,
            pooled: false,
            connected: false,
            up: false,
            since: now,
            deadline: None,
            failures: 0,
            refusal: "",
            silent_until: None,
            ended: None,
            alarm: None,
            marked: false,
            device: None,
            counters: Counters::default(),
            probe: Probe::default(),
            clamps: true,
            order: Order::new(patience),
            control: Control::new(tcp),
        }
    }

    /// The TCP connection, to be waited for.
    pub const fn tcp(&mut self) -> &mut TcpStream {
        self.control.tcp()
    }

    /// How the user is called.
    #[must_use]
    pub fn user_name(&self) -> &str {
        self.user.as_ref().map_or("-", |user| &user.name)
    }

    /// The networks behind it.
    #[must_use]
    pub fn networks(&self) -> &[Ipv4Net] {
        self.user.as_ref().map_or(&[], |user| &user.networks)
    }

    /// How many packets from it were not lost although others had overtaken them.
    #[must_use]
    pub fn overtaken(&self) -> u64 {
        self.order.overtaken()
    }

    /// When something is due.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        if self.silent_until.is_some() {
            // What the library has due by then waits as well.
            return [self.silent_until, self.deadline]
                .into_iter()
                .flatten()
                .min();
        }
        let (order, probe) = (self.order.next_timeout(), self.probe.next_timeout());
        [self.session.next_timeout(), order, probe, self.deadline]
            .into_iter()
            .flatten()
            .min()
    }

    /// Reads what has come over TCP.
    pub fn read_control(&mut self, now: Instant) {
        self.control.read(now, &mut self.session, None);
    }

    /// Whether there may be more to read: the loop is told of what comes, and not of what is left.
    #[must_use]
    pub const fn has_more_control(&self) -> bool {
        self.control.has_more()
    }

    /// Takes a GRE packet, and hands the network packets that come out to `shared`, or to its own device. Tells whether
    /// something was for the library itself, which may have to be answered at once.
    pub fn receive(&mut self, now: Instant, datagram: &mut [u8], shared: Option<&Device>) -> bool {
        let (sequence, payload) = match self.session.receive_gre(now, datagram) {
            Ok(Received::Packet { sequence, payload }) => (sequence, payload),
            Ok(Received::Acknowledgment) => return false,
            Err(discard) => {
                trace!(session = self.number, %discard, "dropped");
                return false;
            }
        };
        self.release(now, Some((sequence, payload)), shared)
    }

    /// Delivers the packets whose turn it is.
    pub fn release(
        &mut self,
        now: Instant,
        packet: Option<(u32, &mut [u8])>,
        shared: Option<&Device>,
    ) -> bool {
        let mut order = std::mem::take(&mut self.order);
        let mut own = false;
        order.pass(now, packet, |sequence, payload| {
            own |= self.deliver(now, sequence, payload, shared);
        });
        self.order = order;
        own
    }

    fn deliver(
        &mut self,
        now: Instant,
        sequence: u32,
        payload: &mut [u8],
        shared: Option<&Device>,
    ) -> bool {
        let clamp = self.clamp();
        match self.session.deliver(now, sequence, payload) {
            Ok(Inbound::Packet { packet, .. }) => {
                // Whoever sends in somebody else's name gets nowhere.
                let source = packet::source(packet);
                let networks = self.user.as_ref().map(|user| user.networks.as_slice());
                let is_own = |source| {
                    let behind = |network: &Ipv4Net| network.contains(&source);
                    self.address == Some(source)
                        || networks.is_some_and(|all| all.iter().any(behind))
                };
                if !source.is_some_and(is_own) {
                    self.counters.spoofed += 1;
                    return false;
                }
                self.counters.received += 1;
                self.counters.received_octets += len_of(packet);
                self.probe.received(now, packet);
                if let Some(device) = shared.or(self.device.as_ref())
                    && let Err(error) = with_clamped(packet, clamp, |packet| device.write(packet))
                {
                    debug!(device = device.name(), %error, "dropped");
                }
                false
            }
            Ok(_) => true,
            Err(discard) => {
                trace!(session = self.number, %discard, "dropped");
                true
            }
        }
    }

    /// How long packets may be for which TCP's segments are to be made to fit, if they are.
    fn clamp(&self) -> Option<usize> {
        self.clamps.then(|| self.session.mtu())
    }

    /// Sends a network packet to the client.
    ///
    /// # Errors
    /// [`SendError`] if it cannot be sent.
    pub fn send(
        &mut self,
        now: Instant,
        packet: &[u8],
        gre: &mut GreSocket,
    ) -> Result<(), SendError> {
        let clamp = self.clamp();
        let session = &mut self.session;
        let sent = gre.send(Some(*self.peer.ip()), |room| {
            let datagram = with_clamped(packet, clamp, |packet| {
                session.send(now, Network::Ipv4, packet, room)
            })?;
            Ok::<_, SendError>(datagram.len())
        });
        match sent {
            Ok(_) => {
                self.counters.sent += 1;
                self.counters.sent_octets += len_of(packet);
                self.probe.sent(now, packet);
                Ok(())
            }
            Err(error) => {
                trace!(session = self.number, %error, "not sent");
                self.counters.unsent += 1;
                Err(error)
            }
        }
    }

    /// Does what time demands.
    pub fn wake(&mut self, now: Instant, gre: Option<&mut GreSocket>) {
        self.session.handle_timeout(now);
        if let (Some(ping), Some(gre)) = (self.probe.poll(now), gre) {
            // As with any packet, it may be lost.
            let _ = self.send(now, &ping, gre);
        }
    }

    /// Sends a packet again that the client has not read.
    pub fn mend(&mut self, now: Instant, gre: &mut GreSocket) {
        if let Some(packet) = self.probe.again(now, self.session.resets()) {
            let _ = self.send(now, &packet, gre);
        }
    }

    /// Sends all that the library wants sent, and tells whether there was anything: what one outlet gives may open
    /// another.
    pub fn flush(&mut self, now: Instant, gre: &mut GreSocket) -> bool {
        let mut did_something = self.control.exchange(now, &mut self.session, None);
        if self.silent_until.is_some_and(|until| now < until) {
            return did_something;
        }
        self.silent_until = None;
        loop {
            let session = &mut self.session;
            let sent = gre.send(Some(*self.peer.ip()), |room| {
                let datagram = session.poll_gre(now, room)?;
                Ok::<_, BufferTooSmall>(datagram.map_or(0, <[u8]>::len))
            });
            if !sent.is_ok_and(|len| len > 0) {
                return did_something;
            }
            did_something = true;
        }
    }

    /// The next thing that the library tells, of those that matter here.
    pub fn poll(&mut self) -> Option<Happening> {
        use pptp_core::ppp::Event as Link;
        let number = self.number;
        loop {
            let event = self.session.poll_event()?;
            trace!(session = number, ?event);
            return Some(match event {
                Event::Connected { .. } => Happening::Started,
                Event::CallRequested(_) => Happening::CallRequested,
                Event::IncomingCall(call) => {
                    Happening::IncomingCall(Text(call.dialing_number).to_string())
                }
                Event::CallConnected(_) => Happening::Called,
                Event::Ppp(Link::AuthRequested(request)) => Happening::AuthRequested {
                    id: request.id,
                    name: request.name.to_vec(),
                    presented: match request.proof {
                        Proof::MsChapV2(proof) => Presented::response(&proof),
                        Proof::ChangePassword(proof) => Presented::change(&proof),
                        Proof::ChangePasswordV1(proof) => match ChangeV1::new(&proof) {
                            Some(change) => Presented::ChangeV1(change),
                            None => continue,
                        },
                        proof => match Plain::new(&proof) {
                            Some(plain) => Presented::Plain(plain),
                            None => continue,
                        },
                    },
                },
                Event::Ppp(Link::Eap(eap)) => Happening::Eap {
                    id: eap.id,
                    packet: eap.packet.to_vec(),
                },
                Event::Ppp(Link::Ipv4Up(ipv4)) => Happening::Up(ipv4),
                Event::Ppp(Link::Ipv4Down) => Happening::NoIpv4,
                Event::Down(reason) => Happening::Down(reason),
                Event::Diagnosis(diagnosis) => {
                    warn!(session = number, peer = %self.peer.ip(), why = %diagnosis, "trouble");
                    continue;
                }
                _ => continue,
            });
        }
    }
}

/// How a client proves who it is.
#[derive(Debug)]
pub enum Presented {
    /// By a Response.
    Response {
        /// The identifier of the message.
        identifier: u8,
        /// What it was challenged with.
        challenge: [u8; 16],
        /// What it challenged us with.
        peer_challenge: [u8; 16],
        /// The proof.
        nt_response: [u8; 24],
    },
    /// By a Response with a new password.
    Change {
        /// To be given back.
        id: AuthId,
        /// The identifier of the message.
        identifier: u8,
        /// What it was challenged with.
        challenge: [u8; 16],
        /// The message.
        data: Vec<u8>,
    },
    /// By MS-CHAPv1 with a new password.
    ChangeV1(ChangeV1),
    /// By a method without MS-CHAPv2.
    Plain(Plain),
    /// By EAP, of which this server understands nothing.
    Eap {
        /// The packet.
        packet: Vec<u8>,
        /// What the RADIUS server wants back.
        state: Vec<u8>,
    },
}

/// What the server has to do something about.
#[derive(Debug)]
pub enum Happening {
    /// The control connection is established.
    Started,
    /// The client asks for a call.
    CallRequested,
    /// An access concentrator has a call, from this number as far as it knows.
    IncomingCall(String),
    /// The call is established.
    Called,
    /// The client says who it is, and proves it.
    AuthRequested {
        /// To be given back.
        id: AuthId,
        /// Who it says it is.
        name: Vec<u8>,
        /// How it proves it.
        presented: Presented,
    },
    /// The client has answered in EAP.
    Eap {
        /// To be given back.
        id: AuthId,
        /// Its packet.
        packet: Vec<u8>,
    },
    /// Packets may be sent.
    Up(pptp_core::ppp::Ipv4),
    /// Packets may be sent no more, for now.
    NoIpv4,
    /// It is over.
    Down(DownReason),
}

fn len_of(packet: &[u8]) -> u64 {
    u64::try_from(packet.len()).unwrap_or(u64::MAX)
}

/// The room for whatever is read.
pub type Buffer = [u8; MAX_DATAGRAM];
