//! A client in firmware: its run loop, complete, for any board, TCP/IP stack and random number generator.
//!
//! `docs/firmware-loop.md` goes through it step by step.

use core::time::Duration;
use heapless::Vec;
use pptp_core::gre::{Received, Reorder};
use pptp_core::ppp::{DownReason as Link, Event as PppEvent, Grant, Profile, Verdict};
use pptp_core::time::Instant;
use pptp_core::wire::{MAX_CONTROL_MESSAGE, MAX_RECEIVED_MESSAGE};
use pptp_core::{
    Client, ClientConfig, DownReason, Event, Inbound, MAX_GRE_OVERHEAD, Network, Pns, Session,
};

/// The TCP connection is closed, reset or broken.
pub struct Closed;

/// What the loop needs of the board. Nothing but `tcp_connect` and `wait` takes its time.
pub trait Board {
    /// The time since any moment, such as the last reset.
    fn now(&mut self) -> Instant;
    /// Octets of the hardware's random number generator, new ones each time.
    fn entropy(&mut self) -> [u8; 32];
    /// Whether the user wants the tunnel no more.
    fn hang_up(&mut self) -> bool;
    /// For the log, the lamp and the routes: `Ipv4Up` tells the addresses.
    fn event(&mut self, event: &Event<'_>);
    /// Of somebody who has to prove who it is; that is no client's affair, but a server's.
    fn password(&self, _user: &[u8]) -> Option<&str> {
        None
    }

    /// Connects to the server's port 1723, and tells whether that worked.
    fn tcp_connect(&mut self) -> bool;
    /// Takes as many octets from the front as there is room for, perhaps 0, and tells how many.
    fn tcp_write(&mut self, octets: &[u8]) -> Result<usize, Closed>;
    /// Gives what has come, as much as `buffer` takes, and tells how much. 0: nothing now.
    fn tcp_read(&mut self, buffer: &mut [u8]) -> Result<usize, Closed>;
    /// Closes the connection once what was written is sent.
    fn tcp_close(&mut self);

    /// The next datagram of IP protocol 47 that the server sent, from its GRE header on.
    fn gre_receive<'b>(&mut self, buffer: &'b mut [u8]) -> Option<&'b mut [u8]>;
    /// Sends a datagram of IP protocol 47 to the server, or loses it.
    fn gre_send(&mut self, datagram: &[u8]);
    /// The next IP packet that is to go through the tunnel.
    fn ip_receive<'b>(&mut self, buffer: &'b mut [u8]) -> Option<&'b mut [u8]>;
    /// Takes an IP packet that came through the tunnel.
    fn ip_send(&mut self, packet: &[u8]);

    /// Sleeps until the time has come, or until something has happened since the last call: octets
    /// or packets came, TCP has room again, the user wants something.
    fn wait(&mut self, until: Option<Instant>);
}

/// The longest packet with all that may stand before it, an IPv4 header included.
pub const PACKET: usize = 1500 + MAX_GRE_OVERHEAD + 20;

/// How many packets wait, at most, for those before them.
pub const HELD: usize = 4;

/// One tunnel with all its memory, for a static or a stack.
pub struct Tunnel<P: Profile, R = Pns> {
    session: Session<P, R>,
    /// What came by TCP and is no whole message yet.
    inbox: Vec<u8, MAX_RECEIVED_MESSAGE>,
    /// The end of a message that TCP had no room for yet.
    outbox: Vec<u8, MAX_CONTROL_MESSAGE>,
    order: Reorder<HELD, PACKET>,
    /// The packet at hand, as it came and as it goes.
    packet: [u8; PACKET],
    out: [u8; PACKET],
}

impl<P: Profile, R> Tunnel<P, R> {
    /// For one connection: the next one needs another.
    pub const fn new(session: Session<P, R>) -> Self {
        Self {
            session,
            inbox: Vec::new(),
            outbox: Vec::new(),
            order: Reorder::new(),
            packet: [0; PACKET],
            out: [0; PACKET],
        }
    }

    /// Connects, has the tunnel until it ends, and tells why it did.
    ///
    /// Apart from whoever calls it: in one function with more it takes larger code to reach what is on the stack.
    #[inline(never)]
    pub fn run(&mut self, board: &mut impl Board) -> DownReason {
        if board.tcp_connect() {
            self.session.control_connected(board.now());
        } else {
            self.session.control_closed(board.now());
        }
        loop {
            let now = board.now();
            self.session.handle_timeout(now);
            if self.session.down_reason().is_none() && board.hang_up() {
                self.session.close(now);
            }
            // No `||`: each has its turn, whatever the others have to do.
            let mut busy = self.read_tcp(board, now);
            busy |= self.read_gre(board, now);
            busy |= self.read_ip(board, now);
            busy |= self.write_tcp(board, now);
            busy |= self.write_gre(board, now);
            while let Some(event) = self.session.poll_event() {
                busy = true;
                board.event(&event);
                match event {
                    Event::Ppp(PppEvent::AuthRequested(request)) => {
                        let (id, password) = (request.id, board.password(request.name));
                        let verdict = password.map_or(Verdict::WRONG_PASSWORD, Verdict::Password);
                        self.session.authorize(now, id, &verdict, Grant::default());
                    }
                    Event::Down(reason) => {
                        board.tcp_close();
                        return reason;
                    }
                    _ => {}
                }
            }
            if !busy {
                let times = [self.session.next_timeout(), self.order.next_timeout()];
                board.wait(times.into_iter().flatten().min());
            }
        }
    }

