//! The tunnels that there are, and how each is found.

use super::tunnel::Tunnel;
use ipnet::Ipv4Net;
use pptp_core::calls::{Calls, Slot};
use pptp_core::ppp::Random;
use pptp_core::time::Instant;
use slab::Slab;
use std::collections::{BTreeSet, HashMap};
use std::net::Ipv4Addr;

/// The tunnels that there are. Each has a place, which another has after it.
#[derive(Debug)]
pub struct Table {
    tunnels: Slab<Tunnel>,
    /// By the client's address outside and our call id: what a GRE packet shows.
    by_call: Calls<usize, Vec<Slot<usize>>>,
    /// By the client's address inside.
    by_address: HashMap<Ipv4Addr, usize>,
    /// By the networks behind clients, the longest prefixes first.
    by_network: Vec<(Ipv4Net, usize)>,
    alarms: BTreeSet<(Instant, usize)>,
}

impl Table {
    /// None yet, and never more than `most`. Call ids are a function of `entropy`.
    #[must_use]
    pub fn new(most: usize, entropy: [u8; 32]) -> Self {
        // As many may end within a quarantine as there are.
        let slots = vec![Slot::EMPTY; most.saturating_mul(2).max(64)];
        let mut random = Random::new(entropy);
        let quarantine = Calls::<usize, Vec<Slot<usize>>>::QUARANTINE;
        Self {
            tunnels: Slab::new(),
            by_call: Calls::new(slots, quarantine, &mut random),
            by_address: HashMap::new(),
            by_network: Vec::new(),
            alarms: BTreeSet::new(),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tunnels.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tunnels.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Tunnel)> {
        self.tunnels.iter()
    }

    /// The one at that place.
    #[must_use]
    pub fn get(&mut self, place: usize) -> Option<&mut Tunnel> {
        self.tunnels.get_mut(place)
    }

    /// Adds one, and tells its place.
    pub fn insert(&mut self, tunnel: Tunnel) -> usize {
        self.tunnels.insert(tunnel)
    }

    /// Takes one out.
    pub fn remove(&mut self, now: Instant, place: usize) -> Option<Tunnel> {
        self.disconnect(place);
        let tunnel = self.tunnels.try_remove(place)?;
        if let Some(call_id) = tunnel.call_id {
            self.by_call.free(now, *tunnel.peer.ip(), call_id);
        }
        if let Some(at) = tunnel.alarm {
            self.alarms.remove(&(at, place));
        }
        Some(tunnel)
    }

    /// Gives the call of a tunnel an id, one that no other call from there has, or has had until lately.
    pub fn allocate_call(&mut self, now: Instant, place: usize) -> Option<u16> {
        let tunnel = self.tunnels.get_mut(place)?;
        let peer = *tunnel.peer.ip();
        let id = self.by_call.allocate(now, peer, place).ok()?;
        if let Some(old) = tunnel.call_id.replace(id) {
            self.by_call.free(now, peer, old);
        }
        Some(id)
    }

    /// Has packets for a tunnel's address, and for the networks behind it, find it.
    pub fn connect(&mut self, place: usize) {
        let Some(tunnel) = self.tunnels.get(place) else {
            return;
        };
        if let Some(address) = tunnel.address {
            self.by_address.insert(address, place);
        }
        let networks = tunnel.networks().iter();
        self.by_network
            .extend(networks.map(|&network| (network, place)));
        self.by_network
            .sort_by_key(|(network, _)| std::cmp::Reverse(network.prefix_len()));
    }

    /// Has none find it any more.
    pub fn disconnect(&mut self, place: usize) {
        let Some(tunnel) = self.tunnels.get(place) else {
            return;
        };
        if let Some(address) = tunnel.address
            && self.by_address.get(&address) == Some(&place)
        {
            self.by_address.remove(&address);
        }
        if !tunnel.networks().is_empty() {
            self.by_network.retain(|(_, known)| *known != place);
        }
    }

    /// The tunnel that a GRE packet of call `call_id` from `peer` is for.
    #[must_use]
    pub fn by_call(&mut self, peer: Ipv4Addr, call_id: u16) -> Option<(usize, &mut Tunnel)> {
        let place = *self.by_call.get(peer, call_id)?;
        Some((place, self.tunnels.get_mut(place)?))
    }

    /// The tunnel that leads to `address`.
    #[must_use]
    pub fn by_destination(&mut self, address: Ipv4Addr) -> Option<(usize, &mut Tunnel)> {
        let behind = || {
            let network = self
                .by_network
                .iter()
                .find(|(net, _)| net.contains(&address));
            network.map(|(_, place)| place)
        };
        let place = *self.by_address.get(&address).or_else(behind)?;
        Some((place, self.tunnels.get_mut(place)?))
    }

    /// Notes when the loop is to wake up for a tunnel.
    pub fn set_alarm(&mut self, place: usize) {
        let Some(tunnel) = self.tunnels.get_mut(place) else {
            return;
        };
        let next = tunnel.next_timeout();
        if next == tunnel.alarm {
            return;
        }
        if let Some(at) = tunnel.alarm {
            self.alarms.remove(&(at, place));
        }
        tunnel.alarm = next;
        self.alarms.extend(next.map(|at| (at, place)));
    }

    /// When the loop is to wake up.
    #[must_use]
    pub fn next_alarm(&self) -> Option<Instant> {
        self.alarms.first().map(|(at, _)| *at)
    }

    /// A tunnel whose time has come. It is not given again before its alarm is set.
    pub fn take_alarm(&mut self, now: Instant) -> Option<usize> {
        let &(at, place) = self.alarms.first().filter(|(at, _)| *at <= now)?;
        self.alarms.remove(&(at, place));
        self.tunnels.get_mut(place)?.alarm = None;
        Some(place)
    }
}
