//! Who may connect now: the library's answer, and the limits it has.

use super::config::{ConfigError, Limits};
use super::serve::Server;
use super::tunnel::Tunnel;
use clap::Args;
use pptp_core::admission::{self, AdmissionConfig, Stage, Ticket};
use pptp_core::time::Instant;
use std::net::{IpAddr, SocketAddrV4};
use std::time::Duration;
use tracing::debug;

/// Room for so many connections, and for so many addresses that have connected lately: 752 KiB.
pub type Admission = admission::Admission<CONNECTIONS, 4096>;

/// How many connections there may be, whatever the limits are.
const CONNECTIONS: usize = 16_384;

/// Limits on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[group(id = "limits")]
pub struct Flags {
    /// At most so many sessions on their way up, in place of half-open in the configuration; 0: no limit
    #[arg(long, value_name = "COUNT")]
    pub max_half_open: Option<usize>,

    /// At most so many sessions from one address, in place of sessions-per-source in the configuration; 0: no limit
    #[arg(long, value_name = "COUNT")]
    pub max_per_address: Option<usize>,

    /// At most so many connections a minute from one address, in place of connections-per-minute in the configuration;
    /// 0: no limit
    #[arg(long, value_name = "COUNT")]
    pub connections_per_minute: Option<u32>,
}

impl Limits {
    /// Puts what the command line says in the place of what the file does.
    pub fn apply(&mut self, flags: &Flags) {
        if let Some(count) = flags.max_half_open {
            self.half_open = count;
        }
        if let Some(count) = flags.max_per_address {
            self.sessions_per_source = count;
        }
        if let Some(count) = flags.connections_per_minute {
            self.connections_per_minute = count;
        }
    }

    /// The library's configuration.
    #[must_use]
    pub const fn admission(&self) -> AdmissionConfig {
        AdmissionConfig {
            up: self.sessions,
            half_open: self.half_open,
            per_source: self.sessions_per_source,
            half_open_per_source: self.half_open_per_source,
            // All of a minute may come at once, as they do from behind a NAT that has been without a network.
            burst: self.connections_per_minute,
            per_minute: self.connections_per_minute,
            grace: Duration::from_millis(self.grace as u64),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let error = |text: String| Err(ConfigError::new(format!("limits: {text}")));
        if !(1..=5).contains(&self.tries) {
            return error(format!("tries is {}, not 1 to 5", self.tries));
        }
        let all = self.sessions.saturating_add(self.half_open);
        if all > CONNECTIONS {
            return error(format!(
                "sessions and half-open are {all}, and there is room for {CONNECTIONS}"
            ));
        }
        Ok(())
    }
}

impl Server {
    /// Whether a client may come in from `peer`. If another one has to go for it, that one is gone.
    pub(super) fn welcome_client(&mut self, now: Instant, peer: SocketAddrV4) -> Option<Ticket> {
        let admitted = match self.admission.admit(now, IpAddr::V4(*peer.ip())) {
            Ok(admitted) => admitted,
            Err(refusal) => {
                // Whoever floods us does not fill the log as well.
                debug!(%peer, %refusal, "turned away");
                return None;
            }
        };
        if let Some(evicted) = admitted.evicted {
            let is_it = |(_, tunnel): &(usize, &Tunnel)| tunnel.ticket == evicted;
            let place = self.table.iter().find(is_it).map(|(place, tunnel)| {
                debug!(session = tunnel.number, peer = %tunnel.peer, "had to go for another one");
                place
            });
            if let Some(place) = place {
                self.remove(now, place);
            }
        }
        Some(admitted.ticket)
    }

    /// A client has got as far as `stage`.
    pub(super) fn reached(&mut self, place: usize, stage: Stage) {
        if let Some(tunnel) = self.table.get(place) {
            self.admission.reached(tunnel.ticket, stage);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pptp_core::admission::Refusal;
    use std::net::Ipv4Addr;

    const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    /// By the limits as they are by default: a flood of connections that say nothing, from one address and from many, and a
    /// client that gets in all the same.
    #[test]
    fn ten_thousand_connections_keep_nobody_out() {
        for sources in [1, 10_000] {
            let mut admission = Box::new(Admission::new(Limits::default().admission()));
            let at = Instant::from_millis;
            for number in 0..10_000 {
                let source = Ipv4Addr::from_bits(0x0a00_0000 + number % sources);
                let _ = admission.admit(at(0), IpAddr::V4(source));
            }
            let expected = if sources == 1 { 20 } else { 100 };
            assert_eq!((admission.half_open(), admission.up()), (expected, 0));
            let ticket = admission.admit(at(500), CLIENT).unwrap().ticket;
            admission.reached(ticket, Stage::Started);
            for number in 0..10_000 {
                let source = Ipv4Addr::from_bits(0x0b00_0000 + number % sources);
                let _ = admission.admit(at(1500), IpAddr::V4(source));
            }
            assert_eq!(admission.stage(ticket), Some(Stage::Started));
            assert!(admission.half_open() <= 100);
        }
    }

    #[test]
    fn the_command_line_counts() {
        let mut limits = Limits::default();
        limits.apply(&Flags::default());
        assert_eq!(limits, Limits::default());
        limits.apply(&Flags {
            max_half_open: Some(1),
            max_per_address: Some(2),
            connections_per_minute: Some(3),
        });
        let config = limits.admission();
        assert_eq!((config.half_open, config.per_source), (1, 2));
        let mut admission = Box::new(Admission::new(AdmissionConfig {
            half_open: 0,
            per_source: 0,
            ..config
        }));
        for _ in 0..3 {
            assert!(admission.admit(Instant::ZERO, CLIENT).is_ok());
        }
        let refusal = admission.admit(Instant::ZERO, CLIENT);
        assert!(matches!(refusal, Err(Refusal::TooOften(_))), "{refusal:?}");
    }

    #[test]
    fn what_there_is_no_room_for_is_an_error() {
        let limits = |sessions, half_open| Limits {
            sessions,
            half_open,
            ..Limits::default()
        };
        assert!(limits(16_284, 100).check().is_ok());
        assert!(limits(16_285, 100).check().is_err());
        assert!(limits(0, 0).check().is_ok());
    }
}
