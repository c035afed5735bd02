//! Random revocations among hundreds of busy connections: who is revoked hears nothing more, and
//! nobody else notices.
//!
//! "Nothing more" is taken literally. The moment that a revoking call has returned, each connection
//! of the tokens that it names is asked how many bytes have reached this side, read or not. Not one
//! may follow.

mod client;
mod meter;
mod revoker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use lotus_core::api::auth::AuthClient;
use lotus_core::types::NewToken;
use lotus_core::{Permission, Permissions};
use lotus_testutil::{TestDaemon, TestNode, bounded};
use rand::prelude::*;

use client::Client;
use meter::Meter;
use revoker::{By, Revoker};

/// Tokens that Auth.Create makes.
const MINTED: usize = 48;

/// Tokens that seem to have been made an hour ago, so that they can be revoked by their age.
const OLD: usize = 12;

/// WebSockets of each token.
const CONNECTIONS: usize = 4;

/// How many revoke at the same time.
const REVOKERS: usize = 4;

/// The variable that repeats a storm.
const SEED: &str = "LOTUS_TEST_SEED";

/// A token and what is known of it from outside.
struct Subject {
    id: String,
    name: Option<String>,
    text: String,
    /// Whether somebody may be revoking it, or has.
    doomed: AtomicBool,
    meters: Vec<Arc<Meter>>,
}

/// What all take part in.
struct Storm {
    socket: std::net::SocketAddr,
    subjects: Vec<Subject>,
    /// Connections that were answered at least once.
    busy: AtomicUsize,
    /// Whether the healthy ones may end.
    over: AtomicBool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_storm_of_revocations_exactly_the_revoked_fall_silent() {
    let seed = match std::env::var(SEED) {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => rand::random(),
    };
    let wrong = storm(seed).await;
    assert!(
        wrong.is_empty(),
        "{} things went wrong; again with {SEED}={seed}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(10)].join("\n")
    );
}

/// Returns what went wrong, in words.
async fn storm(seed: u64) -> Vec<String> {
    let mut rng = StdRng::seed_from_u64(seed);
    let node = TestNode::start().await;
    let mut subjects = subjects(&node).await;
    let mut streams = Vec::new();
    for (index, subject) in subjects.iter_mut().enumerate() {
        for _ in 0..CONNECTIONS {
            let (stream, meter) = meter::connect(node.socket()).await;
            subject.meters.push(meter);
            streams.push((index, stream));
        }
    }
    let plan = plan(&subjects, &mut rng);
    let storm = Arc::new(Storm {
        socket: node.socket(),
        subjects,
        busy: AtomicUsize::new(0),
        over: AtomicBool::new(false),
    });

    let connections = streams.len();
    let clients: Vec<_> = streams
        .into_iter()
        .map(|(subject, stream)| {
            let client = Client::new(&storm, subject, rng.random());
            tokio::spawn(client.run(stream))
        })
        .collect();
    bounded(async {
        while storm.busy.load(Ordering::SeqCst) < connections {
            tokio::task::yield_now().await;
        }
    })
    .await;

    let token = node.repo_token();
    let revokers: Vec<_> = plan
        .into_iter()
        .map(|acts| {
            let revoker = Revoker::new(&storm, token.clone());
            thread::spawn(move || acts.into_iter().flat_map(|by| revoker.revoke(by)).collect())
        })
        .collect();
    let mut wrong = Vec::new();
    for revoker in revokers {
        // Its own waits are bounded.
        let done: Result<Vec<String>, _> = tokio::task::spawn_blocking(|| revoker.join())
            .await
            .unwrap();
        wrong.extend(done.unwrap_or_else(|_| vec!["a revoker panicked".to_owned()]));
    }
    storm.over.store(true, Ordering::SeqCst);
    for client in clients {
        match bounded(client).await {
            Ok(result) => wrong.extend(result.err()),
            Err(panic) => wrong.push(panic.to_string()),
        }
    }
    for subject in &storm.subjects {
        let late = subject.meters.iter().filter_map(|meter| meter.late());
        wrong.extend(late.map(|bytes| {
            format!(
                "{bytes} bytes reached a connection of {} after it was revoked",
                subject.id
            )
        }));
    }
    bounded(node.stop()).await;
    wrong
}

async fn subjects(node: &TestDaemon) -> Vec<Subject> {
    let admin = node.client(Permission::Admin).await;
    let mut subjects = Vec::new();
    for number in 0..MINTED {
        let new = NewToken {
            name: Some(format!("t{number}")),
            permissions: Permissions::ALL,
            ..NewToken::default()
        };
        let created = bounded(admin.create(new)).await.unwrap();
        subjects.push(Subject::new(
            created.info.id,
            created.info.name,
            created.token,
        ));
    }
    for number in 0..OLD {
        let id = format!("old-{number}");
        let text = revoker::old_token(node, &id);
        subjects.push(Subject::new(id, None, text));
    }
    subjects
}

impl Subject {
    fn new(id: String, name: Option<String>, text: String) -> Self {
        Self {
            id,
            name,
            text,
            doomed: AtomicBool::new(false),
            meters: Vec::new(),
        }
    }
}

/// Who revokes what, in which order: about half of the minted tokens, one in four of them by two at
/// once, and in one act all that are old.
fn plan(subjects: &[Subject], rng: &mut StdRng) -> Vec<Vec<By>> {
    let mut acts = vec![vec![]; REVOKERS];
    let mut numbers: Vec<usize> = (0..MINTED).collect();
    numbers.shuffle(rng);
    for &number in &numbers[..MINTED / 2] {
        for _ in 0..rng.random_range(1..=5) / 4 + 1 {
            let by = match rng.random_range(0..3) {
                0 => By::Id(number),
                1 => By::Name(number),
                _ => By::Text(number),
            };
            acts[rng.random_range(0..REVOKERS)].push(by);
        }
    }
    for acts in &mut acts {
        acts.shuffle(rng);
    }
    // One old token goes by itself, perhaps before the others do.
    let by_itself = rng.random_range(MINTED..subjects.len());
    for by in [By::Age, By::Id(by_itself)] {
        let acts = &mut acts[rng.random_range(0..REVOKERS)];
        acts.insert(rng.random_range(0..=acts.len()), by);
    }
    acts
}
