//! `null` as a parameter. Go clients send it for a nil slice or pointer, and go-jsonrpc reads it as
//! the zero value of whatever the method takes; serde reads it as nothing but an `Option`.

use lotus_core::Method;
use serde_json::value::{RawValue, to_raw_value};

use super::elements::Elements;

/// The parameters with the zero value of its type for every `null`, if there is one to replace.
pub(crate) fn replaced(method: &Method, params: &RawValue) -> Option<Box<RawValue>> {
    // Most calls have none, and need not be read twice.
    if !params.get().contains("null") {
        return None;
    }
    let elements = Elements::parse(params.get().as_bytes(), method.params.len()).ok()?;
    if elements.count != elements.first.len() {
        return None;
    }
    let mut found = false;
    let values: Vec<_> = elements
        .first
        .into_iter()
        .zip(method.params)
        .map(|(given, param)| match given.get() {
            // A type without a zero has its own words for `null`.
            "null" => match param.ty.normalise("null").map(RawValue::from_string) {
                Ok(Ok(zero)) => {
                    found = true;
                    zero
                }
                _ => given.to_owned(),
            },
            _ => given.to_owned(),
        })
        .collect();
    if !found {
        return None;
    }
    to_raw_value(&values).ok()
}

#[cfg(test)]
mod tests {
    use lotus_core::api::wallet::WALLET;

    use super::*;

    fn zeroed(method: &str, params: &str) -> Option<String> {
        let method = WALLET.iter().find(|row| row.bare_name() == method).unwrap();
        let params = RawValue::from_string(params.to_owned()).unwrap();
        replaced(method, &params).map(|params| params.get().to_owned())
    }

    #[test]
    fn a_null_becomes_what_go_makes_of_it() {
        let zeroed_sign = zeroed("WalletSign", r#"["f01",null]"#).unwrap();
        assert_eq!(zeroed_sign, r#"["f01",""]"#);
        assert_eq!(
            zeroed("WalletValidateAddress", "[null]").unwrap(),
            r#"[""]"#
        );
    }

    #[test]
    fn everything_else_is_left_alone() {
        assert_eq!(zeroed("WalletSign", r#"["f01","aGk="]"#), None);
        assert_eq!(zeroed("WalletValidateAddress", r#"["null"]"#), None);
        assert_eq!(zeroed("WalletValidateAddress", "[null,null]"), None);
    }
}
