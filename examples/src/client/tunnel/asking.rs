//! Another password, where the server would take one: from a file, or from whoever is at the terminal.

use super::super::failure::Failure;
use super::super::prompt::Prompt;
use super::super::{password, progress};
use super::Tunnel;
use pptp_core::DownReason;
use pptp_core::ppp::auth::NameTooLong;
use pptp_core::ppp::wire::mschapv2::ErrorCode;
use pptp_core::ppp::{Credentials, DownReason as LinkDown, Methods, RetryError};
use pptp_core::time::Instant;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Who we are, and how we come by another password.
#[derive(Debug)]
pub struct Secrets {
    /// The user, if there is one.
    user: String,
    methods: Methods,
    /// Where the new password is, should the old one have expired.
    new_password_file: Option<PathBuf>,
    /// Whether the password was asked for at the terminal, so that others can be.
    pub(super) is_asking: bool,
    question: Option<Question>,
    /// What the server has yet to say whether it takes it, and whether it is a new one.
    tried: Option<(Credentials, bool)>,
}

/// What is being asked at the terminal.
#[derive(Debug)]
struct Question {
    prompt: Prompt,
    what: What,
    /// Why it is asked.
    error: ErrorCode,
}

#[derive(Debug)]
enum What {
    Password,
    New,
    /// The new one for the second time.
    Again(Zeroizing<String>),
}

impl Secrets {
    /// Of a user, who may prove it by these methods.
    #[must_use]
    pub fn new(
        (user, methods): (String, Methods),
        new_password_file: Option<PathBuf>,
        is_asking: bool,
    ) -> Self {
        Self {
            user,
            methods,
            new_password_file,
            is_asking,
            question: None,
            tried: None,
        }
    }

    /// The same user with another password.
    fn with_password(&self, password: &str) -> Result<Credentials, NameTooLong> {
        let who = Credentials::new(&self.user, password)?;
        Ok(who.with_methods(self.methods))
    }

    /// Whether there is anything to say when the server asks for another password.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.is_asking || self.new_password_file.is_some()
    }

    /// Where an answer is typed.
    pub(super) fn prompt(&self) -> Option<&Prompt> {
        self.question.as_ref().map(|question| &question.prompt)
    }
}

impl Tunnel<'_> {
    /// The server does not take the password, but would take another one.
    pub(super) fn want(&mut self, now: Instant, (error, retry, change): (ErrorCode, bool, bool)) {
        if change && let Some(path) = self.secrets.new_password_file.take() {
            progress::step(
                now,
                format_args!("changing it to that in {}", path.display()),
            );
            match password::from_file(&path) {
                Ok(new) => self.change(now, error, &new),
                Err(why) => {
                    let path = path.display();
                    let text = format!("cannot read the new password from {path}: {why}");
                    self.failure = Some(Failure::Usage(text));
                }
            }
        } else if change && self.secrets.is_asking {
            self.ask(now, error, What::New);
        } else if retry && self.secrets.is_asking {
            self.ask(now, error, What::Password);
        } else {
            self.give_up(error);
        }
    }

    /// Takes what was typed.
    pub(super) fn read_answer(&mut self, now: Instant) {
        let Some(question) = &mut self.secrets.question else {
            return;
        };
        let Some(answer) = question.prompt.answer() else {
            return;
        };
        let error = question.error;
        let Some(question) = self.secrets.question.take() else {
            return;
        };
        drop(question.prompt);
        if answer.is_empty() {
            return self.give_up(error);
        }
        match question.what {
            What::Password => match self.secrets.with_password(&answer) {
                Ok(who) => {
                    let tried = self.session.retry(now, who.clone());
                    self.tell(tried, error, (who, false));
                }
                Err(error) => self.failure = Some(Failure::Usage(error.to_string())),
            },
            What::New => self.ask(now, error, What::Again(answer)),
            What::Again(before) if before == answer => self.change(now, error, &answer),
            What::Again(_) => {
                progress::line(format_args!("These were two."));
                self.ask(now, error, What::New);
            }
        }
    }

    /// There is nobody left who would take an answer.
    pub(super) fn stop_asking(&mut self) {
        self.secrets.question = None;
    }

    /// The server has let us in: what it was told is our password from now on.
    pub(super) fn believed(&mut self, now: Instant) {
        if let Some((who, is_new)) = self.secrets.tried.take() {
            self.lasting.credentials = Some(who);
            if is_new {
                progress::step(now, format_args!("the password is changed"));
            }
        }
    }

    fn ask(&mut self, now: Instant, error: ErrorCode, what: What) {
        let user = &self.secrets.user;
        let question = match &what {
            What::Password => format!("Password of {user}: "),
            What::New => format!("New password of {user}: "),
            What::Again(_) => "The same again: ".to_owned(),
        };
        match Prompt::new(&question) {
            Ok(prompt) => {
                self.secrets.question = Some(Question {
                    prompt,
                    what,
                    error,
                });
            }
            Err(why) => {
                progress::step(now, format_args!("cannot ask for another one: {why}"));
                self.give_up(error);
            }
        }
    }

    fn change(&mut self, now: Instant, error: ErrorCode, new: &str) {
        match self.secrets.with_password(new) {
            Ok(who) => {
                let tried = self.session.change_password(now, new);
                self.tell(tried, error, (who, true));
            }
            Err(error) => self.failure = Some(Failure::Usage(error.to_string())),
        }
    }

    fn tell(&mut self, tried: Result<(), RetryError>, error: ErrorCode, with: (Credentials, bool)) {
        match tried {
            Ok(()) => self.secrets.tried = Some(with),
            Err(RetryError::NotWanted) => self.give_up(error),
            Err(error) => self.failure = Some(Failure::Usage(error.to_string())),
        }
    }

    fn give_up(&mut self, error: ErrorCode) {
        // Unless it has an end of its own already.
        if self.session.down_reason().is_none() {
            self.failure = Some(Failure::Down {
                reason: DownReason::Ppp(LinkDown::AuthenticationFailed(error)),
                refused: false,
            });
        }
    }
}
