//! Replies: a result or an error, the HTTP status that go-jsonrpc gives it, and the text.

use http::StatusCode;
use jsonrpsee::MethodResponse;
use jsonrpsee::types::{ErrorObject, ErrorObjectOwned, Id};
use serde_json::value::RawValue;

use super::request::RequestId;

/// The id under which jsonrpsee's callbacks are called. Their reply begins with [`PREFIX`], which
/// is replaced by the id that the client wrote.
pub(crate) const CALL_ID: Id<'static> = Id::Number(0);
const PREFIX: &str = r#"{"jsonrpc":"2.0","id":0,"#;

/// jsonrpsee's code for parameters that do not decode; go-jsonrpc has another ([`Fault::parse`]).
pub(crate) const INVALID_PARAMS: i32 = -32602;

/// A reply that has not been given its id yet.
#[derive(Debug)]
pub(crate) struct Reply {
    /// `"result":…}` or `"error":{…}}`.
    tail: String,
    status: StatusCode,
}

impl Reply {
    /// What a jsonrpsee callback answered under [`CALL_ID`].
    pub(crate) fn from_response(response: MethodResponse) -> Self {
        let json: Box<RawValue> = response.into_json();
        let tail = json
            .get()
            .strip_prefix(PREFIX)
            .map(str::to_owned)
            .unwrap_or_else(|| {
                // Only if jsonrpsee changes the order of members.
                let mut members: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(json.get()).unwrap_or_default();
                members.retain(|key, _| key == "result" || key == "error");
                serde_json::to_string(&members)
                    .unwrap_or_default()
                    .split_off(1)
            });
        Self {
            tail,
            status: StatusCode::OK,
        }
    }

    /// The HTTP status. On WebSockets there is none.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn is_error(&self) -> bool {
        self.tail.starts_with(r#""error""#)
    }

    /// The whole reply. It ends with a newline, as go-jsonrpc's do.
    pub(crate) fn to_json(&self, id: Option<&RequestId<'_>>) -> String {
        let id = id.map_or("null", RequestId::json);
        format!("{{\"id\":{id},\"jsonrpc\":\"2.0\",{}\n", self.tail)
    }
}

/// An error that the protocol, not a method, answers.
///
/// Codes and statuses are go-jsonrpc's (`handler.go`): clients read the body of 200, 400 and 500
/// only, so no other status carries a JSON-RPC error.
#[derive(Debug)]
pub(crate) struct Fault {
    error: ErrorObjectOwned,
    status: StatusCode,
    refused: bool,
}

impl Fault {
    fn new(code: i32, message: impl Into<String>, status: StatusCode) -> Self {
        let error = ErrorObject::owned(code, message, None::<()>);
        Self {
            error,
            status,
            refused: false,
        }
    }

    /// -32700, also for parameters that do not decode.
    pub(crate) fn parse(message: impl Into<String>) -> Self {
        Self::new(-32700, message, StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// -32600: no request at all.
    pub(crate) fn invalid_request() -> Self {
        Self::new(-32600, "Invalid request", StatusCode::BAD_REQUEST)
    }

    /// -32601.
    pub(crate) fn unknown_method(message: impl Into<String>) -> Self {
        Self::new(-32601, message, StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// -32602: the number of parameters.
    pub(crate) fn param_count(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMS, message, StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Code 0: a handler panicked.
    pub(crate) fn panic(message: impl Into<String>) -> Self {
        Self::new(0, message, StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The caller may not do this.
    pub(crate) fn refused(error: lotus_core::Error) -> Self {
        Self {
            error: error.into(),
            status: StatusCode::OK,
            refused: true,
        }
    }

    pub(crate) fn message(&self) -> &str {
        self.error.message()
    }

    /// Whether the caller lacked a permission.
    pub(crate) fn is_refusal(&self) -> bool {
        self.refused
    }
}

impl From<lotus_core::Error> for Fault {
    fn from(error: lotus_core::Error) -> Self {
        Self {
            error: error.into(),
            status: StatusCode::OK,
            refused: false,
        }
    }
}

impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        let error = serde_json::to_string(&fault.error).expect("a code and strings serialise");
        Self {
            tail: format!(r#""error":{error}}}"#),
            status: fault.status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonrpsee::ResponsePayload;

    #[test]
    fn jsonrpsee_s_replies_begin_with_the_known_prefix() {
        let success = ResponsePayload::success("x");
        let response = MethodResponse::response(CALL_ID, success, usize::MAX);
        assert!(response.as_json().get().starts_with(PREFIX));
        let reply = Reply::from_response(response);
        assert_eq!(
            reply.to_json(None),
            "{\"id\":null,\"jsonrpc\":\"2.0\",\"result\":\"x\"}\n"
        );
        let error = ErrorObject::owned(1, "no", None::<()>);
        let reply = Reply::from_response(MethodResponse::error(CALL_ID, error));
        assert!(reply.is_error());
        let json = "{\"id\":null,\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":\"no\"}}\n";
        assert_eq!(reply.to_json(None), json);
    }
}
