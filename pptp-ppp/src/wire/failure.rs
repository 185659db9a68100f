//! Why an authentication by MS-CHAP failed: the message of a Failure, the same in both versions but for the length of its
//! challenge (RFC 2433 §8, RFC 2759 §6).

use super::{Hex, Text};
use crate::codec::Writer;
use core::fmt;

/// Why an authentication failed, as the authenticator tells it in `E=` (RFC 2759 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ErrorCode {
    /// 646: the account may not be used at this time of day.
    RestrictedLogonHours,
    /// 647: the account is disabled.
    AccountDisabled,
    /// 648: the password has expired and has to be changed.
    PasswordExpired,
    /// 649: the account may not dial in.
    NoDialinPermission,
    /// 691: the user name or the password is wrong.
    AuthenticationFailure,
    /// 709: the password could not be changed.
    ChangingPassword,
    /// Any other code; 0 if none was told.
    Other(u32),
}

impl ErrorCode {
    /// 930: what the server verifies passwords by did not do its work. The password need not be wrong, and Windows
    /// does not forget the one it has stored.
    pub const AUTH_SERVER_FAILED: Self = Self::Other(930);
}

impl From<u32> for ErrorCode {
    fn from(code: u32) -> Self {
        match code {
            646 => Self::RestrictedLogonHours,
            647 => Self::AccountDisabled,
            648 => Self::PasswordExpired,
            649 => Self::NoDialinPermission,
            691 => Self::AuthenticationFailure,
            709 => Self::ChangingPassword,
            other => Self::Other(other),
        }
    }
}

impl From<ErrorCode> for u32 {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::RestrictedLogonHours => 646,
            ErrorCode::AccountDisabled => 647,
            ErrorCode::PasswordExpired => 648,
            ErrorCode::NoDialinPermission => 649,
            ErrorCode::AuthenticationFailure => 691,
            ErrorCode::ChangingPassword => 709,
            ErrorCode::Other(other) => other,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::RestrictedLogonHours => "the account may not log on at this time of day",
            Self::AccountDisabled => {
                "the account is disabled: the server's administrator can enable it"
            }
            Self::PasswordExpired => "the password has expired and has to be changed",
            Self::NoDialinPermission => {
                "the account has no permission to dial in: the server's administrator can give it"
            }
            Self::AuthenticationFailure => "the user name or the password is wrong",
            Self::ChangingPassword => {
                "the password could not be changed: the old one is wrong, or the server does not \
                 allow the new one"
            }
            Self::AUTH_SERVER_FAILED => {
                "the server cannot verify passwords at the moment (error 930)"
            }
            Self::Other(0) => "authentication failed, and the server does not say why",
            Self::Other(code) => return write!(f, "authentication failed with error {code}"),
        })
    }
}

/// The message of a Failure of MS-CHAP, whose challenge has `CHALLENGE` octets: 8 in version 1 (RFC 2433 §8), 16 in version
/// 2 (RFC 2759 §6). [`mschap::Failure`](super::mschap::Failure) and [`mschapv2::Failure`](super::mschapv2::Failure) are
/// these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsChapFailure<'a, const CHALLENGE: usize> {
    /// Why.
    pub error: ErrorCode,
    /// Whether another attempt may be made.
    pub retry: bool,
    /// The challenge for another attempt or a change of password. In version 1 it may be left to the peer to work out: see
    /// [`Challenge::next`](crate::mschap::v1::Challenge::next).
    pub challenge: Option<[u8; CHALLENGE]>,
    /// The version of the protocol for changing passwords: 3 in version 2, but pppd says 0. In version 1 it is 2 or more
    /// where the second Change-Password is known, and 1 if it is not told.
    pub version: Option<u32>,
    /// Text for people; may be empty.
    pub message: &'a [u8],
}

