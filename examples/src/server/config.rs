//! The configuration file.

mod authentication;

pub use authentication::Authentication;

use super::arguments::Arguments;
use super::eap_tls;
use super::guarding;
use super::passwords;
use super::pool::Range;
use super::radius;
use crate::net::networks;
use ipnet::Ipv4Net;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use pptp_core::ppp::mschap::NtHash;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// All that the file says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where clients connect; 0.0.0.0 is every address of this machine.
    #[serde(default = "everywhere")]
    pub listen: SocketAddrV4,
    /// The socket over which sessions are listed and ended.
    pub control_socket: Option<PathBuf>,
    /// Whether access concentrators may bring the calls of those who dial in to them.
    #[serde(default)]
    pub incoming_calls: bool,
    /// Addresses and devices.
    pub network: Network,
    /// What is demanded of clients.
    #[serde(default)]
    pub policy: Policy,
    /// How many clients there may be.
    #[serde(default)]
    pub limits: Limits,
    /// What is done about those who guess passwords.
    #[serde(default)]
    pub guard: guarding::Settings,
    /// What is done about passwords that have to be changed.
    #[serde(default)]
    pub passwords: passwords::Settings,
    /// Who is asked about those who are not among the users.
    #[serde(default)]
    pub radius: radius::Settings,
    /// What is shown to clients in EAP-TLS and PEAP.
    pub tls: Option<eap_tls::Settings>,
    /// How long things may take.
    #[serde(default)]
    pub timing: Timing,
    /// Who may come in.
    #[serde(default, rename = "user")]
    pub users: Vec<User>,
}

/// Addresses and devices.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// The server's own address inside all tunnels.
    pub address: Ipv4Addr,
    /// The addresses for clients.
    #[serde(default)]
    pub pool: Vec<Range>,
    /// DNS servers to tell clients; two at most.
    #[serde(default)]
    pub dns: Vec<Ipv4Addr>,
    /// NetBIOS name servers to tell clients; two at most.
    #[serde(default)]
    pub nbns: Vec<Ipv4Addr>,
    /// What to call the network device; only if there is one for all.
    pub device: Option<String>,
    /// Whether all clients share a network device.
    #[serde(default)]
    pub devices: Devices,
    /// Whether packets of GRE pass a filter before anything else looks at them.
    #[serde(default)]
    pub pptp_only: bool,
    /// The longest Information field of PPP, in octets.
    #[serde(default = "mtu")]
    pub mtu: u16,
    /// Whether TCP is kept from segments that are too long for the tunnel.
    #[serde(default = "yes")]
    pub clamp_mss: bool,
}

/// Whether all clients share a network device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Devices {
    /// They do.
    #[default]
    One,
    /// Each has one of its own.
    Each,
}

/// What is demanded of clients.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    /// How they prove who they are; MS-CHAPv2 unless it is named.
    pub authentication: Option<Authentication>,
    /// Whether tunnels are encrypted.
    #[serde(default)]
    pub mppe: Mppe,
    /// The key lengths that will do; 128 bits unless others are named.
    pub strengths: Option<Vec<Strength>>,
    /// The modes that will do; stateless unless others are named.
    pub modes: Option<Vec<Mode>>,
    /// Whether packets are compressed by MPPC, for clients that can; not unless it is said.
    pub mppc: Option<bool>,
}

/// Whether tunnels are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mppe {
    /// There is no tunnel without it.
    #[default]
    Require,
    /// They are if the client wants it; but anybody on the way can talk it out of that.
    Allow,
    /// They are not.
    Refuse,
}

/// A key length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub struct Strength(Strengths);

/// How often keys change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// With each packet.
    Stateless,
    /// Every 256 packets.
    Stateful,
}

/// How many clients there may be; 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Sessions in all. Those beyond hear that the server is busy.
    pub sessions: usize,
    /// How many more may be on their way up. For those beyond others have to go, or they are not listened to.
    pub half_open: usize,
    /// From one address.
    pub sessions_per_source: usize,
    /// From one address, on their way up.
    pub half_open_per_source: usize,
    /// How often one address may connect in a minute.
    pub connections_per_minute: u32,
    /// Milliseconds in which a client that has just connected does not have to go for others.
    pub grace: u16,
    /// Of one user.
    pub sessions_per_user: usize,
    /// How often a client may try to log in before its session ends: 1 to 5.
    pub tries: u8,
    /// Seconds in which a session has to come up.
    pub setup_timeout: u16,
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Timing {
    /// Seconds of silence after which a client is asked for a sign of life; 0: never.
    pub echo_interval: u16,
    /// How many such questions in a row may stay unanswered.
    pub echo_failures: u8,
    /// Milliseconds to wait for packets that others have overtaken; 0: late ones are dropped.
    pub reorder: u16,
}

