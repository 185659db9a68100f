//! A stream of control messages: nothing panics, a message is told whole or not at all, and what was understood can be
//! written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_core::wire::{MAX_RECEIVED_MESSAGE, Message};

fuzz_target!(|stream: &[u8]| {
    let mut rest = stream;
    while let Ok(Some((message, len))) = Message::parse(rest) {
        assert!((8..=MAX_RECEIVED_MESSAGE).contains(&len));
        let _ = message.to_string();

        let mut buffer = [0; MAX_RECEIVED_MESSAGE];
        let encoded = message.encode(&mut buffer).expect("what was received fits");
        assert_eq!(Message::parse(encoded), Ok(Some((message, encoded.len()))));
        for cut in 0..encoded.len() {
            assert_eq!(Message::parse(&encoded[..cut]), Ok(None), "cut to {cut}");
        }
        rest = &rest[len..];
    }
    if let Err(error) = Message::parse(rest) {
        let _ = error.to_string();
        let more = [rest, &[0; 32]].concat();
        assert!(
            Message::parse(&more).is_err(),
            "no octet mends a broken stream"
        );
    }
});
