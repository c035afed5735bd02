//! Whoever makes blocks elsewhere: an engine of his own on a copy of a node's chain, so that he begins
//! with the same genesis.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use lotus_chain::chain::{Chain, Options};
use lotus_chain::devnet::{BlockMode, Devnet};
use lotus_chain::mempool::{LocalMessages, MessagePool, Origin};
use lotus_chain::vm::genesis::FIRST_MINER_ID;
use lotus_core::types::{Address, BlockMsg, SignedMessage, TipSet};
use lotus_daemon::{ChainOptions, LocalNetwork};
use lotus_testutil::{TestDaemon, TestNode};
use serde_json::json;
use tempfile::TempDir;

use super::door::{Door, miner};

/// A local network of four accounts that is kept, and whose node makes no blocks.
pub(super) fn by_miners_only() -> ChainOptions {
    ChainOptions::Local(LocalNetwork {
        accounts: 4,
        blocks: BlockMode::MinersOnly,
        ..LocalNetwork::default()
    })
}

/// A node whose blocks are made elsewhere, and so many who make them.
pub(super) async fn taker<const MAKERS: usize>() -> (TestDaemon, [Maker; MAKERS]) {
    let node = TestNode::with_chain(by_miners_only()).await;
    let repo = node.stop().await;
    let makers = [(); MAKERS].map(|()| Maker::on_copy(repo.path()));
    (TestNode::on(repo, by_miners_only()).await, makers)
}

pub(super) struct Maker {
    chain: Chain,
    pool: Arc<MessagePool>,
    devnet: Devnet,
    _dir: TempDir,
}

impl Maker {
    fn on_copy(repo: &Path) -> Maker {
        let dir = tempfile::tempdir().unwrap();
        let file = "chain.redb";
        fs::copy(repo.join("datastore").join(file), dir.path().join(file)).unwrap();
        let miner = miner();
        let chain = Chain::open(&Options {
            dir: Some(dir.path().to_owned()),
            ..Options::ephemeral(miner.address())
        });
        let chain = chain.unwrap();
        let view = Arc::new(chain.clone());
        let local = LocalMessages::ephemeral().unwrap();
        let pool = Arc::new(MessagePool::new(view.clone(), view, local).unwrap());
        let (address, mode) = (Address::new_id(FIRST_MINER_ID), BlockMode::MinersOnly);
        let devnet = Devnet::start(chain.clone(), pool.clone(), address, miner.key, mode);
        Maker {
            devnet: devnet.unwrap(),
            chain,
            pool,
            _dir: dir,
        }
    }

    /// Makes a block with these messages.
    pub(super) fn mine(&self, messages: &[SignedMessage]) -> BlockMsg {
        for message in messages {
            self.pool.push(message.clone(), Origin::Local).unwrap();
            self.chain.put_message(message).unwrap();
        }
        let head = self.devnet.mine(0).unwrap();
        assert!(self.pool.is_empty(), "all are in the block");
        self.block(&head)
    }

    /// The one block of a tipset as it is submitted.
    fn block(&self, tipset: &TipSet) -> BlockMsg {
        let [header] = tipset.blocks() else {
            panic!("{tipset:?}");
        };
        let messages = self.chain.store().block_messages(header).unwrap();
        let bls = messages.bls.iter().map(|message| message.cid());
        let secp = messages.secp.iter().map(|message| message.cid());
        BlockMsg {
            header: Some(header.clone()),
            bls_messages: bls.collect::<Result<_, _>>().unwrap(),
            secpk_messages: secp.collect::<Result<_, _>>().unwrap(),
        }
    }
}

/// Submits blocks, which must be taken.
pub(super) async fn submit(door: &Door, blocks: &[BlockMsg]) {
    for block in blocks {
        door.ask("SyncSubmitBlock", json!([block])).await;
    }
}
