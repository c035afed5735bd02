//! A chain that is as simple as it can be: accounts that count their messages.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use fvm_shared::econ;
use fvm_shared::message::Message as VmMessage;
use lotus_chain::mempool::{Account, LocalMessages, MessagePool, Verifier, View, ViewError};
use lotus_chain::store::{ChainMessage, HeadChange, StoreError};
use lotus_chain::vm::Applied;
use lotus_types::{
    Address, BlockHeader, Bytes, Cid, Message, Signature, SignatureType, SignedMessage, Ticket,
    TipSet, TipSetKey, TokenAmount,
};

/// The gas that each test message asks for.
pub(crate) const GAS: i64 = 10_000_000;

/// The base fee of every block.
pub(crate) const BASE_FEE: u64 = 1000;

/// What each account has.
pub(crate) const FIL: u64 = 100;

/// The key of a sender; odd ones sign with BLS.
pub(crate) fn key(sender: u8) -> Address {
    if sender % 2 == 1 {
        Address::from_bls(&[sender; 48]).unwrap()
    } else {
        let mut public_key = [sender; 65];
        public_key[0] = 4;
        Address::from_secp256k1(&public_key).unwrap()
    }
}

/// The ID of a sender's account.
pub(crate) fn id(sender: u8) -> Address {
    Address::new_id(100 + u64::from(sender))
}

/// A message that is signed well.
pub(crate) fn message(sender: u8, nonce: u64, premium: u64) -> SignedMessage {
    signed(Message {
        to: key(200),
        from: key(sender),
        nonce,
        gas_limit: GAS,
        gas_fee_cap: TokenAmount::from_atto(premium + 10 * BASE_FEE),
        gas_premium: TokenAmount::from_atto(premium),
        ..Message::default()
    })
}

pub(crate) fn signed(message: Message) -> SignedMessage {
    let bls = message.from.protocol() == Some(fvm_shared::address::Protocol::BLS);
    let signature_type = if bls {
        SignatureType::Bls
    } else {
        SignatureType::Secp256k1
    };
    SignedMessage {
        message,
        signature: Signature {
            signature_type,
            data: Bytes(b"good".to_vec()),
        },
    }
}

struct Node {
    tipset: Arc<TipSet>,
    accounts: BTreeMap<Address, Account>,
    messages: Vec<ChainMessage>,
}

/// The chain.
pub(crate) struct FakeChain {
    nodes: Mutex<HashMap<TipSetKey, Node>>,
    head: Mutex<TipSetKey>,
}

impl std::fmt::Debug for FakeChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FakeChain")
    }
}

impl FakeChain {
    /// A chain of one tipset with so many senders.
    pub(crate) fn new(senders: u8) -> Arc<FakeChain> {
        let accounts = (0..senders).map(|sender| {
            let account = Account {
                key: Some(key(sender)),
                nonce: 0,
                balance: econ::TokenAmount::from_whole(FIL),
            };
            (id(sender), account)
        });
        let tipset = tipset(None, 0);
        let node = Node {
            tipset: tipset.clone(),
            accounts: accounts.collect(),
            messages: Vec::new(),
        };
        Arc::new(FakeChain {
            nodes: Mutex::new([(tipset.key().clone(), node)].into()),
            head: Mutex::new(tipset.key().clone()),
        })
    }

    /// A pool on it that keeps nothing.
    pub(crate) fn pool(self: &Arc<FakeChain>) -> MessagePool {
        self.pool_with(LocalMessages::ephemeral().unwrap())
    }

    pub(crate) fn pool_with(self: &Arc<FakeChain>, local: LocalMessages) -> MessagePool {
        MessagePool::new(self.clone(), Arc::new(Good), local).unwrap()
    }

    /// A tipset on another one, with these messages; those with a wrong nonce do nothing.
    pub(crate) fn extend(
        &self,
        parent: &Arc<TipSet>,
        messages: Vec<SignedMessage>,
        salt: u64,
    ) -> Arc<TipSet> {
        let mut nodes = self.nodes.lock().unwrap();
        let mut accounts = nodes[parent.key()].accounts.clone();
        for signed in &messages {
            let message = &signed.message;
            let account = accounts
                .values_mut()
                .find(|account| account.key == Some(message.from));
            if let Some(account) = account
                && account.nonce == message.nonce
            {
                account.nonce += 1;
                account.balance -= message.value.inner();
            }
        }
        let messages = messages
            .into_iter()
            .map(|signed| match signed.signature.signature_type {
                SignatureType::Bls => ChainMessage::Bls(signed.message),
                _ => ChainMessage::Secp(signed),
            });
        let tipset = tipset(Some(parent), salt);
        let node = Node {
            tipset: tipset.clone(),
            accounts,
            messages: messages.collect(),
        };
        nodes.insert(tipset.key().clone(), node);
        tipset
    }

