//! MPPC: packets of all kinds through each level, with losses and flushes, arrive or are refused; and whatever else
//! comes is decoded as a plain decoder decodes it.
#![no_main]

#[path = "../../pptp-mppc/tests/support/reference.rs"]
mod reference;

use libfuzzer_sys::fuzz_target;
use pptp_mppc::level::{Best, Fast, Level, Small};
use pptp_mppc::{Compressor, Decompressor, Error, Flags, HISTORY_LEN, Outcome};
use reference::Reference;

fuzz_target!(|script: &[u8]| {
    let Some((setup, script)) = script.split_first() else {
        return;
    };
    match setup & 3 {
        0 => link::<Small>(script),
        1 => link::<Fast>(script),
        2 => link::<Best>(script),
        _ => anything(script),
    }
});

/// Takes so many octets off the front, or what is left.
fn take<'d>(script: &mut &'d [u8], len: usize) -> &'d [u8] {
    let (piece, rest) = script.split_at(len.min(script.len()));
    *script = rest;
    piece
}

/// A sender, and a receiver that loses packets. An operation is two octets: what is done, and how long it is.
fn link<L: Level>(mut script: &[u8]) {
    let mut compressor = Compressor::<L>::new();
    let mut decompressor = Decompressor::new();
    let mut reference = Reference::new();
    let mut earlier: Vec<u8> = Vec::new();
    for _ in 0..100 {
        let &[operation, len, ref rest @ ..] = script else {
            return;
        };
        script = rest;
        let len = usize::from(len) * if operation & 0x10 == 0 { 1 } else { 32 };
        let mut packet = take(&mut script, len).to_vec();
        match operation & 3 {
            // As it is; over and over; behind what was before; in front of that.
            0 => {}
            1 if !packet.is_empty() => packet = packet.iter().copied().cycle().take(len).collect(),
            2 => packet
                .splice(0..0, earlier.iter().take(len).copied())
                .for_each(drop),
            _ => packet.extend(earlier.iter().rev().take(len).rev()),
        }
        earlier.extend(&packet);
        earlier.drain(..earlier.len().saturating_sub(2 * HISTORY_LEN));
        if operation & 4 != 0 {
            compressor.flush();
        }
        let mut out = vec![0; packet.len()];
        let outcome = compressor.compress(&[], &packet, &mut out).unwrap();
        let flags = outcome.flags();
        match outcome {
            Outcome::Compressed { len, .. } => out.truncate(len),
            Outcome::Uncompressed { .. } => out.copy_from_slice(&packet),
        }
        if operation & 8 != 0 {
            decompressor.lose();
            reference.lose();
            continue;
        }
        let expected = match reference.is_lost() && !flags.contains(Flags::FLUSHED) {
            true if flags.contains(Flags::COMPRESSED) => Err(Error::OutOfStep),
            _ => Ok(packet),
        };
        assert_eq!(reference.decompress(flags, &out), expected);
        assert_eq!(
            decompressor.decompress(flags, &out).map(<[u8]>::to_vec),
            expected
        );
    }
}

/// Packets of which nothing is known. The flags, then the length.
fn anything(mut script: &[u8]) {
    let mut decompressor = Decompressor::new();
    let mut reference = Reference::new();
    for _ in 0..100 {
        let &[flags, len, ref rest @ ..] = script else {
            return;
        };
        script = rest;
        let data = take(&mut script, usize::from(len) * 4);
        let flags = Flags::from_header(flags);
        let mut head = [0; 64];
        let before = decompressor.clone();
        let preview = decompressor.preview(flags, data, &mut head);
        assert!(decompressor == before);
        let got = decompressor.decompress(flags, data).map(<[u8]>::to_vec);
        assert_eq!(got, reference.decompress(flags, data));
        assert_eq!(preview, got.as_ref().map(Vec::len).map_err(|error| *error));
        match got {
            Ok(packet) => {
                assert!(packet.len() <= HISTORY_LEN.max(data.len()));
                let shown = packet.len().min(head.len());
                assert_eq!(head[..shown], packet[..shown]);
            }
            Err(error) => drop(error.to_string()),
        }
        assert_eq!(decompressor.is_out_of_step(), reference.is_lost());
    }
}
