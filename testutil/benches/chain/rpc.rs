//! The plainest client: one connection, one call at a time, so that little of what is measured is
//! the client's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

/// HTTP, kept alive.
pub(crate) struct Http {
    stream: BufReader<TcpStream>,
    /// What is the same in every request.
    head: String,
}

impl Http {
    pub(crate) fn connect(socket: SocketAddr, token: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(socket)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        let head = format!(
            "POST /rpc/v1 HTTP/1.1\r\nHost: {socket}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: "
        );
        let stream = BufReader::new(stream);
        Ok(Self { stream, head })
    }

    /// Sends a request that is already encoded, and returns the body of the answer.
    pub(crate) fn send(&mut self, body: &str) -> std::io::Result<Vec<u8>> {
        let request = format!("{}{}\r\n\r\n{body}", self.head, body.len());
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or_default();
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok(answer)
    }

    /// Calls a method that does not fail.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        let answer = self.send(&request(method, params)).expect("it answers");
        result(&answer)
    }

    /// How long a method takes that does not fail.
    pub(crate) fn time(&mut self, method: &str, params: Value) -> Duration {
        let request = request(method, params);
        let start = Instant::now();
        let answer = self.send(&request).expect("it answers");
        let time = start.elapsed();
        result(&answer);
        time
    }
}

/// A request, encoded.
pub(crate) fn request(method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": format!("Filecoin.{method}"), "params": params})
        .to_string()
}

/// The result in an answer.
pub(crate) fn result(answer: &[u8]) -> Value {
    let mut answer: Value = serde_json::from_slice(answer).expect("JSON");
    assert!(answer.get("error").is_none(), "refused: {answer}");
    answer["result"].take()
}

/// Sends requests over a WebSocket, so many at a time, until all are answered.
pub(crate) fn pipelined(socket: SocketAddr, token: &str, requests: &[String], window: usize) {
    let stream = TcpStream::connect(socket).expect("it listens");
    stream.set_nodelay(true).expect("a TCP socket");
    let url = format!("ws://{socket}/rpc/v1?token={token}");
    let (mut ws, _) = tungstenite::client(url, stream).expect("an upgrade");
    let mut requests = requests.iter();
    let mut pending = 0;
    let mut send = |ws: &mut WebSocket<TcpStream>| match requests.next() {
        Some(request) => {
            ws.send(Message::text(request.as_str())).expect("it reads");
            1
        }
        None => 0,
    };
    for _ in 0..window {
        pending += send(&mut ws);
    }
    while pending > 0 {
        if let Message::Text(answer) = ws.read().expect("it answers") {
            result(answer.as_bytes());
            pending -= 1;
            pending += send(&mut ws);
        }
    }
}
