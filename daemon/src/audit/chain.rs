//! The chain of seals: each line of the log carries an HMAC over itself and the seal before it.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use lotus_core::types::{KeyInfo, KeyType};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::keystore::{Keystore, KeystoreError};

/// The keystore entry, and the type of the key in it.
pub(super) const ENTRY: &str = "audit-hmac";

/// The HMAC-SHA256 of one line.
pub(super) type Seal = [u8; 32];

/// What the first record is chained to.
pub(super) const GENESIS: Seal = *b"lotus audit log: before record 1";

/// What a head is sealed with, so that no record passes for a head.
pub(super) const HEAD: Seal = *b"lotus audit log: sealed log head";

/// Between a line's content and its seal in hex; after the seal comes [`CLOSE`].
const OPEN: &[u8] = b",\"mac\":\"";
const CLOSE: &[u8] = b"\"}";

/// The key of an audit log: 32 secret bytes, kept in the keystore as `audit-hmac`. Without it no
/// record can be added or changed unnoticed. It never appears in `Debug`.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

/// Why the keystore gives no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The entry cannot be read or written.
    #[error("the audit log's key: {0}")]
    Keystore(#[from] KeystoreError),
    /// The entry is something else.
    #[error(
        "keystore entry '{ENTRY}' (file {file}) has {0} bytes and must have 32; restore it from a \
         backup of this repo",
        file = entry_file()
    )]
    Length(usize),
}

/// What the keystore calls the file of the key.
pub(super) fn entry_file() -> String {
    format!("keystore/{}", BASE32_NOPAD.encode(ENTRY.as_bytes()))
}

impl Key {
    /// A key of these bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Key {
        Key(Hmac::new_from_slice(bytes).expect("HMAC takes keys of any length"))
    }

    /// The key in this keystore, or `None` if no audit log was ever begun here.
    ///
    /// # Errors
    /// The entry cannot be read, or is not 32 bytes long.
    pub fn load(keystore: &Keystore) -> Result<Option<Key>, KeyError> {
        let info = match keystore.get(ENTRY) {
            Ok(info) => info,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let bytes = info.private_key();
        let bytes = bytes
            .try_into()
            .map_err(|_| KeyError::Length(bytes.len()))?;
        Ok(Some(Key::from_bytes(bytes)))
    }

    /// A random key and its keystore entry, which is not stored yet.
    pub(super) fn generate() -> (Key, KeyInfo) {
        let bytes = Zeroizing::new(rand::random::<[u8; 32]>());
        let entry = KeyInfo::new(KeyType::Other(ENTRY.to_owned()), bytes.to_vec());
        (Key::from_bytes(&bytes), entry)
    }

    fn mac(&self, previous: &Seal, content: &[u8]) -> Hmac<Sha256> {
        // A line's content is the object without its seal, so its closing brace comes back.
        self.0
            .clone()
            .chain_update(previous)
            .chain_update(content)
            .chain_update(b"}")
    }

    /// Seals the JSON object at `line[start..]` onto `previous`, and ends the line.
    pub(super) fn seal(&self, line: &mut Vec<u8>, start: usize, previous: &Seal) -> Seal {
        let brace = line.pop();
        debug_assert_eq!(brace, Some(b'}'), "an object ends in a brace");
        let seal: Seal = self
            .mac(previous, &line[start..])
            .finalize()
            .into_bytes()
            .into();
        line.extend_from_slice(OPEN);
        line.extend_from_slice(HEXLOWER.encode(&seal).as_bytes());
        line.extend_from_slice(CLOSE);
        line.push(b'\n');
        seal
    }

    /// The seal of `line` (without its line feed) if it is right after `previous`, else `None`.
    pub(super) fn check(&self, line: &[u8], previous: &Seal) -> Option<Seal> {
        let line = line.strip_suffix(CLOSE)?;
        let (rest, hex) = line.split_at_checked(line.len().checked_sub(64)?)?;
        let content = rest.strip_suffix(OPEN)?;
        let mut seal = Seal::default();
        // Exactly one text stands for a seal: lower case, as it is written.
        HEXLOWER.decode_mut(hex, &mut seal).ok()?;
        self.mac(previous, content).verify_slice(&seal).ok()?;
        Some(seal)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

/// Seals as lower-case hex, for serde.
pub(super) mod hex {
    use super::{HEXLOWER, Seal};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(seal: &Seal, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&HEXLOWER.encode(seal))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Seal, D::Error> {
        let text = String::deserialize(d)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(D::Error::custom)?;
        bytes
            .try_into()
            .map_err(|_| D::Error::custom("a seal has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// HMAC-SHA256(key 00…1f, previous ‖ `{"seq":1}`), computed with Python's `hmac`.
    #[test]
    fn a_seal_is_the_hmac_of_the_previous_one_and_the_record() {
        let key = Key::from_bytes(&std::array::from_fn(|i| i as u8));
        let mut line = br#"{"seq":1}"#.to_vec();
        let seal = key.seal(&mut line, 0, &GENESIS);
        let expected = "e7f45f85ecce63906630c4659e3e9a00a946895285df9ee0a7ca1dedfd82f72f";
        assert_eq!(HEXLOWER.encode(&seal), expected);
        let text = format!("{{\"seq\":1,\"mac\":\"{expected}\"}}\n");
        assert_eq!(String::from_utf8(line).unwrap(), text);
        assert_eq!(key.check(text.trim_end().as_bytes(), &GENESIS), Some(seal));
        assert_eq!(key.check(text.trim_end().as_bytes(), &HEAD), None);
    }

    #[test]
    fn a_line_that_is_no_sealed_record_is_refused() {
        let key = Key::from_bytes(&[7; 32]);
        for line in ["", "\"}", "{}", "null", "\u{1F980}\"}"] {
            assert_eq!(key.check(line.as_bytes(), &GENESIS), None, "{line}");
        }
        let mut line = b"{\"seq\":1}".to_vec();
        key.seal(&mut line, 0, &GENESIS);
        let upper = String::from_utf8(line).unwrap();
        let (content, hex) = upper.trim_end().split_once(",\"mac\"").unwrap();
        let upper = format!("{content},\"mac\"{}", hex.to_uppercase());
        assert_eq!(key.check(upper.as_bytes(), &GENESIS), None);
    }
}
