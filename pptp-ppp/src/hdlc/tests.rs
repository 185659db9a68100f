//! Against the RFC's own values and code, and what a real pppd has sent. Constants are written again from the RFCs.

use super::*;
use crate::time::Instant;
use core::time::Duration;
use proptest::collection::vec;
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec::Vec;

mod recorded;

const NOW: Instant = Instant::ZERO;

/// An LCP Echo-Request.
const ECHO: &[u8] = b"\xff\x03\xc0\x21\x09\x01\x00\x08\x01\x02\x7d\x7e";

/// As RFC 1662 appendix C.2 computes it, bit by bit.
fn fcs16(octets: &[u8]) -> u16 {
    octets.iter().fold(0xffff, |fcs, &octet| {
        (0..8).fold(fcs ^ u16::from(octet), |fcs, _| {
            fcs >> 1 ^ if fcs & 1 == 1 { 0x8408 } else { 0 }
        })
    })
}

/// The same of appendix C.3.
fn fcs32(octets: &[u8]) -> u32 {
    octets.iter().fold(0xffff_ffff, |fcs, &octet| {
        (0..8).fold(fcs ^ u32::from(octet), |fcs, _| {
            fcs >> 1 ^ if fcs & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

fn encoded(encoder: &mut Encoder, frame: &[u8]) -> Vec<u8> {
    let mut out = [0; 4096];
    encoder.encode(NOW, frame, &mut out).unwrap().to_vec()
}

/// Frames and what was dropped, in order.
fn decoded<const N: usize>(
    decoder: &mut Decoder<N>,
    mut octets: &[u8],
) -> Vec<Result<Vec<u8>, Discard>> {
    let mut frames = Vec::new();
    while let Some(frame) = decoder.next_frame(&mut octets) {
        frames.push(frame.map(|frame| frame.to_vec()));
    }
    assert!(octets.is_empty());
    frames
}

/// What goes between flags as it is.
fn framed(octets: &[u8]) -> Vec<u8> {
    [&[0x7e], octets, &[0x7e]].concat()
}

#[test]
fn check_sequences_are_those_of_the_rfc() {
    // The check values of CRC-16/X-25 and CRC-32.
    let mut short = Fcs16::new();
    short.update(b"123456789");
    assert_eq!(short.octets(), 0x906e_u16.to_le_bytes());
    let mut long = Fcs32::new();
    long.update(b"123456789");
    assert_eq!(long.octets(), 0xcbf4_3926_u32.to_le_bytes());
    short.update(&short.octets());
    long.update(&long.octets());
    assert!(short.is_good() && long.is_good());
    assert_eq!(fcs16(b"123456789\x6e\x90"), 0xf0b8);
    assert_eq!(fcs32(b"123456789\x26\x39\xf4\xcb"), 0xdebb_20e3);
}

/// RFC 1662 §4.2.
#[test]
fn the_examples_of_the_rfc_are_escaped_so() {
    let map = SendAccm::DEFAULT.with(0x91).with(0x93);
    for (octet, escaped) in [
        (0x7e, 0x5e),
        (0x7d, 0x5d),
        (0x03, 0x23),
        (0x11, 0x31),
        (0x13, 0x33),
        (0x91, 0xb1),
        (0x93, 0xb3),
    ] {
        let mut encoder = Encoder::new();
        encoder.set_accm(map);
        let frame = [b"\x21", &[octet; 1][..], b"xyz"].concat();
        let line = encoded(&mut encoder, &frame);
        assert_eq!(line[..4], [0x7e, 0x21, 0x7d, escaped]);
        assert!(line.starts_with(&[0x7e, 0x21, 0x7d, escaped, b'x']));
        assert_eq!(decoded(&mut Decoder::<64>::new(), &line), [Ok(frame)]);
    }
}

#[test]
fn what_cannot_be_escaped_is_not_in_the_map() {
    let mut map = SendAccm::new(0);
    for octet in 0..=u8::MAX {
        map = map.with(octet);
    }
    for octet in 0..=u8::MAX {
        let can_be = !(0x20..0x40).contains(&octet) && octet != 0x5e;
        assert_eq!(map.contains(octet), can_be, "{octet:#x}");
    }
    assert_eq!(SendAccm::new(0x8000_0001).controls(), 0x8000_0001);
    let first = SendAccm::new(0x000a_0000);
    let set = (0..=u8::MAX).filter(|&octet| first.contains(octet));
    assert_eq!(set.collect::<Vec<_>>(), [17, 19, 0x7d, 0x7e]);
}

/// Many of the same in a row, of which each end of the map has some.
#[test]
fn every_octet_of_the_map_is_escaped_wherever_it_stands() {
    for octet in [0x00, 0x1f, 0x40, 0x7f, 0x80, 0xff] {
        let mut encoder = Encoder::new();
        encoder.set_accm(SendAccm::new(u32::MAX).with(octet));
        let frame = [b"\x21".as_slice(), &[octet; 50]].concat();
        let line = encoded(&mut encoder, &frame);
        let escaped = [0x7d, octet ^ 0x20];
        assert_eq!(line[2..102], *escaped.repeat(50), "{octet:#x}");
    }
}

/// RFC 1661 §5: as if nothing had been negotiated.
#[test]
fn configuration_goes_out_with_defaults() {
    let configure = b"\xff\x03\xc0\x21\x01\x01\x00\x04";
    let mut before = Encoder::new();
    let mut after = Encoder::new();
    after.set_accm(SendAccm::new(0));
    after.set_fcs(Fcs::Bits32);
    let line = encoded(&mut after, configure);
    assert_eq!(line, encoded(&mut before, configure));
    assert_eq!(line[..11], *b"\x7e\xff\x7d\x23\xc0\x21\x7d\x21\x7d\x21\x7d");
    // The last code that is, and the first that is not.
    let reject = b"\xc0\x21\x07\x01\x00\x04";
    let echo = b"\xc0\x21\x09\x01\x00\x04";
    assert_eq!(encoded(&mut after, reject), encoded(&mut before, reject));
    let line = encoded(&mut after, echo);
    assert_eq!(line[..6], *echo, "nothing is escaped");
    assert_eq!(line.len(), 6 + 4 + 1);
}

#[test]
fn a_flag_between_two_frames_is_enough_for_a_second() {
    let mut encoder = Encoder::new();
    let mut out = [0; 64];
    let mut opens = |at: u64| {
        let now = Instant::ZERO + Duration::from_millis(at);
        let line = encoder.encode(now, b"\x21abc", &mut out).unwrap();
        assert_eq!(line.last(), Some(&0x7e));
        line[0] == 0x7e
    };
    assert_eq!(
        [0, 10, 1009, 2009, 2010].map(&mut opens),
        [true, false, false, true, false]
    );
}

#[test]
fn a_room_that_is_too_small_changes_nothing() {
    for fcs in [Fcs::Null, Fcs::Bits16, Fcs::Bits32] {
        let mut encoder = Encoder::new();
        encoder.set_fcs(fcs);
        let whole = encoded(&mut encoder.clone(), ECHO);
        for room in 0..whole.len() {
            let before = encoder.clone();
            let needed = whole.len();
            let result = encoder.encode(NOW, ECHO, &mut [0; 64][..room]).err();
            assert_eq!(result, Some(crate::BufferTooSmall { needed }), "{room}");
            assert_eq!(encoder, before);
        }
        assert!(whole.len() <= max_encoded_len(ECHO.len()));
    }
    assert_eq!(max_encoded_len(usize::MAX), usize::MAX);
}

#[test]
fn what_stands_before_the_first_flag_is_no_frame() {
    let mut decoder = Decoder::<64>::new();
    let line = [b"ATDT5551234\r\nCONNECT 33600\r\n", &*framed(b"")].concat();
    assert_eq!(decoded(&mut decoder, &line), []);
    assert_eq!(*decoder.stats(), Stats::default());
    let line = encoded(&mut Encoder::new(), ECHO);
    assert_eq!(decoded(&mut decoder, &line), [Ok(ECHO.to_vec())]);
}

/// Which of the counts.
type Counter = fn(&Stats) -> u64;

#[test]
fn each_fault_has_its_name_and_its_count() {
    let mut decoder = Decoder::<20>::new();
    let good = encoded(&mut Encoder::new(), ECHO);
    let mut damaged = good.clone();
    damaged[3] ^= 0x40;
    let cases: [(&[u8], Discard, Counter); 6] = [
        (&damaged, Discard::BadFcs, |it| it.bad_fcs),
        (b"\x7eabc\x7e", Discard::TooShort, |it| it.too_short),
        (b"\x7eabcdefgh\x7d\x7e", Discard::Aborted, |it| it.aborted),
        (b"\x7e\x7d\x7e", Discard::Aborted, |it| it.aborted),
        (&framed(&[b'x'; 21]), Discard::TooLong, |it| it.too_long),
        // It is given up when nobody listens any more.
        (
            b"\x7ebcdefghijklmnopqrstuvw\x7d\x7e",
            Discard::TooLong,
            |it| it.too_long,
        ),
    ];
    for (octets, discard, counter) in cases {
        let before = *decoder.stats();
        assert_eq!(decoded(&mut decoder, octets), [Err(discard)]);
        assert_eq!(counter(decoder.stats()), counter(&before) + 1);
        // It goes on with the next frame.
        assert_eq!(decoded(&mut decoder, &good), [Ok(ECHO.to_vec())]);
    }
    let stats = decoder.stats();
    assert_eq!(
        (
            stats.frames,
            stats.bad_fcs,
            stats.too_short,
            stats.aborted,
            stats.too_long
        ),
        (6, 1, 1, 2, 2)
    );
    let text = |discard: Discard| discard.to_string();
    let texts: [String; 2] = [text(Discard::BadFcs), text(Discard::Aborted)];
    assert_eq!(
        texts,
        ["its check sequence is wrong", "its sender has given it up"]
    );
}

#[test]
fn the_longest_frame_fills_the_buffer() {
    let frame = [b"\x21", &[b'.'; 61][..]].concat();
    let line = encoded(&mut Encoder::new(), &frame);
    assert_eq!(decoded(&mut Decoder::<64>::new(), &line), [Ok(frame)]);
    assert_eq!(
        decoded(&mut Decoder::<63>::new(), &line),
        [Err(Discard::TooLong)]
    );
}

/// RFC 1662 §4.2: before the check sequence is computed, and within an escape as well.
#[test]
fn spurious_control_characters_are_dropped() {
    let line = encoded(&mut Encoder::new(), ECHO);
    let spoilt: Vec<u8> = line.iter().flat_map(|&octet| [octet, 0x11]).collect();
    let mut decoder = Decoder::<64>::new();
    assert_eq!(decoded(&mut decoder, &spoilt), [Ok(ECHO.to_vec())]);
    assert_eq!(decoder.stats().spurious, line.len() as u64);
    // Only those of the map are.
    let mut other = decoder.clone();
    other.set_accm(!(1 << 0x11));
    assert_eq!(decoded(&mut other, &spoilt), [Err(Discard::BadFcs)]);
    decoder.set_accm(1 << 0x11);
    assert_eq!(decoded(&mut decoder, &spoilt), [Ok(ECHO.to_vec())]);
    assert_eq!(decoder.accm(), 1 << 0x11);
}

#[test]
fn what_the_line_says_spoils_the_frame_under_way() {
    use LineError::{Alignment, BufferOverrun, Framing, HardwareOverrun, TimeOut};
    let mut decoder = Decoder::<64>::new();
    let line = encoded(&mut Encoder::new(), ECHO);
    for error in [Framing, HardwareOverrun, BufferOverrun, TimeOut, Alignment] {
        assert_eq!(decoded(&mut decoder, &line[..7]), []);
        decoder.line_error(error);
        assert_eq!(decoded(&mut decoder, &line[7..]), []);
        assert_eq!(decoded(&mut decoder, &line), [Ok(ECHO.to_vec())]);
    }
    let stats = decoder.stats();
    let counts = [
        stats.framing,
        stats.hardware_overruns,
        stats.buffer_overruns,
        stats.time_outs,
        stats.alignment,
    ];
    assert_eq!((counts, stats.frames, stats.bad_fcs), ([1; 5], 5, 0));
}

/// RFC 1570 §2.1.
#[test]
fn check_sequences_are_alternatives() {
    let packet = b"\xff\x03\x00\x21network packet";
    let send = |fcs, frame: &[u8]| {
        let mut encoder = Encoder::new();
        encoder.set_fcs(fcs);
        encoded(&mut encoder, frame)
    };
    let receive = |alternatives, octets: &[u8]| {
        let mut decoder = Decoder::<64>::new();
        decoder.set_fcs(alternatives);
        // Not everything here is escaped.
        decoder.set_accm(0);
        decoded(&mut decoder, octets).remove(0)
    };
    let (null, short, long) = (
        FcsAlternatives::NULL,
        FcsAlternatives::BITS_16,
        FcsAlternatives::BITS_32,
    );
    assert_eq!([null, short, long].map(|it| it.bits()), [1, 2, 4]);
    for frame in [packet, ECHO] {
        for (fcs, alternatives) in [
            (Fcs::Bits16, short),
            (Fcs::Bits32, long),
            (Fcs::Bits16, short | long),
            (Fcs::Bits32, short | long),
            (Fcs::Null, null),
            (Fcs::Null, null | short),
        ] {
            let received = receive(alternatives, &send(fcs, frame));
            assert_eq!(received, Ok(frame.to_vec()), "{fcs:?} {alternatives:?}");
        }
        assert_eq!(
            receive(short, &send(Fcs::Bits32, frame)),
            Err(Discard::BadFcs)
        );
        assert_eq!(
            receive(long, &send(Fcs::Bits16, frame)),
            Err(Discard::BadFcs)
        );
    }
    // LCP may begin again at any time, and does so with 16 bits.
    let configure = b"\xff\x03\xc0\x21\x01\x01\x00\x04";
    let line = send(Fcs::Bits32, configure);
    assert_eq!(receive(long, &line), Ok(configure.to_vec()));
    // A packet about the link has to have one, and of another any that it has is padding.
    assert_eq!(receive(null, &framed(ECHO)), Err(Discard::Aborted));
    let plain = b"\xff\x03\xc0\x23PAP";
    assert_eq!(receive(null, &framed(plain)), Err(Discard::BadFcs));
    let padded = receive(null, &send(Fcs::Bits16, packet)).unwrap();
    assert_eq!(padded[..packet.len()], *packet);
    assert_eq!(padded.len(), packet.len() + 2);
}

/// What a frame of any kind begins with.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let heads = prop_oneof![
        Just(&b"\xff\x03\x00\x21"[..]),
        Just(&b"\x21"[..]),
        Just(&b"\xff\x03\xc0\x21\x01"[..]),
        Just(&b"\xc0\x21\x0a"[..]),
        Just(&b"\xff\x03\x80\xfd"[..]),
    ];
    (heads, vec(any::<u8>(), 1..200)).prop_map(|(head, body)| [head, &body].concat())
}

fn fcses() -> impl Strategy<Value = Fcs> {
    prop_oneof![Just(Fcs::Null), Just(Fcs::Bits16), Just(Fcs::Bits32)]
}

const fn alternatives_of(fcs: Fcs) -> FcsAlternatives {
    match fcs {
        Fcs::Null => FcsAlternatives::NULL,
        Fcs::Bits16 => FcsAlternatives::BITS_16,
        Fcs::Bits32 => FcsAlternatives::BITS_32,
    }
}

proptest! {
    #[test]
    fn check_sequences_agree_with_the_rfcs_code(octets in vec(any::<u8>(), 0..100), cut in 0..100usize) {
        let (head, tail) = octets.split_at(cut.min(octets.len()));
        let (mut short, mut long) = (Fcs16::new(), Fcs32::new());
        for part in [head, tail] {
            short.update(part);
            long.update(part);
        }
        prop_assert_eq!(short.octets(), (!fcs16(&octets)).to_le_bytes());
        prop_assert_eq!(long.octets(), (!fcs32(&octets)).to_le_bytes());
    }

    #[test]
    fn frames_come_out_as_they_went_in(
        frames in vec(frames(), 1..5),
        map in any::<u32>(),
        extended in vec(any::<u8>(), 0..4),
        fcs in fcses(),
        pieces in vec(1..50usize, 1..20),
        rooms in vec(1..50usize, 1..20),
    ) {
        let mut encoder = Encoder::new();
        let accm = extended.into_iter().fold(SendAccm::new(map), SendAccm::with);
        encoder.set_accm(accm);
        encoder.set_fcs(fcs);
        let mut at_once = encoder.clone();
        let mut line = Vec::new();
        let mut rooms = rooms.iter().cycle();
        for frame in &frames {
            let whole = encoded(&mut at_once, frame);
            // Nothing that would not get through, but for flags and escapes.
            for pair in whole.windows(2) {
                prop_assert!(pair[0] == 0x7d || [0x7d, 0x7e].contains(&pair[1]) || !accm.contains(pair[1]));
            }
            let mut encoding = encoder.start(NOW, frame);
            let start = line.len();
            while !encoding.is_done() {
                prop_assert_eq!(encoding.len(), whole.len() - (line.len() - start));
                let mut room = [0; 64];
                let written = encoding.write(&mut room[..*rooms.next().unwrap()]);
                prop_assert!(!written.is_empty());
                line.extend_from_slice(written);
            }
            prop_assert!(encoding.write(&mut [0; 9]).is_empty());
            prop_assert_eq!(&line[start..], &whole[..]);
        }
        let mut decoder = Decoder::<256>::new();
        decoder.set_accm(map);
        decoder.set_fcs(alternatives_of(fcs));
        let mut got = Vec::new();
        let mut rest = &line[..];
        for &len in pieces.iter().cycle() {
            let (piece, after) = rest.split_at(len.min(rest.len()));
            got.extend(decoded(&mut decoder, piece));
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let expected: Vec<_> = frames.into_iter().map(Ok).collect();
        prop_assert_eq!(got, expected);
        prop_assert_eq!(decoder.stats().spurious, 0);
    }

    /// Whatever comes, what comes out is the same in any pieces, and after two flags a good frame is found.
    #[test]
    fn noise_is_survived(
        noise in vec(prop_oneof![any::<u8>(), Just(0x7e), Just(0x7d)], 0..300),
        cut in 0..300usize,
    ) {
        let mut whole = Decoder::<40>::new();
        let mut pieces = whole.clone();
        let (head, tail) = noise.split_at(cut.min(noise.len()));
        let mut in_pieces = decoded(&mut pieces, head);
        in_pieces.extend(decoded(&mut pieces, tail));
        prop_assert_eq!(decoded(&mut whole, &noise), in_pieces);
        prop_assert_eq!(whole.stats(), pieces.stats());
        let line = encoded(&mut Encoder::new(), ECHO);
        decoded(&mut whole, &[0x7e, 0x7e]);
        prop_assert_eq!(decoded(&mut whole, &line), [Ok(ECHO.to_vec())]);
    }
}
