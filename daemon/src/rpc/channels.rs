//! go-jsonrpc's channels, made of jsonrpsee's subscriptions.
//!
//! ```text
//! → {"jsonrpc":"2.0","id":7,"method":"Filecoin.ChainNotify","params":[]}
//! ← {"id":7,"jsonrpc":"2.0","result":1}                        the channel's id, an integer
//! ← {"jsonrpc":"2.0","method":"xrpc.ch.val","params":[1,…]}     any number of values
//! → {"jsonrpc":"2.0","method":"xrpc.cancel","params":[7]}       the id of the call, not of the channel
//! ← {"jsonrpc":"2.0","method":"xrpc.ch.close","params":[1]}
//! ```
//!
//! The reply is on the wire before the first value, and the close frame after the last: clients
//! drop values of channels that they do not know yet, and lotus-client's `cancel()` waits for the
//! close. `xrpc.cancel` is never answered itself, with or without an id.

use jsonrpsee::MethodSink;
use jsonrpsee::core::traits::IdProvider;
use jsonrpsee::types::SubscriptionId;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::elements::Elements;
use super::request::{Request, RequestId};

/// Values that a handler may be ahead of the socket, per channel, before it has to wait.
pub(crate) const BUFFER: usize = 16;

/// The number of a channel. Those of one connection count from 1 in the order of their calls, as in
/// go-jsonrpc. filecoin.js accepts integers only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChannelId(pub(crate) u64);

impl IdProvider for ChannelId {
    fn next_id(&self) -> SubscriptionId<'static> {
        SubscriptionId::Num(self.0)
    }
}

/// The frames that jsonrpsee makes for one channel.
pub(crate) fn sink() -> (MethodSink, mpsc::Receiver<Box<RawValue>>) {
    let (sender, receiver) = mpsc::channel(BUFFER);
    (MethodSink::new(sender), receiver)
}

/// The id of the channel in the JSON of a reply.
pub(crate) fn opened(reply: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Opened {
        result: u64,
    }
    serde_json::from_str::<Opened>(reply)
        .ok()
        .map(|opened| opened.result)
}

/// Translates one of jsonrpsee's frames to a value frame of `channel`. Error frames, which have no
/// counterpart in go-jsonrpc, are none: the channel just closes.
pub(crate) fn value_frame(channel: u64, notification: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Notification<'a> {
        #[serde(borrow)]
        params: Params<'a>,
    }
    #[derive(Deserialize)]
    struct Params<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    let notification: Notification<'_> = serde_json::from_str(notification.get()).ok()?;
    let value = notification.params.result.get();
    Some(format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.ch.val\",\"params\":[{channel},{value}]}}\n"
    ))
}

pub(crate) fn close_frame(channel: u64) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.ch.close\",\"params\":[{channel}]}}\n")
}

/// What a frame of go-jsonrpc's own protocol asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    /// End the call or channel that this request began.
    Cancel(RequestId<'static>),
    /// Nothing that a server does; not answered.
    Ignored,
}

/// Recognises `xrpc.*`. The parameters come from the network and may be anything.
pub(crate) fn builtin(request: &Request<'_>) -> Option<Builtin> {
    if !request.method.starts_with("xrpc.") {
        return None;
    }
    let cancelled = (request.method == "xrpc.cancel")
        .then_some(request.params)
        .flatten()
        .and_then(|params| Elements::parse(params.get().as_bytes(), 1).ok())
        .and_then(|params| RequestId::new(params.first.first()?.get()).ok().flatten());
    Some(cancelled.map_or(Builtin::Ignored, |id| Builtin::Cancel(id.into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_go_jsonrpc_s() {
        let frame = r#"{"jsonrpc":"2.0","method":"Filecoin.X","params":{"subscription":3,"result":[{"a":1}]}}"#;
        let frame = RawValue::from_string(frame.to_owned()).unwrap();
        assert_eq!(
            value_frame(3, &frame).unwrap(),
            "{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.ch.val\",\"params\":[3,[{\"a\":1}]]}\n"
        );
        assert_eq!(
            close_frame(3),
            "{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.ch.close\",\"params\":[3]}\n"
        );
    }

    #[test]
    fn a_cancel_names_a_request_and_anything_else_is_ignored() {
        let of = |json: &str| builtin(&Request::parse(json.as_bytes()).unwrap());
        let cancelled =
            |id: &str| match of(&format!(r#"{{"method":"xrpc.cancel","params":[{id}]}}"#)) {
                Some(Builtin::Cancel(id)) => id.json().to_owned(),
                other => panic!("{other:?}"),
            };
        assert_eq!(cancelled("7"), "7");
        assert_eq!(cancelled(r#""a""#), r#""a""#);
        for params in [
            "",
            r#","params":[]"#,
            r#","params":{}"#,
            r#","params":[null]"#,
            r#","params":[[1]]"#,
            r#","params":5"#,
        ] {
            let json = format!(r#"{{"method":"xrpc.cancel"{params}}}"#);
            assert_eq!(of(&json), Some(Builtin::Ignored), "{json}");
        }
        assert_eq!(
            of(r#"{"method":"xrpc.ch.val","params":[]}"#),
            Some(Builtin::Ignored)
        );
        assert_eq!(of(r#"{"method":"Filecoin.Version"}"#), None);
    }
}
