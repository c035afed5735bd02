//! JSON-RPC over HTTP, in go-jsonrpc's manner (`handler.go`): any method, any content type, one
//! request or a batch in the body, errors of methods as 200.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;

use lotus_core::Error;

use super::Limits;
use super::caller::Caller;
use super::gate::Gate;
use super::reply::{Fault, Reply};
use super::request::Request;

/// What goes back: the JSON text (empty for notifications) and its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: String,
    status: StatusCode,
}

impl Answer {
    fn fault(fault: Fault) -> Self {
        Self::from(Reply::from(fault))
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self {
            body: reply.to_json(None),
            status: reply.status(),
        }
    }
}

/// Serves one HTTP request.
pub(crate) async fn serve<B>(
    headers: &http::HeaderMap,
    body: B,
    gate: &Gate,
    caller: &Caller,
    limits: &Limits,
) -> Response<Full<Bytes>>
where
    B: Body<Data = Bytes> + Unpin,
{
    let declared = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    match read(body, declared, limits).await {
        Ok(body) => respond(answer(&body, gate, caller, limits).await),
        Err(fault) => {
            // The rest of the body is still on its way: nothing after it could be read.
            let mut response = respond(Answer::fault(fault));
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

async fn answer(body: &[u8], gate: &Gate, caller: &Caller, limits: &Limits) -> Answer {
    let body = body.trim_ascii();
    if body.is_empty() {
        return Answer::fault(Fault::invalid_request());
    }
    if body.starts_with(b"[") && body.ends_with(b"]") {
        return batch(body, gate, caller, limits).await;
    }
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(fault) => return Answer::fault(fault),
    };
    let reply = gate.call(&request, caller).await;
    match &request.id {
        Some(id) => Answer {
            body: reply.to_json(Some(id)),
            status: reply.status(),
        },
        // A notification ran; only a protocol error is told.
        None if reply.status() == StatusCode::OK => Answer {
            body: String::new(),
            status: StatusCode::OK,
        },
        None => reply.into(),
    }
}

/// Runs a batch, one call after the other, and answers in order. Notifications leave no trace in
/// the answer (go-jsonrpc writes invalid JSON for them).
pub(crate) async fn batch(body: &[u8], gate: &Gate, caller: &Caller, limits: &Limits) -> Answer {
    let requests = match Request::parse_batch(body, limits.batch) {
        Ok(requests) if requests.is_empty() => return Answer::fault(Fault::invalid_request()),
        Ok(requests) => requests,
        Err(fault) => return Answer::fault(fault),
    };
    let mut body = String::new();
    for request in requests {
        // Most methods never wait, and a batch of them must not keep others from being served.
        tokio::task::yield_now().await;
        let reply = match request {
            // A short call may have a long answer, and a batch holds many of them.
            Ok(request) if body.len() > limits.batch_reply => {
                if request.id.is_none() {
                    continue;
                }
                Reply::from(Fault::reply_too_long(limits.batch_reply)).to_json(request.id.as_ref())
            }
            Ok(request) => {
                let reply = gate.call(&request, caller).await;
                if request.id.is_none() {
                    continue;
                }
                reply.to_json(request.id.as_ref())
            }
            Err(fault) => Reply::from(fault).to_json(None),
        };
        body.push(if body.is_empty() { '[' } else { ',' });
        body.push_str(&reply);
    }
    if !body.is_empty() {
        body.push(']');
    }
    Answer {
        body,
        status: StatusCode::OK,
    }
}

/// Reads the body. A body that is too long is refused before it is read where its length is
/// declared, and a peer that sends nothing for [`Limits::read_timeout`] is given up.
async fn read<B>(mut body: B, declared: Option<usize>, limits: &Limits) -> Result<Bytes, Fault>
where
    B: Body<Data = Bytes> + Unpin,
{
    if declared.is_some_and(|length| length > limits.request_bytes) {
        return Err(Fault::too_big(limits.request_bytes));
    }
    let mut read = Vec::with_capacity(declared.unwrap_or_default().min(64 * 1024));
    loop {
        let Ok(frame) = tokio::time::timeout(limits.read_timeout, body.frame()).await else {
            return Err(Fault::too_slow(limits.read_timeout));
        };
        match frame {
            None => return Ok(read.into()),
            Some(Err(_)) => return Err(Fault::parse("the request's body ended early")),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    if read.len() + data.len() > limits.request_bytes {
                        return Err(Fault::too_big(limits.request_bytes));
                    }
                    read.extend_from_slice(&data);
                }
            }
        }
    }
}

fn respond(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(answer.body));
    *response.status_mut() = answer.status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl Fault {
    fn too_big(limit: usize) -> Self {
        Self::parse(format!("request bigger than maximum {limit} allowed"))
    }

    fn too_slow(limit: Duration) -> Self {
        let seconds = limit.as_secs_f64();
        Self::parse(format!(
            "nothing of the request arrived for {seconds} s ([API] Timeout)"
        ))
    }

    fn reply_too_long(limit: usize) -> Self {
        Error::other(format!(
            "not run: the reply to the batch is longer than {limit} bytes ([API] MaxBatchReply)"
        ))
        .into()
    }

    pub(crate) fn batch_too_long(length: usize, limit: usize) -> Self {
        Self::parse(format!(
            "a batch of {length} calls exceeds the limit of {limit} ([API] MaxBatchSize)"
        ))
    }
}
