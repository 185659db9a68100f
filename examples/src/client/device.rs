//! The network device at this end of the tunnel.

use super::failure::Failure;
use pptp_core::ppp::Ipv4;
use route_manager::{Route, RouteManager};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, BorrowedFd};
use std::str::FromStr;
use tun_rs::{DeviceBuilder, SyncDevice};

/// An IPv4 network, such as 192.168.7.0/24.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: Ipv4Addr,
    prefix: u8,
}

impl Network {
    /// Whether `address` is in it.
    #[must_use]
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        (u32::from(address) ^ u32::from(self.address)) & mask(self.prefix) == 0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = text.split_once('/').unwrap_or((text, "32"));
        let address: Ipv4Addr = address
            .parse()
            .map_err(|_| format!("\"{address}\" is not an IPv4 address"))?;
        let prefix = prefix.parse().ok().filter(|&prefix| prefix <= 32);
        let prefix = prefix.ok_or("the length of the prefix is a number from 0 to 32")?;
        if u32::from(address) & !mask(prefix) != 0 {
            let start = Ipv4Addr::from(u32::from(address) & mask(prefix));
            return Err(format!(
                "{text} is not the start of a network; {start}/{prefix} is"
            ));
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

/// A TUN device with the address that the server gave and routes through it. It goes, and they with it, when it is
/// dropped, or when the program ends in whatever way.
pub struct Device {
    tun: SyncDevice,
    name: String,
    agreed: Ipv4,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({}, {:?})", self.name, self.agreed)
    }
}

impl Device {
    /// Makes a device, called `name` if that is given, with what IPCP agreed on.
    ///
    /// # Errors
    /// [`Failure`] if the kernel does not let us.
    pub fn new(
        name: Option<&str>,
        agreed: Ipv4,
        routes: &[Network],
        server: Ipv4Addr,
    ) -> Result<Self, Failure> {
        let failure = |what: &str| {
            let what = what.to_owned();
            move |error: io::Error| match error.kind() {
                ErrorKind::PermissionDenied => Failure::NotPermitted(format!(
                    "{what} takes root, or the capability CAP_NET_ADMIN"
                )),
                _ => Failure::system(&what, error),
            }
        };
        let local = agreed
            .local
            .ok_or_else(|| Failure::System("the server gave us no address".to_owned()))?;
        // Some servers use one address inside and outside. A route to it through the tunnel would lead the tunnel's own
        // packets into itself.
        let remote = agreed.remote.filter(|&remote| remote != server);
        let mtu = u16::try_from(agreed.mtu).unwrap_or(u16::MAX);
        let mut builder = DeviceBuilder::new()
            .ipv4(local, 32, remote)
            .mtu(mtu)
            .packet_information(false);
        if let Some(name) = name {
            builder = builder.name(name);
        }
        let tun = builder.build_sync().map_err(failure("a TUN device"))?;
        tun.set_nonblocking(true).map_err(failure("a TUN device"))?;
        let name = tun.name().map_err(failure("a TUN device"))?;
        let index = tun.if_index().map_err(failure("a TUN device"))?;
        if !routes.is_empty() {
            let mut table = RouteManager::new().map_err(failure("a route"))?;
            for network in routes {
                let route = Route::new(network.address.into(), network.prefix).with_if_index(index);
                table
                    .add(&route)
                    .map_err(failure(&format!("the route to {network}")))?;
            }
        }
        Ok(Self { tun, name, agreed })
    }

    /// What the kernel calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is what `agreed` says.
    #[must_use]
    pub fn is(&self, agreed: &Ipv4) -> bool {
        self.agreed == *agreed
    }

    /// Takes the next packet that the kernel sends, if there is one.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tun.recv(buffer)
    }

    /// Hands a packet to the kernel.
    pub fn write(&self, packet: &[u8]) -> io::Result<usize> {
        self.tun.send(packet)
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tun.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let network: Network = "192.168.7.0/24".parse().unwrap();
        assert!(network.contains(Ipv4Addr::new(192, 168, 7, 255)));
        assert!(!network.contains(Ipv4Addr::new(192, 168, 8, 0)));
        let host: Network = "192.168.7.1".parse().unwrap();
        assert!(host.contains(Ipv4Addr::new(192, 168, 7, 1)));
        assert!(!host.contains(Ipv4Addr::new(192, 168, 7, 0)));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains(Ipv4Addr::BROADCAST));
        for wrong in [
            "192.168.7.1/24",
            "192.168.7.0/33",
            "192.168.7/24",
            "",
            "/8",
            "::/0",
        ] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
