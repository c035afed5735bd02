//! Tokens: minted and verified here, and nowhere else. Nothing in here knows HTTP or RPC.
//!
//! A token is a compact JWS, HS256, as Lotus makes it (`node/modules/core.go`,
//! `node/impl/common/common.go`): header `{"alg":"HS256","typ":"JWT"}`, claim `Allow`. Tokens of a
//! real Lotus with the same secret are valid here, and ours are valid there.

mod cache;
mod claims;
mod secret;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use lotus_core::Permissions;

pub use claims::Claims;
pub use secret::Secret;

/// The longest token that is looked at. Longer ones are refused before anything is decoded.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// How far the clocks of minter and verifier may differ for `nbf` and `iat`, in seconds. There is
/// no leeway for `exp`.
const CLOCK_LEEWAY: u64 = 60;

/// A verified token.
#[derive(Debug, PartialEq, Eq)]
pub struct Token {
    /// `jti`, or for tokens without one (Lotus's) the SHA-256 of the signed part in hex.
    pub id: String,
    /// What it allows.
    pub permissions: Permissions,
    expires: Option<u64>,
}

impl Token {
    /// Whether the token's `exp` has passed. Asked on every call, because a WebSocket outlives the
    /// moment at which its token was verified.
    pub fn is_expired(&self) -> bool {
        self.expires.is_some_and(|expires| expires <= now())
    }
}

/// Why a token was refused. The texts after the colon are those of Lotus's JWT library, which
/// clients see through `AuthVerify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Not three base64url parts, or too long.
    #[error("jwt: malformed token")]
    Malformed,
    /// The header asks for another algorithm than HS256.
    #[error("jwt: algorithm is not HS256")]
    Algorithm,
    /// Signed with another secret, or changed since.
    #[error("jwt: HMAC verification failed")]
    Signature,
    /// The claims are not the JSON object they should be; a claim of the wrong type counts.
    #[error("jwt: payload is not a valid JSON object")]
    Payload,
    /// `exp` has passed.
    #[error("jwt: token has expired")]
    Expired,
    /// `nbf` or `iat` is more than a minute ahead.
    #[error("jwt: token is not valid yet")]
    NotYetValid,
}

/// Mints and verifies the tokens of one daemon.
#[derive(Debug)]
pub struct Authority {
    secret: Secret,
    validation: Validation,
    verified: cache::Cache,
}

impl Authority {
    /// An authority that signs with `secret`.
    pub fn new(secret: Secret) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // Lotus's tokens have no `exp`. Times are checked in `Claims::check`, with leeways that
        // differ by claim; a claim of the wrong type does not parse, so it cannot count as absent.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self {
            secret,
            validation,
            verified: cache::Cache::default(),
        }
    }

    /// Mints a token with a new id. `expires` is in seconds since the Unix epoch.
    pub fn mint(&self, permissions: Permissions, expires: Option<u64>) -> String {
        self.secret.sign(&Claims::new(permissions, now(), expires))
    }

    /// Verifies a token's text, without `Bearer `.
    ///
    /// # Errors
    /// [`Invalid`] says why it is refused.
    pub fn verify(&self, text: &str) -> Result<Arc<Token>, Invalid> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(Invalid::Malformed);
        }
        let digest = cache::digest(text);
        let token = match self.verified.get(&digest) {
            Some(token) => token,
            None => {
                let token = Arc::new(self.verify_uncached(text)?);
                self.verified.insert(digest, token.clone());
                token
            }
        };
        if token.is_expired() {
            Err(Invalid::Expired)
        } else {
            Ok(token)
        }
    }

    fn verify_uncached(&self, text: &str) -> Result<Token, Invalid> {
        let claims = jsonwebtoken::decode::<Claims>(text, self.secret.verifier(), &self.validation)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidAlgorithm => Invalid::Algorithm,
                ErrorKind::InvalidSignature => Invalid::Signature,
                ErrorKind::Json(_) if signed_part(text).is_some() => Invalid::Payload,
                _ => Invalid::Malformed,
            })?
            .claims;
        claims.check(now())?;
        let signed_part = signed_part(text).ok_or(Invalid::Malformed)?;
        Ok(Token {
            id: claims
                .id()
                .unwrap_or_else(|| cache::hex_digest(signed_part)),
            permissions: claims.permissions(),
            expires: claims.expires(),
        })
    }
}

