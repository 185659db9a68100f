//! Routes that go when they are dropped.

use super::SystemError;
use ipnet::Ipv4Net;
use log::debug;
use route_manager::{Route, RouteKind, RouteManager};
use std::cmp::Reverse;
use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr};

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
        let what = format!("the route to {network}");
        self.table
            .add(&self.route(network))
            .map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => SystemError::new(what, "this machine has one already"),
                _ => SystemError::needing(what, "CAP_NET_ADMIN")(error),
            })?;
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

/// The routing tables that the kernel goes through for everything (`ip rule`), but for the one of its own addresses.
const TABLES: [u8; 2] = [254, 253];

/// The table of the kernel's own addresses.
const LOCAL: u8 = 255;

/// A route to one host by the way that it has now, for when there will be routes through a tunnel to where it is.
pub struct HostRoute {
    table: RouteManager,
    /// `None`: the kernel had it already.
    route: Option<Route>,
}

impl HostRoute {
    /// Keeps the way to `host`, other than those through the device of index `except`. `None`: there is none.
    ///
    /// # Errors
    /// [`SystemError`] if the kernel does not let us.
    pub fn keep(host: Ipv4Addr, except: Option<u32>) -> Result<Option<Self>, SystemError> {
        let failed = |error| SystemError::new("the routes of this machine", error);
        let mut table = RouteManager::new().map_err(failed)?;
        let known = table.list().map_err(failed)?;
        let is_own = |route: &Route| route.table() == LOCAL && route.contains(&host.into());
        if known.iter().any(is_own) {
            return Ok(Some(Self { table, route: None }));
        }
        let Some(way) = best(&known, host, except) else {
            return Ok(None);
        };
        let route = to_host(host, way);
        let added = match table.add(&route) {
            Ok(()) => Some(route),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => None,
            Err(error) => {
                let failure = SystemError::needing(format!("the route to {host}"), "CAP_NET_ADMIN");
                return Err(failure(error));
            }
        };
        Ok(Some(Self {
            table,
            route: added,
        }))
    }
}

/// The route that the kernel takes to `host`: the most particular one, and of those the one of the lowest metric.
fn best(known: &[Route], host: Ipv4Addr, except: Option<u32>) -> Option<&Route> {
    let fits = |route: &&Route| {
        TABLES.contains(&route.table())
            && route.if_index().is_some()
            && route.if_index() != except
            && route.contains(&host.into())
    };
    known
        .iter()
        .filter(fits)
        .max_by_key(|route| (route.prefix(), Reverse(route.metric().unwrap_or(0))))
        .filter(|route| route.kind() == RouteKind::Unicast)
}

fn to_host(host: Ipv4Addr, way: &Route) -> Route {
    let mut route = Route::new(host.into(), 32);
    if let Some(index) = way.if_index() {
        route = route.with_if_index(index);
    }
    if let Some(name) = way.if_name() {
        route = route.with_if_name(name.clone());
    }
    if let Some(gateway) = way.gateway() {
        route = route.with_gateway(gateway);
    }
    if let Some(source) = way.pref_source() {
        route = route.with_pref_source(source);
    }
    route
}

impl Drop for HostRoute {
    fn drop(&mut self) {
        if let Some(route) = &self.route
            && let Err(error) = self.table.delete(route)
        {
            // It goes with the network that it led through.
            debug!("{route}: {error}");
        }
    }
}

impl fmt::Display for HostRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(route) = &self.route else {
            return f.write_str("as it was");
        };
        match route.gateway() {
            Some(gateway) => write!(f, "by {gateway}")?,
            None => f.write_str("directly")?,
        }
        route.if_name().map_or(Ok(()), |name| write!(f, ", {name}"))
    }
}

impl fmt::Debug for HostRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostRoute({self})")
    }
}

/// Whether this machine has a way to all of the IPv6 Internet.
///
/// # Errors
/// [`SystemError`] if the kernel does not tell.
pub fn has_ipv6_default() -> Result<bool, SystemError> {
    let failed = |error| SystemError::new("the routes of this machine", error);
    let known = RouteManager::new().and_then(|mut table| table.list());
    let is_default = |route: &Route| {
        matches!(route.destination(), IpAddr::V6(_))
            && route.prefix() == 0
            && route.kind() == RouteKind::Unicast
            && route.if_name().is_some_and(|name| name != "lo")
    };
    Ok(known.map_err(failed)?.iter().any(is_default))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);

    fn route(network: &str, device: u32) -> Route {
        let network: Ipv4Net = network.parse().unwrap();
        Route::new(network.network().into(), network.prefix_len())
            .with_if_index(device)
            .with_table(254)
    }

    #[test]
    fn the_best_way_is_the_most_particular() {
        let gateway: IpAddr = "192.0.2.1".parse().unwrap();
        let usual = route("0.0.0.0/0", 2).with_gateway(gateway);
        let known = [
            usual.clone().with_metric(100),
            route("0.0.0.0/0", 3).with_metric(600),
            route("203.0.0.0/8", 4),
            route("198.51.100.0/24", 5),
            route("203.0.113.0/24", 6).with_table(100),
            route("128.0.0.0/1", 7),
        ];
        let way = |known: &[Route], except| best(known, HOST, except)?.if_index();
        assert_eq!(way(&known, None), Some(4));
        assert_eq!(way(&known, Some(4)), Some(7));
        assert_eq!(way(&known[..2], Some(7)), Some(2));
        assert_eq!(way(&known[..2], Some(2)), Some(3));
        assert_eq!(way(&known[3..5], None), None);
        let forbidden = route("203.0.113.0/24", 8).with_kind(RouteKind::Prohibit);
        assert_eq!(way(&[usual.clone(), forbidden], None), None);

        let kept = to_host(HOST, best(&known[..2], HOST, None).unwrap());
        assert_eq!(kept.gateway(), Some(gateway));
        assert_eq!((kept.destination(), kept.prefix()), (HOST.into(), 32));
        assert_eq!((kept.if_index(), kept.metric()), (Some(2), None));
    }
}
