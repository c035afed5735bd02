//! Amounts of FIL: attoFIL on the wire, FIL for people.

use std::fmt;
use std::str::FromStr;

use fvm_shared::bigint::BigInt;
use fvm_shared::econ;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::schema::schema;

/// One FIL is 10^18 attoFIL.
const DECIMALS: usize = econ::TokenAmount::DECIMALS;

/// Digits that an amount on the wire may have. The chain's own encoding ends at 128 bytes (308
/// digits), and reading a number takes time that grows with the square of its length.
const MAX_WIRE_DIGITS: usize = 320;

/// Characters of a number on the command line, as in Lotus's `types.ParseFIL`.
const MAX_INPUT_LEN: usize = 50;

/// An amount of FIL, held in attoFIL (10^-18 FIL); it may be negative.
///
/// On the wire it is a decimal string of attoFIL. [`Display`](fmt::Display) prints FIL as Lotus does
/// (`12.5 FIL`), and [`FromStr`] reads what Lotus's command line reads (`12.5`, `12.5 FIL`, `5afil`).
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenAmount(econ::TokenAmount);

impl TokenAmount {
    /// An amount of attoFIL.
    pub fn from_atto(atto: impl Into<BigInt>) -> TokenAmount {
        TokenAmount(econ::TokenAmount::from_atto(atto))
    }

    /// An amount of whole FIL.
    pub fn from_whole(fil: impl Into<BigInt>) -> TokenAmount {
        TokenAmount(econ::TokenAmount::from_whole(fil))
    }

    /// The amount in attoFIL.
    pub fn atto(&self) -> &BigInt {
        self.0.atto()
    }

    /// The amount as the FVM's own libraries know it.
    pub fn inner(&self) -> &econ::TokenAmount {
        &self.0
    }
}

impl From<econ::TokenAmount> for TokenAmount {
    fn from(inner: econ::TokenAmount) -> TokenAmount {
        TokenAmount(inner)
    }
}

impl From<TokenAmount> for econ::TokenAmount {
    fn from(amount: TokenAmount) -> econ::TokenAmount {
        amount.0
    }
}

/// Lotus's long form (`types.FIL.String`): as many decimals as it takes, then the unit.
impl fmt::Display for TokenAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.DECIMALS$}", self.0);
        let number = text.trim_end_matches('0').trim_end_matches('.');
        f.pad(&format!("{number} FIL"))
    }
}

impl fmt::Debug for TokenAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenAmount({self})")
    }
}

/// A text that is no amount; the words are those of Lotus's `types.ParseFIL`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseAmountError {
    /// Something other than `FIL`, `attoFIL` or `aFIL` follows the number.
    #[error("unrecognized suffix: {0:?}")]
    Suffix(String),
    /// The number is longer than 50 characters.
    #[error("string length too large: {0}")]
    TooLong(usize),
    /// It is no number.
    #[error("failed to parse {0:?} as a decimal number")]
    NotANumber(String),
    /// It has parts of an attoFIL.
    #[error("invalid {prefix}FIL value: {number:?}")]
    Fraction {
        /// `atto` if the number was one of attoFIL, else nothing.
        prefix: &'static str,
        /// The number, without its unit.
        number: String,
    },
}

impl FromStr for TokenAmount {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<TokenAmount, ParseAmountError> {
        let suffix = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
        let number = &text[..text.len() - suffix.len()];
        let (prefix, decimals) = match suffix.trim().to_lowercase().as_str() {
            "" | "fil" => ("", DECIMALS),
            "attofil" | "afil" => ("atto", 0),
            _ => return Err(ParseAmountError::Suffix(suffix.to_owned())),
        };
        if number.len() > MAX_INPUT_LEN {
            return Err(ParseAmountError::TooLong(number.len()));
        }

        let not_a_number = || ParseAmountError::NotANumber(number.to_owned());
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.trim_start_matches('-').is_empty() && fraction.is_empty() {
            return Err(not_a_number());
        }
        let fraction_digits = fraction.trim_end_matches('0');
        if !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return Err(not_a_number());
        }
        if fraction_digits.len() > decimals {
            return Err(ParseAmountError::Fraction {
                prefix,
                number: number.to_owned(),
            });
        }
        let atto = format!("{whole}{fraction_digits:0<decimals$}");
        parse_decimal(&atto)
            .map(TokenAmount::from_atto)
            .ok_or_else(not_a_number)
    }
}

/// Reads an optional sign and digits, nothing else.
fn parse_decimal(text: &str) -> Option<BigInt> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    // The parser itself would also take underscores and a second sign.
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

impl Serialize for TokenAmount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.atto())
    }
}