impl<'a, const CHALLENGE: usize> MsChapFailure<'a, CHALLENGE> {
    /// Reads the message of a Failure, as much as there is of it: in any order, and nothing need be there.
    ///
    /// A message with none of the fields is a text as a whole.
    #[must_use]
    pub fn parse(message: &'a [u8]) -> Self {
        let mut failure = Self {
            error: ErrorCode::Other(0),
            retry: false,
            challenge: None,
            version: None,
            message: &[],
        };
        let mut rest = message;
        let mut known = false;
        loop {
            rest = rest.trim_ascii_start();
            if let Some(text) = rest.strip_prefix(b"M=") {
                failure.message = text;
                return failure;
            }
            let end = rest
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(rest.len());
            let Some((field, after)) = rest.split_at_checked(end) else {
                return failure;
            };
            rest = after;
            match field {
                [b'E', b'=', digits @ ..] => failure.error = decimal(digits).into(),
                [b'R', b'=', digits @ ..] => failure.retry = decimal(digits) == 1,
                [b'C', b'=', digits @ ..] => {
                    failure.challenge = from_hex(digits);
                }
                [b'V', b'=', digits @ ..] => failure.version = Some(decimal(digits)),
                [] => {
                    failure.message = if known { &[] } else { message };
                    return failure;
                }
                _ => continue,
            }
            known = true;
        }
    }

    /// Appends the message. What is not there is left out, and a text is better not there: macOS 10.4 hangs at one.
    pub fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(b"E=");
        write_decimal(writer, self.error.into());
        writer.bytes(if self.retry { b" R=1" } else { b" R=0" });
        if let Some(challenge) = &self.challenge {
            writer.bytes(b" C=");
            write_hex(writer, challenge);
        }
        if let Some(version) = self.version {
            writer.bytes(b" V=");
            write_decimal(writer, version);
        }
        write_text(writer, self.message);
    }
}

impl<const CHALLENGE: usize> fmt::Display for MsChapFailure<'_, CHALLENGE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E={} R={}", u32::from(self.error), u8::from(self.retry))?;
        if let Some(challenge) = &self.challenge {
            write!(f, " C={:X}", Hex(challenge))?;
        }
        if let Some(version) = self.version {
            write!(f, " V={version}")?;
        }
        if self.message.is_empty() {
            Ok(())
        } else {
            write!(f, " M={}", Text(self.message))
        }
    }
}

pub(super) fn write_text(writer: &mut Writer<'_>, text: &[u8]) {
    if !text.is_empty() {
        writer.bytes(b" M=");
        writer.bytes(text);
    }
}

/// Upper case, as RFC 2759 §5 wants.
pub(super) fn write_hex(writer: &mut Writer<'_>, octets: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    for octet in octets {
        writer.u8(digit(octet >> 4));
        writer.u8(digit(octet & 0xf));
    }
}

/// `N` octets from twice as many digits of either case.
pub(super) fn from_hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let nibble = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|n| u8::try_from(n).ok())
    };
    let mut octets = [0; N];
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != N {
        return None;
    }
    for (octet, &[high, low]) in octets.iter_mut().zip(pairs) {
        *octet = nibble(high)? << 4 | nibble(low)?;
    }
    Some(octets)
}

/// The number that the leading digits make; as large as can be if it is larger than that.
fn decimal(digits: &[u8]) -> u32 {
    let digits = digits
        .iter()
        .map_while(|&digit| char::from(digit).to_digit(10));
    digits.fold(0, |number: u32, digit| {
        number.saturating_mul(10).saturating_add(digit)
    })
}

fn write_decimal(writer: &mut Writer<'_>, number: u32) {
    let mut divisor = 1_000_000_000;
    while divisor > 1 && number < divisor {
        divisor /= 10;
    }
    while divisor > 0 {
        let digit = u8::try_from(number.checked_div(divisor).unwrap_or(0) % 10).unwrap_or(0);
        writer.u8(b'0'.saturating_add(digit));
        divisor /= 10;
    }
}
