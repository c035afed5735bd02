//! The paths of the server and who may use them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, EXPECT, HeaderValue, SEC_WEBSOCKET_VERSION};
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use lotus_core::{Api, Permission};
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use super::authn::{Anonymous, Refused};
use super::caller::{Caller, Identity};
use super::gate::Gate;
use super::host::Hosts;
use super::{Limits, authn, http as rpc_http, ws};
use crate::audit::{Audit, Entry, Transport, Verdict};
use crate::auth::{Authority, End};
use crate::ext::Ext;
use crate::ext::chain_aliases::ChainAliases;
use crate::metrics::{self, Metrics};
use crate::shutdown::Shutdown;

pub(super) type Body = Full<Bytes>;

/// Answers whether the daemon is ready for work; the text says why not.
pub(crate) type Readiness = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Everything that one listener serves.
pub(crate) struct Paths {
    /// RPC paths and what they serve.
    pub(super) gates: HashMap<&'static str, Arc<Gate>>,
    pub(super) served: Served,
}

/// What a listener's paths have in common.
pub(crate) struct Served {
    pub(crate) authority: Arc<Authority>,
    /// What callers without a token may do.
    pub(crate) anonymous: Anonymous,
    pub(crate) hosts: Hosts,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) audit: Arc<Audit>,
    pub(crate) ext: Ext,
    pub(crate) chains: Arc<ChainAliases>,
    pub(crate) readiness: Readiness,
    pub(crate) shutdown: Shutdown,
}

