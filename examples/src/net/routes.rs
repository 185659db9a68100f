//! Routes that go when they are dropped.

use super::SystemError;
use ipnet::Ipv4Net;
use log::debug;
use route_manager::{Route, RouteManager};
use std::fmt;

/// Routes through a network device.
///
/// Those through a device that goes are taken away by the kernel; where that is all that will happen, they can be
/// [forgotten](Self::forget).
pub struct Routes {
    table: RouteManager,
    device: u32,
    routes: Vec<Ipv4Net>,
}

impl Routes {
    /// None yet, through the device of this index.
    ///
    /// # Errors
    /// [`SystemError`] if there is no netlink.
    pub fn new(device: u32) -> Result<Self, SystemError> {
        let table = RouteManager::new().map_err(|error| SystemError::new("netlink", error))?;
        Ok(Self {
            table,
            device,
            routes: Vec::new(),
        })
    }

    /// Sends what is for `network` through the device.
    ///
    /// # Errors
    /// [`SystemError`] if the kernel has such a route already, or does not let us.
    pub fn add(&mut self, network: Ipv4Net) -> Result<(), SystemError> {
        let failure = SystemError::needing(format!("the route to {network}"), "CAP_NET_ADMIN");
        self.table.add(&self.route(network)).map_err(failure)?;
        self.routes.push(network);
        Ok(())
    }

    /// Takes the route to `network` away, if there is one.
    pub fn remove(&mut self, network: Ipv4Net) {
        let Some(at) = self.routes.iter().position(|&known| known == network) else {
            return;
        };
        self.routes.swap_remove(at);
        // Somebody else may have taken it away.
        if let Err(error) = self.table.delete(&self.route(network)) {
            debug!("the route to {network}: {error}");
        }
    }

    /// Leaves them to the kernel.
    pub fn forget(&mut self) {
        self.routes.clear();
    }

    fn route(&self, network: Ipv4Net) -> Route {
        Route::new(network.network().into(), network.prefix_len()).with_if_index(self.device)
    }
}

impl Drop for Routes {
    fn drop(&mut self) {
        while let Some(&network) = self.routes.last() {
            self.remove(network);
        }
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Routes({:?} through device {})",
            self.routes, self.device
        )
    }
}
