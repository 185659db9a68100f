//! Sessions listed and ended over a Unix socket: a command a connection, a line; the answer is lines of JSON, the last
//! of which tells whether it worked.

use super::Failure;
use super::config::Config;
use super::serve::{Server, Source};
use crate::net::SystemError;
use crate::text::sealing;
use mio::net::{UnixListener, UnixStream};
use mio::{Interest, Registry};
use pptp_core::time::Instant;
use serde::{Deserialize, Serialize};
use slab::Slab;
use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tracing::{debug, info};

/// The longest command, in octets.
const MAX_COMMAND: usize = 1024;

/// How many may ask at the same time.
const MAX_VISITORS: usize = 16;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "command")]
pub enum Command {
    /// List the sessions.
    List,
    /// End some.
    End {
        /// The number of a session, the name of a user, an address inside, or "all".
        who: String,
    },
}

/// A session, as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Session {
    session: u64,
    user: String,
    address: Option<Ipv4Addr>,
    peer: String,
    up: bool,
    seconds: u64,
    send: String,
    receive: String,
    sent_packets: u64,
    sent_octets: u64,
    received_packets: u64,
    received_octets: u64,
    unsent: u64,
    spoofed: u64,
    overtaken: u64,
    late: u64,
    duplicate: u64,
}

/// The last line of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Outcome {
    ok: bool,
    sessions: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The server's end.
#[derive(Debug)]
pub struct Console {
    path: PathBuf,
    listener: UnixListener,
    visitors: Slab<Visitor>,
}

#[derive(Debug)]
struct Visitor {
    stream: UnixStream,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    answered: bool,
}

