//! A node made by hand: a listener on a free port whose every answer the test writes out.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lotus_client::{ApiInfo, Client, ClientBuilder, Source};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// The token that the tests send; it must turn up in no text.
pub(crate) const TOKEN: &str = "s3cret.token";

/// Waits for something that must happen, and fails the test when it does not.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .expect("took too long")
}

/// A listener on the loopback interface.
pub(crate) struct Peer {
    listener: TcpListener,
    port: u16,
}

impl Peer {
    pub(crate) async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The endpoint as a repo would give it, so: a WebSocket.
    pub(crate) fn multiaddr(&self) -> ApiInfo {
        self.info(&format!("/ip4/127.0.0.1/tcp/{}/http", self.port))
    }

    pub(crate) fn http(&self) -> ApiInfo {
        self.info(&format!("http://127.0.0.1:{}", self.port))
    }

    fn info(&self, address: &str) -> ApiInfo {
        ApiInfo::parse(
            &format!("{TOKEN}:{address}"),
            Source::Env("FULLNODE_API_INFO"),
        )
        .unwrap()
    }

    /// Accepts a connection and reads one HTTP request, head and body.
    pub(crate) async fn request(&self) -> (TcpStream, String) {
        within(async {
            let (mut socket, _) = self.listener.accept().await.unwrap();
            let mut text = String::new();
            while !complete(&text) {
                let mut buffer = [0; 1024];
                let count = socket.read(&mut buffer).await.unwrap();
                assert_ne!(count, 0, "the client hung up: {text}");
                text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
            }
            (socket, text)
        })
        .await
    }

    /// Accepts a connection and returns what the client says first.
    pub(crate) async fn first_bytes(&self) -> (TcpStream, Vec<u8>) {
        within(async {
            let (mut socket, _) = self.listener.accept().await.unwrap();
            let mut bytes = Vec::with_capacity(4096);
            socket.read_buf(&mut bytes).await.unwrap();
            (socket, bytes)
        })
        .await
    }

    /// Reads one HTTP request and answers it.
    pub(crate) async fn answer(&self, status: &str, content_type: &str, body: &str) -> String {
        let (mut socket, request) = self.request().await;
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        request
    }

    /// Accepts a WebSocket and returns it with the request that opened it.
    #[allow(clippy::result_large_err)] // The signature of the callback is tungstenite's.
    pub(crate) async fn accept(&self) -> (Socket, Request) {
        within(async {
            let (socket, _) = self.listener.accept().await.unwrap();
            let mut seen = None;
            let socket = tokio_tungstenite::accept_hdr_async(
                socket,
                |request: &Request, response: Response| {
                    seen = Some(request.clone());
                    Ok(response)
                },
            )
            .await
            .unwrap();
            (Socket(socket), seen.unwrap())
        })
        .await
    }

    /// A client that is connected to this peer by WebSocket, and comes back at once when that breaks.
    pub(crate) async fn connected(&self) -> (Client, Socket) {
        self.connected_by(hasty()).await
    }

    /// A client with these settings that is connected to this peer by WebSocket.
    pub(crate) async fn connected_by(&self, builder: ClientBuilder) -> (Client, Socket) {
        let info = self.multiaddr();
        let (client, (socket, _)) = tokio::join!(
            within(builder.connect(&info, lotus_client::ApiPath::V1)),
            self.accept()
        );
        (client.unwrap(), socket)
    }
}

/// Settings with which nobody has to wait.
pub(crate) fn hasty() -> ClientBuilder {
    Client::builder().backoff(Duration::from_millis(1), Duration::from_millis(10))
}

fn complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap());
    body.len() >= length
}

/// The peer's end of a WebSocket.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// The next text frame.
    pub(crate) async fn recv(&mut self) -> String {
        loop {
            match within(self.0.next()).await.unwrap().unwrap() {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// Reads a call, checks its method and answers it; returns the call.
    pub(crate) async fn answer(&mut self, method: &str, result: &str) -> serde_json::Value {
        let call: serde_json::Value = serde_json::from_str(&self.recv().await).unwrap();
        assert_eq!(call["method"], method, "{call}");
        let id = &call["id"];
        self.send(&format!(
            r#"{{"id":{id},"jsonrpc":"2.0","result":{result}}}"#
        ))
        .await;
        call
    }

    /// Sends a value of a channel.
    pub(crate) async fn value(&mut self, channel: u64, value: &str) {
        self.send(&format!(
            r#"{{"jsonrpc":"2.0","method":"xrpc.ch.val","params":[{channel},{value}]}}"#
        ))
        .await;
    }

    /// Closes a channel.
    pub(crate) async fn close_channel(&mut self, channel: u64) {
        self.send(&format!(
            r#"{{"jsonrpc":"2.0","method":"xrpc.ch.close","params":[{channel}]}}"#
        ))
        .await;
    }

    pub(crate) async fn send_binary(&mut self, text: &str) {
        self.0
            .send(Message::binary(text.as_bytes().to_owned()))
            .await
            .unwrap();
    }

    /// Returns when the client has left.
    pub(crate) async fn hung_up(&mut self) {
        while let Some(Ok(_)) = self.0.next().await {}
    }

    /// Closes the WebSocket with a code and a reason.
    pub(crate) async fn close(&mut self, code: u16, reason: &'static str) {
        use tokio_tungstenite::tungstenite::protocol::CloseFrame;
        self.0
            .close(Some(CloseFrame {
                code: code.into(),
                reason: reason.into(),
            }))
            .await
            .unwrap();
    }
}
