//! A server and a run loop, for its size: see README.
#![no_std]
#![no_main]

use panic_halt as _;
use pptp_core::{Server, ServerConfig};
use pptp_firmware::{any, run_loop};
use pptp_ppp::Minimal;

#[cortex_m_rt::entry]
fn main() -> ! {
    let config = any(ServerConfig::default());
    run_loop(&mut Server::<Minimal>::new(config, any([0; 32])))
}
