//! The server: listener, paths, and the life of connections.
//!
//! ```text
//! socket → paths → authn: Caller, or a bare 401 → HTTP body or WebSocket frame → gate → method
//! ```
//!
//! jsonrpsee's macros make the methods; its transports are not used, because they cannot speak
//! go-jsonrpc's dialect (`docs/architecture.md`, decision 1).

mod authn;
mod caller;
mod calls;
mod channels;
mod descriptors;
mod elements;
mod ext;
mod forest;
mod gate;
mod host;
mod http;
mod listener;
mod nulls;
mod paths;
mod recording;
mod reply;
mod request;
mod ws;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

pub(crate) use authn::Anonymous;
pub(crate) use caller::Caller;
pub(crate) use forest::RequestedLifetime;
pub(crate) use host::Hosts;
pub use listener::{ListenError, Listener};
pub(crate) use paths::{Paths, Served};

use crate::metrics::Counted;
use crate::shutdown::Shutdown;

/// What a server does not exceed. Each has a key in `[API]`, which its error names.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest request body or WebSocket message, in bytes.
    pub request_bytes: usize,
    /// How long a client may take for a request's header, between two parts of its body, and between
    /// two requests. WebSockets may be silent for as long as they like.
    pub read_timeout: Duration,
    /// TCP connections at a time; more wait to be accepted.
    pub connections: usize,
    /// Calls in one batch.
    pub batch: usize,
    /// Bytes of the reply to a batch.
    pub batch_reply: usize,
    /// Calls in flight on one WebSocket.
    pub concurrent_calls: usize,
    /// Channels on one WebSocket.
    pub channels: u32,
    /// How long calls in flight may take to finish when the daemon shuts down.
    pub shutdown: Duration,
}

/// Serves connections until `shutdown` begins and the calls in flight have finished.
pub(crate) async fn serve(listener: Listener, paths: Arc<Paths>, shutdown: Shutdown) {
    let slots = descriptors::connections(paths.limits().connections);
    let slots = Arc::new(Semaphore::new(slots));
    // Each connection is one task, whatever it becomes: what is in this set is all that runs.
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(shutdown.begun());
    loop {
        let (stream, slot) = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut stop => break,
        };
        let (paths, shutdown) = (paths.clone(), shutdown.clone());
        connections.spawn(async move {
            let _counted = Counted::new(&paths.metrics().connections);
            connection(stream, paths, shutdown).await;
            drop(slot);
        });
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(paths.limits().shutdown, all)
        .await
        .is_err()
    {
        let cut = connections.len();
        connections.shutdown().await;
        tracing::warn!(target: "rpc", cut, "connections were still busy and have been cut off");
    }
}

/// The next connection, once one more may be open.
async fn accept(listener: &Listener, slots: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let slot = slots.clone().acquire_owned().await;
    let slot = slot.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok(stream) => return (stream, slot),
            Err(error) => {
                // Out of file descriptors, mostly. Connections that end give some back.
                tracing::warn!(target: "rpc", %error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Serves one connection to its end: HTTP, and then the WebSocket that it may have become.
async fn connection(stream: TcpStream, paths: Arc<Paths>, shutdown: Shutdown) {
    // Small replies must not wait for more to send. A socket that refuses this works all the same.
    let _ = stream.set_nodelay(true);
    let read_timeout = paths.limits().read_timeout;
    // A peer that is gone already cannot be served, nor answered.
    let Ok(peer) = stream.peer_addr() else {
        return;
    };
    let upgraded = Mutex::new(None);
    let service = service_fn(|request| async {
        let (response, upgrade) = paths.route(request, peer).await;
        if upgrade.is_some() {
            *upgraded.lock().unwrap_or_else(PoisonError::into_inner) = upgrade;
        }
        Ok::<_, std::convert::Infallible>(response)
    });
    let served = {
        let http = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(read_timeout)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut http = std::pin::pin!(http);
        tokio::select! {
            served = http.as_mut() => served,
            () = shutdown.begun() => {
                http.as_mut().graceful_shutdown();
                http.await
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!(target: "rpc", %error, "connection ended");
    }
    let upgrade = upgraded
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(upgrade) = upgrade {
        upgrade.serve().await;
    }
}

#[cfg(test)]
mod tests;
