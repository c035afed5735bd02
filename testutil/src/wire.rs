//! Byte-level speakers of HTTP and WebSocket, for assertions about what is on the wire.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderName;

use crate::bounded;

/// What came back.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body's bytes as text.
    pub body: String,
}

impl Response {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

/// Sends these bytes on a new connection and reads one response.
pub async fn exchange(socket: SocketAddr, request: &[u8]) -> Response {
    bounded(async {
        let mut stream = TcpStream::connect(socket)
            .await
            .expect("the daemon listens");
        stream.write_all(request).await.expect("the daemon reads");
        read_response(&mut stream).await
    })
    .await
}

/// Reads one response with a `Content-Length`.
pub async fn read_response(stream: &mut TcpStream) -> Response {
    let mut read = Vec::new();
    let head_end = loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let count = stream
            .read_buf(&mut read)
            .await
            .expect("the daemon answers");
        assert!(
            count > 0,
            "the connection closed before a response: {read:?}"
        );
    };
    let head = String::from_utf8(read[..head_end].to_vec()).expect("headers are text");
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .expect("a status line");
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers
        .get("content-length")
        .map_or(0, |n| n.parse().expect("a number"));
    let mut body = read.split_off(head_end + 4);
    while body.len() < length {
        let count = stream
            .read_buf(&mut body)
            .await
            .expect("the daemon answers");
        assert!(count > 0, "the connection closed inside a body");
    }
    Response {
        status: status.parse().expect("a number"),
        headers,
        body: String::from_utf8(body).expect("bodies are text"),
    }
}

/// POSTs `body` with exactly these extra header lines, and no `Content-Type` of its own.
pub async fn post(socket: SocketAddr, path: &str, headers: &[&str], body: &str) -> Response {
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: {socket}\r\n");
    for header in headers {
        request += header;
        request += "\r\n";
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    exchange(socket, request.as_bytes()).await
}

/// GETs a path.
pub async fn get(socket: SocketAddr, path: &str, headers: &[&str]) -> Response {
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: {socket}\r\n");
    for header in headers {
        request += header;
        request += "\r\n";
    }
    request += "\r\n";
    exchange(socket, request.as_bytes()).await
}

/// A WebSocket that sends and receives raw text frames.
#[derive(Debug)]
pub struct Ws<S = TcpStream>(WebSocketStream<S>);

impl Ws {
    /// Opens `path` (with its query); `headers` are `name: value` lines.
    ///
    /// # Errors
    /// The HTTP status of a refused handshake.
    pub async fn open(socket: SocketAddr, path: &str, headers: &[&str]) -> Result<Self, u16> {
        let stream = bounded(TcpStream::connect(socket)).await;
        let stream = stream.expect("the daemon listens");
        Self::over(stream, socket, path, headers).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Ws<S> {
    /// As [`Ws::open`], over a stream that is connected already.
    ///
    /// # Errors
    /// The HTTP status of a refused handshake.
    pub async fn over(
        stream: S,
        socket: SocketAddr,
        path: &str,
        headers: &[&str],
    ) -> Result<Self, u16> {
        use tokio_tungstenite::tungstenite::Error;
        let mut request = format!("ws://{socket}{path}")
            .into_client_request()
            .expect("a valid address");
        for header in headers {
            let (name, value) = header.split_once(": ").expect("name: value");
            let name: HeaderName = name.parse().expect("a header name");
            request
                .headers_mut()
                .append(name, value.parse().expect("a header value"));
        }
        match bounded(tokio_tungstenite::client_async(request, stream)).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("handshake failed: {error}"),
        }
    }

    /// Sends a text frame, unless the connection has been closed meanwhile.
    pub async fn try_send(&mut self, text: &str) -> bool {
        bounded(self.0.send(Message::text(text))).await.is_ok()
    }

    /// The next text or close frame; `None` at the end of the connection, whatever ended it.
    pub async fn event(&mut self) -> Option<Message> {
        bounded(async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(message)) => return Some(message),
                    Some(Err(_)) | None => return None,
                }
            }
        })
        .await
    }

    /// Sends a text frame.
    pub async fn send(&mut self, text: &str) {
        bounded(self.0.send(Message::text(text)))
            .await
            .expect("the daemon reads");
    }

    /// Sends any message.
    pub async fn send_message(&mut self, message: Message) {
        bounded(self.0.send(message))
            .await
            .expect("the daemon reads");
    }

    /// The next text frame.
    pub async fn receive(&mut self) -> String {
        match bounded(self.next()).await {
            Message::Text(text) => text.to_string(),
            other => panic!("expected a text frame, got {other:?}"),
        }
    }

    /// The next text frame as JSON.
    pub async fn receive_json(&mut self) -> Value {
        serde_json::from_str(&self.receive().await).expect("frames are JSON")
    }

    /// The code and reason with which the daemon closes; text frames before it are skipped.
    pub async fn closed(&mut self) -> (u16, String) {
        bounded(async {
            loop {
                if let Message::Close(frame) = self.next().await {
                    return frame.map_or((1005, String::new()), |frame| {
                        (frame.code.into(), frame.reason.to_string())
                    });
                }
            }
        })
        .await
    }

    /// Asserts that these frames stay unanswered: the reply to a later call comes first.
    pub async fn assert_unanswered(&mut self, frames: &[&str]) {
        for frame in frames {
            self.send(frame).await;
        }
        self.send(r#"{"jsonrpc":"2.0","id":"marker","method":"Filecoin.Version","params":[]}"#)
            .await;
        let reply = self.receive_json().await;
        assert_eq!(reply["id"], "marker", "a frame was answered: {reply}");
    }

    /// Waits until the daemon pings; the pong is not sent before something else is read.
    pub async fn pinged(&mut self) {
        let ping = async { while !matches!(self.next_any().await, Message::Ping(_)) {} };
        tokio::time::timeout(Duration::from_secs(30), ping)
            .await
            .expect("a ping in time");
    }

    async fn next(&mut self) -> Message {
        loop {
            match self.next_any().await {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }

    async fn next_any(&mut self) -> Message {
        match self.0.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => panic!("the socket failed: {error}"),
            None => panic!("the socket ended without a close frame"),
        }
    }
}
