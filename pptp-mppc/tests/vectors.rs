//! Packets that others have published, and the RFC's own example.
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used)]

mod support;

use pptp_mppc::level::{Best, Fast, Level, Small};
use pptp_mppc::{Compressor, Decompressor, Flags};
use support::reference::{Reference, Token};
use support::{copy, literals, pack, send};

/// The bells of FreeRDP's tests: 8 KiB of history, level 0.
const BELLS: &[u8] = b"for.whom.the.bell.tolls,.the.bell.tolls.for.thee!";
const BELLS_COMPRESSED: [u8; 33] = [
    0x66, 0x6f, 0x72, 0x2e, 0x77, 0x68, 0x6f, 0x6d, 0x2e, 0x74, 0x68, 0x65, 0x2e, 0x62, 0x65, 0x6c,
    0x6c, 0x2e, 0x74, 0x6f, 0x6c, 0x6c, 0x73, 0x2c, 0xf4, 0x37, 0x2e, 0x66, 0xfa, 0x1f, 0x19, 0x94,
    0x84,
];

#[test]
fn reads_the_bells_of_freerdp() {
    let flags = Flags::COMPRESSED | Flags::FRONT;
    let mut decompressor = Decompressor::new();
    assert_eq!(decompressor.decompress(flags, &BELLS_COMPRESSED), Ok(BELLS));
    let mut reference = Reference::new();
    assert_eq!(
        reference.decompress(flags, &BELLS_COMPRESSED).unwrap(),
        BELLS
    );
}

fn writes_the_bells<L: Level>() {
    let wire = send(&mut Compressor::<L>::new(), BELLS);
    assert_eq!(wire.flags, Flags::COMPRESSED | Flags::FRONT);
    assert!(wire.data.len() <= BELLS_COMPRESSED.len());
    let mut decompressor = Decompressor::new();
    assert_eq!(decompressor.decompress(wire.flags, &wire.data), Ok(BELLS));
}

#[test]
fn writes_the_bells_no_longer_than_freerdp() {
    writes_the_bells::<Small>();
    writes_the_bells::<Fast>();
    writes_the_bells::<Best>();
}

#[test]
fn does_the_example_of_the_rfc() {
    // RFC 2118 §4: "for whom the bell tolls,<16,15> <40,4><19,3>e." The offset of 40 is that of "for ", 4 octets, from
    // where it stands; in front of it goes the space.
    let text = b"for whom the bell tolls, the bell tolls for thee.";
    let bits = [
        literals(b"for whom the bell tolls,"),
        copy(16, 15),
        literals(b" "),
        copy(40, 4),
        copy(19, 3),
        literals(b"e."),
    ]
    .concat();
    let data = pack(&bits);
    let flags = Flags::COMPRESSED;
    assert_eq!(Decompressor::new().decompress(flags, &data), Ok(&text[..]));

    // What we make of it is as short, and starts alike.
    for wire in [
        send(&mut Compressor::<Small>::new(), text),
        send(&mut Compressor::<Fast>::new(), text),
        send(&mut Compressor::<Best>::new(), text),
    ] {
        assert!(wire.data.len() <= data.len());
        let (packet, tokens) = Reference::new().tokens(wire.flags, &wire.data).unwrap();
        assert_eq!(packet, text);
        assert!(tokens.iter().any(
            |token| matches!(token, Token::Copy { offset: 16, len, .. } if (15..=16).contains(len))
        ));
    }
}
