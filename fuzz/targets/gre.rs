//! A GRE packet: nothing panics, and a header that was understood is written again octet by octet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_core::wire::GreHeader;

fuzz_target!(|datagram: &[u8]| {
    match GreHeader::parse(datagram) {
        Ok((header, payload)) => {
            let _ = header.to_string();
            assert_eq!(payload.len(), usize::from(header.payload_len));
            let mut buffer = [0; GreHeader::MAX_LEN];
            let encoded = header.encode(&mut buffer).expect("room for any header");
            assert_eq!(encoded.len(), header.len());
            assert_eq!(encoded, &datagram[..header.len()]);
            assert_eq!(payload, &datagram[header.len()..][..payload.len()]);
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
});
