//! Where the password comes from: never from the command line, which every user of the machine can read.

use super::failure::Failure;
use log::warn;
use std::env;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use zeroize::Zeroizing;

/// The environment variable that may hold the password.
pub const VARIABLE: &str = "PPTP_PASSWORD";

/// Reads the password from the first line of `file`, else from [`VARIABLE`], else from the terminal; and tells whether it
/// was there.
///
/// # Errors
/// [`Failure`] if there is none.
pub fn read(file: Option<&Path>, user: &str) -> Result<(Zeroizing<String>, bool), Failure> {
    if let Some(path) = file {
        let password = from_file(path).map_err(|error| {
            Failure::Usage(format!(
                "cannot read the password from {}: {error}",
                path.display()
            ))
        })?;
        return Ok((password, false));
    }
    if let Ok(password) = env::var(VARIABLE) {
        return Ok((Zeroizing::new(password), false));
    }
    let password = rpassword::prompt_password(format!("Password of {user}: "));
    password.map(|password| (Zeroizing::new(password), true)).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::NotFound => "there is no terminal to ask at".to_owned(),
            _ if error.raw_os_error().is_some() => "there is no terminal to ask at".to_owned(),
            _ => error.to_string(),
        };
        Failure::Usage(format!(
            "no password ({why}): give it by --password-file or in the environment as {VARIABLE}"
        ))
    })
}

/// Reads the first line of the file at `path`.
///
/// # Errors
/// If it cannot be read.
pub fn from_file(path: &Path) -> std::io::Result<Zeroizing<String>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        warn!(
            "{} can be read by other users: chmod 600 it",
            path.display()
        );
    }
    // Room for all of it at once: a string that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(4096));
    file.read_to_string(&mut text)?;
    let line = text.lines().next().unwrap_or_default();
    Ok(Zeroizing::new(line.to_owned()))
}
