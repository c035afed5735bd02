//! `kill -9` of a chain that makes blocks of messages that are being pushed, hundreds of times. The test
//! re-executes itself: [`node_that_dies`] is the process that is killed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fvm_shared::econ;
use lotus_chain::chain::{Chain, Options};
use lotus_chain::devnet::{BlockMode, Devnet};
use lotus_chain::keys::{self, Key};
use lotus_chain::mempool::{LocalMessages, MessagePool, Origin};
use lotus_chain::store::NullRound;
use lotus_chain::vm::fees::Fees;
use lotus_types::{Address, Cid, Message, SignedMessage, TipSet, TokenAmount};
use rand::RngExt;

use crate::child::{self, Child};

use super::world::{MINER, TIME, phrase};

/// How often it dies.
const KILLS: u64 = 200;
/// How long a child may take for its next line.
const PATIENCE: Duration = Duration::from_secs(60);
/// What each sender has, in FIL.
const FUNDS: u64 = 1000;

/// Who sends, and last who makes the blocks.
fn keys() -> Vec<Key> {
    let phrase = phrase();
    let accounts = [
        phrase.secp256k1(0),
        phrase.secp256k1(1),
        phrase.bls(0),
        phrase.miner(),
    ];
    accounts.map(|account| account.unwrap().key).into()
}

/// Who gets what they send: nobody else ever pays him.
fn receiver() -> Address {
    Address::from_eth(&[7; 20])
}

struct Node {
    chain: Chain,
    pool: Arc<MessagePool>,
    senders: Vec<Key>,
    devnet: Devnet,
}

impl Node {
    fn open(dir: &Path, mut senders: Vec<Key>, mode: BlockMode) -> Node {
        let miner = senders.pop().unwrap();
        let funds = TokenAmount::from_whole(FUNDS);
        let accounts = senders.iter().map(|key| (key.address(), funds.clone()));
        let chain = Chain::open(&Options {
            dir: Some(dir.to_owned()),
            genesis_time: Some(TIME),
            accounts: accounts.collect(),
            ..Options::ephemeral(miner.address())
        });
        let chain = chain.unwrap();
        let local = LocalMessages::open(&dir.join("mpool.redb")).unwrap();
        let view = Arc::new(chain.clone());
        let pool = Arc::new(MessagePool::new(view.clone(), view, local).unwrap());
        let address = Address::new_id(MINER);
        let devnet = Devnet::start(chain.clone(), pool.clone(), address, miner, mode);
        Node {
            devnet: devnet.unwrap(),
            chain,
            pool,
            senders,
        }
    }

    /// A message with a sender's next nonce, of so many attoFIL.
    fn next(&self, sender: &Key, atto: u64) -> SignedMessage {
        let from = sender.address();
        let message = Message {
            from,
            to: receiver(),
            nonce: self.pool.next_nonce(&from).unwrap(),
            value: TokenAmount::from_atto(atto),
            gas_limit: 10_000_000,
            gas_fee_cap: TokenAmount::from_atto(200_000_000),
            gas_premium: TokenAmount::from_atto(100),
            ..Message::default()
        };
        let bytes = keys::signing_bytes(&message, &from, self.chain.chain_id());
        let signature = sender.sign(&bytes.unwrap()).unwrap();
        SignedMessage { message, signature }
    }

    fn balance(&self, tipset: &TipSet, address: &Address) -> econ::TokenAmount {
        let state = self.chain.state(tipset).unwrap();
        let actor = state.actor(address).unwrap();
        actor.map(|actor| actor.balance).unwrap_or_default()
    }

    fn total(&self) -> econ::TokenAmount {
        let mut total = econ::TokenAmount::default();
        let state = self.chain.state(&self.chain.head()).unwrap();
        let counted = state.for_each(|_, actor| {
            total += &actor.balance;
            Ok(())
        });
        counted.unwrap();
        total
    }
}

/// Makes blocks, on demand in even runs and all the time in odd ones, of messages that it pushes; and
/// says which are acknowledged, and what becomes the head.
#[test]
fn node_that_dies() {
    let Some((dir, run)) = child::task() else {
        return;
    };
    let mode = match run % 2 {
        0 => BlockMode::OnMessage,
        _ => BlockMode::Every(Duration::from_millis(2)),
    };
    let node = Node::open(&dir, keys(), mode);
    let mut changes = node.chain.subscribe();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while let Ok(change) = changes.blocking_recv() {
                for tipset in &change.applied {
                    child::ack(format_args!(
                        "head {} {}",
                        tipset.height(),
                        tipset.cids()[0]
                    ));
                }
            }
        });
        for sender in &node.senders {
            let node = &node;
            scope.spawn(move || {
                for number in 0..4 {
                    let message = node.next(sender, run << 16 | number);
                    let cid = node.pool.push(message.clone(), Origin::Local).unwrap();
                    let (from, nonce) = (message.message.from, message.message.nonce);
                    child::ack(format_args!("push {from} {nonce} {cid}"));
                }
            });
        }
    });
}

fn count(heard: &[String], what: &str) -> usize {
    heard.iter().filter(|line| line.starts_with(what)).count()
}

/// Runs the child until it has told of so many messages and of so many heads, kills it a little later,
/// and returns all that it has said.
fn killed_after(pushes: usize, heads: usize, run: u64, dir: &Path) -> Vec<String> {
    let child = Child::start("chain::kill::node_that_dies", dir, run);
    let enough = |heard: &[String]| count(heard, "push") >= pushes && count(heard, "head") >= heads;
    child.kill_when(enough, rand::rng().random_range(0..600_000_u32))
}

