//! A session between two of Debian's pppd 2.4.9 over a pseudo-terminal, as one of them has recorded it (`pppd record`), and the
//! frames that tshark 4.0.17 finds in it, with their check sequences. They ask each other for different maps.

use super::{NOW, decoded};
use crate::hdlc::{Decoder, Encoder, SendAccm, Stats};
use std::vec::Vec;

/// In pppd's own format.
const RECORD: &[u8] = include_bytes!("pppd.record");

/// A line for each frame: by whom, and in hexadecimal.
const DECODED: &str = include_str!("pppd.decoded");

/// One end's octets, in the pieces in which they were written.
fn pieces(kind: u8) -> Vec<&'static [u8]> {
    let mut rest = RECORD;
    let mut pieces = Vec::new();
    while let Some((&tag, after)) = rest.split_first() {
        rest = match tag {
            1 | 2 => {
                let (len, after) = after.split_first_chunk().unwrap();
                let (piece, after) = after.split_at(u16::from_be_bytes(*len).into());
                if tag == kind {
                    pieces.push(piece);
                }
                after
            }
            3 | 4 => after,
            5 | 7 => &after[4..],
            6 => &after[1..],
            tag => panic!("{tag} is no record"),
        };
    }
    pieces
}

/// What tshark says of them, without the check sequences.
fn frames(by: &str) -> Vec<Vec<u8>> {
    let lines = DECODED.lines().filter_map(|line| line.split_once(' '));
    let hex = lines.filter(|(name, _)| *name == by).map(|(_, hex)| hex);
    hex.map(|hex| {
        let octet = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len() - 4).step_by(2).map(octet).collect()
    })
    .collect()
}

/// Who it is, the tag of what it sends in the record, and the map that it is asked for.
const ENDS: [(&str, u8, u32); 2] = [("sent", 1, 0x0082_0000), ("received", 2, 0x000a_0008)];

#[test]
fn frames_of_a_real_pppd_are_found() {
    for (by, kind, map) in ENDS {
        let mut decoder = Decoder::<304>::new();
        let mut found = Vec::new();
        for piece in pieces(kind) {
            // One by one, so that the map comes into force after the two frames that agree on it.
            for octet in piece.chunks(1) {
                found.extend(decoded(&mut decoder, octet));
                if found.len() == 2 {
                    decoder.set_accm(map);
                }
            }
        }
        let expected: Vec<_> = frames(by).into_iter().map(Ok).collect();
        assert_eq!(found, expected, "{by}");
        assert_eq!(expected.len(), 9);
        let frames = 9;
        assert_eq!(
            *decoder.stats(),
            Stats {
                frames,
                ..Stats::default()
            }
        );
    }
}

/// Octet by octet what pppd and its kernel send of the same frames.
#[test]
fn frames_are_encoded_as_by_a_real_pppd() {
    for (by, kind, map) in ENDS {
        let mut encoder = Encoder::new();
        let mut line = Vec::new();
        for (at, frame) in frames(by).into_iter().enumerate() {
            if at == 2 {
                encoder.set_accm(SendAccm::new(map));
            }
            let mut out = [0; 256];
            line.extend_from_slice(encoder.encode(NOW, &frame, &mut out).unwrap());
        }
        assert_eq!(line, pieces(kind).concat(), "{by}");
    }
}