    /// Moves the head, and tells the pool.
    pub(crate) fn move_to(&self, tipset: &Arc<TipSet>, pool: &MessagePool) {
        let from = self.head();
        let change = self.path(&from, tipset).unwrap();
        *self.head.lock().unwrap() = tipset.key().clone();
        pool.head_changed(&change).unwrap();
    }

    pub(crate) fn head(&self) -> Arc<TipSet> {
        self.tipset(&TipSetKey::default()).unwrap()
    }

    pub(crate) fn nonce(&self, sender: u8) -> u64 {
        let account = self.account(&key(sender), &self.head()).unwrap().unwrap();
        account.nonce
    }
}

fn tipset(parent: Option<&TipSet>, salt: u64) -> Arc<TipSet> {
    let nothing = Cid::of_dag_cbor(&[0x80]);
    let header = BlockHeader {
        miner: Address::new_id(1000),
        ticket: Some(Ticket {
            vrf_proof: Bytes(vec![1; 96]),
        }),
        election_proof: None,
        beacon_entries: Vec::new(),
        win_po_st_proof: Vec::new(),
        parents: parent.map_or(Vec::new(), |parent| parent.cids().to_vec()),
        parent_weight: 0.into(),
        height: parent.map_or(0, |parent| parent.height() + 1),
        parent_state_root: nothing,
        parent_message_receipts: nothing,
        messages: nothing,
        bls_aggregate: None,
        timestamp: salt,
        block_sig: None,
        fork_signaling: 0,
        parent_base_fee: TokenAmount::from_atto(BASE_FEE),
    };
    Arc::new(TipSet::new(vec![header]).unwrap())
}

impl View for FakeChain {
    fn tipset(&self, key: &TipSetKey) -> Result<Arc<TipSet>, ViewError> {
        let head = self.head.lock().unwrap();
        let key = if key.is_empty() { &*head } else { key };
        let nodes = self.nodes.lock().unwrap();
        let node = nodes.get(key).ok_or(StoreError::NoHead)?;
        Ok(node.tipset.clone())
    }

    fn parent(&self, tipset: &TipSet) -> Result<Option<Arc<TipSet>>, ViewError> {
        let parents = tipset.parents();
        if parents.is_empty() {
            return Ok(None);
        }
        self.tipset(&parents).map(Some)
    }

    fn path(&self, from: &Arc<TipSet>, to: &Arc<TipSet>) -> Result<HeadChange, ViewError> {
        let (mut from, mut to) = (from.clone(), to.clone());
        let mut change = HeadChange::default();
        while from.key() != to.key() {
            if from.height() >= to.height() {
                let parent = self.parent(&from)?.unwrap();
                change.reverted.push(std::mem::replace(&mut from, parent));
            } else {
                let parent = self.parent(&to)?.unwrap();
                change.applied.insert(0, std::mem::replace(&mut to, parent));
            }
        }
        Ok(change)
    }

    fn messages(&self, tipset: &TipSet) -> Result<Vec<ChainMessage>, ViewError> {
        Ok(self.nodes.lock().unwrap()[tipset.key()].messages.clone())
    }

    fn account(&self, address: &Address, after: &TipSet) -> Result<Option<Account>, ViewError> {
        let nodes = self.nodes.lock().unwrap();
        let accounts = &nodes[after.key()].accounts;
        let by_key = || {
            accounts
                .values()
                .find(|account| account.key == Some(*address))
        };
        Ok(accounts.get(address).or_else(by_key).cloned())
    }

    fn base_fee(&self, _on: &TipSet) -> Result<econ::TokenAmount, ViewError> {
        Ok(econ::TokenAmount::from_atto(BASE_FEE))
    }

    fn simulate(
        &self,
        _after: &TipSet,
        _messages: Vec<(VmMessage, usize)>,
    ) -> Result<Vec<Applied>, ViewError> {
        Err(StoreError::NoHead.into())
    }
}

/// Accepts signatures that say so.
#[derive(Debug)]
pub(crate) struct Good;

impl Verifier for Good {
    fn verify(&self, message: &SignedMessage, key: &Address) -> Result<(), String> {
        match message.signature.data.starts_with(b"good") {
            true => Ok(()),
            false => Err(format!("not by {key}")),
        }
    }
}
