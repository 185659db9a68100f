//! Capture files.

use super::SystemError;
use log::warn;
use pptp_core::testkit::Side;
use pptp_core::testkit::pcap::Writer;
use pptp_core::time::Instant;
use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
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
        let nobody = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        let mut gathered = Writer::new(nobody, nobody);
        let create = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(path)?;
            // It may be there already, with other rights; or be somebody's pipe.
            if file.metadata()?.is_file() {
                file.set_permissions(Permissions::from_mode(0o600))?;
            }
            file.write_all(gathered.octets())?;
            Ok(file)
        };
        let file = create().map_err(|error: io::Error| SystemError::new(path.display(), error))?;
        gathered.clear();
        Ok(Self {
            file,
            path: path.to_owned(),
            gathered,
        })
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
        let written = self.file.write_all(self.gathered.octets());
        self.gathered.clear();
        written.map_err(|error| SystemError::new(self.path.display(), error))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::capture::{End, read};
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};

    /// Reads a file with readers that know nothing of the writer.
    fn packets(path: &Path) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        let end = read(File::open(path).unwrap(), |frame| {
            let age = SystemTime::now()
                .duration_since(UNIX_EPOCH + frame.at)
                .unwrap();
            assert!(age.as_secs() < 60);
            packets.push(frame.data.to_vec());
        });
        assert_eq!(end.unwrap(), End::Whole);
        packets
    }

    #[test]
    fn what_is_recorded_can_be_read() {
        let path = std::env::temp_dir().join(format!("pptp-record-{}.pcap", std::process::id()));
        std::fs::write(&path, "something else").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let mut record = Record::create(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(packets(&path).is_empty());

        let (client, server) = ("10.0.0.1:40000", "10.9.9.9:1723");
        record.reconnect(client.parse().unwrap(), server.parse().unwrap());
        record.control(Side::Client, b"question");
        record.control(Side::Server, b"answer");
        record.gre(
            Side::Client,
            &[0x30, 0x01, 0x88, 0x0b, 0, 0, 0, 1, 0, 0, 0, 0],
        );
        assert!(packets(&path).is_empty());
        record.flush().unwrap();
        // The program may end here in whatever way.
        let seen = packets(&path);
        assert_eq!(seen.len(), 3 + 3);
        let mut stream = Vec::new();
        for packet in &seen {
            let sliced = SlicedPacket::from_ip(packet).unwrap();
            let Some(NetSlice::Ipv4(ip)) = sliced.net else {
                panic!("it is IPv4");
            };
            let header = ip.header().to_header();
            assert_eq!(header.calc_header_checksum(), header.header_checksum);
            if let Some(TransportSlice::Tcp(tcp)) = sliced.transport {
                let sum = tcp.calc_checksum_ipv4(header.source, header.destination);
                assert_eq!(sum, Ok(tcp.checksum()));
                stream.extend_from_slice(tcp.payload());
                assert!([40000, 1723].contains(&tcp.source_port()));
            } else {
                assert_eq!(ip.payload().ip_number.0, 47);
                assert_eq!(
                    (header.source, header.destination),
                    ([10, 0, 0, 1], [10, 9, 9, 9])
                );
            }
        }
        assert_eq!(stream, b"questionanswer");

        record.close(Side::Server);
        record.packet(&seen[5]);
        drop(record);
        let seen = packets(&path);
        assert_eq!(seen.len(), 8);
        assert_eq!(seen[7], seen[5]);
        std::fs::remove_file(&path).unwrap();
    }
}
