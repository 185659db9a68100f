//! A line, as the operating system has it.

use super::failure::Failure;
use crate::net::SystemError;
use mio::event::Source;
use mio::net::TcpStream;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::ioctl_fionread;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A line.
#[derive(Debug)]
pub enum Port {
    /// A TCP connection, from there.
    Tcp(TcpStream, SocketAddr),
    /// A pseudo-terminal.
    Pty(Pty),
}

/// Our side of a pseudo-terminal, and the link to the other one.
#[derive(Debug)]
pub struct Pty {
    master: File,
    link: PathBuf,
}

impl Pty {
    /// A pseudo-terminal that `link` leads to. A link that is there already is replaced; nothing else is.
    ///
    /// # Errors
    /// [`Failure`] if the operating system does not let us, or there is something else in its place.
    pub fn open(link: &Path) -> Result<Self, Failure> {
        let failed = |error| SystemError::new(format_args!("the line {}", link.display()), error);
        let open = || {
            let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
            fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)?;
            grantpt(&master)?;
            unlockpt(&master)?;
            // Octets pass as they are, and nothing is echoed, whoever opens the other side.
            let mut settings = tcgetattr(&master)?;
            settings.make_raw();
            tcsetattr(&master, OptionalActions::Now, &settings)?;
            let name = ptsname(&master, Vec::new())?;
            Ok::<_, rustix::io::Errno>((master, name))
        };
        let (master, name) = open().map_err(|error| failed(error.into()))?;
        match fs::symlink_metadata(link) {
            Ok(found) if found.is_symlink() => fs::remove_file(link).map_err(failed)?,
            Ok(_) => {
                let why = format!("--pty {}: there is something already", link.display());
                return Err(Failure::Usage(why));
            }
            Err(_) => {}
        }
        symlink(OsStr::from_bytes(name.as_bytes()), link).map_err(failed)?;
        Ok(Self {
            master: master.into(),
            link: link.to_owned(),
        })
    }

    /// The link to the other side.
    #[must_use]
    pub fn link(&self) -> &Path {
        &self.link
    }

    /// Hangs up, so that whoever has the other side open is told, and has the link lead to another one.
    ///
    /// # Errors
    /// [`Failure`] if there is no other one.
    pub fn renew(&mut self) -> Result<(), Failure> {
        *self = Self::open(&self.link.clone())?;
        Ok(())
    }
}

impl Port {
    /// Has the loop woken when there is something to read, or room again.
    ///
    /// # Errors
    /// [`io::Error`] if that cannot be.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        match self {
            Self::Tcp(tcp, _) => tcp.register(registry, token, both),
            Self::Pty(pty) => SourceFd(&pty.master.as_raw_fd()).register(registry, token, both),
        }
    }

    /// Whether there is something to read, which is left there.
    #[must_use]
    pub fn has_input(&self) -> bool {
        let fd = match self {
            Self::Tcp(tcp, _) => tcp.as_fd(),
            Self::Pty(pty) => pty.master.as_fd(),
        };
        ioctl_fionread(fd).is_ok_and(|octets| octets > 0)
    }

    /// Takes what has come: nothing if the line is gone, [`None`] if nothing has come.
    pub fn read(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let read = match self {
            Self::Tcp(tcp, _) => tcp.read(buffer),
            Self::Pty(pty) => pty.master.read(buffer),
        };
        match read {
            Ok(len) => Some(len),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                None
            }
            // As EIO of a pseudo-terminal whose other side is closed.
            Err(_) => Some(0),
        }
    }

    /// Hands over what there is room for. What fails shows when reading.
    pub fn write(&mut self, octets: &[u8]) -> usize {
        let written = match self {
            Self::Tcp(tcp, _) => tcp.write(octets),
            Self::Pty(pty) => pty.master.write(octets),
        };
        written.unwrap_or(0)
    }

    /// What it is called in logs.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Tcp(_, peer) => peer.to_string(),
            Self::Pty(pty) => pty.link.display().to_string(),
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Another one may have its place by now: `renew` opens that before.
        let own = ptsname(&self.master, Vec::new()).ok();
        let leads_to = fs::read_link(&self.link).ok();
        if let (Some(own), Some(leads_to)) = (own, leads_to)
            && leads_to.as_os_str().as_bytes() == own.as_bytes()
        {
            let _ = fs::remove_file(&self.link);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;

    #[test]
    fn a_line_is_hung_up_and_comes_back() {
        let folder = std::env::temp_dir().join(format!("pty-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let link = folder.join("line");
        let mut port = Port::Pty(Pty::open(&link).unwrap());
        let mut buffer = [0; 16];
        assert_eq!(port.read(&mut buffer), None, "nobody has opened it");
        let mut other = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&link)
            .unwrap();
        other.write_all(b"hello\n").unwrap();
        assert_eq!(port.read(&mut buffer), Some(6));
        drop(other);
        assert_eq!(port.read(&mut buffer), Some(0), "it is closed");
        let before = fs::read_link(&link).unwrap();
        let Port::Pty(pty) = &mut port else {
            panic!("it is one")
        };
        pty.renew().unwrap();
        assert_ne!(fs::read_link(&link).unwrap(), before);
        assert_eq!(port.read(&mut buffer), None);
        drop(port);
        assert!(fs::symlink_metadata(&link).is_err());
        // What is no link is not ours to replace.
        fs::write(&link, "").unwrap();
        assert!(matches!(Pty::open(&link), Err(Failure::Usage(_))));
        fs::remove_dir_all(&folder).unwrap();
    }
}
