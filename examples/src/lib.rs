//! What the example programs are made of.
//!
//! * `client`: a tunnel from this machine to a server, on Linux (the program `pptp-client`).
//! * [`inspect`]: reading a captured PPTP session (the program `pptp-inspect`).
//! * [`loopback`]: a client and a server over a bad link in memory (the program `loopback`).

#[cfg(target_os = "linux")]
pub mod client;
pub mod inspect;
pub mod loopback;
