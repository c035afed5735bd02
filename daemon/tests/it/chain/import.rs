//! A chain from a file: one of our own, and those of the real networks.

mod repo;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use lotus_client::Client;
use lotus_core::Permission;
use lotus_core::api::chain::ChainClient;
use lotus_core::api::mpool::MpoolClient;
use lotus_core::api::state::StateClient;
use lotus_core::api::state::miner::StateMinerClient;
use lotus_core::api::v0::state::StateV0Client;
use lotus_core::api::wallet::WalletClient;
use lotus_core::types::{Address, MsgLookup, TipSetKey, TokenAmount};
use lotus_daemon::ChainOptions;
use lotus_testutil::{TestDaemon, TestNode, bounded};

use super::{addresses, balance, one_fil, refusal};

async fn import(file: &Path) -> TestDaemon {
    let chain = ChainOptions::Import(file.into());
    TestNode::with_chain(chain).await
}

/// Sends one FIL, and waits until it has arrived.
async fn send(client: &Client, from: Address, to: Address) -> MsgLookup {
    let sent = bounded(client.mpool_push_message(one_fil(from, to), None)).await;
    let cid = sent.unwrap().cid().unwrap();
    bounded(client.state_wait_msg_v0(cid, 0)).await.unwrap()
}

#[tokio::test]
async fn an_export_is_complete_and_can_be_served_again() {
    let node = TestNode::with_accounts(2).await;
    let client = node.client(Permission::Sign).await;
    let (from, all) = addresses(&client).await;
    let to = all.into_iter().find(|address| *address != from).unwrap();
    let found = send(&client, from, to).await;
    let cid = found.message;
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
    let version = copy.state_network_version(TipSetKey::default());
    assert_eq!(bounded(version).await.unwrap(), 27);
    let refused = bounded(copy.mpool_push_message(one_fil(from, to), None)).await;
    let (code, text) = refusal(refused);
    assert_eq!(code, 1);
    assert!(text.contains("read-only"), "{text}");

    std::fs::write(&file, &car[..car.len() / 2]).unwrap();
    let repo = lotus_testutil::repo("");
    let chain = ChainOptions::Import((&file).into());
    let refused = TestNode::open_with(repo.path(), chain).await;
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
    let version = client.state_network_version(TipSetKey::default());
    assert_eq!(bounded(version).await.unwrap(), 0);
    let params = bounded(client.state_get_network_params()).await.unwrap();
    assert_eq!(params.fork_upgrade_params.upgrade_skyr_height, 1_960_320);
    assert_eq!(params.genesis_timestamp, 1_598_306_400);
    // The codes of the actors are those of a local network, and not mainnet's.
    let (_, text) = refusal(bounded(client.state_actor_code_cids(0)).await);
    assert!(text.contains("not known here"), "{text}");
}

#[tokio::test]
async fn the_genesis_of_calibration_answers() {
    let Some(file) = real("genesis-calibnet.car.zst") else {
        return;
    };
    let node = import(&file).await;
    let client = node.client(Permission::Read).await;
    let genesis = bounded(client.chain_get_genesis()).await.unwrap();
    let cid = "bafy2bzacecyaggy24wol5ruvs6qm73gjibs2l2iyhcqmvi7r7a4ph7zx3yqd4";
    assert_eq!(genesis.cids()[0].to_string(), cid);
    assert_eq!(bounded(client.chain_head()).await.unwrap(), genesis);
    assert_eq!(
        bounded(client.state_network_name()).await.unwrap(),
        "calibrationnet"
    );
    let head = TipSetKey::default;
    let version = bounded(client.state_network_version(head())).await;
    assert_eq!(version.unwrap(), 0);
    let actors = bounded(client.state_list_actors(head())).await.unwrap();
    assert!(actors.contains(&Address::new_id(99)), "{actors:?}");
    let at_0 = bounded(client.chain_get_tip_set_by_height(0, head())).await;
    assert_eq!(at_0.unwrap(), genesis);
    let reward = bounded(client.state_get_actor(Address::new_id(2), head())).await;
    assert_eq!(
        lotus_daemon::actor_name(&reward.unwrap().code).unwrap(),
        "fil/1/reward"
    );
}

/// Four epochs of mainnet with their messages; of states only that of the genesis.
#[tokio::test]
async fn a_short_chain_answers_what_it_has_and_says_what_it_has_not() {
    let Some(file) = real("chain4.car.zst") else {
        return;
    };
    let node = import(&file).await;
    let client = node.client(Permission::Read).await;
    let head = bounded(client.chain_head()).await.unwrap();
    assert_eq!(head.height(), 3);
    let genesis = bounded(client.chain_get_genesis()).await.unwrap();
    assert_eq!(genesis.min_timestamp(), 1_598_306_400);
    assert_eq!(
        bounded(client.state_network_name()).await.unwrap(),
        "mainnet"
    );
    let version = client.state_network_version(TipSetKey::default());
    assert_eq!(bounded(version).await.unwrap(), 0);

    let mut tipset = head.clone();
    while tipset.height() > 0 {
        let same = bounded(client.chain_get_tip_set(tipset.key().clone())).await;
        assert_eq!(same.unwrap(), tipset);
        for (cid, header) in tipset.cids().iter().zip(tipset.blocks()) {
            let block = bounded(client.chain_get_block(*cid)).await.unwrap();
            assert_eq!(&block, header);
            assert!(bounded(client.chain_has_obj(*cid)).await.unwrap());
            let messages = bounded(client.chain_get_block_messages(*cid)).await;
            let messages = messages.unwrap();
            let listed = messages.bls_messages.len() + messages.secpk_messages.len();
            assert_eq!(messages.cids.len(), listed);
            for message in &messages.cids {
                bounded(client.chain_get_message(*message)).await.unwrap();
            }
            let parents = bounded(client.chain_get_parent_messages(*cid)).await;
            let parents = parents.unwrap();
            let receipts = bounded(client.chain_get_parent_receipts(*cid)).await;
            match receipts {
                Ok(receipts) => assert_eq!(receipts.len(), parents.len()),
                missing => says_what_is_missing(refusal(missing)),
            }
        }
        let parent = bounded(client.chain_get_tip_set(tipset.parents())).await;
        tipset = parent.unwrap();
    }
    assert_eq!(tipset, genesis);

    let reward = Address::new_id(2);
    let state = *head.blocks()[0].parent_state_root.inner();
    assert!(!bounded(client.chain_has_obj(state.into())).await.unwrap());
    says_what_is_missing(refusal(bounded(client.wallet_balance(reward)).await));
    let at = |tipset: &TipSetKey| client.state_get_actor(reward, tipset.clone());
    says_what_is_missing(refusal(bounded(at(head.key())).await));
    let list = client.state_list_actors(TipSetKey::default());
    says_what_is_missing(refusal(bounded(list).await));
    let actor = bounded(at(genesis.key())).await.unwrap();
    assert!(actor.balance > TokenAmount::from_whole(1_000_000_000));
}

#[track_caller]
fn says_what_is_missing((code, text): (i32, String)) {
    assert_eq!(code, 1);
    assert!(
        text.contains("is not in the store; a chain from a file has only what the file has"),
        "{text}"
    );
}
