//! The door of `/ext` and, with `--api-auth-required`, of everything else: what path a request is
//! really for, the token it carries, and how it is refused.
//!
//! Everything in here is a pure function. AvalancheGo's gate looks at the path as it comes and lets
//! every one pass that ends in `auth`; here one path is exempt, and paths are compared in one form.

use std::fmt;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use lotus_core::Scope;
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::json2;
use crate::auth::Invalid;

/// The path of the Auth API, the only one that never needs a token.
pub(crate) const AUTH_API: &str = "/ext/auth";

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The Auth API.
    AuthApi,
    /// This path, in the one form in which it is compared and routed.
    Path(String),
    /// A path that nothing here can have. It gets what every unknown path under `/ext` gets: 404, but
    /// with `--api-auth-required` 401 without a token that opens it, so that the door does not tell
    /// what is behind it. (An unknown path elsewhere is 404 for everybody: nothing is behind it.)
    Nowhere,
}

impl Target {
    /// Reads a URL's path, without its query.
    ///
    /// Percent signs are decoded once. Nothing is resolved or cleaned: a path with an empty segment
    /// (`//`, or a slash at the end), with `.` or `..`, or whose decoded text has a slash or percent
    /// sign that was escaped, a backslash, a control character or anything but ASCII, is
    /// [`Nowhere`](Self::Nowhere), because whoever decodes or cleans it once more would see another
    /// path than the one that was compared. Case counts.
    pub(crate) fn of(path: &str) -> Self {
        match canonical(path) {
            Some(path) if path == AUTH_API => Self::AuthApi,
            Some(path) => Self::Path(path),
            None => Self::Nowhere,
        }
    }

    /// The path to route by.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Self::AuthApi => Some(AUTH_API),
            Self::Path(path) => Some(path),
            Self::Nowhere => None,
        }
    }

    /// Whether a token of this scope opens it.
    pub(crate) fn is_in(&self, scope: &Scope) -> bool {
        match self {
            Self::AuthApi => true,
            Self::Path(path) => scope.allows_endpoint(path),
            // No listed path covers it, so only a scope without a limit does.
            Self::Nowhere => scope.allows_endpoint(""),
        }
    }
}

fn canonical(path: &str) -> Option<String> {
    let segments = path.strip_prefix('/')?;
    if segments.is_empty() {
        return Some("/".to_owned());
    }
    let mut canonical = String::with_capacity(path.len());
    for segment in segments.split('/') {
        canonical.push('/');
        canonical.push_str(&decoded(segment)?);
    }
    Some(canonical)
}

/// One segment, if it is sound.
fn decoded(segment: &str) -> Option<String> {
    let escapes = segment.split('%').skip(1);
    let mut heads = escapes.map(|escape| escape.as_bytes().get(..2));
    if !heads.all(|head| head.is_some_and(|head| head.iter().all(u8::is_ascii_hexdigit))) {
        return None;
    }
    let decoded = percent_decode_str(segment).decode_utf8().ok()?;
    let sound = decoded
        .chars()
        .all(|letter| letter.is_ascii_graphic() && !matches!(letter, '/' | '\\' | '%'));
    (sound && !matches!(&*decoded, "" | "." | "..")).then(|| decoded.into_owned())
}

/// The token in a request's header. Under `/ext` it is looked for nowhere else.
///
/// # Errors
/// [`Refusal::NotProvided`] and [`Refusal::Header`].
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut headers = headers.get_all(AUTHORIZATION).iter();
    let header = match headers.next() {
        Some(header) if !header.is_empty() => header,
        _ => return Err(Refusal::NotProvided),
    };
    if headers.next().is_some() {
        // Two headers are a way to have a proxy check one token and the node use another.
        return Err(Refusal::Header);
    }
    let token = header
        .to_str()
        .ok()
        .and_then(|header| header.strip_prefix("Bearer "));
    token.ok_or(Refusal::Header)
}

