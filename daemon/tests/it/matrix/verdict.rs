//! What became of a call.

use serde_json::Value;

/// Whether the gate let a call through, as its reply tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It reached the method: there is a result, or an error that only a method or the decoding of
    /// its parameters has.
    Passed,
    /// It was refused, with this text.
    Refused(String),
    /// It answers with a channel, which the transport cannot carry.
    NoChannels,
    /// The token was refused before the call was read: status 401.
    Unauthorized,
    /// Anything else, which is never right.
    Odd(String),
}

impl Verdict {
    /// Reads a reply.
    pub(super) fn of(reply: &Value) -> Self {
        let error = &reply["error"];
        if error.is_null() {
            return match reply.get("result") {
                Some(_) => Self::Passed,
                None => Self::Odd(reply.to_string()),
            };
        }
        let code = error["code"].as_i64().unwrap_or_default();
        let message = error["message"].as_str().unwrap_or_default();
        let begins = |text| message.starts_with(text);
        match code {
            1 if begins("missing permission") || begins("the token does not allow") => {
                Self::Refused(message.to_owned())
            }
            // A wrong number of what may be left out.
            1 if begins("decoding params") => Self::Odd(message.to_owned()),
            -32601 if message.ends_with("not supported in this mode (no out channel support)") => {
                Self::NoChannels
            }
            -32700 if begins("unmarshaling params for '") => Self::Passed,
            // Every other error below zero is the protocol's.
            code if code < 0 => Self::Odd(format!("{code}: {message}")),
            _ => Self::Passed,
        }
    }
}

#[test]
fn replies_are_told_apart() {
    let error = |code: i64, message: &str| {
        Verdict::of(&serde_json::json!({ "error": { "code": code, "message": message } }))
    };
    assert_eq!(error(1, "Filecoin.X needs a chain"), Verdict::Passed);
    assert_eq!(
        error(-32700, "unmarshaling params for 'X': json"),
        Verdict::Passed
    );
    let refused = "missing permission to invoke 'X' (need 'admin')";
    assert_eq!(error(1, refused), Verdict::Refused(refused.to_owned()));
    for (code, message) in [
        (-32601, "method 'X' not found"),
        (-32602, "wrong param count (method 'X'): 0 != 1"),
        (-32700, "unmarshaling request"),
    ] {
        assert!(matches!(error(code, message), Verdict::Odd(_)), "{message}");
    }
    assert_eq!(
        Verdict::of(&serde_json::json!({ "result": null })),
        Verdict::Passed
    );
    assert!(matches!(
        Verdict::of(&serde_json::json!({})),
        Verdict::Odd(_)
    ));
}
