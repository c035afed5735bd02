//! Properties of reading requests: whatever arrives, nothing panics, and an id comes back as it was
//! written.

use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::channels::{Builtin, builtin};
use super::reply::{Fault, Reply};
use super::request::Request;

/// Everything that looks at a request before its method does.
fn read(bytes: &[u8]) {
    let look = |request: Request<'_>| {
        let _ = (request.param_count().is_ok(), builtin(&request));
    };
    if let Ok(request) = Request::parse(bytes) {
        look(request);
    }
    if let Ok(batch) = Request::parse_batch(bytes, 10) {
        assert!(batch.len() <= 10);
        batch.into_iter().flatten().for_each(look);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "xrpc\\.[a-z.]{0,9}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        "[iI][dD]",
        "[mM]ethod",
        "[pP]arams",
        "jsonrpc",
        any::<String>(),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Ids as clients write them, in JSON.
fn any_id() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        any::<String>().prop_map(|text| json!(text).to_string()),
        "\"(\\\\u00[0-7][0-9a-f]|[a-z]){0,20}\"",
    ]
}

proptest! {
    #[test]
    fn bytes_do_not_panic(bytes: Vec<u8>) {
        read(&bytes);
    }

    #[test]
    fn nearly_requests_do_not_panic(
        text in r#"[\[{"]{0,3}(id|method|params|xrpc\.cancel|["{}\[\],:0-9.eE\\-]){0,30}"#,
    ) {
        read(text.as_bytes());
    }

    #[test]
    fn json_does_not_panic(json in any_json(), cut in 0_usize..200) {
        let text = json.to_string();
        read(text.as_bytes());
        read(&text.as_bytes()[..cut.min(text.len())]);
    }

    #[test]
    fn an_id_comes_back_as_it_was_written(id in any_id()) {
        let json = format!(r#"{{"method":"m","id": {id} ,"params":[]}}"#);
        let request = Request::parse(json.as_bytes()).unwrap();
        let reply = Reply::from(Fault::invalid_request()).to_json(request.id.as_ref());
        let expected = format!("{{\"id\":{id},\"jsonrpc\":\"2.0\",\"error\"");
        prop_assert!(reply.starts_with(&expected), "{reply}");
        prop_assert!(serde_json::from_str::<&RawValue>(&reply).is_ok());
    }

    #[test]
    fn a_cancel_names_the_id_as_it_was_written(id in any_id()) {
        let json = format!(r#"{{"method":"xrpc.cancel","params":[{id},1]}}"#);
        let request = Request::parse(json.as_bytes()).unwrap();
        let Some(Builtin::Cancel(named)) = builtin(&request) else {
            return Err(TestCaseError::fail("not taken for a cancel"));
        };
        prop_assert_eq!(named.json(), id);
    }

    #[test]
    fn parameters_are_counted(params in prop::collection::vec(any_json(), 0..8)) {
        let json = json!({ "method": "m", "params": params }).to_string();
        let count = Request::parse(json.as_bytes()).unwrap().param_count();
        prop_assert_eq!(count.unwrap(), params.len());
    }
}
