//! Packets between the raw sockets and the devices.

use super::serve::{Server, Source, TURN};
use super::tunnel::Buffer;
use crate::net::SystemError;
use crate::net::gre::{GreSocket, MAX_DATAGRAM};
use crate::net::icmp::fragmentation_needed;
use crate::net::packet::{destination, is_for_tunnel, source};
use mio::unix::SourceFd;
use mio::{Interest, Registry};
use pptp_core::SendError;
use pptp_core::gre::{peek_call_id, strip_ipv4};
use pptp_core::time::Instant;
use slab::Slab;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use tracing::warn;

/// The raw sockets: one for each address of this machine that clients have connected to, as long as they are there.
#[derive(Debug, Default)]
pub struct Sockets {
    all: Slab<Bound>,
    by_address: HashMap<Ipv4Addr, usize>,
}

#[derive(Debug)]
struct Bound {
    local: Ipv4Addr,
    socket: GreSocket,
    tunnels: usize,
}

impl Sockets {
    /// The socket with that key.
    pub fn get(&mut self, key: usize) -> Option<&mut GreSocket> {
        self.all.get_mut(key).map(|bound| &mut bound.socket)
    }

    /// The key of the socket of `local`, for one more tunnel.
    ///
    /// # Errors
    /// [`SystemError`] if there cannot be one.
    pub fn open(&mut self, local: Ipv4Addr, registry: &Registry) -> Result<usize, SystemError> {
        if let Some(&known) = self.by_address.get(&local)
            && let Some(bound) = self.all.get_mut(known)
        {
            bound.tunnels += 1;
            return Ok(known);
        }
        let socket = GreSocket::bound(local)?;
        let entry = self.all.vacant_entry();
        let key = entry.key();
        let fd = socket.as_raw_fd();
        registry
            .register(
                &mut SourceFd(&fd),
                Source::Gre(key).token(),
                Interest::READABLE,
            )
            .map_err(|error| SystemError::new("epoll", error))?;
        entry.insert(Bound {
            local,
            socket,
            tunnels: 1,
        });
        self.by_address.insert(local, key);
        Ok(key)
    }

    /// One tunnel less.
    pub fn close(&mut self, key: usize) {
        let Some(bound) = self.all.get_mut(key) else {
            return;
        };
        bound.tunnels -= 1;
        if bound.tunnels == 0 {
            // The last goodbyes.
            bound.socket.flush();
            self.by_address.remove(&bound.local);
            self.all.remove(key);
        }
    }

    /// Hands all that waits to the kernel.
    pub fn flush(&mut self) {
        for (_, bound) in &mut self.all {
            bound.socket.flush();
        }
    }
}

impl Server {
    /// Takes what has come from clients.
    pub(super) fn read_gre(&mut self, now: Instant, key: usize) {
        let mut buffer: Buffer = [0; MAX_DATAGRAM];
        for _ in 0..TURN {
            let Some(gre) = self.gre.get(key) else {
                return;
            };
            let len = match gre.read(&mut buffer) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => continue,
            };
            let packet = buffer.get_mut(..len).unwrap_or_default();
            if !self.is_let_in(packet) {
                continue;
            }
            let source = source(packet);
            let found = strip_ipv4(packet).ok().and_then(|datagram| {
                let call_id = peek_call_id(datagram).ok()?;
                let (place, tunnel) = self.table.by_call(source?, call_id)?;
                Some((place, tunnel, datagram))
            });
            let Some((place, tunnel, datagram)) = found else {
                continue;
            };
            if tunnel.receive(now, datagram, self.outlet.shared()) {
                self.settle(now, place);
            }
            self.mark(place);
        }
        self.again.push(Source::Gre(key));
    }

    /// Takes what has come for clients.
    pub(super) fn read_device(&mut self, now: Instant) -> Result<(), SystemError> {
        let mut buffer: Buffer = [0; MAX_DATAGRAM];
        for _ in 0..TURN {
            let Some(device) = self.outlet.shared() else {
                return Ok(());
            };
            let len = match device.read(&mut buffer) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(SystemError::new(device.name(), error)),
            };
            let packet = buffer.get(..len).unwrap_or_default();
            let tunnel = destination(packet).and_then(|to| self.table.by_destination(to));
            let Some((place, tunnel)) = tunnel else {
                continue;
            };
            if !is_for_tunnel(packet, *tunnel.peer.ip()) {
                continue;
            }
            let Some(gre) = self.gre.get(tunnel.gre) else {
                continue;
            };
            if let Err(SendError::TooLong { mtu }) = tunnel.send(now, packet, gre)
                && let Some(answer) = fragmentation_needed(self.config.network.address, packet, mtu)
            {
                // Whoever sent it sends it again, as with any packet that is lost.
                let _ = device.write(&answer);
            }
            self.mark(place);
        }
        self.again.push(Source::Device);
        Ok(())
    }

    /// Takes what has come for one client.
    pub(super) fn read_own_device(&mut self, now: Instant, place: usize) {
        let mut buffer: Buffer = [0; MAX_DATAGRAM];
        for _ in 0..TURN {
            let Some(tunnel) = self.table.get(place) else {
                return;
            };
            let Some(device) = &tunnel.device else { return };
            let len = match device.read(&mut buffer) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    warn!(session = tunnel.number, %error, "the device");
                    return self.end(now, place, "its device is gone");
                }
            };
            let packet = buffer.get(..len).unwrap_or_default();
            if is_for_tunnel(packet, *tunnel.peer.ip())
                && let Some(gre) = self.gre.get(tunnel.gre)
            {
                // Such a device is as wide as its tunnel; what cannot be sent is counted.
                let _ = tunnel.send(now, packet, gre);
                self.mark(place);
            }
        }
        self.again.push(Source::Own(place));
    }

    /// Waits for a tunnel's own device.
    pub(super) fn watch_device(&mut self, place: usize) -> Result<(), SystemError> {
        let device = self.table.get(place).and_then(|it| it.device.as_ref());
        let Some(device) = device else { return Ok(()) };
        let fd = device.as_raw_fd();
        self.poll
            .registry()
            .register(
                &mut SourceFd(&fd),
                Source::Own(place).token(),
                Interest::READABLE,
            )
            .map_err(|error| SystemError::new("epoll", error))
    }
}
