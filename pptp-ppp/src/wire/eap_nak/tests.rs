use super::*;
use proptest::prelude::*;
use std::string::ToString;
use std::vec::Vec;

fn encoded(write: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = [0; 2000];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer);
    writer.finish().unwrap().to_vec()
}

#[test]
fn a_nak_names_what_the_peer_would_do() {
    let nak = Nak::parse(&[26, 13, 77]).unwrap();
    let types: Vec<_> = nak.types().collect();
    assert_eq!(types, [Type::MSCHAPV2, Type::TLS, Type(77)]);
    assert_eq!(nak.to_string(), "wants MSCHAPv2 TLS Type(0x4d)");
    let nothing = Nak::parse(&[0]).unwrap();
    assert_eq!(
        (nothing.types().count(), &*nothing.to_string()),
        (0, "wants nothing")
    );
    assert!(Nak::parse(&[]).is_err());
}

/// The example of RFC 3748 §5.3.2: one type of one octet, and one of a vendor.
#[test]
fn an_expanded_nak_names_vendors_too() {
    let data = [
        0, 0, 0, 0, 0, 0, 3, // an Expanded Nak
        254, 0, 0, 0, 0, 0, 0, 5, // OTP
        254, 0, 0, 20, 0, 0, 0, 6, // MIT's 6
    ];
    let expanded = Expanded::parse(&data).unwrap();
    assert_eq!(expanded.kind, Expanded::NAK);
    assert_eq!(expanded.to_string(), "Nak, 16 octets");
    let nak = ExpandedNak::parse(expanded.data).unwrap();
    let types: Vec<_> = nak.types().collect();
    assert_eq!(
        types,
        [
            ExpandedType::of(Type::OTP),
            ExpandedType {
                vendor: 20,
                kind: 6
            }
        ]
    );
    assert_eq!(nak.to_string(), "wants OTP 20/6");
    let again = encoded(|writer| {
        let kind = Expanded::NAK;
        Expanded { kind, data: &[] }.encode(writer);
        ExpandedNak::encode_types(writer, types.iter().copied());
    });
    assert_eq!(again, data);
}

#[test]
fn an_expanded_nak_may_name_nothing() {
    let data = encoded(|writer| ExpandedNak::encode_types(writer, []));
    assert_eq!(data, [254, 0, 0, 0, 0, 0, 0, 0]);
    let nak = ExpandedNak::parse(&data).unwrap();
    assert_eq!(
        (nak.types().count(), &*nak.to_string()),
        (0, "wants nothing")
    );
}

#[test]
fn entries_of_an_expanded_nak_are_whole() {
    let data = [254, 0, 0, 20, 0, 0, 0, 6, 254, 0, 0, 0, 0, 0, 0, 5];
    for len in 0..=data.len() {
        let is_whole = len == 8 || len == 16;
        assert_eq!(
            ExpandedNak::parse(&data[..len]).is_ok(),
            is_whole,
            "{len} octets"
        );
    }
    let mut wrong = data;
    wrong[8] = 3;
    let error = ExpandedNak::parse(&wrong).unwrap_err();
    assert_eq!((error.field, error.offset), ("Type", 8));
    for len in 0..7 {
        assert!(Expanded::parse(&data[..len]).is_err(), "{len} octets");
    }
}

#[test]
fn types_of_one_octet_are_told_apart() {
    for kind in 0..=255 {
        assert_eq!(ExpandedType::of(Type(kind)).legacy(), Some(Type(kind)));
    }
    assert_eq!(
        ExpandedType {
            vendor: 0,
            kind: 256
        }
        .legacy(),
        None
    );
    let microsofts = ExpandedType {
        vendor: 311,
        kind: 34,
    };
    assert_eq!(
        (microsofts.legacy(), &*microsofts.to_string()),
        (None, "311/34")
    );
}

proptest! {
    #[test]
    fn any_octets_are_refused_or_survive(data: Vec<u8>) {
        if let Ok(nak) = Nak::parse(&data) {
            prop_assert_eq!(&encoded(|writer| nak.encode(writer)), &data);
        }
        if let Ok(expanded) = Expanded::parse(&data) {
            prop_assert_eq!(&encoded(|writer| expanded.encode(writer)), &data);
            prop_assert!(expanded.kind.vendor < 1 << 24);
        }
        if let Ok(nak) = ExpandedNak::parse(&data) {
            prop_assert_eq!(&encoded(|writer| nak.encode(writer)), &data);
        }
    }

    #[test]
    fn any_types_survive(types in proptest::collection::vec((0..1_u32 << 24, 1..=u32::MAX), 1..20)) {
        let types: Vec<_> = types.into_iter().map(|(vendor, kind)| ExpandedType { vendor, kind }).collect();
        let data = encoded(|writer| ExpandedNak::encode_types(writer, types.iter().copied()));
        let nak = ExpandedNak::parse(&data).unwrap();
        prop_assert_eq!(nak.types().collect::<Vec<_>>(), types);
    }
}
