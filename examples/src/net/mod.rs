//! What the programs need of Linux: sockets, network devices, routes, signals.
//!
//! ```text
//! error      what the operating system refuses    -> words
//! gre        a raw socket for GRE, read one by one, written many at once
//! order      packets that were overtaken, put in order
//! probe      what gets a tunnel over a loss in stateful mode
//! control    the control connection, between TCP and the library
//! device     a TUN device
//! routes     routes that go when they are dropped
//! record     capture files
//! packet     where packets come from, and where they go
//! segments   those of TCP, not too long for a tunnel
//! icmp       what is said of packets that do not fit
//! networks   10.1.0.0/16, from the command line or a file
//! signals    signals, as something to wait for
//! clock      the library's time, and its entropy
//! ```

pub mod clock;
pub mod control;
pub mod device;
pub mod error;
pub mod gre;
pub mod icmp;
pub mod networks;
pub mod order;
pub mod packet;
pub mod probe;
pub mod record;
pub mod routes;
pub mod segments;
pub mod signals;

pub use error::SystemError;
