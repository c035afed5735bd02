//! JSON-RPC 2.0 as the endpoints under `/ext` speak it.
//!
//! The manners are those of Gorilla's `rpc/v2/json2` behind AvalancheGo's codec, because clients of
//! that API rely on them: only `POST`, only `application/json`, parameters by name, every error of
//! a service with HTTP status 200 and `"data":null`, no batches. One thing differs: an error never
//! repeats the request, which holds a password.

mod fields;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use zeroize::Zeroize;

pub(crate) use fields::Fields;

/// The longest body that is read, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// How much of a client's own text an error repeats, in characters.
const MAX_ECHO: usize = 64;

/// The longest error of a service, in characters.
const MAX_MESSAGE: usize = 512;

/// What goes back.
pub(crate) type Response = http::Response<Full<Bytes>>;

/// A set of methods that have the same word before the dot.
#[async_trait]
pub(crate) trait Service: Send + Sync {
    /// The word before the dot, such as `auth`.
    fn name(&self) -> &'static str;

    /// Calls a method.
    ///
    /// # Errors
    /// [`Fault`] is told to the client.
    async fn call(&self, call: Call<'_>) -> Result<Value, Fault>;
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The word after the dot, such as `newToken`.
    pub(crate) method: &'a str,
    /// Where the request came from.
    pub(crate) source: SocketAddr,
    /// The id of the request as JSON text, if it has one and that is a number or a string.
    pub(crate) id: Option<&'a str>,
    params: Option<&'a RawValue>,
}

impl<'a> Call<'a> {
    /// The named parameters: an object, or an array whose first element is one. None at all is the
    /// same as an empty object.
    ///
    /// # Errors
    /// [`Fault::Arguments`] for anything else.
    pub(crate) fn fields(&self) -> Result<Fields<'a>, Fault> {
        let Some(params) = self.params.map(RawValue::get) else {
            return Ok(Fields::default());
        };
        if !params.starts_with('[') {
            return serde_json::from_str(params).map_err(|_| Fault::Arguments);
        }
        let elements: Vec<&RawValue> =
            serde_json::from_str(params).map_err(|_| Fault::Arguments)?;
        let Some(first) = elements.first() else {
            return Ok(Fields::default());
        };
        let first: Option<Fields<'a>> =
            serde_json::from_str(first.get()).map_err(|_| Fault::Arguments)?;
        Ok(first.unwrap_or_default())
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The service has no such method.
    #[error("rpc: can't find method")]
    UnknownMethod,
    /// The parameters have another shape than the method's. Which value was wrong is not said: it
    /// may be a password in the wrong place.
    #[error(
        "couldn't unmarshal an argument. Ensure arguments are valid and properly formatted. See documentation for example calls"
    )]
    Arguments,
    /// Anything else, in words for the client.
    #[error("{0}")]
    Failed(String),
}

impl Fault {
    /// A failure in these words, cut when they repeat too much of the request.
    pub(crate) fn failed(why: impl std::fmt::Display) -> Self {
        Self::Failed(why.to_string().chars().take(MAX_MESSAGE).collect())
    }
}

/// The error member of a reply. `data` is always there, and always null.
#[derive(Serialize)]
struct Error {
    code: i32,
    message: String,
    data: (),
}

impl Error {
    const PARSE: i32 = -32700;
    const INVALID_REQUEST: i32 = -32600;
    const SERVICE: i32 = -32000;

    fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: (),
        }
    }
}

/// Answers one HTTP request with `service`. `source` is the address of the client.
pub(crate) async fn serve(
    parts: &Parts,
    body: Bytes,
    source: SocketAddr,
    service: &dyn Service,
) -> Response {
    let reply = match refusal(parts, body.len()) {
        Some(refusal) => refusal,
        None => json(answer(&body, source, service).await),
    };
    wipe(body);
    reply
}

