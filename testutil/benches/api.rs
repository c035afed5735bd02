//! What the API costs, beside the same handler on bare jsonrpsee, in one run.
//!
//! ```text
//! cargo build --release && cargo bench -p lotus-testutil
//! ```
//!
//! Prints the tables of `docs/performance.md`. Only ratios mean something: client and server share
//! the machine's cores, and machines are shared. Rounds of both servers alternate, so that whatever
//! else the machine does hits both.

// Its result is what it prints.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use jsonrpsee::RpcModule;
use jsonrpsee::server::{Server, ServerHandle};
use lotus_core::Role;
use lotus_core::types::{ApiVersion, KeyInfo, KeyType, Version};
use lotus_daemon::auth::store::embedded::Embedded;
use lotus_daemon::auth::{Authority, Catalogue, Keys};
use lotus_daemon::keystore::Keystore;
use lotus_testutil::TestNode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const CONNECTIONS: usize = 8;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(1500);
const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;

fn main() {
    // Cargo passes `--bench`; `cargo test --benches` passes `--test` and only wants to know that
    // this builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(calls());
    runtime.block_on(tokens());
    processes();
}

/// One server under test.
struct Target {
    socket: SocketAddr,
    path: &'static str,
    /// A whole header line, or nothing.
    authorization: String,
}

async fn calls() {
    let node = TestNode::start().await;
    let authorization = format!("Authorization: Bearer {}\r\n", node.repo_token());
    let ours = Target {
        socket: node.socket(),
        path: "/rpc/v1",
        authorization,
    };
    let (socket, _bare) = bare().await;
    let bare = Target {
        socket,
        path: "/",
        authorization: String::new(),
    };

    println!("\n## `Filecoin.Version`, {CONNECTIONS} connections\n");
    println!(
        "| transport | ours, calls/s | bare jsonrpsee, calls/s | ratio | p99 ours | p99 bare |"
    );
    println!("|---|---|---|---|---|---|");
    for (name, transport) in [
        ("HTTP keep-alive", Transport::Http),
        ("WebSocket", Transport::Ws),
    ] {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let (one, other) = (load(&ours, transport).await, load(&bare, transport).await);
            // The first round warms both up.
            if round > 0 {
                a.push(one);
                b.push(other);
            }
        }
        let rate = |rounds: &[Load]| median(rounds.iter().map(|round| round.per_second).collect());
        let p99 = |rounds: &[Load]| median(rounds.iter().map(|round| round.p99_micros).collect());
        println!(
            "| {name} | {:.0} | {:.0} | **{:.2}** | {:.0} µs | {:.0} µs |",
            rate(&a),
            rate(&b),
            rate(&a) / rate(&b),
            p99(&a),
            p99(&b)
        );
    }
    node.stop().await;
}

/// jsonrpsee's server with the same handler and nothing else.
async fn bare() -> (SocketAddr, ServerHandle) {
    let server = Server::builder()
        .build("127.0.0.1:0")
        .await
        .expect("a free port");
    let socket = server.local_addr().expect("it is bound");
    let mut module = RpcModule::new(());
    let version = |_: jsonrpsee::types::Params<'static>, _: Arc<()>, _: jsonrpsee::Extensions| async {
        Ok::<_, jsonrpsee::types::ErrorObjectOwned>(Version {
            version: lotus_daemon::VERSION.to_owned(),
            api_version: ApiVersion::FULL_V1,
            block_delay: 30,
            agent: "lotus".to_owned(),
        })
    };
    module
        .register_async_method("Filecoin.Version", version)
        .expect("the only method");
    (socket, server.start(module))
}

#[derive(Clone, Copy)]
enum Transport {
    Http,
    Ws,
}

struct Load {
    per_second: f64,
    p99_micros: f64,
}

