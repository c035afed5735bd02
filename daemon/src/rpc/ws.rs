//! One WebSocket connection.
//!
//! Why not jsonrpsee's: it answers frames that must stay unanswered, swallows requests whose id is
//! a fraction or negative, drops notifications (so go-jsonrpc's id-less `xrpc.cancel` never
//! arrives), closes peers that do not answer pings (go-jsonrpc's clients before v0.10.2 do not) and
//! cannot close a connection with a code of ours.

mod goodbye;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use goodbye::{goodbye, linger, say};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jsonrpsee::ConnectionId;
use jsonrpsee::core::server::{BoundedSubscriptions, SubscriptionState};
use lotus_core::{Error, Kind};
use serde_json::value::RawValue;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::Limits;
use super::caller::Caller;
use super::calls::Calls;
use super::channels::{self, Builtin, ChannelId};
use super::gate::{Entry, Gate};
use super::reply::{Fault, Reply};
use super::request::{Request, RequestId};
use crate::metrics::{Counted, Metrics};
use crate::shutdown::Shutdown;

/// As go-jsonrpc's server. Its clients reconnect after 30 s in which nothing arrived. Pongs are not
/// waited for: a peer is gone when a write to it fails.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// Batches of one connection that run at a time. A small request may have a reply a hundred times as
/// long, and none is made before there is somebody to read the one before.
const BATCHES: usize = 4;

/// Frames waiting for the socket before whoever makes more of them has to wait.
const OUTGOING: usize = 256;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What a connection needs from its server.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) gate: Arc<Gate>,
    pub(crate) caller: Caller,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) shutdown: Shutdown,
}

/// Serves a connection until the peer or the daemon ends it.
pub(crate) async fn serve(io: TokioIo<Upgraded>, context: Context) {
    let _counted = Counted::new(&context.metrics.websockets);
    let config = WebSocketConfig::default()
        .max_message_size(Some(context.limits.request_bytes))
        .max_frame_size(Some(context.limits.request_bytes));
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let (outgoing, mut frames) = mpsc::channel(OUTGOING);
    let mut connection = Connection {
        id: connection_id(),
        calls: Arc::default(),
        last_channel: ChannelId(0),
        channels: BoundedSubscriptions::new(context.limits.channels),
        bytes: Arc::new(Semaphore::new(context.limits.request_bytes)),
        batches: Arc::new(Semaphore::new(BATCHES)),
        tasks: JoinSet::new(),
        outgoing,
        context,
    };
    let caller = connection.context.caller.clone();
    // Whoever revokes the token waits until nothing more can reach this peer.
    let hold = caller.hold();
    let end = tokio::select! {
        biased;
        end = caller.ended() => Ok(goodbye::of_token(end)),
        end = connection.run(&mut socket, &mut frames) => end,
    };
    drop(connection);
    // A failed read or write means that the peer is gone: there is nobody to tell.
    if let Ok(goodbye) = end
        && say(&mut socket, goodbye).await
    {
        drop(hold);
        linger(&mut socket).await;
    }
}

/// A number for each connection of this process. jsonrpsee keeps the channels of all of them in one
/// map, by connection and channel: under a number in use, a new channel would end somebody else's.
fn connection_id() -> ConnectionId {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    ConnectionId(NEXT.fetch_add(1, Ordering::Relaxed))
}

struct Connection {
    id: ConnectionId,
    context: Context,
    /// Frames from tasks. What can be answered at once is written directly.
    outgoing: mpsc::Sender<String>,
    /// Calls and channels that are running. Dropping it aborts them, as closing a connection
    /// cancels them in go-jsonrpc.
    tasks: JoinSet<()>,
    /// Bytes that the calls in flight may have, all together: as many as a single request may.
    bytes: Arc<Semaphore>,
    /// Turns for batches, each kept until the reply is on its way.
    batches: Arc<Semaphore>,
    calls: Arc<Calls>,
    last_channel: ChannelId,
    channels: BoundedSubscriptions,
}

