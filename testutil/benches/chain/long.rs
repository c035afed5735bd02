//! Chains that are really made, quickly: every block is executed and has what a block has, but nobody signs it.
//!
//! Signing is most of the time that a block takes (three BLS signatures), and nobody verifies a
//! block that is in the database already.

use std::path::Path;
use std::sync::Arc;

use lotus_chain::accounts::{Account, Accounts, DEFAULT_PHRASE};
use lotus_chain::chain::{Chain, FIRST_MINER_ID, Options};
use lotus_core::types::{
    Address, BlockTemplate, Bytes, Cid, ElectionProof, Message, Signature, SignatureType,
    SignedMessage, Ticket, TipSet, TokenAmount,
};

/// How many epochs are indexed with one move of the head.
const STEP: i64 = 10_000;

/// A signature as long as a real one, and like no other.
fn bytes(epoch: i64, length: usize) -> Bytes {
    Bytes(epoch.to_be_bytes().repeat(length / 8 + 1)[..length].to_vec())
}

fn accounts() -> (Vec<Account>, Address) {
    let phrase = Accounts::from_phrase(DEFAULT_PHRASE).expect("the phrase of tests");
    let funded = phrase.funded(10).expect("ten keys");
    let miner = phrase.miner().expect("a key");
    (funded, miner.address())
}

/// The addresses of the accounts that have funds.
pub(crate) fn addresses() -> Vec<Address> {
    accounts().0.iter().map(Account::address).collect()
}

/// What `lotus daemon` opens its chain with, for a chain in `dir`.
pub(crate) fn options(dir: &Path) -> Options {
    let (funded, miner) = accounts();
    let balance = TokenAmount::from_whole(1_000_000);
    let accounts = funded
        .iter()
        .map(|account| (account.address(), balance.clone()));
    Options {
        dir: Some(dir.to_owned()),
        accounts: accounts.collect(),
        ..Options::ephemeral(miner)
    }
}

/// Makes a chain of so many epochs in `dir`: as where blocks are made on demand, every other tipset
/// has a message, a transfer, and none is missing. Returns the CIDs of some of the messages.
pub(crate) fn make(dir: &Path, epochs: i64) -> Vec<Cid> {
    let (funded, _) = accounts();
    let chain = Chain::open(&options(dir)).expect("a new chain");
    let miner = Address::new_id(FIRST_MINER_ID);
    let mut nonces = vec![0; funded.len()];
    let mut some = Vec::new();
    let mut head = chain.genesis();
    for epoch in 1..=epochs {
        let mut messages = Vec::new();
        if epoch % 2 == 1 {
            // The first eight have secp256k1 keys.
            let sender = usize::try_from(epoch / 2 % 8).unwrap_or_default();
            let message = transfer(&funded, sender, nonces[sender], epoch);
            nonces[sender] += 1;
            if epoch % (epochs / 100 * 2).max(2) == 1 {
                some.push(message.cid().expect("it is complete"));
            }
            messages.push(message);
        }
        head = extend(&chain, &head, &miner, epoch, messages);
        if epoch % STEP == 0 || epoch == epochs {
            chain.set_head(&head).expect("its blocks are here");
        }
    }
    some
}

/// Adds executed epochs without messages to the chain in `dir`. The first does what cron should have
/// done in epochs that were not executed.
pub(crate) fn settle(dir: &Path, epochs: i64) {
    let chain = Chain::open(&options(dir)).expect("a chain");
    let miner = Address::new_id(FIRST_MINER_ID);
    let mut head = chain.head();
    for epoch in head.height() + 1..=head.height() + epochs {
        head = extend(&chain, &head, &miner, epoch, Vec::new());
    }
    chain.set_head(&head).expect("its blocks are here");
}

fn transfer(funded: &[Account], sender: usize, nonce: u64, epoch: i64) -> SignedMessage {
    let message = Message {
        from: funded[sender].address(),
        to: funded[(sender + 1) % 8].address(),
        nonce,
        value: TokenAmount::from_atto(5),
        gas_limit: 2_000_000,
        gas_fee_cap: TokenAmount::from_atto(1_000_000_000),
        gas_premium: TokenAmount::from_atto(100_000),
        ..Message::default()
    };
    let signature = Signature {
        signature_type: SignatureType::Secp256k1,
        data: bytes(epoch, 65),
    };
    SignedMessage { message, signature }
}

fn extend(
    chain: &Chain,
    parents: &Arc<TipSet>,
    miner: &Address,
    epoch: i64,
    messages: Vec<SignedMessage>,
) -> Arc<TipSet> {
    let base = chain.mining_base(miner, epoch, parents).expect("a state");
    let template = BlockTemplate {
        miner: *miner,
        parents: parents.key().clone(),
        ticket: Some(Ticket {
            vrf_proof: bytes(epoch, 96),
        }),
        eproof: Some(ElectionProof {
            win_count: 1,
            vrf_proof: bytes(epoch, 96),
        }),
        beacon_values: base.expect("it is a miner").beacon_entries,
        messages,
        epoch,
        timestamp: chain.timestamp(parents, epoch),
        winning_po_st_proof: Vec::new(),
    };
    let sign = |_: &Address, _: &[u8]| {
        Ok(Signature {
            signature_type: SignatureType::Bls,
            data: bytes(epoch, 96),
        })
    };
    let block = chain.create_block(&template, sign).expect("it is executed");
    let header = block.header.expect("it has one");
    chain.store().put_header(&header).expect("it has a CID");
    Arc::new(TipSet::new(vec![header]).expect("one block is a tipset"))
}
