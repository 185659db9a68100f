//! The control connection: TCP may take and give any part of a message.

use super::record::Record;
use log::debug;
use pptp_core::codec::BufferTooSmall;
use pptp_core::ppp::Profile;
use pptp_core::relay::Concentrator;
use pptp_core::testkit::Side;
use pptp_core::time::Instant;
use pptp_core::wire::MAX_CONTROL_MESSAGE;
use pptp_core::wire::MAX_RECEIVED_MESSAGE;
use pptp_core::{ProtocolError, Session};
use rustix::event::{PollFd, PollFlags};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;

/// How many octets wait for the library at most. No more than that is taken from TCP before the library takes some, so
/// that a peer that sends without end, and reads nothing, costs neither memory nor the time of others.
const MAX_INBOX: usize = 4096;

const _: () = assert!(MAX_INBOX >= MAX_RECEIVED_MESSAGE);

/// The library's end of a control connection.
pub trait End {
    /// The TCP connection is closed.
    fn control_closed(&mut self, now: Instant);

    /// Takes octets, and tells how many it took.
    ///
    /// # Errors
    /// [`ProtocolError`] if they are not PPTP.
    fn handle_control(&mut self, now: Instant, octets: &[u8]) -> Result<usize, ProtocolError>;

    /// The next message, if there is one.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if it has no room in `out`.
    fn poll_control<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall>;
}

impl<P: Profile, R> End for Session<P, R> {
    fn control_closed(&mut self, now: Instant) {
        Self::control_closed(self, now);
    }

    fn handle_control(&mut self, now: Instant, octets: &[u8]) -> Result<usize, ProtocolError> {
        Self::handle_control(self, now, octets)
    }

    fn poll_control<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        Self::poll_control(self, now, out)
    }
}

impl<const CALLS: usize, const N: usize> End for Concentrator<CALLS, N> {
    fn control_closed(&mut self, now: Instant) {
        Self::control_closed(self, now);
    }

    fn handle_control(&mut self, now: Instant, octets: &[u8]) -> Result<usize, ProtocolError> {
        Self::handle_control(self, now, octets)
    }

    fn poll_control<'b>(
        &mut self,
        now: Instant,
        out: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, BufferTooSmall> {
        Self::poll_control(self, now, out)
    }
}

/// A TCP connection, which must not block, with what waits on either side of it.
#[derive(Debug)]
pub struct Control<S> {
    tcp: S,
    /// Came, and not taken by the library yet.
    inbox: Vec<u8>,
    /// Given by the library, and not taken by the kernel yet: one message.
    outbox: Vec<u8>,
    /// Whether TCP may have more.
    more: bool,
}

impl<S: Read + Write> Control<S> {
    /// Over this connection.
    #[must_use]
    pub const fn new(tcp: S) -> Self {
        Self {
            tcp,
            inbox: Vec::new(),
            outbox: Vec::new(),
            more: false,
        }
    }

    /// The connection itself, to be waited for.
    pub const fn tcp(&mut self) -> &mut S {
        &mut self.tcp
    }

    /// Whether there may be more to read, and room for it: whoever is told only of what comes has to ask.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.more && self.inbox.len() < MAX_INBOX
    }

    /// Takes what TCP has, as much as there is room for. `record` is a client's.
    pub fn read(&mut self, now: Instant, session: &mut impl End, mut record: Option<&mut Record>) {
        let mut buffer = [0; MAX_INBOX];
        self.more = true;
        while self.more && self.inbox.len() < MAX_INBOX {
            let room = buffer.get_mut(self.inbox.len()..).unwrap_or_default();
            match self.tcp.read(room) {
                Ok(0) => {
                    if let Some(record) = &mut record {
                        record.close(Side::Server);
                    }
                    session.control_closed(now);
                    self.more = false;
                }
                Ok(len) => {
                    let octets = room.get(..len).unwrap_or_default();
                    if let Some(record) = &mut record {
                        record.control(Side::Server, octets);
                    }
                    self.inbox.extend_from_slice(octets);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    if error.kind() != ErrorKind::WouldBlock {
                        debug!("TCP: {error}");
                        session.control_closed(now);
                    }
                    self.more = false;
                }
            }
        }
    }

    /// Hands on what waits, and tells whether there was anything: what one outlet gives may open another. TCP may be
    /// blocked while GRE goes on. `record` is a client's.
    pub fn exchange(
        &mut self,
        now: Instant,
        session: &mut impl End,
        record: Option<&mut Record>,
    ) -> bool {
        // It may be a message that had to wait for the answer to the one before.
        let mut did_something = self.take(now, session);
        self.write(now, session);
        let mut out = [0; MAX_CONTROL_MESSAGE];
        if self.outbox.is_empty()
            && let Ok(Some(message)) = session.poll_control(now, &mut out)
        {
            if let Some(record) = record {
                record.control(Side::Client, message);
            }
            self.outbox.extend_from_slice(message);
            self.write(now, session);
            did_something = true;
        }
        did_something
    }

    /// Gives the library what has come, and tells whether it took any.
    fn take(&mut self, now: Instant, session: &mut impl End) -> bool {
        if self.inbox.is_empty() {
            return false;
        }
        match session.handle_control(now, &self.inbox) {
            Ok(0) => return false,
            Ok(consumed) => drop(self.inbox.drain(..consumed)),
            Err(error) => {
                debug!("the control connection: {error}");
                self.inbox.clear();
            }
        }
        true
    }

    fn write(&mut self, now: Instant, session: &mut impl End) {
        while !self.outbox.is_empty() {
            match self.tcp.write(&self.outbox) {
                Ok(written) => drop(self.outbox.drain(..written)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    debug!("TCP: {error}");
                    self.outbox.clear();
                    session.control_closed(now);
                }
            }
        }
    }
}

