//! Attributes: a type, a length and a value (RFC 2865 §5), and Microsoft's inside one of them (RFC 2548 §2).

use core::fmt;
use pptp_ppp::codec::{ParseError, Reader};

/// The longest value of an attribute, in octets.
pub const MAX_VALUE_LEN: usize = 253;

/// The longest value of one of Microsoft's attributes, in octets.
pub const MAX_MICROSOFT_VALUE_LEN: usize = 247;

/// Microsoft's number among vendors (RFC 2548 §2).
pub(crate) const MICROSOFT: u32 = 311;

/// Defines a newtype over `u8`, with a name for each value that is known.
macro_rules! numbers {
    ($(#[$meta:meta])* $type:ident; $($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub struct $type(pub u8);

        impl $type {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// What the specification calls it; `None` if it is not among those that are used here.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some($text),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{}({})", stringify!($type), self.0),
                }
            }
        }
    };
}

numbers! {
    /// What a packet is (RFC 2865 §3).
    Code;
    /// A user wants in.
    ACCESS_REQUEST = 1, "Access-Request";
    /// The user may come in.
    ACCESS_ACCEPT = 2, "Access-Accept";
    /// The user may not.
    ACCESS_REJECT = 3, "Access-Reject";
    /// There is more to ask the user.
    ACCESS_CHALLENGE = 11, "Access-Challenge";
}

numbers! {
    /// The type of an attribute (RFC 2865 §5, RFC 2868, RFC 3579).
    Kind;
    /// Who it is, or says so.
    USER_NAME = 1, "User-Name";
    /// PAP's password, hidden.
    USER_PASSWORD = 2, "User-Password";
    /// CHAP's identifier and response.
    CHAP_PASSWORD = 3, "CHAP-Password";
    /// The address of whoever asks.
    NAS_IP_ADDRESS = 4, "NAS-IP-Address";
    /// The number of the user's connection there.
    NAS_PORT = 5, "NAS-Port";
    /// What the user is to have.
    SERVICE_TYPE = 6, "Service-Type";
    /// What is framed how.
    FRAMED_PROTOCOL = 7, "Framed-Protocol";
    /// The user's address inside.
    FRAMED_IP_ADDRESS = 8, "Framed-IP-Address";
    /// The longest packet, in octets.
    FRAMED_MTU = 12, "Framed-MTU";
    /// Text for people.
    REPLY_MESSAGE = 18, "Reply-Message";
    /// What is to be given back in the next request.
    STATE = 24, "State";
    /// What is to be given back when the session is accounted for.
    CLASS = 25, "Class";
    /// Attributes of somebody's own.
    VENDOR_SPECIFIC = 26, "Vendor-Specific";
    /// The longest session, in seconds.
    SESSION_TIMEOUT = 27, "Session-Timeout";
    /// Whom the user calls.
    CALLED_STATION_ID = 30, "Called-Station-Id";
    /// From where.
    CALLING_STATION_ID = 31, "Calling-Station-Id";
    /// The name of whoever asks.
    NAS_IDENTIFIER = 32, "NAS-Identifier";
    /// What proxies add for themselves.
    PROXY_STATE = 33, "Proxy-State";
    /// What was CHAP's challenge.
    CHAP_CHALLENGE = 60, "CHAP-Challenge";
    /// What sort of connection it is.
    NAS_PORT_TYPE = 61, "NAS-Port-Type";
    /// What sort of tunnel the user comes through.
    TUNNEL_TYPE = 64, "Tunnel-Type";
    /// What that goes over.
    TUNNEL_MEDIUM_TYPE = 65, "Tunnel-Medium-Type";
    /// The tunnel's end at the user.
    TUNNEL_CLIENT_ENDPOINT = 66, "Tunnel-Client-Endpoint";
    /// The tunnel's other end.
    TUNNEL_SERVER_ENDPOINT = 67, "Tunnel-Server-Endpoint";
    /// An EAP packet, or a piece of it.
    EAP_MESSAGE = 79, "EAP-Message";
    /// HMAC-MD5 of the whole packet.
    MESSAGE_AUTHENTICATOR = 80, "Message-Authenticator";
}

