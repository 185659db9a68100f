//! The two ways to the server: a TCP connection and a raw socket for GRE.

use super::failure::Failure;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// The IP protocol of GRE.
const GRE: i32 = 47;

/// The room that is asked for in the kernel for GRE packets that nobody has read yet, in octets. A burst that finds no
/// room is lost.
const RECEIVE_BUFFER: usize = 4 << 20;

/// How long the server may take to accept the TCP connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// The IPv4 address of `host`: GRE is told apart by addresses, so there has to be one that stays the same.
///
/// # Errors
/// [`Failure::Unreachable`] if there is none.
pub fn resolve(host: &str, port: u16) -> Result<SocketAddrV4, Failure> {
    let unreachable = |what: String| Failure::Unreachable(format!("{host}: {what}"));
    let mut addresses = (host, port)
        .to_socket_addrs()
        .map_err(|error| unreachable(format!("no such host ({error})")))?;
    addresses
        .find_map(|address| match address {
            SocketAddr::V4(address) => Some(address),
            SocketAddr::V6(_) => None,
        })
        .ok_or_else(|| unreachable("it has no IPv4 address, and PPTP has no IPv6".to_owned()))
}

/// A raw socket that gets the GRE packets of `server` only.
///
/// # Errors
/// [`Failure::NotPermitted`] without `CAP_NET_RAW`.
pub fn gre_socket(server: Ipv4Addr) -> Result<Socket, Failure> {
    let open = || -> io::Result<Socket> {
        let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(GRE)))?;
        socket.set_nonblocking(true)?;
        // The limit of ordinary users' sockets may make it less, which is no failure.
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.connect(&SockAddr::from(SocketAddrV4::new(server, 0)))?;
        Ok(socket)
    };
    open().map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => Failure::NotPermitted(
            "a raw socket for GRE takes root, or the capability CAP_NET_RAW".to_owned(),
        ),
        _ => Failure::Unreachable(format!("{server}: no way for GRE ({error})")),
    })
}

/// The TCP connection to the server.
///
/// # Errors
/// [`Failure::Unreachable`] if there is none to be had.
pub fn connect(server: SocketAddrV4) -> Result<TcpStream, Failure> {
    let connect = || {
        let stream = TcpStream::connect_timeout(&server.into(), CONNECT_TIMEOUT)?;
        // Each message is a segment of its own: there are peers that expect it so.
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    };
    connect().map_err(|error: io::Error| {
        let what = match error.kind() {
            ErrorKind::ConnectionRefused => "no PPTP server listens there".to_owned(),
            ErrorKind::TimedOut => "there is no answer".to_owned(),
            _ => error.to_string(),
        };
        Failure::Unreachable(format!("{server}: {what}"))
    })
}
