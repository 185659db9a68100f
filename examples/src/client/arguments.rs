//! The command line, and what it means for the library.

use super::failure::{EXIT_CODES, Failure};
use crate::net::{clock, networks};
use clap::{Parser, ValueEnum};
use ipnet::Ipv4Net;
use pptp_core::ClientConfig;
use pptp_core::control::FieldText;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  pptp-client vpn.example.org --user alice
      asks for the password; MS-CHAPv2 and stateless MPPE-128, or no tunnel
  pptp-client 192.0.2.1 -u 'OFFICE\\alice' --password-file ~/.vpn --route 10.1.0.0/16
      a user in a Windows domain; the network behind the server goes through the tunnel
  pptp-client 192.0.2.1 -u alice --mode stateless,stateful --strength 40,56,128
      takes any encryption that an old server has; all of it is weak
  pptp-client 192.0.2.1 --mppe refuse
      no user and no encryption

PPTP is broken as a security protocol: MS-CHAPv2 falls to one search of DES's keys, and MPPE has no integrity.";

/// Connects this machine to a PPTP server, and stays in the foreground until it is told to stop (Ctrl-C, SIGTERM).
///
/// It takes root, or the capabilities CAP_NET_ADMIN (a TUN device) and CAP_NET_RAW (a raw socket for GRE). What it
/// does is told on standard error. The device and its routes are gone when it ends, in whatever way.
///
/// The password comes from --password-file, else from the environment variable PPTP_PASSWORD, else from the terminal.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "pptp-client",
    version,
    after_help = "See --help for examples and exit codes."
)]
#[command(after_long_help = format!("{EXIT_CODES}\n\n{EXAMPLES}"))]
pub struct Arguments {
    /// The server: its name or IPv4 address
    pub server: String,

    /// Log in as this user; without it the server has to let everybody in
    #[arg(short, long, value_name = "NAME")]
    pub user: Option<String>,

    /// Read the password from the first line of this file
    #[arg(long, value_name = "FILE", requires = "user")]
    pub password_file: Option<PathBuf>,

    /// The TCP port of the server
    #[arg(long, default_value_t = 1723)]
    pub port: u16,

    /// Whether the tunnel is encrypted; it holds for each direction
    #[arg(long, value_enum, default_value_t = Encrypt::Require, value_name = "HOW")]
    pub mppe: Encrypt,

    /// The key lengths of MPPE that will do; the strongest that both have is used
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "128",
        value_name = "BITS,.."
    )]
    pub strength: Vec<Strength>,

    /// The modes of MPPE that will do; stateless is asked for if it is among them
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "stateless",
        value_name = "MODE,.."
    )]
    pub mode: Vec<Mode>,

    /// Send what is for this network through the tunnel, as in 10.1.0.0/16; may be given several times
    #[arg(long, value_name = "NETWORK", value_parser = networks::parse)]
    pub route: Vec<Ipv4Net>,

    /// The longest packet inside the tunnel, before encryption; longer than 1400 may have to be fragmented outside
    #[arg(long, default_value_t = 1400, value_name = "OCTETS", value_parser = clap::value_parser!(u16).range(576..=1500))]
    pub mtu: u16,

    /// How long to wait for packets that the network has overtaken by later ones; 0 drops them
    #[arg(long, default_value_t = 50, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u16).range(0..=2000))]
    pub reorder: u16,

    /// What to call the network device; the kernel chooses, if it is not given
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,

    /// Tell more: the library's own log; twice for all of it. The variable RUST_LOG does the same in more detail
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Whether there is encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Encrypt {
    /// No tunnel without it
    Require,
    /// Asked for; but anybody on the way can talk the server out of it
    Allow,
    /// None: everybody on the way can read along
    Refuse,
}

/// The length of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Strength {
    /// Broken in seconds
    #[value(name = "40")]
    Bits40,
    /// Broken in hours
    #[value(name = "56")]
    Bits56,
    /// The strongest there is
    #[value(name = "128")]
    Bits128,
}

/// How often the key changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// With each packet
    Stateless,
    /// Every 256 packets: a lost packet costs more of them
    Stateful,
}

impl Arguments {
    /// The library's configuration, but for the credentials.
    ///
    /// # Errors
    /// [`Failure::Usage`] if it makes no sense.
    pub fn config(&self) -> Result<ClientConfig, Failure> {
        if self.user.is_none() && self.mppe == Encrypt::Require {
            return Err(Failure::Usage(
                "the keys of encryption come from the password: give --user, or --mppe allow or refuse".to_owned(),
            ));
        }
        let mut config = ClientConfig::default();
        // Others behind the same NAT, and those who were before us, should have another one.
        config.call.call_id = u16::from_ne_bytes(clock::entropy()?).max(1);
        config.control.start.host_name = FieldText::new(b"local");
        config.ppp.lcp.mru = self.mtu;
        config.ppp.lcp.mtu = self.mtu;
        config.ppp.mppe = self.policy();
        config.ppp.ipv4.ask_dns = true;
        Ok(config)
    }

    fn policy(&self) -> MppePolicy {
        let requirement = match self.mppe {
            Encrypt::Require => Requirement::Require,
            Encrypt::Allow => Requirement::Allow,
            Encrypt::Refuse => return MppePolicy::REFUSE,
        };
        let strength = |it: &Strength| match it {
            Strength::Bits40 => Strengths::BITS_40,
            Strength::Bits56 => Strengths::BITS_56,
            Strength::Bits128 => Strengths::BITS_128,
        };
        let mode = |it: &Mode| match it {
            Mode::Stateless => Modes::STATELESS,
            Mode::Stateful => Modes::STATEFUL,
        };
        MppePolicy {
            requirement,
            strengths: self.strength.iter().map(strength).collect(),
            modes: self.mode.iter().map(mode).collect(),
        }
    }

    /// How long packets wait for those before them. `None`: they do not.
    #[must_use]
    pub fn patience(&self) -> Option<Duration> {
        (self.reorder != 0).then(|| Duration::from_millis(self.reorder.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
        assert!(parse("pptp-client").is_err());
        assert!(
            parse("pptp-client host --password secret").is_err(),
            "everybody could see it"
        );
        assert!(parse("pptp-client host --password-file f").is_err());
        assert!(parse("pptp-client host --mtu 68").is_err());
        assert!(parse("pptp-client host --mtu 1501").is_err());
    }

    #[test]
    fn the_default_is_the_safe_one() {
        let config = parse("pptp-client host -u alice")
            .unwrap()
            .config()
            .unwrap();
        assert_eq!(config.ppp.mppe, MppePolicy::default());
        assert!(parse("pptp-client host").unwrap().config().is_err());
    }

    #[test]
    fn policies() {
        let line = "pptp-client host -u alice --mppe allow --strength 40,128 --mode stateful";
        let policy = parse(line).unwrap().config().unwrap().ppp.mppe;
        assert_eq!(policy.requirement, Requirement::Allow);
        assert_eq!(policy.strengths, Strengths::BITS_40 | Strengths::BITS_128);
        assert_eq!(policy.modes, Modes::STATEFUL);
        let none = parse("pptp-client host --mppe refuse")
            .unwrap()
            .config()
            .unwrap();
        assert_eq!(none.ppp.mppe, MppePolicy::REFUSE);
    }
}