impl Console {
    /// A socket at `path` for whoever owns it.
    ///
    /// # Errors
    /// [`SystemError`] if there cannot be one, or if another server has it.
    pub fn new(path: &Path) -> Result<Self, SystemError> {
        let failure =
            |error| SystemError::new(format!("the control socket {}", path.display()), error);
        // One that nobody listens at was left by a server that was killed.
        match net::UnixStream::connect(path) {
            Ok(_) => return Err(failure(io::Error::from(ErrorKind::AddrInUse))),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused && is_socket(path) => {
                fs::remove_file(path).map_err(failure)?;
            }
            // Whatever else is there is not ours.
            Err(_) => {}
        }
        let listener = UnixListener::bind(path).map_err(failure)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failure)?;
        Ok(Self {
            path: path.to_owned(),
            listener,
            visitors: Slab::new(),
        })
    }

    /// To be waited for.
    pub const fn listener(&mut self) -> &mut UnixListener {
        &mut self.listener
    }

    /// Lets visitors in.
    pub fn accept(&mut self, registry: &Registry) {
        while let Ok((mut stream, _)) = self.listener.accept() {
            if self.visitors.len() >= MAX_VISITORS {
                continue;
            }
            let entry = self.visitors.vacant_entry();
            let token = Source::Visitor(entry.key()).token();
            let both = Interest::READABLE | Interest::WRITABLE;
            if registry.register(&mut stream, token, both).is_ok() {
                entry.insert(Visitor {
                    stream,
                    inbox: Vec::new(),
                    outbox: Vec::new(),
                    answered: false,
                });
            }
        }
    }

    /// Reads the visitor's command: once, when it is whole.
    pub fn read(&mut self, visitor: usize) -> Option<String> {
        let visitor = self.visitors.get_mut(visitor)?;
        let mut buffer = [0; MAX_COMMAND];
        // Whoever has no more to say may still listen.
        let mut ended = false;
        while !ended && visitor.inbox.len() < MAX_COMMAND {
            match visitor.stream.read(&mut buffer) {
                Ok(len) if len > 0 => visitor
                    .inbox
                    .extend_from_slice(buffer.get(..len).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                _ => ended = true,
            }
        }
        let end = visitor.inbox.iter().position(|&octet| octet == b'\n');
        let is_whole = end.is_some() || ended || visitor.inbox.len() >= MAX_COMMAND;
        if visitor.answered || !is_whole {
            return None;
        }
        visitor.answered = true;
        let line = visitor.inbox.get(..end.unwrap_or(visitor.inbox.len()))?;
        Some(String::from_utf8_lossy(line).into_owned())
    }

    /// Has `answer` go to a visitor.
    pub fn answer(&mut self, visitor: usize, answer: &[u8]) {
        if let Some(visitor) = self.visitors.get_mut(visitor) {
            visitor.outbox.extend_from_slice(answer);
        }
    }

    /// Writes what can be written, and sees the visitor off when that is all.
    pub fn write(&mut self, visitor: usize, registry: &Registry) {
        let Some(known) = self.visitors.get_mut(visitor) else {
            return;
        };
        while !known.outbox.is_empty() {
            match known.stream.write(&known.outbox) {
                Ok(written) => drop(known.outbox.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    debug!(%error, "the control socket");
                    known.outbox.clear();
                }
            }
        }
        if known.answered {
            // A failure means that it is not registered.
            let _ = registry.deregister(&mut known.stream);
            self.visitors.remove(visitor);
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Server {
    /// Does what a visitor says, and gives the answer.
    pub(super) fn obey(&mut self, now: Instant, command: &str) -> Vec<u8> {
        let mut answer = Vec::new();
        let outcome = match serde_json::from_str(command) {
            Ok(Command::List) => {
                let mut sessions = self.list(now);
                sessions.sort_by_key(|session| session.session);
                for session in &sessions {
                    line(&mut answer, session);
                }
                Outcome {
                    ok: true,
                    sessions: sessions.len(),
                    error: None,
                }
            }
            Ok(Command::End { who }) => {
                let ended = self.end_some(now, &who);
                info!(who, sessions = ended, "ended over the control socket");
                let nobody = ended == 0 && who != "all";
                Outcome {
                    ok: !nobody,
                    sessions: ended,
                    error: nobody.then(|| format!("no session is \"{who}\"")),
                }
            }
            Err(error) => Outcome {
                ok: false,
                sessions: 0,
                error: Some(format!("no such command: {error}")),
            },
        };
        line(&mut answer, &outcome);
        answer
    }

    fn list(&self, now: Instant) -> Vec<Session> {
        let sessions = self.table.iter().map(|(_, tunnel)| {
            let (encrypts, decrypts) = tunnel.session.encryption();
            let (compresses, decompresses) = tunnel.session.compression();
            let gre = tunnel.session.gre_stats();
            let counters = &tunnel.counters;
            Session {
                session: tunnel.number,
                user: tunnel.user_name().to_owned(),
                address: tunnel.address,
                peer: tunnel.peer.to_string(),
                up: tunnel.up,
                seconds: now.saturating_since(tunnel.since).as_secs(),
                send: sealing(encrypts, compresses),
                receive: sealing(decrypts, decompresses),
                sent_packets: counters.sent,
                sent_octets: counters.sent_octets,
                received_packets: counters.received,
                received_octets: counters.received_octets,
                unsent: counters.unsent,
                spoofed: counters.spoofed,
                overtaken: tunnel.overtaken(),
                late: gre.late,
                duplicate: gre.duplicate,
            }
        });
        sessions.collect()
    }

    /// Ends the sessions that `who` means, and tells how many those are.
    fn end_some(&mut self, now: Instant, who: &str) -> usize {
        let (number, address) = (who.parse(), who.parse());
        let meant = self.table.iter().filter(|(_, tunnel)| {
            who == "all"
                || number == Ok(tunnel.number)
                || tunnel.user_name() == who
                || address.as_ref().ok() == tunnel.address.as_ref() && tunnel.address.is_some()
        });
        let meant: Vec<usize> = meant.map(|(place, _)| place).collect();
        for &place in &meant {
            self.end(now, place, "ended over the control socket");
        }
        meant.len()
    }
}

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket())
}

fn line(answer: &mut Vec<u8>, what: &impl Serialize) {
    // Nothing of what is written here can fail.
    let _ = serde_json::to_writer(&mut *answer, what);
    answer.push(b'\n');
}

/// Asks the server that runs, and gives the lines of its answer but the last.
fn ask(config: &Config, command: &Command) -> Result<Vec<String>, Failure> {
    let remote = |text: &dyn fmt::Display| Failure::Remote(text.to_string());
    let path = config
        .control_socket
        .as_deref()
        .ok_or_else(|| remote(&"the configuration names no control-socket"))?;
    let failure = |error: io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            Failure::Remote(format!("no server runs with {}", path.display()))
        }
        ErrorKind::PermissionDenied => SystemError::NotPermitted(format!(
            "the control socket {} is for whoever runs the server",
            path.display()
        ))
        .into(),
        _ => Failure::Remote(format!("{}: {error}", path.display())),
    };
    let mut stream = net::UnixStream::connect(path).map_err(failure)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failure)?;
    let mut question = Vec::new();
    line(&mut question, command);
    stream.write_all(&question).map_err(failure)?;
    let lines: io::Result<Vec<String>> = BufReader::new(stream).lines().collect();
    let mut lines = lines.map_err(failure)?;
    let last = lines.pop().unwrap_or_default();
    let outcome: Outcome =
        serde_json::from_str(&last).map_err(|_| remote(&"the server broke off"))?;
    match outcome.error {
        Some(error) if !outcome.ok => Err(Failure::Remote(error)),
        _ => Ok(lines),
    }
}

