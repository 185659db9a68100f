//! Who we are, and what authentication and encryption will do.

use super::failure::Failure;
use clap::ValueEnum;
use pptp_core::ppp::Methods;
use pptp_core::ppp::config::{Modes, MppePolicy, Requirement, Strengths};
use std::path::PathBuf;

/// Who we are, and what authentication and encryption will do.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Log-in and encryption")]
pub struct Policy {
    /// Log in as this user, with the domain in front if there is one: DOMAIN\user
    #[arg(short, long, value_name = "NAME")]
    pub user: Option<String>,

    /// Read the password from the first line of this file
    #[arg(long, value_name = "FILE", requires = "user")]
    pub password_file: Option<PathBuf>,

    /// If the server says that the password has expired, change it to the first line of this file. Without it, it is asked
    /// for at the terminal if the old one was
    #[arg(long, value_name = "FILE", requires = "user")]
    pub new_password_file: Option<PathBuf>,

    /// Certificates in PEM: of those who are trusted to say which server is the right one. For eap-tls and peap
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// The name that has to be in the server's certificate; if not given, the name or address that it is reached by
    #[arg(long, value_name = "NAME", requires = "ca")]
    pub server_name: Option<String>,

    /// Our certificate in PEM, for eap-tls, and behind it those between it and the root
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,

    /// The private key of our certificate in PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,

    /// The ways of authentication that will do; if not given, mschap-v2 with --user, and none without
    #[arg(long, value_enum, value_delimiter = ',', value_name = "METHOD,..")]
    pub auth: Vec<Method>,

    /// Whether the tunnel is encrypted; it holds for each direction
    #[arg(long, value_enum, default_value_t = Encrypt::Require, value_name = "HOW")]
    pub mppe: Encrypt,

    /// The key lengths of MPPE that will do; the strongest that both have is used
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "128",
        value_name = "BITS,.."
    )]
    pub strength: Vec<Strength>,

    /// The modes of MPPE that will do; stateless is asked for if it is among them
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "stateless",
        value_name = "MODE,.."
    )]
    pub mode: Vec<Mode>,

    /// Have packets compressed by MPPC, each way that the server is ready to. Whoever watches how long they are then may
    /// find out what is in them
    #[arg(long)]
    pub mppc: bool,
}

/// A way of authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Each end proves that it knows the password
    MschapV2,
    /// The same in EAP
    EapMschapV2,
    /// By certificates, in EAP: takes --ca, --certificate and --key, and no password
    EapTls,
    /// By the password, in a tunnel of TLS in EAP, once the server has shown its certificate: takes --ca
    Peap,
    /// By MD5, in EAP: the server proves nothing, and there are no keys to encrypt with
    EapMd5,
    /// We prove it and the server does not; broken
    MschapV1,
    /// With mschap-v1, what LAN Manager had: keys of 40 and 56 bits take it, and it gives short passwords away
    LanManager,
    /// With mschap-v1, changes of password for servers that know no better: whoever listens has the new one's hash
    #[value(name = "change-password-1")]
    ChangePassword1,
    /// By MD5: the server proves nothing, and there are no keys; whoever listens can try passwords
    ChapMd5,
    /// The password itself crosses the network for all to read, and there are no keys
    Pap,
    /// The server need not ask who we are: whoever answers at its address is believed
    None,
}

/// Whether there is encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Encrypt {
    /// No tunnel without it
    Require,
    /// Asked for; but anybody on the way can talk the server out of it
    Allow,
    /// None: everybody on the way can read along
    Refuse,
}

/// The length of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Strength {
    /// Broken in seconds
    #[value(name = "40")]
    Bits40,
    /// Broken in hours
    #[value(name = "56")]
    Bits56,
    /// The strongest there is
    #[value(name = "128")]
    Bits128,
}

/// How often the key changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// With each packet
    Stateless,
    /// Every 256 packets: a lost packet costs more of them
    Stateful,
}

