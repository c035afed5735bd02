//! The forms in which keys are exported and imported.

use anyhow::{Context as _, anyhow, bail};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use lotus_core::types::{Bytes, KeyInfo, KeyType};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// A form of a key (Lotus `cli/wallet.go`, `--format`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The hex of the JSON of a `KeyInfo`.
    HexLotus,
    /// The JSON of a `KeyInfo`.
    JsonLotus,
    /// The JSON that go-filecoin wrote. Read only.
    GfcJson,
    /// `0x` and 32 bytes in hex, as Ethereum's tools write private keys.
    HexEth,
}

/// go-filecoin's file of keys.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Gfc {
    key_info: Vec<GfcKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GfcKey {
    private_key: Bytes,
    sig_type: i64,
}

impl Form {
    /// The form of this name.
    pub(super) fn named(name: &str) -> anyhow::Result<Self> {
        Ok(match name {
            "hex-lotus" => Form::HexLotus,
            "json-lotus" => Form::JsonLotus,
            "gfc-json" => Form::GfcJson,
            "hex-eth" => Form::HexEth,
            other => bail!("unrecognized format: {other}"),
        })
    }

    /// Writes a key, without a line feed.
    pub(super) fn write(self, key: &KeyInfo) -> anyhow::Result<Zeroizing<String>> {
        let json = || serde_json::to_string(key).map(Zeroizing::new);
        Ok(match self {
            Form::HexLotus => HEXLOWER.encode(json()?.as_bytes()).into(),
            Form::JsonLotus => json()?,
            Form::GfcJson => {
                bail!("unrecognized format: gfc-json (keys can only be imported from it)")
            }
            Form::HexEth => match key.key_type() {
                KeyType::Secp256k1 | KeyType::Delegated => {
                    format!("0x{}", &*Zeroizing::new(HEXLOWER.encode(key.private_key()))).into()
                }
                other => {
                    bail!("hex-eth format requires a secp256k1 or delegated key, got: {other}")
                }
            },
        })
    }

    /// Reads a key. `eth_type` is what a key in [`Form::HexEth`] is for. No error quotes the text.
    pub(super) fn read(self, text: &str, eth_type: &KeyType) -> anyhow::Result<KeyInfo> {
        let text = text.trim();
        if text.is_empty() {
            bail!("the key is empty");
        }
        match self {
            Form::HexLotus => {
                let json = hex(text).context("the key is not in the format hex-lotus")?;
                from_json(&json, "hex-lotus")
            }
            Form::JsonLotus => from_json(text.as_bytes(), "json-lotus"),
            Form::GfcJson => {
                let file: Gfc = from_json(text.as_bytes(), "gfc-json")?;
                let Some(key) = file.key_info.into_iter().next() else {
                    bail!("there is no key in the file");
                };
                let key_type = match key.sig_type {
                    1 => KeyType::Secp256k1,
                    2 => KeyType::Bls,
                    other => bail!("unrecognized key type: {other}"),
                };
                Ok(KeyInfo::new(key_type, key.private_key.into_vec()))
            }
            Form::HexEth => {
                if !matches!(eth_type, KeyType::Delegated | KeyType::Secp256k1) {
                    bail!("--type flag has to be one of: [delegated secp256k1]");
                }
                let digits = text.strip_prefix("0x").unwrap_or(text);
                let key = hex(digits).context("the key is not in the format hex-eth")?;
                if key.len() != 32 {
                    bail!(
                        "a key in the format hex-eth has 32 bytes, got {}",
                        key.len()
                    );
                }
                Ok(KeyInfo::new(eth_type.clone(), key))
            }
        }
    }
}

/// Reads JSON without quoting it, as serde's own errors do.
fn from_json<T: DeserializeOwned>(json: &[u8], format: &str) -> anyhow::Result<T> {
    serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        anyhow!("the key is not in the format {format}: line {line}, column {column}")
    })
}

fn hex(digits: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    Ok(HEXLOWER_PERMISSIVE.decode(digits.as_bytes())?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str =
        r#"{"Type":"secp256k1","PrivateKey":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="}"#;

    fn key(key_type: KeyType) -> KeyInfo {
        KeyInfo::new(key_type, vec![1; 32])
    }

    fn read(form: Form, text: &str) -> anyhow::Result<KeyInfo> {
        form.read(text, &KeyType::Delegated)
    }

    #[test]
    fn the_forms_are_lotus_s_and_round_trip() {
        let secp = key(KeyType::Secp256k1);
        assert_eq!(*Form::JsonLotus.write(&secp).unwrap(), JSON);
        assert_eq!(
            *Form::HexLotus.write(&secp).unwrap(),
            HEXLOWER.encode(JSON.as_bytes())
        );
        assert_eq!(
            *Form::HexEth.write(&secp).unwrap(),
            format!("0x{}", "01".repeat(32))
        );
        for form in [Form::HexLotus, Form::JsonLotus] {
            for key_type in [KeyType::Secp256k1, KeyType::Bls, KeyType::Delegated] {
                let key = key(key_type);
                let text = form.write(&key).unwrap();
                assert_eq!(read(form, &format!(" {}\n", &*text)).unwrap(), key);
            }
        }
    }

    #[test]
    fn an_ethereum_key_says_nothing_about_its_use() {
        let delegated = key(KeyType::Delegated);
        let text = Form::HexEth.write(&delegated).unwrap();
        assert_eq!(read(Form::HexEth, &text).unwrap(), delegated);
        assert_eq!(read(Form::HexEth, &"01".repeat(32)).unwrap(), delegated);
        let secp = Form::HexEth.read(&text, &KeyType::Secp256k1).unwrap();
        assert_eq!(secp, key(KeyType::Secp256k1));
        assert!(Form::HexEth.read(&text, &KeyType::Bls).is_err());
        let error = Form::HexEth
            .write(&key(KeyType::Bls))
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "hex-eth format requires a secp256k1 or delegated key, got: bls"
        );
        assert!(read(Form::HexEth, &"01".repeat(31)).is_err());
    }

    #[test]
    fn keys_of_go_filecoin_are_read() {
        let file = |kind: &str| {
            format!(
                r#"{{"KeyInfo":[{{"PrivateKey":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","SigType":{kind}}}]}}"#
            )
        };
        assert_eq!(
            read(Form::GfcJson, &file("1")).unwrap(),
            key(KeyType::Secp256k1)
        );
        assert_eq!(read(Form::GfcJson, &file("2")).unwrap(), key(KeyType::Bls));
        let error = read(Form::GfcJson, &file("7")).unwrap_err().to_string();
        assert_eq!(error, "unrecognized key type: 7");
        assert!(read(Form::GfcJson, r#"{"KeyInfo":[]}"#).is_err());
    }

    #[test]
    fn no_error_quotes_the_key() {
        for form in [Form::HexLotus, Form::JsonLotus, Form::GfcJson, Form::HexEth] {
            for text in [
                "",
                "s3cret",
                "\"s3cret\"",
                r#"{"Type":"bls","PrivateKey":"s3cret!"}"#,
            ] {
                let error = format!("{:#}", read(form, text).unwrap_err());
                assert!(!error.contains("s3cret"), "{form:?}: {error}");
            }
        }
        let error = Form::named("pem").unwrap_err().to_string();
        assert_eq!(error, "unrecognized format: pem");
    }
}
