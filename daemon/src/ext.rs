//! What is served under `/ext`, in the manner of AvalancheGo: the Auth API and the endpoints beside
//! it.
//!
//! | path | what answers |
//! |---|---|
//! | `/ext/auth` | [`auth_api`]: tokens for a password; only with `--api-auth-required` |
//! | `/ext/info` | [`info`] |
//! | `/ext/health`, `/ext/health/readiness`, `/ext/health/liveness` | [`health`] |
//! | `/ext/bc/<chain>` | the chain's own RPC path, named by [`chain_aliases`] |
//!
//! [`gate`] has the rules for paths and the refusals of `/ext`, [`json2`] its way of speaking
//! JSON-RPC, [`password`] and [`backoff`] guard the password. Nothing in here knows how tokens are
//! made: that is behind [`auth_api::TokenIssuer`].

pub(crate) mod auth_api;
pub(crate) mod backoff;
pub(crate) mod chain_aliases;
pub(crate) mod gate;
pub(crate) mod health;
pub(crate) mod info;
pub(crate) mod issuer;
pub(crate) mod json2;
pub(crate) mod password;

use std::net::SocketAddr;

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;

use auth_api::AuthApi;
use health::Health;
use info::Info;
use json2::Response;

/// The services under `/ext` that answer on their own. `/ext/metrics` and `/ext/bc/<chain>` are
/// other names of what the server has elsewhere.
#[derive(Debug)]
pub(crate) struct Ext {
    /// Absent without `--api-auth-required`: then its path is not found.
    pub(crate) auth: Option<AuthApi>,
    /// `/ext/info`.
    pub(crate) info: Info,
    /// `/ext/health` and what is under it.
    pub(crate) health: Health,
}

impl Ext {
    /// Whether [`serve`](Self::serve) has something at this canonical path.
    pub(crate) fn knows(&self, path: &str) -> bool {
        match path {
            gate::AUTH_API => self.auth.is_some(),
            "/ext/info" => true,
            _ => health::Kind::of(path).is_some(),
        }
    }

    /// Answers a request that has passed the gate. `path` is canonical, `body` complete and at most
    /// a byte longer than [`json2::MAX_BODY`], `source` the address of the client.
    pub(crate) async fn serve(
        &self,
        path: &str,
        parts: &Parts,
        body: Bytes,
        source: SocketAddr,
    ) -> Response {
        if let Some(kind) = health::Kind::of(path) {
            return self.health.serve(kind, parts, body, source).await;
        }
        match (path, &self.auth) {
            (gate::AUTH_API, Some(auth)) => json2::serve(parts, body, source, auth).await,
            ("/ext/info", _) => json2::serve(parts, body, source, &self.info).await,
            _ => json2::plain(StatusCode::NOT_FOUND, "404 page not found\n"),
        }
    }
}
