//! Capture files.

use super::SystemError;
use log::warn;
use pptp_core::testkit::Side;
use pptp_core::testkit::pcap::Writer;
use pptp_core::time::Instant;
use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A capture file that grows while the program runs. Only its owner can read it.
///
/// What is recorded gathers until it is [flushed](Self::flush), and then goes to the file in one piece: the file ends
/// with a whole packet whenever the program ends.
pub struct Record {
    file: File,
    path: PathBuf,
    gathered: Writer,
}

impl Record {
    /// Makes the file, or empties it.
    ///
    /// # Errors
    /// [`SystemError`] if that cannot be done.
    pub fn create(path: &Path) -> Result<Self, SystemError> {
        let create = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let file = options.open(path)?;
            // It may be somebody else's pipe.
            if file.metadata()?.is_file() {
                file.set_permissions(Permissions::from_mode(0o600))?;
            }
            Ok(file)
        };
        let failed = |error: std::io::Error| SystemError::new(path.display(), error);
        let nobody = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        let mut record = Self {
            file: create().map_err(failed)?,
            path: path.to_owned(),
            gathered: Writer::new(nobody, nobody),
        };
        record.write().map_err(failed)?;
        Ok(record)
    }

    /// What follows is between these.
    pub fn reconnect(&mut self, client: SocketAddrV4, server: SocketAddrV4) {
        self.gathered.reconnect(client, server);
    }

    /// Records a part of the control connection.
    pub fn control(&mut self, from: Side, bytes: &[u8]) {
        self.gathered.control(now(), from, bytes);
    }

    /// Records that one end has closed the control connection.
    pub fn close(&mut self, from: Side) {
        self.gathered.close(now(), from);
    }

    /// Records a GRE packet, from its GRE header on.
    pub fn gre(&mut self, from: Side, datagram: &[u8]) {
        self.gathered.gre(now(), from, datagram);
    }

    /// Records an IP packet.
    pub fn packet(&mut self, packet: &[u8]) {
        self.gathered.packet(now(), packet);
    }

    /// Has the file hold all that was recorded.
    ///
    /// # Errors
    /// [`SystemError`] if it cannot: there is no use in recording more.
    pub fn flush(&mut self) -> Result<(), SystemError> {
        if self.gathered.octets().is_empty() {
            return Ok(());
        }
        self.write()
            .map_err(|error| SystemError::new(self.path.display(), error))
    }

    fn write(&mut self) -> std::io::Result<()> {
        self.file.write_all(self.gathered.octets())?;
        self.gathered.clear();
        Ok(())
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if let Err(error) = self.flush() {
            warn!("{error}");
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({})", self.path.display())
    }
}

/// The time of day.
fn now() -> Instant {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Instant::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
