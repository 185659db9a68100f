//! A tunnel from this machine to a PPTP server, on Linux.
//!
//! ```text
//! arguments   the command line         -> what is wanted, as the library's configuration
//! password    a file, the environment, a prompt
//! sockets     the server's name        -> its TCP connection
//! tunnel      the loop between sockets, device, signals and the library's Client
//! device      what IPCP agreed on      -> a TUN device with address, MTU and routes
//! progress    the library's events     -> a line each
//! failure     whatever went wrong      -> words, and an exit code
//! ```
//!
//! All that is PPTP is in the library: this is sockets, a device and text.

pub mod arguments;
pub mod device;
pub mod failure;
pub mod password;
pub mod progress;
pub mod sockets;
pub mod tunnel;

use crate::net::clock;
use crate::net::gre::GreSocket;
use crate::net::signals::Signals;
use arguments::Arguments;
use failure::Failure;
use pptp_core::DownReason;
use pptp_core::ppp::Credentials;
use sockets::{connect, resolve};
use tunnel::{SIGNALS, Tunnel};

/// Connects, keeps the tunnel until something ends it, and tells what that was. Being asked to stop is success.
///
/// # Errors
/// [`Failure`], whatever ended it.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut config = arguments.config()?;
    if let Some(user) = &arguments.user {
        let password = password::read(arguments.password_file.as_deref(), user)?;
        let credentials = Credentials::new(user, &password);
        config.ppp.credentials =
            Some(credentials.map_err(|error| Failure::Usage(error.to_string()))?);
    }
    let entropy = clock::entropy()?;
    let server = resolve(&arguments.server, arguments.port)?;
    if let Some(route) = arguments
        .route
        .iter()
        .find(|route| route.contains(server.ip()))
    {
        return Err(Failure::Usage(format!(
            "the server itself, {}, is in {route}: no route to it would be left",
            server.ip()
        )));
    }
    // Before the server can send anything: to GRE that nobody takes the kernel answers with an ICMP error, which pptpd
    // takes for the end.
    let gre = GreSocket::connected(*server.ip())?;
    progress::line(format_args!("connecting to {server}"));
    let tunnel = Tunnel::new(arguments, config, entropy, server, gre);
    let tcp = connect(server)?;
    // Until now there was nothing to put back, and a signal could just end the program.
    let signals = Signals::new(&SIGNALS)?;
    let (reason, refused) = tunnel.run(tcp, signals)?;
    match reason {
        DownReason::Closed => Ok(()),
        reason => Err(Failure::Down { reason, refused }),
    }
}
