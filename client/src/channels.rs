//! go-jsonrpc's channels as jsonrpsee subscriptions: one translator on each side of the WebSocket.
//!
//! Both protocols open a stream with an ordinary call whose result is the id of the stream. They
//! part ways afterwards (go-jsonrpc `websocket.go`; the left side never leaves the process):
//!
//! | jsonrpsee | go-jsonrpc |
//! |---|---|
//! | value: `{"method":…,"params":{"subscription":CH,"result":V}}` | `{"method":"xrpc.ch.val","params":[CH,V]}` |
//! | end: `{"method":…,"params":{"subscription":CH,"error":null}}` | `{"method":"xrpc.ch.close","params":[CH]}` |
//! | stop: `{"id":N,"method":"X.cancel","params":[CH]}`, answered with `true` | `{"method":"xrpc.cancel","params":[ID OF THE CALL]}`, never answered, but followed by `xrpc.ch.close` |
//!
//! A stop names the *call* that opened the channel, so the translator keeps book of which call
//! opened which channel. [`ChannelService`] sees each subscription before it is sent and notes the
//! ids of its two calls; [`ChannelReceiver`] adds the id of the channel from the reply. All other
//! frames pass through unread. The names of the stops end in [`CANCEL_SUFFIX`], which is how a
//! channel is told from a subscription proper (`eth_subscribe`), which passes through as well.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonrpsee::core::client::{ReceivedMessage, TransportReceiverT, TransportSenderT};
use jsonrpsee::core::middleware::{Batch, IsSubscription, Notification, Request, RpcServiceT};
use jsonrpsee::types::Id;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The end of the name under which the API traits declare the stop of a channel.
const CANCEL_SUFFIX: &str = ".cancel";

/// What the channels of one connection share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Channels(Arc<Mutex<Book>>);

/// Which calls belong to which channel.
#[derive(Debug, Default)]
struct Book {
    /// Calls that should open a channel and are not answered yet; by the id of the call, the id of
    /// its stop.
    opening: HashMap<u64, u64>,
    /// Channels that the node may still write to, by their ids.
    open: HashMap<u64, Channel>,
}

#[derive(Clone, Copy, Debug)]
struct Channel {
    /// The id of the call that opened the channel.
    call: u64,
    /// The id that jsonrpsee has reserved for the stop, and waits to see answered.
    stop: u64,
    /// Whether the node was asked to stop.
    stopped: bool,
}

impl Channels {
    /// Wraps the sending half of a transport.
    pub(crate) fn sender<S>(&self, inner: S) -> ChannelSender<S> {
        ChannelSender {
            inner,
            channels: self.clone(),
        }
    }

    /// Wraps the receiving half of a transport.
    pub(crate) fn receiver<R>(&self, inner: R) -> ChannelReceiver<R> {
        ChannelReceiver {
            inner,
            channels: self.clone(),
            ready: VecDeque::new(),
        }
    }

    /// Whether the node may still write to a channel. It may not once it has closed it, also before
    /// jsonrpsee has heard of that.
    pub(crate) fn is_open(&self, channel: u64) -> bool {
        self.book().open.contains_key(&channel)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // The book is consistent between any two statements, so a panic elsewhere spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The frame to send instead of `frame`: `None` when there is nothing to send.
    fn outgoing(&self, frame: String) -> Option<String> {
        // The method of a stop is a JSON string that ends like this, and few other frames have it.
        if !frame.contains(".cancel\"") {
            return Some(frame);
        }
        let Ok(stop) = serde_json::from_str::<Stop<'_>>(&frame) else {
            return Some(frame);
        };
        if !stop.method.ends_with(CANCEL_SUFFIX) || stop.method == "xrpc.cancel" {
            return Some(frame);
        }
        // The node may have closed the channel just now; then nothing is left to stop.
        let mut book = self.book();
        let channel = book.open.get_mut(&stop.params.0)?;
        channel.stopped = true;
        Some(format!(
            r#"{{"jsonrpc":"2.0","method":"xrpc.cancel","params":[{}]}}"#,
            channel.call
        ))
    }

