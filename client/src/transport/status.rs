//! HTTP statuses of go-jsonrpc: protocol errors come as 400 or 500 with the JSON-RPC error in the
//! body (`handler.go`, `rpcError`), and jsonrpsee reads the body of a success only. This layer lets
//! it read those, so that the user sees the words of the node instead of a number.

use std::task::{Context, Poll};

use futures_util::TryFutureExt;
use futures_util::future::MapOk;
use http::{Response, StatusCode, header};

/// Makes [`ReadableStatus`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadableStatusLayer;

impl<S> tower::Layer<S> for ReadableStatusLayer {
    type Service = ReadableStatus<S>;

    fn layer(&self, inner: S) -> ReadableStatus<S> {
        ReadableStatus(inner)
    }
}

/// An HTTP service whose 400s and 500s with a JSON body pass for successes.
#[derive(Clone, Debug)]
pub(crate) struct ReadableStatus<S>(S);

impl<S, Request, Body> tower::Service<Request> for ReadableStatus<S>
where
    S: tower::Service<Request, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = MapOk<S::Future, fn(Response<Body>) -> Response<Body>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.0.call(request).map_ok(readable)
    }
}

fn readable<Body>(mut response: Response<Body>) -> Response<Body> {
    let protocol_error =
        [StatusCode::BAD_REQUEST, StatusCode::INTERNAL_SERVER_ERROR].contains(&response.status());
    let json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if protocol_error && json {
        *response.status_mut() = StatusCode::OK;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, content_type: &str) -> u16 {
        let response = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, content_type)
            .body(())
            .unwrap();
        readable(response).status().as_u16()
    }

    #[test]
    fn only_the_two_statuses_with_json_are_read() {
        assert_eq!(status(500, "application/json"), 200);
        assert_eq!(status(400, "application/json; charset=utf-8"), 200);
        // A page of a proxy, and statuses that mean what they say.
        assert_eq!(status(500, "text/html"), 500);
        assert_eq!(status(401, "application/json"), 401);
        assert_eq!(status(429, "application/json"), 429);
        assert_eq!(status(200, "application/json"), 200);
    }
}
