//! What the example programs are made of.
//!
//! * [`inspect`]: reading a captured PPTP session (the program `pptp-inspect`).
//! * [`loopback`]: a client and a server over a bad link in memory (the program `loopback`).

pub mod inspect;
pub mod loopback;
