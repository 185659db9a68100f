//! The control connection's octets: TCP may take and give any part of a message.

use crate::net::record::Record;
use log::debug;
use pptp_core::testkit::Side;
use rustix::event::{PollFd, PollFlags};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// The TCP connection to the server with what waits on either side of it.
#[derive(Debug)]
pub struct Control {
    tcp: TcpStream,
    /// What came and is not a whole message yet.
    pub inbox: Vec<u8>,
    /// What is to be sent and finds no room.
    outbox: Vec<u8>,
}

/// Whether the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Stream {
    /// It does.
    Open,
    /// It does not.
    Closed,
}

impl Control {
    /// Over this connection, which must not block.
    #[must_use]
    pub const fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            inbox: Vec::new(),
            outbox: Vec::new(),
        }
    }

    /// What is to be waited for.
    #[must_use]
    pub fn source(&self) -> PollFd<'_> {
        let flags = if self.outbox.is_empty() {
            PollFlags::IN
        } else {
            PollFlags::IN | PollFlags::OUT
        };
        PollFd::new(&self.tcp, flags)
    }

    /// Whether all that was to be sent is on its way, so that there is room for the next message.
    #[must_use]
    pub const fn has_room(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Has `message` sent with the next [`flush`](Self::flush).
    pub fn send(&mut self, message: &[u8], record: Option<&mut Record>) {
        if let Some(record) = record {
            record.control(Side::Client, message);
        }
        self.outbox.extend_from_slice(message);
    }

    /// Hands what waits for it to TCP.
    pub fn flush(&mut self) -> Stream {
        while !self.outbox.is_empty() {
            match self.tcp.write(&self.outbox) {
                Ok(written) => drop(self.outbox.drain(..written)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => {
                    debug!("TCP: {error}");
                    self.outbox.clear();
                    return Stream::Closed;
                }
            }
        }
        Stream::Open
    }

    /// Takes what TCP has.
    pub fn read(&mut self, record: Option<&mut Record>) -> Stream {
        let mut buffer = [0; 4096];
        match self.tcp.read(&mut buffer) {
            Ok(0) => {
                if let Some(record) = record {
                    record.close(Side::Server);
                }
                return Stream::Closed;
            }
            Ok(len) => {
                let octets = buffer.get(..len).unwrap_or_default();
                if let Some(record) = record {
                    record.control(Side::Server, octets);
                }
                self.inbox.extend_from_slice(octets);
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => {
                debug!("TCP: {error}");
                return Stream::Closed;
            }
        }
        Stream::Open
    }
}
