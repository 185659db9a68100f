//! The passwords that users have changed, and where they are kept.
//!
//! The file has a line for each: the hash that the configuration has for the user, the hash of the password that it was
//! changed to, and the name. A line counts as long as the configuration has that hash: whoever sets another password there
//! takes it back.

use super::config::{self, ConfigError};
use super::plain::Plain;
use super::serve::Server;
use super::tunnel::Presented;
use super::users::User;
use pptp_core::ppp::auth::mschapv2::{ChangeRequest, Request};
use pptp_core::ppp::mschap::change::NewPassword;
use pptp_core::ppp::mschap::{Exchange, NtHash};
use pptp_core::ppp::wire::change_password::Version3;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tracing::{error, info};
use zeroize::Zeroizing;

/// What is said of passwords, as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// Where passwords that users have changed are kept.
    pub file: Option<PathBuf>,
    /// How many characters a new password has at least.
    pub shortest: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            file: None,
            shortest: 8,
        }
    }
}

/// The passwords that users have changed.
#[derive(Debug, Default)]
pub struct Passwords {
    path: Option<PathBuf>,
    changes: BTreeMap<String, Change>,
}

#[derive(Debug, Clone)]
struct Change {
    /// The hash that the configuration had.
    from: NtHash,
    to: NtHash,
}

/// What became of somebody who says who it is.
#[derive(Debug)]
pub enum Assessed {
    /// The password is wrong.
    Wrong,
    /// It is right.
    Right,
    /// It is right, and has to be changed.
    Expired,
    /// It has been changed.
    Changed(Rc<User>),
    /// It cannot be changed to that, for this reason.
    Unfit(&'static str),
    /// Who asks for a change has not proved to know the old one.
    Unproven,
}

/// A new password from somebody who knows the old one, as far as it can be seen.
#[derive(Debug)]
pub struct NewSecret {
    pub(super) hash: NtHash,
    /// How many characters it has; `None`: only its hash was told.
    pub(super) characters: Option<usize>,
}

impl NewSecret {
    /// That of `password`.
    pub(super) fn of(password: &NewPassword) -> Self {
        Self {
            hash: password.nt_hash(),
            characters: Some(password.as_str().chars().count()),
        }
    }

    /// Of which there is no more than that.
    pub(super) const fn of_hash(hash: NtHash) -> Self {
        Self {
            hash,
            characters: None,
        }
    }
}

impl Passwords {
    /// Reads the file, if there is one yet.
    ///
    /// # Errors
    /// If it cannot be read or makes no sense: passwords that were given up would be good again.
    pub fn read(path: Option<&Path>) -> Result<Self, ConfigError> {
        let mut passwords = Self {
            path: path.map(Path::to_owned),
            ..Self::default()
        };
        let Some(path) = path else {
            return Ok(passwords);
        };
        let failure = |why: String| ConfigError::new(format!("{}: {why}", path.display()));
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(passwords),
            Err(error) => return Err(failure(error.to_string())),
        };
        for (number, line) in (1..).zip(text.lines()) {
            let mut parts = line.splitn(3, ' ');
            let mut hash = || config::parse_hash(parts.next()?);
            let change = hash().zip(hash()).map(|(from, to)| Change { from, to });
            let (Some(change), Some(name)) = (change, parts.next()) else {
                return Err(failure(format!("line {number} makes no sense")));
            };
            passwords.changes.insert(name.to_owned(), change);
        }
        Ok(passwords)
    }

    /// What `name` has changed the password to that the configuration has as `configured`.
    #[must_use]
    pub fn changed(&self, name: &str, configured: &NtHash) -> Option<NtHash> {
        let change = self.changes.get(name).filter(|it| it.from == *configured)?;
        Some(change.to.clone())
    }

    /// Keeps a change, on the disk first.
    ///
    /// # Errors
    /// If it cannot be written; then nothing has changed.
    pub fn change(&mut self, name: &str, from: NtHash, to: NtHash) -> io::Result<()> {
        let path = self.path.as_deref().ok_or(ErrorKind::NotFound)?;
        let mut changes = self.changes.clone();
        changes.insert(name.to_owned(), Change { from, to });
        write(path, &changes)?;
        self.changes = changes;
        Ok(())
    }
}