impl Connection {
    /// Reads, writes and pings in one loop: a peer that does not read is not read from either, so
    /// what it can make this side keep is bounded. Returns how to say goodbye.
    async fn run(
        &mut self,
        socket: &mut Socket,
        frames: &mut mpsc::Receiver<String>,
    ) -> Result<CloseFrame, WsError> {
        let mut pings = tokio::time::interval(PING_INTERVAL);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pings.reset();
        let shutdown = self.context.shutdown.clone();
        let mut stopping = std::pin::pin!(shutdown.begun());
        loop {
            tokio::select! {
                // A call that ends gives bytes back, and its reply or its task's end wakes this loop.
                frame = socket.next(), if self.bytes.available_permits() > 0 => {
                    let reply = match frame {
                        Some(Ok(Message::Text(text))) => self.receive(text.as_bytes()),
                        Some(Ok(Message::Binary(bytes))) => self.receive(&bytes),
                        Some(Ok(_)) => None,
                        Some(Err(WsError::Capacity(_))) => return Ok(self.too_big()),
                        Some(Err(WsError::Utf8(_))) => {
                            return Ok(goodbye(CloseCode::Invalid, "text that is not UTF-8".to_owned()));
                        }
                        Some(Err(WsError::Protocol(why))) => {
                            return Ok(goodbye(CloseCode::Protocol, why.to_string()));
                        }
                        Some(Err(error)) => return Err(error),
                        None => return Err(WsError::ConnectionClosed),
                    };
                    if let Some(reply) = reply {
                        socket.send(Message::text(reply)).await?;
                    }
                }
                Some(frame) = frames.recv() => write(socket, frame, frames).await?,
                Some(_) = self.tasks.join_next() => {}
                _ = pings.tick() => socket.send(Message::Ping(Default::default())).await?,
                () = &mut stopping => break,
            }
        }
        self.calls.cancel_channels();
        loop {
            tokio::select! {
                biased;
                Some(frame) = frames.recv() => write(socket, frame, frames).await?,
                ended = self.tasks.join_next() => if ended.is_none() { break },
            }
        }
        while let Ok(frame) = frames.try_recv() {
            write(socket, frame, frames).await?;
        }
        Ok(goodbye(
            CloseCode::Away,
            "the daemon is shutting down".to_owned(),
        ))
    }

    fn too_big(&self) -> CloseFrame {
        let limit = self.context.limits.request_bytes;
        let reason = format!("request bigger than maximum {limit} allowed ([API] MaxRequestSize)");
        goodbye(CloseCode::Size, reason)
    }

    /// Handles one frame, and returns the reply if there is one already. What cannot be answered
    /// under an id that the client knows is not answered at all: jsonrpsee's client closes the
    /// connection on a reply that it does not expect.
    fn receive(&mut self, frame: &[u8]) -> Option<String> {
        if frame.trim_ascii_start().first() == Some(&b'[') {
            return self.batch(frame);
        }
        let request = match Request::parse(frame) {
            Ok(request) => request,
            Err(fault) => {
                tracing::debug!(target: "rpc", why = fault.message(), "frame ignored");
                return None;
            }
        };
        match channels::builtin(&request) {
            Some(Builtin::Cancel(id)) => self.calls.cancel(&id),
            Some(Builtin::Ignored) => {}
            // A response to a call that this side never made.
            None if request.method.is_empty() => {}
            None => return self.call(&request),
        }
        None
    }

    fn call(&mut self, request: &Request<'_>) -> Option<String> {
        let Context { gate, caller, .. } = &self.context;
        let admitted = self
            .room()
            .and_then(|()| gate.admit(request, caller, request.id.is_some()));
        let Some(id) = &request.id else {
            // A notification runs, and nobody hears of its result.
            let bytes = self.keep(length(request.params));
            match admitted {
                Ok(entry) => {
                    let work = entry.clone().run(request, caller);
                    self.tasks.spawn(async move { drop((work.await, bytes)) });
                }
                Err(fault) => {
                    let refused = gate.refuse(fault, request, caller);
                    self.tasks
                        .spawn(async move { drop((refused.await, bytes)) });
                }
            }
            return None;
        };
        match admitted {
            Ok(entry) if entry.opens_channel() => {
                let entry = entry.clone();
                self.open(entry, id, request.params)
            }
            Ok(entry) => {
                let work = entry.clone().run(request, caller);
                self.answer(id, work, request.params)
            }
            Err(fault) => {
                let refused = gate.refuse(fault, request, caller);
                self.answer(id, refused, None)
            }
        }
    }

    /// Answers at once where the method does not have to wait for anything; else a task does, and
    /// replies go out as they are ready.
    fn answer(
        &mut self,
        id: &RequestId<'_>,
        work: impl Future<Output = Reply> + Send + 'static,
        params: Option<&RawValue>,
    ) -> Option<String> {
        let mut work = Box::pin(work);
        if let Some(reply) = (&mut work).now_or_never() {
            return Some(reply.to_json(Some(id)));
        }
        let id = id.clone().into_owned();
        let bytes = self.keep(length(params));
        let call = self.calls.begin(&id, Kind::Call);
        let outgoing = self.outgoing.clone();
        self.tasks.spawn(async move {
            let reply = tokio::select! {
                reply = work => reply,
                // go-jsonrpc's client goes on waiting for the reply of a call that it cancelled.
                () = call.cancelled => Reply::from(Fault::from(Error::other("context canceled"))),
            };
            drop(bytes);
            call.registration.end();
            let _ = outgoing.send(reply.to_json(Some(&id))).await;
        });
        None
    }

