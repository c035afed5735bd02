//! The translation, frame by frame; `tests/it/channels.rs` runs it against a peer.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const SUBSCRIBE: &str = r#"{"jsonrpc":"2.0","id":4,"method":"Filecoin.ChainNotify"}"#;
const STOP: &str =
    r#"{"jsonrpc":"2.0","id":5,"method":"Filecoin.ChainNotify.cancel","params":[7]}"#;
const CLOSE: &str = r#"{"jsonrpc":"2.0","method":"xrpc.ch.close","params":[7]}"#;

fn texts(channels: &Channels, frame: &str) -> Vec<String> {
    let mut ready = VecDeque::new();
    channels.incoming(frame.to_owned(), &mut ready);
    ready
        .into_iter()
        .map(|frame| match frame {
            ReceivedMessage::Text(text) => text,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Channel 7, opened by call 4; the id of its stop is 5.
fn opened() -> Channels {
    let channels = Channels::default();
    channels.book().opening.insert(4, 5);
    assert_eq!(channels.outgoing(SUBSCRIBE.to_owned()).unwrap(), SUBSCRIBE);
    let reply = r#"{"id":4,"jsonrpc":"2.0","result":7}"#;
    assert_eq!(texts(&channels, reply), [reply]);
    channels
}

fn assert_settled(channels: &Channels) {
    let book = channels.book();
    assert!(book.opening.is_empty() && book.open.is_empty(), "{book:?}");
}

#[test]
fn a_stop_names_the_call_and_is_answered_when_the_channel_closes() {
    let channels = opened();
    assert_eq!(
        channels.outgoing(STOP.to_owned()).unwrap(),
        r#"{"jsonrpc":"2.0","method":"xrpc.cancel","params":[4]}"#
    );
    assert_eq!(
        texts(&channels, CLOSE),
        [
            r#"{"jsonrpc":"2.0","id":4,"result":true}"#,
            r#"{"jsonrpc":"2.0","id":5,"result":true}"#
        ]
    );
    assert_settled(&channels);
}

#[test]
fn a_channel_that_the_node_closes_ends_and_needs_no_stop() {
    let channels = opened();
    assert_eq!(
        texts(&channels, CLOSE),
        [
            r#"{"jsonrpc":"2.0","method":"xrpc.ch.close","params":{"subscription":7,"error":null}}"#,
            r#"{"jsonrpc":"2.0","id":5,"result":true}"#
        ]
    );
    assert_settled(&channels);
    // The stop that crossed the close on its way, and a second close.
    assert_eq!(channels.outgoing(STOP.to_owned()), None);
    assert_eq!(texts(&channels, CLOSE), [""; 0]);
}

#[test]
fn a_call_that_opens_no_channel_settles_its_stop() {
    for reply in [
        r#"{"id":4,"jsonrpc":"2.0","error":{"code":1,"message":"no"}}"#,
        r#"{"id":4,"jsonrpc":"2.0","result":null}"#,
    ] {
        let channels = Channels::default();
        channels.book().opening.insert(4, 5);
        let stop = r#"{"jsonrpc":"2.0","id":5,"result":true}"#;
        assert_eq!(texts(&channels, reply), [reply, stop]);
        assert_settled(&channels);
    }
}

#[test]
fn other_replies_and_calls_pass_untouched_while_a_channel_opens() {
    let channels = Channels::default();
    channels.book().opening.insert(4, 5);
    for frame in [
        r#"{"id":3,"jsonrpc":"2.0","result":7}"#,
        r#"{"id":"4","jsonrpc":"2.0","result":7}"#,
        r#"{"id":null,"jsonrpc":"2.0","error":{"code":1,"message":""}}"#,
        "[]",
        "not json",
        "",
        r#"{"id":3,"jsonrpc":"2.0","result":"\"xrpc.ch.val"}"#,
        r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":1}}"#,
    ] {
        assert_eq!(texts(&channels, frame), [frame]);
    }
    for frame in [
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_unsubscribe","params":["0x1"]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.WalletHas","params":["x.cancel"]}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.cancel","params":[1]}"#,
    ] {
        assert_eq!(channels.outgoing(frame.to_owned()).unwrap(), frame);
    }
    assert_eq!(channels.book().opening.len(), 1);
}

#[test]
fn malformed_channel_frames_are_dropped() {
    let channels = opened();
    for (method, params) in [
        ("val", "[]"),
        ("val", "[7]"),
        ("val", r#"["7",1]"#),
        ("val", "[-7,1]"),
        ("val", "[7,1,2]"),
        ("close", "[]"),
        ("close", "[null]"),
        ("close", "[8]"),
    ] {
        let frame = format!(r#"{{"jsonrpc":"2.0","method":"xrpc.ch.{method}","params":{params}}}"#);
        assert_eq!(texts(&channels, &frame), [""; 0], "{frame}");
    }
    assert_eq!(channels.book().open.len(), 1);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from(r#""xrpc.ch.close"#)),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z/]{1,6}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn values_arrive_unchanged(channel: u64, value in any_json()) {
        let frame = json!({"params": [channel, value], "method": "xrpc.ch.val", "jsonrpc": "2.0"});
        let translated = texts(&Channels::default(), &frame.to_string());
        let translated: Value = serde_json::from_str(&translated[0]).unwrap();
        prop_assert_eq!(translated, json!({
            "jsonrpc": "2.0",
            "method": "xrpc.ch.val",
            "params": {"subscription": channel, "result": value},
        }));
    }

    #[test]
    fn what_is_no_channel_frame_passes_byte_for_byte(value in any_json()) {
        let channels = opened();
        let frame = json!({"id": 9, "jsonrpc": "2.0", "result": value}).to_string();
        prop_assert_eq!(texts(&channels, &frame), [frame]);
    }

    #[test]
    fn no_frame_panics(frame in ".{0,40}(\"xrpc\\.ch\\.(val|close)\".{0,40})?") {
        let channels = opened();
        let _ = texts(&channels, &frame);
        let _ = channels.outgoing(frame);
    }
}
