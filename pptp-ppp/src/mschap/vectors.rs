//! Exchanges that others published or that were captured between other implementations.

/// One MS-CHAPv2 exchange, in hexadecimal as it was printed or sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vector {
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
    pub(crate) challenge: &'static str,
    /// The Peer-Challenge.
    pub(crate) peer_challenge: &'static str,
    pub(crate) nt_response: &'static str,
    /// The message of the Success, without the text of pppd.
    pub(crate) success: &'static str,
}

/// RFC 2759 §9.2.
pub(crate) const RFC_2759: Vector = Vector {
    user: "User",
    password: "clientPass",
    challenge: "5b5d7c7d7b3f2f3e3c2c602132262628",
    peer_challenge: "21402324255e262a28295f2b3a337c7e",
    nt_response: "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df",
    success: "S=407A5589115FD0D6209F510FE9C04566932CDA56",
};

/// Windows 7 and Windows RRAS.
pub(crate) const WINDOWS: Vector = Vector {
    user: "vpnuser",
    password: "vpnuser123",
    challenge: "05b2f10bdc3d6c92b6cd160adee148b4",
    peer_challenge: "789223b02a0cc515404bca2c696edcff",
    nt_response: "8cd6161253eac63fa53cfc6f74692fd73b0768ca63d612f0",
    success: "S=974E79C350CC7DC53FBC5F3A114C63B1EFA16E19",
};

/// pppd 2.4.9 on both ends.
pub(crate) const PPPD: Vector = Vector {
    user: "alice",
    password: "wonderland",
    challenge: "bc889af9bdb6b589a3503227ab033b50",
    peer_challenge: "77068e39a69fcf282acfcac46ad61b4f",
    nt_response: "8a0f17e70569eb84cb684d8710fdb4aad4bd8b005560105b",
    success: "S=5B4BCF797628ABAF48656D271CB9ED59AA62F437",
};

pub(crate) const ALL: [Vector; 6] = [
    RFC_2759,
    WINDOWS,
    PPPD,
    Vector {
        challenge: "5d28862e7af122a511e17865cb309f49",
        peer_challenge: "eded17d83bd58619273945a1d3e20c1f",
        nt_response: "1c50462ec6631992e7aae2c10cb42eae37bd73e9141d6323",
        success: "S=6BEE45462EE7278B0B72D9289C72D00A39EA0CF2",
        ..PPPD
    },
    Vector {
        challenge: "d4a293fee5a7361295569353e64a3d53",
        peer_challenge: "a1ea7fe78738e600cd0f6ba1cb59aa34",
        nt_response: "aafb3e6e3d292674166ff4b6dd93a3dc809fc3aca167fffd",
        success: "S=7A9C37DD6B896C93FA5F1DD96432C52F0052615C",
        ..PPPD
    },
    Vector {
        challenge: "6caa04b318431a48220cecd93285e20b",
        peer_challenge: "bbc986c70f573717294160cf1c9bb861",
        nt_response: "9722743022058df3cea52a7d8aba866dea5fccc043dbb256",
        success: "S=53FEFF97320F03E884DC9CEC6AC2C51A111CF757",
        ..PPPD
    },
];

/// A client of pppd 2.4.9 with a wrong password, which the server refused; it never sent a Success.
pub(crate) const WRONG_PASSWORD: Vector = Vector {
    password: "looking-glass",
    challenge: "27d421062a12aa56102e5347df3b66ef",
    peer_challenge: "f338920386c73f55e6088d0646d3fa47",
    nt_response: "843ce87f3666833bc488b8e3ea6c7b4ff6372451afa2fe4e",
    success: "",
    ..PPPD
};

/// The `N` octets that `hex` tells.
pub(crate) const fn unhex<const N: usize>(hex: &str) -> [u8; N] {
    assert!(hex.len() == 2 * N);
    let mut octets = [0; N];
    let mut at = 0;
    while at < N {
        octets[at] = nibble(hex.as_bytes()[2 * at]) << 4 | nibble(hex.as_bytes()[2 * at + 1]);
        at += 1;
    }
    octets
}

const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => panic!("no digit"),
    }
}

impl Vector {
    pub(crate) fn challenge(&self) -> [u8; 16] {
        unhex(self.challenge)
    }

    pub(crate) fn peer_challenge(&self) -> [u8; 16] {
        unhex(self.peer_challenge)
    }

    pub(crate) fn nt_response(&self) -> [u8; 24] {
        unhex(self.nt_response)
    }

    pub(crate) fn authenticator_response(&self) -> [u8; 20] {
        unhex(&self.success[2..])
    }
}
