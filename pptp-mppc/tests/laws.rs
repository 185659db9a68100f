//! What holds for every level and every sequence of packets.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod support;

use pptp_mppc::level::{Best, Fast, Level, Small};
use pptp_mppc::{Compressor, Decompressor, Error, Flags, MAX_PACKET, Outcome};
use proptest::prelude::*;
use support::reference::{Reference, Token};
use support::{Random, Wire, send};

/// Has a generic function run at each level.
macro_rules! at_each_level {
    ($function:ident ( $($argument:expr),* )) => {
        $function::<Small>($($argument),*);
        $function::<Fast>($($argument),*);
        $function::<Best>($($argument),*);
    };
}

/// A link, with a bit of what happened before to make packets of.
struct Link<L: Level> {
    compressor: Compressor<L>,
    decompressor: Decompressor,
    reference: Reference,
    random: Random,
    earlier: Vec<u8>,
}

impl<L: Level> Link<L> {
    fn new(seed: u64) -> Self {
        Self {
            compressor: Compressor::new(),
            decompressor: Decompressor::new(),
            reference: Reference::new(),
            random: Random(seed),
            earlier: Vec::new(),
        }
    }

    fn packet(&mut self, most: usize) -> Vec<u8> {
        let packet = self.random.packet(&self.earlier, most);
        self.earlier.extend(&packet);
        let excess = self.earlier.len().saturating_sub(20_000);
        self.earlier.drain(..excess);
        packet
    }

    fn receive(&mut self, wire: &Wire) -> Result<Vec<u8>, Error> {
        let expected = self.reference.decompress(wire.flags, &wire.data);
        let got = self.decompressor.decompress(wire.flags, &wire.data);
        assert_eq!(got.map(<[u8]>::to_vec), expected);
        expected
    }
}

fn all_in_order<L: Level>(seed: u64, packets: usize) {
    let mut link = Link::<L>::new(seed);
    for _ in 0..packets {
        let packet = link.packet(2000);
        let wire = send(&mut link.compressor, &packet);
        assert_eq!(link.receive(&wire), Ok(packet));
    }
}

fn with_losses<L: Level>(seed: u64, packets: usize) {
    let mut link = Link::<L>::new(seed);
    let mut request_on_its_way = 0;
    let mut received = 0;
    for _ in 0..packets {
        let packet = link.packet(1500);
        let wire = send(&mut link.compressor, &packet);
        // The Reset-Request takes a few packets' time.
        if request_on_its_way > 0 {
            request_on_its_way -= 1;
            if request_on_its_way == 0 {
                link.compressor.flush();
            }
        }
        if link.random.below(10) == 0 {
            // The coherency count of the next one shows it.
            link.decompressor.lose();
            link.reference.lose();
            continue;
        }
        match link.receive(&wire) {
            Ok(got) => {
                assert_eq!(got, packet);
                received += 1;
            }
            Err(error) => assert_eq!(error, Error::OutOfStep),
        }
        if link.decompressor.is_out_of_step() && request_on_its_way == 0 {
            request_on_its_way = link.random.below(3) + 1;
        }
    }
    assert!(received > packets / 3, "{received} of {packets}");
}

fn stateless_with_losses<L: Level>(seed: u64, packets: usize) {
    let mut link = Link::<L>::new(seed);
    for _ in 0..packets {
        let packet = link.packet(1500);
        link.compressor.flush();
        let wire = send(&mut link.compressor, &packet);
        assert!(wire.flags.contains(Flags::FLUSHED));
        if link.random.below(3) == 0 {
            link.decompressor.lose();
            link.reference.lose();
        } else {
            assert_eq!(link.receive(&wire), Ok(packet));
        }
    }
}

proptest! {
    #[test]
    fn every_packet_arrives(seed: u64) {
        at_each_level!(all_in_order(seed, 40));
    }

    #[test]
    fn after_losses_there_is_a_way_back(seed: u64) {
        at_each_level!(with_losses(seed, 60));
    }

    #[test]
    fn without_state_only_what_is_lost_is_lost(seed: u64) {
        at_each_level!(stateless_with_losses(seed, 30));
    }
}

fn few_octets<L: Level>() {
    let mut link = Link::<L>::new(1);
    for len in (0..40).chain([MAX_PACKET - 1, MAX_PACKET, MAX_PACKET + 1, 10_000]) {
        for octet in [0x00, 0x61, 0xff] {
            let packet = vec![octet; len];
            let wire = send(&mut link.compressor, &packet);
            let is_compressed = wire.flags.contains(Flags::COMPRESSED);
            assert!(is_compressed || octet >= 0x80 || len > MAX_PACKET);
            assert!(!is_compressed || len <= MAX_PACKET);
            assert_eq!(link.receive(&wire), Ok(packet));
        }
    }
}

#[test]
fn packets_of_any_length() {
    at_each_level!(few_octets());
}

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut random = Random(seed);
    (0..len).map(|_| random.next() as u8).collect()
}

/// RFC 2118 §3 and §4.3.
fn bit_a<L: Level>() {
    let mut compressor = Compressor::<L>::new();
    let mut flags = |packet: &[u8], flush: bool| {
        if flush {
            compressor.flush();
        }
        send(&mut compressor, packet).flags
    };
    let (text, noise) = (&[b'a'; 100][..], &noise(7, 400)[..]);
    let compressed = Flags::COMPRESSED;
    let first = Flags::COMPRESSED | Flags::FRONT;
    assert_eq!(flags(text, false), first, "not at first");
    assert_eq!(flags(text, false), compressed);
    assert_eq!(flags(noise, false), Flags::empty(), "not yet");
    assert_eq!(flags(noise, false), Flags::empty(), "nor now");
    assert_eq!(flags(text, false), first | Flags::FLUSHED);
    assert_eq!(flags(text, false), compressed, "once is enough");
    // A peer that has asked gets it with the next packet, whatever that is.
    assert_eq!(flags(text, true), first | Flags::FLUSHED);
    assert_eq!(flags(text, false), compressed);
    assert_eq!(flags(noise, true), Flags::FLUSHED);
    assert_eq!(flags(noise, false), Flags::empty());
    assert_eq!(flags(text, false), first | Flags::FLUSHED);
    assert!(!compressor.is_flushed());
    compressor.flush();
    assert!(compressor.is_flushed());
    compressor.reset();
    assert_eq!(send(&mut compressor, text).flags, first);
}