async fn load(target: &Target, transport: Transport) -> Load {
    let end = Instant::now() + ROUND;
    let clients = (0..CONNECTIONS).map(|_| match transport {
        Transport::Http => tokio::spawn(http(target.socket, request(target), end)),
        Transport::Ws => tokio::spawn(ws(
            target.socket,
            target.path,
            target.authorization.clone(),
            end,
        )),
    });
    let clients: Vec<_> = clients.collect();
    let mut latencies = Vec::new();
    for client in clients {
        latencies.extend(client.await.expect("the client does not fail"));
    }
    latencies.sort_unstable();
    let p99 = latencies[latencies.len() * 99 / 100];
    Load {
        per_second: latencies.len() as f64 / ROUND.as_secs_f64(),
        p99_micros: p99.as_secs_f64() * 1e6,
    }
}

fn request(target: &Target) -> Vec<u8> {
    let Target {
        socket,
        path,
        authorization,
    } = target;
    let length = CALL.len();
    format!("POST {path} HTTP/1.1\r\nHost: {socket}\r\n{authorization}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{CALL}")
        .into_bytes()
}

/// One call after the other on one connection.
async fn http(socket: SocketAddr, request: Vec<u8>, end: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(socket).await.expect("it listens");
    stream.set_nodelay(true).expect("a TCP socket");
    let mut latencies = Vec::new();
    let mut reply = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        stream.write_all(&request).await.expect("it reads");
        reply.clear();
        // The body is the last thing that comes, and ends its object.
        while !reply.trim_ascii_end().ends_with(b"}}") {
            let count = stream.read_buf(&mut reply).await.expect("it answers");
            assert!(count > 0, "the server closed the connection");
        }
        assert!(
            reply.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&reply)
        );
        latencies.push(start.elapsed());
    }
    latencies
}

async fn ws(
    socket: SocketAddr,
    path: &'static str,
    authorization: String,
    end: Instant,
) -> Vec<Duration> {
    let mut request = format!("ws://{socket}{path}")
        .into_client_request()
        .expect("an address");
    if let Some(value) = authorization.trim_end().strip_prefix("Authorization: ") {
        request
            .headers_mut()
            .insert("authorization", value.parse().expect("a header"));
    }
    let stream = TcpStream::connect(socket).await.expect("it listens");
    stream.set_nodelay(true).expect("a TCP socket");
    let (mut ws, _) = tokio_tungstenite::client_async(request, stream)
        .await
        .expect("an upgrade");
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        ws.send(Message::text(CALL)).await.expect("it reads");
        loop {
            if let Message::Text(text) = ws.next().await.expect("open").expect("it answers") {
                assert!(text.contains("APIVersion"), "{text}");
                break;
            }
        }
        latencies.push(start.elapsed());
    }
    latencies
}

/// A registered token, as the first call after a start verifies it, and as every later one does.
async fn tokens() {
    let dir = tempfile::TempDir::new().expect("a temporary directory");
    let secret = [7; 32];
    let keystore = Keystore::open(dir.path().join("keystore"), dir.path().to_owned());
    let keystore = Arc::new(keystore.expect("an empty directory"));
    let entry = KeyInfo::new(KeyType::JwtHmacSecret, secret.to_vec());
    keystore
        .put("auth-jwt-private", &entry)
        .expect("the first entry");
    let claims = serde_json::json!({ "Allow": ["read", "write", "sign", "admin"], "jti": "bench" });
    let key = jsonwebtoken::EncodingKey::from_secret(&secret);
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    let token = jsonwebtoken::encode(&header, &claims, &key).expect("claims serialise");
    let open = async || {
        let store = Embedded::open(&dir.path().join("tokens.redb"))
            .await
            .expect("nobody has it");
        let keys = Keys::open(&keystore).expect("a secret");
        Authority::open(
            keystore.clone(),
            keys,
            Arc::new(store),
            Duration::from_secs(10),
            Catalogue::new(Role::FullNode.surfaces()),
        )
        .0
    };
    open()
        .await
        .verify(&token)
        .await
        .expect("it is registered with this");
    let mut cold = Vec::new();
    for _ in 0..200 {
        let authority = open().await;
        let start = Instant::now();
        black_box(authority.verify(&token).await.is_ok());
        cold.push(start.elapsed().as_secs_f64());
    }
    let authority = open().await;
    let mut cached = Vec::new();
    for _ in 0..200_000 {
        let start = Instant::now();
        black_box(authority.verify(&token).await.is_ok());
        cached.push(start.elapsed().as_secs_f64());
    }
    let (cold, cached) = (median(cold), median(cached));
    println!("\n## Token verification\n\n| | median |\n|---|---|");
    println!("| cold (MAC, claims, registry) | {:.1} µs |", cold * 1e6);
    println!("| cached | {:.2} µs |", cached * 1e6);
    println!("| ratio | {:.0} |", cold / cached);
}