/// Header and payload, the part under the signature.
fn signed_part(text: &str) -> Option<&str> {
    text.rsplit_once('.').map(|(signed, _)| signed)
}

/// Seconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header};
    use lotus_core::Permission;
    use serde_json::{Value, json};

    const SECRET: [u8; 32] = [7; 32];

    fn authority() -> Authority {
        Authority::new(Secret::from_bytes(SECRET.to_vec()))
    }

    fn signed(claims: Value) -> String {
        let key = EncodingKey::from_secret(&SECRET);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
    }

    #[test]
    fn a_minted_token_has_lotus_s_header_and_is_verified() {
        let authority = authority();
        let text = authority.mint(Permissions::up_to(Permission::Sign), None);
        assert!(
            text.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."),
            "{text}"
        );
        let token = authority.verify(&text).unwrap();
        assert_eq!(token.permissions, Permissions::up_to(Permission::Sign));
        assert!(!token.is_expired());
        assert_ne!(
            text,
            authority.mint(Permissions::up_to(Permission::Sign), None)
        );
    }

    /// Lotus's payload, byte for byte, signed by another implementation of HS256.
    #[test]
    fn a_lotus_token_is_accepted_and_has_a_stable_id() {
        let text = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
                    eyJBbGxvdyI6WyJyZWFkIiwid3JpdGUiLCJzaWduIiwiYWRtaW4iXX0.LOTUS_SIGNATURE";
        let text = text.replace("LOTUS_SIGNATURE", LOTUS_SIGNATURE);
        let token = authority().verify(&text).unwrap();
        assert_eq!(token.permissions, Permissions::ALL);
        assert_eq!(token.id.len(), 64);
        assert_eq!(authority().verify(&text).unwrap().id, token.id);
    }

    /// `openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07` over the two parts above.
    const LOTUS_SIGNATURE: &str = "X5XC5Qx5H971xDr97H4RUS8WyX_bauPf15W7dorUl5Q";

    #[test]
    fn lotus_s_semantics_of_allow() {
        let verify = |claims| {
            authority()
                .verify(&signed(claims))
                .map(|token| token.permissions)
        };
        assert_eq!(verify(json!({})), Ok(Permissions::NONE));
        assert_eq!(verify(json!({ "Allow": null })), Ok(Permissions::NONE));
        let banana = verify(json!({ "Allow": ["banana", "write"], "extra": { "a": [1] } }));
        assert_eq!(banana, Ok([Permission::Write].into_iter().collect()));
        assert_eq!(verify(json!({ "Allow": "admin" })), Err(Invalid::Payload));
        assert_eq!(verify(json!([])), Err(Invalid::Payload));
    }

    #[test]
    fn times_are_integers_and_are_honoured() {
        let verify = |claims| authority().verify(&signed(claims)).map(|_| ());
        assert_eq!(verify(json!({ "exp": now() + 60 })), Ok(()));
        assert_eq!(verify(json!({ "exp": now() })), Err(Invalid::Expired));
        assert_eq!(
            verify(json!({ "exp": "99999999999" })),
            Err(Invalid::Payload)
        );
        assert_eq!(verify(json!({ "exp": null })), Err(Invalid::Payload));
        assert_eq!(verify(json!({ "exp": 1.5 })), Err(Invalid::Payload));
        assert_eq!(verify(json!({ "nbf": now() + 30 })), Ok(()));
        assert_eq!(
            verify(json!({ "nbf": now() + 90 })),
            Err(Invalid::NotYetValid)
        );
        assert_eq!(
            verify(json!({ "iat": now() + 90 })),
            Err(Invalid::NotYetValid)
        );
    }

    #[test]
    fn an_expired_token_is_refused_from_the_cache_too() {
        let authority = authority();
        let text = authority.mint(Permissions::READ, Some(now() + 3600));
        let token = authority.verify(&text).unwrap();
        let expired = Token {
            id: String::new(),
            permissions: token.permissions,
            expires: Some(0),
        };
        authority
            .verified
            .insert(cache::digest(&text), Arc::new(expired));
        assert_eq!(authority.verify(&text), Err(Invalid::Expired));
    }

    #[test]
    fn what_is_not_a_token_of_ours_is_refused() {
        let authority = authority();
        let good = authority.mint(Permissions::ALL, None);
        let parts: Vec<&str> = good.split('.').collect();
        let none = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
        let hs512 = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"HS512","typ":"JWT"}"#);
        let foreign = Authority::new(Secret::from_bytes(vec![8; 32])).mint(Permissions::ALL, None);
        let refused = [
            (String::new(), Invalid::Malformed),
            ("a.b".into(), Invalid::Malformed),
            ("..".into(), Invalid::Malformed),
            (format!("{good}="), Invalid::Signature),
            (format!("{good}.{}", parts[2]), Invalid::Malformed),
            (format!("{good}A"), Invalid::Signature),
            (foreign, Invalid::Signature),
            (
                format!("{hs512}.{}.{}", parts[1], parts[2]),
                Invalid::Algorithm,
            ),
            ("A".repeat(MAX_TOKEN_BYTES + 1), Invalid::Malformed),
        ];
        for (text, _why) in refused {
            assert!(authority.verify(&text).is_err(), "{text} was accepted");
        }
        assert!(authority.verify(&format!("{none}.{}.", parts[1])).is_err());
        assert!(
            authority
                .verify(&format!("{none}.{}.{}", parts[1], parts[2]))
                .is_err()
        );
        assert!(authority.verify(&good).is_ok());
    }

    #[test]
    fn a_duplicate_claim_is_refused() {
        let payload = data_encoding::BASE64URL_NOPAD.encode(br#"{"Allow":[],"Allow":["admin"]}"#);
        let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
        let text = Secret::from_bytes(SECRET.to_vec()).sign_parts(header, &payload);
        assert_eq!(authority().verify(&text).map(|_| ()), Err(Invalid::Payload));
    }

    mod properties {
        use super::*;
        use proptest::prelude::*;

        fn any_permissions() -> impl Strategy<Value = Permissions> {
            let one = prop::sample::select(Permission::ALL.to_vec());
            prop::collection::vec(one, 0..4).prop_map(|all| all.into_iter().collect())
        }

        proptest! {
            #[test]
            fn a_token_allows_what_it_was_minted_for(permissions in any_permissions()) {
                let authority = authority();
                let token = authority.verify(&authority.mint(permissions, None)).unwrap();
                prop_assert_eq!(token.permissions, permissions);
            }

            /// Every single byte counts, also the unused bits of the last base64 digit.
            #[test]
            fn a_changed_byte_is_noticed(place: prop::sample::Index, byte: u8) {
                let authority = authority();
                let mut text = authority.mint(Permissions::READ, None).into_bytes();
                let place = place.index(text.len());
                prop_assume!(text[place] != byte);
                text[place] = byte;
                if let Ok(text) = String::from_utf8(text) {
                    prop_assert!(authority.verify(&text).is_err(), "{text}");
                }
            }

            #[test]
            fn nothing_may_be_added_or_missing(extra in "[ -~]{1,5}", place: prop::sample::Index) {
                let authority = authority();
                let text = authority.mint(Permissions::READ, None);
                let place = place.index(text.len());
                let inserted = format!("{}{extra}{}", &text[..place], &text[place..]);
                for bad in [format!("{text}{extra}"), inserted, text[..place].to_owned()] {
                    prop_assert!(authority.verify(&bad).is_err(), "{bad}");
                }
            }

            #[test]
            fn parts_of_different_tokens_do_not_fit(order in Just([0, 1, 2, 3, 4, 5]).prop_shuffle()) {
                let authority = authority();
                let tokens = [Permissions::READ, Permissions::ALL].map(|p| authority.mint(p, None));
                let parts: Vec<&str> = tokens.iter().flat_map(|token| token.split('.')).collect();
                let mixed = order[..3].iter().map(|part| parts[*part]).collect::<Vec<_>>().join(".");
                // Both headers are the same.
                let whole = tokens.contains(&mixed);
                prop_assert_eq!(authority.verify(&mixed).is_ok(), whole, "{}", mixed);
            }

            #[test]
            fn any_text_is_refused(text: String) {
                prop_assert!(authority().verify(&text).is_err());
            }
        }
    }
}
