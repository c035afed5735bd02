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
mod forest;
mod gate;
mod http;
mod listener;
mod paths;
mod reply;
mod request;
mod tasks;
mod ws;

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

pub(crate) use caller::Caller;
pub(crate) use forest::RequestedLifetime;
pub use listener::{ListenError, Listener};
pub(crate) use paths::Paths;

use crate::metrics::Counted;
use crate::shutdown::Shutdown;

/// What a server does not exceed. Each has a key in `[API]`, which its error names.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest request body or WebSocket message, in bytes.
    pub request_bytes: usize,
    /// How long a client may take for a request's header, and between two parts of its body.
    pub read_timeout: Duration,
    /// TCP connections at a time; more wait to be accepted.
    pub connections: usize,
    /// Calls in one batch.
    pub batch: usize,
    /// Calls in flight on one WebSocket.
    pub concurrent_calls: usize,
    /// Channels on one WebSocket.
    pub channels: u32,
    /// How long calls in flight may take to finish when the daemon shuts down.
    pub shutdown: Duration,
}

/// Serves connections until `shutdown` begins and the calls in flight have finished.
pub(crate) async fn serve(listener: Listener, paths: Arc<Paths>, shutdown: Shutdown) {
    let slots = Arc::new(Semaphore::new(paths.limits().connections));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            () = shutdown.begun() => break,
        };
        match accepted {
            Ok((stream, slot)) => {
                let (served, shutdown) = (paths.clone(), shutdown.clone());
                paths.tasks().spawn(async move {
                    let _counted = Counted::new(&served.metrics().connections);
                    connection(stream, served, shutdown).await;
                    drop(slot);
                });
            }
            Err(error) => {
                // Out of file descriptors, mostly. Connections that end give some back.
                tracing::warn!(target: "rpc", %error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let cut = paths.tasks().finish(paths.limits().shutdown).await;
    if cut > 0 {
        tracing::warn!(target: "rpc", cut, "calls were still running and have been cut off");
    }
}

async fn accept(
    listener: &Listener,
    slots: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let slot = slots
        .clone()
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    let stream = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, slot))
}

async fn connection(stream: TcpStream, paths: Arc<Paths>, shutdown: Shutdown) {
    let read_timeout = paths.limits().read_timeout;
    let service = service_fn(move |request| {
        let paths = paths.clone();
        async move { Ok::<_, std::convert::Infallible>(paths.route(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(read_timeout)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = shutdown.begun() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(target: "rpc", %error, "connection ended");
    }
}
