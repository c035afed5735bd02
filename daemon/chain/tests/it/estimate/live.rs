//! A chain whose messages are executed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ;
use fvm_shared::message::Message as VmMessage;
use fvm_shared::version::NetworkVersion;
use lotus_chain::estimate::Estimator;
use lotus_chain::mempool::{
    Account, LocalMessages, MessagePool, Pusher, Signer, SignerError, View, ViewError,
};
use lotus_chain::store::{ChainBlockstore, ChainMessage, ChainStore, HeadChange, put_messages};
use lotus_chain::vm::blocks::Blocks as Buffer;
use lotus_chain::vm::executor::{
    BlockMessages, ChainMessage as VmChainMessage, Simulation, Tipset,
};
use lotus_chain::vm::genesis::Genesis;
use lotus_chain::vm::{Applied, ApplyKind, Context, Executor, NativeExecutor};
use lotus_types::{
    Address, BlockHeader, Bytes, Cid, Message, Signature, SignatureType, SignedMessage, Ticket,
    TipSet, TipSetKey, TokenAmount,
};

use crate::mempool::fake::Good;
use crate::outside::Outside;

/// The base fee of every block.
pub(super) const BASE_FEE: u64 = 100;

/// What each account has, in FIL.
pub(super) const FIL: u64 = 1000;

/// Accounts of all kinds: secp256k1, BLS and delegated.
pub(super) fn accounts() -> [Address; 3] {
    let mut public_key = [1; 65];
    public_key[0] = 4;
    [
        Address::from_secp256k1(&public_key).unwrap(),
        Address::from_bls(&[2; 48]).unwrap(),
        Address::from_eth(&[3; 20]),
    ]
}

/// The chain.
#[derive(Debug)]
pub(super) struct LiveChain {
    store: ChainStore,
    executor: NativeExecutor,
    /// The states after tipsets.
    states: Mutex<HashMap<TipSetKey, Cid>>,
}

impl LiveChain {
    pub(super) fn new() -> Arc<LiveChain> {
        let store = ChainStore::ephemeral().unwrap();
        let blocks: Arc<ChainBlockstore> = Arc::new(store.blocks().clone());
        let fil = econ::TokenAmount::from_whole(FIL);
        let accounts = accounts().map(|address| (*address.inner().unwrap(), fil.clone()));
        let genesis = Genesis {
            network_name: "test".to_owned(),
            accounts: accounts.into(),
            miners: Vec::new(),
            verifreg_root: None,
        };
        let buffer = Buffer::new(blocks.clone());
        let state = genesis.build(&buffer).unwrap();
        buffer.flush(&state).unwrap();
        let chain = LiveChain {
            executor: NativeExecutor::new(blocks),
            store,
            states: Mutex::default(),
        };
        let head = chain.put(None, state.into(), &[]);
        chain
            .states
            .lock()
            .unwrap()
            .insert(head.key().clone(), state.into());
        chain.store.set_head(&head).unwrap();
        Arc::new(chain)
    }

    /// What pushes to a pool on it.
    pub(super) fn pusher(
        self: &Arc<LiveChain>,
        local: LocalMessages,
    ) -> (Arc<MessagePool>, Pusher) {
        let pool = MessagePool::new(self.clone(), Arc::new(Good), local).unwrap();
        let pool = Arc::new(pool);
        let max_fee = "0.07".parse().unwrap();
        let estimator = Estimator::new(self.clone(), pool.clone(), max_fee);
        (pool, Pusher::new(estimator))
    }

    fn put(&self, parent: Option<&TipSet>, state: Cid, messages: &[SignedMessage]) -> Arc<TipSet> {
        let is_bls =
            |signed: &&SignedMessage| signed.signature.signature_type == SignatureType::Bls;
        let bls: Vec<_> = messages
            .iter()
            .filter(is_bls)
            .map(|signed| signed.message.clone())
            .collect();
        let secp: Vec<_> = messages
            .iter()
            .filter(|signed| !is_bls(signed))
            .cloned()
            .collect();
        let header = BlockHeader {
            miner: accounts()[0],
            ticket: Some(Ticket {
                vrf_proof: Bytes(vec![1; 96]),
            }),
            election_proof: None,
            beacon_entries: Vec::new(),
            win_po_st_proof: Vec::new(),
            parents: parent.map_or(Vec::new(), |parent| parent.cids().to_vec()),
            parent_weight: 0.into(),
            height: parent.map_or(0, |parent| parent.height() + 1),
            parent_state_root: state,
            parent_message_receipts: lotus_chain::store::put_receipts(self.store.blocks(), &[])
                .unwrap(),
            messages: put_messages(self.store.blocks(), &bls, &secp).unwrap(),
            bls_aggregate: None,
            timestamp: 0,
            block_sig: None,
            fork_signaling: 0,
            parent_base_fee: TokenAmount::from_atto(BASE_FEE),
        };
        self.store.put_header(&header).unwrap();
        Arc::new(TipSet::new(vec![header]).unwrap())
    }