/// What was acknowledged: sender and nonce of the messages.
type Acknowledged = HashMap<Cid, (Address, u64)>;

/// Every message that was acknowledged is in the chain, or waits; every head that was told is in the
/// chain. What is in the chain is dropped from `waiting`.
fn verify(node: &Node, heard: &[String], waiting: &mut Acknowledged) {
    for line in heard {
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["push", from, nonce, cid] => {
                let message = (from.parse().unwrap(), nonce.parse().unwrap());
                waiting.insert(cid.parse().unwrap(), message);
            }
            ["head", height, cid] => {
                let height = height.parse().unwrap();
                let store = node.chain.store();
                let there = store.tipset_by_height(height, None, NullRound::Before);
                let there = there.unwrap_or_else(|error| panic!("{line} is lost: {error}"));
                assert_eq!(there.cids()[0].to_string(), cid, "{line} is lost");
            }
            _ => panic!("{line}"),
        }
    }
    let (pending, _) = node.pool.pending();
    let pending: HashMap<Cid, SignedMessage> = pending
        .into_iter()
        .map(|message| (message.cid().unwrap(), message))
        .collect();
    waiting.retain(|cid, (from, nonce)| {
        if node.chain.store().search_message(cid).unwrap().is_some() {
            return false;
        }
        let message = pending.get(cid);
        let message = message.unwrap_or_else(|| panic!("{cid}, {nonce} of {from}, is lost"));
        assert_eq!(
            (message.message.from, message.message.nonce),
            (*from, *nonce)
        );
        true
    });
}

/// From the genesis to the head: each nonce once and none left out, and everybody has what that leaves
/// him.
fn verify_chain(node: &Node) {
    let store = node.chain.store();
    let head = node.chain.head();
    let mut above = head.clone();
    let mut balances: BTreeMap<Address, econ::TokenAmount> = BTreeMap::new();
    let mut nonces: HashMap<Address, Vec<u64>> = HashMap::new();
    let mut seen = HashSet::new();
    while let Some(holder) = store.parent(&above).unwrap() {
        let messages = store.messages_in_order(&holder).unwrap();
        let receipts = store.receipts(&above.parent_receipts()).unwrap();
        let base_fee = holder.base_fee().inner();
        assert_eq!(messages.iter().flatten().count(), receipts.len());
        for (message, receipt) in messages.iter().flatten().zip(receipts) {
            assert!(seen.insert(message.cid().unwrap()), "mined twice");
            assert_eq!(receipt.exit_code, 0);
            let message = message.message();
            let (cap, premium) = (message.gas_fee_cap.inner(), message.gas_premium.inner());
            let limit = message.gas_limit.unsigned_abs();
            let used = receipt.gas_used;
            let fees = Fees::compute(used, limit, base_fee, cap, premium);
            let paid = cap * limit - fees.refund;
            let value = message.value.inner();
            *balances.entry(message.from).or_default() -= paid + value;
            *balances.entry(message.to).or_default() += value;
            nonces.entry(message.from).or_default().push(message.nonce);
        }
        above = holder;
    }
    for sender in &node.senders {
        let from = sender.address();
        let mut own = nonces.remove(&from).unwrap_or_default();
        own.sort_unstable();
        let expected: Vec<u64> = (0..own.len() as u64).collect();
        assert_eq!(own, expected, "the nonces of {from}");
        let spent = balances.remove(&from).unwrap_or_default();
        let has = econ::TokenAmount::from_whole(FUNDS) + spent;
        // The state before the head's messages, which are not executed on the chain yet.
        let parent = store.parent(&head).unwrap().unwrap_or_else(|| head.clone());
        assert_eq!(node.balance(&parent, &from), has, "{from}");
        if let Some(got) = balances.get(&receiver()) {
            assert_eq!(node.balance(&parent, &receiver()), *got);
        }
    }
}

#[test]
fn what_was_acknowledged_survives_hundreds_of_kills() {
    // A killed process takes nothing from the kernel, so a disk in memory tells as much as another.
    let dir = match tempfile::tempdir_in("/dev/shm") {
        Ok(dir) => dir,
        Err(_) => tempfile::tempdir().unwrap(),
    };
    let (mut waiting, mut pushed, mut told) = (Acknowledged::new(), 0, 0);
    let mut random = rand::rng();
    for run in 0..KILLS {
        let (pushes, heads) = (random.random_range(1..9), random.random_range(0..3));
        let heard = killed_after(pushes, heads, run, dir.path());
        pushed += count(&heard, "push");
        told += count(&heard, "head");
        let node = Node::open(dir.path(), keys(), BlockMode::MinersOnly);
        verify(&node, &heard, &mut waiting);
        if run % 20 == 19 {
            assert_eq!(node.total(), econ::TokenAmount::from_whole(2_000_000_000));
        }
        if run % 80 == 79 {
            verify_chain(&node);
        }
    }
    assert!(
        pushed as u64 > KILLS && told as u64 > KILLS / 2,
        "{pushed} {told}"
    );

    // What still waits is mined.
    let node = Node::open(dir.path(), keys(), BlockMode::MinersOnly);
    let started = Instant::now();
    while !node.pool.is_empty() {
        node.devnet.mine(0).unwrap();
        assert!(started.elapsed() < PATIENCE, "{} wait", node.pool.len());
    }
    node.devnet.mine(0).unwrap();
    verify(&node, &[], &mut waiting);
    assert_eq!(waiting, Acknowledged::new());
    verify_chain(&node);
    assert_eq!(node.total(), econ::TokenAmount::from_whole(2_000_000_000));
}
