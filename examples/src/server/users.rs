//! Who may come in.

use super::config::{self, ConfigError};
use super::passwords::Passwords;
use ipnet::Ipv4Net;
use pptp_core::ppp::Verdict;
use pptp_core::ppp::config::MppePolicy;
use pptp_core::ppp::mschap::NtHash;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::Ipv4Addr;
use std::rc::Rc;
use zeroize::Zeroizing;

/// A user, as the configuration or a RADIUS server has them.
pub struct User {
    /// The name, without a domain.
    pub name: String,
    /// The hash of the password; `None` if it is a RADIUS server that knows it.
    pub hash: Option<NtHash>,
    /// The password as text, if it is known: CHAP with MD5 takes it, and so does what MS-CHAPv1 has of LAN Manager.
    pub password: Option<Zeroizing<String>>,
    /// Whether it has to be changed.
    pub must_change: bool,
    /// The address that they always have.
    pub address: Option<Ipv4Addr>,
    /// The networks behind them.
    pub networks: Vec<Ipv4Net>,
    /// The encryption they must, may or must not have, if it is not as for all.
    pub mppe: Option<MppePolicy>,
    /// Whether they may have compression, if it is not as for all.
    pub mppc: Option<bool>,
}

/// Without the password.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl User {
    /// Whether there is one session of theirs at a time: what is theirs alone cannot lead to two.
    #[must_use]
    pub fn has_one_session(&self) -> bool {
        self.address.is_some() || !self.networks.is_empty()
    }

    /// What proves to be this user; `None` if it is a RADIUS server that knows.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict<'_>> {
        let password = self.password.as_ref();
        let text = password.map(|password| Verdict::Password(password));
        text.or_else(|| self.hash.as_ref().map(Verdict::NtHash))
    }

    /// Whether nothing has changed.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let Self {
            name,
            hash,
            password,
            must_change,
            address,
            networks,
            mppe,
            mppc,
        } = self;
        *name == other.name
            && *hash == other.hash
            && *password == other.password
            && *must_change == other.must_change
            && *address == other.address
            && *networks == other.networks
            && *mppe == other.mppe
            && *mppc == other.mppc
    }
}

/// All users.
#[derive(Debug, Default)]
pub struct Users {
    by_name: HashMap<String, Rc<User>>,
    addresses: HashSet<Ipv4Addr>,
}

impl Users {
    /// Those of a configuration, with the passwords that they have changed.
    ///
    /// # Errors
    /// If one of them has no password.
    pub fn new(users: &[config::User], passwords: &Passwords) -> Result<Self, ConfigError> {
        let mut all = Self::default();
        for user in users {
            all.addresses.extend(user.address);
            let configured = user.hash()?;
            let changed = passwords.changed(&user.name, &configured);
            let known = User {
                name: user.name.clone(),
                must_change: user.must_change && changed.is_none(),
                password: user.text().filter(|_| changed.is_none()).cloned(),
                hash: Some(changed.unwrap_or(configured)),
                address: user.address,
                networks: user.networks.iter().map(|network| network.0).collect(),
                mppe: user.policy.as_ref().map(config::Policy::mppe),
                mppc: user.mppc,
            };
            all.by_name.insert(user.name.clone(), Rc::new(known));
        }
        Ok(all)
    }

    /// Has `user` in the place of the one of this name.
    pub fn replace(&mut self, user: &Rc<User>) {
        self.by_name.insert(user.name.clone(), Rc::clone(user));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Config;

    fn users(text: &str) -> Users {
        let network = "[network]\naddress = \"10.98.0.1\"\npool = [\"10.98.0.10\"]\n";
        let config: Config = format!("{network}{text}").parse().unwrap();
        Users::new(&config.users, &Passwords::default()).unwrap()
    }

    #[test]
    fn a_domain_in_front_does_not_matter() {
        let text = r#"
            [[user]]
            name = "alice"
            password = "a"
            [[user]]
            name = 'SHOP\bob'
            password = "b"
        "#;
        let users = users(text);
        let found = |name: &str| users.find(name.as_bytes()).map(|user| user.name.clone());
        assert_eq!(found("alice").as_deref(), Some("alice"));
        assert_eq!(found(r"OFFICE\alice").as_deref(), Some("alice"));
        assert_eq!(found(r"SHOP\bob").as_deref(), Some(r"SHOP\bob"));
        assert_eq!(
            [found("bob"), found(r"OFFICE\bob"), found("")],
            [const { None }; 3]
        );
        assert!(users.find(b"\xff").is_none());
    }

    #[test]
    fn what_has_changed_is_not_the_same() {
        let alice = |more: &str| {
            let users = users(&format!("[[user]]\nname = \"alice\"\n{more}"));
            users.find(b"alice").unwrap()
        };
        let plain = alice("password = \"a\"");
        assert!(plain.is_same(&alice("password = \"a\"")) && !plain.has_one_session());
        for (more, has_one_session) in [
            ("password = \"b\"", false),
            ("password = \"a\"\naddress = \"10.98.1.1\"", true),
            ("password = \"a\"\nnetworks = [\"10.20.0.0/16\"]", true),
            ("password = \"a\"\npolicy = { mppe = \"allow\" }", false),
            ("password = \"a\"\nmppc = true", false),
        ] {
            let other = alice(more);
            assert!(!plain.is_same(&other), "{more}");
            assert_eq!(other.has_one_session(), has_one_session, "{more}");
        }
    }
}
