//! The gate: every call passes it, whatever transport it came by.
//!
//! In go-jsonrpc's order (`handler.go`), except that parameters are decoded after the permission
//! is checked: known? answerable here (channels need a WebSocket)? the right number of parameters?
//! permitted? Then the method runs, and a panic in it becomes an error of that call.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use http::Extensions;
use jsonrpsee::core::server::{MethodCallback, SubscriptionState};
use jsonrpsee::types::{ErrorObjectOwned, Params};
use jsonrpsee::{ConnectionId, MethodResponse, MethodSink};
use lotus_core::{Api, Error, Kind, Method};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::caller::Caller;
use super::forest;
use super::nulls;
use super::recording::Recording;
use super::reply::{CALL_ID, Fault, INVALID_PARAMS, Reply};
use super::request::{Request, RequestId};
use crate::audit::{Audit, Verdict};
use crate::metrics::{MethodMetrics, Metrics};

/// The methods of one path.
#[derive(Debug)]
pub(crate) struct Gate {
    /// By wire name, aliases included.
    entries: HashMap<&'static str, Arc<Entry>>,
    unknown: MethodMetrics,
    audit: Arc<Audit>,
}

/// One method behind the gate.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) method: &'static Method,
    callback: MethodCallback,
    metrics: MethodMetrics,
    audit: Arc<Audit>,
}

impl Gate {
    pub(crate) fn new(api: &Api, metrics: &Metrics, audit: &Arc<Audit>) -> Self {
        let mut entries = HashMap::new();
        for (method, callback) in api.iter() {
            let callback = callback.clone();
            let metrics = metrics.method(method.name);
            let entry = Arc::new(Entry {
                method,
                callback,
                metrics,
                audit: audit.clone(),
            });
            entries.extend(method.aliases.iter().map(|alias| (*alias, entry.clone())));
            entries.insert(method.name, entry);
        }
        Self {
            entries,
            unknown: metrics.method("unknown"),
            audit: audit.clone(),
        }
    }

    /// Runs one call that expects one reply.
    pub(crate) async fn call(&self, request: &Request<'_>, caller: &Caller) -> Reply {
        match self.admit(request, caller, false) {
            Ok(entry) => entry.clone().run(request, caller).await,
            Err(fault) => self.refuse(fault, request, caller).await,
        }
    }

    /// The method of a request, if this caller may invoke it. `channels` says whether the transport
    /// can carry them.
    pub(crate) fn admit(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        channels: bool,
    ) -> Result<&Arc<Entry>, Fault> {
        let Some(entry) = self.entries.get(request.method.as_ref()) else {
            self.unknown.failed.inc();
            return Err(Fault::unknown_method(format!(
                "method '{}' not found",
                request.method
            )));
        };
        entry
            .admit(request, caller, channels)
            .inspect_err(|fault| {
                let metrics = &entry.metrics;
                if fault.is_refusal() {
                    metrics.refused.inc()
                } else {
                    metrics.failed.inc()
                };
            })?;
        Ok(entry)
    }

    /// Puts a refusal on record; other faults are answered as they are.
    pub(crate) fn refuse(
        &self,
        fault: Fault,
        request: &Request<'_>,
        caller: &Caller,
    ) -> impl Future<Output = Reply> + Send + use<> {
        let entry = self
            .entries
            .get(request.method.as_ref())
            .filter(|_| fault.is_refusal());
        let refused = entry.map(|entry| {
            let id = request.id.as_ref().map(RequestId::json);
            let mut record = caller.entry(entry.method.name, id, Verdict::Refused);
            record.reason = Some(fault.message().to_owned().into());
            (self.audit.clone(), record)
        });
        async move {
            if let Some((audit, record)) = refused {
                audit.record(record).accepted().await;
            }
            fault.into()
        }
    }
}

impl Entry {
    fn admit(&self, request: &Request<'_>, caller: &Caller, channels: bool) -> Result<(), Fault> {
        let Self { method, .. } = self;
        if method.kind == Kind::Channel && !channels {
            return Err(Fault::unknown_method(format!(
                "method '{}' not supported in this mode (no out channel support)",
                request.method
            )));
        }
        let (count, expected) = (request.param_count()?, method.params.len());
        if !method.takes(count) && !forest::is_extra_parameter(method, count) {
            // What may be left out Lotus counts in the method itself, which has errors of its own.
            return Err(match method.required < expected {
                true => Fault::from(Error::other(format!(
                    "decoding params: expected {} or {expected} params, got {count}",
                    method.required
                ))),
                false => Fault::param_count(format!(
                    "wrong param count (method '{}'): {count} != {expected}",
                    request.method
                )),
            });
        }
        caller.may(method).map_err(Fault::refused)
    }