/// Lists the sessions of the server that runs.
///
/// # Errors
/// [`Failure`] if it does not answer.
pub fn list(config: &Config, json: bool) -> Result<(), Failure> {
    let lines = ask(config, &Command::List)?;
    if json {
        return print(format_args!("{}", lines.join("\n")));
    }
    let mut table = format!(
        "{:>7}  {:15}  {:15}  {:21}  {:>9}  {:>12}  {:>12}  encryption",
        "session", "user", "address", "from", "seconds", "octets to", "octets from"
    );
    for line in &lines {
        let session: Session = serde_json::from_str(line).map_err(|error| {
            Failure::Remote(format!("what the server says makes no sense: {error}"))
        })?;
        let address = session.address.map_or("-".to_owned(), |it| it.to_string());
        let seconds = if session.up {
            session.seconds.to_string()
        } else {
            "coming up".to_owned()
        };
        table += &format!(
            "\n{:>7}  {:15}  {:15}  {:21}  {:>9}  {:>12}  {:>12}  {}",
            session.session,
            session.user,
            address,
            session.peer,
            seconds,
            session.sent_octets,
            session.received_octets,
            session.send
        );
    }
    print(format_args!("{table}"))
}

/// Ends sessions of the server that runs.
///
/// # Errors
/// [`Failure`] if it does not answer, or there are no such sessions.
pub fn end(config: &Config, who: &str) -> Result<(), Failure> {
    let who = who.to_owned();
    ask(config, &Command::End { who }).map(drop)
}

/// Prints a line on standard output.
///
/// # Errors
/// [`Failure`] if nobody reads it.
pub fn print(text: fmt::Arguments<'_>) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}").map_err(|error| SystemError::new("output", error).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Shutdown;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("pptp-server-{name}-{}", std::process::id()))
    }

    #[test]
    fn what_is_no_socket_is_left_alone() {
        let path = path("file");
        fs::write(&path, "precious").unwrap();
        assert!(Console::new(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn one_that_was_left_behind_is_replaced_and_one_in_use_is_not() {
        let path = path("left");
        drop(net::UnixListener::bind(&path).unwrap());
        let console = Console::new(&path).unwrap();
        assert!(Console::new(&path).is_err());
        drop(console);
        assert!(!path.exists());
    }

    #[test]
    fn a_command_is_whole_with_its_line_or_with_the_end() {
        let path = path("console");
        let poll = mio::Poll::new().unwrap();
        let mut console = Console::new(&path).unwrap();
        for (said, ends, heard) in [
            ("list\n", false, Some("list")),
            ("list\n", true, Some("list")),
            ("list", true, Some("list")),
            ("list", false, None),
            ("list\nend\n", false, Some("list")),
        ] {
            let mut stream = net::UnixStream::connect(&path).unwrap();
            stream.write_all(said.as_bytes()).unwrap();
            if ends {
                stream.shutdown(Shutdown::Write).unwrap();
            }
            console.accept(poll.registry());
            let (visitor, _) = console.visitors.iter().last().unwrap();
            assert_eq!(console.read(visitor).as_deref(), heard, "{said:?}");
            assert_eq!(console.read(visitor), None, "{said:?}");
        }
    }
}
