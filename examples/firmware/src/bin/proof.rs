//! Links only if no panic is reachable from the public API: the panic handler calls a function that does not exist.
//! For `--release` only, where the optimiser has removed what it can prove unreachable.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

unsafe extern "C" {
    safe fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    a_panic_is_reachable()
}

#[cortex_m_rt::entry]
fn main() -> ! {
    pptp_firmware::drive::all();
    #[cfg(feature = "deliberate-panic")]
    pptp_firmware::used(pptp_firmware::bytes()[pptp_firmware::any(1)]);
    // That it also runs to its end shows that the calls above were really made.
    loop {
        cortex_m_semihosting::debug::exit(cortex_m_semihosting::debug::EXIT_SUCCESS);
    }
}
