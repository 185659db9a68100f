//! The command line.

use clap::Parser;
use std::net::Ipv4Addr;

const EXAMPLES: &str = "\
Example, on a router with clients in 192.168.7.0/24, and 203.0.113.5 an address that leads to it and is not its own:
  sysctl net.ipv4.ip_forward=1
  pptp-nat --public 203.0.113.5 --device nat0 &
  ip route add default dev nat0 table 47
  ip rule add from 192.168.7.0/24 ipproto tcp dport 1723 table 47
  ip rule add from 192.168.7.0/24 ipproto gre table 47

All else is the kernel's to route or to translate. The rules and the table's route are the caller's to take away again;
the device goes with the program.

Exit codes: 0 told to stop, 1 the operating system failed us, 2 the command line is wrong, 3 not permitted";

/// Translates PPTP between clients and servers, so that many clients behind one address reach the same server.
///
/// It has a TUN device. Packets of clients that the kernel routes there, TCP to port 1723 and GRE, come out again from the
/// public address, with other ports and call ids; what comes to the public address comes out again for the client that
/// it is for. The public address must not be one of this machine's own: it is routed to the device.
///
/// It takes root, or the capability CAP_NET_ADMIN, and stays in the foreground until it is told to stop (Ctrl-C, SIGTERM).
/// Calls that come and go are told on standard output; SIGUSR1 has it print counters.
#[derive(Debug, Clone, Parser)]
#[command(name = "pptp-nat", version, after_help = "See --help for an example.")]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The address outside, behind which the clients are
    #[arg(long, value_name = "ADDRESS")]
    pub public: Ipv4Addr,

    /// What to call the device; the kernel chooses if it is not given
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,

    /// The longest packet that goes through the device in one piece
    #[arg(long, default_value_t = 1500, value_name = "OCTETS", value_parser = clap::value_parser!(u16).range(576..))]
    pub mtu: u16,

    /// Tell of each packet that is dropped, too
    #[arg(short, long)]
    pub verbose: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
        let arguments = Arguments::try_parse_from(["pptp-nat", "--public", "203.0.113.5"]).unwrap();
        assert_eq!(arguments.mtu, 1500);
        assert!(Arguments::try_parse_from(["pptp-nat"]).is_err());
        assert!(Arguments::try_parse_from(["pptp-nat", "--public", "::1"]).is_err());
    }
}