impl<S: AsFd> Control<S> {
    /// What is to be waited for.
    #[must_use]
    pub fn source(&self) -> PollFd<'_> {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, self.inbox.len() < MAX_INBOX);
        flags.set(PollFlags::OUT, !self.outbox.is_empty());
        PollFd::new(&self.tcp, flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pptp_core::ppp::Minimal;
    use pptp_core::wire::{EchoRequest, Message};
    use pptp_core::{Client, ClientConfig, Server, ServerConfig};
    use std::collections::VecDeque;
    use std::io;

    const NOW: Instant = Instant::ZERO;

    /// The length of an Echo-Request, and of an Echo-Reply.
    const ECHO: (usize, usize) = (16, 20);

    /// The other end has sent `incoming`, and makes room for `room` octets.
    #[derive(Debug, Default)]
    struct Tcp {
        incoming: VecDeque<u8>,
        room: usize,
        sent: usize,
    }

    impl Read for Tcp {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.incoming.read(buffer)? {
                0 => Err(ErrorKind::WouldBlock.into()),
                len => Ok(len),
            }
        }
    }

    impl Write for Tcp {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            let len = octets.len().min(self.room - self.sent);
            self.sent += len;
            if len == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            Ok(len)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A server, and a client's start and `echoes` Echo-Requests on their way to it.
    fn flooded(echoes: usize, room: usize) -> (Server<Minimal>, Control<Tcp>) {
        let mut client = Client::<Minimal>::new(ClientConfig::default(), [1; 32]);
        client.control_connected(NOW);
        let mut out = [0; MAX_CONTROL_MESSAGE];
        let start = client.poll_control(NOW, &mut out).unwrap().unwrap();
        let mut incoming = VecDeque::from(start.to_vec());
        let echo = Message::EchoRequest(EchoRequest { identifier: 7 });
        let echo = echo.encode(&mut out).unwrap();
        assert_eq!(echo.len(), ECHO.0);
        for _ in 0..echoes {
            incoming.extend(&*echo);
        }
        let mut server = Server::new(ServerConfig::default(), [2; 32]);
        server.control_connected(NOW);
        let tcp = Tcp {
            incoming,
            room,
            ..Tcp::default()
        };
        (server, Control::new(tcp))
    }

    fn turn(control: &mut Control<Tcp>, server: &mut Server<Minimal>) {
        control.read(NOW, server, None);
        while control.exchange(NOW, server, None) {
            while server.poll_event().is_some() {}
        }
    }

    #[test]
    fn a_turn_ends_however_much_there_is_to_read() {
        let (mut server, mut control) = flooded(10_000, usize::MAX);
        let mut turns = 0;
        loop {
            let before = control.tcp.incoming.len();
            turn(&mut control, &mut server);
            turns += 1;
            assert!(before - control.tcp.incoming.len() <= MAX_INBOX);
            if !control.has_more() {
                break;
            }
        }
        assert!(turns >= 10_000 * ECHO.0 / MAX_INBOX);
        assert!(control.tcp.incoming.is_empty() && control.inbox.is_empty());
        assert_eq!(control.tcp.sent, 156 + 10_000 * ECHO.1);
    }

    #[test]
    fn whoever_does_not_read_is_not_listened_to() {
        let (mut server, mut control) = flooded(10_000, 170);
        let before = control.tcp.incoming.len();
        for _ in 0..100 {
            turn(&mut control, &mut server);
        }
        assert!(!control.has_more(), "there is no room");
        assert!(control.inbox.capacity() <= 2 * MAX_INBOX);
        assert!(before - control.tcp.incoming.len() <= 2 * MAX_INBOX);
        // What it was to be told had been begun; it goes on where that was cut.
        assert_eq!(control.tcp.sent, 170);
        control.tcp.room = 156 + 2 * ECHO.1;
        turn(&mut control, &mut server);
        assert_eq!(control.tcp.sent, control.tcp.room);
    }
}
