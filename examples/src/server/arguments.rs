//! The command line.

use super::admission;
use super::radius;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLE: &str = r#"Configuration, the least that there has to be:
  [network]
  address = "10.98.0.1"
  pool = ["10.98.0.10-10.98.0.250"]

  [[user]]
  name = "alice"
  password = "wonderland"

All of it is described in docs/pptp-server.md.

Exit codes:
  0   the server was stopped by SIGINT or SIGTERM, or the command worked
  1   the operating system failed us
  2   the command line or the configuration is wrong
  3   not permitted: take root, or CAP_NET_ADMIN and CAP_NET_RAW
  4   no server answers on the control socket, or it knows no such session

PPTP is broken as a security protocol: MS-CHAPv2 falls to one search of DES's keys, and MPPE has no integrity."#;

/// Lets PPTP clients in: many at once, over TCP port 1723 and GRE, into a TUN device.
///
/// It takes root, or the capabilities CAP_NET_ADMIN (TUN devices, routes) and CAP_NET_RAW (raw sockets for GRE), and
/// stays in the foreground; its log goes to standard error. SIGHUP has it read the users again; SIGINT and SIGTERM have
/// it tell every client and end; a second one has it end at once.
#[derive(Debug, Clone, Parser)]
#[command(name = "pptp-server", version, after_long_help = EXAMPLE)]
#[command(after_help = "See --help for an example and exit codes.")]
pub struct Arguments {
    /// The configuration
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,

    /// Whom else to ask who comes in.
    #[command(flatten)]
    pub radius: radius::Flags,

    /// How many may connect.
    #[command(flatten)]
    pub limits: admission::Flags,

    /// Have a filter look at all packets of GRE first: what is not PPTP's, or of no call that there is, is dropped, and
    /// told by its reasons in the end; the same as pptp-only in the configuration
    #[arg(long)]
    pub pptp_only: bool,

    /// Log more: each step of each session; twice for every packet that is dropped. The variable RUST_LOG does the same
    /// in more detail
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// How the log looks
    #[arg(long, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,

    /// Instead of serving
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// For machines: an object a line
    Json,
}

/// What to do instead of serving.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Tell what is wrong with the configuration
    Check,
    /// List the sessions of the server that runs
    List {
        /// As JSON, an object a line
        #[arg(long)]
        json: bool,
    },
    /// End sessions of the server that runs
    End {
        /// The number of a session, the name of a user, an address inside, or "all"
        who: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(parse("pptp-server").is_err());
        assert!(parse("pptp-server --config f").unwrap().command.is_none());
        let radius = parse("pptp-server -c f --radius a --radius b:1645 --secret-file s").unwrap();
        assert_eq!(radius.radius.radius.len(), 2);
        assert!(parse("pptp-server -c f --radius :").is_err());
        let flood = "--max-half-open 5 --max-per-address 2 --connections-per-minute 0 --pptp-only";
        let limited = parse(&format!("pptp-server -c f {flood}")).unwrap();
        assert_eq!(limited.limits.max_half_open, Some(5));
        assert_eq!(limited.limits.max_per_address, Some(2));
        assert_eq!(limited.limits.connections_per_minute, Some(0));
        assert!(limited.pptp_only);
        assert!(parse("pptp-server -c f --max-half-open -1").is_err());
        let end = parse("pptp-server --config f end alice").unwrap();
        let who = "alice".to_owned();
        assert_eq!(end.command, Some(Command::End { who }));
    }
}
