//! TUN devices.

use super::SystemError;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use tun_rs::{DeviceBuilder, SyncDevice};

/// What a device is to be.
#[derive(Debug, Clone, Copy)]
pub struct DeviceConfig<'a> {
    /// What to call it; the kernel chooses, if it is not given.
    pub name: Option<&'a str>,
    /// Our address.
    pub local: Ipv4Addr,
    /// The address at the other end, if it leads to one.
    pub remote: Option<Ipv4Addr>,
    /// The longest packet that goes into it, in octets.
    pub mtu: u16,
}

/// A TUN device that is up. It goes, and the routes through it with it, when it is dropped, or when the program ends in
/// whatever way. Reading and writing do not block.
pub struct Device {
    tun: SyncDevice,
    name: String,
    index: u32,
}

impl Device {
    /// Makes one.
    ///
    /// # Errors
    /// [`SystemError`] if the kernel does not let us.
    pub fn new(config: DeviceConfig<'_>) -> Result<Self, SystemError> {
        let open = || {
            let mut builder = DeviceBuilder::new()
                .ipv4(config.local, 32, config.remote)
                .mtu(config.mtu)
                .packet_information(false);
            if let Some(name) = config.name {
                builder = builder.name(name);
            }
            let tun = builder.build_sync()?;
            tun.set_nonblocking(true)?;
            let (name, index) = (tun.name()?, tun.if_index()?);
            Ok(Self { tun, name, index })
        };
        open().map_err(SystemError::needing("a TUN device", "CAP_NET_ADMIN"))
    }

    /// What the kernel calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kernel's number for it.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// Takes the next packet that the kernel sends, if there is one.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none, or another if the device is gone.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tun.recv(buffer)
    }

    /// Hands a packet to the kernel.
    ///
    /// # Errors
    /// If the kernel does not take it.
    pub fn write(&self, packet: &[u8]) -> io::Result<usize> {
        self.tun.send(packet)
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tun.as_fd()
    }
}

impl AsRawFd for Device {
    fn as_raw_fd(&self) -> RawFd {
        self.tun.as_raw_fd()
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({})", self.name)
    }
}
