//! A tunnel from this machine to a PPTP server, on Linux.
//!
//! ```text
//! arguments   the command line         -> what is wanted, as the library's configuration
//! policy      the part of it about authentication and encryption
//! password    a file, the environment, a prompt
//! sockets     the server's name        -> its TCP connection
//! tunnel      the loop between sockets, device, signals and the library's Client
//! lasting     what there is while tunnels come and go
//! local       what is changed on this machine, and put back
//! device      what IPCP agreed on      -> a TUN device with address, MTU and routes
//! dns         the server's DNS servers -> resolvconf
//! prompt      another password, while the tunnel waits
//! progress    the library's events     -> a line each
//! status      counters                 -> a few lines
//! failure     whatever went wrong      -> words, an exit code, and whether time mends it
//! backoff     a failure                -> when to try again
//! ```
//!
//! All that is PPTP is in the library: this is sockets, a device and text.

pub mod arguments;
pub mod backoff;
pub mod device;
pub mod dns;
pub mod failure;
pub mod lasting;
pub mod local;
pub mod password;
pub mod policy;
pub mod progress;
pub mod prompt;
pub mod sockets;
pub mod status;
pub mod tunnel;

use crate::net::gre::GreSocket;
use crate::net::{clock, routes};
use arguments::Arguments;
use backoff::Backoff;
use failure::Failure;
use lasting::Lasting;
use pptp_core::ppp::Credentials;
use sockets::{connect, resolve};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;
use tunnel::{OwnEap, Secrets, Tunnel};
use zeroize::Zeroizing;

/// How long a name is looked up whose address was known before. What tells it may be behind the tunnel that is lost.
const KNOWN_NAME: Duration = Duration::from_secs(5);

/// Connects, keeps the tunnel until something ends it, and tells what that was. Being asked to stop is success.
///
/// # Errors
/// [`Failure`], whatever ended it.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    // What makes no sense, and what we may not do, is told before a password is asked for.
    arguments.config()?;
    OwnEap::new(&arguments.policy, &arguments.server, None)?;
    drop(GreSocket::bound(Ipv4Addr::UNSPECIFIED)?);
    let (credentials, is_asking) = credentials(arguments)?;
    if arguments.network.is_default() && routes::has_ipv6_default()? {
        progress::line(format_args!(
            "warning: this machine has IPv6, and what it sends by IPv6 stays outside the tunnel"
        ));
    }
    let mut lasting = Lasting::new(arguments)?;
    lasting.credentials = credentials;
    let mut backoff = Backoff::new(Duration::from_secs(arguments.staying.reconnect_max.into()));
    let mut known = Vec::new();
    loop {
        lasting.up_since = None;
        let failure = dial(arguments, is_asking, &mut lasting, &mut known)
            .map_or_else(|failure| failure, Tunnel::run);
        if failure == Failure::Stopped {
            return Ok(());
        }
        let now = lasting.clock.now();
        let up = lasting.up_since.map(|since| now.saturating_since(since));
        let chance = u32::from_ne_bytes(clock::entropy()?);
        let wait = backoff
            .next(failure.cure(), up, chance)
            .filter(|_| arguments.staying.reconnect);
        let Some(wait) = wait else {
            return Err(failure);
        };
        progress::step(now, format_args!("{failure}"));
        progress::step(now, format_args!("next try in {:.1} s", wait.as_secs_f64()));
        match lasting.wait(None, now + wait, "waiting for the next try") {
            Ok(_) => {}
            Err(Failure::Stopped) => return Ok(()),
            Err(failure) => return Err(failure),
        }
    }
}

/// Who we are, and whether somebody is there who was asked for the password.
fn credentials(arguments: &Arguments) -> Result<(Option<Credentials>, bool), Failure> {
    let policy = &arguments.policy;
    let Some(user) = &policy.user else {
        return Ok((None, false));
    };
    let (password, is_asking) = if policy.needs_password() {
        password::read(policy.password_file.as_deref(), user)?
    } else {
        (Zeroizing::default(), false)
    };
    let credentials = Credentials::new(user, &password);
    credentials
        .map(|credentials| credentials.with_methods(policy.methods()))
        .map(|credentials| (Some(credentials), is_asking && prompt::is_possible()))
        .map_err(|error| Failure::Usage(error.to_string()))
}

/// Connects to the server. `known` are the addresses that it had before, and then those that it has.
fn dial<'a>(
    arguments: &Arguments,
    is_asking: bool,
    lasting: &'a mut Lasting,
    known: &mut Vec<SocketAddrV4>,
) -> Result<Tunnel<'a>, Failure> {
    look_up(arguments, lasting, known)?;
    let (tcp, server) = reach(arguments, lasting, known)?;
    // The server sends nothing before it is asked for a call: to GRE that nobody takes the kernel answers with an ICMP
    // error, which pptpd takes for the end.
    let gre = GreSocket::connected(*server.ip())?;
    if let (Some(record), Ok(SocketAddr::V4(own))) = (&mut lasting.outside, tcp.local_addr()) {
        record.reconnect(own, server);
    }
    let mut config = arguments.config()?;
    let policy = &arguments.policy;
    let user = policy.user.clone().unwrap_or_default();
    let secrets = Secrets::new(
        (user, policy.methods()),
        policy.new_password_file.clone(),
        is_asking,
    );
    let eap = OwnEap::new(policy, &arguments.server, lasting.credentials.as_ref())?;
    config.ppp.credentials = lasting.credentials.clone();
    if secrets.has_more() {
        config.ppp.credentials = config.ppp.credentials.map(Credentials::asking);
    }
    let entropy = clock::entropy()?;
    Ok(Tunnel::new(
        lasting,
        arguments,
        config,
        entropy,
        server,
        (tcp, gre),
        (secrets, eap),
    ))
}

/// Finds the server's addresses.
fn look_up(
    arguments: &Arguments,
    lasting: &mut Lasting,
    known: &mut Vec<SocketAddrV4>,
) -> Result<(), Failure> {
    let patience = if known.is_empty() {
        arguments.connect_timeout()
    } else {
        arguments.connect_timeout().min(KNOWN_NAME)
    };
    let until = lasting.clock.now() + patience;
    match resolve(lasting, &arguments.server, arguments.port, until) {
        Ok(addresses) => *known = addresses,
        Err(Failure::Unreachable(why)) if !known.is_empty() => progress::step(
            lasting.clock.now(),
            format_args!("{why}: trying where it was before"),
        ),
        Err(failure) => return Err(failure),
    }
    Ok(())
}

/// Connects to the first of the server's addresses that takes it.
fn reach(
    arguments: &Arguments,
    lasting: &mut Lasting,
    addresses: &[SocketAddrV4],
) -> Result<(TcpStream, SocketAddrV4), Failure> {
    let mut last = Failure::Unreachable("it has no address".to_owned());
    for &server in addresses {
        let now = lasting.clock.now();
        progress::step(now, format_args!("connecting to {server}"));
        let until = now + arguments.connect_timeout();
        let tcp = lasting
            .local
            .keep_way(*server.ip())
            .and_then(|()| connect(lasting, server, until));
        match tcp {
            Ok(tcp) => return Ok((tcp, server)),
            Err(Failure::Unreachable(why)) => {
                if addresses.len() > 1 {
                    progress::step(lasting.clock.now(), format_args!("{why}"));
                }
                last = Failure::Unreachable(why);
            }
            Err(failure) => return Err(failure),
        }
    }
    Err(last)
}
