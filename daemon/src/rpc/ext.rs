//! The paths under `/ext`: their own way of refusing, and what they lead to.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderValue, ORIGIN};
use http::request::Parts;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use lotus_core::{Permission, Permissions};
use std::net::SocketAddr;

use super::authn::{Anonymous, Refused};
use super::caller::{Caller, Identity};
use super::paths::{Body, Paths, Upgrade, caller, empty, plain};
use crate::auth::{self, Death};
use crate::ext::gate::{self, Refusal, Target};
use crate::ext::json2::MAX_BODY;
use crate::metrics;

impl Paths {
    /// Answers a request for a path under `/ext`.
    pub(super) async fn ext(
        &self,
        request: Parts,
        body: &mut Incoming,
        peer: SocketAddr,
    ) -> (Response<Body>, Option<Upgrade>) {
        let target = Target::of(request.uri.path());
        if target == Target::AuthApi {
            // Behind the password, never behind a token.
            return (
                self.service(gate::AUTH_API, &request, body, peer).await,
                None,
            );
        }
        let identity = match self.identify_ext(&request).await {
            Ok(identity) => identity,
            Err(refused) => {
                self.turned_away(&request, peer, &refused).await;
                return (refusal(&refused, &request), None);
            }
        };
        let path = target.path().unwrap_or(request.uri.path());
        let caller = caller(&request, path, peer, identity);
        if let Some(token) = caller.token()
            && !target.is_in(token.scope())
        {
            return (self.shut_out(&caller, Refusal::Endpoint).await, None);
        }
        if target == Target::Nowhere {
            return (not_found(), None);
        }
        let rpc = self
            .served
            .chains
            .resolve(path)
            .and_then(|rpc| self.gates.get(rpc));
        if let Some(gate) = rpc {
            return self.call(&gate.clone(), caller, request, body).await;
        }
        if let Some(token) = caller.token() {
            let path = path.to_owned();
            token.used(auth::now(), || (peer.ip().to_string(), path));
        }
        let may_read = caller.permissions().contains(Permission::Read);
        let response = match path {
            "/ext/metrics" | "/ext/info" if !may_read => {
                self.shut_out(&caller, Refusal::NotProvided).await
            }
            "/ext/metrics" => {
                let mut response = Response::new(Full::from(self.served.metrics.encode()));
                let content_type = HeaderValue::from_static(metrics::CONTENT_TYPE);
                response.headers_mut().insert(CONTENT_TYPE, content_type);
                response
            }
            _ => self.service(path, &request, body, peer).await,
        };
        (response, None)
    }

    /// Who calls, by the rules of `/ext`: the header only.
    async fn identify_ext(&self, request: &Parts) -> Result<Identity, Refused> {
        let text = match (gate::bearer(&request.headers), self.served.anonymous) {
            (Ok(text), _) => text,
            (Err(Refusal::NotProvided), Anonymous::Have(permissions)) => {
                let page = request.headers.contains_key(ORIGIN);
                let permissions = if page { Permissions::NONE } else { permissions };
                return Ok(Identity::Anonymous(permissions));
            }
            (Err(Refusal::NotProvided), Anonymous::Refused) => return Err(Refused::NoToken),
            (Err(_), _) => return Err(Refused::Form),
        };
        let verified = self.served.authority.verify(text).await.inspect_err(|why| {
            tracing::debug!(target: "auth", path = request.uri.path(), %why, "token refused");
        });
        verified.map(Identity::Token).map_err(Refused::Token)
    }

    /// Refuses a known caller, and puts that on record.
    async fn shut_out(&self, caller: &Caller, refusal: Refusal) -> Response<Body> {
        self.refused(caller, refusal.to_string()).await;
        refusal.response()
    }

    /// One of the services under `/ext`.
    async fn service(
        &self,
        path: &str,
        request: &Parts,
        body: &mut Incoming,
        peer: SocketAddr,
    ) -> Response<Body> {
        if !self.served.ext.knows(path) {
            return not_found();
        }
        match tokio::time::timeout(self.served.limits.read_timeout, read(body)).await {
            Ok(Some(body)) => self.served.ext.serve(path, request, body, peer).await,
            Ok(None) => empty(StatusCode::BAD_REQUEST),
            Err(_) => empty(StatusCode::REQUEST_TIMEOUT),
        }
    }
}

/// The one form of refusal of `/ext`.
fn refusal(refused: &Refused, request: &Parts) -> Response<Body> {
    let refusal = match refused {
        Refused::NoToken => Refusal::NotProvided,
        Refused::Form => Refusal::Header,
        Refused::Token(auth::Refusal::Invalid(why)) => {
            Refusal::invalid(*why, gate::bearer(&request.headers).unwrap_or_default())
        }
        Refused::Token(auth::Refusal::Dead(dead)) => match dead.death {
            Death::Revoked => Refusal::Revoked,
            Death::Expired | Death::Idle => Refusal::Expired,
        },
        Refused::Token(why @ (auth::Refusal::Store(_) | auth::Refusal::Stale)) => {
            return plain(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"));
        }
    };
    refusal.response()
}

/// The body, or a little more of it than is allowed: then the service says that it is too long.
async fn read(body: &mut Incoming) -> Option<Bytes> {
    let mut read = BytesMut::new();
    while read.len() <= MAX_BODY {
        match body.frame().await {
            None => break,
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    let room = MAX_BODY + 1 - read.len();
                    read.extend_from_slice(data.get(..room).unwrap_or(&data));
                }
            }
            Some(Err(_)) => return None,
        }
    }
    Some(read.freeze())
}

fn not_found() -> Response<Body> {
    plain(StatusCode::NOT_FOUND, "404 page not found\n")
}