impl Paths {
    /// `apis` maps RPC paths to what they serve.
    pub(crate) fn new(apis: impl IntoIterator<Item = (&'static str, Api)>, served: Served) -> Self {
        let gate = |api| Arc::new(Gate::new(&api, &served.metrics, &served.audit));
        let gates = apis.into_iter().map(|(path, api)| (path, gate(api)));
        Self {
            gates: gates.collect(),
            served,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.served.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.served.metrics
    }

    /// Answers a request, and says whether the connection becomes a WebSocket with that.
    pub(crate) async fn route(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> (Response<Body>, Option<Upgrade>) {
        let (parts, mut body) = request.into_parts();
        // A client that waits for `100 Continue` does not send what it is not asked for.
        let waits = parts.headers.contains_key(EXPECT);
        let answer = match self.other_host(&parts, peer).await {
            Some(refusal) => (refusal, None),
            None => self.answer(parts, &mut body, peer).await,
        };
        if !waits && !body.is_end_stream() {
            discard(body, self.served.limits.read_timeout);
        }
        answer
    }

    async fn answer(
        &self,
        parts: Parts,
        body: &mut Incoming,
        peer: SocketAddr,
    ) -> (Response<Body>, Option<Upgrade>) {
        let path = parts.uri.path();
        match self.gates.get(path) {
            Some(gate) => self.rpc(gate, parts, body, peer).await,
            None if is_ext(path) => self.ext(parts, body, peer).await,
            None => (self.other(&parts, peer).await, None),
        }
    }

    /// A path that is no RPC path.
    async fn other(&self, request: &Parts, peer: SocketAddr) -> Response<Body> {
        match request.uri.path() {
            "/health/livez" => empty(StatusCode::OK),
            "/health/readyz" => self.ready(),
            "/debug/metrics" => self.metrics_text(request, peer).await,
            _ => plain(StatusCode::NOT_FOUND, "404 page not found\n"),
        }
    }

    async fn rpc(
        &self,
        gate: &Arc<Gate>,
        request: Parts,
        body: &mut Incoming,
        peer: SocketAddr,
    ) -> (Response<Body>, Option<Upgrade>) {
        match self.identify(&request, peer).await {
            Ok(caller) => self.call(gate, caller, request, body).await,
            Err(refusal) => (refusal, None),
        }
    }

    /// Serves what an identified caller asks of a gate.
    pub(super) async fn call(
        &self,
        gate: &Arc<Gate>,
        caller: Caller,
        request: Parts,
        body: &mut Incoming,
    ) -> (Response<Body>, Option<Upgrade>) {
        if wants_upgrade(&request.headers) {
            return self.websocket(gate.clone(), caller, request);
        }
        // Whoever revokes the token waits for this call, and this call ends when the token dies.
        let _hold = caller.hold();
        let response = tokio::select! {
            biased;
            response = rpc_http::serve(&request.headers, body, gate, &caller, &self.served.limits) => response,
            end = caller.ended() => match end {
                End::Dead(_) => empty(StatusCode::UNAUTHORIZED),
                End::Stale => plain(StatusCode::SERVICE_UNAVAILABLE, format!("{end}\n")),
            },
        };
        (response, None)
    }

    /// Who calls; or the response that refuses.
    async fn identify(&self, request: &Parts, peer: SocketAddr) -> Result<Caller, Response<Body>> {
        match authn::identify(request, &self.served.authority, self.served.anonymous).await {
            Ok(identity) => Ok(caller(request, request.uri.path(), peer, identity)),
            Err(refused) => {
                self.turned_away(request, peer, &refused).await;
                Err(match refused.unknown() {
                    None => empty(StatusCode::UNAUTHORIZED),
                    Some(why) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
                })
            }
        }
    }

    /// Counts and records a request whose token was refused.
    pub(super) async fn turned_away(&self, request: &Parts, peer: SocketAddr, refused: &Refused) {
        self.served.metrics.tokens_refused.inc();
        let token = refused.token();
        let record = Entry {
            token: token.map(|token| token.id.clone()),
            name: token.and_then(|token| token.name.clone()),
            address: peer,
            transport: transport(request),
            path: request.uri.path().to_owned().into(),
            method: None,
            verdict: Verdict::Unauthenticated,
            reason: Some(refused.to_string().into()),
            request: None,
            outcome: None,
        };
        self.served.audit.record(record).accepted().await;
    }

    /// Counts and records a request that its caller may not make, whatever its method.
    pub(super) async fn refused(&self, caller: &Caller, reason: String) {
        self.served.metrics.tokens_refused.inc();
        let record = Entry {
            method: None,
            reason: Some(reason.into()),
            ..caller.entry("", None, Verdict::Refused)
        };
        self.served.audit.record(record).accepted().await;
    }

    fn websocket(
        &self,
        gate: Arc<Gate>,
        caller: Caller,
        request: Parts,
    ) -> (Response<Body>, Option<Upgrade>) {
        let mut request = Request::from_parts(request, ());
        let upgrade = hyper::upgrade::on(&mut request);
        let Ok(handshake) = create_response(&request) else {
            let mut response = plain(StatusCode::BAD_REQUEST, "Bad Request\n");
            let version = HeaderValue::from_static("13");
            response
                .headers_mut()
                .insert(SEC_WEBSOCKET_VERSION, version);
            return (response, None);
        };
        let context = ws::Context {
            gate,
            caller,
            limits: self.served.limits.clone(),
            metrics: self.served.metrics.clone(),
            shutdown: self.served.shutdown.clone(),
        };
        let upgrade = Upgrade { upgrade, context };
        (handshake.map(|()| Full::default()), Some(upgrade))
    }

    fn ready(&self) -> Response<Body> {
        match (self.served.readiness)() {
            Ok(()) => empty(StatusCode::OK),
            Err(why) => plain(StatusCode::SERVICE_UNAVAILABLE, why + "\n"),
        }
    }

    /// Which methods are called how often is node state: whoever may not read gets nothing.
    async fn metrics_text(&self, request: &Parts, peer: SocketAddr) -> Response<Body> {
        match self.identify(request, peer).await {
            Ok(caller) if caller.permissions().contains(Permission::Read) => {
                let mut response = Response::new(Full::from(self.served.metrics.encode()));
                let content_type = HeaderValue::from_static(metrics::CONTENT_TYPE);
                response.headers_mut().insert(CONTENT_TYPE, content_type);
                response
            }
            Ok(_) => empty(StatusCode::UNAUTHORIZED),
            Err(refusal) => refusal,
        }
    }
}

/// A connection that becomes a WebSocket once the response to its handshake is on the wire.
pub(crate) struct Upgrade {
    upgrade: OnUpgrade,
    context: ws::Context,
}

impl Upgrade {
    /// Serves the WebSocket to its end.
    pub(crate) async fn serve(self) {
        match self.upgrade.await {
            Ok(io) => ws::serve(TokioIo::new(io), self.context).await,
            Err(error) => tracing::debug!(target: "rpc", %error, "WebSocket upgrade failed"),
        }
    }
}

/// Reads what is left of a refused request's body, and forgets it, for at most `patience`.
///
/// A socket that is closed while data is on its way to it is reset, and with that the answer is
/// lost: a client that sends first and reads afterwards would see no refusal but a broken pipe.
fn discard(mut body: Incoming, patience: Duration) {
    let read = async move { while let Some(Ok(_)) = body.frame().await {} };
    tokio::spawn(tokio::time::timeout(patience, read));
}

/// Whether a path is behind the door of `/ext`, in whatever form it is written there.
fn is_ext(path: &str) -> bool {
    let rest = path.strip_prefix("/ext");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The caller of a request for a canonical path.
pub(super) fn caller(request: &Parts, path: &str, peer: SocketAddr, identity: Identity) -> Caller {
    Caller::new(peer, path.into(), transport(request), identity)
}

pub(super) fn transport(request: &Parts) -> Transport {
    if wants_upgrade(&request.headers) {
        Transport::Ws
    } else {
        Transport::Http
    }
}

/// As gorilla/websocket's users: the word somewhere in `Connection`, in any case.
fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.get_all(CONNECTION).iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.to_ascii_lowercase().contains("upgrade"))
    })
}

pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

pub(super) fn plain(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(Full::from(text.into()));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
