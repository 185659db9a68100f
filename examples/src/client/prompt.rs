//! Asks for a password at the terminal while everything else goes on: what is typed is one more thing to wait for.

use rustix::fs::{Mode, OFlags};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use zeroize::Zeroizing;

/// The longest line that is taken, in octets.
const MAX_LINE: usize = 1024;

/// A question at the terminal, and what is typed not shown. Gone, it leaves the terminal as it was.
pub struct Prompt {
    terminal: File,
    before: Termios,
    line: Zeroizing<Vec<u8>>,
}

/// The terminal, if there is one and it is ours to ask at: whoever is in the background would be stopped.
fn terminal() -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let terminal = File::from(rustix::fs::open("/dev/tty", flags, Mode::empty())?);
    if tcgetpgrp(&terminal)? != rustix::process::getpgrp() {
        return Err(ErrorKind::WouldBlock.into());
    }
    Ok(terminal)
}

/// Whether there is somebody to ask.
#[must_use]
pub fn is_possible() -> bool {
    terminal().is_ok()
}

impl Prompt {
    /// Asks `question`.
    ///
    /// # Errors
    /// If there is no terminal to ask at.
    pub fn new(question: &str) -> io::Result<Self> {
        let mut terminal = terminal()?;
        let before = tcgetattr(&terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden
            .local_modes
            .insert(LocalModes::ECHONL | LocalModes::ICANON);
        // What was typed before was no answer to this.
        tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
        let prompt = Self {
            before,
            line: Zeroizing::new(Vec::with_capacity(MAX_LINE)),
            terminal: terminal.try_clone()?,
        };
        terminal.write_all(question.as_bytes())?;
        Ok(prompt)
    }

    /// The line that was typed, once all of it is there; without its end. An empty one: there is no answer.
    pub fn answer(&mut self) -> Option<Zeroizing<String>> {
        let mut octets = Zeroizing::new([0; MAX_LINE]);
        match self.terminal.read(&mut *octets) {
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                return None;
            }
            // The end of it, or no terminal any more.
            Ok(0) | Err(_) => return Some(Zeroizing::default()),
            Ok(len) => {
                let room = MAX_LINE - self.line.len();
                let typed = octets.get(..len.min(room)).unwrap_or_default();
                self.line.extend_from_slice(typed);
            }
        }
        let end = self.line.iter().position(|octet| *octet == b'\n');
        let end = end.or_else(|| (self.line.len() == MAX_LINE).then_some(MAX_LINE))?;
        let text = self.line.get(..end).unwrap_or_default();
        Some(Zeroizing::new(String::from_utf8_lossy(text).into_owned()))
    }
}

impl AsFd for Prompt {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.terminal.as_fd()
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

impl std::fmt::Debug for Prompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prompt").finish_non_exhaustive()
    }
}
