//! What a decompressor makes of any input: the same as a plain one, and never more than the history holds.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod support;

use pptp_mppc::{Decompressor, Error, Flags, HISTORY_LEN};
use proptest::prelude::*;
use support::reference::Reference;
use support::{copy, literals, pack};

const FIRST: Flags = Flags::COMPRESSED.union(Flags::FLUSHED).union(Flags::FRONT);

/// Both, which must agree on every packet.
struct Both {
    ours: Decompressor,
    reference: Reference,
}

impl Both {
    fn new() -> Self {
        Self {
            ours: Decompressor::new(),
            reference: Reference::new(),
        }
    }

    fn decompress(&mut self, flags: Flags, data: &[u8]) -> Result<Vec<u8>, Error> {
        let before = self.ours.clone();
        let mut head = [0xa5; 64];
        let preview = self.ours.preview(flags, data, &mut head);
        assert!(self.ours == before, "a preview changes nothing");
        let expected = self.reference.decompress(flags, data);
        let got = self.ours.decompress(flags, data).map(<[u8]>::to_vec);
        assert_eq!(got, expected);
        assert_eq!(
            preview,
            expected.as_ref().map(Vec::len).map_err(|error| *error)
        );
        if let Ok(packet) = &got {
            let shown = packet.len().min(64);
            assert_eq!(head[..shown], packet[..shown]);
            if flags.contains(Flags::COMPRESSED) {
                assert!(packet.len() <= HISTORY_LEN);
                assert_eq!(self.ours.packet(), packet);
            }
        }
        assert_eq!(self.ours.is_out_of_step(), self.reference.is_lost());
        got
    }

    fn decode(&mut self, bits: &str) -> Result<Vec<u8>, Error> {
        self.decompress(Flags::COMPRESSED, &pack(bits))
    }
}

/// As long as the fast loop wants its input to be.
fn tail() -> String {
    literals(&[b'.'; 20])
}

#[test]
fn matches_before_the_history_are_errors() {
    for tail in [String::new(), tail()] {
        // Nothing is there yet; one octet is; an offset of 0; more than the history has.
        for (front, offset) in [
            ("", 1),
            ("a", 2),
            ("abc", 0),
            ("abc", 8192),
            ("abc", 8511),
            ("abc", 8000),
        ] {
            let bits = [&literals(front.as_bytes()), &copy(offset, 3), &tail]
                .map(String::as_str)
                .concat();
            let offset = u16::try_from(offset).unwrap();
            assert_eq!(Both::new().decode(&bits), Err(Error::Offset { offset }));
        }
        let bits = literals(b"abc") + &copy(3, 3) + &tail;
        assert!(Both::new().decode(&bits).unwrap().starts_with(b"abcabc"));
        // What was before a flush is no history any more.
        let mut both = Both::new();
        both.decode(&literals(b"abcdefgh")).unwrap();
        let data = pack(&(copy(8, 8) + &tail));
        assert_eq!(
            both.decompress(FIRST, &data),
            Err(Error::Offset { offset: 8 })
        );
    }
}

#[test]
fn lengths_that_do_not_exist_are_errors() {
    for ones in 12..=20 {
        let bits = literals(b"abc") + "1111000011" + &"1".repeat(ones) + "0" + &tail();
        assert_eq!(Both::new().decode(&bits), Err(Error::Length));
    }
}

#[test]
fn packets_end_with_the_history() {
    let mut full = literals(b"abc");
    // 8192 octets to the last one.
    for (first, second) in [(4096, 4093), (3, 8186), (8186, 3)] {
        let bits = full.clone() + &copy(3, first) + &copy(3, second);
        assert_eq!(Both::new().decode(&bits).unwrap().len(), 8192);
        // And one more, of either kind; the history is full for the next packet, too.
        assert_eq!(
            Both::new().decode(&(bits.clone() + &literals(b"d"))),
            Err(Error::TooLong)
        );
        let bits = full.clone() + &copy(3, first) + &copy(3, second + 1) + &tail();
        assert_eq!(Both::new().decode(&bits), Err(Error::TooLong));
    }
    full += &copy(3, 8189);
    let mut both = Both::new();
    both.decode(&full).unwrap();
    assert_eq!(both.decode(""), Ok(Vec::new()));
    assert_eq!(both.decode(&literals(b"d")), Err(Error::TooLong));
    // To the front it may go all the same.
    let mut both = Both::new();
    both.decode(&full).unwrap();
    let front = Flags::COMPRESSED | Flags::FRONT;
    assert_eq!(both.decompress(front, b"d"), Ok(b"d".to_vec()));
}

