//! `/ext/health`, `/ext/health/readiness` and `/ext/health/liveness`: the daemon's checks, by `GET`
//! for probes and as the service `health`.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::json2::{self, Call, Fault, Response, Service};

/// Answers whether something is as it should be; the text says why not.
pub(crate) type Probe = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Which checks are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whether the daemon should be restarted if it is not so.
    Liveness,
    /// Whether the daemon should be sent work.
    Readiness,
    /// All checks.
    Health,
}

impl Kind {
    /// What a canonical path asks for.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/ext/health" | "/ext/health/health" => Some(Self::Health),
            "/ext/health/readiness" => Some(Self::Readiness),
            "/ext/health/liveness" => Some(Self::Liveness),
            _ => None,
        }
    }
}

/// The checks of one daemon. They are done when they are asked for.
#[derive(Debug, Default)]
pub(crate) struct Health {
    checks: Vec<Check>,
}

/// One check.
struct Check {
    name: &'static str,
    kind: Kind,
    probe: Probe,
    failing: Mutex<Option<Failing>>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}

/// Since when a check fails.
#[derive(Clone, Copy)]
struct Failing {
    since: Timestamp,
    times: u64,
}

/// The result of a check, in the reference's shape.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    timestamp: Timestamp,
    /// In nanoseconds.
    duration: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    contiguous_failures: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_of_first_failure: Option<Timestamp>,
}

impl Check {
    fn report(&self) -> Report {
        let timestamp = Timestamp::now();
        let started = Instant::now();
        let outcome = (self.probe)();
        let duration = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        *failing = outcome.is_err().then(|| {
            let before = *failing;
            Failing {
                since: before.map_or(timestamp, |before| before.since),
                times: before.map_or(0, |before| before.times).saturating_add(1),
            }
        });
        Report {
            error: outcome.err(),
            timestamp,
            duration,
            contiguous_failures: failing.map(|failing| failing.times),
            time_of_first_failure: failing.map(|failing| failing.since),
        }
    }
}

impl Health {
    /// Adds a check. `kind` is the narrowest question that it answers.
    pub(crate) fn with(mut self, name: &'static str, kind: Kind, probe: Probe) -> Self {
        self.checks.push(Check {
            name,
            kind,
            probe,
            failing: Mutex::default(),
        });
        self
    }

    /// Answers a probe's `GET` with 200 or 503, or the service at `/ext/health`.
    pub(crate) async fn serve(
        &self,
        kind: Kind,
        parts: &Parts,
        body: Bytes,
        source: SocketAddr,
    ) -> Response {
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return json2::serve(parts, body, source, self).await;
        }
        let (healthy, report) = self.report(kind);
        let status = match healthy {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut response = json2::respond(status, "application/json", format!("{report}\n"));
        let no_cache = HeaderValue::from_static("no-store");
        response.headers_mut().insert(CACHE_CONTROL, no_cache);
        response
    }

    /// Does the checks.
    fn report(&self, kind: Kind) -> (bool, Value) {
        let asked = self
            .checks
            .iter()
            .filter(|check| kind == Kind::Health || check.kind == kind);
        let mut healthy = true;
        let checks: Map<String, Value> = asked
            .map(|check| {
                let report = check.report();
                healthy &= report.error.is_none();
                (check.name.to_owned(), json!(report))
            })
            .collect();
        (healthy, json!({ "checks": checks, "healthy": healthy }))
    }
}

#[async_trait]
impl Service for Health {
    fn name(&self) -> &'static str {
        "health"
    }

    /// `tags` choose among the checks of parts of a node. All of these are about the whole daemon,
    /// which belong to every tag.
    async fn call(&self, call: Call<'_>) -> Result<Value, Fault> {
        let kind = match call.method {
            "health" => Kind::Health,
            "readiness" => Kind::Readiness,
            "liveness" => Kind::Liveness,
            _ => return Err(Fault::UnknownMethod),
        };
        call.fields()?.get::<Vec<String>>("tags")?;
        Ok(self.report(kind).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Test {
        health: Health,
        ready: Arc<AtomicBool>,
    }

    impl Test {
        fn new() -> Self {
            let ready = Arc::new(AtomicBool::new(true));
            let probe = ready.clone();
            let store: Probe = Box::new(move || match probe.load(Ordering::Relaxed) {
                true => Ok(()),
                false => Err("the token store cannot be reached".to_owned()),
            });
            let health = Health::default()
                .with("process", Kind::Liveness, Box::new(|| Ok(())))
                .with("tokenStore", Kind::Readiness, store);
            Self { health, ready }
        }

        async fn ask(&self, method: &str, path: &str, body: &'static str) -> (u16, Value) {
            let request = http::Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", "application/json")
                .body(())
                .unwrap();
            let (parts, ()) = request.into_parts();
            let kind = Kind::of(path).unwrap();
            let source = (std::net::Ipv4Addr::LOCALHOST, 1234).into();
            let reply = self
                .health
                .serve(kind, &parts, Bytes::from(body), source)
                .await;
            let status = reply.status().as_u16();
            let body = reply.into_body().collect().await.unwrap().to_bytes();
            (status, serde_json::from_slice(&body).unwrap())
        }
    }

    #[tokio::test]
    async fn probes_get_200_or_503_and_the_reasons() {
        let test = Test::new();
        let (status, report) = test.ask("GET", "/ext/health", "").await;
        assert_eq!((status, &report["healthy"]), (200, &json!(true)));
        assert!(report["checks"]["process"]["timestamp"].is_string());
        assert!(report["checks"]["tokenStore"]["duration"].is_u64());
        assert!(report["checks"]["tokenStore"].get("error").is_none());

        test.ready.store(false, Ordering::Relaxed);
        let (status, first) = test.ask("GET", "/ext/health/readiness", "").await;
        assert_eq!((status, &first["healthy"]), (503, &json!(false)));
        assert!(first["checks"].get("process").is_none());
        let (_, second) = test.ask("GET", "/ext/health", "").await;
        let check = &second["checks"]["tokenStore"];
        assert_eq!(check["error"], "the token store cannot be reached");
        assert_eq!(check["contiguousFailures"], 2);
        assert_eq!(
            check["timeOfFirstFailure"],
            first["checks"]["tokenStore"]["timestamp"]
        );
        assert_eq!(test.ask("GET", "/ext/health/liveness", "").await.0, 200);

        test.ready.store(true, Ordering::Relaxed);
        let (status, report) = test.ask("GET", "/ext/health/readiness", "").await;
        assert_eq!(status, 200);
        assert!(
            report["checks"]["tokenStore"]
                .get("contiguousFailures")
                .is_none()
        );
    }

    #[tokio::test]
    async fn the_service_answers_200_in_either_case() {
        let test = Test::new();
        test.ready.store(false, Ordering::Relaxed);
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"health.health","params":{"tags":["x"]}}"#;
        let (status, reply) = test.ask("POST", "/ext/health", call).await;
        assert_eq!((status, &reply["result"]["healthy"]), (200, &json!(false)));
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"health.liveness"}"#;
        let (_, reply) = test.ask("POST", "/ext/health", call).await;
        assert_eq!(reply["result"]["healthy"], true);
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"health.wealth"}"#;
        let (_, reply) = test.ask("POST", "/ext/health", call).await;
        assert_eq!(
            reply["error"]["message"],
            "rpc: can't find method \"health.Wealth\""
        );
    }
}
