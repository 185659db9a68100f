//! A server and a run loop, for its size: see README.
#![no_std]
#![no_main]

use panic_halt as _;
use pptp_core::{Server, ServerConfig};
use pptp_firmware::firmware_loop::Tunnel;
use pptp_firmware::{AnyBoard, any, used};
use pptp_ppp::Minimal;

#[cortex_m_rt::entry]
fn main() -> ! {
    loop {
        let server = Server::<Minimal>::new(any(ServerConfig::default()), any([0; 32]));
        used(Tunnel::new(server).run(&mut AnyBoard));
    }
}
