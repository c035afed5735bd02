//! Parameters as they stand on a command line, and as they are sent.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use jsonrpsee::core::traits::ToRpcParams;
use lotus_core::{Method, WireType};
use serde_json::value::{RawValue, to_raw_value};

/// The parameters of a call, each a JSON text. They may hold secrets, so they have no `Debug`.
pub(super) struct Params(Vec<Box<RawValue>>);

impl Params {
    /// What stands on the command line: JSON, or else a string. Where the method's type is known it
    /// decides, so that an amount needs no quotes although it looks like a number.
    pub(super) fn given(texts: &[String], method: Option<&Method>) -> Self {
        let types = method.map_or(&[][..], |method| method.params);
        let params = texts.iter().enumerate().map(|(position, text)| {
            let ty = types.get(position).map(|param| &param.ty);
            value(text, ty)
        });
        Self(params.collect())
    }

    /// Reads a JSON array from a file, or from stdin for `-`.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = if path == Path::new("-") {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            fs::read_to_string(path)
        };
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        // The error does not repeat the text, which may hold a key.
        let params = serde_json::from_str(&text)
            .with_context(|| format!("{} is no JSON array", path.display()))?;
        Ok(Self(params))
    }

    /// Whether the method takes as many, of these types.
    pub(super) fn check(&self, method: &Method) -> anyhow::Result<()> {
        let (given, taken) = (self.0.len(), method.params.len());
        match method.required == taken {
            true => ensure!(
                given == taken,
                "wrong number of parameters: {given} instead of {taken}"
            ),
            false => ensure!(
                method.takes(given),
                "wrong number of parameters: {given} instead of {} to {taken}",
                method.required
            ),
        }
        for (value, param) in self.0.iter().zip(method.params) {
            if let Err(error) = param.ty.normalise(value.get()) {
                bail!("{} is no {}: {error}", param.name, param.ty.name);
            }
        }
        Ok(())
    }
}

fn value(text: &str, ty: Option<&WireType>) -> Box<RawValue> {
    let string = to_raw_value(text).expect("a string has a JSON form");
    let Ok(json) = RawValue::from_string(text.to_owned()) else {
        return string;
    };
    let fits = |value: &RawValue| ty.is_none_or(|ty| ty.normalise(value.get()).is_ok());
    match fits(&json) || !fits(&string) {
        true => json,
        false => string,
    }
}

impl ToRpcParams for Params {
    fn to_rpc_params(self) -> serde_json::Result<Option<Box<RawValue>>> {
        to_raw_value(&self.0).map(Some)
    }
}

/// `Filecoin.WalletSign(address: Address, data: Bytes) -> Signature, needs sign`
pub(super) fn signature(method: &Method) -> String {
    let params = method.params.iter();
    let params: Vec<_> = params
        .map(|param| format!("{}: {}", param.name, param.ty.name))
        .collect();
    format!(
        "{}({}) -> {}, needs {}",
        method.name,
        params.join(", "),
        method.result.name,
        method.permission
    )
}

#[cfg(test)]
mod tests {
    use lotus_core::api::wallet::WALLET;

    use super::*;

    fn method(name: &str) -> &'static Method {
        WALLET.iter().find(|row| row.bare_name() == name).unwrap()
    }

    fn sent(name: &str, texts: &[&str]) -> Result<String, String> {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        let params = Params::given(&texts, Some(method(name)));
        params
            .check(method(name))
            .map_err(|error| error.to_string())?;
        Ok(params.to_rpc_params().unwrap().unwrap().get().to_owned())
    }

    #[test]
    fn what_is_no_json_is_a_string_and_the_type_decides() {
        assert_eq!(sent("WalletBalance", &["f01234"]).unwrap(), r#"["f01234"]"#);
        assert_eq!(
            sent("WalletBalance", &[r#""f01234""#]).unwrap(),
            r#"["f01234"]"#
        );
        // A number is no address text, and as a string it is one.
        assert_eq!(sent("WalletValidateAddress", &["12"]).unwrap(), r#"["12"]"#);
    }

    #[test]
    fn number_and_types_are_checked() {
        let error = sent("WalletBalance", &[]).unwrap_err();
        assert_eq!(error, "wrong number of parameters: 0 instead of 1");
        let error = sent("WalletSign", &["f01234", "{}"]).unwrap_err();
        assert!(error.starts_with("data is no Bytes: "), "{error}");
    }

    #[test]
    fn a_signature_says_everything() {
        assert_eq!(
            signature(method("WalletSign")),
            "Filecoin.WalletSign(address: Address, data: Bytes) -> Signature, needs sign"
        );
    }
}
