//! A chain from a file: one of our own, and those of the real networks.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use lotus_core::Permission;
use lotus_core::api::chain::ChainClient;
use lotus_core::api::mpool::MpoolClient;
use lotus_core::api::state::StateClient;
use lotus_core::api::state::miner::StateMinerClient;
use lotus_core::api::v0::state::StateV0Client;
use lotus_core::types::{Address, TipSetKey, TokenAmount};
use lotus_daemon::ChainOptions;
use lotus_testutil::{TestDaemon, TestNode, bounded};

use super::{addresses, balance, one_fil, refusal};

async fn import(file: &Path) -> TestDaemon {
    let chain = ChainOptions::Import(file.to_owned());
    TestNode::with_chain(chain).await
}

#[tokio::test]
async fn an_export_is_complete_and_can_be_served_again() {
    let node = TestNode::with_accounts(2).await;
    let client = node.client(Permission::Sign).await;
    let (from, all) = addresses(&client).await;
    let to = all.into_iter().find(|address| *address != from).unwrap();
    let sent = bounded(client.mpool_push_message(one_fil(from, to), None)).await;
    let cid = sent.unwrap().cid().unwrap();
    let found = bounded(client.state_wait_msg_v0(cid, 0)).await.unwrap();
    let head = bounded(client.chain_head()).await.unwrap();

    let export = client.chain_export(100, false, TipSetKey::default());
    let mut pieces = bounded(export).await.unwrap();
    let (mut car, mut complete) = (Vec::new(), false);
    while let Some(piece) = bounded(pieces.next()).await {
        assert!(!complete, "nothing follows the empty piece");
        let piece = piece.unwrap();
        complete = piece.is_empty();
        car.extend_from_slice(&piece);
    }
    assert!(complete);
    let file = node.repo().join("chain.car");
    std::fs::write(&file, &car).unwrap();

    let reader = import(&file).await;
    let copy = reader.client(Permission::Sign).await;
    assert_eq!(bounded(copy.chain_head()).await.unwrap(), head);
    assert_eq!(balance(&copy, to).await, balance(&client, to).await);
    assert_eq!(
        bounded(copy.state_wait_msg_v0(cid, 0)).await.unwrap(),
        found
    );
    let miners = bounded(copy.state_list_miners(TipSetKey::default())).await;
    assert_eq!(miners.unwrap(), [Address::new_id(1000)]);
    let refused = bounded(copy.mpool_push_message(one_fil(from, to), None)).await;
    let (code, text) = refusal(refused);
    assert_eq!(code, 1);
    assert!(text.contains("read-only"), "{text}");

    std::fs::write(&file, &car[..car.len() / 2]).unwrap();
    let repo = lotus_testutil::repo("");
    let refused = TestNode::open_with(repo.path(), ChainOptions::Import(file)).await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("nothing of it is kept"), "{error}");
}

/// The file of real data with this name, if there is real data.
fn real(name: &str) -> Option<PathBuf> {
    let Some(data) = std::env::var_os("LOTUS_TEST_DATA") else {
        let line = format!("SKIPPED: set LOTUS_TEST_DATA to the directory that has {name}\n");
        // Past the capture of the test's output: nobody shall think that it ran.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return None;
    };
    Some(Path::new(&data).join(name))
}

#[tokio::test]
async fn the_genesis_of_mainnet_is_what_everybody_knows() {
    let Some(file) = real("genesis-mainnet.car.zst") else {
        return;
    };
    let node = import(&file).await;
    let client = node.client(Permission::Read).await;
    let genesis = bounded(client.chain_get_genesis()).await.unwrap();
    let cid = "bafy2bzacecnamqgqmifpluoeldx7zzglxcljo6oja4vrmtj7432rphldpdmm2";
    assert_eq!(genesis.cids()[0].to_string(), cid);
    assert_eq!(
        bounded(client.state_network_name()).await.unwrap(),
        "mainnet"
    );
    let actors = client.state_list_actors(TipSetKey::default());
    let actors = bounded(actors).await.unwrap();
    assert_eq!(actors.len(), 37);
    // Its actors are of another version: nothing is told of its miners rather than something wrong.
    let miners = bounded(client.state_list_miners(TipSetKey::default())).await;
    let (code, text) = refusal(miners);
    assert_eq!(code, 1);
    assert!(text.contains("unknown actor code"), "{text}");
    let power = client.state_read_state(Address::new_id(4), TipSetKey::default());
    let (_, text) = refusal(bounded(power).await);
    assert!(text.contains("ask a full node of its network"), "{text}");
    let mut total = TokenAmount::default();
    for actor in actors {
        let balance = balance(&client, actor).await;
        total = (total.inner() + balance.inner()).into();
    }
    assert_eq!(total, TokenAmount::from_whole(2_000_000_000_u64));
    let reward = client.state_get_actor(Address::new_id(2), TipSetKey::default());
    let reward = bounded(reward).await.unwrap();
    assert_eq!(reward.balance, balance(&client, Address::new_id(2)).await);
    let bytes = bounded(client.chain_read_obj(genesis.cids()[0])).await;
    assert_eq!(*bytes.unwrap(), genesis.blocks()[0].to_cbor().unwrap());
}
