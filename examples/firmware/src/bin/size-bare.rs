//! A client without authentication and encryption, and a run loop, for its size: see README.
#![no_std]
#![no_main]

use panic_halt as _;
use pptp_core::{Client, ClientConfig};
use pptp_firmware::{any, run_loop};
use pptp_ppp::Bare;

#[cortex_m_rt::entry]
fn main() -> ! {
    let config = any(ClientConfig::default());
    run_loop(&mut Client::<Bare>::new(config, any([0; 32])))
}
