//! Which methods of authentication there are, and which may be used.

use crate::wire::Protocol;
use crate::wire::lcp::Authentication;

bitflags::bitflags! {
    /// Methods of authentication that may be used.
    ///
    /// Of these a link uses what its [`Auth`](super::Auth) has: a demand for others alone ends the link, and a peer that
    /// demands them is refused.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Methods: u16 {
        /// PAP (RFC 1334): the password itself crosses the wire. No keys for MPPE.
        const PAP = 1;
        /// CHAP with MD5 (RFC 1994): the password can be guessed from what crosses the wire. No keys for MPPE.
        const CHAP_MD5 = 1 << 1;
        /// MS-CHAPv1 (RFC 2433): the server proves nothing.
        const MS_CHAP_V1 = 1 << 2;
        /// MS-CHAPv1's LAN Manager response beside the other: gives short passwords away. Without it MS-CHAPv1 has no keys
        /// of 40 and 56 bits.
        const LAN_MANAGER = 1 << 3;
        /// MS-CHAPv2 (RFC 2759): both ends prove that they know the password, and get keys for MPPE.
        const MS_CHAP_V2 = 1 << 4;
        /// EAP with MD5-Challenge (RFC 3748 §5.4), which is CHAP with MD5.
        const EAP_MD5 = 1 << 5;
        /// EAP with MS-CHAPv2 inside.
        const EAP_MS_CHAP_V2 = 1 << 6;
        /// MS-CHAPv1's first Change-Password (RFC 2433 §9), for peers and servers that do not know the second: **whoever
        /// listens has the hash of the new password**, which is as good as the password.
        const CHANGE_PASSWORD_1 = 1 << 8;
        /// EAP with whatever method the caller has: packets pass by events and answers.
        const EAP = 1 << 7;
    }
}

impl Default for Methods {
    /// Those by which the server proves itself as well.
    fn default() -> Self {
        Self::MS_CHAP_V2 | Self::EAP_MS_CHAP_V2
    }
}

impl Methods {
    /// What each protocol stands for, the strongest first.
    const BY_STRENGTH: [(Method, Self); 7] = [
        (Method::Eap, Self::EAP),
        // As strong in EAP as without, which more peers have.
        (Method::MsChapV2, Self::MS_CHAP_V2),
        (Method::Eap, Self::EAP_MS_CHAP_V2),
        (Method::MsChapV1, Self::MS_CHAP_V1),
        (Method::Eap, Self::EAP_MD5),
        (Method::ChapMd5, Self::CHAP_MD5),
        (Method::Pap, Self::PAP),
    ];

    /// The strongest that LCP can negotiate.
    pub(crate) fn strongest(self) -> Option<Method> {
        let mut methods = Self::BY_STRENGTH.iter();
        let (method, _) = methods.find(|(_, methods)| self.intersects(*methods))?;
        Some(*method)
    }

    /// Those that are left when LCP could not agree on `method`, the strongest of them.
    pub(crate) fn weaker_than(self, method: Method) -> Self {
        let mut rest = self;
        while let Some(strongest) = rest.strongest() {
            rest = rest.without(strongest);
            if strongest == method {
                break;
            }
        }
        rest
    }

    /// Those that LCP does not negotiate as `method`.
    fn without(self, method: Method) -> Self {
        let mut rest = self;
        for (_, methods) in Self::BY_STRENGTH.iter().filter(|(it, _)| *it == method) {
            rest.remove(*methods);
        }
        rest
    }

    /// Whether LCP may negotiate `method`.
    pub(crate) fn has(self, method: Method) -> bool {
        self.without(method) != self
    }

    /// Whether there is one that is spoken in `protocol`.
    pub(crate) fn has_protocol(self, protocol: Protocol) -> bool {
        let mut methods = Self::BY_STRENGTH.iter();
        methods.any(|(method, methods)| self.intersects(*methods) && method.protocol() == protocol)
    }
}

/// A method of authentication, as LCP negotiates it (RFC 1661 §6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Method {
    /// PAP (RFC 1334).
    Pap,
    /// CHAP with MD5 (RFC 1994).
    ChapMd5,
    /// MS-CHAPv1 (RFC 2433).
    MsChapV1,
    /// MS-CHAPv2 (RFC 2759).
    MsChapV2,
    /// EAP (RFC 3748), in which the ends agree on a method of their own.
    Eap,
}

impl Method {
    /// The value of LCP's Authentication-Protocol option.
    pub(crate) const fn option(self) -> Authentication<'static> {
        match self {
            Self::Pap => Authentication::PAP,
            Self::ChapMd5 => Authentication::CHAP_MD5,
            Self::MsChapV1 => Authentication::MS_CHAP,
            Self::MsChapV2 => Authentication::MS_CHAP_V2,
            Self::Eap => Authentication::EAP,
        }
    }

    pub(crate) fn from_option(asked: Authentication<'_>) -> Option<Self> {
        let mut methods = Methods::BY_STRENGTH.iter().map(|(method, _)| *method);
        methods.find(|method| method.option() == asked)
    }

    /// The protocol in which its packets come.
    pub(crate) const fn protocol(self) -> Protocol {
        match self {
            Self::Pap => Protocol::PAP,
            Self::ChapMd5 | Self::MsChapV1 | Self::MsChapV2 => Protocol::CHAP,
            Self::Eap => Protocol::EAP,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_comes_first() {
        let mut order = std::vec::Vec::new();
        let mut left = Methods::all();
        while let Some(method) = left.strongest() {
            order.push(method);
            left = left.without(method);
        }
        use Method::*;
        assert_eq!(order, [Eap, MsChapV2, MsChapV1, ChapMd5, Pap]);
        assert_eq!(Methods::LAN_MANAGER.strongest(), None);
    }

    /// EAP is as strong as what is spoken in it.
    #[test]
    fn md5_in_eap_is_md5() {
        let methods = Methods::EAP_MD5 | Methods::MS_CHAP_V1;
        assert_eq!(methods.strongest(), Some(Method::MsChapV1));
        let methods = Methods::EAP_MD5 | Methods::CHAP_MD5;
        assert_eq!(methods.strongest(), Some(Method::Eap));
    }

    #[test]
    fn an_option_stands_for_one_method() {
        use Method::*;
        for method in [Eap, MsChapV2, MsChapV1, ChapMd5, Pap] {
            assert_eq!(Method::from_option(method.option()), Some(method));
        }
        let unknown = Authentication {
            protocol: Protocol::CHAP,
            data: &[6],
        };
        assert_eq!(Method::from_option(unknown), None);
    }
}
