//! The names in a certificate: no more of X.509 than it takes to find them (RFC 5280 §4.1, §4.2.1.6).

use alloc::vec::Vec;
use pptp_ppp::codec::{ParseError, Reader};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const OTHER_NAME: u8 = 0xa0;
const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// 1.3.6.1.4.1.311.20.2.3: the name that a user of Windows logs on by.
const USER_PRINCIPAL_NAME: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02, 0x03];

/// One tag, and what is behind it.
struct Element<'a> {
    tag: u8,
    value: &'a [u8],
}

fn next<'a>(reader: &mut Reader<'a>) -> Result<Element<'a>, ParseError> {
    let tag = reader.u8("tag")?;
    let offset = reader.offset();
    let len = match reader.u8("length")? {
        len @ ..=0x7f => usize::from(len),
        0x81 => usize::from(reader.u8("length")?),
        0x82 => usize::from(reader.u16("length")?),
        _ => return Err(ParseError::invalid("length", offset)),
    };
    let value = reader.take(len, "value")?;
    Ok(Element { tag, value })
}

fn expect<'a>(reader: &mut Reader<'a>, tag: u8) -> Result<&'a [u8], ParseError> {
    let offset = reader.offset();
    let element = next(reader)?;
    if element.tag == tag {
        Ok(element.value)
    } else {
        Err(ParseError::invalid("tag", offset))
    }
}

/// The names of whoever a certificate (DER) is for, as octets: common names, and of the alternative names those of mail, of
/// DNS, and that which a user of Windows logs on by.
///
/// # Errors
/// If it is no certificate.
pub fn names(certificate: &[u8]) -> Result<Vec<&[u8]>, ParseError> {
    let mut names = Vec::new();
    let mut outer = Reader::new(expect(&mut Reader::new(certificate), SEQUENCE)?);
    let mut inner = Reader::new(expect(&mut outer, SEQUENCE)?);
    // The serial number, behind the version if that is told.
    if next(&mut inner)?.tag == VERSION {
        next(&mut inner)?;
    }
    for _signature_issuer_validity in 0..3 {
        expect(&mut inner, SEQUENCE)?;
    }
    let mut subject = Reader::new(expect(&mut inner, SEQUENCE)?);
    while !subject.is_empty() {
        let mut set = Reader::new(expect(&mut subject, SET)?);
        while !set.is_empty() {
            let mut attribute = Reader::new(expect(&mut set, SEQUENCE)?);
            let kind = expect(&mut attribute, OBJECT_IDENTIFIER)?;
            let value = next(&mut attribute)?;
            if kind == COMMON_NAME
                && matches!(value.tag, UTF8_STRING | PRINTABLE_STRING | IA5_STRING)
            {
                names.push(value.value);
            }
        }
    }
    while !inner.is_empty() {
        let element = next(&mut inner)?;
        if element.tag == EXTENSIONS {
            add_alternatives(&mut Reader::new(element.value), &mut names)?;
        }
    }
    Ok(names)
}

fn add_alternatives<'a>(
    extensions: &mut Reader<'a>,
    names: &mut Vec<&'a [u8]>,
) -> Result<(), ParseError> {
    let mut extensions = Reader::new(expect(extensions, SEQUENCE)?);
    while !extensions.is_empty() {
        let mut extension = Reader::new(expect(&mut extensions, SEQUENCE)?);
        if expect(&mut extension, OBJECT_IDENTIFIER)? != SUBJECT_ALT_NAME {
            continue;
        }
        // Whether it is critical may stand in between.
        let mut value = next(&mut extension)?;
        if value.tag != OCTET_STRING {
            value = next(&mut extension)?;
        }
        let mut alternatives = Reader::new(expect(&mut Reader::new(value.value), SEQUENCE)?);
        while !alternatives.is_empty() {
            let name = next(&mut alternatives)?;
            match name.tag {
                EMAIL | DNS => names.push(name.value),
                OTHER_NAME => {
                    let mut other = Reader::new(name.value);
                    if expect(&mut other, OBJECT_IDENTIFIER)? == USER_PRINCIPAL_NAME {
                        let mut explicit = Reader::new(next(&mut other)?.value);
                        names.push(expect(&mut explicit, UTF8_STRING)?);
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether `name`, such as the Identity that a peer told, is one of the [`names`] in a certificate (DER), octet for octet.
#[must_use]
pub fn has_name(certificate: &[u8], name: &[u8]) -> bool {
    !name.is_empty() && names(certificate).is_ok_and(|names| names.contains(&name))
}
