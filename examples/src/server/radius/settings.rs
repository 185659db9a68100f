//! Which RADIUS servers to ask, and how.

use crate::net::SystemError;
use crate::server::config::ConfigError;
use clap::Args;
use pptp_radius::{MessageAuthenticator, Schedule};
use serde::Deserialize;
use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use zeroize::Zeroizing;

/// The port of RADIUS (RFC 2865 §3).
const PORT: u16 = 1812;

/// The longest wait for the answer to the last of a server's requests.
const LONGEST: u32 = 4;

/// The RADIUS servers, as the file has them. None: there is no RADIUS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// Whom to ask; each if those before it do not answer.
    pub servers: Vec<Place>,
    /// Where the secret is that is shared with them all.
    pub secret_file: Option<PathBuf>,
    /// Seconds to wait for the answer to the first request; for that to each further one twice as long, and 4 at most.
    pub timeout: u32,
    /// How often one server is asked.
    pub tries: u8,
    /// What we call ourselves.
    pub nas_identifier: String,
    /// Whether answers have to have a Message-Authenticator.
    pub require_message_authenticator: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            secret_file: None,
            timeout: 1,
            tries: 3,
            nas_identifier: "pptp-server".to_owned(),
            require_message_authenticator: true,
        }
    }
}

/// The same on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Flags {
    /// Ask this RADIUS server about everybody who is not in the configuration; several times for several servers, of
    /// which each is asked if those before it do not answer. They take the place of those in the configuration
    #[arg(long, value_name = "HOST[:PORT]")]
    pub radius: Vec<Place>,

    /// The file with the secret that is shared with the RADIUS servers
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
}

/// HOST, HOST:PORT, or an address of IPv6 in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Place {
    host: String,
    port: u16,
}

/// A secret of RADIUS, cleared on drop.
pub type Secret = Zeroizing<Vec<u8>>;

impl Settings {
    /// Puts what the command line says in the place of what the file does.
    pub fn apply(&mut self, flags: &Flags) {
        if !flags.radius.is_empty() {
            self.servers.clone_from(&flags.radius);
        }
        if flags.secret_file.is_some() {
            self.secret_file.clone_from(&flags.secret_file);
        }
    }

    /// Whether it makes sense.
    pub(in crate::server) fn check(&self) -> Result<(), ConfigError> {
        let error = |text: String| Err(ConfigError::new(format!("radius: {text}")));
        if !self.servers.is_empty() && self.secret_file.is_none() {
            return error("there has to be a secret-file".to_owned());
        }
        if !(1..=LONGEST).contains(&self.timeout) {
            return error(format!("timeout is {}, not 1 to {LONGEST}", self.timeout));
        }
        if !(1..=10).contains(&self.tries) {
            return error(format!("tries is {}, not 1 to 10", self.tries));
        }
        let len = self.nas_identifier.len();
        if !(1..=pptp_radius::MAX_VALUE_LEN).contains(&len) {
            return error(format!("nas-identifier has {len} octets, not 1 to 253"));
        }
        Ok(())
    }

    /// When a request is sent again.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        Schedule {
            first: seconds(self.timeout),
            longest: seconds(LONGEST),
            tries: self.tries,
        }
    }

    /// Whether answers have to have a Message-Authenticator.
    #[must_use]
    pub const fn demand(&self) -> MessageAuthenticator {
        if self.require_message_authenticator {
            MessageAuthenticator::Required
        } else {
            MessageAuthenticator::IfPresent
        }
    }

    /// Reads the secret: all of the file but the end of its line.
    ///
    /// # Errors
    /// If it cannot be read, or there is none.
    pub fn secret(&self) -> Result<Secret, ConfigError> {
        let path = self.secret_file.as_deref();
        let path = path.ok_or_else(|| ConfigError::new("radius: no secret-file".to_owned()))?;
        let error = |why: String| ConfigError::new(format!("{}: {why}", path.display()));
        let mut secret = Secret::new(fs::read(path).map_err(|it| error(it.to_string()))?);
        let len = secret.trim_ascii_end().len();
        secret.truncate(len);
        if secret.is_empty() {
            return Err(error("the secret is empty".to_owned()));
        }
        Ok(secret)
    }
}

impl Place {
    /// Its address.
    ///
    /// # Errors
    /// If it has none, or nobody can tell now.
    pub fn find(&self) -> Result<SocketAddr, SystemError> {
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        let found = found.and_then(|mut all| all.next().ok_or(std::io::ErrorKind::NotFound.into()));
        found.map_err(|error| SystemError::new(format!("the RADIUS server {}", self.host), error))
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("\"{text}\" is neither HOST nor HOST:PORT");
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or_else(wrong)?,
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => PORT,
            Some(port) => port.parse().map_err(|_| wrong())?,
            None => return Err(wrong()),
        };
        if host.is_empty() || port == 0 {
            return Err(wrong());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_host_with_or_without_a_port() {
        let parse = |text: &str| text.parse::<Place>().map(|it| (it.host, it.port));
        let host = |host: &str, port| Ok((host.to_owned(), port));
        assert_eq!(parse("192.0.2.7"), host("192.0.2.7", 1812));
        assert_eq!(parse("radius.example:1645"), host("radius.example", 1645));
        assert_eq!(parse("[2001:db8::7]"), host("2001:db8::7", 1812));
        assert_eq!(parse("[2001:db8::7]:18"), host("2001:db8::7", 18));
        for wrong in [
            "",
            ":1812",
            "a:",
            "a:0",
            "a:66666",
            "2001:db8::7",
            "[::1",
            "[::1]7",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let place: Place = "[::1]:18".parse().unwrap();
        assert_eq!(place.find().unwrap(), "[::1]:18".parse().unwrap());
    }

    #[test]
    fn the_command_line_counts_more_than_the_file() {
        let mut settings: Settings =
            toml::from_str("servers = [\"a\", \"b\"]\nsecret-file = \"/s\"").unwrap();
        settings.apply(&Flags::default());
        assert_eq!(settings.servers.len(), 2);
        settings.apply(&Flags {
            radius: vec!["c".parse().unwrap()],
            secret_file: None,
        });
        assert_eq!(settings.servers, ["c".parse().unwrap()]);
        assert_eq!(settings.secret_file.as_deref(), Some("/s".as_ref()));
    }

    #[test]
    fn the_secret_is_a_line_and_not_shown() {
        let path = std::env::temp_dir().join(format!("pptp-secret-{}", std::process::id()));
        let settings = Settings {
            secret_file: Some(path.clone()),
            ..Settings::default()
        };
        fs::write(&path, "xyzzy 5461\n").unwrap();
        assert_eq!(**settings.secret().unwrap(), *b"xyzzy 5461");
        assert!(!format!("{settings:?}").contains("xyzzy"));
        fs::write(&path, " \n").unwrap();
        assert!(settings.secret().is_err());
        fs::remove_file(&path).unwrap();
        assert!(settings.secret().is_err());
    }

    /// CVE-2024-3596: whoever does not turn it off is safe from it.
    #[test]
    fn answers_have_to_be_authenticated_unless_that_is_turned_off() {
        assert_eq!(Settings::default().demand(), MessageAuthenticator::Required);
        let off = "require-message-authenticator = false";
        let off: Settings = toml::from_str(off).unwrap();
        assert_eq!(off.demand(), MessageAuthenticator::IfPresent);
    }
}
