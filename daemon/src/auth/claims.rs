//! What a token says.

use lotus_core::Permissions;
use serde::{Deserialize, Deserializer, Serialize};

use super::{CLOCK_LEEWAY, Invalid};

/// The claims that this daemon reads and writes; others are ignored.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Lotus's claim. Absent or null means no permission at all.
    #[serde(rename = "Allow", default)]
    allow: Permissions,
    /// The token's id (RFC 7519 §4.1.7): 128 random bits in hex.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    jti: Option<String>,
    /// Seconds since the Unix epoch; integers only, as in RFC 7519 `NumericDate` without fractions.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    iat: Option<u64>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    nbf: Option<u64>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    exp: Option<u64>,
}

/// A claim that is there must have its type: `null` or a string for a time is an error, never the
/// same as absent (CVE-2026-25537 was such a confusion).
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Claims {
    /// Claims of a new token, with a new random id.
    pub fn new(allow: Permissions, issued: u64, expires: Option<u64>) -> Self {
        let id: [u8; 16] = rand::random();
        let jti = data_encoding::HEXLOWER.encode(&id);
        Self {
            allow,
            jti: Some(jti),
            iat: Some(issued),
            nbf: None,
            exp: expires,
        }
    }

    pub(super) fn check(&self, now: u64) -> Result<(), Invalid> {
        let ahead = |time: Option<u64>| time.is_some_and(|time| time > now + CLOCK_LEEWAY);
        if self.exp.is_some_and(|expires| expires <= now) {
            Err(Invalid::Expired)
        } else if ahead(self.nbf) || ahead(self.iat) {
            Err(Invalid::NotYetValid)
        } else {
            Ok(())
        }
    }

    pub(super) fn permissions(&self) -> Permissions {
        self.allow
    }

    pub(super) fn id(&self) -> Option<String> {
        self.jti.clone()
    }

    pub(super) fn expires(&self) -> Option<u64> {
        self.exp
    }
}
