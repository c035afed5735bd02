//! What outlives the process. The kill test re-executes itself: [`pusher`] is the process that dies.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use lotus_chain::mempool::{LocalMessages, MessagePool, Origin};
use lotus_types::MpoolConfig;

use super::fake::{FakeChain, key, message};

const FILE: &str = "LOTUS_TEST_MEMPOOL_FILE";

const SENDERS: u8 = 4;

fn open(chain: &Arc<FakeChain>, path: &Path) -> MessagePool {
    chain.pool_with(LocalMessages::open(path).unwrap())
}

#[test]
fn what_was_pushed_here_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/mpool.redb");
    let chain = FakeChain::new(3);
    let pool = open(&chain, &path);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    pool.push(message(0, 0, 100), Origin::Local).unwrap();
    pool.push(message(0, 0, 200), Origin::Local).unwrap();
    pool.push(message(0, 2, 100), Origin::Local).unwrap();
    pool.push(message(1, 0, 100), Origin::Local).unwrap();
    pool.push(message(1, 1, 100), Origin::Local).unwrap();
    pool.remove(&key(1), 1).unwrap();
    pool.push(message(2, 0, 100), Origin::Untrusted).unwrap();
    let config = MpoolConfig {
        size_limit_high: 40_000,
        ..pool.config()
    };
    pool.set_config(config.clone()).unwrap();
    let ours = [message(0, 0, 200), message(0, 2, 100), message(1, 0, 100)];
    drop(pool);

    let pool = open(&chain, &path);
    let mut pending = pool.pending().0;
    pending.sort_by_key(|message| (message.message.from != key(0), message.message.nonce));
    assert_eq!(pending, ours);
    assert_eq!(pool.config(), config);

    // In a block, and back after a restart in between.
    let genesis = chain.head();
    let block = chain.extend(&genesis, vec![message(1, 0, 100)], 1);
    chain.move_to(&block, &pool);
    assert_eq!(pool.len(), 2);
    drop(pool);
    let pool = open(&chain, &path);
    assert_eq!(pool.len(), 2);
    let other = chain.extend(&genesis, Vec::new(), 2);
    let mut head = chain.extend(&other, Vec::new(), 3);
    chain.move_to(&head, &pool);
    assert_eq!(pool.len(), 3, "a reorganisation brings it back");

    // Deep in the chain it leaves the disk, too.
    for salt in 0..30 {
        let messages = match salt {
            0 => vec![message(1, 0, 100), message(0, 0, 200)],
            _ => Vec::new(),
        };
        head = chain.extend(&head, messages, salt);
        chain.move_to(&head, &pool);
    }
    drop(pool);
    let kept = LocalMessages::open(&path).unwrap().messages().unwrap();
    assert_eq!(kept, [message(0, 2, 100)]);
}

#[test]
fn what_came_back_from_a_block_stays_on_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mpool.redb");
    let chain = FakeChain::new(2);
    let pool = open(&chain, &path);
    pool.push(message(1, 0, 100), Origin::Local).unwrap();
    let genesis = chain.head();
    let block = chain.extend(&genesis, vec![message(1, 0, 100)], 1);
    chain.move_to(&block, &pool);
    let mut head = genesis;
    for salt in 2..40 {
        head = chain.extend(&head, Vec::new(), salt);
        if salt > 3 {
            chain.move_to(&head, &pool);
        }
    }
    assert_eq!(pool.len(), 1);
    drop(pool);
    assert_eq!(open(&chain, &path).pending().0, [message(1, 0, 100)]);
}

#[test]
fn two_processes_do_not_share_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mpool.redb");
    let _first = LocalMessages::open(&path).unwrap();
    let error = LocalMessages::open(&path).unwrap_err().to_string();
    assert!(error.contains("another process has it open"), "{error}");
}

#[test]
fn what_is_no_such_file_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mpool.redb");
    let noise: Vec<u8> = (0..100_000_u32).map(|n| (n * 7) as u8).collect();
    std::fs::write(&path, &noise).unwrap();
    let error = LocalMessages::open(&path).unwrap_err().to_string();
    assert!(error.contains("mpool.redb"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), noise);
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mpool.redb");
    let chain = FakeChain::new(1);
    let pool = open(&chain, &path);
    pool.push(message(0, 0, 100), Origin::Local).unwrap();
    drop(pool);
    let set = |version: u64| {
        let database = redb::Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        let meta = redb::TableDefinition::<&str, u64>::new("meta");
        let mut table = transaction.open_table(meta).unwrap();
        let old = table.insert("version", version).unwrap();
        assert!(old.is_some(), "every file says its version");
        drop(old);
        drop(table);
        transaction.commit().unwrap();
    };
    set(2);
    let error = LocalMessages::open(&path).unwrap_err().to_string();
    for part in [
        "mpool.redb",
        "format 2",
        "up to 1",
        "use the version that wrote them",
    ] {
        assert!(error.contains(part), "{error}");
    }
    set(1);
    assert_eq!(open(&chain, &path).pending().0, [message(0, 0, 100)]);
}

/// Pushes messages of several senders at once for ever, and says which are acknowledged.
#[test]
fn pusher() {
    let Some(file) = std::env::var_os(FILE) else {
        return;
    };
    let chain = FakeChain::new(SENDERS);
    let pool = open(&chain, Path::new(&file));
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let pool = &pool;
            scope.spawn(move || {
                for _ in 0..1000 {
                    let nonce = pool.next_nonce(&key(sender)).unwrap();
                    let pushed = pool.push(message(sender, nonce, 100), Origin::Local);
                    if pushed.is_err() {
                        return;
                    }
                    let mut stdout = std::io::stdout().lock();
                    writeln!(stdout, "pushed {sender} {nonce}").unwrap();
                    stdout.flush().unwrap();
                }
            });
        }
    });
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mpool.redb");
    let mut acknowledged = [0; SENDERS as usize];
    for run in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "mempool::local::pusher"])
            .env(FILE, &path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // It dies after a few more acknowledgements each time, in the midst of the next ones; what it
        // said until then counts too.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard = 0;
        while let Some(Ok(line)) = lines.next() {
            let Some((_, pushed)) = line.split_once("pushed ") else {
                continue;
            };
            let (sender, nonce) = pushed.split_once(' ').unwrap();
            let sender: usize = sender.parse().unwrap();
            acknowledged[sender] = nonce.parse::<u64>().unwrap() + 1;
            heard += 1;
            if heard == 5 + run {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(heard >= 5, "the child said too little");
        let pool = open(&FakeChain::new(SENDERS), &path);
        for sender in 0..SENDERS {
            let next = pool.next_nonce(&key(sender)).unwrap();
            let said = acknowledged[usize::from(sender)];
            // One more may have reached the disk before it could be acknowledged.
            assert!(
                (said..=said + 1).contains(&next),
                "{sender}: {next}, {said}"
            );
            acknowledged[usize::from(sender)] = next;
        }
    }
}
