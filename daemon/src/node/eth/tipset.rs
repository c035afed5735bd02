//! A tipset in the guise of a block, with what its messages have done.

use std::sync::Arc;

use lotus_chain::mempool::BLOCK_GAS_LIMIT;
use lotus_chain::store::state::StateReader;
use lotus_chain::store::{ChainBlockstore, ChainMessage};
use lotus_core::Error;
use lotus_core::types::{
    EthBigInt, EthBlock, EthBlockTransaction, EthBytes, EthHash, EthTx, MessageReceipt, Signature,
    SignatureType, SignedMessage, TipSet, TipSetKey,
};

use super::{index, native};
use crate::chain::Chain;

/// The keccak-256 of an empty list, by which tools know that a block has no uncles.
const NO_UNCLES: EthHash = EthHash([
    0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a,
    0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a, 0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47,
]);

/// The keccak-256 of nothing in RLP, by which tools know that a block has no transactions.
const NO_TRANSACTIONS: EthHash = EthHash([
    0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
    0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
]);

/// The length of a Bloom filter, in bytes.
pub(super) const BLOOM: usize = 256;

/// A tipset with its messages, each once and in the order in which they were executed, their
/// receipts, and the state after them.
pub(super) struct Executed {
    pub(super) tipset: Arc<TipSet>,
    pub(super) messages: Vec<SignedMessage>,
    pub(super) receipts: Vec<MessageReceipt>,
    state: StateReader<ChainBlockstore>,
    chain_id: u64,
}

/// The hash of a tipset as a block.
pub(super) fn hash(key: &TipSetKey) -> EthHash {
    EthHash::from_cid(&key.cid()).unwrap_or_default()
}

/// The messages of a tipset, each once and in order. The genesis has none.
///
/// # Errors
/// One is not here.
pub(super) fn messages(chain: &dyn Chain, tipset: &TipSet) -> Result<Vec<SignedMessage>, Error> {
    if tipset.height() == 0 {
        return Ok(Vec::new());
    }
    let messages = chain.store().messages_in_order(tipset);
    let messages = messages.map_err(Error::other)?;
    Ok(messages.iter().flatten().map(with_signature).collect())
}

/// The signature of a message that was signed with BLS is in its block.
fn with_signature(message: &ChainMessage) -> SignedMessage {
    match message {
        ChainMessage::Secp(signed) => signed.clone(),
        ChainMessage::Bls(message) => SignedMessage {
            message: message.clone(),
            signature: Signature {
                signature_type: SignatureType::Bls,
                data: Default::default(),
            },
        },
    }
}

impl Executed {
    /// What a tipset has led to.
    ///
    /// # Errors
    /// It is not known, or not here.
    pub(super) fn of(chain: &dyn Chain, tipset: Arc<TipSet>) -> Result<Executed, Error> {
        let outcome = chain.outcome(&tipset)?;
        let messages = messages(chain, &tipset)?;
        let receipts = match messages.is_empty() {
            true => Vec::new(),
            false => {
                let receipts = chain.store().receipts(&outcome.receipts);
                receipts.map_err(Error::other)?
            }
        };
        if messages.len() != receipts.len() {
            let why = "receipts and message array lengths didn't match for tipset";
            return Err(Error::Other(format!("{why}: {}", tipset.key())));
        }
        Ok(Executed {
            tipset,
            messages,
            receipts,
            state: chain.state_at(&outcome.state)?,
            chain_id: chain.network().chain_id,
        })
    }

    /// The transaction at a place, if there are so many.
    ///
    /// # Errors
    /// It cannot be told as one.
    pub(super) fn transaction(&self, place: usize) -> Result<Option<EthTx>, Error> {
        let Some(signed) = self.messages.get(place) else {
            return Ok(None);
        };
        Ok(Some(EthTx {
            block_hash: Some(hash(self.tipset.key())),
            block_number: Some(self.number().into()),
            transaction_index: Some((place as u64).into()),
            ..native::transaction(signed, self.chain_id, &self.state)?
        }))
    }

    fn number(&self) -> u64 {
        u64::try_from(self.tipset.height()).unwrap_or_default()
    }

    /// The block.
    ///
    /// # Errors
    /// A message cannot be told as a transaction.
    pub(super) fn block(&self, whole_transactions: bool) -> Result<EthBlock, Error> {
        let transactions = self.messages.iter().enumerate().map(|(place, signed)| {
            if !whole_transactions && let Some(hash) = index::of_message(signed, self.chain_id) {
                return Ok(EthBlockTransaction::Hash(hash));
            }
            let transaction = self.transaction(place)?.unwrap_or_default();
            Ok(EthBlockTransaction::Whole(Box::new(transaction)))
        });
        let transactions: Vec<_> = transactions.collect::<Result<_, Error>>()?;
        let gas_used: u64 = self.receipts.iter().map(|receipt| receipt.gas_used).sum();
        let blocks = self.tipset.blocks();
        let timestamp = blocks.first().map(|block| block.timestamp);
        Ok(EthBlock {
            hash: hash(self.tipset.key()),
            parent_hash: hash(&self.tipset.parents()),
            sha3_uncles: NO_UNCLES,
            transactions_root: match transactions.is_empty() {
                true => NO_TRANSACTIONS,
                false => EthHash::default(),
            },
            // Whoever looks for a log has to look into every block.
            logs_bloom: EthBytes(vec![0xff; BLOOM]),
            number: self.number().into(),
            gas_limit: (BLOCK_GAS_LIMIT * blocks.len() as u64).into(),
            gas_used: gas_used.into(),
            timestamp: timestamp.unwrap_or_default().into(),
            base_fee_per_gas: EthBigInt::from(self.tipset.base_fee()),
            transactions,
            ..EthBlock::default()
        })
    }
}
