//! What a token says.

use std::fmt;

use lotus_core::{Permissions, Scope};
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{CLOCK_LEEWAY, Dead, Death, Invalid, Refusal};

/// The claims that this daemon reads and writes; others are ignored.
///
/// A claim that is there must have its type: `null` or a string for a time is an error, never the
/// same as absent (CVE-2026-25537 was such a confusion). A claim that is there twice is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// Lotus's claim. Absent or null means no permission at all.
    #[serde(rename = "Allow")]
    pub(super) allow: Permissions,
    /// The token's id (RFC 7519 §4.1.7): 128 random bits in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) jti: Option<String>,
    /// Seconds since the Unix epoch; integers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) iat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nbf: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exp: Option<u64>,
    /// AvalancheGo's claim; `Endpoints`, as its oldest versions wrote, is read too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) endpoints: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) methods: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

impl Claims {
    /// Whether `nbf` and `iat` have come by `now`, and `exp` has not.
    ///
    /// # Errors
    /// [`Invalid::NotYetValid`], and [`Dead`] when it has expired. `id` is the token's.
    pub(super) fn check(&self, id: &str, now: u64) -> Result<(), Refusal> {
        let ahead = |time: Option<u64>| time.is_some_and(|time| time > now + CLOCK_LEEWAY);
        if self.exp.is_some_and(|expires| expires <= now) {
            return Err(Dead {
                id: id.to_owned(),
                name: self.name.clone(),
                death: Death::Expired,
            }
            .into());
        }
        if ahead(self.nbf) || ahead(self.iat) {
            return Err(Invalid::NotYetValid.into());
        }
        Ok(())
    }

    pub(super) fn scope(&self) -> Scope {
        Scope {
            endpoints: self.endpoints.clone(),
            methods: self.methods.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ClaimsVisitor)
    }
}

struct ClaimsVisitor;

impl<'de> Visitor<'de> for ClaimsVisitor {
    type Value = Claims;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Claims, A::Error> {
        /// Reads a claim into its place, once.
        fn once<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
            place: &mut Option<T>,
            map: &mut A,
        ) -> Result<(), A::Error> {
            if place.replace(map.next_value()?).is_some() {
                return Err(A::Error::custom("a claim is there twice"));
            }
            Ok(())
        }

        let mut claims = Claims::default();
        let mut allow = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "Allow" => once(&mut allow, &mut map)?,
                "jti" => once(&mut claims.jti, &mut map)?,
                "iat" => once(&mut claims.iat, &mut map)?,
                "nbf" => once(&mut claims.nbf, &mut map)?,
                "exp" => once(&mut claims.exp, &mut map)?,
                "endpoints" | "Endpoints" => once(&mut claims.endpoints, &mut map)?,
                "methods" => once(&mut claims.methods, &mut map)?,
                "name" => once(&mut claims.name, &mut map)?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        claims.allow = allow.unwrap_or_default();
        Ok(claims)
    }
}
