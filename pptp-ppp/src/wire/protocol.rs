//! The Protocol field (RFC 1661 §2).

code_points! {
    /// A number of the Protocol field: what the Information field holds (RFC 1661 §2 and the
    /// [registry](https://www.iana.org/assignments/ppp-numbers)).
    pub struct Protocol(u16);

    /// Padding Protocol.
    PADDING = 0x0001, "Padding";
    /// Internet Protocol version 4.
    IPV4 = 0x0021, "IPv4";
    /// Novell IPX.
    IPX = 0x002b, "IPX";
    /// Van Jacobson compressed TCP/IP (RFC 1332 §4).
    VJ_COMPRESSED = 0x002d, "VJ-Compressed-TCP/IP";
    /// Van Jacobson uncompressed TCP/IP (RFC 1332 §4).
    VJ_UNCOMPRESSED = 0x002f, "VJ-Uncompressed-TCP/IP";
    /// Bridging PDU.
    BRIDGING = 0x0031, "Bridging";
    /// Multilink (RFC 1990).
    MP = 0x003d, "MP";
    /// NetBIOS framing (RFC 2097).
    NBF = 0x003f, "NBF";
    /// Encrypted packet (RFC 1968).
    ENCRYPTED = 0x0053, "Encrypted";
    /// Encrypted packet inside a multilink bundle (RFC 1968).
    ENCRYPTED_FRAGMENT = 0x0055, "Encrypted-Fragment";
    /// Internet Protocol version 6 (RFC 5072).
    IPV6 = 0x0057, "IPv6";
    /// Compressed packet inside a multilink bundle (RFC 1962 §2).
    COMPRESSED_FRAGMENT = 0x00fb, "Compressed-Fragment";
    /// Compressed packet (RFC 1962 §2), which is also what MPPE and MPPC use.
    COMPRESSED = 0x00fd, "Compressed";
    /// Bridging control protocol.
    BCP = 0x8031, "BCP";
    /// IP control protocol (RFC 1332).
    IPCP = 0x8021, "IPCP";
    /// IPX control protocol (RFC 1552).
    IPXCP = 0x802b, "IPXCP";
    /// NetBIOS frames control protocol (RFC 2097).
    NBFCP = 0x803f, "NBFCP";
    /// Encryption control protocol (RFC 1968).
    ECP = 0x8053, "ECP";
    /// Encryption control protocol for a link of a bundle (RFC 1968).
    LINK_ECP = 0x8055, "Link-ECP";
    /// IPv6 control protocol (RFC 5072).
    IPV6CP = 0x8057, "IPV6CP";
    /// Compression control protocol for a link of a bundle (RFC 1962 §2).
    LINK_CCP = 0x80fb, "Link-CCP";
    /// Compression control protocol (RFC 1962).
    CCP = 0x80fd, "CCP";
    /// Link control protocol (RFC 1661 §5).
    LCP = 0xc021, "LCP";
    /// Password authentication protocol (RFC 1334 §2).
    PAP = 0xc023, "PAP";
    /// Link quality report (RFC 1989).
    LQR = 0xc025, "LQR";
    /// Callback control protocol (Microsoft).
    CBCP = 0xc029, "CBCP";
    /// Bandwidth allocation control protocol (RFC 2125).
    BACP = 0xc02b, "BACP";
    /// Bandwidth allocation protocol (RFC 2125).
    BAP = 0xc02d, "BAP";
    /// Challenge handshake authentication protocol (RFC 1994).
    CHAP = 0xc223, "CHAP";
    /// Extensible authentication protocol (RFC 3748).
    EAP = 0xc227, "EAP";
}

impl Protocol {
    /// Whether the extension bits are right: odd in its last octet, even in the first (RFC 1661 §2).
    ///
    /// A frame without them has to be treated as one of an unknown protocol.
    #[must_use]
    pub const fn is_well_formed(self) -> bool {
        self.0 & 0x0101 == 0x0001
    }

    /// Whether the packet belongs to a network layer, 0x0000 to 0x3fff.
    #[must_use]
    pub const fn is_network(self) -> bool {
        self.0 <= 0x3fff
    }
}
