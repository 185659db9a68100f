//! Capture files: pcap and pcapng, to packets with their time and link type.

use anyhow::{Context, Result, bail};
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};
use std::io::Read;
use std::time::Duration;

/// Where the reader's buffer starts, in octets.
const BUFFER: usize = 1 << 20;
/// The longest block that is read, in octets: what claims to be longer is no capture.
const LONGEST_BLOCK: usize = 64 << 20;

/// One captured packet.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// When it was captured, since 1970.
    pub at: Duration,
    /// What its first header is.
    pub link: Linktype,
    /// Its octets, from the link header on.
    pub data: &'a [u8],
}

/// How a capture file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Whole,
    /// In the middle of a packet, which is left out: a capture that is still being written, or was cut.
    Truncated,
}

/// An interface of a pcapng section: what its packets start with, and how they tell the time.
struct Interface {
    link: Linktype,
    units_per_second: u64,
    offset: i64,
    snaplen: u32,
}

impl Interface {
    /// The time since 1970 of a pcapng time stamp.
    fn time(&self, high: u32, low: u32) -> Duration {
        let units = (u64::from(high) << 32) | u64::from(low);
        let per_second = self.units_per_second.max(1);
        let nanos = u128::from(units % per_second) * 1_000_000_000 / u128::from(per_second);
        let seconds = (units / per_second).saturating_add_signed(self.offset);
        Duration::new(seconds, u32::try_from(nanos).unwrap_or(0))
    }
}

/// Reads a whole capture and hands each packet to `each`, in the file's order.
///
/// # Errors
/// If it is neither pcap nor pcapng, if it cannot be read, or if it is damaged in the middle.
pub fn read(reader: impl Read + Send, mut each: impl FnMut(Frame<'_>)) -> Result<End> {
    let mut file = match create_reader(BUFFER, reader) {
        Ok(file) => file,
        Err(PcapError::Eof) => bail!("the file is empty"),
        Err(PcapError::ReadError) => bail!("the file cannot be read"),
        Err(_) => bail!("this is neither a pcap nor a pcapng file"),
    };
    let mut capacity = BUFFER;
    let mut legacy = (Linktype::ETHERNET, 1000_u32);
    let mut interfaces: Vec<Interface> = Vec::new();
    let mut last = Duration::ZERO;
    let mut exhausted_at = None;
    loop {
        let offset = file.consumed();
        match file.next() {
            Ok((length, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(header) => {
                        let fraction = if header.is_nanosecond_precision() {
                            1
                        } else {
                            1000
                        };
                        legacy = (header.network, fraction);
                    }
                    PcapBlockOwned::Legacy(packet) => {
                        let nanos = u64::from(packet.ts_usec) * u64::from(legacy.1);
                        each(Frame {
                            at: Duration::from_secs(packet.ts_sec.into())
                                + Duration::from_nanos(nanos),
                            link: legacy.0,
                            data: packet.data,
                        });
                    }
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => interfaces.clear(),
                    PcapBlockOwned::NG(Block::InterfaceDescription(block)) => {
                        let Some(units_per_second) = block.ts_resolution() else {
                            bail!("at octet {offset}: an interface with no time resolution");
                        };
                        interfaces.push(Interface {
                            link: block.linktype,
                            units_per_second,
                            offset: block.if_tsoffset,
                            snaplen: block.snaplen,
                        });
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(block)) => {
                        let interface = usize::try_from(block.if_id)
                            .ok()
                            .and_then(|id| interfaces.get(id))
                            .with_context(|| {
                                format!("at octet {offset}: a packet of an unknown interface")
                            })?;
                        last = interface.time(block.ts_high, block.ts_low);
                        let length = usize::try_from(block.caplen)?.min(block.data.len());
                        each(Frame {
                            at: last,
                            link: interface.link,
                            data: &block.data[..length],
                        });
                    }
                    // It has no time of its own: that of the packet before is the best guess.
                    PcapBlockOwned::NG(Block::SimplePacket(block)) => {
                        let interface = interfaces.first().with_context(|| {
                            format!("at octet {offset}: a packet before any interface")
                        })?;
                        let cut = match interface.snaplen {
                            0 => block.origlen,
                            snaplen => block.origlen.min(snaplen),
                        };
                        let length = usize::try_from(cut)?.min(block.data.len());
                        each(Frame {
                            at: last,
                            link: interface.link,
                            data: &block.data[..length],
                        });
                    }
                    PcapBlockOwned::NG(_) => {}
                }
                file.consume(length);
                exhausted_at = None;
            }
            Err(PcapError::Eof) => return Ok(End::Whole),
            Err(PcapError::UnexpectedEof) => return Ok(End::Truncated),
            Err(PcapError::Incomplete(_)) => {
                // Once the file is at its end, a refill that brought nothing will never bring more.
                if file.reader_exhausted() && exhausted_at == Some(offset) {
                    return Ok(if file.data().is_empty() {
                        End::Whole
                    } else {
                        End::Truncated
                    });
                }
                exhausted_at = Some(offset);
                if file.refill().is_err() {
                    bail!("the file cannot be read after octet {offset}");
                }
            }
            Err(PcapError::BufferTooSmall) => {
                capacity *= 2;
                if capacity > LONGEST_BLOCK || !file.grow(capacity) {
                    bail!("at octet {offset}: a packet of an impossible length");
                }
                if file.refill().is_err() {
                    bail!("the file cannot be read after octet {offset}");
                }
            }
            Err(PcapError::ReadError) => bail!("the file cannot be read after octet {offset}"),
            Err(_) => bail!("the file is damaged at octet {offset}"),
        }
    }
}

/// A pcap file of raw IP packets (`LINKTYPE_RAW`), which Wireshark and tcpdump open.
#[derive(Debug)]
pub struct RawIpWriter<W> {
    out: W,
}

impl<W: std::io::Write> RawIpWriter<W> {
    /// Starts the file with its header.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn new(mut out: W) -> std::io::Result<Self> {
        /// The magic number of a file in microseconds, and the version of the format, 2.4.
        const MAGIC: u32 = 0xa1b2_c3d4;
        const SNAPLEN: u32 = 0xffff;
        const LINKTYPE_RAW: u32 = 101;
        out.write_all(&MAGIC.to_le_bytes())?;
        out.write_all(&2_u16.to_le_bytes())?;
        out.write_all(&4_u16.to_le_bytes())?;
        out.write_all(&[0; 8])?;
        out.write_all(&SNAPLEN.to_le_bytes())?;
        out.write_all(&LINKTYPE_RAW.to_le_bytes())?;
        Ok(Self { out })
    }

    /// Adds a packet, captured `at` since 1970.
    ///
    /// # Errors
    /// If the file cannot be written, or the packet is too long for it.
    pub fn packet(&mut self, at: Duration, packet: &[u8]) -> std::io::Result<()> {
        let length = u32::try_from(packet.len()).map_err(std::io::Error::other)?;
        // The format counts seconds in 32 bits.
        let seconds = u32::try_from(at.as_secs()).unwrap_or(u32::MAX);
        self.out.write_all(&seconds.to_le_bytes())?;
        self.out.write_all(&at.subsec_micros().to_le_bytes())?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(packet)
    }

    /// Writes out what is still buffered.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
