//! What lasts while tunnels come and go.

use super::arguments::Arguments;
use super::failure::Failure;
use super::local::Local;
use super::progress;
use super::status::Traffic;
use crate::net::SystemError;
use crate::net::clock::Clock;
use crate::net::record::Record;
use crate::net::signals::Signals;
use pptp_core::ppp::Credentials;
use pptp_core::time::Instant;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use std::time::Duration;

/// What lasts while tunnels come and go.
#[derive(Debug)]
pub struct Lasting {
    /// The time since the program started.
    pub clock: Clock,
    /// By which we are told to stop, or asked how it goes.
    pub signals: Signals,
    /// The device, its routes and what else is to be put back.
    pub local: Local,
    /// What crosses the network.
    pub outside: Option<Record>,
    /// What is in the tunnel.
    pub inside: Option<Record>,
    /// What has gone through all tunnels.
    pub traffic: Traffic,
    /// Who we are, by the password that holds now.
    pub credentials: Option<Credentials>,
    /// Since when there is a tunnel, or was until it ended just now.
    pub up_since: Option<Instant>,
    /// How many there have been.
    pub tunnels: u32,
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// What was waited for.
    Ready,
    /// The time is up.
    Time,
}

/// What signals ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    /// To stop.
    pub stop: bool,
    /// To tell how it goes.
    pub status: bool,
}

impl Lasting {
    /// There is nothing yet but the files to record to. From now on signals do not end the program by themselves.
    ///
    /// # Errors
    /// [`Failure`] if the operating system does not let us.
    pub fn new(arguments: &Arguments) -> Result<Self, Failure> {
        let record = |path: &Option<_>| path.as_deref().map(Record::create).transpose();
        Ok(Self {
            clock: Clock::start(),
            local: Local::new(&arguments.network),
            outside: record(&arguments.captures.pcap)?,
            inside: record(&arguments.captures.pcap_inside)?,
            traffic: Traffic::default(),
            credentials: None,
            up_since: None,
            tunnels: 0,
            signals: Signals::new(&[SIGINT, SIGTERM, SIGHUP, SIGUSR1])?,
        })
    }

    /// Waits for `source`, if there is one, but not longer than until `until`. Whoever wants to know how it goes is told
    /// `what` is going on.
    ///
    /// # Errors
    /// [`Failure::Stopped`] if we are told to stop.
    pub fn wait(
        &mut self,
        source: Option<PollFd<'_>>,
        until: Instant,
        what: &str,
    ) -> Result<Woken, Failure> {
        self.flush();
        let source = source.as_ref();
        loop {
            let now = self.clock.now();
            if until <= now {
                return Ok(Woken::Time);
            }
            let signals = PollFd::new(&self.signals, PollFlags::IN);
            let mut sources = [signals.clone(), source.unwrap_or(&signals).clone()];
            let timeout = timespec(until.saturating_since(now));
            wait_for(&mut sources, Some(&timeout))?;
            let [signal, other] = sources.map(|source| !source.revents().is_empty());
            if signal {
                let wishes = self.wishes();
                if wishes.stop {
                    return Err(Failure::Stopped);
                }
                if wishes.status {
                    let now = self.clock.now();
                    progress::step(now, format_args!("no tunnel: {what}"));
                    progress::step(now, format_args!("{}", self.traffic));
                }
            }
            if other && source.is_some() {
                return Ok(Woken::Ready);
            }
        }
    }

    /// There is a tunnel.
    pub fn came_up(&mut self, now: Instant) {
        if self.up_since.is_none() {
            self.up_since = Some(now);
            self.tunnels = self.tunnels.saturating_add(1);
        }
    }

    /// What the signals that came ask for.
    pub fn wishes(&mut self) -> Wishes {
        let mut wishes = Wishes::default();
        for signal in self.signals.take() {
            match signal {
                SIGUSR1 => wishes.status = true,
                _ => wishes.stop = true,
            }
        }
        wishes
    }

    /// Has the capture files hold all that was recorded. One that cannot be written is given up.
    pub fn flush(&mut self) {
        for record in [&mut self.outside, &mut self.inside] {
            if let Some(Err(error)) = record.as_mut().map(Record::flush) {
                progress::line(format_args!("warning: {error}: no more is recorded there"));
                *record = None;
            }
        }
    }
}

/// Waits until one of `sources` is ready, or a signal has come.
///
/// # Errors
/// [`Failure`] if the kernel fails us.
pub fn wait_for(sources: &mut [PollFd<'_>], timeout: Option<&Timespec>) -> Result<(), Failure> {
    match poll(sources, timeout) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(SystemError::new("waiting", error).into()),
    }
}

/// As the kernel wants it.
#[must_use]
pub fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}