numbers! {
    /// The type of one of Microsoft's attributes (RFC 2548 §2).
    MicrosoftKind;
    /// The proof of MS-CHAPv1.
    MS_CHAP_RESPONSE = 1, "MS-CHAP-Response";
    /// Why MS-CHAP failed: the message of its Failure.
    MS_CHAP_ERROR = 2, "MS-CHAP-Error";
    /// A change of password, version 1.
    MS_CHAP_CPW_1 = 3, "MS-CHAP-CPW-1";
    /// A change of password, version 2.
    MS_CHAP_CPW_2 = 4, "MS-CHAP-CPW-2";
    /// A piece of the new password, encrypted with the old LAN Manager hash.
    MS_CHAP_LM_ENC_PW = 5, "MS-CHAP-LM-Enc-PW";
    /// A piece of the new password, encrypted with the old NT hash.
    MS_CHAP_NT_ENC_PW = 6, "MS-CHAP-NT-Enc-PW";
    /// Whether the user has to encrypt.
    MS_MPPE_ENCRYPTION_POLICY = 7, "MS-MPPE-Encryption-Policy";
    /// With keys of which length.
    MS_MPPE_ENCRYPTION_TYPES = 8, "MS-MPPE-Encryption-Types";
    /// The domain in which the user was found.
    MS_CHAP_DOMAIN = 10, "MS-CHAP-Domain";
    /// What was the challenge, of either version.
    MS_CHAP_CHALLENGE = 11, "MS-CHAP-Challenge";
    /// What the keys of MS-CHAPv1 are made of.
    MS_CHAP_MPPE_KEYS = 12, "MS-CHAP-MPPE-Keys";
    /// The key of what goes to the user.
    MS_MPPE_SEND_KEY = 16, "MS-MPPE-Send-Key";
    /// The key of what comes from the user.
    MS_MPPE_RECV_KEY = 17, "MS-MPPE-Recv-Key";
    /// The proof of MS-CHAPv2.
    MS_CHAP2_RESPONSE = 25, "MS-CHAP2-Response";
    /// The server's proof.
    MS_CHAP2_SUCCESS = 26, "MS-CHAP2-Success";
    /// A change of password, version 3.
    MS_CHAP2_CPW = 27, "MS-CHAP2-CPW";
}

/// An attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a, K = Kind> {
    /// Its type.
    pub kind: K,
    /// Its value, 253 octets at most.
    pub value: &'a [u8],
}

/// Without the value, which may be something secret.
impl<K: fmt::Display> fmt::Debug for Attribute<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} octets", self.kind, self.value.len())
    }
}

/// The attributes of a packet, in their order.
#[derive(Debug, Clone)]
pub struct Attributes<'a>(Reader<'a>);

impl<'a> Attributes<'a> {
    pub(crate) const fn new(attributes: Reader<'a>) -> Self {
        Self(attributes)
    }

    /// The next one and where it starts, or what is wrong there.
    pub(crate) fn try_next(&mut self) -> Result<Option<(usize, Attribute<'a>)>, ParseError> {
        let offset = self.0.offset();
        Ok(take(&mut self.0)?.map(|(kind, value)| {
            let kind = Kind(kind);
            (offset, Attribute { kind, value })
        }))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.try_next().ok().flatten().map(|(_, it)| it)
    }
}

/// Microsoft's attributes in a packet, in their order.
#[derive(Debug, Clone)]
pub struct MicrosoftAttributes<'a> {
    outer: Attributes<'a>,
    inner: Reader<'a>,
}

impl<'a> MicrosoftAttributes<'a> {
    pub(crate) const fn new(attributes: Attributes<'a>) -> Self {
        Self {
            outer: attributes,
            inner: Reader::new(&[]),
        }
    }
}

impl<'a> Iterator for MicrosoftAttributes<'a> {
    type Item = Attribute<'a, MicrosoftKind>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Ok(Some((kind, value))) = take(&mut self.inner) {
                let kind = MicrosoftKind(kind);
                return Some(Attribute { kind, value });
            }
            self.inner = inside(&self.outer.next()?).unwrap_or(Reader::new(&[]));
        }
    }
}

/// What is inside a Vendor-Specific attribute of Microsoft's.
fn inside<'a>(attribute: &Attribute<'a>) -> Option<Reader<'a>> {
    let mut reader = Reader::new(attribute.value);
    let is_microsoft = attribute.kind == Kind::VENDOR_SPECIFIC && reader.u32("") == Ok(MICROSOFT);
    is_microsoft.then_some(reader)
}

/// Whether Microsoft's attributes in `attribute`, if that is theirs, are whole.
pub(crate) fn is_sound(attribute: &Attribute<'_>) -> bool {
    let Some(mut reader) = inside(attribute) else {
        return true;
    };
    loop {
        match take(&mut reader) {
            Ok(None) => return true,
            Ok(Some(_)) => {}
            Err(_) => return false,
        }
    }
}

/// Type and value of the next attribute.
fn take<'a>(reader: &mut Reader<'a>) -> Result<Option<(u8, &'a [u8])>, ParseError> {
    if reader.is_empty() {
        return Ok(None);
    }
    let kind = reader.u8("Type")?;
    let offset = reader.offset();
    let len = usize::from(reader.u8("Length")?).checked_sub(2);
    let len = len.ok_or(ParseError::invalid("Length", offset))?;
    reader.take(len, "Value").map(|value| Some((kind, value)))
}
