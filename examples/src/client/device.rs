//! The network device at this end of the tunnel: what IPCP agreed on, and the routes that the user wants.

use super::failure::Failure;
use crate::net::SystemError;
use crate::net::device::{Device, DeviceConfig};
use crate::net::routes::Routes;
use ipnet::Ipv4Net;
use pptp_core::ppp::Ipv4;
use std::net::Ipv4Addr;

/// A TUN device with the address that the server gave and routes through it.
#[derive(Debug)]
pub struct TunnelDevice {
    tun: Device,
    ends: Ends,
}

/// What a device is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    local: Ipv4Addr,
    remote: Option<Ipv4Addr>,
    mtu: u16,
}

impl Ends {
    /// Those that IPCP agreed on, in a tunnel to `server`.
    ///
    /// # Errors
    /// [`Failure`] if we got no address.
    pub fn new(agreed: &Ipv4, server: Ipv4Addr) -> Result<Self, Failure> {
        let no_address = || SystemError::Failed("the server gave us no address".to_owned());
        Ok(Self {
            local: agreed.local.ok_or_else(no_address)?,
            // Some servers use one address inside and outside. A route to it through the tunnel would lead the tunnel's
            // own packets into itself.
            remote: agreed.remote.filter(|&remote| remote != server),
            mtu: u16::try_from(agreed.mtu).unwrap_or(u16::MAX),
        })
    }
}

impl TunnelDevice {
    /// Makes a device, called `name` if that is given, and `routes` through it.
    ///
    /// # Errors
    /// [`Failure`] if the kernel does not let us.
    pub fn new(name: Option<&str>, ends: Ends, routes: &[Ipv4Net]) -> Result<Self, Failure> {
        let tun = Device::new(DeviceConfig {
            name,
            local: ends.local,
            remote: ends.remote,
            mtu: ends.mtu,
        })?;
        let is_remote = |network: &Ipv4Net| {
            network.prefix_len() == 32 && Some(network.network()) == ends.remote
        };
        let mut table = Routes::new(tun.index())?;
        // The one to the other end is there.
        for &network in routes.iter().filter(|network| !is_remote(network)) {
            table.add(network)?;
        }
        // They go with the device.
        table.forget();
        Ok(Self { tun, ends })
    }

    /// Whether it is for these.
    #[must_use]
    pub fn is(&self, ends: &Ends) -> bool {
        self.ends == *ends
    }

    /// The device itself.
    #[must_use]
    pub const fn tun(&self) -> &Device {
        &self.tun
    }
}
