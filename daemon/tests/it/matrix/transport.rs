//! How calls get to the daemon: one by one or many at a time, by HTTP or WebSocket.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use lotus_testutil::bounded;
use lotus_testutil::wire::{Response, Ws, read_response};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::verdict::Verdict;

/// A way to send calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Http,
    Ws,
    HttpBatch,
    WsBatch,
}

/// Calls in one batch, or in flight on one WebSocket: few enough for any buffer.
const AT_ONCE: usize = 100;

impl Transport {
    pub(super) const ALL: [Self; 4] = [Self::Http, Self::Ws, Self::HttpBatch, Self::WsBatch];

    /// Sends calls, each a name and its parameters, and returns what became of them, in order.
    pub(super) async fn ask(
        self,
        socket: SocketAddr,
        path: &str,
        token: Option<&str>,
        calls: &[(&str, &str)],
    ) -> Vec<Verdict> {
        let header = token.map(|token| format!("Authorization: Bearer {token}"));
        let call = |(id, (name, params)): (usize, &(&str, &str))| {
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{name}","params":{params}}}"#)
        };
        let requests: Vec<_> = calls.iter().enumerate().map(call).collect();
        match self {
            Self::Http => {
                let mut http = Http::new(socket, path, header);
                let mut verdicts = Vec::new();
                for request in &requests {
                    let response = http.post(request).await;
                    verdicts.push(match response.status {
                        401 => Verdict::Unauthorized,
                        _ => Verdict::of(&response.json()),
                    });
                }
                verdicts
            }
            Self::HttpBatch => {
                let mut http = Http::new(socket, path, header);
                let mut verdicts = Vec::new();
                for requests in requests.chunks(AT_ONCE) {
                    let response = http.post(&batch(requests)).await;
                    match response.status {
                        401 => verdicts.extend(requests.iter().map(|_| Verdict::Unauthorized)),
                        _ => verdicts.extend(verdicts_of(&response.json())),
                    }
                }
                verdicts
            }
            Self::Ws | Self::WsBatch => {
                let headers: Vec<_> = header.iter().map(String::as_str).collect();
                let mut ws = match Ws::open(socket, path, &headers).await {
                    Ok(ws) => ws,
                    // No call gets through a door that does not open.
                    Err(401) => return requests.iter().map(|_| Verdict::Unauthorized).collect(),
                    Err(status) => panic!("{path}: the handshake was answered {status}"),
                };
                let mut replies = BTreeMap::new();
                for (chunk, requests) in requests.chunks(AT_ONCE).enumerate() {
                    if self == Self::WsBatch {
                        ws.send(&batch(requests)).await;
                    } else {
                        for request in requests {
                            ws.send(request).await;
                        }
                    }
                    while replies.len() < chunk * AT_ONCE + requests.len() {
                        collect(ws.receive_json().await, &mut replies);
                    }
                }
                replies.into_values().collect()
            }
        }
    }
}

fn batch(requests: &[String]) -> String {
    format!("[{}]", requests.join(","))
}

fn verdicts_of(replies: &Value) -> Vec<Verdict> {
    let mut verdicts = BTreeMap::new();
    collect(replies.clone(), &mut verdicts);
    verdicts.into_values().collect()
}

/// Files replies by their ids. What has none is a value of a channel.
fn collect(frame: Value, into: &mut BTreeMap<u64, Verdict>) {
    match frame {
        Value::Array(replies) => replies.into_iter().for_each(|reply| collect(reply, into)),
        reply => {
            if let Some(id) = reply["id"].as_u64() {
                let twice = into.insert(id, Verdict::of(&reply));
                assert_eq!(twice, None, "two replies to one call");
            }
        }
    }
}

/// A connection that is kept alive.
struct Http {
    socket: SocketAddr,
    head: String,
    stream: Option<TcpStream>,
}

impl Http {
    fn new(socket: SocketAddr, path: &str, header: Option<String>) -> Self {
        let header = header.map_or_else(String::new, |header| header + "\r\n");
        Self {
            socket,
            head: format!("POST {path} HTTP/1.1\r\nHost: {socket}\r\n{header}"),
            stream: None,
        }
    }

    async fn post(&mut self, body: &str) -> Response {
        let request = format!("{}Content-Length: {}\r\n\r\n{body}", self.head, body.len());
        bounded(async {
            let mut stream = match self.stream.take() {
                Some(stream) => stream,
                None => TcpStream::connect(self.socket).await.unwrap(),
            };
            stream.write_all(request.as_bytes()).await.unwrap();
            let response = read_response(&mut stream).await;
            if response
                .headers
                .get("connection")
                .is_none_or(|word| word != "close")
            {
                self.stream = Some(stream);
            }
            response
        })
        .await
    }
}
