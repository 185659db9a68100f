//! `pptp_mppc`.

use crate::{any, bytes, printed, some, some_times, used};
use pptp_mppc::level::{Best, Fast, Level, Small};
use pptp_mppc::{Compressor, Decompressor, Flags, Outcome};

pub(super) fn levels() {
    compress(any(&mut Compressor::<Small>::new()));
    compress(any(&mut Compressor::<Fast>::default()));
    compress(any(&mut Compressor::<Best>::new()));
}

fn compress<L: Level>(compressor: &mut Compressor<L>) {
    let mut buffer = [0; 256];
    for _ in some_times() {
        match compressor.compress(bytes(), bytes(), some(&mut buffer)) {
            Ok(outcome) => {
                used(outcome.flags().header_bits());
                if let Outcome::Compressed { len, .. } = outcome {
                    used(len);
                }
            }
            Err(error) => printed(error),
        }
        used(compressor.is_flushed());
        if any(true) {
            compressor.flush();
        } else {
            compressor.reset();
        }
    }
    used(compressor.clone());
}

pub(super) fn decompression() {
    let mut buffer = [0; 256];
    let mut decompressor = Decompressor::new();
    let decompressor = any(&mut decompressor);
    for _ in some_times() {
        let flags = Flags::from_header(any(0xe0));
        match decompressor.preview(flags, bytes(), some(&mut buffer)) {
            Ok(len) => used(len),
            Err(error) => printed(error),
        }
        match decompressor.decompress(flags, bytes()) {
            Ok(packet) => used(packet),
            Err(error) => printed(error),
        }
        used(decompressor.packet());
        if any(true) {
            decompressor.lose();
        }
        used(decompressor.is_out_of_step());
        if any(false) {
            decompressor.reset();
        }
    }
    used(decompressor.clone() == *decompressor);
}