    /// Makes a block of what the pool selects, and returns what its messages did.
    pub(super) fn mine(&self, pool: &MessagePool) -> Vec<(VmMessage, Applied)> {
        let parent = self.store.heaviest().unwrap();
        let messages = pool.select_for(parent.key()).unwrap();
        let state = self.states.lock().unwrap()[parent.key()];
        let head = self.put(Some(&parent), state, &messages);
        let messages = self.messages(&head).unwrap();
        let messages = messages.iter().map(|message| VmChainMessage {
            message: fvm_ipld_encoding::from_slice(&message.message().to_cbor().unwrap()).unwrap(),
            chain_length: message.to_cbor().unwrap().len(),
        });
        let executed = self
            .executor
            .execute(&Tipset {
                state: *state.inner(),
                parent_epoch: parent.height(),
                context: self.context(head.height()),
                block_delay: 30,
                externs: Arc::new(Outside),
                blocks: vec![BlockMessages {
                    miner: *accounts()[0].inner().unwrap(),
                    win_count: 1,
                    messages: messages.collect(),
                }],
            })
            .unwrap();
        let mut states = self.states.lock().unwrap();
        states.insert(head.key().clone(), executed.state.into());
        drop(states);
        let change = self.store.set_head(&head).unwrap();
        pool.head_changed(&change).unwrap();
        let done = executed.messages.into_iter();
        done.map(|done| (done.message, done.applied)).collect()
    }

    fn context(&self, epoch: ChainEpoch) -> Context {
        Context {
            epoch,
            timestamp: 0,
            base_fee: econ::TokenAmount::from_atto(BASE_FEE),
            circulating_supply: econ::TokenAmount::default(),
            network_version: NetworkVersion::V27,
            chain_id: 31_415_926,
            tracing: false,
        }
    }
}

impl View for LiveChain {
    fn tipset(&self, key: &TipSetKey) -> Result<Arc<TipSet>, ViewError> {
        match key.is_empty() {
            true => Ok(self.store.heaviest()?),
            false => Ok(self.store.tipset(key)?),
        }
    }

    fn parent(&self, tipset: &TipSet) -> Result<Option<Arc<TipSet>>, ViewError> {
        Ok(self.store.parent(tipset)?)
    }

    fn path(&self, from: &Arc<TipSet>, to: &Arc<TipSet>) -> Result<HeadChange, ViewError> {
        Ok(self.store.path(from, to)?)
    }

    fn messages(&self, tipset: &TipSet) -> Result<Vec<ChainMessage>, ViewError> {
        let blocks = self.store.messages_in_order(tipset)?;
        Ok(blocks.iter().flatten().cloned().collect())
    }

    fn account(&self, address: &Address, after: &TipSet) -> Result<Option<Account>, ViewError> {
        let state = self.states.lock().unwrap()[after.key()];
        Ok(Account::read(self.store.blocks(), &state, address)?)
    }

    fn base_fee(&self, _on: &TipSet) -> Result<econ::TokenAmount, ViewError> {
        Ok(econ::TokenAmount::from_atto(BASE_FEE))
    }

    fn simulate(
        &self,
        after: &TipSet,
        messages: Vec<(VmMessage, usize)>,
    ) -> Result<Vec<Applied>, ViewError> {
        let messages = messages.into_iter();
        let messages =
            messages.map(|(message, chain_length)| (message, ApplyKind::Explicit { chain_length }));
        let simulation = Simulation {
            state: *self.states.lock().unwrap()[after.key()].inner(),
            context: self.context(after.height() + 1),
            externs: Arc::new(Outside),
            messages: messages.collect(),
        };
        Ok(self.executor.simulate(&simulation)?)
    }
}

/// A wallet with the keys of everybody.
pub(super) struct Wallet;

impl Signer for Wallet {
    fn sign(&self, _message: &Message, key: &Address) -> Result<Signature, SignerError> {
        use fvm_shared::address::Protocol;
        let signature_type = match key.protocol() {
            Some(Protocol::Secp256k1) => SignatureType::Secp256k1,
            Some(Protocol::BLS) => SignatureType::Bls,
            Some(Protocol::Delegated) => SignatureType::Delegated,
            _ => return Err("no key".into()),
        };
        let mut data = vec![
            0;
            if signature_type == SignatureType::Bls {
                96
            } else {
                65
            }
        ];
        data[..4].copy_from_slice(b"good");
        Ok(Signature {
            signature_type,
            data: Bytes(data),
        })
    }
}