    /// Whether one more call may run.
    fn room(&self) -> Result<(), Fault> {
        let limit = self.context.limits.concurrent_calls;
        if self.tasks.len() < limit {
            return Ok(());
        }
        Err(Fault::from(Error::Other(format!(
            "more than {limit} calls in flight on this connection ([API] MaxConcurrentCalls)"
        ))))
    }

    /// Takes the bytes of a call that is put aside, or all that there are.
    fn keep(&self, bytes: usize) -> OwnedSemaphorePermit {
        let bytes = bytes.min(self.bytes.available_permits());
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let kept = self.bytes.clone().try_acquire_many_owned(bytes);
        kept.expect("nobody else takes any, and the semaphore is never closed")
    }

    /// jsonrpsee's clients batch over WebSockets; go-jsonrpc's never do.
    fn batch(&mut self, frame: &[u8]) -> Option<String> {
        if let Err(fault) = self.room() {
            return Some(Reply::from(fault).to_json(None));
        }
        let Context {
            gate,
            caller,
            limits,
            ..
        } = self.context.clone();
        let (frame, outgoing) = (frame.to_vec(), self.outgoing.clone());
        let batches = self.batches.clone();
        let bytes = self.keep(frame.len());
        self.tasks.spawn(async move {
            let _turn = batches.acquire().await;
            let reply = super::http::batch(&frame, &gate, &caller, &limits).await;
            drop((frame, bytes));
            if !reply.body.is_empty() {
                let _ = outgoing.send(reply.body).await;
            }
        });
        None
    }

    fn open(
        &mut self,
        entry: Arc<Entry>,
        id: &RequestId<'_>,
        params: Option<&RawValue>,
    ) -> Option<String> {
        let Some(permit) = self.channels.acquire() else {
            let reply = Reply::from(Fault::from(Error::Other(format!(
                "more than {} channels on this connection ([API] MaxSubscriptions)",
                self.context.limits.channels
            ))));
            return Some(reply.to_json(Some(id)));
        };
        let id = id.clone().into_owned();
        let bytes = self.keep(length(params));
        let call = self.calls.begin(&id, Kind::Channel);
        let params = params.map(ToOwned::to_owned);
        let (caller, outgoing) = (self.context.caller.clone(), self.outgoing.clone());
        self.last_channel.0 += 1;
        let (connection, number) = (self.id, self.last_channel);
        let metrics = self.context.metrics.clone();
        self.tasks.spawn(async move {
            let (sink, mut values) = channels::sink();
            let state = SubscriptionState {
                conn_id: connection,
                id_provider: &number,
                subscription_permit: permit,
            };
            let reply = entry
                .open(params, &caller, sink, state)
                .await
                .to_json(Some(&id));
            drop(bytes);
            let channel = channels::opened(&reply);
            if outgoing.send(reply).await.is_err() {
                return;
            }
            let Some(channel) = channel else {
                return call.registration.end();
            };
            let _counted = Counted::new(&metrics.channels);
            // jsonrpsee sends the reply to the sink as well.
            values.recv().await;
            let pump = async {
                while let Some(value) = values.recv().await {
                    if let Some(frame) = channels::value_frame(channel, &value) {
                        let _ = outgoing.send(frame).await;
                    }
                }
            };
            tokio::select! {
                () = pump => {}
                () = call.cancelled => {}
            }
            // The handler sees its sink closed when the receiver goes.
            drop(values);
            call.registration.end();
            let _ = outgoing.send(channels::close_frame(channel)).await;
        });
        None
    }
}

/// Writes `frame` and whatever else is ready with one flush.
async fn write(
    socket: &mut Socket,
    frame: String,
    frames: &mut mpsc::Receiver<String>,
) -> Result<(), WsError> {
    socket.feed(Message::text(frame)).await?;
    while let Ok(frame) = frames.try_recv() {
        socket.feed(Message::text(frame)).await?;
    }
    socket.flush().await
}

fn length(params: Option<&RawValue>) -> usize {
    params.map_or(0, |params| params.get().len())
}