impl Policy {
    /// Whether it makes sense.
    ///
    /// # Errors
    /// [`Failure::Usage`] if not.
    pub fn check(&self) -> Result<(), Failure> {
        let proofs = self.auth.iter().any(|method| *method != Method::None);
        let keyed = Methods::default() | Methods::MS_CHAP_V1 | Methods::EAP;
        let keys = self.auth.is_empty() || self.methods().intersects(keyed);
        let has_tls = self.has(Method::EapTls) || self.has(Method::Peap);
        let with_v1 = Methods::LAN_MANAGER | Methods::CHANGE_PASSWORD_1;
        let lacks_v1 = self.methods().intersects(with_v1) && !self.has(Method::MschapV1);
        let wrong = if self.user.is_none() && self.mppe == Encrypt::Require {
            "the keys of encryption come from the password: give --user, or --mppe allow or refuse"
        } else if self.user.is_none() && proofs {
            "to log in by any of --auth takes --user"
        } else if self.user.is_some() && !self.auth.is_empty() && !proofs {
            "--user is of no use with --auth none alone"
        } else if lacks_v1 {
            "--auth lan-manager and change-password-1 take mschap-v1"
        } else if self.mppe == Encrypt::Require && !keys {
            "there are no keys of encryption in this --auth: add another, or --mppe allow or refuse"
        } else if has_tls && self.ca.is_none() {
            "eap-tls and peap take --ca: who is trusted to say which server is the right one"
        } else if self.has(Method::EapTls) && self.certificate.is_none() {
            "eap-tls takes --certificate and --key"
        } else {
            return Ok(());
        };
        Err(Failure::Usage(wrong.to_owned()))
    }

    /// Whether a server has to ask who we are, and with that to prove who it is.
    #[must_use]
    pub fn needs_authentication(&self) -> bool {
        self.user.is_some() && !self.auth.contains(&Method::None)
    }

    /// Whether a way of authentication is named.
    #[must_use]
    pub fn has(&self, method: Method) -> bool {
        self.auth.contains(&method)
    }

    /// Whether a password is of any use.
    #[must_use]
    pub fn needs_password(&self) -> bool {
        let without = [Method::EapTls, Method::None];
        self.auth.is_empty() || self.auth.iter().any(|method| !without.contains(method))
    }

    /// How we may prove who we are.
    #[must_use]
    pub fn methods(&self) -> Methods {
        if self.auth.is_empty() {
            return Methods::MS_CHAP_V2;
        }
        let method = |it: &Method| match it {
            Method::MschapV2 => Methods::MS_CHAP_V2,
            Method::EapMschapV2 => Methods::EAP_MS_CHAP_V2,
            Method::EapMd5 => Methods::EAP_MD5,
            Method::MschapV1 => Methods::MS_CHAP_V1,
            Method::LanManager => Methods::LAN_MANAGER,
            Method::ChangePassword1 => Methods::CHANGE_PASSWORD_1,
            Method::ChapMd5 => Methods::CHAP_MD5,
            Method::Pap => Methods::PAP,
            Method::EapTls | Method::Peap => Methods::EAP,
            Method::None => Methods::empty(),
        };
        self.auth.iter().map(method).collect()
    }

