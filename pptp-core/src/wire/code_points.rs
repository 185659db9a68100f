//! Enumerations of code points, each of which keeps values that RFC 2637 does not define.

/// Defines an enum of code points with conversions from and to their numbers; its `Display` is the number and the
/// RFC's name for it, such as `1:Connected`.
macro_rules! code_points {
    (
        $(#[$meta:meta])*
        $name:ident: $int:ty {
            $($(#[$about:meta])* $value:literal $variant:ident $text:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum $name {
            $(
                $(#[$about])*
                #[doc = concat!(" (", stringify!($value), ")")]
                $variant,
            )*
            /// A value that RFC 2637 does not define. Conversion from a number never makes one that it does.
            Other($int),
        }

        impl $name {
            /// The RFC's name for this value.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(_) => "Unknown",
                }
            }
        }

        impl From<$int> for $name {
            fn from(value: $int) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    other => Self::Other(other),
                }
            }
        }

        impl From<$name> for $int {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => $value,)*
                    $name::Other(other) => other,
                }
            }
        }
    };
}

/// Displays a code as number and name, as tcpdump does.
macro_rules! display_code {
    ($($name:ident: $int:ty),* $(,)?) => {$(
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{}:{}", <$int>::from(*self), self.name())
            }
        }
    )*};
}

pub(super) use {code_points, display_code};

code_points! {
    /// A general error code (RFC 2637 §2.16): what the matter is when a result code says "General Error".
    GeneralError: u8 {
        /// No general error.
        0 None "None",
        /// No control connection exists yet for this pair of PAC and PNS.
        1 NotConnected "Not-Connected",
        /// Length or magic cookie is wrong.
        2 BadFormat "Bad-Format",
        /// A field's value is out of range, or a reserved field is not zero.
        3 BadValue "Bad-Value",
        /// Not enough resources to handle this command now.
        4 NoResource "No-Resource",
        /// The call id is invalid in this context.
        5 BadCallId "Bad-Call ID",
        /// A vendor-specific error occurred in the PAC.
        6 PacError "PAC-Error",
    }
}

display_code!(GeneralError: u8);
