//! A line, its call, and the control connection that the call has for itself.

use super::arguments::{Arguments, Calls as Kind};
use super::port::Port;
use crate::client::progress::step;
use crate::net::control::Control;
use crate::net::gre::GreSocket;
use mio::net::TcpStream;
use pptp_core::control::{
    CallRequest, Config, Disconnect, Event, FieldText, IncomingLine, IncomingRequest,
};
use pptp_core::relay::Concentrator;
use pptp_core::time::Instant;
use pptp_core::{Discard, GreConfig};
use std::fmt;
use std::time::Duration;

/// How long a frame may be, in octets: as long as fits a datagram.
const LONGEST: usize = 2032;

/// How much waits for a line at the most, in octets. What goes beyond is lost, as on any line.
const WAITING: usize = 1 << 16;

/// How long the server has to say goodbye.
const GOODBYE: Duration = Duration::from_secs(6);

/// One line.
#[derive(Debug)]
pub struct Line {
    /// What it is called in logs.
    pub number: u64,
    /// The line itself.
    pub port: Port,
    /// Whether it may have more to read.
    pub more: bool,
    call: Option<Call>,
    /// On their way to the line.
    outbox: Vec<u8>,
    lost: u64,
}

/// The call of a line.
#[derive(Debug)]
struct Call {
    /// Our id of it.
    id: u16,
    library: Concentrator<1, LONGEST>,
    control: Control<TcpStream>,
    /// Whether TCP is connected.
    connected: bool,
    /// Whether frames pass.
    up: bool,
    /// When it is given up.
    deadline: Option<Instant>,
}

/// What has become of a line's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing new.
    Goes,
    /// It is over, and so has the line to be.
    Over,
}

impl Line {
    /// A line that is quiet.
    #[must_use]
    pub const fn new(number: u64, port: Port) -> Self {
        Self {
            number,
            port,
            more: false,
            call: None,
            outbox: Vec::new(),
            lost: 0,
        }
    }

