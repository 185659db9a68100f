//! A PPTP server for many clients, on Linux.
//!
//! ```text
//! arguments   the command line           -> what is wanted
//! config      a TOML file                -> addresses, policy, limits, users
//! users       a name                     -> a password's hash, an address, networks
//! passwords   a new password             -> a file
//! change_v1   the same by MS-CHAPv1, as it is asked for
//! pool        the addresses for clients
//! admission   who may connect now
//! radius      who is not among the users   -> a RADIUS server's verdict
//! filtering   what comes that is not PPTP's
//! guarding    who has failed too often to be listened to
//! serve       the loop between sockets, devices, signals and the tunnels
//! sessions    what happens to a tunnel   -> answers to the library, addresses, routes, the log
//! verdicts    what a client is told that says who it is, and the guard
//! packets     from the raw sockets to the devices, and back
//! table       the tunnels, by call, address and time
//! tunnel      one client: TCP, the library's Server, the order of its packets
//! devices     one TUN device for all, or one each
//! control     sessions listed and ended over a socket, both ends of it
//! logging     the log
//! ```
//!
//! All that is PPTP is in the library: this is sockets, devices and lists.

mod admission;
pub mod arguments;
mod change_v1;
pub mod config;
mod control;
mod devices;
mod eap_tls;
mod failure;
mod filtering;
mod guarding;
mod logging;
mod packets;
mod passwords;
mod plain;
pub mod pool;
pub mod radius;
mod serve;
mod sessions;
mod table;
mod tunnel;
mod users;
mod verdicts;

use arguments::{Arguments, Command};
use config::Config;
pub use failure::Failure;
use serve::Server;

/// Does what the command line says.
///
/// # Errors
/// [`Failure`], if that did not work. Being asked to stop is success.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = Config::read(arguments)?;
    match &arguments.command {
        None => {
            logging::start(arguments);
            if Config::is_open_to_all(&arguments.config) {
                tracing::warn!(
                    "everybody on this machine can read the passwords in {}: chmod 600 it",
                    arguments.config.display()
                );
            }
            allow_many_files();
            Server::new(config, arguments.clone())?.run()
        }
        Some(Command::Check) => control::print(format_args!(
            "{}: nothing is wrong; users: {}",
            arguments.config.display(),
            config.users.len()
        )),
        Some(Command::List { json }) => control::list(&config, *json),
        Some(Command::End { who }) => control::end(&config, who),
    }
}

/// Asks for as many open files as there may be: each client takes one, or two with a device of its own, and what is usual
/// is less than the clients that there may be.
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let current = maximum;
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current, maximum }) {
        tracing::debug!(%error, "no more open files than before");
    }
}