    /// Whether it is answered with a channel. One that this daemon does not serve is not.
    pub(crate) fn opens_channel(&self) -> bool {
        matches!(self.callback, MethodCallback::Subscription(_))
    }

    /// Runs the method. The future owns what it needs, so that a task may drive it.
    pub(crate) fn run(
        self: Arc<Self>,
        request: &Request<'_>,
        caller: &Caller,
    ) -> impl Future<Output = Reply> + Send + use<> {
        let params = request.params;
        let recording = Recording::begin(&self.audit, self.method, request, caller);
        let extensions = extensions(self.method, params, caller);
        let zeroed = params.and_then(|params| nulls::replaced(self.method, params));
        let params = zeroed.as_deref().or(params);
        let params = Params::new(params.map(RawValue::get)).into_owned();
        async move {
            let work = async {
                match &self.callback {
                    MethodCallback::Sync(callback) => {
                        callback(CALL_ID, params, usize::MAX, extensions)
                    }
                    MethodCallback::Async(callback) => {
                        callback(CALL_ID, params, ConnectionId(0), usize::MAX, extensions).await
                    }
                    // `admit` sends channels to `open`; `Api` has no unsubscribe methods.
                    MethodCallback::Subscription(_) | MethodCallback::Unsubscription(_) => {
                        let error = Error::other("not a method that returns one result");
                        MethodResponse::error(CALL_ID, ErrorObjectOwned::from(error))
                    }
                }
            };
            let reply = match AssertUnwindSafe(work).catch_unwind().await {
                Ok(response) => self.reply(response),
                Err(panic) => Fault::panic(format!(
                    "fatal error calling '{0}': panic in rpc method '{0}': {1}",
                    self.method.name,
                    panic_text(&*panic)
                ))
                .into(),
            };
            self.count(&reply);
            if let Some(recording) = recording {
                recording.end(&reply).await;
            }
            reply
        }
    }

    /// Opens a channel: `sink` gets jsonrpsee's frames, beginning with a copy of the reply.
    pub(crate) async fn open(
        &self,
        params: Option<Box<RawValue>>,
        caller: &Caller,
        sink: MethodSink,
        state: SubscriptionState<'_>,
    ) -> Reply {
        let MethodCallback::Subscription(callback) = &self.callback else {
            return Fault::from(Error::other("not a method that returns a channel")).into();
        };
        let extensions = extensions(self.method, params.as_deref(), caller);
        let params = params.map(|params| nulls::replaced(self.method, &params).unwrap_or(params));
        let params = Params::new(params.as_ref().map(|params| params.get()));
        let reply = self.reply(callback(CALL_ID, params, sink, state, extensions).await);
        self.count(&reply);
        reply
    }

    /// jsonrpsee answers parameters that do not decode with -32602 and `data`; go-jsonrpc with
    /// -32700 and the reason in the message, which is the only part that its clients show.
    fn reply(&self, response: MethodResponse) -> Reply {
        if response.as_error_code() != Some(INVALID_PARAMS) {
            return Reply::from_response(response);
        }
        #[derive(Deserialize)]
        struct Response {
            error: ErrorObjectOwned,
        }
        let reason = serde_json::from_str::<Response>(response.as_json().get())
            .ok()
            .and_then(|response| response.error.data().map(|data| data.get().to_owned()))
            .and_then(|data| serde_json::from_str::<String>(&data).ok())
            .unwrap_or_default();
        let name = self.method.name;
        Fault::parse(format!("unmarshaling params for '{name}': json: {reason}")).into()
    }

    fn count(&self, reply: &Reply) {
        if reply.is_error() {
            self.metrics.failed.inc()
        } else {
            self.metrics.succeeded.inc()
        };
    }
}

/// What a handler may ask about its call.
fn extensions(method: &Method, params: Option<&RawValue>, caller: &Caller) -> Extensions {
    let mut extensions = Extensions::new();
    extensions.insert(caller.clone());
    if let Some(lifetime) = params.and_then(|params| forest::requested_lifetime(method, params)) {
        extensions.insert(lifetime);
    }
    extensions
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
