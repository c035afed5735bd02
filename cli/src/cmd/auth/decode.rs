//! What a token says about itself. Whoever has it can read that without any secret; whether it is
//! true, only the daemon with the secret can tell.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jiff::Timestamp;
use lotus_daemon::auth::Claims;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// A decoded token.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Decoded {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    /// `jti`, or for tokens without one the SHA-256 of what is signed.
    pub(super) id: String,
    /// Why a node refuses it, whatever its signature.
    pub(super) problems: Vec<String>,
}

/// Why a text is no token. The text is not quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoToken {
    #[error("this is no token: a token has three parts with dots between them")]
    Parts,
    #[error("this is no token: its {0} is not base64url")]
    Encoding(&'static str),
    #[error("this is no token: its {0} is not a JSON object")]
    Json(&'static str),
}

/// Decodes a token.
pub(super) fn decode(token: &str, now: Timestamp) -> Result<Decoded, NoToken> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        return Err(NoToken::Parts);
    };
    bytes("signature", signature)?;
    let (header, _) = object("header", header)?;
    let (claims, json) = object("payload", claims)?;
    let id = match claims.get("jti").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => {
            let (signed, _) = token.rsplit_once('.').ok_or(NoToken::Parts)?;
            HEXLOWER.encode(&Sha256::digest(signed))
        }
    };
    let mut problems = Vec::new();
    if header.get("alg").and_then(Value::as_str) != Some("HS256") {
        problems.push("its algorithm is not HS256".to_owned());
    }
    if let Err(error) = serde_json::from_slice::<Claims>(&json) {
        problems.push(error.to_string());
    }
    if seconds(&claims, "exp").is_some_and(|exp| exp <= now.as_second()) {
        problems.push("it has expired".to_owned());
    }
    let starts = seconds(&claims, "nbf").max(seconds(&claims, "iat"));
    if starts.is_some_and(|start| start > now.as_second() + 60) {
        problems.push("it is not valid yet".to_owned());
    }
    Ok(Decoded {
        header,
        claims,
        id,
        problems,
    })
}

/// A claim that is a time, in seconds since the Unix epoch.
pub(super) fn seconds(claims: &Map<String, Value>, claim: &str) -> Option<i64> {
    claims.get(claim)?.as_i64()
}

fn bytes(what: &'static str, part: &str) -> Result<Vec<u8>, NoToken> {
    BASE64URL_NOPAD
        .decode(part.as_bytes())
        .map_err(|_| NoToken::Encoding(what))
}

fn object(what: &'static str, part: &str) -> Result<(Map<String, Value>, Vec<u8>), NoToken> {
    let json = bytes(what, part)?;
    let object = serde_json::from_slice(&json).map_err(|_| NoToken::Json(what))?;
    Ok((object, json))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn token(header: &str, claims: &str) -> String {
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        format!("{}.{}.{}", part(header), part(claims), part("signature"))
    }

    const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

    fn decoded(claims: &str) -> Decoded {
        decode(&token(HEADER, claims), at(1_000)).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_token_of_lotus_has_the_digest_of_what_is_signed_as_its_id() {
        let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJBbGxvdyI6WyJyZWFkIl19.c2lnbmF0dXJl";
        let decoded = decode(token, at(0)).unwrap();
        assert_eq!(decoded.claims["Allow"], serde_json::json!(["read"]));
        assert_eq!(decoded.problems, Vec::<String>::new());
        // printf %s eyJhbG….eyJBbG… | sha256sum
        assert_eq!(
            decoded.id,
            "6bc216ff37f38167acd93352ff55433360ce5d15695d0a3a3a1b3057bc2f6de5"
        );
    }

    #[test]
    fn an_id_of_its_own_is_the_id() {
        assert_eq!(decoded(r#"{"Allow":["read"],"jti":"abc"}"#).id, "abc");
    }

    #[test]
    fn what_every_node_refuses_is_said() {
        for (claims, problem) in [
            (r#"{"exp":1000}"#, "expired"),
            (r#"{"nbf":1061}"#, "not valid yet"),
            (r#"{"iat":1061}"#, "not valid yet"),
            (r#"{"exp":"soon"}"#, "expected u64"),
            (r#"{"jti":"a","jti":"b"}"#, "twice"),
        ] {
            let problems = decoded(claims).problems.join("; ");
            assert!(problems.contains(problem), "{claims}: {problems}");
        }
        for claims in [r#"{"exp":1001}"#, r#"{"nbf":1060,"other":null}"#, "{}"] {
            assert!(decoded(claims).problems.is_empty(), "{claims}");
        }
        let none = decode(&token(r#"{"alg":"none"}"#, "{}"), at(0)).unwrap();
        assert_eq!(none.problems, ["its algorithm is not HS256"]);
    }

    #[test]
    fn what_is_no_token_is_refused_without_quoting_it() {
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        for (text, error) in [
            ("s3cret".to_owned(), NoToken::Parts),
            ("a.b.c.d".to_owned(), NoToken::Parts),
            ("e30.e30.!".to_owned(), NoToken::Encoding("signature")),
            ("!.e30.".to_owned(), NoToken::Encoding("header")),
            ("e30.e30=.".to_owned(), NoToken::Encoding("payload")),
            (format!("{}.e30.", part("[]")), NoToken::Json("header")),
            (format!("e30.{}.", part("{")), NoToken::Json("payload")),
        ] {
            assert_eq!(decode(&text, at(0)), Err(error), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_decoded_or_refused(text in "[a-zA-Z0-9_.=-]*|.*") {
            let _ = decode(&text, at(0));
        }

        #[test]
        fn any_claims_are_decoded_or_refused(claims in ".*") {
            let _ = decode(&token(HEADER, &claims), at(0));
        }
    }
}
