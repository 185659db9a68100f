//! The methods of authentication, by name.

use crate::server::eap_tls;
use pptp_core::ppp::Methods;
use serde::Deserialize;

/// How clients prove who they are: by the best of these methods that they have. If there are none, they do not: everybody
/// comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Named")]
pub struct Authentication {
    pub(super) methods: Methods,
    /// Those among them that are of TLS, and this server's own.
    pub(in crate::server) own: eap_tls::Methods,
}

/// Methods by name: one, or a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    One(String),
    Many(Vec<String>),
}

impl Authentication {
    pub(super) const NONE: Self = Self::of(Methods::empty());
    pub(super) const MS_CHAP_V2: Self = Self::of(Methods::MS_CHAP_V2);

    const fn of(methods: Methods) -> Self {
        let own = eap_tls::Methods::NONE;
        Self { methods, own }
    }

    /// Those without keys of encryption.
    pub(super) const KEYLESS: Methods = Methods::PAP
        .union(Methods::CHAP_MD5)
        .union(Methods::EAP_MD5)
        .union(Self::WITH_V1);

    /// What goes with MS-CHAPv1, and is nothing by itself.
    const WITH_V1: Methods = Methods::LAN_MANAGER.union(Methods::CHANGE_PASSWORD_1);

    /// Whether everybody comes in.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.methods.is_empty()
    }

    /// What may be used; `None`: nothing is demanded.
    #[must_use]
    pub fn methods(self) -> Option<Methods> {
        Some(self.methods).filter(|methods| !methods.is_empty())
    }
}

impl TryFrom<Named> for Authentication {
    type Error = String;

    fn try_from(named: Named) -> Result<Self, Self::Error> {
        let names = match named {
            Named::One(name) if name == "none" => return Ok(Self::NONE),
            Named::One(name) => vec![name],
            Named::Many(names) => names,
        };
        let mut methods = Methods::empty();
        let mut own = eap_tls::Methods::NONE;
        for name in names {
            methods |= match name.as_str() {
                "mschap-v2" => Methods::MS_CHAP_V2,
                // By whatever method a RADIUS server has, and users of the configuration by EAP-MSCHAPv2.
                "eap" => Methods::EAP | Methods::EAP_MS_CHAP_V2,
                "eap-mschap-v2" => Methods::EAP_MS_CHAP_V2,
                "eap-md5" => Methods::EAP_MD5,
                "eap-tls" => {
                    own.eap_tls = true;
                    Methods::EAP
                }
                "peap" => {
                    own.peap = true;
                    Methods::EAP
                }
                "mschap-v1" => Methods::MS_CHAP_V1,
                "lan-manager" => Methods::LAN_MANAGER,
                "change-password-1" => Methods::CHANGE_PASSWORD_1,
                "chap-md5" => Methods::CHAP_MD5,
                "pap" => Methods::PAP,
                _ => return Err(format!("authentication knows no method {name}")),
            };
        }
        if methods.is_empty() {
            return Err(
                "authentication names no method; \"none\" would let everybody in".to_owned(),
            );
        }
        if methods.intersects(Self::WITH_V1) && !methods.contains(Methods::MS_CHAP_V1) {
            let error = "authentication: lan-manager and change-password-1 go with mschap-v1";
            return Err(error.to_owned());
        }
        Ok(Self { methods, own })
    }
}