/// What is wrong with the request before its body is looked at.
fn refusal(parts: &Parts, length: usize) -> Option<Response> {
    if parts.method != Method::POST {
        let text = format!("rpc: POST method required, received {}", parts.method);
        let mut refusal = plain(StatusCode::METHOD_NOT_ALLOWED, text);
        refusal
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("POST"));
        return Some(refusal);
    }
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .map_or(&b""[..], |value| value.as_bytes());
    let content_type = String::from_utf8_lossy(content_type);
    // As Gorilla: what follows the first semicolon is not looked at, and nothing is trimmed.
    let kind = content_type.split(';').next().unwrap_or_default();
    if !kind.eq_ignore_ascii_case("application/json") {
        let kind: String = kind.chars().take(MAX_ECHO).collect();
        let text = format!("rpc: unrecognized Content-Type: {kind}");
        return Some(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    if length > MAX_BODY {
        let text = format!("the request is longer than {MAX_BODY} bytes\n");
        return Some(plain(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    None
}

/// The reply's text. It is empty for a notification, which is carried out all the same.
async fn answer(body: &[u8], source: SocketAddr, service: &dyn Service) -> String {
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(error) => return reply("null", Err(error)),
    };
    let outcome = call(&request, source, service).await;
    request
        .id
        .map_or_else(String::new, |id| reply(id.get(), outcome))
}

async fn call(
    request: &Request<'_>,
    source: SocketAddr,
    service: &dyn Service,
) -> Result<Value, Error> {
    if request.version != "2.0" {
        return Err(Error::new(Error::INVALID_REQUEST, "jsonrpc must be 2.0"));
    }
    let (method, shown) = target(&request.method, service.name())?;
    let call = Call {
        method,
        source,
        id: request
            .id
            .map(RawValue::get)
            .filter(|id| !id.starts_with(['{', '[', 't', 'f'])),
        params: request.params,
    };
    service.call(call).await.map_err(|fault| {
        let message = match fault {
            Fault::UnknownMethod => format!("{fault} {shown}"),
            _ => fault.to_string(),
        };
        Error::new(Error::SERVICE, message)
    })
}

/// The method of this service that is meant, and its name as AvalancheGo's messages show it: with
/// the first letter after the dot in upper case, which is how its methods are called inside.
fn target<'a>(method: &'a str, service: &str) -> Result<(&'a str, String), Error> {
    let failed = |message: String| Err(Error::new(Error::SERVICE, message));
    let ill_formed = |shown: &str| {
        failed(format!(
            "rpc: service/method request ill-formed: {}",
            quoted(shown)
        ))
    };
    let Some((class, function)) = method.split_once('.') else {
        return ill_formed(method);
    };
    let mut letters = function.chars();
    let first = letters.next();
    if first.is_some_and(char::is_uppercase) {
        return failed("method must start with a non-uppercase letter".to_owned());
    }
    let first: String = first.into_iter().flat_map(char::to_uppercase).collect();
    let shown = format!("{class}.{first}{}", letters.as_str());
    if function.contains('.') {
        ill_formed(&shown)
    } else if class != service {
        failed(format!("rpc: can't find service {}", quoted(&shown)))
    } else {
        Ok((function, quoted(&shown)))
    }
}

/// A client's own word in quotes, cut when it is long.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(MAX_ECHO).collect();
    format!("{short:?}")
}

/// The members of a request. Their names match in any case, as in Go's `encoding/json`; the last
/// of several wins.
struct Request<'a> {
    version: String,
    method: String,
    params: Option<&'a RawValue>,
    /// Absent for a notification: `null` counts as absent.
    id: Option<&'a RawValue>,
}

impl<'a> Request<'a> {
    /// Reads the first JSON value of the body. What follows it is ignored.
    fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut input = serde_json::Deserializer::from_slice(body);
        let fields: Option<Fields<'a>> =
            serde::Deserialize::deserialize(&mut input).map_err(|error: serde_json::Error| {
                // serde_json's own words may repeat a value of the request.
                let (line, column) = (error.line(), error.column());
                let batch = body.trim_ascii_start().starts_with(b"[");
                let message = match batch {
                    true => "the request must be one JSON object; batches are not supported here"
                        .to_owned(),
                    false => {
                        format!("the request is not a JSON object: line {line}, column {column}")
                    }
                };
                Error::new(Error::PARSE, message)
            })?;
        let fields = fields.unwrap_or_default();
        let text = |name: &str| {
            let text: Result<Option<String>, _> = fields.get(name);
            text.map(Option::unwrap_or_default)
                .map_err(|_| Error::new(Error::PARSE, format!("{name:?} must be a string")))
        };
        Ok(Self {
            version: text("jsonrpc")?,
            method: text("method")?,
            params: fields.raw("params"),
            id: fields.raw("id"),
        })
    }
}

/// A reply as Gorilla writes it: the members in this order, and a newline.
fn reply(id: &str, outcome: Result<Value, Error>) -> String {
    let (member, value) = match &outcome {
        Ok(result) => ("result", serde_json::to_string(result)),
        Err(error) => ("error", serde_json::to_string(error)),
    };
    let value = value.expect("a JSON value, or a code and strings, serialise");
    format!("{{\"jsonrpc\":\"2.0\",\"{member}\":{value},\"id\":{id}}}\n")
}

/// 200 with a JSON-RPC reply.
fn json(body: String) -> Response {
    respond(StatusCode::OK, "application/json; charset=utf-8", body)
}

/// A text for a person.
pub(crate) fn plain(status: StatusCode, text: impl Into<String>) -> Response {
    respond(status, "text/plain; charset=utf-8", text)
}

/// A response of this kind that browsers do not take for another.
pub(crate) fn respond(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<String>,
) -> Response {
    const NOSNIFF: (HeaderName, HeaderValue) =
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let mut response = Response::new(Full::from(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.extend([NOSNIFF]);
    response
}

/// Overwrites a body, which may hold a password. The connection's read buffer is out of reach.
fn wipe(body: Bytes) {
    if let Ok(mut body) = body.try_into_mut() {
        body.as_mut().zeroize();
    }
}
