//! Fragments of EAP-TLS and PEAP, in whatever order and with whatever lengths; what is inside of PEAP; and the names in a
//! certificate. Nothing panics or grows past its bound, and what was read can be written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_eap_tls::peap::InnerPacket;
use pptp_eap_tls::peap::tlv::Tlv;
use pptp_eap_tls::wire::Fragment;
use pptp_eap_tls::{MAX_MESSAGE_LEN, Outgoing, Reassembly, has_name, names};
use pptp_ppp::codec::Writer;
use pptp_ppp::wire::eap::Code;

fuzz_target!(|bytes: &[u8]| {
    fragments(bytes);
    inside(bytes);
    for name in names(bytes).unwrap_or_default() {
        assert!(name.is_empty() || has_name(bytes, name));
    }
});

/// Pieces behind an octet for the length of each.
fn fragments(mut rest: &[u8]) {
    let mut reassembly = Reassembly::default();
    let mut taken = 0;
    while let Some((len, after)) = rest.split_first() {
        let (data, after) = after
            .split_at_checked((*len).into())
            .unwrap_or((after, &[]));
        rest = after;
        let Ok(fragment) = Fragment::parse(data) else {
            continue;
        };
        assert_eq!(
            fragment,
            Fragment::parse(&written(|it| fragment.encode(it))).unwrap()
        );
        match reassembly.push(&fragment) {
            Ok(None) => {
                taken += fragment.data.len();
                assert!(fragment.more && taken <= MAX_MESSAGE_LEN);
            }
            Ok(Some(message)) => {
                assert_eq!(message.len(), taken + fragment.data.len());
                taken = 0;
                round_trip(&message, usize::from(*len).max(1));
            }
            Err(_) => taken = 0,
        }
    }
}

/// What we take apart can be put together.
fn round_trip(message: &[u8], len: usize) {
    let (mut outgoing, mut reassembly) = (Outgoing::new(message.to_vec()), Reassembly::default());
    loop {
        let fragment = outgoing.next(len);
        assert!(fragment.data.len() <= len);
        if let Some(whole) = reassembly.push(&fragment).expect("ours") {
            assert_eq!(whole, message);
            assert!(outgoing.is_done());
            return;
        }
    }
}

fn inside(bytes: &[u8]) {
    for code in [Code::REQUEST, Code::RESPONSE] {
        let Ok(packet) = InnerPacket::parse(bytes, code) else {
            continue;
        };
        // One without a header that happens to look like one is read as such, as everybody does.
        let whole = packet.to_vec(code);
        assert!(packet.identifier.is_none() || whole == bytes);
        for tlv in Tlv::iter(packet.data).map_while(Result::ok) {
            let whole = written(|it| tlv.encode(it));
            let again = Tlv::iter(&whole).next().unwrap().unwrap();
            assert_eq!(again, tlv);
        }
    }
}

fn written(write: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut room = [0; 70_000];
    let mut writer = Writer::new(&mut room);
    write(&mut writer);
    writer.finish().expect("there is room").to_vec()
}
