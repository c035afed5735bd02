//! Plain transfers a second: executed, and on their whole way from a client into a block.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use lotus_chain::accounts::{Account, Accounts, DEFAULT_PHRASE};
use lotus_core::types::{Message, SignedMessage, TokenAmount};
use serde_json::json;

use super::daemon::Daemon;
use super::report::Report;
use super::rpc;
use super::statistics::thousands;

/// Clients that push at the same time, each for senders of its own.
const CLIENTS: usize = 8;
/// Senders of each client.
const SENDERS: usize = 8;
/// Messages of one call of `MpoolBatchPush`.
const BATCH: usize = 100;
/// How many requests a WebSocket has under way.
const WINDOW: usize = 64;
/// Messages of each way but the last; altogether 100,000.
const MESSAGES: usize = 32_000;
/// Messages that the node signs, which takes the longest.
const SIGNED_BY_NODE: usize = 4_000;

/// The accounts that send, and their next nonces.
struct Senders(Vec<(Account, u64)>);

impl Senders {
    fn new() -> Self {
        let phrase = Accounts::from_phrase(DEFAULT_PHRASE).expect("the phrase of tests");
        let number = u32::try_from(CLIENTS * SENDERS).expect("a small number");
        let accounts = (0..number).map(|n| (phrase.secp256k1(n).expect("a key"), 0));
        Self(accounts.collect())
    }

    /// A transfer of each sender of a client to the next one, without a nonce.
    fn transfer(&self, client: usize, number: usize) -> (usize, Message) {
        let sender = client * SENDERS + number % SENDERS;
        let message = Message {
            from: self.0[sender].0.address(),
            to: self.0[(sender + 1) % self.0.len()].0.address(),
            value: TokenAmount::from_atto(5),
            ..Message::default()
        };
        (sender, message)
    }

    /// Transfers for each client, signed.
    fn signed(&mut self, count: usize) -> Vec<Vec<SignedMessage>> {
        let mut all = Vec::new();
        for client in 0..CLIENTS {
            let mut messages = Vec::with_capacity(count / CLIENTS);
            for number in 0..count / CLIENTS {
                let (sender, mut message) = self.transfer(client, number);
                let (account, nonce) = &mut self.0[sender];
                message.nonce = *nonce;
                *nonce += 1;
                message.gas_limit = 2_000_000;
                message.gas_fee_cap = TokenAmount::from_atto(100_000_000_000_u64);
                message.gas_premium = TokenAmount::from_atto(100_000);
                let bytes = message.cid().expect("it is complete").to_bytes();
                let signature = account.key.sign(&bytes).expect("a key that signs");
                messages.push(SignedMessage { message, signature });
            }
            all.push(messages);
        }
        all
    }

