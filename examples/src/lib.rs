//! What the example programs are made of.
//!
//! * `client`: a tunnel from this machine to a server, on Linux (the program `pptp-client`).
//! * [`inspect`]: reading a captured PPTP session (the program `pptp-inspect`).
//! * `net`: what these two need of Linux.
//! * [`loopback`]: a client and a server over a bad link in memory (the program `loopback`).

#[cfg(target_os = "linux")]
pub mod client;
pub mod inspect;
pub mod loopback;
#[cfg(target_os = "linux")]
pub mod net;
