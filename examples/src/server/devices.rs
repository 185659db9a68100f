//! One TUN device for all clients, or one each.

use super::config::{Config, Devices};
use super::pool::Range;
use super::tunnel::Tunnel;
use crate::net::SystemError;
use crate::net::device::{Device, DeviceConfig};
use crate::net::routes::Routes;
use ipnet::Ipv4Net;
use pptp_core::ppp::Ipv4;
use std::net::Ipv4Addr;
use tracing::warn;

/// The octets that MPPE and the Protocol field take of the longest Information field.
const OVERHEAD: u16 = 4;

/// Where packets of clients go, and those for them come from.
#[derive(Debug)]
pub struct Outlet {
    local: Ipv4Addr,
    pool: Vec<Range>,
    /// The routes through the device for all, and that device.
    shared: Option<(Routes, Device)>,
}

impl Outlet {
    /// The device for all, if there is one, with routes to the pool.
    ///
    /// # Errors
    /// [`SystemError`] if the kernel does not let us.
    pub fn new(config: &Config) -> Result<Self, SystemError> {
        let network = &config.network;
        let local = network.address;
        let pool = network.pool.clone();
        if network.devices == Devices::Each {
            return Ok(Self {
                local,
                pool,
                shared: None,
            });
        }
        let device = Device::new(DeviceConfig {
            name: network.device.as_deref(),
            local,
            remote: None,
            mtu: network.mtu - OVERHEAD,
        })?;
        let mut routes = Routes::new(device.index())?;
        for range in &pool {
            for network in range.networks() {
                routes.add(network)?;
            }
        }
        Ok(Self {
            local,
            pool,
            shared: Some((routes, device)),
        })
    }

    /// The device for all, if there is one.
    #[must_use]
    pub const fn shared(&self) -> Option<&Device> {
        match &self.shared {
            Some((_, device)) => Some(device),
            None => None,
        }
    }

    /// Leads packets to a client that has come up: it has a device of its own then, or there are routes to it.
    ///
    /// # Errors
    /// [`SystemError`] if the kernel does not let us.
    pub fn connect(&mut self, tunnel: &mut Tunnel, agreed: &Ipv4) -> Result<(), SystemError> {
        let networks = self.networks(tunnel);
        tunnel.connected = true;
        let mut own = None;
        let routes = if let Some((routes, _)) = &mut self.shared {
            routes
        } else {
            let device = Device::new(DeviceConfig {
                name: None,
                local: self.local,
                remote: agreed.remote,
                mtu: u16::try_from(agreed.mtu).unwrap_or(u16::MAX),
            })?;
            let routes = Routes::new(device.index())?;
            tunnel.device = Some(device);
            own.insert(routes)
        };
        for network in networks {
            // Without one of its networks a client is still of use.
            if let Err(error) = routes.add(network) {
                warn!(session = tunnel.number, user = tunnel.user_name(), %error, "no route");
            }
        }
        // They go with the device.
        if let Some(routes) = &mut own {
            routes.forget();
        }
        Ok(())
    }

    /// Undoes [`connect`](Self::connect).
    pub fn disconnect(&mut self, tunnel: &mut Tunnel) {
        if !std::mem::take(&mut tunnel.connected) {
            return;
        }
        tunnel.device = None;
        for network in self.networks(tunnel) {
            if let Some((routes, _)) = &mut self.shared {
                routes.remove(network);
            }
        }
    }

    /// What has to be routed to a client alone: a device for all has routes to all of the pool, and a device of its own
    /// leads to its address anyway.
    fn networks(&self, tunnel: &Tunnel) -> Vec<Ipv4Net> {
        let in_pool = |address: &Ipv4Addr| self.pool.iter().any(|range| range.contains(*address));
        let address = tunnel.address.filter(|address| !in_pool(address));
        let address = address.filter(|_| self.shared.is_some());
        let address = address.map(Ipv4Net::from).into_iter();
        address.chain(tunnel.networks().iter().copied()).collect()
    }
}
