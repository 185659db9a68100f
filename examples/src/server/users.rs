//! Who may come in.

use super::config::{self, ConfigError};
use ipnet::Ipv4Net;
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::mschap::NtHash;
use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// A user, as the configuration has them.
#[derive(Debug)]
pub struct User {
    /// The name, without a domain.
    pub name: String,
    /// The hash of the password.
    pub hash: NtHash,
    /// The address that they always have.
    pub address: Option<Ipv4Addr>,
    /// The networks behind them.
    pub networks: Vec<Ipv4Net>,
    /// The encryption they must, may or must not have, if it is not as for all.
    pub mppe: Option<MppePolicy>,
}

/// All users.
#[derive(Debug, Default)]
pub struct Users {
    by_name: HashMap<String, Rc<User>>,
    addresses: HashSet<Ipv4Addr>,
}

impl Users {
    /// Those of a configuration.
    ///
    /// # Errors
    /// If one of them has no password.
    pub fn new(users: &[config::User]) -> Result<Self, ConfigError> {
        let mut all = Self::default();
        for user in users {
            all.addresses.extend(user.address);
            let known = User {
                name: user.name.clone(),
                hash: user.hash()?,
                address: user.address,
                networks: user.networks.iter().map(|network| network.0).collect(),
                mppe: user.policy.as_ref().map(config::Policy::mppe),
            };
            all.by_name.insert(user.name.clone(), Rc::new(known));
        }
        Ok(all)
    }

    /// How many they are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.by_name.len()
    }

    /// Finds whoever presents `name`: as it is, or behind a domain, as Windows puts one in front.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<Rc<User>> {
        let name = str::from_utf8(name).ok()?;
        let bare = name.rsplit('\\').next()?;
        let user = self.by_name.get(name).or_else(|| self.by_name.get(bare));
        user.cloned()
    }

    /// Whether `address` is kept for one of them.
    #[must_use]
    pub fn reserves(&self, address: Ipv4Addr) -> bool {
        self.addresses.contains(&address)
    }
}
