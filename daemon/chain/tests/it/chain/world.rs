//! Local networks to test with: real keys, real blocks, and a source of messages that forgets none.

use std::path::Path;
use std::sync::{Arc, Mutex};

use lotus_chain::accounts::{Account, Accounts, DEFAULT_PHRASE};
use lotus_chain::chain::{Chain, FIRST_MINER_ID, MessageSource, Options};
use lotus_chain::devnet::{BlockMode, Devnet};
use lotus_chain::keys;
use lotus_chain::store::HeadChange;
use lotus_types::{Address, BlockMsg, Message, SignatureType, SignedMessage, TipSet, TokenAmount};
use tokio::sync::watch;

/// What each account has.
pub(crate) const FIL: u64 = 1000;

/// When the genesis is.
pub(crate) const TIME: u64 = 1_700_000_000;

/// The id of the network's miner.
pub(crate) const MINER: u64 = FIRST_MINER_ID;

/// The id of the other miner of a network of two, whose worker is the BLS account.
pub(crate) const SECOND_MINER: u64 = MINER + 1;

/// `InvokeContract`, with which delegated keys send funds.
const INVOKE_CONTRACT: u64 = 3_844_450_837;

/// Offers everything that was pushed, again and again: the chain takes what fits.
#[derive(Debug, Default)]
pub(crate) struct Source {
    messages: Mutex<Vec<SignedMessage>>,
    pub(crate) changes: Mutex<Vec<HeadChange>>,
    arrivals: watch::Sender<u64>,
}

impl Source {
    pub(crate) fn push(&self, messages: impl IntoIterator<Item = SignedMessage>) {
        self.messages.lock().unwrap().extend(messages);
        self.arrivals.send_modify(|number| *number += 1);
    }
}

impl MessageSource for Source {
    fn select(&self, _: &Arc<TipSet>, _: &TokenAmount, _: i64) -> Vec<SignedMessage> {
        self.messages.lock().unwrap().clone()
    }

    fn head_changed(&self, change: &HeadChange) {
        self.changes.lock().unwrap().push(change.clone());
    }

    fn arrivals(&self) -> watch::Receiver<u64> {
        self.arrivals.subscribe()
    }
}

/// A local network with the accounts of the default phrase.
pub(crate) struct World {
    pub(crate) chain: Chain,
    pub(crate) source: Arc<Source>,
    pub(crate) devnet: Devnet,
    pub(crate) accounts: Vec<Account>,
}

pub(crate) fn phrase() -> Accounts {
    Accounts::from_phrase(DEFAULT_PHRASE).unwrap()
}

pub(crate) fn options(dir: Option<&Path>) -> Options {
    let accounts = phrase();
    let funded = accounts.funded(4).unwrap();
    let balance = TokenAmount::from_whole(FIL);
    Options {
        dir: dir.map(Path::to_owned),
        genesis_time: Some(TIME),
        accounts: funded
            .iter()
            .map(|account| (account.address(), balance.clone()))
            .collect(),
        ..Options::ephemeral(accounts.miner().unwrap().address())
    }
}

impl World {
    pub(crate) fn new(mode: BlockMode) -> World {
        World::open(None, mode)
    }

    /// One whose blocks are only made when a test says so.
    pub(crate) fn by_hand() -> World {
        World::new(BlockMode::MinersOnly)
    }

    pub(crate) fn open(dir: Option<&Path>, mode: BlockMode) -> World {
        World::mined_by(&options(dir), mode, MINER, phrase().miner().unwrap())
    }

    /// A network of two miners that have the same power, of which one makes the blocks here, by hand:
    /// the first, or [`SECOND_MINER`].
    pub(crate) fn of_two(second: bool) -> World {
        let (first, other) = (phrase().miner().unwrap(), phrase().bls(0).unwrap());
        let mut options = options(None);
        options.miners = vec![first.address(), other.address()];
        match second {
            false => World::mined_by(&options, BlockMode::MinersOnly, MINER, first),
            true => World::mined_by(&options, BlockMode::MinersOnly, SECOND_MINER, other),
        }
    }

