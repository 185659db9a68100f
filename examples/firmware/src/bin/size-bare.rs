//! A client without authentication and encryption, and a run loop, for its size: see README.
#![no_std]
#![no_main]

use panic_halt as _;
use pptp_core::ClientConfig;
use pptp_firmware::firmware_loop::run_forever;
use pptp_firmware::{AnyBoard, any, used};
use pptp_ppp::Bare;

#[cortex_m_rt::entry]
fn main() -> ! {
    let config = any(ClientConfig::default());
    loop {
        used(run_forever::<Bare>(&mut AnyBoard, &config));
    }
}
