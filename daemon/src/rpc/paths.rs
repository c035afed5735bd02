//! The paths of the server and who may use them.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue, SEC_WEBSOCKET_VERSION};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use lotus_core::{Api, Permission, Permissions};
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use super::caller::Caller;
use super::gate::Gate;
use super::tasks::Tasks;
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
    tasks: Tasks,
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
        let tasks = Tasks::default();
        Self {
            gates,
            authority,
            anonymous,
            limits,
            metrics,
            readiness,
            shutdown,
            tasks,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    pub(crate) async fn route(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        if let Some(gate) = self.gates.get(path) {
            return self.rpc(gate.clone(), request).await;
        }
        match path {
            "/health/livez" => empty(StatusCode::OK),
            "/health/readyz" => self.ready(),
            "/debug/metrics" => self.metrics_text(request),
            _ => plain(StatusCode::NOT_FOUND, "404 page not found\n"),
        }
    }

    async fn rpc(&self, gate: Arc<Gate>, request: Request<Incoming>) -> Response<Body> {
        let upgrade = wants_upgrade(request.headers());
        let (parts, body) = request.into_parts();
        let Some(caller) = self.identify(&parts) else {
            return empty(StatusCode::UNAUTHORIZED);
        };
        if upgrade {
            self.websocket(gate, caller, Request::from_parts(parts, body))
        } else {
            rpc_http::serve(&parts.headers, body, &gate, &caller, &self.limits).await
        }
    }

    fn identify(&self, request: &http::request::Parts) -> Option<Caller> {
        let caller = authn::identify(request, &self.authority, self.anonymous);
        caller
            .inspect_err(|_| _ = self.metrics.tokens_refused.inc())
            .ok()
    }

    fn websocket(
        &self,
        gate: Arc<Gate>,
        caller: Caller,
        mut request: Request<Incoming>,
    ) -> Response<Body> {
        let upgrade = hyper::upgrade::on(&mut request);
        let Ok(handshake) = create_response(&request.map(|_| ())) else {
            let mut response = plain(StatusCode::BAD_REQUEST, "Bad Request\n");
            let version = HeaderValue::from_static("13");
            response
                .headers_mut()
                .insert(SEC_WEBSOCKET_VERSION, version);
            return response;
        };
        let context = ws::Context {
            gate,
            caller,
            limits: self.limits.clone(),
            metrics: self.metrics.clone(),
            shutdown: self.shutdown.clone(),
        };
        self.tasks.spawn(async move {
            match upgrade.await {
                Ok(io) => ws::serve(TokioIo::new(io), context).await,
                Err(error) => tracing::debug!(target: "rpc", %error, "WebSocket upgrade failed"),
            }
        });
        handshake.map(|()| Full::default())
    }

    fn ready(&self) -> Response<Body> {
        match (self.readiness)() {
            Ok(()) => empty(StatusCode::OK),
            Err(why) => plain(StatusCode::SERVICE_UNAVAILABLE, why + "\n"),
        }
    }

    /// Which methods are called how often is node state: whoever may not read gets nothing.
    fn metrics_text(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, _) = request.into_parts();
        match self.identify(&parts) {
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
