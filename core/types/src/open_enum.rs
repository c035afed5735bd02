//! Enumerations that the network can extend: a value that this program does not know is kept.

/// An enumeration that is a number on the wire: `enum Name: u64 { Variant = 0, … }`.
///
/// Adds a variant `Other` for every other number, conversions from and into the number, and a
/// default: Go's zero.
macro_rules! int_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident: $int:ty {
            $($(#[$variant_meta:meta])* $variant:ident = $number:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// A number that this program does not know.
            Other($int),
        }

        impl From<$int> for $name {
            fn from(number: $int) -> $name {
                match number {
                    $($number => $name::$variant,)+
                    other => $name::Other(other),
                }
            }
        }

        impl From<$name> for $int {
            fn from(value: $name) -> $int {
                match value {
                    $($name::$variant => $number,)+
                    $name::Other(other) => other,
                }
            }
        }

        impl Default for $name {
            fn default() -> $name {
                $name::from(0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$int>::from(*self).serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                <$int>::deserialize(deserializer).map($name::from)
            }
        }

        $crate::schema::schema!($name, stringify!($name), {
            "type": "integer",
            "description": concat!($(stringify!($number), " ", stringify!($variant), "; ",)+ "others may come"),
        });
    };
}

/// An enumeration that is a text on the wire: `enum Name { Variant = "text", … }`.
///
/// Adds a variant `Other` for every other text, conversions from and into the text, and a default:
/// Go's zero, the empty text.
macro_rules! text_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// A text that this program does not know.
            Other(String),
        }

        impl $name {
            /// The text on the wire.
            $vis fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $text,)+
                    $name::Other(other) => other,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                match text {
                    $($text => $name::$variant,)+
                    other => $name::Other(other.to_owned()),
                }
            }
        }

        impl Default for $name {
            fn default() -> $name {
                $name::from("")
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                String::deserialize(deserializer).map(|text| $name::from(text.as_str()))
            }
        }

        $crate::schema::schema!($name, stringify!($name), {
            "type": "string",
            "examples": [$($text),+],
        });
    };
}

pub(crate) use {int_enum, text_enum};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    int_enum! {
        /// A sample.
        enum Level: i64 {
            /// Down.
            Low = 1,
            /// Up.
            High = 2,
        }
    }

    text_enum! {
        /// A sample.
        enum Word {
            /// Yes.
            Yes = "yes",
        }
    }

    proptest! {
        #[test]
        fn every_number_and_every_text_is_kept(number in any::<i64>(), text in any::<String>()) {
            let level: Level = serde_json::from_str(&number.to_string()).unwrap();
            prop_assert_eq!(serde_json::to_string(&level).unwrap(), number.to_string());
            let text = serde_json::to_string(&text).unwrap();
            let word: Word = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(serde_json::to_string(&word).unwrap(), text);
        }
    }

    #[test]
    fn what_is_known_has_a_name() {
        assert_eq!(serde_json::from_str::<Level>("2").unwrap(), Level::High);
        assert_eq!(serde_json::to_string(&Level::Low).unwrap(), "1");
        assert_eq!(Level::default(), Level::Other(0));
        assert_eq!(serde_json::from_str::<Word>(r#""yes""#).unwrap(), Word::Yes);
        assert_eq!(Word::default(), Word::Other(String::new()));
        assert_eq!(format!("{:>4}", Word::Yes), " yes");
        let schema = schemars::schema_for!(Level).to_value();
        assert_eq!(schema["description"], "1 Low; 2 High; others may come");
    }
}