    /// Waits until all that they have sent has been executed.
    fn wait(&self, daemon: &Daemon) {
        let mut http = daemon.http();
        let begun = Instant::now();
        for (account, nonce) in &self.0 {
            let params = json!([account.address(), []]);
            while http.call("StateGetActor", params.clone())["Nonce"] != json!(nonce) {
                assert!(
                    begun.elapsed() < Duration::from_secs(300),
                    "it is not mined"
                );
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// How one way of sending went.
struct Run {
    what: &'static str,
    messages: usize,
    accepted: Duration,
    executed: Duration,
    cpu: Duration,
    epochs: i64,
}

pub(crate) fn measure(lotus: &Path, report: &Report, short: bool) {
    let part = if short { 10 } else { 1 };
    let executed = executed();
    let repo = tempfile::TempDir::new().expect("a temporary directory");
    let accounts = (CLIENTS * SENDERS + 2).to_string();
    let daemon = Daemon::start(lotus, repo.path(), &["--accounts", &accounts]);
    let mut senders = Senders::new();
    let mut runs = Vec::new();

    for what in [
        "`MpoolPush`, HTTP keep-alive",
        "`MpoolPush`, WebSocket, 64 calls under way",
        "`MpoolBatchPush` of 100, HTTP keep-alive",
    ] {
        let count = MESSAGES / part;
        let messages = senders.signed(count);
        let size = match what.contains("Batch") {
            true => BATCH,
            false => 1,
        };
        let requests = messages.iter().map(|messages| {
            let chunks = messages.chunks(size);
            let requests = chunks.map(|chunk| match size {
                1 => rpc::request("MpoolPush", json!(chunk)),
                _ => rpc::request("MpoolBatchPush", json!([chunk])),
            });
            requests.collect()
        });
        let requests: Vec<Vec<String>> = requests.collect();
        runs.push(run(what, &daemon, &senders, count, &requests));
    }
    let count = SIGNED_BY_NODE / part;
    let mut requests = vec![Vec::new(); CLIENTS];
    for (client, requests) in requests.iter_mut().enumerate() {
        for number in 0..count / CLIENTS {
            let (sender, message) = senders.transfer(client, number);
            senders.0[sender].1 += 1;
            requests.push(rpc::request("MpoolPushMessage", json!([message, null])));
        }
    }
    let what = "`MpoolPushMessage`, HTTP keep-alive";
    runs.push(run(what, &daemon, &senders, count, &requests));

    let mut table = format!(
        "Plain transfers executed on one core, with their state, over a store in memory: \
         **{}/s**. The goal is 10,000.\n\n\
         On their whole way: from {CLIENTS} clients, one call at a time on each unless it is said \
         otherwise, through the mempool, where every message is verified and on the disk before its \
         call returns, into blocks on the disk, until the state says that all are executed. Messages \
         of {} senders; signed beforehand, except by `MpoolPushMessage`, which estimates their gas, \
         too. The clients share the daemon's cores.\n\n\
         | | messages | accepted/s | executed/s | to execution alone | the daemon's processor time \
         for each | epochs |\n|---|---|---|---|---|---|---|\n",
        thousands(executed),
        CLIENTS * SENDERS,
    );
    for run in &runs {
        let count = run.messages as f64;
        let rate = count / run.executed.as_secs_f64();
        table += &format!(
            "| {} | {} | {} | **{}** | {:.2} | {:.0} µs | {} |\n",
            run.what,
            thousands(count),
            thousands(count / run.accepted.as_secs_f64()),
            thousands(rate),
            rate / executed,
            run.cpu.as_secs_f64() * 1e6 / count,
            run.epochs
        );
    }
    let total: usize = runs.iter().map(|run| run.messages).sum();
    let file = std::fs::metadata(repo.path().join("datastore/chain.redb"));
    table += &format!(
        "\nResident memory after these {} messages: {:.0} MB, at most {:.0} MB on the way. Their \
         database has {:.0} MB.",
        thousands(total as f64),
        daemon.memory("VmRSS:"),
        daemon.memory("VmHWM:"),
        file.expect("it is there").len() as f64 / 1e6,
    );
    report.part("Messages a second", &table);
}

/// What the benchmark of the executor says: transfers a second.
fn executed() -> f64 {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "bench",
            "--locked",
            "-p",
            "lotus-chain",
            "--bench",
            "transfers",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate = text
        .split(": ")
        .nth(1)
        .and_then(|text| text.split(' ').next());
    rate.and_then(|rate| rate.parse().ok())
        .expect("it prints transfers a second")
}

/// Sends what each client has, over a connection of its own.
fn run(
    what: &'static str,
    daemon: &Daemon,
    senders: &Senders,
    messages: usize,
    requests: &[Vec<String>],
) -> Run {
    let height = || daemon.http().call("ChainHead", json!([]))["Height"].as_i64();
    let (cpu, before) = (daemon.cpu(), height());
    let start = Instant::now();
    std::thread::scope(|scope| {
        for requests in requests {
            scope.spawn(move || {
                if what.contains("WebSocket") {
                    return rpc::pipelined(daemon.socket, &daemon.token, requests, WINDOW);
                }
                let mut http = daemon.http();
                for request in requests {
                    rpc::result(&http.send(request).expect("it answers"));
                }
            });
        }
    });
    let accepted = start.elapsed();
    println!("{what}: {messages} accepted after {accepted:.1?}");
    senders.wait(daemon);
    Run {
        what,
        messages,
        accepted,
        executed: start.elapsed(),
        cpu: daemon.cpu().saturating_sub(cpu),
        epochs: height().zip(before).map_or(0, |(now, then)| now - then),
    }
}
