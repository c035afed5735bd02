//! One WebSocket connection.
//!
//! Why not jsonrpsee's: it answers frames that must stay unanswered, swallows requests whose id is
//! a fraction or negative, drops notifications (so go-jsonrpc's id-less `xrpc.cancel` never
//! arrives), closes peers that do not answer pings (go-jsonrpc's clients before v0.10.2 do not) and
//! cannot close a connection with a code of ours.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jsonrpsee::ConnectionId;
use jsonrpsee::core::server::{BoundedSubscriptions, SubscriptionState};
use lotus_core::{Error, Kind};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::Limits;
use super::caller::Caller;
use super::calls::Calls;
use super::channels::{self, Builtin, ChannelIds};
use super::gate::{Entry, Gate};
use super::reply::{Fault, Reply};
use super::request::{Request, RequestId};
use crate::metrics::{Counted, Metrics};
use crate::shutdown::Shutdown;

/// As go-jsonrpc's server. Its clients reconnect after 30 s in which nothing arrived. Pongs are not
/// waited for: a peer is gone when a write to it fails.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// Frames waiting for the socket before whoever makes more of them has to wait.
const OUTGOING: usize = 256;

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
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let (sink, stream) = socket.split();
    let (outgoing, frames) = mpsc::channel(OUTGOING);
    let connection = Connection {
        calls: Arc::default(),
        channel_ids: Arc::default(),
        channels: BoundedSubscriptions::new(context.limits.channels),
        outgoing,
        context,
    };
    tokio::join!(connection.read(stream), write(sink, frames));
}

struct Connection {
    context: Context,
    outgoing: mpsc::Sender<Message>,
    calls: Arc<Calls>,
    channel_ids: Arc<ChannelIds>,
    channels: BoundedSubscriptions,
}