    /// Adds to `ready` what jsonrpsee should read instead of `frame`.
    fn incoming(&self, frame: String, ready: &mut VecDeque<ReceivedMessage>) {
        if frame.contains(r#""xrpc.ch."#)
            && let Ok(Event { method, params }) = serde_json::from_str(&frame)
        {
            match method.as_ref() {
                "xrpc.ch.val" => return self.value(&params, ready),
                "xrpc.ch.close" => return self.close(&params, ready),
                _ => {}
            }
        }
        let answered = self.reply(&frame);
        ready.push_back(ReceivedMessage::Text(frame));
        if let Some(stop) = answered {
            ready.push_back(answer(stop));
        }
    }

    /// A value of a channel. jsonrpsee overlooks those of a channel that was stopped.
    fn value(&self, params: &[&RawValue], ready: &mut VecDeque<ReceivedMessage>) {
        let [channel, value] = params else {
            return malformed("xrpc.ch.val");
        };
        let Some(channel) = integer(channel) else {
            return malformed("xrpc.ch.val");
        };
        ready.push_back(ReceivedMessage::Text(format!(
            r#"{{"jsonrpc":"2.0","method":"xrpc.ch.val","params":{{"subscription":{channel},"result":{value}}}}}"#
        )));
    }

    /// The end of a channel. Everything that jsonrpsee still keeps for it is settled.
    fn close(&self, params: &[&RawValue], ready: &mut VecDeque<ReceivedMessage>) {
        let [channel] = params else {
            return malformed("xrpc.ch.close");
        };
        let Some(id) = integer(channel) else {
            return malformed("xrpc.ch.close");
        };
        let Some(channel) = self.book().open.remove(&id) else {
            return;
        };
        if channel.stopped {
            // Having asked for the stop, jsonrpsee waits for an answer to both calls.
            ready.push_back(answer(channel.call));
        } else {
            ready.push_back(ReceivedMessage::Text(format!(
                r#"{{"jsonrpc":"2.0","method":"xrpc.ch.close","params":{{"subscription":{id},"error":null}}}}"#
            )));
        }
        ready.push_back(answer(channel.stop));
    }

    /// Notes the channel when `frame` is the reply to a call that opens one. When it opened none,
    /// the id of the stop is returned, which will never be sent.
    fn reply(&self, frame: &str) -> Option<u64> {
        let mut book = self.book();
        if book.opening.is_empty() {
            return None;
        }
        let reply = serde_json::from_str::<Reply<'_>>(frame).ok()?;
        let call = integer(reply.id)?;
        let stop = book.opening.remove(&call)?;
        match reply.result.and_then(integer) {
            Some(channel) => {
                book.open.insert(
                    channel,
                    Channel {
                        call,
                        stop,
                        stopped: false,
                    },
                );
                None
            }
            None => Some(stop),
        }
    }
}

/// The reply that go-jsonrpc never sends, and jsonrpsee waits for.
fn answer(id: u64) -> ReceivedMessage {
    ReceivedMessage::Text(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":true}}"#))
}

fn integer(value: &RawValue) -> Option<u64> {
    serde_json::from_str(value.get()).ok()
}

fn malformed(method: &str) {
    tracing::debug!("ignored a malformed {method} frame");
}

#[derive(Deserialize)]
struct Stop<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    params: (u64,),
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

/// The sending half: turns stops into `xrpc.cancel`.
#[derive(Debug)]
pub(crate) struct ChannelSender<S> {
    inner: S,
    channels: Channels,
}

impl<S: TransportSenderT + Send> TransportSenderT for ChannelSender<S> {
    type Error = S::Error;

    async fn send(&mut self, frame: String) -> Result<(), S::Error> {
        match self.channels.outgoing(frame) {
            Some(frame) => self.inner.send(frame).await,
            None => Ok(()),
        }
    }

    async fn send_ping(&mut self) -> Result<(), S::Error> {
        self.inner.send_ping().await
    }

    async fn close(&mut self) -> Result<(), S::Error> {
        self.inner.close().await
    }
}

/// The receiving half: turns `xrpc.ch.val` and `xrpc.ch.close` into what jsonrpsee reads.
#[derive(Debug)]
pub(crate) struct ChannelReceiver<R> {
    inner: R,
    channels: Channels,
    /// Frames that jsonrpsee has not read yet.
    ready: VecDeque<ReceivedMessage>,
}

impl<R: TransportReceiverT + Send> TransportReceiverT for ChannelReceiver<R> {
    type Error = R::Error;

    async fn receive(&mut self) -> Result<ReceivedMessage, R::Error> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Ok(frame);
            }
            let frame = match self.inner.receive().await? {
                ReceivedMessage::Text(frame) => frame,
                // A binary frame is as good as a text frame, as in go-jsonrpc.
                ReceivedMessage::Bytes(bytes) => match String::from_utf8(bytes) {
                    Ok(frame) => frame,
                    Err(error) => return Ok(ReceivedMessage::Bytes(error.into_bytes())),
                },
                ReceivedMessage::Pong => return Ok(ReceivedMessage::Pong),
            };
            self.channels.incoming(frame, &mut self.ready);
        }
    }
}

/// The layer that makes [`ChannelService`].
impl<S> tower::Layer<S> for Channels {
    type Service = ChannelService<S>;

    fn layer(&self, inner: S) -> ChannelService<S> {
        ChannelService {
            inner,
            channels: self.clone(),
        }
    }
}

/// Notes the ids of every call that should open a channel, before it is sent.
#[derive(Clone, Debug)]
pub(crate) struct ChannelService<S> {
    inner: S,
    channels: Channels,
}

impl<S: RpcServiceT> RpcServiceT for ChannelService<S> {
    type MethodResponse = S::MethodResponse;
    type NotificationResponse = S::NotificationResponse;
    type BatchResponse = S::BatchResponse;

    fn call<'a>(
        &self,
        request: Request<'a>,
    ) -> impl Future<Output = Self::MethodResponse> + Send + 'a {
        if let Some(subscription) = request.extensions.get::<IsSubscription>()
            && subscription.unsubscribe_method().ends_with(CANCEL_SUFFIX)
            && let Id::Number(call) = subscription.sub_req_id()
            && let Id::Number(stop) = subscription.unsub_req_id()
        {
            self.channels.book().opening.insert(call, stop);
        }
        self.inner.call(request)
    }

    fn batch<'a>(
        &self,
        requests: Batch<'a>,
    ) -> impl Future<Output = Self::BatchResponse> + Send + 'a {
        self.inner.batch(requests)
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = Self::NotificationResponse> + Send + 'a {
        self.inner.notification(notification)
    }
}

#[cfg(test)]
mod tests;