/// The median in seconds.
fn timed(times: usize, mut measure: impl FnMut() -> Duration) -> f64 {
    median((0..times).map(|_| measure().as_secs_f64()).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The programs as users run them; skipped, loudly, where they have not been built.
fn processes() {
    let executable = std::env::current_exe().expect("this program has a path");
    let directory = executable
        .ancestors()
        .nth(2)
        .map(PathBuf::from)
        .expect("target/release/deps");
    let lotus = directory.join("lotus");
    if !lotus.exists() {
        println!(
            "\nNo {}: run `cargo build --release` for the processes.",
            lotus.display()
        );
        return;
    }
    let repo = tempfile::TempDir::new().expect("a temporary directory");
    let started = (0..11).map(|_| {
        let repo = tempfile::TempDir::new().expect("a temporary directory");
        let (elapsed, mut daemon) = start(&lotus, repo.path());
        daemon
            .kill()
            .and_then(|()| daemon.wait())
            .expect("it was running");
        elapsed.as_secs_f64()
    });
    let started = median(started.collect());
    let (_, mut daemon) = start(&lotus, repo.path());
    let token = std::fs::read_to_string(repo.path().join("token")).expect("written by the daemon");
    let port = port(repo.path()).expect("it has answered");
    let cli = timed(21, || {
        run(Command::new(&lotus)
            .arg("version")
            .env("LOTUS_PATH", repo.path()))
    });
    let curl = timed(21, || {
        run(Command::new("curl")
            .args([
                "-s",
                "-H",
                &format!("Authorization: Bearer {token}"),
                "-d",
                CALL,
            ])
            .arg(format!("http://127.0.0.1:{port}/rpc/v0")))
    });
    daemon
        .kill()
        .and_then(|()| daemon.wait())
        .expect("it was running");
    println!("\n## Processes\n\n| | median |\n|---|---|");
    println!(
        "| `lotus daemon` in an empty directory to the first answered call | {:.0} ms |",
        started * 1e3
    );
    println!("| `lotus version` | {:.1} ms |", cli * 1e3);
    println!("| `curl`, the same call | {:.1} ms |", curl * 1e3);
    println!("| ratio | {:.2} |", cli / curl);
}

/// Starts a daemon and waits for its first answer.
fn start(lotus: &std::path::Path, repo: &std::path::Path) -> (Duration, std::process::Child) {
    let start = Instant::now();
    let daemon = Command::new(lotus)
        .args([
            "--repo",
            &repo.display().to_string(),
            "daemon",
            "--api",
            "0",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    while !answers(repo) {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "the daemon does not answer"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    (start.elapsed(), daemon)
}

fn answers(repo: &std::path::Path) -> bool {
    use std::io::{Read, Write};
    let Some(port) = port(repo) else { return false };
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let length = CALL.len();
    let request = format!(
        "POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{CALL}"
    );
    let mut reply = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut reply).is_ok()
        && reply.contains("APIVersion")
}

fn port(repo: &std::path::Path) -> Option<u16> {
    let address = std::fs::read_to_string(repo.join("api")).ok()?;
    address.split('/').nth(4)?.parse().ok()
}

fn run(command: &mut Command) -> Duration {
    let start = Instant::now();
    let output = command.output().expect("the program runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    start.elapsed()
}
