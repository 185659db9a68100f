//! Compressors of packets behind one face: MPPC's, and others as marks of what is possible.

use crate::corpus::Flow;
use crate::freerdp::{self, FreeRdp};
use crate::lz4::{self, Lz4};
use crate::zlib::{self, Zlib};
use pptp_mppc::level::{Best, Fast, Level, Small};
use pptp_mppc::{Compressor, Decompressor, Flags, Outcome};

/// A packet as it crosses the wire.
#[derive(Debug, Clone)]
pub struct Frame {
    /// MPPC's bits.
    pub flags: Flags,
    /// What is in it.
    pub data: Vec<u8>,
}

/// One direction of a link, sending.
pub trait Pack {
    /// Compresses a packet, and gives the length, or `None` where it is to be sent as it is.
    fn pack(&mut self, packet: &[u8], out: &mut [u8]) -> (Flags, Option<usize>);

    /// Has the next packet refer to nothing before it.
    fn flush(&mut self);
}

/// The same, receiving.
pub trait Unpack {
    /// What was compressed.
    fn unpack<'a>(&'a mut self, flags: Flags, data: &'a [u8]) -> &'a [u8];
}

impl<L: Level> Pack for Compressor<L> {
    fn pack(&mut self, packet: &[u8], out: &mut [u8]) -> (Flags, Option<usize>) {
        let (protocol, rest) = packet.split_at(2);
        match self.compress(protocol, rest, out) {
            Ok(Outcome::Compressed { len, flags }) => (flags, Some(len)),
            Ok(Outcome::Uncompressed { flags }) => (flags, None),
            Err(error) => panic!("{error}"),
        }
    }

    fn flush(&mut self) {
        Self::flush(self);
    }
}

impl Pack for freerdp::Compressor<'_> {
    fn pack(&mut self, packet: &[u8], out: &mut [u8]) -> (Flags, Option<usize>) {
        let (flags, len) = self.compress(packet, out);
        let flags = u8::try_from(flags).unwrap_or(0);
        (Flags::from_header(flags), len)
    }

    fn flush(&mut self) {
        Self::flush(self);
    }
}

impl Pack for lz4::Compressor<'_> {
    fn pack(&mut self, packet: &[u8], out: &mut [u8]) -> (Flags, Option<usize>) {
        (Flags::empty(), Some(self.compress(packet, out)))
    }

    fn flush(&mut self) {
        Self::flush(self);
    }
}

impl Pack for zlib::Compressor<'_> {
    fn pack(&mut self, packet: &[u8], out: &mut [u8]) -> (Flags, Option<usize>) {
        (Flags::empty(), Some(self.compress(packet, out)))
    }

    fn flush(&mut self) {
        Self::flush(self);
    }
}

impl Unpack for Decompressor {
    fn unpack<'a>(&'a mut self, flags: Flags, data: &'a [u8]) -> &'a [u8] {
        self.decompress(flags, data).expect("what was compressed")
    }
}

impl Unpack for freerdp::Decompressor<'_> {
    fn unpack<'a>(&'a mut self, flags: Flags, data: &'a [u8]) -> &'a [u8] {
        self.decompress(flags.header_bits().into(), data)
            .expect("what was compressed")
    }
}

impl Unpack for lz4::Decompressor<'_> {
    fn unpack<'a>(&'a mut self, _: Flags, data: &'a [u8]) -> &'a [u8] {
        self.decompress(data)
    }
}

impl Unpack for zlib::Decompressor<'_> {
    fn unpack<'a>(&'a mut self, _: Flags, data: &'a [u8]) -> &'a [u8] {
        self.decompress(data)
    }
}

/// The libraries that are there.
#[derive(Debug)]
pub struct Libraries {
    freerdp: Option<FreeRdp>,
    lz4: Option<Lz4>,
    zlib: Option<Zlib>,
}

/// Something that compresses, or that decompresses.
#[derive(Debug, Clone, Copy)]
pub struct Way<'l> {
    /// What it is called.
    pub name: &'static str,
    kind: Kind<'l>,
}

