//! The command line, and what it means for the library.

use super::failure::{EXIT_CODES, Failure};
use super::policy::Policy;
use crate::net::{clock, networks};
use clap::Parser;
use ipnet::Ipv4Net;
use pptp_core::ClientConfig;
use pptp_core::control::FieldText;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  pptp-client vpn.example.org --user alice
      asks for the password; MS-CHAPv2 and stateless MPPE-128, or no tunnel
  pptp-client 192.0.2.1 -u 'OFFICE\\alice' --password-file ~/.vpn --route 10.1.0.0/16
      a user in a Windows domain; the network behind the server goes through the tunnel
  pptp-client vpn.example.org -u alice --password-file ~/.vpn --default-route --resolvconf --reconnect
      all IPv4 goes through the tunnel, names are looked up there, and it comes back after it was lost
  pptp-client vpn.example.org -u alice --password-file ~/.vpn --new-password-file ~/.vpn.new
      a new password, should the old one have expired; the files stay as they are
  pptp-client 192.0.2.1 -u alice --mode stateless,stateful --strength 40,56,128
      takes any encryption that an old server has; all of it is weak
  pptp-client 192.0.2.1 --mppe refuse
      no user and no encryption
  kill -USR1 $(pidof pptp-client)
      has it print how the tunnel is doing

PPTP is broken as a security protocol: MS-CHAPv2 falls to one search of DES's keys, and MPPE has no integrity.";

/// Connects this machine to a PPTP server, and stays in the foreground until it is told to stop (Ctrl-C, SIGTERM).
///
/// It takes root, or the capabilities CAP_NET_ADMIN (a TUN device, routes) and CAP_NET_RAW (a raw socket for GRE). What
/// it does is told on standard error. All that it changed is put back when it ends. SIGUSR1 has it print counters.
///
/// The password comes from --password-file, else from the environment variable PPTP_PASSWORD, else from the terminal. If it
/// was asked for there, another one is when the server does not take it, and a new one when it has expired, as far as the
/// server lets us; an empty line gives up.
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

    /// The TCP port of the server
    #[arg(long, default_value_t = 1723)]
    pub port: u16,

    /// How long each step to the tunnel may take: the server's name, TCP, the control connection, the call
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600))]
    pub connect_timeout: u16,

    /// Our id of the call; a random one if it is not given
    #[arg(long, value_name = "N")]
    pub call_id: Option<u16>,

    /// Tell more: the library's own log; twice for all of it. The variable RUST_LOG does the same in more detail
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Who we are, and what encryption will do.
    #[command(flatten)]
    pub policy: Policy,

    /// The device and what goes through it.
    #[command(flatten)]
    pub network: NetworkOptions,

    /// What to do about a tunnel that is lost.
    #[command(flatten)]
    pub staying: Staying,

    /// What to write down.
    #[command(flatten)]
    pub captures: Captures,
}

/// The device and what goes through it.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkOptions {
    /// Send what is for this network through the tunnel, as in 10.1.0.0/16; may be given several times
    #[arg(long, value_name = "NETWORK", value_parser = networks::parse)]
    pub route: Vec<Ipv4Net>,

    /// Send all IPv4 through the tunnel, but for networks that this machine has more particular routes to. IPv6 stays
    /// outside
    #[arg(long)]
    pub default_route: bool,

    /// Hand the DNS servers that the server tells to the program resolvconf; otherwise they are only shown
    #[arg(long)]
    pub resolvconf: bool,

    /// What to call the network device; the kernel chooses, if it is not given
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,

    /// The longest packet inside the tunnel, before encryption; longer than 1400 may have to be fragmented outside
    #[arg(long, default_value_t = 1400, value_name = "OCTETS", value_parser = clap::value_parser!(u16).range(576..=1500))]
    pub mtu: u16,

    /// Leave TCP connections through the tunnel the segments that they agree on, even those that do not fit it
    #[arg(long)]
    pub no_mss_clamp: bool,

    /// What to do about packets that others have overtaken on the way
    #[arg(long, value_enum, default_value_t = Ordering::Buffer, value_name = "HOW")]
    pub order: Ordering,

    /// How long to wait for packets that others have overtaken, with `--order buffer`; 0 drops them
    #[arg(long, default_value_t = 50, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u16).range(0..=2000))]
    pub reorder: u16,
}

