//! `EthChain`: blocks, transactions and receipts.

use jsonrpsee::core::async_trait;
use lotus_core::Error;
use lotus_core::api::eth::chain::EthChainServer;
use lotus_core::types::{
    Cid, EthBlock, EthBlockNumberOrHash, EthHash, EthTx, EthTxReceipt, EthUint64, Message,
    Signature, SignatureType, SignedMessage, TipSet,
};

use super::blocks::{Strict, latest};
use super::tipset::Executed;
use super::{Eth, index, native};
use crate::chain::Chain;

/// No limit to how far back is looked.
const NO_LIMIT: i64 = -1;

/// Where a transaction is.
struct Place {
    executed: Executed,
    at: usize,
}

impl Eth {
    /// Looks for a transaction in the chain; none if it is not there, or not that near the head.
    fn find(
        &self,
        chain: &dyn Chain,
        transaction: &EthHash,
        limit: i64,
    ) -> Result<Option<Place>, Error> {
        let cid = self.index.message(chain, transaction)?;
        let Some(found) = chain.search(&cid, &chain.head(), limit, true)? else {
            return Ok(None);
        };
        let next = chain.tipset(&found.tip_set)?;
        let executed = Executed::of(chain, chain.tipset(&next.parents())?)?;
        let is_it = |signed: &SignedMessage| signed.cid().is_ok_and(|cid| cid == found.message);
        let at = executed.messages.iter().position(is_it);
        Ok(at.map(|at| Place { executed, at }))
    }

    /// A transaction in a block, or that waits for one.
    fn transaction(
        &self,
        chain: &dyn Chain,
        transaction: &EthHash,
        limit: i64,
    ) -> Result<Option<EthTx>, Error> {
        // What cannot be found in the chain may still wait.
        if let Ok(Some(place)) = self.find(chain, transaction, limit) {
            return place.executed.transaction(place.at);
        }
        let cid = self.index.message(chain, transaction)?;
        let Ok(pool) = chain.pool() else {
            return Ok(None);
        };
        let (waiting, _) = pool.messages().pending();
        let is_it = |signed: &&SignedMessage| signed.cid().is_ok_and(|own| own == cid);
        let chain_id = chain.network().chain_id;
        let waits = waiting.iter().find(is_it);
        waits
            .map(|signed| native::own(signed, chain_id))
            .transpose()
    }

    async fn count(
        &self,
        find: impl FnOnce(&Eth, &dyn Chain) -> Result<std::sync::Arc<TipSet>, Error> + Send + 'static,
    ) -> Result<EthUint64, Error> {
        self.run(|eth, chain| {
            let tipset = find(eth, chain)?;
            // As in Lotus, a message counts in each of the tipset's blocks that has it.
            let mut count = 0;
            for header in tipset.blocks().iter().filter(|header| header.height > 0) {
                let messages = chain.store().block_messages(header);
                let messages = messages.map_err(Error::other)?;
                count += messages.bls.len() + messages.secp.len();
            }
            Ok((count as u64).into())
        })
        .await
    }

    async fn at(
        &self,
        index: EthUint64,
        find: impl FnOnce(&Eth, &dyn Chain) -> Result<std::sync::Arc<TipSet>, Error> + Send + 'static,
    ) -> Result<Option<EthTx>, Error> {
        self.run(move |eth, chain| {
            let executed = Executed::of(chain, find(eth, chain)?)?;
            let place = usize::try_from(index.0).unwrap_or(usize::MAX);
            match executed.transaction(place)? {
                Some(transaction) => Ok(Some(transaction)),
                None => Err(Error::Other(format!(
                    "index {} out of range: tipset contains {} messages",
                    index.0,
                    executed.messages.len()
                ))),
            }
        })
        .await
    }
}

/// A message in the store. The signature of one that was signed with BLS is elsewhere.
fn stored(chain: &dyn Chain, cid: &Cid) -> Result<Option<SignedMessage>, Error> {
    let block = chain.store().blocks().block(cid.inner());
    let Some(block) = block.map_err(Error::other)? else {
        return Ok(None);
    };
    let bls = |message| SignedMessage {
        message,
        signature: Signature {
            signature_type: SignatureType::Bls,
            data: Default::default(),
        },
    };
    let signed = SignedMessage::from_cbor(&block);
    Ok(signed.or_else(|_| Message::from_cbor(&block).map(bls)).ok())
}

#[async_trait]
impl EthChainServer for Eth {
    async fn eth_block_number(&self) -> Result<EthUint64, Error> {
        self.run(|_, chain| {
            let number = u64::try_from(latest(chain)?.height()).unwrap_or_default();
            Ok(number.into())
        })
        .await
    }

