//! The server's addresses, and the TCP connection to it. Neither keeps us from stopping when we are told to.

use super::failure::Failure;
use super::lasting::{Lasting, Woken};
use pptp_core::time::Instant;
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use socket2::{Domain, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;

/// The IPv4 addresses of `host`, one at least: PPTP has no IPv6.
///
/// # Errors
/// [`Failure::Unreachable`] if there are none, or they are not found by `until`.
pub fn resolve(
    lasting: &mut Lasting,
    host: &str,
    port: u16,
    until: Instant,
) -> Result<Vec<SocketAddrV4>, Failure> {
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Ok(vec![SocketAddrV4::new(address, port)]);
    }
    let unreachable = |what: String| Failure::Unreachable(format!("{host}: {what}"));
    let failed = |error| Failure::system("looking up a name", error);
    // The system's resolver cannot be interrupted: it has a thread of its own, which may outlast our patience.
    let (done, ours) = UnixStream::pair().map_err(failed)?;
    let (sender, receiver) = mpsc::channel();
    let name = host.to_owned();
    let look_up = move || {
        let addresses = (name.as_str(), port).to_socket_addrs();
        // Nobody may be waiting any more.
        let _ = sender.send(addresses.map(Iterator::collect::<Vec<_>>));
        drop(done);
    };
    thread::Builder::new().spawn(look_up).map_err(failed)?;
    let source = PollFd::new(&ours, PollFlags::IN);
    if lasting.wait(Some(source), until, "looking up the server")? == Woken::Time {
        return Err(unreachable("nobody tells its address in time".to_owned()));
    }
    let addresses = receiver
        .recv()
        .map_err(|error| Failure::system("looking up a name", error))?
        .map_err(|error| unreachable(format!("no such host ({error})")))?;
    let mut found: Vec<_> = addresses
        .into_iter()
        .filter_map(|address| match address {
            SocketAddr::V4(address) => Some(address),
            SocketAddr::V6(_) => None,
        })
        .collect();
    found.dedup();
    if found.is_empty() {
        return Err(unreachable(
            "it has no IPv4 address, and PPTP has no IPv6".to_owned(),
        ));
    }
    Ok(found)
}

/// The TCP connection to the server.
///
/// # Errors
/// [`Failure::Unreachable`] if there is none to be had by `until`.
pub fn connect(
    lasting: &mut Lasting,
    server: SocketAddrV4,
    until: Instant,
) -> Result<TcpStream, Failure> {
    let open = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        // Each message is a segment of its own: there are peers that expect it so.
        socket.set_tcp_nodelay(true)?;
        Ok(socket)
    };
    let socket = open().map_err(|error: io::Error| Failure::system("TCP", error))?;
    let unreachable = |error: io::Error| {
        let what = match error.kind() {
            ErrorKind::ConnectionRefused => "no PPTP server listens there".to_owned(),
            ErrorKind::TimedOut => "there is no answer".to_owned(),
            ErrorKind::HostUnreachable => "no machine answers there".to_owned(),
            ErrorKind::NetworkUnreachable => "this machine has no route to it".to_owned(),
            _ => error.to_string(),
        };
        Failure::Unreachable(format!("{server}: {what}"))
    };
    match socket.connect(&server.into()) {
        Err(error) if error.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error()) => {
            let source = PollFd::new(&socket, PollFlags::OUT);
            if lasting.wait(Some(source), until, "connecting")? == Woken::Time {
                return Err(unreachable(ErrorKind::TimedOut.into()));
            }
            if let Some(error) = socket.take_error().map_err(unreachable)? {
                return Err(unreachable(error));
            }
        }
        connected => connected.map_err(unreachable)?,
    }
    Ok(socket.into())
}