#[test]
fn bit_a_is_there_when_it_has_to_be() {
    at_each_level!(bit_a());
}

fn small_buffers<L: Level>(seed: u64) {
    let mut link = Link::<L>::new(seed);
    for _ in 0..10 {
        let packet = link.packet(300);
        let mut copy = link.compressor.clone();
        for len in [0, packet.len() / 2, packet.len() - 1] {
            let needed = packet.len();
            let refused = copy.compress(&[], &packet, &mut vec![0; len]);
            assert_eq!(refused.unwrap_err().needed, needed);
        }
        let wire = send(&mut link.compressor, &packet);
        assert_eq!(send(&mut copy, &packet), wire);
        // The same, however the packet is cut.
        let mut out = vec![0; packet.len()];
        let outcome = Compressor::<L>::new()
            .compress(&packet, &[], &mut out)
            .unwrap();
        assert_eq!(
            outcome.flags(),
            send(&mut Compressor::<L>::new(), &packet).flags
        );
        assert_eq!(link.receive(&wire), Ok(packet));
    }
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing() {
    for seed in 0..20 {
        at_each_level!(small_buffers(seed));
    }
}

/// What FreeRDP, FreeBSD and Plan 9 refuse or misread, and RFC 2118 allows.
fn only_what_all_decoders_read<L: Level>(seed: u64) -> usize {
    let mut link = Link::<L>::new(seed);
    let mut start = 0;
    let mut of_an_earlier_lap = 0;
    for _ in 0..300 {
        let packet = link.packet(1500);
        if link.random.below(40) == 0 {
            link.compressor.flush();
        }
        let wire = send(&mut link.compressor, &packet);
        let (got, tokens) = link.reference.tokens(wire.flags, &wire.data).unwrap();
        assert_eq!(got, packet);
        if !wire.flags.contains(Flags::COMPRESSED) {
            start = 0;
            continue;
        }
        if wire.flags.contains(Flags::FRONT) {
            start = 0;
        } else {
            assert_ne!(start, 0, "the front is told of");
        }
        let end = start + packet.len();
        // FreeBSD refuses a match that fills the ring to its last octet.
        assert!(end < 8192);
        for token in tokens {
            let Token::Copy { len, to, from, .. } = token else {
                continue;
            };
            // FreeRDP's check of the ring's end is off by one: the last octet is not to be touched.
            assert!(from + len <= 8191, "{token:?}");
            if from >= to {
                // What is behind the packet, which nothing has written over yet.
                assert!(from >= end, "{token:?} in a packet that ends at {end}");
                of_an_earlier_lap += 1;
            }
        }
        start = end;
    }
    of_an_earlier_lap
}

#[test]
fn there_is_nothing_in_it_that_some_decoder_does_not_read() {
    let mut of_an_earlier_lap = [0; 3];
    for seed in 0..20 {
        of_an_earlier_lap[0] += only_what_all_decoders_read::<Small>(seed);
        of_an_earlier_lap[1] += only_what_all_decoders_read::<Fast>(seed);
        of_an_earlier_lap[2] += only_what_all_decoders_read::<Best>(seed);
    }
    // But of earlier laps use is made.
    assert!(
        of_an_earlier_lap.iter().all(|count| *count > 100),
        "{of_an_earlier_lap:?}"
    );
}

fn incompressible<L: Level>() {
    let mut compressor = Compressor::<L>::new();
    for seed in 0..100 {
        let packet = noise(seed, 1400);
        let mut out = vec![0xa5; packet.len()];
        let outcome = compressor.compress(&[], &packet, &mut out).unwrap();
        assert!(matches!(outcome, Outcome::Uncompressed { .. }));
        // It was noticed early.
        assert!(out[700..].iter().all(|octet| *octet == 0xa5));
    }
}

#[test]
fn what_cannot_be_compressed_is_noticed_early() {
    at_each_level!(incompressible());
}

#[test]
fn higher_levels_make_less_of_it() {
    fn octets<L: Level>() -> usize {
        let mut link = Link::<L>::new(99);
        (0..300)
            .map(|_| {
                let packet = link.packet(1500);
                send(&mut link.compressor, &packet).data.len()
            })
            .sum()
    }
    let (small, fast, best) = (octets::<Small>(), octets::<Fast>(), octets::<Best>());
    assert!(fast < small && best < fast, "{small}, {fast}, {best}");
}

#[test]
fn memory_is_what_it_is_said_to_be() {
    assert!(size_of::<Decompressor>() <= 8_300);
    assert!(size_of::<Compressor<Small>>() <= 10_500);
    assert!(size_of::<Compressor<Fast>>() <= 12_500);
    assert!(size_of::<Compressor<Best>>() <= 46_000);
}

#[test]
fn a_compressor_shows_none_of_its_history() {
    let mut link = Link::<Best>::new(3);
    let wire = send(&mut link.compressor, b"\x00\x21secret secret");
    link.receive(&wire).unwrap();
    let shown = format!("{:?} {:?}", link.compressor, link.decompressor);
    assert!(!shown.contains("115, 101, 99"), "{shown}");
}
