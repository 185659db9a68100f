//! What the example programs are made of.
//!
//! * [`inspect`]: reading a captured PPTP session (the program `pptp-inspect`).

pub mod inspect;
