//! What is sent: compressed, then encrypted (RFC 3078 §3.1).

use super::super::compression::Compress;
use super::super::compression::sealed::Sending;
use super::{Delivery, Sealer};
use crate::codec::Writer;
use crate::wire::Protocol;
use crate::wire::mppe::{Header, HeaderBits};
use heapless::Vec;
use pptp_mppc::{Flags, Outcome};
use pptp_mppe::stateless::{EncryptJob, encrypt_jobs};
use pptp_mppe::{BATCH, Count, Encryptor, Mode, Sealed};

/// How many packets have to go, in stateful mode, before the history may be begun anew for the sake of one that did not
/// get shorter. In between they go uncompressed.
///
/// With the history the key stream begins anew, as the two share a bit; that takes a new key (to start the same one
/// again would be to use it twice), for which the count goes on to the next multiple of 256 less one. Whoever misses 4096
/// counts cannot tell the keys any more, so that a handful of packets must not use them up.
const PATIENCE: u8 = 32;

/// A packet that is to be sealed, compressed or not.
#[derive(Clone, Copy)]
struct Body {
    flags: Flags,
    /// How long it is if it is compressed, at the start of its place already.
    compressed: Option<usize>,
}

impl Body {
    const PLAIN: Self = Self {
        flags: Flags::empty(),
        compressed: None,
    };

    /// Sees to it that `place` starts with it, and gives its length.
    fn put(self, prefix: &[u8], packet: &[u8], place: &mut [u8]) -> usize {
        self.compressed.unwrap_or_else(|| {
            let mut writer = Writer::new(place);
            writer.bytes(prefix);
            writer.bytes(packet);
            writer.len()
        })
    }
}

impl<C: Compress, const PREPARED: usize, D: Delivery> Sealer<C, PREPARED, D> {
    /// As [`SuiteLayer::seal`](super::SuiteLayer::seal).
    pub(super) fn seal_packet(
        &mut self,
        protocol: Protocol,
        packet: &[u8],
        out: &mut [u8],
    ) -> usize {
        let Some((header, place)) = out.split_first_chunk_mut() else {
            return 0;
        };
        // The Protocol field stays whole in here: some peers take no compressed one.
        let prefix = protocol.0.to_be_bytes();
        let body = self.compress(&prefix, packet, place);
        let Some(encryptor) = &mut self.encryptor else {
            let count = self.compression.sending().map(Sending::count);
            *header = word(body.flags, None, count.unwrap_or(Count::FIRST));
            return Header::LEN.saturating_add(body.put(&prefix, packet, place));
        };
        // They share bit A: where the history begins anew, so does the key stream.
        let is_stateful = encryptor.mode() == Mode::Stateful;
        if is_stateful && body.flags.contains(Flags::FLUSHED) {
            encryptor.flush();
        }
        let (len, sealed) = match body.compressed {
            Some(len) => {
                let place = place.get_mut(..len).unwrap_or_default();
                (len, encryptor.encrypt_in_place(place))
            }
            None => match encryptor.encrypt(&prefix, packet, place) {
                Ok(sealed) => (prefix.len().saturating_add(packet.len()), sealed),
                Err(_) => return 0,
            },
        };
        *header = word(body.flags, Some(sealed), sealed.count);
        if is_stateful && let Some(sending) = self.compression.sending() {
            sending.encrypted(sealed);
        }
        Header::LEN.saturating_add(len)
    }

    /// As [`SuiteLayer::stage`](super::SuiteLayer::stage).
    pub(super) fn stage_packet(
        &mut self,
        protocol: Protocol,
        packet: &[u8],
        out: &mut [u8],
    ) -> usize {
        let Some((header, place)) = out.split_first_chunk_mut() else {
            return 0;
        };
        let prefix = protocol.0.to_be_bytes();
        let body = self.compress(&prefix, packet, place);
        *header = word(body.flags, None, Count::FIRST);
        Header::LEN.saturating_add(body.put(&prefix, packet, place))
    }