impl<'de> Deserialize<'de> for TokenAmount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TokenAmount, D::Error> {
        struct AttoFil;

        impl Visitor<'_> for AttoFil {
            type Value = TokenAmount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("attoFIL as a decimal string such as \"1000\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<TokenAmount, E> {
                if text == "<nil>" {
                    // How Go prints a big.Int that was never set, in places where old nodes forget to.
                    return Ok(TokenAmount::default());
                }
                if text.len() > MAX_WIRE_DIGITS {
                    return Err(E::custom("an amount has at most 320 digits"));
                }
                let atto = parse_decimal(text)
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))?;
                Ok(TokenAmount::from_atto(atto))
            }
        }

        deserializer.deserialize_str(AttoFil)
    }
}

schema!(TokenAmount, "TokenAmount", {
    "type": "string",
    "pattern": "^[-+]?[0-9]+$",
    "description": "An amount in attoFIL.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fil(text: &str) -> String {
        text.parse::<TokenAmount>().unwrap().to_string()
    }

    proptest! {
        #[test]
        fn json_round_trips(atto in any::<i128>()) {
            let amount = TokenAmount::from_atto(atto);
            let json = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(&json, &format!("\"{atto}\""));
            prop_assert_eq!(serde_json::from_str::<TokenAmount>(&json).unwrap(), amount);
        }

        #[test]
        fn what_is_printed_is_read(atto in any::<i128>()) {
            let amount = TokenAmount::from_atto(atto);
            prop_assert_eq!(amount.to_string().parse::<TokenAmount>().unwrap(), amount);
        }

        #[test]
        fn no_text_panics(text in "[-+.0-9_]{0,60}\\PC{0,8}") {
            let _ = text.parse::<TokenAmount>();
            let _ = serde_json::from_value::<TokenAmount>(text.into());
        }
    }

    #[test]
    fn prints_as_lotus_does() {
        assert_eq!(TokenAmount::default().to_string(), "0 FIL");
        assert_eq!(TokenAmount::from_whole(10).to_string(), "10 FIL");
        assert_eq!(
            TokenAmount::from_atto(12_500_000_000_000_000_000u64).to_string(),
            "12.5 FIL"
        );
        assert_eq!(
            TokenAmount::from_atto(1).to_string(),
            "0.000000000000000001 FIL"
        );
        assert_eq!(
            TokenAmount::from_atto(-1).to_string(),
            "-0.000000000000000001 FIL"
        );
    }

    #[test]
    fn reads_what_lotus_reads() {
        assert_eq!(fil("10"), "10 FIL");
        assert_eq!(fil("10 FIL"), "10 FIL");
        assert_eq!(fil("0.1fil"), "0.1 FIL");
        assert_eq!(fil(".5"), "0.5 FIL");
        assert_eq!(fil("1."), "1 FIL");
        assert_eq!(fil("-0.5"), "-0.5 FIL");
        assert_eq!(fil("5attofil"), "0.000000000000000005 FIL");
        assert_eq!(fil("5.0 afil"), "0.000000000000000005 FIL");
        assert_eq!(fil("1.50000000000000000000"), "1.5 FIL");
    }

    #[test]
    fn refuses_with_lotus_words() {
        let error = |text: &str| text.parse::<TokenAmount>().unwrap_err().to_string();
        assert_eq!(error("5x"), r#"unrecognized suffix: "x""#);
        assert_eq!(error("ten"), r#"unrecognized suffix: "ten""#);
        assert_eq!(error("1,5"), r#"unrecognized suffix: ",5""#);
        assert_eq!(error(&"1".repeat(51)), "string length too large: 51");
        for bad in ["", "FIL", "-", ".", "-.", "1.2.3", "--1", "1-1", "1.-1"] {
            assert!(
                error(bad).starts_with("failed to parse"),
                "{bad}: {}",
                error(bad)
            );
        }
        assert_eq!(error("0.5 attofil"), r#"invalid attoFIL value: "0.5""#);
        assert_eq!(
            error("0.0000000000000000001"),
            r#"invalid FIL value: "0.0000000000000000001""#
        );
    }

    #[test]
    fn the_wire_form_is_a_decimal_string_only() {
        let read = |json: &str| serde_json::from_str::<TokenAmount>(json);
        assert_eq!(read(r#""-12""#).unwrap(), TokenAmount::from_atto(-12));
        assert_eq!(read(r#""<nil>""#).unwrap(), TokenAmount::default());
        for bad in [
            "12",
            r#""""#,
            r#""0x10""#,
            "null",
            r#""1_000""#,
            r#""1.5""#,
            r#""--1""#,
            "{}",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&format!("\"{}\"", "9".repeat(1_000_000))).is_err());
    }
}
