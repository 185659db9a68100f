//! Numbers with assigned names, of which any value may be met on the wire.

/// Defines a newtype of an integer with a constant for each assigned number, `name()` and `Display`.
macro_rules! code_points {
    (
        $(#[$meta:meta])*
        pub struct $Type:ident($int:ty);
        $($(#[$doc:meta])* $NAME:ident = $value:literal, $text:literal;)+
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub struct $Type(pub $int);

        impl $Type {
            $(
                $(#[$doc])*
                pub const $NAME: Self = Self($value);
            )+

            /// The name that its specification gives it; `None` if it is not known here.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                Some(match self {
                    $(Self::$NAME => $text,)+
                    _ => return None,
                })
            }
        }

        impl core::fmt::Display for $Type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => write!(f, concat!(stringify!($Type), "({:#x})"), self.0),
                }
            }
        }

        impl From<$int> for $Type {
            fn from(value: $int) -> Self {
                Self(value)
            }
        }
    };
}
