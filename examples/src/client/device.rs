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
    agreed: Ipv4,
}

impl TunnelDevice {
    /// Makes a device, called `name` if that is given, with what IPCP agreed on.
    ///
    /// # Errors
    /// [`Failure`] if the kernel does not let us.
    pub fn new(
        name: Option<&str>,
        agreed: Ipv4,
        routes: &[Ipv4Net],
        server: Ipv4Addr,
    ) -> Result<Self, Failure> {
        let no_address = || SystemError::Failed("the server gave us no address".to_owned());
        let tun = Device::new(DeviceConfig {
            name,
            local: agreed.local.ok_or_else(no_address)?,
            // Some servers use one address inside and outside. A route to it through the tunnel would lead the tunnel's
            // own packets into itself.
            remote: agreed.remote.filter(|&remote| remote != server),
            mtu: u16::try_from(agreed.mtu).unwrap_or(u16::MAX),
        })?;
        if !routes.is_empty() {
            let mut table = Routes::new(tun.index())?;
            for &network in routes {
                table.add(network)?;
            }
            // They go with the device.
            table.forget();
        }
        Ok(Self { tun, agreed })
    }

    /// Whether it is what `agreed` says.
    #[must_use]
    pub fn is(&self, agreed: &Ipv4) -> bool {
        self.agreed == *agreed
    }

    /// The device itself.
    #[must_use]
    pub const fn tun(&self) -> &Device {
        &self.tun
    }
}
