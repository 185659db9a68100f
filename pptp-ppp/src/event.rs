//! What a link tells its owner.

use crate::auth::eap::{EapPacket, Md5Request};
use crate::auth::{AuthId, chap_md5, mschapv1, mschapv2, pap};
use crate::ccp::{Compression, Encryption};
use crate::wire::Text;
use crate::wire::mschapv2::ErrorCode;
use core::fmt;
use core::net::Ipv4Addr;

/// Something that the owner of a link should know, or has to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event<'a> {
    /// The peer has said who it is, in a text of no set form (RFC 1570 §1.1).
    Identification(&'a [u8]),
    /// The peer has said how long it will go on (RFC 1570 §1.2).
    TimeRemaining {
        /// Seconds; all ones: for ever.
        seconds: u32,
        /// For people.
        message: &'a [u8],
    },
    /// LCP is Opened: what follows is authentication.
    LinkUp {
        /// The longest Information field, in octets, that the peer takes.
        peer_mru: u16,
    },
    /// The peer has presented a proof of who it is. The link waits for [`crate::Ppp::authorize`].
    AuthRequested(AuthRequest<'a>),
    /// The peer does not accept who we say we are, but would take something else, and the credentials are
    /// [`asking`](crate::Credentials::asking). The link waits, for a minute at the most, for what the user says:
    /// [`crate::Ppp::retry`], [`crate::Ppp::change_password`] or [`crate::Ppp::close`]. Not every peer means it: the link
    /// may end before.
    PasswordWanted {
        /// Why it does not accept us.
        error: ErrorCode,
        /// Whether it would take another name or password.
        retry: bool,
        /// Whether it would take a new password for the account.
        change: bool,
        /// Its text for people, of no set form; usually empty.
        message: &'a [u8],
    },
    /// A packet of EAP for a method that is the caller's ([`Methods::EAP`](crate::Methods::EAP)): a Request to us, or a
    /// Response of the peer, of which the first is its Identity. The link waits for [`crate::Ppp::eap_reply`] or
    /// [`crate::Ppp::eap_decline`].
    Eap(EapPacket<'a>),
    /// A text for people that came in EAP, of no set form and cut to 64 octets (RFC 3748 §5.2). It was answered.
    EapNotification(&'a [u8]),
    /// The peer has said something to people when it answered who we say we are, in a text of no set form: why it refused
    /// us, perhaps. The text of MS-CHAPv2 is that of [`Event::PasswordWanted`].
    AuthMessage(&'a [u8]),
    /// Authentication, in whichever direction it was demanded, is complete; told again when an end has proved itself once more.
    Authenticated,
    /// It is agreed on encryption. `None`: packets cross in the clear, which the policy allows.
    Encryption {
        /// Of what we send.
        send: Option<Encryption>,
        /// Of what we receive.
        receive: Option<Encryption>,
    },
    /// It is agreed on compression, in one direction at least. Told after [`Event::Encryption`].
    Compression {
        /// Of what we send.
        send: Option<Compression>,
        /// Of what we receive.
        receive: Option<Compression>,
    },
    /// IPv4 packets may be sent.
    Ipv4Up(Ipv4),
    /// IPv4 packets may be sent no more, until the next [`Event::Ipv4Up`].
    Ipv4Down,
    /// The peer is ending the link, and says why in a text of no set form.
    PeerTerminates(&'a [u8]),
    /// The link has ended.
    Down(DownReason),
}

/// A proof of identity to be judged.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthRequest<'a> {
    /// To be given back with the verdict.
    pub id: AuthId,
    /// The name presented, as it came: not necessarily text, and with a domain in front if the user typed one.
    pub name: &'a [u8],
    /// What somebody else, such as a RADIUS server, needs to judge it.
    pub proof: Proof<'a>,
}

/// What the peer presented to prove that it is who it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof<'a> {
    /// By PAP: the password itself.
    Pap(pap::Request<'a>),
    /// By CHAP with MD5.
    ChapMd5(chap_md5::Request<'a>),
    /// By MS-CHAPv1.
    MsChapV1(mschapv1::Request<'a>),
    /// By MS-CHAPv1 with a new password, after [`ErrorCode::PasswordExpired`].
    ChangePasswordV1(mschapv1::ChangeRequest<'a>),
    /// By MS-CHAPv2.
    MsChapV2(mschapv2::Request<'a>),
    /// By MS-CHAPv2 with a new password, after [`ErrorCode::PasswordExpired`].
    ChangePassword(mschapv2::ChangeRequest<'a>),
    /// By MD5-Challenge in EAP.
    EapMd5(Md5Request<'a>),
}

impl fmt::Debug for AuthRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthRequest({:?}, {})", self.id, Text(self.name))
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for AuthRequest<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "AuthRequest({})", self.id);
    }
}

/// What IPCP has agreed on (RFC 1332, RFC 1877).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ipv4 {
    /// Our address; `None` if the peer gave none.
    pub local: Option<Ipv4Addr>,
    /// The peer's address; `None` if it has not told.
    pub remote: Option<Ipv4Addr>,
    /// DNS servers that the peer told us.
    pub dns: [Option<Ipv4Addr>; 2],
    /// NetBIOS name servers that the peer told us.
    pub nbns: [Option<Ipv4Addr>; 2],
    /// The longest packet, in octets, that can be sent.
    pub mtu: usize,
}

/// Why a link has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DownReason {
    /// The caller closed it.
    Closed,
    /// The peer closed it.
    PeerClosed,
    /// The peer closed it because we would not encrypt.
    PeerRequiresEncryption,
    /// Nothing at all came from the peer. In a tunnel: the way for GRE, protocol 47, is blocked.
    NothingHeard,
    /// The peer was heard but did not agree to a link in time.
    NoAgreement,
    /// The peer does not answer Echo-Requests any more.
    PeerLost,
    /// What we send comes back to us.
    LoopedBack,
    /// The peer demands that we prove who we are, and there are no credentials, or not for its method.
    CredentialsWanted,
    /// The peer does not accept who we say we are.
    AuthenticationFailed(ErrorCode),
    /// The peer could not prove that it knows the password: it is not the server that it claims to be.
    PeerNotTrusted,
    /// The peer refuses to prove who it is.
    PeerRefusesAuthentication,
    /// The caller did not accept who the peer said it is.
    PeerRejected,
    /// Authentication did not come to its end in time.
    AuthenticationTimeout,
    /// Encryption is required and the peer has none that will do.
    EncryptionRefused,
    /// Encryption is required, and authentication gave no keys for it.
    NoEncryptionKeys,
    /// Something, perhaps an attacker, tried to end or to renegotiate the encryption of a link in use.
    EncryptionLost,
    /// The peer started over on a link in use.
    Renegotiated,
    /// The peer refuses every network protocol.
    NetworkRefused,
}

impl fmt::Display for DownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Closed => "closed",
            Self::PeerClosed => "the peer closed the link",
            Self::PeerRequiresEncryption => {
                "the peer requires encryption, which the policy here refuses"
            }
            Self::NothingHeard => {
                "nothing was heard from the peer: is GRE (IP protocol 47) let through?"
            }
            Self::NoAgreement => "the peer did not agree to a link in time",
            Self::PeerLost => "the peer does not answer any more",
            Self::LoopedBack => "the link is looped back",
            Self::CredentialsWanted => {
                "the peer wants authentication by a method for which there are no credentials"
            }
            Self::AuthenticationFailed(code) => return write!(f, "authentication failed: {code}"),
            Self::PeerNotTrusted => {
                "the peer could not prove that it knows the password: it is not the right server"
            }
            Self::PeerRefusesAuthentication => "the peer refuses to authenticate itself",
            Self::PeerRejected => "the peer's authentication was rejected",
            Self::AuthenticationTimeout => "authentication did not end in time",
            Self::EncryptionRefused => "encryption is required, and the peer has none that will do",
            Self::NoEncryptionKeys => "encryption is required, and authentication gave no keys",
            Self::EncryptionLost => "the encryption of a link in use was ended or renegotiated",
            Self::Renegotiated => "the peer started over on a link in use",
            Self::NetworkRefused => "the peer refuses IP",
        };
        f.write_str(text)
    }
}

impl core::error::Error for DownReason {}
