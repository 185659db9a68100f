//! A raw socket for GRE.

use super::SystemError;
use log::debug;
use rustix::net::sockopt::{Ipv4PathMtuDiscovery, set_ip_mtu_discover};
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::fmt;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

/// The IP protocol of GRE.
const GRE: i32 = 47;

/// The room that is asked for in the kernel for packets that nobody has read yet, in octets. A burst that finds no room
/// is lost.
const RECEIVE_BUFFER: usize = 4 << 20;

/// How many datagrams wait at most before they are handed to the kernel, all at once.
const WAITING: usize = 64;

/// The longest datagram that can be sent, in octets.
pub const MAX_DATAGRAM: usize = 2048;

/// A raw socket for GRE. What is sent gathers in it until it is [flushed](Self::flush): calls of the kernel are what
/// takes time.
pub struct GreSocket {
    socket: Socket,
    octets: Vec<u8>,
    /// Where each that waits ends in `octets`, and whom it is for; `None`: the socket is connected.
    waiting: Vec<(usize, Option<SocketAddrAny>)>,
    unsent: u64,
    refused: bool,
}

impl GreSocket {
    /// A socket that gets the packets of `peer` only, and sends to it.
    ///
    /// # Errors
    /// [`SystemError::NotPermitted`] without `CAP_NET_RAW`.
    pub fn connected(peer: Ipv4Addr) -> Result<Self, SystemError> {
        Self::open(|socket| socket.connect(&SockAddr::from(SocketAddrV4::new(peer, 0))))
    }

    /// A socket that gets the packets that come to `local`, an address of this machine, and sends from it.
    ///
    /// # Errors
    /// [`SystemError::NotPermitted`] without `CAP_NET_RAW`.
    pub fn bound(local: Ipv4Addr) -> Result<Self, SystemError> {
        Self::open(|socket| socket.bind(&SockAddr::from(SocketAddrV4::new(local, 0))))
    }

    fn open(attach: impl FnOnce(&Socket) -> io::Result<()>) -> Result<Self, SystemError> {
        let open = || {
            let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(GRE)))?;
            socket.set_nonblocking(true)?;
            // The limit of ordinary users' sockets may make it less, which is no failure.
            socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
            attach(&socket)?;
            Ok(socket)
        };
        let socket = open().map_err(SystemError::needing("a raw socket for GRE", "CAP_NET_RAW"))?;
        Ok(Self {
            socket,
            octets: vec![0; WAITING * MAX_DATAGRAM],
            waiting: Vec::with_capacity(WAITING),
            unsent: 0,
            refused: false,
        })
    }

    /// Has the kernel fragment what is longer than the path takes, for those who cannot make it shorter.
    ///
    /// # Errors
    /// [`SystemError`] if it does not.
    pub fn let_fragment(&self) -> Result<(), SystemError> {
        set_ip_mtu_discover(&self.socket, Ipv4PathMtuDiscovery::DONT)
            .map_err(|error| SystemError::new("GRE", error))
    }

    /// Takes the next packet, with its IPv4 header, if there is one.
    ///
    /// # Errors
    /// [`WouldBlock`](ErrorKind::WouldBlock) if there is none. Other errors are those of packets that were sent, by
    /// ICMP: anybody can forge them.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.socket.read(buffer);
        if let Err(error) = &read {
            self.note(error);
        }
        read
    }

    /// Has `write` write a datagram, which goes to `peer` with the next [`flush`](Self::flush), and tells how long it is.
    /// Nothing is sent if it writes nothing.
    ///
    /// # Errors
    /// That of `write`.
    pub fn send<E>(
        &mut self,
        peer: Option<Ipv4Addr>,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let start = self.waiting.last().map_or(0, |(end, _)| *end);
        let room = self.octets.get_mut(start..start + MAX_DATAGRAM);
        let len = write(room.unwrap_or_default())?;
        if len > 0 {
            let peer = peer.map(|peer| SocketAddrV4::new(peer, 0).into());
            self.waiting.push((start + len, peer));
        }
        if self.waiting.len() == WAITING {
            self.flush();
        }
        Ok(len)
    }

    /// Hands what waits to the kernel. What it does not take is lost, as on any network.
    pub fn flush(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let mut start = 0;
        let slices = self.waiting.iter().map(|&(end, _)| {
            let datagram = self.octets.get(start..end).unwrap_or_default();
            start = end;
            [IoSlice::new(datagram)]
        });
        let slices: Vec<_> = slices.collect();
        let mut nothing: Vec<_> = slices
            .iter()
            .map(|_| SendAncillaryBuffer::default())
            .collect();
        let peers = self.waiting.iter().map(|(_, peer)| peer);
        let messages = slices.iter().zip(&mut nothing).zip(peers);
        let mut messages: Vec<_> = messages
            .map(|((slice, nothing), peer)| match peer {
                Some(peer) => MMsgHdr::new_with_addr(peer, slice, nothing),
                None => MMsgHdr::new(slice, nothing),
            })
            .collect();
        let (mut refused, mut unsent) = (false, 0);
        let mut left = messages.as_mut_slice();
        let mut again = true;
        while !left.is_empty() {
            match sendmmsg(&self.socket, left, SendFlags::empty()) {
                Ok(sent) => {
                    left = left.get_mut(sent.max(1)..).unwrap_or_default();
                    again = true;
                }
                // Perhaps that of an earlier packet, by ICMP, which the kernel tells once, instead of sending this one.
                Err(error) => {
                    debug!("GRE: {error}");
                    refused |= error == rustix::io::Errno::CONNREFUSED;
                    if !again {
                        unsent += 1;
                        left = left.get_mut(1..).unwrap_or_default();
                    }
                    again = !again;
                }
            }
        }
        self.refused |= refused;
        self.unsent += unsent;
        self.waiting.clear();
    }

    /// How many datagrams the kernel did not take.
    #[must_use]
    pub const fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Whether a machine has answered, by ICMP, that it takes no GRE.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.refused
    }

    fn note(&mut self, error: &io::Error) {
        if error.kind() != ErrorKind::WouldBlock {
            debug!("GRE: {error}");
            self.refused |= error.kind() == ErrorKind::ConnectionRefused;
        }
    }
}

impl AsFd for GreSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for GreSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

impl fmt::Debug for GreSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GreSocket({:?})", self.socket)
    }
}