impl Connection {
    /// Reads frames. When it returns, the last sender of `outgoing` goes and the writer ends.
    async fn read(
        self,
        mut frames: impl futures_util::Stream<Item = Result<Message, WsError>> + Unpin,
    ) {
        // Dropping this set aborts the calls, as closing a connection cancels them in go-jsonrpc.
        let mut tasks = JoinSet::new();
        let close = loop {
            tokio::select! {
                frame = frames.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.receive(text.as_bytes(), &mut tasks),
                    Some(Ok(Message::Binary(bytes))) => self.receive(&bytes, &mut tasks),
                    Some(Ok(_)) => {}
                    Some(Err(WsError::Capacity(_))) => {
                        let limit = self.context.limits.request_bytes;
                        break close(
                            CloseCode::Size,
                            format!("request bigger than maximum {limit} allowed ([API] MaxRequestSize)"),
                        );
                    }
                    Some(Err(_)) | None => return,
                },
                Some(_) = tasks.join_next() => {}
                () = self.context.shutdown.begun() => {
                    self.calls.cancel_channels();
                    while tasks.join_next().await.is_some() {}
                    break close(CloseCode::Away, "the daemon is shutting down".to_owned());
                }
            }
        };
        let _ = self.outgoing.send(close).await;
    }

    /// Handles one frame. What cannot be answered under an id that the client knows is not answered
    /// at all: jsonrpsee's client closes the connection on a reply that it does not expect.
    fn receive(&self, frame: &[u8], tasks: &mut JoinSet<()>) {
        if frame.trim_ascii_start().first() == Some(&b'[') {
            return self.batch(frame, tasks);
        }
        let request = match Request::parse(frame) {
            Ok(request) if !request.method.is_empty() => request,
            Ok(_) => return tracing::debug!(target: "rpc", "frame without a method ignored"),
            Err(fault) => {
                return tracing::debug!(target: "rpc", why = fault.message(), "frame ignored");
            }
        };
        match channels::builtin(&request) {
            Some(Builtin::Cancel(id)) => return self.calls.cancel(&id),
            Some(Builtin::Ignored) => return,
            None => {}
        }
        let Context {
            gate,
            caller,
            limits,
            ..
        } = &self.context;
        let admitted = if tasks.len() < limits.concurrent_calls {
            gate.admit(&request, caller, request.id.is_some())
        } else {
            Err(Fault::from(Error::Other(format!(
                "more than {} calls in flight on this connection ([API] MaxConcurrentCalls)",
                limits.concurrent_calls
            ))))
        };
        let Some(id) = request.id.clone().map(RequestId::into_owned) else {
            // A notification runs, and nobody hears of its result.
            if let Ok(entry) = admitted {
                let work = entry.clone().run(request.params, caller);
                tasks.spawn(async move { drop(work.await) });
            }
            return;
        };
        match admitted {
            Ok(entry) if entry.method.kind == Kind::Channel => {
                self.open(entry.clone(), id, &request, tasks);
            }
            Ok(entry) => self.answer(id, entry.clone().run(request.params, caller), tasks),
            Err(fault) => {
                let reply = Reply::from(fault);
                self.answer(id, async { reply }, tasks);
            }
        }
    }

    /// Runs a call in a task of its own; replies go out as they are ready.
    fn answer(
        &self,
        id: RequestId<'static>,
        work: impl Future<Output = Reply> + Send + 'static,
        tasks: &mut JoinSet<()>,
    ) {
        let call = self.calls.begin(&id, Kind::Call);
        let outgoing = self.outgoing.clone();
        tasks.spawn(async move {
            let reply = tokio::select! {
                reply = work => reply,
                // go-jsonrpc's client goes on waiting for the reply of a call that it cancelled.
                () = call.cancelled => Reply::from(Fault::from(Error::other("context canceled"))),
            };
            call.registration.end();
            let _ = outgoing.send(Message::text(reply.to_json(Some(&id)))).await;
        });
    }

    /// jsonrpsee's clients batch over WebSockets; go-jsonrpc's never do.
    fn batch(&self, frame: &[u8], tasks: &mut JoinSet<()>) {
        let Ok(batch) = String::from_utf8(frame.to_vec()) else {
            return;
        };
        let Context {
            gate,
            caller,
            limits,
            ..
        } = self.context.clone();
        let outgoing = self.outgoing.clone();
        tasks.spawn(async move {
            let reply = super::http::batch(batch.as_bytes(), &gate, &caller, &limits).await;
            if !reply.body.is_empty() {
                let _ = outgoing.send(Message::text(reply.body)).await;
            }
        });
    }

    fn open(
        &self,
        entry: Arc<Entry>,
        id: RequestId<'static>,
        request: &Request<'_>,
        tasks: &mut JoinSet<()>,
    ) {
        let Some(permit) = self.channels.acquire() else {
            let reply = Reply::from(Fault::from(Error::Other(format!(
                "more than {} channels on this connection ([API] MaxSubscriptions)",
                self.context.limits.channels
            ))));
            return self.answer(id, async { reply }, tasks);
        };
        let call = self.calls.begin(&id, Kind::Channel);
        let params = request.params.map(ToOwned::to_owned);
        let (caller, outgoing) = (self.context.caller.clone(), self.outgoing.clone());
        let (ids, metrics) = (self.channel_ids.clone(), self.context.metrics.clone());
        tasks.spawn(async move {
            let (sink, mut values) = channels::sink();
            let state = SubscriptionState {
                conn_id: ConnectionId(0),
                id_provider: &*ids,
                subscription_permit: permit,
            };
            let reply = entry
                .open(params, &caller, sink, state)
                .await
                .to_json(Some(&id));
            let channel = channels::opened(&reply);
            if outgoing.send(Message::text(reply)).await.is_err() {
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
                        let _ = outgoing.send(Message::text(frame)).await;
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
            let _ = outgoing
                .send(Message::text(channels::close_frame(channel)))
                .await;
        });
    }
}

/// Writes frames and pings until the last sender is gone or the socket fails.
async fn write(
    mut socket: impl futures_util::Sink<Message, Error = WsError> + Unpin,
    mut frames: mpsc::Receiver<Message>,
) {
    let mut pings = tokio::time::interval(PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    loop {
        let sent = tokio::select! {
            frame = frames.recv() => {
                let Some(frame) = frame else { break };
                feed(&mut socket, frame, &mut frames).await
            }
            _ = pings.tick() => socket.send(Message::Ping(Default::default())).await,
        };
        if sent.is_err() {
            return;
        }
    }
    let _ = socket.close().await;
}

/// Writes `frame` and whatever else is ready with one flush.
async fn feed(
    socket: &mut (impl futures_util::Sink<Message, Error = WsError> + Unpin),
    frame: Message,
    frames: &mut mpsc::Receiver<Message>,
) -> Result<(), WsError> {
    socket.feed(frame).await?;
    while let Ok(frame) = frames.try_recv() {
        socket.feed(frame).await?;
    }
    socket.flush().await
}

fn close(code: CloseCode, reason: String) -> Message {
    Message::Close(Some(CloseFrame {
        code,
        reason: reason.into(),
    }))
}
