//! A decoder of RFC 2118 that is as plain as can be: bit by bit, octet by octet.
#![allow(dead_code, unreachable_pub)]

use pptp_mppc::{Error, Flags};

/// What a code stood for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    Literal(u8),
    /// A match, and where in the ring it was written to and read from.
    Copy {
        offset: usize,
        len: usize,
        to: usize,
        from: usize,
    },
}

/// See [`pptp_mppc::Decompressor`].
#[derive(Clone)]
pub struct Reference {
    ring: Vec<u8>,
    /// Which octets of the ring have been history since it was flushed.
    known: Vec<bool>,
    next: usize,
    lost: bool,
}

/// Bits, most significant first.
struct Bits<'d> {
    data: &'d [u8],
    at: usize,
}

impl Bits<'_> {
    fn left(&self) -> usize {
        self.data.len() * 8 - self.at
    }

    fn take(&mut self, count: usize) -> Result<usize, Error> {
        if count > self.left() {
            return Err(Error::Truncated);
        }
        let mut value = 0;
        for _ in 0..count {
            let bit = self.data[self.at / 8] >> (7 - self.at % 8) & 1;
            value = value << 1 | usize::from(bit);
            self.at += 1;
        }
        Ok(value)
    }

    fn starts_with(&self, ones: usize) -> bool {
        (0..ones).all(|n| {
            let at = self.at + n;
            at < self.data.len() * 8 && self.data[at / 8] >> (7 - at % 8) & 1 == 1
        })
    }
}

impl Default for Reference {
    fn default() -> Self {
        Self::new()
    }
}

impl Reference {
    pub fn new() -> Self {
        Self {
            ring: vec![0; 8192],
            known: vec![false; 8192],
            next: 0,
            lost: false,
        }
    }

    pub fn lose(&mut self) {
        self.lost = true;
    }

    pub fn is_lost(&self) -> bool {
        self.lost
    }

    pub fn decompress(&mut self, flags: Flags, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.tokens(flags, data).map(|(packet, _)| packet)
    }

    /// The packet, and what it was made of: nothing if it was not compressed.
    pub fn tokens(&mut self, flags: Flags, data: &[u8]) -> Result<(Vec<u8>, Vec<Token>), Error> {
        let is_compressed = flags.contains(Flags::COMPRESSED);
        if flags.contains(Flags::FLUSHED) {
            let lost = false;
            *self = Self {
                lost,
                ..Self::new()
            };
        } else if self.lost && is_compressed {
            return Err(Error::OutOfStep);
        } else if flags.contains(Flags::FRONT) {
            self.next = 0;
        }
        if !is_compressed {
            return Ok((data.to_vec(), Vec::new()));
        }
        let result = self.run(data);
        self.lost = result.is_err();
        result
    }

    fn run(&mut self, data: &[u8]) -> Result<(Vec<u8>, Vec<Token>), Error> {
        let mut bits = Bits { data, at: 0 };
        let start = self.next;
        let mut at = start;
        let mut tokens = Vec::new();
        while bits.left() >= 8 {
            let token = if !bits.starts_with(1) {
                Token::Literal(bits.take(8)? as u8)
            } else if !bits.starts_with(2) {
                Token::Literal((bits.take(9)? & 0x7f | 0x80) as u8)
            } else {
                self.copy(&mut bits, at)?
            };
            match token {
                Token::Literal(_) if at >= 8192 => return Err(Error::TooLong),
                Token::Literal(octet) => self.put(&mut at, octet),
                Token::Copy { len, from, .. } => {
                    for distance in 0..len {
                        // Octets that nobody wrote are zeros, as the history was initialized.
                        let octet = self.ring[(from + distance) % 8192];
                        self.known[(from + distance) % 8192] = true;
                        self.put(&mut at, octet);
                    }
                }
            }
            tokens.push(token);
        }
        self.next = at;
        Ok((self.ring[start..at].to_vec(), tokens))
    }

    fn put(&mut self, at: &mut usize, octet: u8) {
        self.ring[*at] = octet;
        self.known[*at] = true;
        *at += 1;
    }

    fn copy(&self, bits: &mut Bits<'_>, at: usize) -> Result<Token, Error> {
        let offset = if bits.starts_with(4) {
            bits.take(10)? & 0x3f
        } else if bits.starts_with(3) {
            (bits.take(12)? & 0xff) + 64
        } else {
            (bits.take(16)? & 0x1fff) + 320
        };
        let mut ones = 0;
        while ones < 12 && bits.starts_with(ones + 1) {
            ones += 1;
        }
        let len = match ones {
            0 => bits.take(1)? + 3,
            12.. => return Err(Error::Length),
            _ => {
                bits.take(ones + 1)?;
                (1 << (ones + 1)) + bits.take(ones + 1)?
            }
        };
        let wrong = Error::Offset {
            offset: offset as u16,
        };
        if offset == 0 || offset > 8191 {
            return Err(wrong);
        }
        if at + len > 8192 {
            return Err(Error::TooLong);
        }
        let from = (at + 8192 - offset) % 8192;
        if !self.known[from] {
            return Err(wrong);
        }
        Ok(Token::Copy {
            offset,
            len,
            to: at,
            from,
        })
    }
}
