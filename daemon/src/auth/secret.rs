//! The HMAC key that signs tokens.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use zeroize::Zeroizing;

use super::Claims;

/// `{"alg":"HS256","typ":"JWT"}`, the header of every token that Lotus mints.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// A signing secret. Its bytes never appear in `Debug`.
pub struct Secret {
    signer: EncodingKey,
    verifier: DecodingKey,
    bytes: Zeroizing<Vec<u8>>,
}

impl Secret {
    /// 32 random bytes, as Lotus makes them.
    pub fn generate() -> Self {
        Self::from_bytes(rand::random::<[u8; 32]>().to_vec())
    }

    /// The secret of a keystore entry.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self {
            signer: EncodingKey::from_secret(&bytes),
            verifier: DecodingKey::from_secret(&bytes),
            bytes: Zeroizing::new(bytes),
        }
    }

    /// The bytes, for the keystore.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn verifier(&self) -> &DecodingKey {
        &self.verifier
    }

    pub(super) fn sign(&self, claims: &Claims) -> String {
        let json = serde_json::to_vec(claims).expect("strings and integers serialise");
        self.sign_parts(HEADER, &data_encoding::BASE64URL_NOPAD.encode(&json))
    }

    /// Signs `header.payload`. The header is not left to `jsonwebtoken::encode`, which orders its
    /// members differently: a token must look as Lotus's does.
    pub(super) fn sign_parts(&self, header: &str, payload: &str) -> String {
        let signed = format!("{header}.{payload}");
        let signature =
            jsonwebtoken::crypto::sign(signed.as_bytes(), &self.signer, Algorithm::HS256)
                .expect("HMAC takes keys of any length");
        format!("{signed}.{signature}")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
