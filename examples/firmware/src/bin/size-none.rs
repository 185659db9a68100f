//! Nothing, for the size of what surrounds it: see README.
#![no_std]
#![no_main]

use panic_halt as _;
use pptp_firmware::{any, bytes, used};

#[cortex_m_rt::entry]
fn main() -> ! {
    loop {
        used(any(bytes()));
    }
}