#[test]
fn codes_that_are_cut_off_are_errors_or_padding() {
    let whole = literals(b"abc\xff") + &copy(3, 3) + &copy(70, 40);
    let before = literals(&[b'x'; 100]);
    for bits in 0..=whole.len() {
        let mut both = Both::new();
        both.decode(&before).unwrap();
        // Zeros fill the last octet up, which may complete a code; the reference knows.
        let _ = both.decode(&whole[..bits]);
    }
    // 8 bits are a literal or none; 9 bits of one, or of a match, are not there.
    assert_eq!(Both::new().decode("10000000"), Err(Error::Truncated));
    assert_eq!(Both::new().decode("11110000"), Err(Error::Truncated));
    let mut both = Both::new();
    both.decode(&before).unwrap();
    assert_eq!(both.decode("1111000011 111111"), Err(Error::Truncated));
}

#[test]
fn bits_left_over_do_not_matter() {
    // FreeRDP and FreeBSD look at no fewer than 8.
    for filling in ["0000000", "1111111", "1100000"] {
        let bits = literals(b"\x80") + filling;
        assert_eq!(Both::new().decode(&bits), Ok(vec![0x80]));
    }
}

#[test]
fn after_an_error_only_a_flushed_packet_counts() {
    let mut both = Both::new();
    both.decode(&literals(b"abc")).unwrap();
    assert!(both.decode(&copy(100, 3)).is_err());
    assert!(both.ours.is_out_of_step());
    let front = Flags::COMPRESSED | Flags::FRONT;
    assert_eq!(both.decompress(front, b"d"), Err(Error::OutOfStep));
    // What is not compressed passes; but it does not bring the history back.
    assert_eq!(
        both.decompress(Flags::empty(), b"plain"),
        Ok(b"plain".to_vec())
    );
    assert_eq!(both.decompress(front, b"d"), Err(Error::OutOfStep));
    assert_eq!(both.decompress(FIRST, b"d"), Ok(b"d".to_vec()));
    assert_eq!(both.decode(&copy(1, 3)), Ok(b"ddd".to_vec()));
}

#[test]
fn a_flushed_bit_counts_on_packets_of_either_kind() {
    // RFC 2118 §3.1: on the next packet; FreeRDP has it on the uncompressed one.
    let mut both = Both::new();
    both.decode(&literals(b"abc")).unwrap();
    both.ours.lose();
    both.reference.lose();
    assert_eq!(
        both.decompress(Flags::FLUSHED, b"plain"),
        Ok(b"plain".to_vec())
    );
    assert!(!both.ours.is_out_of_step());
    // Its history is empty now, and the plain packet is no part of it.
    assert_eq!(both.decode(&copy(1, 3)), Err(Error::Offset { offset: 1 }));
}

#[test]
fn a_lap_ends_where_it_ends_and_what_is_behind_stays() {
    let mut both = Both::new();
    // A first lap of 8000 octets, a second of 100, and a third: what stands behind is of the first, for all that.
    let lap: Vec<u8> = (0..8000_u32).map(|n| ((n * n) >> 5) as u8 & 0x7f).collect();
    both.decompress(FIRST, &pack(&literals(&lap))).unwrap();
    let front = Flags::COMPRESSED | Flags::FRONT;
    both.decompress(front, &pack(&literals(&[b'x'; 100])))
        .unwrap();
    for behind in [100, 101, 115, 116, 7990, 7997] {
        let mut both = Both {
            ours: both.ours.clone(),
            reference: both.reference.clone(),
        };
        let bits = copy(8192 - behind, 3);
        let data = pack(&(bits + &tail()));
        let got = both.decompress(front, &data).unwrap();
        assert_eq!(got[..3], lap[behind..behind + 3]);
        // Right behind what was written now there is the lap before, or the first one.
        let at = got.len();
        let got = both.decode(&copy(8191, 8)).unwrap();
        assert_eq!(
            got[..],
            [&[b'x'; 100], &lap[100..]].concat()[at + 1..at + 9]
        );
    }
}

