//! The server's address, and the TCP connection to it.

use super::failure::Failure;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, SocketAddrV4, TcpStream, ToSocketAddrs};
use std::time::Duration;

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