/// Who may come in.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    /// The name, without a domain.
    pub name: String,
    /// The password. Either this or `nt_hash`.
    #[serde(default)]
    pub password: Secret,
    /// The password's NT hash, as 32 hexadecimal digits: as good as the password to whoever reads it.
    #[serde(default)]
    pub nt_hash: Secret,
    /// Whether the user has to change it, and does not come in before.
    #[serde(default)]
    pub must_change: bool,
    /// The address that the user always has, instead of one of the pool.
    pub address: Option<Ipv4Addr>,
    /// Networks behind the user.
    #[serde(default)]
    pub networks: Vec<RoutedNetwork>,
    /// What encryption this user must, may or must not have, instead of what all do.
    pub policy: Option<Policy>,
    /// Whether this user's packets are compressed, instead of what is said for all.
    pub mppc: Option<bool>,
}

/// A network behind a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct RoutedNetwork(pub Ipv4Net);

/// Something that is not shown, and gone from memory after use.
#[derive(Clone, PartialEq, Default)]
pub struct Secret(Option<Zeroizing<String>>);

/// What is wrong with a configuration, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    pub(super) const fn new(text: String) -> Self {
        Self(text)
    }
}

impl Config {
    /// Reads the file that the command line names, and what else is said there.
    ///
    /// # Errors
    /// If it cannot be read or makes no sense.
    pub fn read(arguments: &Arguments) -> Result<Self, ConfigError> {
        let path = arguments.config.as_path();
        let failure =
            |error: &dyn fmt::Display| ConfigError(format!("{}: {error}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| failure(&error))?;
        let text = Zeroizing::new(text);
        let mut config: Self = text.parse().map_err(|error: ConfigError| failure(&error))?;
        config.radius.apply(&arguments.radius);
        config.limits.apply(&arguments.limits);
        config.network.pptp_only |= arguments.pptp_only;
        config.check().map(|()| config)
    }

    /// Whether everybody on this machine can read the passwords in the file.
    #[must_use]
    pub fn is_open_to_all(path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0)
    }

    /// What is demanded of clients of whom nothing else is said.
    #[must_use]
    pub fn authentication(&self) -> Authentication {
        self.policy
            .authentication
            .unwrap_or(Authentication::MS_CHAP_V2)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let error = |text: String| Err(ConfigError(text));
        let network = &self.network;
        if network.dns.len() > 2 || network.nbns.len() > 2 {
            return error("network: IPCP can tell two dns and two nbns at most".to_owned());
        }
        if !(576..=1500).contains(&network.mtu) {
            return error(format!("network: mtu is {}, not 576 to 1500", network.mtu));
        }
        if network.devices == Devices::Each && network.device.is_some() {
            return error("network: device names one device, and there is one for each".to_owned());
        }
        let Authentication { methods, .. } = self.authentication();
        let nobody = methods.is_empty();
        if nobody && self.policy.mppe == Mppe::Require {
            return error(
                "policy: without authentication there are no keys; mppe has to be refuse or allow"
                    .to_owned(),
            );
        }
        let keyless = !nobody && (methods - Authentication::KEYLESS).is_empty();
        if keyless && self.policy.mppe == Mppe::Require {
            return error(
                "policy: pap, chap-md5 and eap-md5 have no keys; mppe has to be refuse or allow"
                    .to_owned(),
            );
        }
        if nobody && network.pool.is_empty() {
            return error(
                "network: without authentication all addresses come from the pool".to_owned(),
            );
        }
        self.policy.check("policy")?;
        self.guard.check()?;
        self.radius.check()?;
        eap_tls::check(self)?;
        if nobody && !self.radius.servers.is_empty() {
            return error("radius: without authentication there is nothing to ask".to_owned());
        }
        self.limits.check()?;
        let (mut names, mut addresses) = (HashSet::new(), HashSet::from([network.address]));
        let mut networks: Vec<(&str, Ipv4Net)> = Vec::new();
        for user in &self.users {
            let name = user.name.as_str();
            if !names.insert(name) {
                return error(format!("user {name}: there is another of this name"));
            }
            user.hash()?;
            if user.must_change && self.passwords.file.is_none() {
                return error(format!(
                    "user {name}: must-change takes a file for new passwords: passwords.file"
                ));
            }
            if user.must_change && name.contains(char::is_control) {
                return error(format!("user {name:?}: such a name cannot be written down"));
            }
            if let Some(address) = user.address
                && !addresses.insert(address)
            {
                return error(format!("user {name}: {address} is somebody else's address"));
            }
            if user.address.is_none() && network.pool.is_empty() {
                return error(format!(
                    "user {name}: there is no pool to take an address from"
                ));
            }
            for &RoutedNetwork(network) in &user.networks {
                let overlaps = |(_, other): &&(&str, Ipv4Net)| {
                    other.contains(&network.network()) || network.contains(&other.network())
                };
                if let Some((other, theirs)) = networks.iter().find(overlaps) {
                    return error(format!(
                        "user {name}: {network} overlaps with {theirs}, which is behind {other}"
                    ));
                }
                networks.push((name, network));
            }
            if let Some(policy) = &user.policy {
                policy.check(&format!("user {name}: policy"))?;
                if policy.authentication.is_some() {
                    return error(format!(
                        "user {name}: authentication comes before it is known who it is"
                    ));
                }
                if policy.mppc.is_some() {
                    return error(format!(
                        "user {name}: mppc goes beside policy, which is about encryption"
                    ));
                }
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for Config {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What it shows of the place may have a password in it.
        let config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().and_then(|span| text.get(..span.start));
            let line = line.map_or(1, |before| before.matches('\n').count() + 1);
            ConfigError(format!("line {line}: {}", error.message()))
        })?;
        config.check()?;
        Ok(config)
    }
}

impl Policy {
    /// The library's policy.
    #[must_use]
    pub fn mppe(&self) -> MppePolicy {
        let requirement = match self.mppe {
            Mppe::Require => Requirement::Require,
            Mppe::Allow => Requirement::Allow,
            Mppe::Refuse => return MppePolicy::REFUSE,
        };
        let strengths = self.strengths.as_ref();
        let modes = self.modes.as_ref();
        let mode = |mode: &Mode| match mode {
            Mode::Stateless => Modes::STATELESS,
            Mode::Stateful => Modes::STATEFUL,
        };
        MppePolicy {
            requirement,
            strengths: strengths.map_or(Strengths::BITS_128, |all| {
                all.iter().map(|it| it.0).collect()
            }),
            modes: modes.map_or(Modes::STATELESS, |all| all.iter().map(mode).collect()),
        }
    }

    fn check(&self, place: &str) -> Result<(), ConfigError> {
        let empty = |what: &str| Err(ConfigError(format!("{place}: {what} are none at all")));
        if self.strengths.as_ref().is_some_and(Vec::is_empty) {
            return empty("strengths");
        }
        if self.modes.as_ref().is_some_and(Vec::is_empty) {
            return empty("modes");
        }
        Ok(())
    }
}

impl User {
    /// The password, if it is known as text.
    pub(super) fn text(&self) -> Option<&Zeroizing<String>> {
        self.password.0.as_ref()
    }

    /// The hash of the password.
    ///
    /// # Errors
    /// If there is none, or two.
    pub fn hash(&self) -> Result<NtHash, ConfigError> {
        let name = &self.name;
        match (&self.password.0, &self.nt_hash.0) {
            (Some(password), None) => Ok(NtHash::from_password(password)),
            (None, Some(digits)) => parse_hash(digits).ok_or_else(|| {
                ConfigError(format!("user {name}: nt-hash is not 32 hexadecimal digits"))
            }),
            _ => Err(ConfigError(format!(
                "user {name}: there has to be either a password or an nt-hash"
            ))),
        }
    }
}

pub(super) fn parse_hash(digits: &str) -> Option<NtHash> {
    if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let number = u128::from_str_radix(digits, 16).ok()?;
    Some(NtHash::new(number.to_be_bytes()))
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: 1000,
            half_open: 100,
            sessions_per_source: 100,
            half_open_per_source: 20,
            connections_per_minute: 120,
            grace: 500,
            sessions_per_user: 0,
            tries: 1,
            setup_timeout: 60,
        }
    }
}

impl Limits {
    /// In which time a session has to come up.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        Duration::from_secs(self.setup_timeout as u64)
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            echo_interval: 30,
            echo_failures: 4,
            reorder: 50,
        }
    }
}

impl TryFrom<u8> for Strength {
    type Error = String;

    fn try_from(bits: u8) -> Result<Self, Self::Error> {
        Ok(Self(match bits {
            40 => Strengths::BITS_40,
            56 => Strengths::BITS_56,
            128 => Strengths::BITS_128,
            _ => return Err(format!("MPPE has 40, 56 and 128 bits, and not {bits}")),
        }))
    }
}

impl TryFrom<String> for RoutedNetwork {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        networks::parse(&text).map(Self)
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The usual message would show what is there instead, such as the digits of a password.
        let text = String::deserialize(deserializer)
            .map_err(|_| D::Error::custom("a password, or its hash, is a text in quotes"))?;
        Ok(Self(Some(Zeroizing::new(text))))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "(secret)" } else { "-" })
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

const fn everywhere() -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 1723)
}

const fn yes() -> bool {
    true
}

const fn mtu() -> u16 {
    1400
}

#[cfg(test)]
mod tests;