    /// Whether it has a call, or is about to.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.call.is_some()
    }

    /// Its call's id.
    #[must_use]
    pub fn call_id(&self) -> Option<u16> {
        self.call.as_ref().map(|call| call.id)
    }

    /// The control connection, to be waited for.
    pub fn tcp(&mut self) -> Option<&mut TcpStream> {
        self.call.as_mut().map(|call| call.control.tcp())
    }

    /// Begins a call with this id, over a TCP connection that may not be open yet.
    pub fn ring(&mut self, now: Instant, id: u16, tcp: TcpStream, patience: Duration) {
        let mut config = Config::default();
        config.start.host_name = FieldText::new(b"access-concentrator");
        config.start.max_channels = 1;
        self.say(now, format_args!("rings ({})", self.port.name()));
        self.call = Some(Call {
            id,
            library: Concentrator::new(config, GreConfig::default()),
            control: Control::new(tcp),
            connected: false,
            up: false,
            deadline: Some(now + patience),
        });
    }

    /// Something has happened to the TCP connection.
    pub fn tcp_ready(&mut self, now: Instant) -> Option<String> {
        let call = self.call.as_mut()?;
        if !call.connected {
            let tcp = call.control.tcp();
            match tcp.take_error() {
                Ok(None) if tcp.peer_addr().is_ok() => {}
                Ok(None) => return None,
                Ok(Some(error)) | Err(error) => return Some(error.to_string()),
            }
            // Each message is a segment of its own: there are peers that expect it so.
            let _ = tcp.set_nodelay(true);
            call.connected = true;
            call.library.control_connected(now);
        }
        call.control.read(now, &mut call.library, None);
        None
    }

    /// Takes a GRE packet, and sends the frame in it to the line.
    ///
    /// # Errors
    /// [`Discard`] if it was dropped.
    pub fn receive(&mut self, now: Instant, datagram: &mut [u8]) -> Result<(), Discard> {
        let Some(call) = &mut self.call else {
            return Err(Discard::NoCall);
        };
        let Some((index, frame)) = call.library.handle_gre(now, datagram)? else {
            return Ok(());
        };
        if self.outbox.len() > WAITING {
            self.lost += 1;
            return Ok(());
        }
        if let Some(relay) = call.library.relay_mut(index) {
            let mut encoding = relay.to_line(now, frame);
            let mut room = [0; 512];
            while !encoding.is_done() {
                self.outbox.extend_from_slice(encoding.write(&mut room));
            }
        }
        self.write();
        Ok(())
    }

    /// Writes what there is room for.
    pub fn write(&mut self) {
        while !self.outbox.is_empty() {
            let written = self.port.write(&self.outbox);
            if written == 0 {
                return;
            }
            self.outbox.drain(..written);
        }
    }

    /// Takes what has come over the line, if its call is up. A line that is gone ends the call.
    pub fn read(&mut self, now: Instant, gre: &mut GreSocket) {
        self.more = false;
        let mut buffer = [0; 4096];
        let Some(call) = self.call.as_mut().filter(|call| call.up) else {
            return;
        };
        let Some(len) = self.port.read(&mut buffer) else {
            return;
        };
        if len == 0 {
            call.deadline = Some(now + GOODBYE);
            let _ = call.library.hang_up(now, 0, &Disconnect::default());
            call.up = false;
            return self.say(now, format_args!("hung up"));
        }
        self.more = true;
        let mut octets = buffer.get(..len).unwrap_or_default();
        let library = &mut call.library;
        loop {
            let sent = gre.send(None, |room| {
                let datagram = library.send_from_line(now, 0, &mut octets, room)?;
                Ok::<_, pptp_core::codec::BufferTooSmall>(datagram.map_or(0, <[u8]>::len))
            });
            if !sent.is_ok_and(|len| len > 0) {
                return;
            }
        }
    }

    /// Ends the call, for we are to stop, or the server takes too long.
    pub fn end(&mut self, now: Instant) {
        if let Some(call) = &mut self.call {
            call.library.close(now);
            call.up = false;
            call.deadline = Some(now + GOODBYE);
        }
    }

    /// When something is due.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let call = self.call.as_ref()?;
        let all = [call.library.next_timeout(), call.deadline];
        all.into_iter().flatten().min()
    }

    /// Does what time demands, and tells if the call is given up.
    pub fn wake(&mut self, now: Instant) -> Outcome {
        let Some(call) = &mut self.call else {
            return Outcome::Goes;
        };
        call.library.handle_timeout(now);
        if call.deadline.is_none_or(|at| at > now) {
            return Outcome::Goes;
        }
        self.say(now, format_args!("the server does not answer"));
        Outcome::Over
    }

    /// Has the call say all that it has to say, and follows what is told.
    pub fn settle(&mut self, now: Instant, arguments: &Arguments, gre: &mut GreSocket) -> Outcome {
        loop {
            let Some(call) = &mut self.call else {
                return Outcome::Over;
            };
            // The loop is told of what comes, and not of what is left.
            if call.control.has_more() {
                call.control.read(now, &mut call.library, None);
            }
            let spoke = call.control.exchange(now, &mut call.library, None);
            let library = &mut call.library;
            let acknowledged = gre.send(None, |room| {
                let datagram = library.poll_gre(now, room)?;
                Ok::<_, pptp_core::codec::BufferTooSmall>(datagram.map_or(0, <[u8]>::len))
            });
            let event = call.library.poll_event();
            let told = event.map(|event| (Told::of(&event), event.to_string()));
            if let Some((told, text)) = &told {
                if self.follow(now, arguments, *told, text) == Outcome::Over {
                    return Outcome::Over;
                }
                continue;
            }
            if !spoke && !acknowledged.is_ok_and(|len| len > 0) {
                return Outcome::Goes;
            }
        }
    }

    fn follow(&mut self, now: Instant, arguments: &Arguments, told: Told, text: &str) -> Outcome {
        let Some(call) = &mut self.call else {
            return Outcome::Over;
        };
        let library = &mut call.library;
        let asked = match told {
            Told::Connected => match arguments.calls {
                Kind::Incoming => {
                    let request = IncomingRequest {
                        call_id: call.id,
                        call_serial_number: u16::try_from(self.number & 0xffff).unwrap_or(0),
                        dialed_number: arguments.dialed(),
                        dialing_number: self.port.name().as_str().into(),
                        ..IncomingRequest::default()
                    };
                    library.offer_call(now, request).map(drop)
                }
                Kind::Outgoing => {
                    let request = CallRequest {
                        call_id: call.id,
                        phone_number: arguments.dialed(),
                        ..CallRequest::default()
                    };
                    library.open_call(now, request).map(drop)
                }
            },
            Told::Accepted => {
                let line = IncomingLine {
                    connect_speed: arguments.speed,
                    ..IncomingLine::default()
                };
                library.connect_call(now, 0, line)
            }
            Told::Up => {
                call.up = true;
                call.deadline = None;
                // What has come over the line until now has waited there.
                self.more = true;
                Ok(())
            }
            Told::Over => {
                call.up = false;
                call.deadline = Some(now + GOODBYE);
                call.library.close(now);
                Ok(())
            }
            Told::Closed => {
                self.say(now, format_args!("{text}"));
                return Outcome::Over;
            }
            Told::Other => Ok(()),
        };
        if told == Told::Other {
            log::debug!("line {}: {text}", self.number);
        } else {
            self.say(now, format_args!("{text}"));
        }
        if let Err(error) = asked {
            self.say(now, format_args!("{error}"));
            self.end(now);
        }
        Outcome::Goes
    }

    /// The line is quiet again. `None`: there is no line any more.
    pub fn hang_up(mut self, now: Instant) -> Option<Self> {
        if self.lost > 0 {
            self.say(
                now,
                format_args!("{} frames had no room on the line", self.lost),
            );
        }
        self.call = None;
        self.outbox.clear();
        self.more = false;
        self.lost = 0;
        match &mut self.port {
            Port::Tcp(..) => None,
            Port::Pty(pty) => match pty.renew() {
                Ok(()) => Some(self),
                Err(failure) => {
                    self.say(now, format_args!("{failure}"));
                    None
                }
            },
        }
    }

    /// Tells something about the line.
    pub fn say(&self, now: Instant, text: fmt::Arguments<'_>) {
        step(now, format_args!("line {}: {text}", self.number));
    }
}

/// What a line follows, of what the library tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Connected,
    Accepted,
    Up,
    Over,
    Closed,
    Other,
}

impl Told {
    const fn of(event: &Event<'_>) -> Self {
        match event {
            Event::Connected { .. } => Self::Connected,
            Event::CallAccepted { .. } => Self::Accepted,
            Event::CallConnected { .. } => Self::Up,
            Event::CallEnded { .. } | Event::CallFailed { .. } => Self::Over,
            Event::Closed { .. } => Self::Closed,
            _ => Self::Other,
        }
    }
}
