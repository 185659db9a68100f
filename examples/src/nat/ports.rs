//! The ports of the public address.

use pptp_core::alg::Flow;
use std::collections::HashMap;

/// How many connections have a port at most; more than the library follows.
pub const MOST: usize = 4096;

/// The first port that is given.
const FIRST: u16 = 1024;

/// The connections that have a port, each its own. Those that are over keep theirs until there is no room, for packets
/// that are late.
#[derive(Debug)]
pub struct Ports {
    by_flow: HashMap<Flow, u16>,
    by_port: HashMap<u16, Flow>,
    last: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            by_flow: HashMap::new(),
            by_port: HashMap::new(),
            last: u16::MAX,
        }
    }
}

impl Ports {
    /// The port that a connection has.
    #[must_use]
    pub fn get(&self, flow: &Flow) -> Option<u16> {
        self.by_flow.get(flow).copied()
    }

    /// The connection that has a port.
    #[must_use]
    pub fn flow(&self, port: u16) -> Option<Flow> {
        self.by_port.get(&port).copied()
    }

    /// The port that a connection has, or a new one. If there is no room, those connections make way that are not
    /// `needed`. `None`: all are.
    pub fn give(&mut self, flow: Flow, needed: impl Fn(&Flow) -> bool) -> Option<u16> {
        if let Some(port) = self.get(&flow) {
            return Some(port);
        }
        if self.by_flow.len() >= MOST {
            self.by_flow.retain(|flow, _| needed(flow));
            self.by_port.retain(|_, flow| needed(flow));
        }
        if self.by_flow.len() >= MOST {
            return None;
        }
        loop {
            self.last = self.last.checked_add(1).unwrap_or(FIRST);
            if !self.by_port.contains_key(&self.last) {
                self.by_flow.insert(flow, self.last);
                self.by_port.insert(self.last, flow);
                return Some(self.last);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, SocketAddrV4};

    fn flow(port: u16) -> Flow {
        Flow {
            inside: SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), port),
            outside: SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 2), 1723),
        }
    }

    #[test]
    fn each_connection_has_a_port_of_its_own() {
        let mut ports = Ports::default();
        assert_eq!(ports.give(flow(1), |_| true), Some(1024));
        assert_eq!(ports.give(flow(2), |_| true), Some(1025));
        assert_eq!(ports.give(flow(1), |_| true), Some(1024));
        assert_eq!((ports.flow(1025), ports.flow(1026)), (Some(flow(2)), None));
    }

    #[test]
    fn those_that_are_not_needed_make_way() {
        let mut ports = Ports::default();
        for port in 0..MOST as u16 {
            ports.give(flow(port), |_| true);
        }
        assert_eq!(ports.give(flow(9999), |_| true), None);
        let last = 1024 + MOST as u16;
        assert_eq!(
            ports.give(flow(9999), |flow| flow.inside.port() == 7),
            Some(last)
        );
        assert_eq!(
            (ports.get(&flow(7)), ports.get(&flow(8))),
            (Some(1031), None)
        );
        assert_eq!(ports.flow(1032), None);
        // Around the end, those that are taken are left out.
        for port in 0..u16::MAX {
            ports.give(flow(port), |flow| flow.inside.port() == 7);
        }
        assert_eq!(ports.flow(1031), Some(flow(7)));
    }
}
