//! What this machine has for the tunnel: the device, routes, DNS servers. All of it is put back when it is dropped.

use super::arguments::NetworkOptions;
use super::device::{Ends, TunnelDevice};
use super::dns::Resolvers;
use super::failure::Failure;
use crate::net::device::Device;
use crate::net::routes::HostRoute;
use ipnet::Ipv4Net;
use log::debug;
use pptp_core::ppp::Ipv4;
use std::net::Ipv4Addr;

/// What this machine has for the tunnel. It stays while the tunnel comes back.
#[derive(Debug)]
pub struct Local {
    // In this order they are put back.
    resolvers: Option<Resolvers>,
    device: Option<TunnelDevice>,
    host_route: Option<HostRoute>,
    networks: Vec<Ipv4Net>,
    device_name: Option<String>,
    use_dns: bool,
}

impl Local {
    /// Nothing yet.
    #[must_use]
    pub fn new(options: &NetworkOptions) -> Self {
        Self {
            resolvers: None,
            device: None,
            host_route: None,
            networks: options.networks(),
            device_name: options.device.clone(),
            use_dns: options.resolvconf,
        }
    }

    /// Sees to it that `server` is reached as now, whatever will go through the tunnel; the way that there was to it at
    /// an earlier time is forgotten.
    ///
    /// # Errors
    /// [`Failure`] if there is no way to it, or the kernel does not let us.
    pub fn keep_way(&mut self, server: Ipv4Addr) -> Result<(), Failure> {
        self.host_route = None;
        if !self
            .networks
            .iter()
            .any(|network| network.contains(&server))
        {
            return Ok(());
        }
        if self.networks.contains(&server.into()) {
            return Err(Failure::Usage(format!(
                "the server itself, {server}, cannot be reached through its own tunnel"
            )));
        }
        let own = self.device.as_ref().map(|device| device.tun().index());
        let route = HostRoute::keep(server, own)?.ok_or_else(|| {
            Failure::Unreachable(format!("{server}: this machine has no route to it"))
        })?;
        debug!("the route to {server}: {route}");
        self.host_route = Some(route);
        Ok(())
    }

    /// Has everything as `agreed` in a tunnel to `server`.
    ///
    /// # Errors
    /// [`Failure`] if the kernel does not let us.
    pub fn up(&mut self, agreed: &Ipv4, server: Ipv4Addr) -> Result<(), Failure> {
        let ends = Ends::new(agreed, server)?;
        if !self.device.as_ref().is_some_and(|device| device.is(&ends)) {
            // Name and routes have to be free for the next one.
            self.resolvers = None;
            self.device = None;
            let name = self.device_name.as_deref();
            self.device = Some(TunnelDevice::new(name, ends, &self.networks)?);
        }
        self.use_resolvers(agreed);
        Ok(())
    }

    /// The device, if there is one.
    #[must_use]
    pub fn device(&self) -> Option<&Device> {
        self.device.as_ref().map(TunnelDevice::tun)
    }

    fn use_resolvers(&mut self, agreed: &Ipv4) {
        let Some(device) = self.device.as_ref().filter(|_| self.use_dns) else {
            return;
        };
        let name = device.tun().name();
        let servers: Vec<_> = agreed.dns.iter().copied().flatten().collect();
        let unchanged = |it: &Resolvers| it.are(name, &servers);
        if !self.resolvers.as_ref().is_some_and(unchanged) {
            self.resolvers = None;
            if !servers.is_empty() {
                self.resolvers = Resolvers::hand_over(name, servers);
            }
        }
    }
}
