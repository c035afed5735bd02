//! What the registry of tokens costs, and how fast a token dies.
//!
//! ```text
//! cargo bench -p lotus-testutil --bench tokens              # or only: -- calls, -- revocations, -- million
//! ```
//!
//! Prints the tables of `docs/performance.md` about tokens.

// Its result is what it prints.
#![allow(clippy::print_stdout)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use lotus_client::{ApiPath, Client};
use lotus_core::api::auth::AuthClient;
use lotus_core::types::{NewToken, TokenOrigin, TokenSelector};
use lotus_core::{Permission, Permissions, Scope};
use lotus_daemon::auth::store::embedded::Embedded;
use lotus_daemon::auth::store::{Record, TokenStore};
use lotus_testutil::TestNode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;
const SOCKETS: usize = 10_000;
const REVOCATIONS: usize = 200;
const REGISTERED: usize = 1_000_000;
const REVOKED: usize = 100_000;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|named| named == name);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        if wanted("calls") {
            calls().await;
        }
        if wanted("revocations") {
            revocations().await;
        }
        if wanted("million") {
            million().await;
        }
    });
}

/// The same call without a token, with a plain one, and with one that has a scope: rounds alternate.
async fn calls() {
    let node = TestNode::start().await;
    let admin = node.client(Permission::Admin).await;
    let methods = (0..20)
        .map(|n| format!("Filecoin.State{n}*"))
        .chain(["Filecoin.Ver*".to_owned()]);
    let scope = Scope {
        endpoints: Some(vec!["/rpc/v1".into()]),
        methods: Some(methods.collect()),
    };
    let new = NewToken {
        scope,
        permissions: Permissions::READ,
        ..NewToken::default()
    };
    let scoped = admin.create(new).await.expect("an admin may").token;
    let plain = node.token(Permission::Read).await;
    let headers = [String::new(), bearer(&plain), bearer(&scoped)];
    let mut rates = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=7 {
        for (rates, header) in rates.iter_mut().zip(&headers) {
            let rate = load(node.socket(), header).await;
            if round > 0 {
                rates.push(rate);
            }
        }
    }
    let [without, plain, scoped] = rates.map(median);
    println!(
        "\n## Gate, HTTP keep-alive, `Filecoin.Version`, 8 connections\n\n| caller | calls/s | ratio |\n|---|---|---|"
    );
    println!("| without a token (no registry) | {without:.0} | 1 |");
    println!(
        "| a registered token | {plain:.0} | **{:.2}** |",
        plain / without
    );
    println!(
        "| a token with 1 endpoint and 21 method patterns | {scoped:.0} | **{:.2}** |",
        scoped / without
    );
    node.stop().await;
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

async fn load(socket: SocketAddr, header: &str) -> f64 {
    let length = CALL.len();
    let request = format!(
        "POST /rpc/v1 HTTP/1.1\r\nHost: localhost\r\n{header}Content-Length: {length}\r\n\r\n{CALL}"
    );
    let round = Duration::from_secs(1);
    let end = Instant::now() + round;
    let clients: Vec<_> = (0..8)
        .map(|_| tokio::spawn(client(socket, request.clone(), end)))
        .collect();
    let mut calls = 0;
    for client in clients {
        calls += client.await.expect("the client does not fail");
    }
    calls as f64 / round.as_secs_f64()
}

async fn client(socket: SocketAddr, request: String, end: Instant) -> usize {
    let mut stream = TcpStream::connect(socket).await.expect("it listens");
    stream.set_nodelay(true).expect("a TCP socket");
    let (mut calls, mut reply) = (0, Vec::new());
    while Instant::now() < end {
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        reply.clear();
        while !reply.trim_ascii_end().ends_with(b"}}") {
            assert!(stream.read_buf(&mut reply).await.expect("it answers") > 0);
        }
        assert!(
            reply.windows(10).any(|window| window == b"APIVersion"),
            "refused"
        );
        calls += 1;
    }
    calls
}

/// From the revoking call to the close frame at the holder, and to the call's own return.
async fn revocations() {
    // A process of its own: both ends of so many sockets are more than one may have.
    let repo = tempfile::TempDir::new().expect("a temporary directory");
    let Some(node) = Program::start(repo.path()) else {
        return;
    };
    let token = std::fs::read_to_string(repo.path().join("token")).expect("the daemon wrote it");
    let info = format!("{token}:{}", node.address)
        .parse()
        .expect("a token and a multiaddr");
    let admin = Client::connect(&info, ApiPath::V1)
        .await
        .expect("it listens");
    let others = NewToken {
        permissions: Permissions::READ,
        ..NewToken::default()
    };
    let others = admin.create(others).await.expect("an admin may").token;
    let mut crowd = Vec::with_capacity(SOCKETS);
    for _ in 0..SOCKETS {
        crowd.push(open(&node, &others).await);
    }
    let (mut closed, mut returned) = (Vec::new(), Vec::new());
    for number in 0..REVOCATIONS {
        let name = Some(format!("t{number}"));
        let new = NewToken {
            name: name.clone(),
            permissions: Permissions::READ,
            ..NewToken::default()
        };
        let token = admin.create(new).await.expect("an admin may").token;
        let mut socket = open(&node, &token).await;
        let start = Instant::now();
        let waiting = tokio::spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                if let Message::Close(Some(frame)) = message {
                    assert_eq!(u16::from(frame.code), 4401);
                    break;
                }
            }
            start.elapsed()
        });
        let selector = TokenSelector {
            name,
            ..TokenSelector::default()
        };
        assert_eq!(admin.revoke(selector).await.expect("an admin may").len(), 1);
        returned.push(start.elapsed().as_secs_f64());
        closed.push(waiting.await.expect("it is told").as_secs_f64());
    }
    println!(
        "\n## Revocation with {} live WebSockets\n\n| | p50 | p99 |\n|---|---|---|",
        crowd.len()
    );
    for (what, times) in [
        ("close frame at the holder", closed),
        ("`Auth.Revoke` returns (durable)", returned),
    ] {
        let (p50, p99) = percentiles(times);
        println!("| {what} | {:.1} ms | {:.1} ms |", p50 * 1e3, p99 * 1e3);
    }
    let mut alive = 0;
    for socket in &mut crowd {
        let pending = futures_util::poll!(socket.next());
        alive += usize::from(!matches!(
            pending,
            std::task::Poll::Ready(None | Some(Err(_) | Ok(Message::Close(_))))
        ));
    }
    println!(
        "\n{alive} of {} other connections were left alone.",
        crowd.len()
    );
    drop(crowd);
}