/// Why a request is refused. The texts are AvalancheGo's, or those of its JWT library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no token.
    NotProvided,
    /// The header is not `Bearer` and a token.
    Header,
    /// Not three parts.
    Segments,
    /// Three parts that are not base64url, or are too long.
    Encoding,
    /// Another algorithm than HS256.
    Algorithm,
    /// Signed by someone else.
    Signature,
    /// The claims are not what they should be.
    Claims,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It was revoked, or its password changed.
    Revoked,
    /// It is for other endpoints.
    Endpoint,
}

impl Refusal {
    /// The refusal of a token that does not verify.
    pub(crate) fn invalid(why: Invalid, token: &str) -> Self {
        match why {
            Invalid::Malformed if token.split('.').count() != 3 => Self::Segments,
            Invalid::Malformed => Self::Encoding,
            Invalid::Algorithm => Self::Algorithm,
            Invalid::Signature => Self::Signature,
            Invalid::Payload => Self::Claims,
            Invalid::NotYetValid => Self::NotYetValid,
        }
    }

    /// 401, in the one form in which this API refuses. The id is always 1: the body has not been
    /// read.
    pub(crate) fn response(self) -> json2::Response {
        let error = json!({ "code": -32600, "message": self.to_string() });
        let body = format!("{{\"jsonrpc\":\"2.0\",\"error\":{error},\"id\":1}}\n");
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        let content_type = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotProvided => "auth token not provided",
            Self::Header => {
                "couldn't parse auth token. Header \"Authorization\" should be \"Bearer TOKEN.GOES.HERE\""
            }
            Self::Segments => "token contains an invalid number of segments",
            Self::Encoding => "token is malformed",
            Self::Algorithm => "auth token didn't specify the HS256 signing method correctly",
            Self::Signature => "signature is invalid",
            Self::Claims => "the claims of the token are invalid",
            Self::Expired => "token is expired",
            Self::NotYetValid => "token is not valid yet",
            Self::Revoked => "the provided auth token was revoked",
            Self::Endpoint => "the provided auth token does not allow access to this endpoint",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use proptest::prelude::*;

    fn path(text: &str) -> Target {
        Target::Path(text.to_owned())
    }

    fn scope(endpoints: &[&str]) -> Scope {
        let endpoints = endpoints.iter().map(|text| (*text).to_owned());
        Scope {
            endpoints: Some(endpoints.collect()),
            methods: None,
        }
    }

    #[test]
    fn only_the_auth_api_is_exempt() {
        assert_eq!(Target::of("/ext/auth"), Target::AuthApi);
        assert_eq!(Target::of("/ext/%61uth"), Target::AuthApi);
        for other in [
            "/ext/auth/",
            "/ext//auth",
            "/ext/bc/auth",
            "/x/auth",
            "/auth",
            "/EXT/AUTH",
            "/ext/Auth",
            "/ext/auth/x",
            "/ext/info/../auth",
            "/ext/./auth",
            "/ext%2fauth",
            "/ext/auth%00",
            "/ext/auth%20",
            "/ext/%2561uth",
            "ext/auth",
            "/rpc/v1/auth",
        ] {
            assert_ne!(Target::of(other), Target::AuthApi, "{other}");
            assert!(!Target::of(other).is_in(&scope(&["/ext/info"])), "{other}");
        }
    }

    #[test]
    fn paths_have_one_form() {
        assert_eq!(Target::of("/"), path("/"));
        assert_eq!(Target::of("/ext/info"), path("/ext/info"));
        assert_eq!(Target::of("/ext/%69nfo"), path("/ext/info"));
        assert_eq!(Target::of("/EXT/info"), path("/EXT/info"));
        assert_eq!(Target::of("/ext/bc/a%2Eb"), path("/ext/bc/a.b"));
        for nowhere in [
            "",
            "*",
            "ext",
            "//",
            "/ext/",
            "/ext//info",
            "/ext/./info",
            "/ext/../info",
            "/ext/%2e/info",
            "/ext/%2E%2e/info",
            "/ext%2Finfo",
            "/ext/in%5cfo",
            "/ext/in\\fo",
            "/ext/info%00",
            "/ext/info%0a",
            "/ext/in%fo",
            "/ext/info%",
            "/ext/info%2",
            "/ext/info%zz",
            "/ext/info%+1",
            "/ext/%2569nfo",
            "/ext/%c3%a9",
            "/ext/%ff",
        ] {
            assert_eq!(Target::of(nowhere), Target::Nowhere, "{nowhere}");
        }
    }

    #[test]
    fn nowhere_is_open_to_unlimited_tokens_only() {
        assert!(Target::Nowhere.is_in(&Scope::ALL));
        assert!(Target::Nowhere.is_in(&scope(&["*"])));
        assert!(!Target::Nowhere.is_in(&scope(&["/ext", "/rpc/v1"])));
        assert!(Target::of("/ext/bc/F/rpc").is_in(&scope(&["/ext/bc/F"])));
        assert!(!Target::of("/ext/bc/FF").is_in(&scope(&["/ext/bc/F"])));
    }

    #[test]
    fn the_token_is_read_from_one_header_of_one_form() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read(&["Bearer a.b.c"]).as_deref(), Ok("a.b.c"));
        assert_eq!(read(&[]), Err(Refusal::NotProvided));
        assert_eq!(read(&[""]), Err(Refusal::NotProvided));
        for bad in [
            "a.b.c",
            "bearer a.b.c",
            "Bearer",
            "BEARER a",
            "Basic a",
            "Bearer\ta",
        ] {
            assert_eq!(read(&[bad]), Err(Refusal::Header), "{bad}");
        }
        assert_eq!(read(&["Bearer a", "Bearer b"]), Err(Refusal::Header));
    }

    #[test]
    fn what_is_wrong_with_a_token_is_said_in_the_reference_s_words() {
        let text = |why, token| Refusal::invalid(why, token).to_string();
        let segments = "token contains an invalid number of segments";
        assert_eq!(text(Invalid::Malformed, "a.b"), segments);
        assert_eq!(text(Invalid::Malformed, "a.b.c"), "token is malformed");
        assert_eq!(text(Invalid::Signature, "a.b.c"), "signature is invalid");
    }

    #[tokio::test]
    async fn a_refusal_byte_for_byte() {
        let response = Refusal::Header.response();
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.headers().len(), 1);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let expected = concat!(
            r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"couldn't parse auth token. "#,
            r#"Header \"Authorization\" should be \"Bearer TOKEN.GOES.HERE\""},"id":1}"#,
            "\n"
        );
        assert_eq!(body, expected);
    }

    proptest! {
        /// What is compared can be decoded and cleaned again without becoming another path.
        #[test]
        fn a_path_in_its_one_form_stays_as_it_is(text in "/[a-c./%2eE0fF\\\\ ]{0,12}") {
            if let Some(path) = Target::of(&text).path() {
                let again = Target::of(path);
                prop_assert_eq!(again.path(), Some(path));
                prop_assert!(!path.contains("//") && !path.contains(['%', '\\', ' ']));
                prop_assert!(path.split('/').all(|segment| !matches!(segment, "." | "..")));
            }
        }

        /// Escaping letters changes nothing.
        #[test]
        fn escaping_does_not_dodge_a_scope(first in "[a-z]{1,8}", second in "[a-zA-Z0-9_-]{1,8}") {
            let escaped: String = second.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let plain = format!("/{first}/{second}");
            prop_assert_eq!(Target::of(&format!("/{first}/{escaped}")), Target::of(&plain));
        }

        #[test]
        fn nothing_panics(text in "\\PC*") {
            Target::of(&text);
            Target::of(&format!("/{text}"));
        }
    }
}
