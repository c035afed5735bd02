//! Which chain a repo has, before and after an import: all of the new one, or what was there.

use std::path::{Path, PathBuf};

use lotus_core::Permission;
use lotus_core::api::chain::ChainClient;
use lotus_core::types::{TipSet, TipSetKey};
use lotus_daemon::{ChainOptions, Daemon, Import, LocalNetwork, Node, Options, StartError};
use lotus_testutil::{TestNode, bounded};

use super::addresses;

/// A repo with a place for files beside it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(lotus_testutil::repo(""))
    }

    fn repo(&self) -> &Path {
        self.0.path()
    }

    async fn open(&self, chain: ChainOptions) -> Result<Daemon, StartError> {
        TestNode::open_with(self.repo(), chain).await
    }

    /// The chain that a start without flags finds: its height, and when it makes blocks.
    async fn found(&self) -> (i64, String) {
        let local = LocalNetwork {
            accounts: 0,
            ..LocalNetwork::default()
        };
        let daemon = self.open(ChainOptions::Local(local)).await.unwrap();
        let chain = daemon.ready().chain.clone().unwrap();
        finish(daemon).await;
        (chain.height, chain.blocks)
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.repo().join("datastore")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !name.starts_with("tokens")).collect();
        names.sort();
        names
    }
}

async fn finish(daemon: Daemon) {
    daemon.shutdown().begin();
    bounded(daemon.finished()).await.unwrap();
}

/// A CAR file of a chain with a message, and its head.
async fn exported(directory: &Path) -> (PathBuf, TipSet) {
    let node = TestNode::with_accounts(1).await;
    let client = node.client(Permission::Sign).await;
    let (from, _) = addresses(&client).await;
    super::send(&client, from, from).await;
    let head = bounded(client.chain_head()).await.unwrap();
    let export = client.chain_export(100, false, TipSetKey::default());
    let mut pieces = bounded(export).await.unwrap();
    let mut car = Vec::new();
    while let Some(piece) = bounded(pieces.next()).await {
        car.extend_from_slice(&piece.unwrap());
    }
    let file = directory.join("chain.car");
    std::fs::write(&file, car).unwrap();
    (file, head)
}

fn import(file: &Path, replace: bool) -> ChainOptions {
    ChainOptions::Import(Import {
        replace,
        ..file.into()
    })
}

#[tokio::test]
async fn what_was_imported_is_the_chain_of_the_repo() {
    let place = Place::new();
    let (file, head) = exported(place.repo()).await;
    finish(place.open(import(&file, false)).await.unwrap()).await;
    assert_eq!(place.files(), ["imported.redb"]);
    std::fs::remove_file(&file).unwrap();
    let (height, blocks) = place.found().await;
    assert_eq!(height, head.height());
    assert!(blocks.contains("read-only"), "{blocks}");
    assert_eq!(place.files(), ["imported.redb"], "no local network");
}

#[tokio::test]
async fn a_chain_is_replaced_only_by_a_whole_one_and_on_request() {
    let place = Place::new();
    let (file, head) = exported(place.repo()).await;
    let whole = std::fs::read(&file).unwrap();
    let (height, blocks) = place.found().await;
    assert_eq!(height, 0);
    assert!(blocks.contains("message"), "{blocks}");
    let before = place.files();

    let error = place.open(import(&file, false)).await.unwrap_err();
    let text = error.to_string();
    for part in [
        "has a chain already",
        "chain.redb",
        "--remove-existing-chain",
    ] {
        assert!(text.contains(part), "{text}");
    }
    std::fs::write(&file, &whole[..whole.len() - 9]).unwrap();
    let error = place.open(import(&file, true)).await.unwrap_err();
    assert!(error.to_string().contains("cut off"), "{error}");
    assert_eq!(place.files(), before);
    assert_eq!(place.found().await.0, 0);

    std::fs::write(&file, &whole).unwrap();
    finish(place.open(import(&file, true)).await.unwrap()).await;
    assert_eq!(place.files(), ["imported.redb"]);
    assert_eq!(place.found().await.0, head.height());

    let error = place.open(import(&file, false)).await.unwrap_err();
    assert!(error.to_string().contains("imported.redb"), "{error}");
    finish(place.open(import(&file, true)).await.unwrap()).await;
    let removed = LocalNetwork {
        accounts: 0,
        replace: true,
        ..LocalNetwork::default()
    };
    finish(place.open(ChainOptions::Local(removed)).await.unwrap()).await;
    assert_eq!(place.files(), before);
}

#[tokio::test]
async fn a_chain_in_memory_leaves_the_one_in_the_repo_alone() {
    let place = Place::new();
    let (file, head) = exported(place.repo()).await;
    finish(place.open(import(&file, false)).await.unwrap()).await;
    finish(TestNode::open(place.repo()).await.unwrap()).await;
    assert_eq!(place.found().await.0, head.height());
}

#[tokio::test]
async fn an_import_without_a_daemon_needs_the_repo_for_itself() {
    let place = Place::new();
    let (file, head) = exported(place.repo()).await;
    let daemon = TestNode::open(place.repo()).await.unwrap();
    let options = || Options::new(place.repo());
    let locked = bounded(Node::import(options(), (&file).into())).await;
    let error = locked.unwrap_err().to_string();
    assert!(error.contains("already locked"), "{error}");
    finish(daemon).await;
    let ready = bounded(Node::import(options(), (&file).into())).await;
    assert_eq!(ready.unwrap().height, head.height());
    assert_eq!(place.found().await.0, head.height());
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let place = Place::new();
    let (file, head) = exported(place.repo()).await;
    finish(place.open(import(&file, false)).await.unwrap()).await;
    let set_version = |version: u64| {
        let database = place.repo().join("datastore/imported.redb");
        let database = redb::Database::open(database).unwrap();
        let transaction = database.begin_write().unwrap();
        let meta = redb::TableDefinition::<&str, u64>::new("meta");
        let mut table = transaction.open_table(meta).unwrap();
        let old = table.insert("version", version).unwrap();
        let old = old.unwrap().value();
        drop(table);
        transaction.commit().unwrap();
        old
    };
    let version = set_version(1000);
    let error = place.open(import(&file, false)).await.unwrap_err();
    assert!(error.to_string().contains("imported.redb"), "{error}");
    let error = place.open(ChainOptions::default()).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("imported.redb") && text.contains("format 1000"),
        "{text}"
    );
    assert_eq!(place.files(), ["imported.redb"]);
    set_version(version);
    assert_eq!(place.found().await.0, head.height());
}
