//! A NAT for PPTP, in userspace, on Linux.
//!
//! ```text
//! arguments   the command line
//! router      a packet from either side    -> the same for the other side
//! ports       TCP connections              -> ports of the public address
//! fragments   parts of packets             -> what the first part was
//! ```
//!
//! Call ids are the library's: `pptp_core::alg`.

pub mod arguments;
pub mod fragments;
pub mod ports;
pub mod router;

use crate::net::SystemError;
use crate::net::clock::{self, Clock};
use crate::net::device::{Device, DeviceConfig};
use crate::net::signals::Signals;
use arguments::Arguments;
use pptp_core::alg::{Event, GreFlow};
use router::Router;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;

/// The device's own address, which is for what needs one and is nobody's (RFC 7600 §4.8).
const DUMMY: Ipv4Addr = Ipv4Addr::new(192, 0, 0, 8);

/// The longest packet that there is.
const MAX_PACKET: usize = 65_535;

/// Translates until it is told to stop.
///
/// # Errors
/// [`SystemError`] if the operating system does not let us, or fails us.
pub fn run(arguments: &Arguments) -> Result<(), SystemError> {
    let mut signals = Signals::new(&[SIGINT, SIGTERM, SIGHUP, SIGUSR1])?;
    let device = Device::new(DeviceConfig {
        name: arguments.device.as_deref(),
        local: DUMMY,
        remote: Some(arguments.public),
        mtu: arguments.mtu,
    })?;
    let clock = Clock::start();
    let mut router = Router::new(arguments.public, u16::from_ne_bytes(clock::entropy()?));
    println!("{}: translates to {}", device.name(), arguments.public);
    let mut buffer = vec![0; MAX_PACKET];
    loop {
        wait(
            &device,
            &signals,
            router.next_timeout().map(|at| at - clock.now()),
        )?;
        for signal in signals.take() {
            println!("{}", router.counts());
            if signal != SIGUSR1 {
                return Ok(());
            }
        }
        // However many there are: signals, times and events have their turn.
        for _ in 0..TURN {
            let len = match device.read(&mut buffer) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(SystemError::new(device.name(), error)),
            };
            let packet = buffer.get_mut(..len).unwrap_or_default();
            match router.forward(clock.now(), packet) {
                // What the kernel does not take is lost, as on any network.
                Ok(packet) => drop(device.write(packet)),
                Err(dropped) => {
                    if arguments.verbose {
                        println!("dropped: {dropped}");
                    }
                }
            }
        }
        router.handle_timeout(clock.now());
        while let Some(event) = router.poll_event() {
            println!("{}", told(&event));
        }
    }
}

/// How many packets are forwarded before anything else is looked at.
const TURN: usize = 64;

fn wait(
    device: &Device,
    signals: &Signals,
    time: Option<std::time::Duration>,
) -> Result<(), SystemError> {
    let mut sources =
        [device.as_fd(), signals.as_fd()].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
    let time = time.map(|time| Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    });
    match poll(&mut sources, time.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(SystemError::new("waiting", error)),
    }
}

/// An event as a line.
fn told(event: &Event) -> String {
    let ends = |flow: &GreFlow| {
        let outside_id = flow
            .outside_id
            .map_or_else(|| "?".into(), |id| id.to_string());
        format!(
            "{} call {} as {}, {} call {outside_id}",
            flow.inside, flow.inside_id, flow.given_id, flow.outside
        )
    };
    match event {
        Event::Expected(flow) => format!("up: {}", ends(flow)),
        Event::Ended(flow, reason) => format!("down: {}: {reason:?}", ends(flow)),
        _ => format!("{event:?}"),
    }
}
