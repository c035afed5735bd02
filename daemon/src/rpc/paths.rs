//! The paths of the server and who may use them.

use std::collections::HashMap;
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
use lotus_core::{Api, Permission, Permissions};
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use super::caller::Caller;
use super::gate::Gate;
use super::{Limits, authn, http as rpc_http, ws};
use crate::auth::Authority;
use crate::metrics::{self, Metrics};
use crate::shutdown::Shutdown;

type Body = Full<Bytes>;

/// Answers whether the daemon is ready for work; the text says why not.
pub(crate) type Readiness = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Everything that one listener serves.
pub(crate) struct Paths {
    gates: HashMap<&'static str, Arc<Gate>>,
    authority: Arc<Authority>,
    anonymous: Permissions,
    limits: Limits,
    metrics: Arc<Metrics>,
    readiness: Readiness,
    shutdown: Shutdown,
}

impl Paths {
    /// `apis` maps RPC paths to what they serve. `anonymous` is what callers without a token may
    /// do.
    pub(crate) fn new(
        apis: impl IntoIterator<Item = (&'static str, Api)>,
        authority: Arc<Authority>,
        anonymous: Permissions,
        limits: Limits,
        metrics: Arc<Metrics>,
        readiness: Readiness,
        shutdown: Shutdown,
    ) -> Self {
        let gates = apis
            .into_iter()
            .map(|(path, api)| (path, Arc::new(Gate::new(&api, &metrics))));
        let gates = gates.collect();
        Self {
            gates,
            authority,
            anonymous,
            limits,
            metrics,
            readiness,
            shutdown,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Answers a request, and says whether the connection becomes a WebSocket with that.
    pub(crate) async fn route(
        &self,
        request: Request<Incoming>,
    ) -> (Response<Body>, Option<Upgrade>) {
        let (parts, mut body) = request.into_parts();
        // A client that waits for `100 Continue` does not send what it is not asked for.
        let waits = parts.headers.contains_key(EXPECT);
        let answer = match self.gates.get(parts.uri.path()) {
            Some(gate) => self.rpc(gate, parts, &mut body).await,
            None => (self.other(&parts), None),
        };
        if !waits && !body.is_end_stream() {
            discard(body, self.limits.read_timeout);
        }
        answer
    }

    /// A path that is no RPC path.
    fn other(&self, request: &Parts) -> Response<Body> {
        match request.uri.path() {
            "/health/livez" => empty(StatusCode::OK),
            "/health/readyz" => self.ready(),
            "/debug/metrics" => self.metrics_text(request),
            _ => plain(StatusCode::NOT_FOUND, "404 page not found\n"),
        }
    }

    async fn rpc(
        &self,
        gate: &Arc<Gate>,
        request: Parts,
        body: &mut Incoming,
    ) -> (Response<Body>, Option<Upgrade>) {
        let Some(caller) = self.identify(&request) else {
            return (empty(StatusCode::UNAUTHORIZED), None);
        };
        if wants_upgrade(&request.headers) {
            return self.websocket(gate.clone(), caller, request);
        }
        let response = rpc_http::serve(&request.headers, body, gate, &caller, &self.limits).await;
        (response, None)
    }

    fn identify(&self, request: &Parts) -> Option<Caller> {
        let caller = authn::identify(request, &self.authority, self.anonymous);
        caller
            .inspect_err(|_| _ = self.metrics.tokens_refused.inc())
            .ok()
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
            limits: self.limits.clone(),
            metrics: self.metrics.clone(),
            shutdown: self.shutdown.clone(),
        };
        let upgrade = Upgrade { upgrade, context };
        (handshake.map(|()| Full::default()), Some(upgrade))
    }

    fn ready(&self) -> Response<Body> {
        match (self.readiness)() {
            Ok(()) => empty(StatusCode::OK),
            Err(why) => plain(StatusCode::SERVICE_UNAVAILABLE, why + "\n"),
        }
    }

    /// Which methods are called how often is node state: whoever may not read gets nothing.
    fn metrics_text(&self, request: &Parts) -> Response<Body> {
        match self.identify(request) {
            Some(caller) if caller.permissions().contains(Permission::Read) => {
                let mut response = Response::new(Full::from(self.metrics.encode()));
                let content_type = HeaderValue::from_static(metrics::CONTENT_TYPE);
                response.headers_mut().insert(CONTENT_TYPE, content_type);
                response
            }
            _ => empty(StatusCode::UNAUTHORIZED),
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

/// As gorilla/websocket's users: the word somewhere in `Connection`, in any case.
fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.get_all(CONNECTION).iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.to_ascii_lowercase().contains("upgrade"))
    })
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn plain(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(Full::from(text.into()));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
