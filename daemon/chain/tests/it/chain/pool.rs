//! The chain and the message pool together, as a node has them.

use std::sync::Arc;
use std::time::Duration;

use lotus_chain::chain::{Chain, MessageSource};
use lotus_chain::devnet::{BlockMode, Devnet};
use lotus_chain::mempool::{LocalMessages, MessagePool, Origin, Verifier, View};
use lotus_types::{Address, SignedMessage};
use tokio::time::timeout;

use super::world::{MINER, World, options, phrase};

const PATIENCE: Duration = Duration::from_secs(60);

struct Node {
    chain: Chain,
    pool: Arc<MessagePool>,
    devnet: Devnet,
}

fn node(mode: BlockMode) -> Node {
    let chain = Chain::open(&options(None)).unwrap();
    let (view, verifier): (Arc<dyn View>, Arc<dyn Verifier>) =
        (Arc::new(chain.clone()), Arc::new(chain.clone()));
    let pool = MessagePool::new(view, verifier, LocalMessages::ephemeral().unwrap()).unwrap();
    let pool = Arc::new(pool);
    let source: Arc<dyn MessageSource> = pool.clone();
    let miner = phrase().miner().unwrap();
    let own = Address::new_id(MINER);
    let devnet = Devnet::start(chain.clone(), source, own, miner.key, mode).unwrap();
    Node {
        chain,
        pool,
        devnet,
    }
}

impl Node {
    fn push(&self, message: &SignedMessage) {
        self.pool.push(message.clone(), Origin::Local).unwrap();
        self.chain.put_message(message).unwrap();
    }
}

#[tokio::test]
async fn what_is_pushed_is_executed_and_leaves_the_pool() {
    // Only for its keys.
    let signer = World::by_hand();
    let node = node(BlockMode::OnMessage);
    let mut last = None;
    for nonce in 0..3 {
        for from in [0, 2] {
            let message = signer.send(from, signer.address(1), nonce, 1);
            node.push(&message);
            last = Some(message.cid().unwrap());
        }
    }
    let wait = node.chain.wait_message(last.unwrap(), 2, -1, true);
    let found = timeout(PATIENCE, wait).await.unwrap().unwrap();
    assert_eq!(found.receipt.exit_code, 0);
    assert!(node.pool.is_empty());
    assert_eq!(node.pool.head(), node.chain.head());
}

#[test]
fn a_forged_message_does_not_enter_the_pool() {
    let (signer, node) = (World::by_hand(), node(BlockMode::MinersOnly));
    let mut forged = signer.send(0, signer.address(1), 0, 1);
    forged.message.value = forged.message.gas_fee_cap.clone();
    let error = node.pool.push(forged, Origin::Local).unwrap_err();
    assert!(error.to_string().contains("signature"), "{error}");
}

#[test]
fn what_a_fork_leaves_out_waits_again() {
    let (signer, node) = (World::by_hand(), node(BlockMode::MinersOnly));
    let message = signer.send(0, signer.address(1), 0, 1);
    node.push(&message);
    let with = node.devnet.mine(0).unwrap();
    assert_eq!(node.chain.receipts(&with).unwrap().len(), 1);
    assert!(node.pool.is_empty());

    let other = World::by_hand();
    other.devnet.mine(1).unwrap();
    other.devnet.mine(1).unwrap();
    for block in other.blocks() {
        node.chain.submit_block(&block).unwrap();
    }
    assert_eq!(node.chain.head(), other.chain.head());
    assert_eq!(node.pool.pending().0, [message]);
    let again = node.devnet.mine(0).unwrap();
    assert_eq!(node.chain.receipts(&again).unwrap().len(), 1);
}
