//! A PPP frame, the packet in it, that packet's options and what EAP's methods have in theirs: nothing panics, parsing in
//! place finds the same, and what was understood can be written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pptp_ppp::codec::Writer;
use pptp_ppp::wire::eap_md5::Md5Challenge;
use pptp_ppp::wire::eap_nak::{Expanded, ExpandedNak, Nak};
use pptp_ppp::wire::{
    Frame, Options, Packet, Protocol, RawOption, ccp, eap, eap_mschapv2, ipcp, ipv6cp, lcp,
};

fuzz_target!(|bytes: &[u8]| {
    let mut copy = bytes.to_vec();
    let in_place =
        Frame::parse_mut(&mut copy).map(|(protocol, payload)| (protocol, payload.to_vec()));
    let frame = Frame::parse(bytes);
    assert_eq!(
        frame.map(|frame| (frame.protocol, frame.payload.to_vec())),
        in_place
    );
    let Ok(frame) = frame else { return };
    let _ = frame.to_string();

    if frame.protocol.is_well_formed() {
        for (address_control, compress_protocol) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            let mut buffer = vec![0; bytes.len() + 4];
            let mut writer = Writer::new(&mut buffer);
            frame.encode(&mut writer, address_control, compress_protocol);
            let encoded = writer.finish().expect("a header has four octets at most");
            assert_eq!(Frame::parse(encoded), Ok(frame));
        }
    }

    let Ok(packet) = Packet::parse(frame.payload) else {
        return;
    };
    let mut buffer = vec![0; frame.payload.len()];
    let mut writer = Writer::new(&mut buffer);
    packet.encode(&mut writer);
    let encoded = writer.finish().expect("as long as what was parsed at most");
    assert_eq!(encoded, &frame.payload[..encoded.len()]);
    if frame.protocol == Protocol::EAP {
        methods(packet);
    }

    let mut buffer = vec![0; packet.data.len()];
    let mut writer = Writer::new(&mut buffer);
    let mut whole = true;
    for option in Options::new(packet.data) {
        whole &= option.is_ok();
        if let Ok(option) = option {
            let _ = option.to_string();
            typed(option);
            option.encode(&mut writer);
        }
    }
    let encoded = writer.finish().expect("as long as what was parsed at most");
    assert!(!whole || encoded == packet.data);
});

/// Type-Data is written again as it was, whichever method it may be of.
fn methods(packet: Packet<'_>) {
    let Ok(eap::Message::Request { data, .. } | eap::Message::Response { data, .. }) =
        eap::Message::parse(packet)
    else {
        return;
    };
    macro_rules! check {
        ($($Type:ty: $data:expr;)+) => {$(
            if let Ok(understood) = <$Type>::parse($data) {
                let _ = understood.to_string();
                let mut buffer = vec![0; $data.len()];
                let mut writer = Writer::new(&mut buffer);
                understood.encode(&mut writer);
                assert_eq!(writer.finish().expect("as long as it was"), $data);
            }
        )+};
    }
    check! {
        Md5Challenge<'_>: data;
        Nak<'_>: data;
        Expanded<'_>: data;
        ExpandedNak<'_>: data;
    }
    if let Ok(nak) = ExpandedNak::parse(data) {
        assert!(nak.types().count() <= data.len() / 8);
    }
    if let Ok(message) = eap_mschapv2::Message::parse(data) {
        let _ = message.to_string();
        let mut buffer = vec![0; data.len()];
        let mut writer = Writer::new(&mut buffer);
        message.encode(&mut writer);
        let encoded = writer.finish().expect("as long as it was");
        assert_eq!(eap_mschapv2::Message::parse(encoded), Ok(message));
        // Only MS-Length may be put right.
        assert_eq!(encoded.get(..2), data.get(..2));
        assert_eq!(encoded.get(4..), data.get(4..));
    }
}

/// An option that its protocol understands is written again as it was.
fn typed(option: RawOption<'_>) {
    macro_rules! check {
        ($($protocol:ident)+) => {$(
            if let Ok(understood) = $protocol::ConfigOption::parse(option) {
                let _ = understood.to_string();
                let mut buffer = [0; 255];
                let mut writer = Writer::new(&mut buffer);
                understood.encode(&mut writer);
                let encoded = writer.finish().expect("no option is longer");
                assert_eq!(encoded[0], option.kind);
                assert_eq!(&encoded[2..], option.value);
            }
        )+};
    }
    check!(lcp ccp ipcp ipv6cp);
}
