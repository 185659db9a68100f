//! Control connections: the TCP streams of port 1723, to messages.

use etherparse::TcpSlice;
use pptp_core::wire::{MAGIC_COOKIE, MAX_RECEIVED_MESSAGE, Message};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::link::Datagram;
use super::tcp::Stream;

/// The TCP port of the control connection (RFC 2637 §1.3).
pub const PORT: u16 = 1723;

/// Which end of a control connection: the client opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// Who opened the connection.
    Client,
    /// Who listens on port 1723.
    Server,
}

impl End {
    /// The other end.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// 0 for the client, 1 for the server.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Client => 0,
            Self::Server => 1,
        }
    }
}

/// What happened on a control connection.
#[derive(Debug, Clone, Copy)]
pub enum Happening<'a> {
    /// A whole message.
    Message(Message<'a>),
    /// Octets that are no message: how many there were, and why they are none.
    Unreadable(usize, &'a str),
    /// Octets that the capture has not got.
    Missing(u64),
    /// The sender opened the connection, or accepted it.
    Opened,
    /// The sender has nothing more to send.
    Finished,
    /// The sender broke the connection off.
    Reset,
}

/// Something that happened on a control connection, and when.
#[derive(Debug, Clone, Copy)]
pub struct ControlEvent<'a> {
    /// Number of the connection, from 0.
    pub connection: usize,
    /// Its client and server.
    pub ends: [SocketAddr; 2],
    /// When it was captured, since 1970.
    pub at: Duration,
    /// Who sent it.
    pub from: End,
    /// What happened.
    pub what: Happening<'a>,
}

/// The control connections of a capture.
#[derive(Debug, Default)]
pub struct Connections {
    open: HashMap<(SocketAddr, SocketAddr), usize>,
    all: Vec<Connection>,
}

/// One control connection.
#[derive(Debug)]
pub struct Connection {
    /// Who opened it.
    pub client: SocketAddr,
    /// Who listens on port 1723.
    pub server: SocketAddr,
    streams: [Stream; 2],
    reported_missing: [u64; 2],
    finished: [bool; 2],
    /// Whether the capture has its start.
    pub from_start: bool,
}

impl Connections {
    /// The connections, in the order of their first segments.
    #[must_use]
    pub fn all(&self) -> &[Connection] {
        &self.all
    }

    /// Takes a TCP segment, if it is one of a control connection.
    pub fn segment(&mut self, datagram: &Datagram, mut each: impl FnMut(ControlEvent<'_>)) {
        let Ok(tcp) = TcpSlice::from_slice(&datagram.payload) else {
            return;
        };
        let source = SocketAddr::new(datagram.source, tcp.source_port());
        let destination = SocketAddr::new(datagram.destination, tcp.destination_port());
        let (from, client, server) = match (source.port(), destination.port()) {
            (_, PORT) => (End::Client, source, destination),
            (PORT, _) => (End::Server, destination, source),
            _ => return,
        };
        let at = datagram.at;
        let new = Connection {
            client,
            server,
            streams: Default::default(),
            reported_missing: [0; 2],
            finished: [false; 2],
            from_start: tcp.syn(),
        };
        let known = self.open.get(&(client, server)).copied();
        let number = match known {
            Some(number)
                if !(tcp.syn()
                    && self.all[number].streams[from.index()].is_other(tcp.sequence_number())) =>
            {
                number
            }
            _ => {
                self.all.push(new);
                let number = self.all.len() - 1;
                self.open.insert((client, server), number);
                number
            }
        };
        let connection = &mut self.all[number];
        let mut report = |what: Happening<'_>| {
            each(ControlEvent {
                connection: number,
                ends: [client, server],
                at,
                from,
                what,
            });
        };
        let stream = &mut connection.streams[from.index()];
        let mut sequence = tcp.sequence_number();
        if tcp.syn() {
            if !stream.is_open() {
                stream.open(sequence);
                report(Happening::Opened);
            }
            sequence = sequence.wrapping_add(1);
        }
        stream.push(sequence, tcp.payload());
        if tcp.fin() {
            stream.finish();
        }
        connection.messages(from, &mut report);
        if (tcp.fin() || tcp.rst()) && !connection.finished[from.index()] {
            connection.finished[from.index()] = true;
            report(if tcp.rst() {
                Happening::Reset
            } else {
                Happening::Finished
            });
        }
        if tcp.ack() && !tcp.syn() {
            // What the capture has not got, and the other side has, will not come any more.
            let other = from.other();
            connection.streams[other.index()].acknowledged(tcp.acknowledgment_number());
            connection.messages(other, &mut |what: Happening<'_>| {
                each(ControlEvent {
                    connection: number,
                    ends: [client, server],
                    at,
                    from: other,
                    what,
                });
            });
        }
    }
}

impl Connection {
    /// Reads the messages that are whole.
    fn messages(&mut self, from: End, report: &mut impl FnMut(Happening<'_>)) {
        let stream = &mut self.streams[from.index()];
        let missing = stream.skipped();
        if missing > self.reported_missing[from.index()] {
            report(Happening::Missing(
                missing - self.reported_missing[from.index()],
            ));
            self.reported_missing[from.index()] = missing;
        }
        let ready = stream.ready();
        let mut read = 0;
        while read < ready.len() {
            match Message::parse(&ready[read..]) {
                Ok(None) => break,
                Ok(Some((message, length))) => {
                    report(Happening::Message(message));
                    read += length;
                }
                Err(error) => {
                    let skip = next_message(&ready[read..]);
                    report(Happening::Unreadable(skip, &error.to_string()));
                    read += skip;
                }
            }
        }
        ready.drain(..read);
    }
}

/// How far it is to what may be the next message: it is told by its cookie, and its length has to be likely.
fn next_message(stream: &[u8]) -> usize {
    let cookie = MAGIC_COOKIE.to_be_bytes();
    (1..stream.len())
        .find(|&at| {
            let candidate = &stream[at..];
            let length = candidate
                .first_chunk()
                .map(|&length| u16::from_be_bytes(length));
            candidate.get(4..8) == Some(&cookie)
                && length.is_some_and(|length| usize::from(length) <= MAX_RECEIVED_MESSAGE)
        })
        .unwrap_or(stream.len())
}
