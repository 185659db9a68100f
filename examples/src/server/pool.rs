//! The addresses that clients get.

use crate::net::networks;
use ipnet::{Ipv4Net, Ipv4Subnets};
use std::collections::HashSet;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// The most addresses that a range may have.
const MAX_RANGE: u32 = 1 << 16;

/// Consecutive addresses, such as 10.0.0.10-10.0.0.99, or a network, of which the first and the last address are left
/// out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: Ipv4Addr,
    last: Ipv4Addr,
}

impl Range {
    /// How many they are.
    const fn len(self) -> u32 {
        self.last.to_bits() - self.first.to_bits() + 1
    }

    /// Whether `address` is among them.
    #[must_use]
    pub fn contains(self, address: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&address)
    }

    /// The networks that they are made up of.
    pub fn networks(self) -> impl Iterator<Item = Ipv4Net> {
        Ipv4Subnets::new(self.first, self.last, 0)
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = |text: &str| {
            let parsed = text.trim().parse::<Ipv4Addr>();
            parsed.map_err(|_| format!("\"{}\" is not an IPv4 address", text.trim()))
        };
        let (first, last) = if let Some((first, last)) = text.split_once('-') {
            (address(first)?, address(last)?)
        } else {
            let network = networks::parse(text)?;
            let (first, last) = (network.network(), network.broadcast());
            if network.prefix_len() < 31 {
                (
                    Ipv4Addr::from_bits(first.to_bits() + 1),
                    Ipv4Addr::from_bits(last.to_bits() - 1),
                )
            } else {
                (first, last)
            }
        };
        if last < first {
            return Err(format!("{text}: {last} comes before {first}"));
        }
        let range = Self { first, last };
        if last.to_bits() - first.to_bits() >= MAX_RANGE {
            return Err(format!("{text} has more than {MAX_RANGE} addresses"));
        }
        Ok(range)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// The addresses that are free. One that comes back goes out again as late as can be, for somebody may still be sending
/// to whoever had it.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    ranges: Vec<Range>,
    taken: HashSet<Ipv4Addr>,
    /// Where the search goes on.
    next: u32,
}

impl Pool {
    /// All of `ranges`.
    #[must_use]
    pub fn new(ranges: Vec<Range>) -> Self {
        Self {
            ranges,
            ..Self::default()
        }
    }

    /// The ranges.
    #[must_use]
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// Whether `address` is one of them, free or not.
    #[must_use]
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        self.ranges.iter().any(|range| range.contains(address))
    }

    /// Takes an address that is not among `reserved`.
    pub fn take(&mut self, reserved: impl Fn(Ipv4Addr) -> bool) -> Option<Ipv4Addr> {
        let len: u32 = self.ranges.iter().map(|range| range.len()).sum();
        for _ in 0..len {
            let address = self.at(self.next % len)?;
            self.next = (self.next + 1) % len;
            if !reserved(address) && self.taken.insert(address) {
                return Some(address);
            }
        }
        None
    }

    /// Gives an address back.
    pub fn give_back(&mut self, address: Ipv4Addr) {
        self.taken.remove(&address);
    }

    fn at(&self, mut index: u32) -> Option<Ipv4Addr> {
        for range in &self.ranges {
            if index < range.len() {
                return Some(Ipv4Addr::from_bits(range.first.to_bits() + index));
            }
            index -= range.len();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, last)
    }

    #[test]
    fn ranges() {
        let range: Range = "10.0.0.10 - 10.0.0.99".parse().unwrap();
        assert_eq!(range.len(), 90);
        assert!(range.contains(address(10)) && range.contains(address(99)));
        assert!(!range.contains(address(9)) && !range.contains(address(100)));
        let network: Range = "10.0.0.0/29".parse().unwrap();
        assert_eq!(network.to_string(), "10.0.0.1-10.0.0.6");
        assert_eq!("10.0.0.7".parse::<Range>().unwrap().len(), 1);
        for wrong in [
            "10.0.0.9-10.0.0.8",
            "10.0.0.1/29",
            "10.0.0.0-10.1.0.0",
            "10.0.0.1-x",
            "",
        ] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_networks_of_a_range_are_all_of_it_and_no_more() {
        let range: Range = "10.0.0.10-10.0.0.99".parse().unwrap();
        let networks: Vec<Ipv4Net> = range.networks().collect();
        for last in 0..=255 {
            let within = networks
                .iter()
                .filter(|network| network.contains(&address(last)));
            assert_eq!(within.count(), usize::from((10..=99).contains(&last)));
        }
    }

    #[test]
    fn an_address_goes_out_once_and_comes_around_late() {
        let mut pool = Pool::new(vec![
            "10.0.0.1-10.0.0.2".parse().unwrap(),
            "10.0.0.8".parse().unwrap(),
        ]);
        let reserved = |it| it == address(2);
        assert_eq!(pool.take(reserved), Some(address(1)));
        pool.give_back(address(1));
        assert_eq!(pool.take(reserved), Some(address(8)));
        assert_eq!(pool.take(reserved), Some(address(1)));
        assert_eq!(pool.take(reserved), None);
        pool.give_back(address(8));
        assert_eq!(pool.take(reserved), Some(address(8)));
        assert_eq!(Pool::default().take(reserved), None);
    }
}