    fn mined_by(options: &Options, mode: BlockMode, miner: u64, worker: Account) -> World {
        let chain = Chain::open(options).unwrap();
        let source = Arc::new(Source::default());
        let miner = Address::new_id(miner);
        let devnet = Devnet::start(chain.clone(), source.clone(), miner, worker.key, mode);
        World {
            chain,
            source,
            devnet: devnet.unwrap(),
            accounts: phrase().funded(4).unwrap(),
        }
    }

    /// The accounts: two secp256k1 ones, a BLS one, a delegated one.
    pub(crate) fn address(&self, account: usize) -> Address {
        self.accounts[account].address()
    }

    /// A signed transfer between two accounts, in attoFIL.
    pub(crate) fn send(&self, from: usize, to: Address, nonce: u64, atto: u64) -> SignedMessage {
        let message = Message {
            to,
            from: self.address(from),
            nonce,
            value: TokenAmount::from_atto(atto),
            gas_limit: 10_000_000,
            gas_fee_cap: TokenAmount::from_atto(200_000_000),
            gas_premium: TokenAmount::from_atto(100),
            ..Message::default()
        };
        self.sign(from, message)
    }

    pub(crate) fn sign(&self, from: usize, mut message: Message) -> SignedMessage {
        let account = &self.accounts[from];
        if account.address().to_eth().is_some() {
            message.method = INVOKE_CONTRACT;
        }
        let bytes = keys::signing_bytes(&message, &account.address(), self.chain.chain_id());
        let signature = account.key.sign(&bytes.unwrap()).unwrap();
        SignedMessage { message, signature }
    }

    pub(crate) fn balance(&self, address: &Address) -> TokenAmount {
        self.balance_at(address, &self.chain.head())
    }

    pub(crate) fn balance_at(&self, address: &Address, tipset: &Arc<TipSet>) -> TokenAmount {
        let state = self.chain.state(tipset).unwrap();
        let actor = state.actor(address).unwrap();
        actor.map(|actor| actor.balance).unwrap_or_default().into()
    }

    /// All that there is, after the head.
    pub(crate) fn total(&self) -> TokenAmount {
        let mut total = fvm_shared::econ::TokenAmount::default();
        let state = self.chain.state(&self.chain.head()).unwrap();
        state
            .for_each(|_, actor| {
                total += &actor.balance;
                Ok(())
            })
            .unwrap();
        total.into()
    }

    /// Puts a message where a block from elsewhere can refer to it, as pushing it to a node does.
    pub(crate) fn know(&self, signed: &SignedMessage) {
        let blocks = self.chain.store().blocks();
        let cbor = match signed.signature.signature_type {
            SignatureType::Bls => signed.message.to_cbor(),
            _ => signed.to_cbor(),
        };
        let cid = *signed.cid().unwrap().inner();
        blocks.insert([(cid, cbor.unwrap())]).unwrap();
    }

    /// The blocks of a chain from the first one after the genesis to the head, as they are sent.
    pub(crate) fn blocks(&self) -> Vec<BlockMsg> {
        let store = self.chain.store();
        let mut blocks = Vec::new();
        let mut tipset = self.chain.head();
        while tipset.height() > 0 {
            for header in tipset.blocks() {
                let messages = store.block_messages(header).unwrap();
                blocks.push(BlockMsg {
                    header: Some(header.clone()),
                    bls_messages: messages.bls.iter().map(|m| m.cid().unwrap()).collect(),
                    secpk_messages: messages.secp.iter().map(|m| m.cid().unwrap()).collect(),
                });
            }
            tipset = store.parent(&tipset).unwrap().unwrap();
        }
        blocks.reverse();
        blocks
    }

    /// Submits the blocks of another chain, whose messages are known here.
    pub(crate) fn follow(&self, other: &World) {
        for message in other.source.messages.lock().unwrap().iter() {
            self.know(message);
        }
        for block in other.blocks() {
            self.chain.submit_block(&block).unwrap();
        }
    }
}
