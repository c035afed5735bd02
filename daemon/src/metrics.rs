//! Prometheus metrics, served at `/debug/metrics`.

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// The content type of [`Metrics::encode`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Counters of one daemon. No label ever holds a token or an address of a caller.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    /// Tokens that were refused with 401.
    pub(crate) tokens_refused: Counter,
    /// TCP connections that are open.
    pub(crate) connections: Gauge,
    /// WebSockets that are open.
    pub(crate) websockets: Gauge,
    /// Channels that are open.
    pub(crate) channels: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    verdict: &'static str,
}

/// The counters of one method, looked up once.
#[derive(Debug)]
pub(crate) struct MethodMetrics {
    pub(crate) succeeded: Counter,
    pub(crate) failed: Counter,
    pub(crate) refused: Counter,
}

impl Metrics {
    pub(crate) fn new(version: &str) -> Self {
        let mut registry = Registry::with_prefix("lotus");
        let info = Info::new([("version".to_owned(), version.to_owned())]);
        registry.register("build", "The version of this daemon", info);
        let metrics = Self {
            requests: Family::default(),
            tokens_refused: Counter::default(),
            connections: Gauge::default(),
            websockets: Gauge::default(),
            channels: Gauge::default(),
            registry: Registry::default(),
        };
        let requests = metrics.requests.clone();
        registry.register(
            "api_requests",
            "Calls by method and verdict (ok, error, refused)",
            requests,
        );
        let refused = metrics.tokens_refused.clone();
        registry.register(
            "api_tokens_refused",
            "Requests with a token that is not valid",
            refused,
        );
        registry.register(
            "api_connections",
            "Open TCP connections",
            metrics.connections.clone(),
        );
        registry.register(
            "api_websockets",
            "Open WebSockets",
            metrics.websockets.clone(),
        );
        registry.register("api_channels", "Open channels", metrics.channels.clone());
        Self {
            registry,
            ..metrics
        }
    }

    pub(crate) fn method(&self, method: &'static str) -> MethodMetrics {
        let counter = |verdict| {
            self.requests
                .get_or_create(&RequestLabels { method, verdict })
                .clone()
        };
        MethodMetrics {
            succeeded: counter("ok"),
            failed: counter("error"),
            refused: counter("refused"),
        }
    }

    /// The OpenMetrics text.
    pub(crate) fn encode(&self) -> String {
        let mut out = String::new();
        text::encode(&mut out, &self.registry).expect("writing to a String does not fail");
        out
    }
}

/// A gauge that counts this value while it lives.
#[derive(Debug)]
pub(crate) struct Counted(Gauge);

impl Counted {
    pub(crate) fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
