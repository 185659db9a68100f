//! Whatever comes over a line, in whatever pieces, comes to the same frames; and what is sent over it comes out again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_ppp::Instant;
use pptp_ppp::hdlc::{Decoder, Discard, Encoder, Fcs, FcsAlternatives, SendAccm};

const FCS: [(Fcs, FcsAlternatives); 3] = [
    (Fcs::Bits16, FcsAlternatives::BITS_16),
    (Fcs::Bits32, FcsAlternatives::BITS_32),
    (Fcs::Null, FcsAlternatives::NULL),
];

fn frames(decoder: &mut Decoder<128>, mut octets: &[u8]) -> Vec<Result<Vec<u8>, Discard>> {
    let mut frames = Vec::new();
    while let Some(frame) = decoder.next_frame(&mut octets) {
        frames.push(frame.map(|frame| frame.to_vec()));
    }
    assert!(octets.is_empty());
    frames
}

fuzz_target!(|input: &[u8]| {
    let Some((&[kind, extended, piece, a, b, c, d], octets)) = input.split_first_chunk() else {
        return;
    };
    let map = u32::from_be_bytes([a, b, c, d]);
    let (fcs, mut alternatives) = FCS[usize::from(kind % 3)];
    if kind & 0x80 != 0 {
        alternatives |= FcsAlternatives::BITS_16;
    }
    let mut whole = Decoder::<128>::new();
    whole.set_accm(map);
    whole.set_fcs(alternatives);
    let mut pieces = whole.clone();
    let found = frames(&mut whole, octets);
    let parts = octets.chunks(usize::from(piece % 32) + 1);
    let parts: Vec<_> = parts.flat_map(|part| frames(&mut pieces, part)).collect();
    assert_eq!(found, parts);
    assert_eq!(whole.stats(), pieces.stats());

    // What was found, and what came, as frames to be sent.
    let mut encoder = Encoder::new();
    encoder.set_accm(SendAccm::new(map).with(extended));
    encoder.set_fcs(fcs);
    let found = found.iter().flatten().map(Vec::as_slice);
    for frame in found.chain(octets.chunks(100)) {
        let mut out = [0; 512];
        let line = encoder.clone().encode(Instant::ZERO, frame, &mut out);
        let line = line.expect("room for 4 times as much").to_vec();
        let mut encoding = encoder.start(Instant::ZERO, frame);
        let mut again = Vec::new();
        while !encoding.is_done() {
            again.extend_from_slice(encoding.write(&mut out[..usize::from(piece % 7) + 1]));
        }
        assert_eq!(line, again);
        let mut decoder = Decoder::<128>::new();
        decoder.set_accm(map);
        decoder.set_fcs(alternatives);
        frames(&mut decoder, &[0x7e]);
        // A frame that is none is dropped; one of a network protocol may be taken for one with another check sequence.
        let received = frames(&mut decoder, &line);
        let is_whole = fcs != Fcs::Null && frame.len() >= 2;
        if is_whole {
            assert_eq!(received, [Ok(frame.to_vec())]);
        }
    }
});