#[derive(Debug, Clone, Copy)]
enum Kind<'l> {
    FreeRdp(&'l FreeRdp),
    Small,
    Fast,
    Best,
    Lz4(&'l Lz4),
    Zlib(&'l Zlib),
}

impl Libraries {
    /// Looks for them, and says what is missing.
    #[must_use]
    pub fn load() -> Self {
        fn there<T>(found: Result<T, String>) -> Option<T> {
            found
                .inspect_err(|missing| eprintln!("left out: {missing}"))
                .ok()
        }
        Self {
            freerdp: there(freerdp::load()),
            lz4: there(lz4::load()),
            zlib: there(zlib::load()),
        }
    }

    /// FreeRDP, ours at each level, lz4 and zlib.
    #[must_use]
    pub fn compressors(&self) -> Vec<Way<'_>> {
        self.ways(&[
            ("ours, Small", Kind::Small),
            ("ours, Fast", Kind::Fast),
            ("ours, Best", Kind::Best),
        ])
    }

    /// FreeRDP, ours, lz4 and zlib. The first two read what [`Fast`] makes, the others their own.
    #[must_use]
    pub fn decompressors(&self) -> Vec<Way<'_>> {
        self.ways(&[("ours", Kind::Fast)])
    }

    fn ways<'l>(&'l self, ours: &[(&'static str, Kind<'l>)]) -> Vec<Way<'l>> {
        let freerdp = self.freerdp.iter().map(Kind::FreeRdp);
        let freerdp = freerdp.map(|kind| ("FreeRDP", kind));
        let lz4 = self.lz4.iter().map(|lz4| ("lz4", Kind::Lz4(lz4)));
        let zlib = self.zlib.iter().map(|zlib| ("zlib -1", Kind::Zlib(zlib)));
        freerdp
            .chain(ours.iter().copied())
            .chain(lz4)
            .chain(zlib)
            .map(|(name, kind)| Way { name, kind })
            .collect()
    }
}

impl<'l> Way<'l> {
    /// A new compressor.
    #[must_use]
    pub fn compressor(&self) -> Box<dyn Pack + 'l> {
        match self.kind {
            Kind::FreeRdp(library) => Box::new(library.compressor()),
            Kind::Small => Box::new(Compressor::<Small>::new()),
            Kind::Fast => Box::new(Compressor::<Fast>::new()),
            Kind::Best => Box::new(Compressor::<Best>::new()),
            Kind::Lz4(library) => Box::new(library.compressor()),
            Kind::Zlib(library) => Box::new(library.compressor()),
        }
    }

    /// A new decompressor.
    #[must_use]
    pub fn decompressor(&self) -> Box<dyn Unpack + 'l> {
        match self.kind {
            Kind::FreeRdp(library) => Box::new(library.decompressor()),
            Kind::Small | Kind::Fast | Kind::Best => Box::new(Decompressor::new()),
            Kind::Lz4(library) => Box::new(library.decompressor()),
            Kind::Zlib(library) => Box::new(library.decompressor()),
        }
    }

    /// Packets for its decompressor.
    #[must_use]
    pub fn frames(&self, flow: &Flow) -> Vec<Frame> {
        let mut compressor: Box<dyn Pack + '_> = match self.kind {
            Kind::Lz4(_) | Kind::Zlib(_) => self.compressor(),
            _ => Box::new(Compressor::<Fast>::new()),
        };
        frames(&mut *compressor, flow, false)
    }
}

/// What a compressor makes of a flow; with its history flushed before each packet if it is to be `stateless`.
pub fn frames(compressor: &mut dyn Pack, flow: &Flow, stateless: bool) -> Vec<Frame> {
    let mut out = vec![0; 8192];
    let frame = |packet: &Vec<u8>| {
        if stateless {
            compressor.flush();
        }
        let (flags, len) = compressor.pack(packet, &mut out);
        let data = len.map_or_else(|| packet.clone(), |len| out[..len].to_vec());
        Frame { flags, data }
    };
    flow.packets.iter().map(frame).collect()
}
