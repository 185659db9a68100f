//! What the example programs are made of.
//!
//! * `concentrator`: lines that are tunnelled to a server, on Linux (the program `access-concentrator`).
//! * `client`: a tunnel from this machine to a server, on Linux (the program `pptp-client`).
//! * [`inspect`]: reading a captured PPTP session (the program `pptp-inspect`).
//! * `nat`: clients behind one address, on Linux (the program `pptp-nat`).
//! * `net`: what `client`, `nat` and `server` need of Linux.
//! * [`loopback`]: a client and a server over a bad link in memory (the program `loopback`).
//! * `server`: tunnels from many clients to this machine, on Linux (the program `pptp-server`).
//! * [`text`]: what several of them say in the same words.

#[cfg(target_os = "linux")]
pub mod client;
#[cfg(target_os = "linux")]
pub mod concentrator;
pub mod inspect;
pub mod loopback;
#[cfg(target_os = "linux")]
pub mod nat;
#[cfg(target_os = "linux")]
pub mod net;
#[cfg(target_os = "linux")]
pub mod server;
pub mod text;