async fn open(node: &Program, token: &str) -> tokio_tungstenite::WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(node.socket).await.expect("it listens");
    let url = format!("ws://{}/rpc/v1?token={token}", node.socket);
    tokio_tungstenite::client_async(url, stream)
        .await
        .expect("an upgrade")
        .0
}

/// A registry with many tokens: nothing of it is read at start.
async fn million() {
    let repo = tempfile::TempDir::new().expect("a temporary directory");
    let datastore = repo.path().join("datastore");
    std::fs::create_dir(&datastore).expect("an empty directory");
    let path = datastore.join("tokens.redb");
    let store = Embedded::open(&path).await.expect("a new file");
    let record = |number: usize| Record {
        id: format!("{number:032x}"),
        name: Some(format!("token {number}")),
        origin: TokenOrigin::Minted,
        permissions: Permissions::READ,
        scope: Scope::ALL,
        issued_by: None,
        issued: 1_700_000_000,
        expires: None,
        idle: None,
        last_used: None,
        revoked: (number < REVOKED).then_some(1_700_000_001),
    };
    for part in 0..20 {
        let size = REGISTERED / 20;
        let records = (part * size..(part + 1) * size).map(record).collect();
        store.insert_all(records).await.expect("new ids");
    }
    drop(store);
    let mut opened = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let store = Embedded::open(&path).await.expect("nobody has it");
        opened.push(start.elapsed().as_secs_f64());
        drop(Arc::new(store));
    }
    let store = Embedded::open(&path).await.expect("nobody has it");
    let mut found = Vec::new();
    for number in (0..REGISTERED).step_by(REGISTERED / 500) {
        let start = Instant::now();
        let record = store
            .get(&format!("{number:032x}"))
            .await
            .expect("readable");
        found.push(start.elapsed().as_secs_f64());
        assert_eq!(
            record.is_some_and(|record| record.revoked.is_some()),
            number < REVOKED
        );
    }
    drop(store);
    println!(
        "\n## {REGISTERED} registered tokens, {REVOKED} of them revoked\n\n| | median |\n|---|---|"
    );
    println!("| opening the registry | {:.1} ms |", median(opened) * 1e3);
    println!("| asking it for a token | {:.0} µs |", median(found) * 1e6);
    let size = std::fs::metadata(&path).expect("it is there").len();
    println!("| its file | {} MiB |", size >> 20);
    println!(
        "| start of a whole node on it, and its memory then | {} |",
        start_node(repo.path())
    );
}

fn start_node(repo: &std::path::Path) -> String {
    let Some(node) = Program::start(repo) else {
        return "not measured".to_owned();
    };
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.process.id()));
    let status = status.unwrap_or_default();
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap_or("?");
    format!(
        "{:.0} ms, {}",
        node.started.as_secs_f64() * 1e3,
        memory.trim()
    )
}

/// The real program, killed when it is dropped.
struct Program {
    process: std::process::Child,
    address: String,
    socket: SocketAddr,
    started: Duration,
}

impl Program {
    /// Starts it on a repo; none, loudly, where it has not been built.
    fn start(repo: &std::path::Path) -> Option<Self> {
        let executable = std::env::current_exe().expect("this program has a path");
        let lotus = executable
            .ancestors()
            .nth(2)
            .expect("target/release/deps")
            .join("lotus");
        if !lotus.exists() {
            println!("\nNo {}: run `cargo build --release`.", lotus.display());
            return None;
        }
        let start = Instant::now();
        let process = std::process::Command::new(lotus)
            .arg("--repo")
            .arg(repo)
            .args(["daemon", "--api", "0"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .env("LOTUS_API_MAXCONNECTIONS", "15000")
            .spawn()
            .expect("the program runs");
        let address = loop {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "the daemon does not start"
            );
            match std::fs::read_to_string(repo.join("api")) {
                Ok(address) if !address.is_empty() => break address,
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        let started = start.elapsed();
        let port = address.split('/').nth(4).and_then(|port| port.parse().ok());
        let socket = SocketAddr::from(([127, 0, 0, 1], port.expect("a multiaddr with a port")));
        Some(Self {
            process,
            address,
            socket,
            started,
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

fn median(times: Vec<f64>) -> f64 {
    percentiles(times).0
}

fn percentiles(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_unstable_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() * 99 / 100])
}