    /// As [`SuiteLayer::seal_staged`](super::SuiteLayer::seal_staged).
    pub(super) fn seal_staged_packets(&mut self, staged: &mut [&mut [u8]]) {
        let Some(encryptor) = &mut self.encryptor else {
            return;
        };
        for staged in staged.chunks_mut(BATCH) {
            let mut headers: Vec<&mut [u8; Header::LEN], BATCH> = Vec::new();
            let mut bodies: Vec<&mut [u8], BATCH> = Vec::new();
            for packet in staged {
                if let Some((header, body)) = packet.split_first_chunk_mut() {
                    let _ = headers.push(header);
                    let _ = bodies.push(body);
                }
            }
            let seals = encryptor.encrypt_batch(&mut bodies);
            for (header, sealed) in headers.into_iter().zip(seals) {
                finish(header, sealed);
            }
        }
    }

    /// As [`SuiteLayer::seal_staged_jobs`](super::SuiteLayer::seal_staged_jobs).
    pub(super) fn seal_staged_packets_of_several(jobs: &mut [(&mut Self, &mut [u8])]) {
        for jobs in jobs.chunks_mut(BATCH) {
            let mut headers: Vec<&mut [u8; Header::LEN], BATCH> = Vec::new();
            let mut bodies: Vec<EncryptJob<'_, PREPARED>, BATCH> = Vec::new();
            for (sealer, packet) in jobs {
                if let Some(Encryptor::Stateless(encryptor)) = &mut sealer.encryptor
                    && let Some((header, body)) = packet.split_first_chunk_mut()
                {
                    let _ = headers.push(header);
                    let _ = bodies.push(EncryptJob::new(encryptor, body));
                }
            }
            encrypt_jobs(&mut bodies);
            let seals = bodies.iter().filter_map(EncryptJob::sealed);
            for (header, sealed) in headers.into_iter().zip(seals) {
                finish(header, sealed);
            }
        }
    }

    /// Compresses a packet into `place`, which has room for it as it is, if that makes it shorter.
    fn compress(&mut self, prefix: &[u8], packet: &[u8], place: &mut [u8]) -> Body {
        let mode = match &self.encryptor {
            Some(encryptor) => Some(encryptor.mode()),
            None => self.ccp.policy.send().map(|send| send.mode),
        };
        let Some(sending) = self.compression.sending() else {
            return Body::PLAIN;
        };
        let compressor = &mut sending.compressor;
        let shares_key_stream = matches!(self.encryptor, Some(Encryptor::Stateful(_)));
        if mode == Some(Mode::Stateless) || (shares_key_stream && sending.next.is_flag()) {
            compressor.flush();
        } else if shares_key_stream && sending.since_begun < PATIENCE && compressor.is_flushed() {
            return Body::PLAIN;
        }
        match compressor.compress(prefix, packet, place) {
            Ok(Outcome::Compressed { len, flags }) => Body {
                flags,
                compressed: Some(len),
            },
            Ok(Outcome::Uncompressed { flags }) => Body {
                flags,
                compressed: None,
            },
            Err(_) => Body::PLAIN,
        }
    }
}

/// Adds to the header of a staged packet what its encryption says.
fn finish(header: &mut [u8; Header::LEN], sealed: Sealed) {
    let [first, _] = *header;
    *header = word(Flags::from_header(first), Some(sealed), sealed.count);
}

/// The header as it is on the wire.
fn word(flags: Flags, sealed: Option<Sealed>, count: Count) -> [u8; Header::LEN] {
    let mut bits = HeaderBits::from_bits_truncate(u16::from_be_bytes([flags.header_bits(), 0]));
    if let Some(sealed) = sealed {
        bits |= HeaderBits::ENCRYPTED;
        bits.set(
            HeaderBits::FLUSHED,
            sealed.flushed || flags.contains(Flags::FLUSHED),
        );
    }
    Header::new(bits, count.get()).word().to_be_bytes()
}
