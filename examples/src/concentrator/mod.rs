//! An access concentrator, on Linux: lines that know nothing of PPTP, tunnelled to a PPTP server.
//!
//! ```text
//! arguments   the command line
//! port        a line: a TCP connection or a pseudo-terminal
//! line        a line and its call           -> the library's Concentrator, of one call
//! serve       the loop between lines, the server, the clock and signals
//! failure     whatever went wrong           -> words and an exit code
//! ```
//!
//! Each call has a control connection of its own: there are servers that take no second call on one, pptpd among them. All
//! that is PPTP and framing is in the library.

pub mod arguments;
pub mod failure;
pub mod line;
pub mod port;
pub mod serve;

use arguments::Arguments;
use failure::Failure;

/// Serves its lines until it is told to stop.
///
/// # Errors
/// [`Failure`], whatever ended it.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let level = match arguments.verbose {
        0 => "off",
        1 => "debug",
        _ => "trace",
    };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level)).init();
    serve::Loop::new(arguments)?.run()
}
