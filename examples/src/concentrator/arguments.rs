//! The command line.

use clap::{Parser, ValueEnum};
use pptp_core::control::FieldText;
use std::net::SocketAddr;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  access-concentrator vpn.example.org --pty /run/line1 --pty /run/line2
      two lines, to be opened as `pppd /run/line1 115200 ...`; their calls come in to the server, as PPTP has it
  access-concentrator vpn.example.org --listen-tcp 127.0.0.1:7000
      each TCP connection is a line, as `pppd socket 127.0.0.1:7000 ...` makes one, or a modem bank over the network
  access-concentrator 192.0.2.1 --calls outgoing --pty /run/line
      for servers that take outgoing calls alone, such as pptpd, and take us for a client

Exit codes:
  0   told to stop by SIGINT or SIGTERM
  1   the operating system failed us
  2   the command line is wrong
  3   not permitted: take root, or CAP_NET_RAW
  4   the server's name has no IPv4 address

PPTP is broken as a security protocol. Who dials in and the server have to protect what they say by themselves.";

/// Tunnels lines to a PPTP server: whoever dials in needs to know nothing of PPTP, and speaks PPP with the server itself.
///
/// A line rings with the first octet that comes over it, or when its TCP connection is accepted. It takes root, or the
/// capability CAP_NET_RAW (a raw socket for GRE). What it does is told on standard error. Ctrl-C or SIGTERM hangs up all
/// lines; a second one does not wait for the server.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "access-concentrator",
    version,
    after_help = "See --help for examples and exit codes."
)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The server: its name or IPv4 address
    pub server: String,

    /// The TCP port of the server
    #[arg(long, default_value_t = 1723)]
    pub port: u16,

    /// How lines become calls
    #[arg(long, value_enum, default_value_t = Calls::Incoming, value_name = "KIND")]
    pub calls: Calls,

    /// A pseudo-terminal is a line, and this becomes a link to it; may be repeated
    #[arg(long, value_name = "LINK", required_unless_present = "listen_tcp")]
    pub pty: Vec<PathBuf>,

    /// Each TCP connection to this address is a line
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen_tcp: Option<SocketAddr>,

    /// How many lines there may be at once
    #[arg(long, default_value_t = 100, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=10000))]
    pub lines: u16,

    /// The telephone number that the server is told was dialed, up to 64 octets
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "NUMBER"
    )]
    pub dialed: String,

    /// The speed of the lines that the server is told, in bits a second
    #[arg(long, default_value_t = 115_200, value_name = "BITS")]
    pub speed: u32,

    /// How long the server may take, to the TCP connection and to the call
    #[arg(long, default_value_t = 20, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600))]
    pub connect_timeout: u16,

    /// Tell more: the library's own log; twice for all of it
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// How lines become calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Calls {
    /// The server is told that somebody calls, as PPTP's inventors meant it
    Incoming,
    /// The server is asked for a call, as VPN clients do
    Outgoing,
}

impl Arguments {
    /// The number that was dialed.
    #[must_use]
    pub fn dialed(&self) -> FieldText {
        self.dialed.as_str().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(parse("access-concentrator host").is_err(), "no line");
        let both = parse("access-concentrator host --pty a --pty b --listen-tcp [::1]:7");
        let both = both.unwrap();
        assert_eq!((both.pty.len(), both.calls), (2, Calls::Incoming));
        assert!(both.listen_tcp.is_some());
        assert!(parse("access-concentrator host --pty a --calls sideways").is_err());
        assert!(parse("access-concentrator host --listen-tcp nowhere").is_err());
        assert!(parse("access-concentrator host --pty a --lines 0").is_err());
    }
}
