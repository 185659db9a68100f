use super::*;
use alloc::format;
use alloc::string::String;

fn bits(code: Code) -> String {
    let width = usize::try_from(code.bits).unwrap();
    format!("{:0width$b}", code.value)
}

#[test]
fn literals_are_coded_as_in_the_rfc() {
    // RFC 2118 §4.1.
    assert_eq!(bits(literal(0x56)), "01010110");
    assert_eq!(bits(literal(0xe7)), "101100111");
    for octet in 0..=u8::MAX {
        let expected = match octet {
            0..=0x7f => format!("{octet:08b}"),
            _ => format!("10{:07b}", octet & 0x7f),
        };
        assert_eq!(bits(literal(octet)), expected);
    }
}

#[test]
fn offsets_are_coded_as_in_the_rfc() {
    // RFC 2118 §4.2.1.
    assert_eq!(bits(offset(3)), "1111000011");
    assert_eq!(bits(offset(128)), "111001000000");
    assert_eq!(bits(offset(1024)), "1100001011000000");
    for value in 1..8192 {
        let expected = match value {
            ..64 => format!("1111{value:06b}"),
            64..320 => format!("1110{:08b}", value - 64),
            _ => format!("110{:013b}", value - 320),
        };
        assert_eq!(bits(offset(value)), expected);
        assert_eq!(usize::try_from(offset_bits(value)), Ok(expected.len()));
    }
}

#[test]
fn lengths_are_coded_as_in_the_rfc() {
    // RFC 2118 §4.2.2, the examples, and the table.
    assert_eq!(bits(length(15)), "110111");
    assert_eq!(bits(length(120)), "111110111000");
    assert_eq!(bits(length(4097)), "111111111110000000000001");
    for value in 3..8192 {
        let (prefix, below) = match value {
            3 => ("0", 0),
            4..8 => ("10", 2),
            8..16 => ("110", 3),
            16..32 => ("1110", 4),
            32..64 => ("11110", 5),
            64..128 => ("111110", 6),
            128..256 => ("1111110", 7),
            256..512 => ("11111110", 8),
            512..1024 => ("111111110", 9),
            1024..2048 => ("1111111110", 10),
            2048..4096 => ("11111111110", 11),
            _ => ("111111111110", 12),
        };
        let lower = format!("{value:016b}").split_off(16 - below);
        assert_eq!(bits(length(value)), format!("{prefix}{lower}"));
        assert_eq!(
            usize::try_from(length_bits(value)),
            Ok(prefix.len() + below)
        );
    }
}