    async fn eth_get_block_by_hash(
        &self,
        block: EthHash,
        whole_transactions: bool,
    ) -> Result<EthBlock, Error> {
        self.run(move |eth, chain| {
            Executed::of(chain, eth.hashed(chain, &block)?)?.block(whole_transactions)
        })
        .await
    }

    async fn eth_get_block_by_number(
        &self,
        block: String,
        whole_transactions: bool,
    ) -> Result<EthBlock, Error> {
        self.run(move |eth, chain| {
            let tipset = eth.named(chain, &block, Strict::Yes)?;
            Executed::of(chain, tipset)?.block(whole_transactions)
        })
        .await
    }

    async fn eth_get_block_receipts(
        &self,
        block: EthBlockNumberOrHash,
    ) -> Result<Vec<EthTxReceipt>, Error> {
        self.eth_get_block_receipts_limited(block, NO_LIMIT).await
    }

    async fn eth_get_block_receipts_limited(
        &self,
        block: EthBlockNumberOrHash,
        limit: i64,
    ) -> Result<Vec<EthTxReceipt>, Error> {
        self.run(move |eth, chain| {
            let tipset = eth.block(chain, &block, Strict::Yes)?;
            let lowest = chain.head().height().saturating_sub(limit);
            if limit > NO_LIMIT && tipset.height() < lowest {
                return Err(Error::Other(format!(
                    "tipset {} is older than the allowed lookback limit",
                    tipset.key()
                )));
            }
            let executed = Executed::of(chain, tipset)?;
            let receipts = (0..executed.messages.len()).map(|place| executed.receipt(chain, place));
            receipts.filter_map(Result::transpose).collect()
        })
        .await
    }

    async fn eth_get_block_transaction_count_by_hash(
        &self,
        block: EthHash,
    ) -> Result<EthUint64, Error> {
        self.count(move |eth, chain| eth.hashed(chain, &block))
            .await
    }

    async fn eth_get_block_transaction_count_by_number(
        &self,
        block: String,
    ) -> Result<EthUint64, Error> {
        self.count(move |eth, chain| eth.named(chain, &block, Strict::Yes))
            .await
    }

    async fn eth_get_message_cid_by_transaction_hash(
        &self,
        transaction: EthHash,
    ) -> Result<Option<Cid>, Error> {
        self.run(move |eth, chain| {
            let cid = eth.index.message(chain, &transaction)?;
            Ok(stored(chain, &cid)?.map(|_| cid))
        })
        .await
    }

    async fn eth_get_transaction_by_block_hash_and_index(
        &self,
        block: EthHash,
        index: EthUint64,
    ) -> Result<Option<EthTx>, Error> {
        self.at(index, move |eth, chain| eth.hashed(chain, &block))
            .await
    }

    async fn eth_get_transaction_by_block_number_and_index(
        &self,
        block: String,
        index: EthUint64,
    ) -> Result<Option<EthTx>, Error> {
        self.at(index, move |eth, chain| {
            eth.named(chain, &block, Strict::Yes)
        })
        .await
    }

    async fn eth_get_transaction_by_hash(
        &self,
        transaction: EthHash,
    ) -> Result<Option<EthTx>, Error> {
        self.eth_get_transaction_by_hash_limited(transaction, NO_LIMIT)
            .await
    }

    async fn eth_get_transaction_by_hash_limited(
        &self,
        transaction: EthHash,
        limit: i64,
    ) -> Result<Option<EthTx>, Error> {
        self.run(move |eth, chain| eth.transaction(chain, &transaction, limit))
            .await
    }

    async fn eth_get_transaction_hash_by_cid(
        &self,
        message: Cid,
    ) -> Result<Option<EthHash>, Error> {
        self.run(move |_, chain| {
            let chain_id = chain.network().chain_id;
            let signed = stored(chain, &message)?;
            Ok(signed.and_then(|signed| index::of_message(&signed, chain_id)))
        })
        .await
    }

    async fn eth_get_transaction_receipt(
        &self,
        transaction: EthHash,
    ) -> Result<Option<EthTxReceipt>, Error> {
        self.eth_get_transaction_receipt_limited(transaction, NO_LIMIT)
            .await
    }

    async fn eth_get_transaction_receipt_limited(
        &self,
        transaction: EthHash,
        limit: i64,
    ) -> Result<Option<EthTxReceipt>, Error> {
        self.run(move |eth, chain| {
            let found = eth.find(chain, &transaction, limit);
            let found = found.map_err(|error| {
                Error::Other(format!("could not find transaction {transaction}: {error}"))
            })?;
            match found {
                Some(place) => place.executed.receipt(chain, place.at),
                None => Ok(None),
            }
        })
        .await
    }
}
