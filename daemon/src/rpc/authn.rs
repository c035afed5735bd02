//! Who is calling: the token of an HTTP request or WebSocket upgrade, checked once.
//!
//! As go-jsonrpc's `auth/handler.go`: the `Authorization` header, and only without one the query's
//! `token`, which browsers need for WebSockets. A token that is there and bad is refused with a
//! bare 401; no token at all is an anonymous caller.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, ORIGIN};
use http::request::Parts;
use lotus_core::Permissions;

use super::caller::Caller;
use crate::auth::Authority;

/// The request carries a token that is not acceptable. Which part of it is wrong is logged at
/// debug level and never told to the caller.
#[derive(Debug)]
pub(crate) struct Refused;

/// Identifies the caller of a request.
///
/// `anonymous` is what a caller without a token may do on this listener. A web page gets none of
/// it: browsers add `Origin` to every WebSocket and cross-origin request, and without this any page
/// that a user visits could read the node on their machine.
pub(crate) fn identify(
    request: &Parts,
    authority: &Authority,
    anonymous: Permissions,
) -> Result<Caller, Refused> {
    match token(request)? {
        Some(token) => match authority.verify(&token) {
            Ok(token) => Ok(Caller::with_token(token)),
            Err(why) => {
                tracing::debug!(target: "auth", path = request.uri.path(), %why, "token refused");
                Err(Refused)
            }
        },
        None if request.headers.contains_key(ORIGIN) => Ok(Caller::anonymous(Permissions::NONE)),
        None => Ok(Caller::anonymous(anonymous)),
    }
}

/// The text of the request's token. An empty header or query value counts as none.
fn token(request: &Parts) -> Result<Option<Cow<'_, str>>, Refused> {
    let mut headers = request.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next();
    if headers.next().is_some() {
        // Two headers are a way to have a proxy check one token and the node use another.
        return Err(Refused);
    }
    match header {
        Some(header) if !header.is_empty() => {
            let header = header.to_str().map_err(|_| Refused)?;
            let token = header.strip_prefix("Bearer ").ok_or(Refused)?;
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