    fn read_tcp(&mut self, board: &mut impl Board, now: Instant) -> bool {
        let room = self.inbox.capacity().saturating_sub(self.inbox.len());
        let buffer = self.packet.get_mut(..room).unwrap_or_default();
        let Ok(len) = board.tcp_read(buffer) else {
            self.session.control_closed(now);
            return true;
        };
        // No more is read than there is room for.
        let _ = self
            .inbox
            .extend_from_slice(buffer.get(..len).unwrap_or_default());
        // What is left may be a message that waits until the answer to the last one is on its way.
        let consumed = self.session.handle_control(now, &self.inbox);
        // Octets that are no PPTP end the tunnel, which its last event tells.
        remove(&mut self.inbox, consumed.unwrap_or(usize::MAX));
        len > 0 || consumed != Ok(0)
    }

    fn read_gre(&mut self, board: &mut impl Board, now: Instant) -> bool {
        // The server's first packet may overtake its answer on TCP, and has to wait for it.
        if self.session.call_info().is_none() {
            return false;
        }
        let datagram = board.gre_receive(&mut self.packet);
        let busy = datagram.is_some();
        let mut packet = match datagram.map(|octets| self.session.receive_gre(now, octets)) {
            Some(Ok(Received::Packet { sequence, payload })) => Some((sequence, payload)),
            // An acknowledgment; or it was dropped, and counted.
            Some(_) | None => None,
        };
        // This one unless it came early, then those that waited for it, or for long enough.
        while let Some((sequence, payload)) = self.order.release(now, &mut packet) {
            let inbound = self.session.deliver(now, sequence, payload);
            if let Ok(Inbound::Packet { packet, .. }) = inbound {
                board.ip_send(packet);
            }
        }
        busy
    }

    fn read_ip(&mut self, board: &mut impl Board, now: Instant) -> bool {
        let Some(packet) = board.ip_receive(&mut self.packet) else {
            return false;
        };
        // One that comes before the tunnel is up, or is longer than its MTU, is lost.
        let sent = self.session.send(now, Network::Ipv4, packet, &mut self.out);
        if let Ok(datagram) = sent {
            board.gre_send(datagram);
        }
        true
    }

    fn write_tcp(&mut self, board: &mut impl Board, now: Instant) -> bool {
        // Until TCP has taken all of one message, the next one stays in the session.
        let mut busy = false;
        if self.outbox.is_empty()
            && let Ok(Some(message)) = self.session.poll_control(now, &mut self.out)
        {
            busy = self.outbox.extend_from_slice(message).is_ok();
        }
        if self.outbox.is_empty() {
            return busy;
        }
        let Ok(taken) = board.tcp_write(&self.outbox) else {
            self.session.control_closed(now);
            return true;
        };
        remove(&mut self.outbox, taken);
        busy || taken > 0
    }

    fn write_gre(&mut self, board: &mut impl Board, now: Instant) -> bool {
        let Ok(Some(datagram)) = self.session.poll_gre(now, &mut self.out) else {
            return false;
        };
        board.gre_send(datagram);
        true
    }
}

fn remove<const N: usize>(octets: &mut Vec<u8, N>, len: usize) {
    let len = len.min(octets.len());
    octets.drain(..len);
}

/// The waits before the next try, in milliseconds: each is twice the last one.
const FIRST_WAIT: u64 = 1_000;
const LONGEST_WAIT: u64 = 64_000;

/// After a tunnel that lasted as long they start over.
const LASTING: Duration = Duration::from_secs(60);

/// Has a tunnel for as long as the user wants one. It gives up only where trying again is no use.
pub fn run_forever<P: Profile>(board: &mut impl Board, config: &ClientConfig) -> DownReason {
    let mut wait = FIRST_WAIT;
    loop {
        let began = board.now();
        let reason = next_tunnel::<P>(board, config).run(board);
        let ended = board.now();
        if !may_pass(reason) {
            return reason;
        }
        if ended.saturating_since(began) >= LASTING {
            wait = FIRST_WAIT;
        }
        // Half of it by chance: clients that lost their server together come back one by one.
        let [chance, ..] = board.entropy();
        let until = ended + Duration::from_millis(wait * (256 + u64::from(chance)) / 512);
        wait = LONGEST_WAIT.min(wait * 2);
        while board.now() < until {
            if board.hang_up() {
                return DownReason::Closed;
            }
            board.wait(Some(until));
        }
    }
}

/// A function of its own, so that what it has on the stack is gone when the tunnel runs.
#[inline(never)]
fn next_tunnel<P: Profile>(board: &mut impl Board, config: &ClientConfig) -> Tunnel<P> {
    let mut config = config.clone();
    // Several clients behind one NAT are told apart by it.
    let [high, low, ..] = board.entropy();
    config.call.call_id = u16::from_be_bytes([high, low]);
    Tunnel::new(Client::new(config, board.entropy()))
}

/// Whether it may be better next time. A password that is wrong stays wrong, and trying it again and
/// again locks the account.
fn may_pass(reason: DownReason) -> bool {
    match reason {
        DownReason::Ppp(Link::PeerLost | Link::PeerClosed | Link::NothingHeard) => true,
        DownReason::Ppp(Link::NoAgreement | Link::AuthenticationTimeout) => true,
        DownReason::Ppp(Link::Renegotiated | Link::EncryptionLost) => true,
        DownReason::GreBlocked | DownReason::Call(_) | DownReason::Control(_) => true,
        _ => false,
    }
}