/// What becomes of packets that others have overtaken on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Ordering {
    /// They are dropped
    Discard,
    /// They are waited for, and what has overtaken them waits with them: see --reorder
    Buffer,
    /// They are delivered when they come, behind those that have overtaken them; only those encrypted stateless, others
    /// are dropped
    Late,
}

/// What to do about a tunnel that is lost.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Losing the server")]
pub struct Staying {
    /// Try again after the tunnel was lost, or the server could not be reached; not after a wrong password and the like
    #[arg(long)]
    pub reconnect: bool,

    /// The longest time to wait between two tries; it starts at one second and doubles
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub reconnect_max: u32,

    /// How long nothing is heard before the server is asked for a sign of life, and between two such questions; 0: it
    /// never is
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(0..=3600))]
    pub echo_interval: u16,

    /// How many such questions in a row may stay without an answer before the server is taken for gone
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub echo_failures: u8,
}

/// What to write down.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Recording")]
pub struct Captures {
    /// Record what crosses the network, as it does: TCP and GRE. Wireshark and pptp-inspect read it
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,

    /// Record the packets inside the tunnel, in the clear
    #[arg(long, value_name = "FILE")]
    pub pcap_inside: Option<PathBuf>,
}

/// Both halves of all addresses: together they are more particular than the default route, which can stay.
const HALVES: [Ipv4Net; 2] = [
    Ipv4Net::new_assert(Ipv4Addr::new(0, 0, 0, 0), 1),
    Ipv4Net::new_assert(Ipv4Addr::new(128, 0, 0, 0), 1),
];

impl Arguments {
    /// The library's configuration for one connection, but for the credentials.
    ///
    /// # Errors
    /// [`Failure::Usage`] if it makes no sense.
    pub fn config(&self) -> Result<ClientConfig, Failure> {
        self.policy.check()?;
        let mut config = ClientConfig::default();
        // Others behind the same NAT, and those who were before us, should have another one.
        config.call.call_id = match self.call_id {
            Some(call_id) => call_id,
            None => u16::from_ne_bytes(clock::entropy()?).max(1),
        };
        config.control.start.host_name = FieldText::new(b"local");
        config.control.time_outs.start = self.connect_timeout();
        config.control.time_outs.call = self.connect_timeout();
        config.gre.deliver_late = self.network.order == Ordering::Late;
        config.ppp.lcp.mru = self.network.mtu;
        config.ppp.lcp.mtu = self.network.mtu;
        let interval = self.staying.echo_interval;
        config.ppp.lcp.echo_interval =
            (interval != 0).then(|| Duration::from_secs(interval.into()));
        config.ppp.lcp.echo_failures = self.staying.echo_failures;
        config.ppp.mppe = self.policy.mppe();
        config.ppp.mppc = self.policy.mppc;
        config.ppp.ipv4.ask_dns = true;
        Ok(config)
    }

    /// How long each step to the tunnel may take.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        Duration::from_secs(self.connect_timeout.into())
    }
}

impl NetworkOptions {
    /// How long packets wait for those before them.
    #[must_use]
    pub fn patience(&self) -> Duration {
        match self.order {
            Ordering::Buffer => Duration::from_millis(self.reorder.into()),
            Ordering::Discard | Ordering::Late => Duration::ZERO,
        }
    }

    /// The networks that go through the tunnel.
    #[must_use]
    pub fn networks(&self) -> Vec<Ipv4Net> {
        let is_all = |network: &Ipv4Net| network.prefix_len() == 0;
        let mut networks: Vec<_> = self
            .route
            .iter()
            .copied()
            .filter(|it| !is_all(it))
            .collect();
        if self.is_default() {
            networks.extend(HALVES);
        }
        networks.sort();
        networks.dedup();
        networks
    }

