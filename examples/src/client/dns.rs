//! The DNS servers that the server told, handed to whatever looks after this machine's.

use super::password::VARIABLE;
use super::progress;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// The program that is told: openresolv's, Debian's resolvconf's or systemd's.
const PROGRAM: &str = "resolvconf";

/// DNS servers in use through `resolvconf`, until this is dropped.
#[derive(Debug)]
pub struct Resolvers {
    /// What `resolvconf` calls them: the device's name, and who we are.
    record: String,
    servers: Vec<Ipv4Addr>,
}

impl Resolvers {
    /// Hands `servers`, which are reached by `device`, over. `None` if that fails, after saying so: the tunnel is of use
    /// without.
    #[must_use]
    pub fn hand_over(device: &str, servers: Vec<Ipv4Addr>) -> Option<Self> {
        let record = format!("{device}.pptp");
        match call("-a", &record, &configuration(&servers)) {
            Ok(()) => Some(Self { record, servers }),
            Err(error) => {
                let why = match error.kind() {
                    ErrorKind::NotFound => "there is no such program here".to_owned(),
                    _ => error.to_string(),
                };
                progress::line(format_args!(
                    "warning: {PROGRAM} does not take the DNS servers ({why}): this machine goes on with its own"
                ));
                None
            }
        }
    }

    /// Whether it is these that are in use, by this device.
    #[must_use]
    pub fn are(&self, device: &str, servers: &[Ipv4Addr]) -> bool {
        self.servers == servers && self.record.strip_suffix(".pptp") == Some(device)
    }
}

impl Drop for Resolvers {
    fn drop(&mut self) {
        if let Err(error) = call("-d", &self.record, "") {
            progress::line(format_args!(
                "warning: {PROGRAM} -d {}: {error}: the DNS servers of the tunnel may still be in use",
                self.record
            ));
        }
    }
}

fn configuration(servers: &[Ipv4Addr]) -> String {
    servers.iter().fold(String::new(), |mut text, server| {
        let _ = writeln!(text, "nameserver {server}");
        text
    })
}

fn call(action: &str, record: &str, input: &str) -> io::Result<()> {
    let mut child = Command::new(PROGRAM)
        .args([action, record])
        .env_remove(VARIABLE)
        // Ctrl-C is for us: it would be cut short.
        .process_group(0)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read it says why by its exit code.
        let _ = stdin.write_all(input.as_bytes());
    }
    let status = child.wait()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(status.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_resolvconf_reads() {
        let servers = [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)];
        let text = "nameserver 10.0.0.1\nnameserver 10.0.0.2\n";
        assert_eq!(configuration(&servers), text);
    }
}