/// Writes all of it beside the file, and then puts it into its place: whatever happens, one of the two is whole.
fn write(path: &Path, changes: &BTreeMap<String, Change>) -> io::Result<()> {
    let mut text = Zeroizing::new(String::with_capacity(changes.len() * 256));
    for (name, Change { from, to }) in changes {
        for hash in [from, to] {
            let digits = u128::from_be_bytes(*hash.as_bytes());
            write!(text, "{digits:032x} ").map_err(io::Error::other)?;
        }
        text.push_str(name);
        text.push('\n');
    }
    let mut beside = OsString::from(path);
    beside.push(".new");
    // One that a crash has left behind.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let options = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .clone();
    let mut file = options.open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

impl Server {
    /// Looks at what `user`, under the `name` that was presented, proves, and changes the password if that is asked for.
    pub(super) fn assess(&mut self, user: &User, name: &[u8], presented: &Presented) -> Assessed {
        let Some(hash) = &user.hash else {
            return Assessed::Wrong;
        };
        match presented {
            Presented::Response {
                challenge,
                peer_challenge,
                nt_response,
                ..
            } => {
                let exchange = Exchange {
                    authenticator_challenge: challenge,
                    peer_challenge,
                    user_name: name,
                };
                if !exchange.verify_nt_response(hash, nt_response) {
                    Assessed::Wrong
                } else if user.must_change {
                    Assessed::Expired
                } else {
                    Assessed::Right
                }
            }
            Presented::Change {
                id,
                identifier,
                challenge,
                data,
            } if user.must_change => {
                let Ok(change) = Version3::parse(data) else {
                    return Assessed::Unproven;
                };
                let request = ChangeRequest {
                    id: *id,
                    user_name: name,
                    identifier: *identifier,
                    challenge,
                    change,
                };
                let mut password = NewPassword::new();
                let opened = request.open(hash, &mut password).ok();
                self.change_password(user, hash, opened.map(|()| NewSecret::of(&password)))
            }
            Presented::ChangeV1(change) if user.must_change => {
                self.change_password(user, hash, change.open(name, hash))
            }
            Presented::Change { .. } | Presented::ChangeV1(_) => Assessed::Unproven,
            Presented::Plain(plain) if !plain.proves(user, hash) => Assessed::Wrong,
            Presented::Plain(Plain::MsChapV1 { .. }) if user.must_change => Assessed::Expired,
            // These have no changes of password.
            Presented::Plain(_) if user.must_change => {
                Assessed::Unfit("the password has to be changed, for which it takes MS-CHAP")
            }
            Presented::Plain(_) => Assessed::Right,
            Presented::Eap { .. } => Assessed::Wrong,
        }
    }

    fn change_password(
        &mut self,
        user: &User,
        old: &NtHash,
        opened: Option<NewSecret>,
    ) -> Assessed {
        let Some(NewSecret {
            hash: new,
            characters,
        }) = opened
        else {
            return Assessed::Unproven;
        };
        if characters.is_some_and(|it| it < self.config.passwords.shortest) {
            return Assessed::Unfit("the new password is too short");
        }
        if new == *old {
            return Assessed::Unfit("the new password is the old one");
        }
        // Who must change a password has not done so, and has that of the configuration.
        let kept = self.passwords.change(&user.name, old.clone(), new.clone());
        if let Err(error) = kept {
            error!(user = user.name, %error, "the new password cannot be written down");
            return Assessed::Unfit("the new password could not be written down");
        }
        info!(user = user.name, "the password is changed");
        let user = Rc::new(User {
            name: user.name.clone(),
            hash: Some(new),
            password: None,
            must_change: false,
            address: user.address,
            networks: user.networks.clone(),
            mppe: user.mppe,
            mppc: user.mppc,
        });
        self.users.replace(&user);
        Assessed::Changed(user)
    }
}

impl Presented {
    /// A Response.
    pub(super) fn response(proof: &Request<'_>) -> Self {
        Self::Response {
            identifier: proof.identifier,
            challenge: *proof.challenge,
            peer_challenge: proof.response.peer_challenge,
            nt_response: proof.response.nt_response,
        }
    }

    /// What `request` shows.
    pub(super) fn change(request: &ChangeRequest<'_>) -> Self {
        let mut data = vec![0; Version3::LEN];
        let mut writer = pptp_core::codec::Writer::new(&mut data);
        request.change.encode(&mut writer);
        Self::Change {
            id: request.id,
            identifier: request.identifier,
            challenge: *request.challenge,
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn hash(password: &str) -> NtHash {
        NtHash::from_password(password)
    }

    /// A folder of its own, gone when it is over.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("pptp-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_changed_is_there_again() {
        let folder = Folder::new("kept");
        let file = folder.0.join("passwords");
        let mut passwords = Passwords::read(Some(&file)).unwrap();
        assert_eq!(passwords.changed("alice", &hash("welcome")), None);
        let names = ["alice", r"SHOP\bob", "carol of the mill", "ö"];
        for (name, new) in names.iter().zip(["one", "two", "three", "four"]) {
            passwords.change(name, hash("welcome"), hash(new)).unwrap();
        }
        // Once more, from another one.
        passwords
            .change("alice", hash("hello"), hash("five"))
            .unwrap();
        let again = Passwords::read(Some(&file)).unwrap();
        for passwords in [passwords, again] {
            assert_eq!(
                passwords.changed("alice", &hash("hello")),
                Some(hash("five"))
            );
            assert_eq!(
                passwords.changed(r"SHOP\bob", &hash("welcome")),
                Some(hash("two"))
            );
            assert_eq!(passwords.changed("ö", &hash("welcome")), Some(hash("four")));
            let mill = passwords.changed("carol of the mill", &hash("welcome"));
            assert_eq!(mill, Some(hash("three")));
            // Another password in the configuration counts more.
            assert_eq!(passwords.changed("alice", &hash("welcome")), None);
            assert_eq!(passwords.changed("nobody", &hash("welcome")), None);
        }
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
        assert_eq!(
            fs::read_dir(&folder.0).unwrap().count(),
            1,
            "nothing beside it"
        );
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("three "), "no password is in it");
    }

    /// A crash in the midst of writing leaves what was there, and what it leaves beside is in nobody's way.
    #[test]
    fn what_a_crash_leaves_is_harmless() {
        let folder = Folder::new("crash");
        let file = folder.0.join("passwords");
        let mut passwords = Passwords::read(Some(&file)).unwrap();
        passwords
            .change("alice", hash("welcome"), hash("one"))
            .unwrap();
        fs::write(folder.0.join("passwords.new"), "half a li").unwrap();
        let mut passwords = Passwords::read(Some(&file)).unwrap();
        assert_eq!(
            passwords.changed("alice", &hash("welcome")),
            Some(hash("one"))
        );
        passwords
            .change("alice", hash("welcome"), hash("two"))
            .unwrap();
        let passwords = Passwords::read(Some(&file)).unwrap();
        assert_eq!(
            passwords.changed("alice", &hash("welcome")),
            Some(hash("two"))
        );
    }

    #[test]
    fn what_cannot_be_written_is_not_changed() {
        let folder = Folder::new("unwritable");
        let mut passwords = Passwords::read(Some(&folder.0.join("none/passwords"))).unwrap();
        assert!(
            passwords
                .change("alice", hash("welcome"), hash("one"))
                .is_err()
        );
        assert_eq!(passwords.changed("alice", &hash("welcome")), None);
        let nowhere = Passwords::default().change("alice", hash("welcome"), hash("one"));
        assert!(nowhere.is_err());
    }

    /// A file that cannot be understood must not make the old passwords good again.
    #[test]
    fn what_makes_no_sense_is_an_error() {
        let folder = Folder::new("nonsense");
        let file = folder.0.join("passwords");
        let good = "44ebba8d5312b8d611474411f56989ae";
        for text in [
            "alice",
            &format!("{good} alice"),
            &format!("{good} {good}"),
            &format!("{good} {} alice", &good[1..]),
            &format!("{good} {good} alice\n\n"),
        ] {
            fs::write(&file, text).unwrap();
            let error = Passwords::read(Some(&file)).unwrap_err();
            assert!(error.to_string().contains("makes no sense"), "{text}");
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(Passwords::read(Some(&file)).is_err());
    }
}