    /// Whether all IPv4 goes through the tunnel.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.default_route || self.route.iter().any(|network| network.prefix_len() == 0)
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
        for wrong in [
            "--password-file f",
            "--new-password-file f",
            "-u alice --new-password secret",
            "--mtu 68",
            "--mtu 1501",
            "--auth eap-ttls",
            "--reconnect-max 0",
            "--echo-failures 0",
            "--connect-timeout 0",
            "--route 10.1.2.3/8",
        ] {
            assert!(parse(&format!("pptp-client host {wrong}")).is_err());
        }
    }

    #[test]
    fn the_help_tells_every_exit_code() {
        let help = Arguments::command().render_long_help().to_string();
        for code in 0..=13 {
            assert!(help.contains(&format!("\n  {code} ")), "{code}");
        }
        let lines = help.lines();
        assert!(!lines.clone().any(|line| line.contains("PASSWORD>")));
        assert!(lines.count() > 100);
    }

    #[test]
    fn signs_of_life() {
        let config = |line: &str| parse(line).unwrap().config().unwrap().ppp.lcp;
        let usual = config("pptp-client host -u alice");
        assert_eq!(usual.echo_interval, Some(Duration::from_secs(30)));
        assert_eq!(usual.echo_failures, 4);
        let other = config("pptp-client host -u alice --echo-interval 5 --echo-failures 2");
        assert_eq!(other.echo_interval, Some(Duration::from_secs(5)));
        assert_eq!(other.echo_failures, 2);
        let never = config("pptp-client host -u alice --echo-interval 0");
        assert_eq!(never.echo_interval, None);
    }

    #[test]
    fn what_is_overtaken_is_waited_for_unless_told_otherwise() {
        let order = |line: &str| {
            let arguments = parse(&format!("pptp-client host -u alice{line}")).unwrap();
            let late = arguments.config().unwrap().gre.deliver_late;
            (arguments.network.patience().as_millis(), late)
        };
        assert_eq!(order(""), (50, false));
        assert_eq!(order(" --reorder 0"), (0, false));
        assert_eq!(order(" --order discard"), (0, false));
        assert_eq!(order(" --order late"), (0, true));
    }

    #[test]
    fn compression_has_to_be_named() {
        let mppc = |line: &str| parse(line).unwrap().config().unwrap().ppp.mppc;
        assert!(!mppc("pptp-client host -u alice"));
        assert!(mppc("pptp-client host -u alice --mppc"));
    }

    #[test]
    fn each_connection_has_a_call_id_of_its_own() {
        let arguments = parse("pptp-client host -u alice").unwrap();
        let ids: std::collections::BTreeSet<_> = (0..20)
            .map(|_| arguments.config().unwrap().call.call_id)
            .collect();
        assert!(ids.len() > 15);
        assert!(!ids.contains(&0));
        let certain = parse("pptp-client host -u alice --call-id 4711").unwrap();
        assert_eq!(certain.config().unwrap().call.call_id, 4711);
    }

    #[test]
    fn networks_and_their_halves() {
        let networks = |line: &str| {
            let arguments = parse(&format!("pptp-client host {line}")).unwrap();
            let networks = arguments.network.networks();
            let texts: Vec<_> = networks.iter().map(ToString::to_string).collect();
            texts.join(" ")
        };
        assert_eq!(networks("--mtu 1400"), "");
        assert_eq!(
            networks("--route 10.1.0.0/16 --route 10.1.0.0/16"),
            "10.1.0.0/16"
        );
        assert_eq!(networks("--default-route"), "0.0.0.0/1 128.0.0.0/1");
        assert_eq!(networks("--route 0.0.0.0/0"), "0.0.0.0/1 128.0.0.0/1");
        assert_eq!(
            networks("--default-route --route 10.1.0.0/16"),
            "0.0.0.0/1 10.1.0.0/16 128.0.0.0/1"
        );
    }
}
