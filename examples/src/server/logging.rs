//! The log: on standard error, for people or for machines.

use super::arguments::{Arguments, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Has everything logged from now on, what the library says through the `log` crate too.
pub fn start(arguments: &Arguments) {
    let level = match arguments.verbose {
        0 => "info",
        1 => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(arguments.verbose > 0);
    match arguments.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
