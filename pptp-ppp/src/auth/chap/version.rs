//! In what the versions of CHAP differ.

/// A version of CHAP: [`V2`](super::V2), [`V1`](super::V1) or [`Md5`](super::Md5).
///
/// Sealed.
pub trait ChapVersion: Version {}

impl<V: Version> ChapVersion for V {}

mod sealed {
    #![allow(
        unnameable_types,
        unreachable_pub,
        reason = "the supertrait seals ChapVersion; which of the two is called depends on the compiler"
    )]

    use crate::auth::chap::change::Blocks;
    use crate::auth::{AuthId, Identity, Methods, ShortText, Verdict, shorten};
    use crate::codec::{ParseError, Writer};
    use crate::event::Proof;
    use crate::mschap::change::PasswordTooLong;
    use crate::random::Random;
    use crate::wire::chap::Code;
    use crate::wire::mschapv2::ErrorCode;
    use core::fmt;
    use pptp_mppe::LinkKeys;

    /// What both machines have to know of a version.
    pub trait Version: Clone + fmt::Debug + PartialEq + Eq {
        /// As the defaults of [`Methods`] have it.
        const DEFAULT: Self;
        /// In the place of a challenge before the first.
        const UNASKED: Self::Challenge;
        /// Whether a Failure can allow another try.
        const RETRIES: bool;
        /// What an authenticator asks with.
        type Challenge: Clone + fmt::Debug + PartialEq + Eq + AsRef<[u8]>;
        /// What a peer is asked with.
        type Asked: Clone + fmt::Debug + PartialEq + Eq + AsRef<[u8]>;
        /// The value of a Response, or what is in the place of one in a change of password.
        type Response: Clone + fmt::Debug + PartialEq + Eq;
        /// What is in a Success.
        type Success: Clone + fmt::Debug + PartialEq + Eq;
        /// Of MPPE.
        type Keys: Clone + fmt::Debug + PartialEq + Eq + Into<LinkKeys>;
        /// What the peer keeps of a text for people.
        type Text: KeptText;

        /// As `methods` have it.
        fn with_methods(methods: Methods) -> Self;

        /// The value of a Challenge.
        fn parse_challenge(value: &[u8]) -> Result<Self::Asked, ParseError>;
        /// Our proof. `None`: we have not what it takes.
        fn prove(
            &self,
            who: &impl Identity,
            identifier: u8,
            asked: &Self::Asked,
            random: &mut Random,
        ) -> Option<Self::Response>;
        /// Writes the value of a Response.
        fn write_response(response: &Self::Response, out: &mut Writer<'_>);
        /// What is in a Success: the keys, and text for people. `None`: it is not from somebody who knows the password.
        fn accept<'p>(
            &self,
            who: &impl Identity,
            asked: &Self::Asked,
            response: &Self::Response,
            message: &'p [u8],
        ) -> Option<(Option<Self::Keys>, &'p [u8])>;
        /// What is in a Failure, the answer to a Response to `asked`.
        fn parse_failure<'p>(message: &'p [u8], asked: &Self::Asked) -> Refused<'p, Self::Asked>;
        /// The message that a peer would have its password changed by, if the Failure tells `version`.
        fn change_code(&self, version: Option<u32>, has_room: bool) -> Option<Code>;
        /// What goes into that message.
        fn change(
            &self,
            code: Code,
            asked: &Self::Asked,
            change: &NewSecret<'_, impl Identity>,
            random: &mut Random,
        ) -> Result<(Self::Response, Option<Blocks>), PasswordTooLong>;
        /// The code of the message that has `response` in it.
        fn code_of_change(response: &Self::Response) -> Code;
        /// Appends the data of that message.
        fn write_change(response: &Self::Response, blocks: Option<&Blocks>, out: &mut Writer<'_>);

        /// A new challenge.
        fn draw(random: &mut Random) -> Self::Challenge;
        /// The value of a Response.
        fn parse_response(value: &[u8]) -> Result<Self::Response, ParseError>;
        /// The data of a change of password. `None`: `code` is none that is taken.
        #[expect(clippy::type_complexity, reason = "each part is needed once, here")]
        fn parse_change(
            &self,
            code: Code,
            data: &[u8],
            has_room: bool,
        ) -> Option<Result<(Self::Response, Option<Blocks>), ParseError>>;
        /// Whether a change of password can be asked for.
        fn can_change(&self, has_room: bool) -> bool;
        /// What is asked about it.
        fn proof(shown: Shown<'_, Self>) -> Proof<'_>;
        /// What `verdict`, which is no [`Verdict::Reject`], comes to: what goes into the Success, and the keys; or why not.
        fn judge(
            &self,
            shown: Shown<'_, Self>,
            verdict: &Verdict<'_>,
        ) -> Result<(Self::Success, Option<Self::Keys>), ErrorCode>;
        /// Writes the message of a Success.
        fn write_success(success: &Self::Success, out: &mut Writer<'_>);
        /// Writes the message of a Failure.
        fn write_failure(
            failure: &Refused<'_, Self::Challenge>,
            has_room: bool,
            out: &mut Writer<'_>,
        );
    }

    /// What is in a Failure.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Refused<'a, Challenge> {
        pub(crate) error: ErrorCode,
        pub(crate) retry: bool,
        /// For another try.
        pub(crate) challenge: Option<Challenge>,
        /// Of changes of password.
        pub(crate) version: Option<u32>,
        /// For people.
        pub(crate) message: &'a [u8],
    }

    /// From one password to another.
    #[derive(Debug)]
    pub struct NewSecret<'a, I> {
        pub(crate) old: &'a I,
        pub(crate) new: &'a I,
        pub(crate) password: &'a str,
    }

    /// What waits for a verdict.
    #[derive(Debug)]
    pub struct Shown<'a, V: Version> {
        pub(crate) id: AuthId,
        pub(crate) user_name: &'a [u8],
        pub(crate) identifier: u8,
        /// What it is the answer to.
        pub(crate) challenge: &'a V::Challenge,
        pub(crate) response: &'a V::Response,
        /// The rest of a change of password that has one.
        pub(crate) blocks: Option<&'a Blocks>,
    }

    impl<V: Version> Clone for Shown<'_, V> {
        fn clone(&self) -> Self {
            *self
        }
    }

    impl<V: Version> Copy for Shown<'_, V> {}

    /// Room for a text for people, or none.
    pub trait KeptText: Clone + fmt::Debug + PartialEq + Eq {
        const EMPTY: Self;
        fn keep(&mut self, text: &[u8]);
        fn get(&self) -> &[u8];
    }

    impl KeptText for () {
        const EMPTY: Self = ();

        fn keep(&mut self, _text: &[u8]) {}

        fn get(&self) -> &[u8] {
            &[]
        }
    }

    impl KeptText for ShortText {
        const EMPTY: Self = Self::new();

        fn keep(&mut self, text: &[u8]) {
            *self = shorten(text);
        }

        fn get(&self) -> &[u8] {
            self
        }
    }
}

pub(crate) use sealed::{KeptText, NewSecret, Refused, Shown, Version};
