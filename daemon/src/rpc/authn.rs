//! Who is calling: the token of an HTTP request or WebSocket upgrade, checked once.
//!
//! As go-jsonrpc's `auth/handler.go`: the `Authorization` header, and only without one the query's
//! `token`, which browsers need for WebSockets. A token that is there and bad is refused with a
//! bare 401; no token at all is an anonymous caller.

use std::borrow::Cow;
use std::fmt;

use http::header::{AUTHORIZATION, ORIGIN};
use http::request::Parts;
use lotus_core::Permissions;

use super::caller::Identity;
use crate::auth::{Authority, Dead, Refusal};

/// Why a request goes no further.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It carries no token where one is required.
    NoToken,
    /// What it carries has not the form in which tokens are sent.
    Form,
    /// Its token is not acceptable, or nobody can say whether it is.
    Token(Refusal),
}

impl Refused {
    /// Whether the token may be as good as ever, and why nobody can say.
    pub(crate) fn unknown(&self) -> Option<&Refusal> {
        match self {
            Self::Token(why @ (Refusal::Store(_) | Refusal::Stale)) => Some(why),
            Self::Token(Refusal::Invalid(_) | Refusal::Dead(_)) | Self::NoToken | Self::Form => {
                None
            }
        }
    }

    /// The token, if it is or was one of ours.
    pub(crate) fn token(&self) -> Option<&Dead> {
        match self {
            Self::Token(refusal) => refusal.token(),
            Self::NoToken | Self::Form => None,
        }
    }
}

/// In words for the operator. Which part of a token is wrong is never told to the caller.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoToken => f.write_str("no token"),
            Self::Form => f.write_str("not one header with \"Bearer\" and a token"),
            Self::Token(refusal) => refusal.fmt(f),
        }
    }
}

/// What a listener lets callers without a token do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Anonymous {
    /// They have these permissions.
    Have(Permissions),
    /// They are refused everywhere.
    Refused,
}

/// Identifies the caller of a request.
///
/// A web page without a token gets no permission: browsers add `Origin` to every WebSocket and
/// cross-origin request, and without this any page that a user visits could read the node on their
/// machine.
pub(crate) async fn identify(
    request: &Parts,
    authority: &Authority,
    anonymous: Anonymous,
) -> Result<Identity, Refused> {
    let Some(token) = token(request)? else {
        return match anonymous {
            Anonymous::Refused => Err(Refused::NoToken),
            Anonymous::Have(_) if request.headers.contains_key(ORIGIN) => {
                Ok(Identity::Anonymous(Permissions::NONE))
            }
            Anonymous::Have(permissions) => Ok(Identity::Anonymous(permissions)),
        };
    };
    let verified = authority.verify(&token).await;
    verified.map(Identity::Token).map_err(|why| {
        tracing::debug!(target: "auth", path = request.uri.path(), %why, "token refused");
        Refused::Token(why)
    })
}

/// The text of the request's token. An empty header or query value counts as none.
fn token(request: &Parts) -> Result<Option<Cow<'_, str>>, Refused> {
    let mut headers = request.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next();
    if headers.next().is_some() {
        // Two headers are a way to have a proxy check one token and the node use another.
        return Err(Refused::Form);
    }
    match header {
        Some(header) if !header.is_empty() => {
            let header = header.to_str().map_err(|_| Refused::Form)?;
            let token = header.strip_prefix("Bearer ").ok_or(Refused::Form)?;
            Ok(Some(Cow::Borrowed(token)))
        }
        _ => Ok(query_token(request.uri.query().unwrap_or_default())),
    }
}

/// The first `token` of a query string.
fn query_token(query: &str) -> Option<Cow<'_, str>> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "token")
        .map(|(_, token)| token)
        .filter(|token| !token.is_empty())
}
