//! The secrets that are valid: the current one, and after a rotation the one before it for a while.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use lotus_core::types::{KeyInfo, KeyType};

use super::{Claims, Invalid, Secret, now};
use crate::keystore::{Keystore, KeystoreError};

/// The keystore entry of the secret (Lotus `node/modules/core.go`).
pub(crate) const CURRENT: &str = "auth-jwt-private";

/// The length of a secret, in bytes. RFC 7518 §3.2 requires as many for HS256, Lotus makes as many,
/// and a damaged entry may have fewer.
const SECRET_BYTES: usize = 32;

/// The secret before the last rotation. Ours: Lotus has one secret only. The name ends with the
/// second from which it is no longer valid.
const PREVIOUS: &str = "auth-jwt-previous-";

/// Verifies with all valid secrets, signs with the newest.
#[derive(Debug)]
pub struct Keys {
    current: Secret,
    previous: Option<Previous>,
    validation: Validation,
}

#[derive(Debug)]
struct Previous {
    secret: Secret,
    until: u64,
}

/// Why there is no usable secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The keystore cannot be used.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// The entry cannot be read.
    #[error(
        "{0}; correct that, or delete the file to make a new secret (all tokens become invalid)"
    )]
    Damaged(#[source] KeystoreError),
    /// The secret is so short that tokens could be forged.
    #[error(
        "the keystore's entry {CURRENT:?} has a secret of {0} bytes, and whoever guesses it can make tokens; restore the entry, or delete it to make a new secret of {SECRET_BYTES} bytes (all tokens become invalid)"
    )]
    Weak(usize),
    /// The entry holds something else.
    #[error(
        "the keystore's entry {CURRENT:?} has type {0} instead of \"jwt-hmac-secret\"; restore it, or delete it to make a new secret (all tokens become invalid)"
    )]
    NotASecret(KeyType),
}

impl Keys {
    pub(super) fn new(current: Secret) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // Lotus's tokens have no `exp`. Times are checked in `Claims::check`, with leeways that
        // differ by claim; a claim of the wrong type does not parse, so it cannot count as absent.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self {
            current,
            previous: None,
            validation,
        }
    }

    /// Reads the secrets, or makes one on the first start.
    pub fn open(keystore: &Keystore) -> Result<Self, SecretError> {
        let current = match keystore.get(CURRENT) {
            Ok(key) => secret(&key)?,
            Err(error) if error.is_not_found() => {
                tracing::info!(target: "auth", "Generating new API secret");
                let secret = Secret::generate();
                keystore.put(CURRENT, &key_info(&secret))?;
                secret
            }
            Err(error) => return Err(SecretError::Damaged(error)),
        };
        let mut keys = Self::new(current);
        for name in keystore.list()? {
            let Some(until) = name
                .strip_prefix(PREVIOUS)
                .and_then(|until| until.parse().ok())
            else {
                continue;
            };
            if until <= now() {
                keystore.delete(&name)?;
            } else {
                keys.previous = Some(Previous {
                    secret: secret(&keystore.get(&name)?)?,
                    until,
                });
            }
        }
        Ok(keys)
    }

    /// Makes a new secret. The old one stays valid until `until`. In the keystore the old one is
    /// written under its new name before it is replaced, so that no crash loses it.
    pub(super) fn rotate(&mut self, keystore: &Keystore, until: u64) -> Result<(), SecretError> {
        for name in keystore.list()? {
            if name.starts_with(PREVIOUS) {
                keystore.delete(&name)?;
            }
        }
        let secret = Secret::generate();
        if until > now() {
            keystore.put(&format!("{PREVIOUS}{until}"), &key_info(&self.current))?;
        }
        keystore.replace(CURRENT, &key_info(&secret))?;
        let old = std::mem::replace(&mut self.current, secret);
        self.previous = (until > now()).then_some(Previous { secret: old, until });
        Ok(())
    }

    pub(super) fn sign(&self, claims: &Claims) -> String {
        self.current.sign(claims)
    }

    /// Checks form, algorithm, signature and claims; returns also until when the secret is valid.
    pub(super) fn verify(&self, text: &str) -> Result<(Claims, Option<u64>), Invalid> {
        match self.verify_with(&self.current, text) {
            Err(Invalid::Signature) => match &self.previous {
                Some(previous) if previous.until > now() => {
                    let claims = self.verify_with(&previous.secret, text)?;
                    Ok((claims, Some(previous.until)))
                }
                _ => Err(Invalid::Signature),
            },
            result => result.map(|claims| (claims, None)),
        }
    }

    fn verify_with(&self, secret: &Secret, text: &str) -> Result<Claims, Invalid> {
        let decoded = jsonwebtoken::decode::<Claims>(text, secret.verifier(), &self.validation);
        decoded
            .map(|token| token.claims)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => Invalid::Algorithm,
                ErrorKind::InvalidSignature => Invalid::Signature,
                ErrorKind::Json(_) => {
                    // The header is read before the signature is checked, the payload after it.
                    match jsonwebtoken::decode_header(text) {
                        Ok(_) => Invalid::Payload,
                        Err(_) => Invalid::Algorithm,
                    }
                }
                _ => Invalid::Malformed,
            })
    }
}

fn secret(key: &KeyInfo) -> Result<Secret, SecretError> {
    match key.key_type() {
        KeyType::JwtHmacSecret if key.private_key().len() < SECRET_BYTES => {
            Err(SecretError::Weak(key.private_key().len()))
        }
        KeyType::JwtHmacSecret => Ok(Secret::from_bytes(key.private_key().to_vec())),
        other => Err(SecretError::NotASecret(other.clone())),
    }
}

fn key_info(secret: &Secret) -> KeyInfo {
    KeyInfo::new(KeyType::JwtHmacSecret, secret.expose().to_vec())
}