    /// What encryption will do.
    #[must_use]
    pub fn mppe(&self) -> MppePolicy {
        let requirement = match self.mppe {
            Encrypt::Require => Requirement::Require,
            Encrypt::Allow => Requirement::Allow,
            Encrypt::Refuse => return MppePolicy::REFUSE,
        };
        let strength = |it: &Strength| match it {
            Strength::Bits40 => Strengths::BITS_40,
            Strength::Bits56 => Strengths::BITS_56,
            Strength::Bits128 => Strengths::BITS_128,
        };
        let mode = |it: &Mode| match it {
            Mode::Stateless => Modes::STATELESS,
            Mode::Stateful => Modes::STATEFUL,
        };
        MppePolicy {
            requirement,
            strengths: self.strength.iter().map(strength).collect(),
            modes: self.mode.iter().map(mode).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args, FromArgMatches};

    fn parse(line: &str) -> Policy {
        let command = Policy::augment_args(clap::Command::new("pptp-client"));
        let matches = command
            .try_get_matches_from(line.split_whitespace())
            .unwrap();
        Policy::from_arg_matches(&matches).unwrap()
    }

    #[test]
    fn the_default_is_the_safe_one() {
        let policy = parse("pptp-client -u alice");
        assert_eq!(policy.check(), Ok(()));
        assert_eq!(policy.mppe(), MppePolicy::default());
        assert!(policy.needs_authentication());
        assert!(parse("pptp-client").check().is_err());
    }

    #[test]
    fn weaker_methods_are_only_those_that_are_named() {
        let methods = |line: &str| parse(&format!("pptp-client -u alice {line}")).methods();
        assert_eq!(methods("--mppe refuse"), Methods::MS_CHAP_V2);
        assert_eq!(methods("--auth mschap-v2,none"), Methods::MS_CHAP_V2);
        assert_eq!(
            methods("--auth mschap-v1,lan-manager"),
            Methods::MS_CHAP_V1 | Methods::LAN_MANAGER
        );
        assert_eq!(
            methods("--auth pap,chap-md5"),
            Methods::PAP | Methods::CHAP_MD5
        );
        for wrong in [
            "pap,chap-md5",
            "lan-manager,mschap-v2",
            "change-password-1,mschap-v2",
        ] {
            let policy = parse(&format!("pptp-client -u alice --auth {wrong}"));
            assert!(policy.check().is_err(), "{wrong}");
        }
        for right in ["pap --mppe refuse", "pap,mschap-v1"] {
            let policy = parse(&format!("pptp-client -u alice --auth {right}"));
            assert_eq!(policy.check(), Ok(()), "{right}");
        }
    }

    #[test]
    fn encryption() {
        let line = "pptp-client -u alice --mppe allow --strength 40,128 --mode stateful";
        let policy = parse(line).mppe();
        assert_eq!(policy.requirement, Requirement::Allow);
        assert_eq!(policy.strengths, Strengths::BITS_40 | Strengths::BITS_128);
        assert_eq!(policy.modes, Modes::STATEFUL);
        let none = parse("pptp-client --mppe refuse");
        assert_eq!(none.mppe(), MppePolicy::REFUSE);
    }

    #[test]
    fn authentication() {
        let needed = |line: &str| {
            let policy = parse(&format!("pptp-client --mppe allow {line}"));
            policy.check().map(|()| policy.needs_authentication())
        };
        assert_eq!(needed("-u alice"), Ok(true));
        assert_eq!(needed("-u alice --auth mschap-v2"), Ok(true));
        assert_eq!(needed("-u alice --auth mschap-v2,none"), Ok(false));
        assert_eq!(parse("pptp-client --mppe refuse").check(), Ok(()));
        assert_eq!(needed("--auth none"), Ok(false));
        assert!(needed("--auth mschap-v2").is_err());
        assert!(needed("-u alice --auth none").is_err());
        let methods = |line: &str| parse(&format!("pptp-client -u alice {line}")).methods();
        assert_eq!(methods(""), Methods::MS_CHAP_V2);
        let all = Methods::MS_CHAP_V2 | Methods::EAP_MS_CHAP_V2 | Methods::EAP_MD5;
        assert_eq!(methods("--auth mschap-v2,eap-mschap-v2,eap-md5"), all);
        assert_eq!(needed("-u alice --auth eap-md5"), Ok(true));
        for (line, password) in [
            ("--auth peap --ca f", true),
            ("--auth eap-tls --ca f --certificate f --key f", false),
        ] {
            let policy = parse(&format!("pptp-client -u alice {line}"));
            assert_eq!(policy.check(), Ok(()));
            assert_eq!(policy.methods(), Methods::EAP);
            assert_eq!(policy.needs_password(), password);
        }
        assert!(needed("-u alice --auth peap").is_err());
        assert!(needed("-u alice --auth eap-tls --ca f").is_err());
        assert!(
            parse("pptp-client -u alice --auth eap-md5")
                .check()
                .is_err()
        );
    }
}