#[test]
fn sources_wrap_and_run_over_zeros() {
    let mut both = Both::new();
    // A lap that is full, then a match from its end over to its front.
    let lap: Vec<u8> = (0..8192_u32).map(|n| ((n * n) >> 5) as u8 & 0x7f).collect();
    both.decompress(FIRST, &pack(&literals(&lap))).unwrap();
    let front = Flags::COMPRESSED | Flags::FRONT;
    let bits = literals(b"front") + &copy(5 + 10, 20) + &tail();
    let got = both.decompress(front, &pack(&bits)).unwrap();
    let expected = [b"front", &lap[8182..], b"front", &lap[8182..8187]].concat();
    assert_eq!(got[..25], expected);

    // FreeBSD's compressor refers to zeros behind a lap that was not full.
    let mut both = Both::new();
    both.decompress(FIRST, &pack(&literals(b"0123456789")))
        .unwrap();
    let bits = copy(8192 - 8, 7) + &tail();
    let got = both.decompress(front, &pack(&bits)).unwrap();
    assert_eq!(got[..7], *b"89\0\0\0\0\0");
    assert!(both.decode(&copy(8192 - 16, 3)).is_err());
}

#[test]
fn matches_run_into_themselves() {
    for back in 1..=40 {
        for len in (3..70).chain([255, 256, 1000]) {
            let text: Vec<u8> = (0..back).map(|n| b'a' + (n % 26) as u8).collect();
            for tail in [String::new(), tail()] {
                let bits = literals(&text) + &copy(back, len) + &tail;
                let got = Both::new().decode(&bits).unwrap();
                let expected: Vec<u8> = text.iter().copied().cycle().take(back + len).collect();
                assert_eq!(got[..back + len], expected);
            }
        }
    }
}

fn flags() -> impl Strategy<Value = Flags> {
    prop::sample::select(vec![
        Flags::COMPRESSED,
        Flags::COMPRESSED,
        Flags::COMPRESSED,
        Flags::COMPRESSED.union(Flags::FRONT),
        FIRST,
        Flags::COMPRESSED.union(Flags::FLUSHED),
        Flags::FLUSHED,
        Flags::FRONT,
        Flags::empty(),
    ])
}

/// A token: a literal, or a match that is mostly a good one.
fn token() -> impl Strategy<Value = String> {
    let literal = any::<u8>().prop_map(|octet| literals(&[octet]));
    let near = (1..80_usize, 3..40_usize).prop_map(|(offset, len)| copy(offset, len));
    let far = (1..8192_usize, 3..600_usize).prop_map(|(offset, len)| copy(offset, len));
    let ahead = (8150..8192_usize, 3..60_usize).prop_map(|(offset, len)| copy(offset, len));
    prop_oneof![8 => literal, 3 => near, 2 => far, 1 => ahead]
}

proptest! {
    #[test]
    fn is_the_same_as_a_plain_decoder_on_tokens(
        laps in prop::collection::vec(0..8192_usize, 0..3),
        packets in prop::collection::vec((flags(), prop::collection::vec(token(), 0..60)), 1..12),
    ) {
        let mut both = Both::new();
        // Earlier laps, to have something to refer to.
        for (number, len) in laps.into_iter().enumerate() {
            let lap: Vec<u8> = (0..len).map(|n| ((n * (number + 3)) >> 2) as u8).collect();
            both.decompress(Flags::COMPRESSED | Flags::FRONT, &pack(&literals(&lap))).unwrap();
        }
        for (flags, tokens) in packets {
            let _ = both.decompress(flags, &pack(&tokens.concat()));
        }
    }

    #[test]
    fn is_the_same_as_a_plain_decoder_on_anything(
        packets in prop::collection::vec((flags(), prop::collection::vec(any::<u8>(), 0..400)), 1..12),
    ) {
        let mut both = Both::new();
        for (flags, data) in packets {
            let _ = both.decompress(flags, &data);
        }
    }
}
