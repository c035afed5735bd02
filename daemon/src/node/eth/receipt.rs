//! The receipt of a message in the guise of a transaction's.

use fvm_shared::bigint::BigInt;
use lotus_chain::vm::fees::Fees;
use lotus_core::Error;
use lotus_core::types::{EthBytes, EthTxReceipt, MessageReceipt, SignedMessage, TokenAmount};

use super::tipset::{BLOOM, Executed};
use crate::chain::Chain;
use crate::node::unserved;

impl Executed {
    /// The receipt of the transaction at a place, if there are so many.
    ///
    /// # Errors
    /// It made a contract or logged something, which only the EVM's own formats say.
    pub(super) fn receipt(
        &self,
        chain: &dyn Chain,
        place: usize,
    ) -> Result<Option<EthTxReceipt>, Error> {
        let (Some(transaction), Some(receipt)) =
            (self.transaction(place)?, self.receipts.get(place))
        else {
            return Ok(None);
        };
        let made_contract = transaction.to.is_none() && receipt.exit_code == 0;
        if made_contract || has_logs(chain, receipt)? {
            return unserved("Filecoin.EthGetTransactionReceipt");
        }
        let price = price(&self.messages[place], receipt, self.tipset.base_fee());
        Ok(Some(EthTxReceipt {
            transaction_hash: transaction.hash,
            transaction_index: transaction.transaction_index.unwrap_or_default(),
            block_hash: transaction.block_hash.unwrap_or_default(),
            block_number: transaction.block_number.unwrap_or_default(),
            from: transaction.from,
            to: transaction.to,
            status: u64::from(receipt.exit_code == 0).into(),
            gas_used: receipt.gas_used.into(),
            effective_gas_price: price.into(),
            logs_bloom: EthBytes(vec![0; BLOOM]),
            r#type: transaction.r#type,
            ..EthTxReceipt::default()
        }))
    }
}

/// What a unit of gas cost in the end, in attoFIL: also what was paid for gas that was asked for in
/// excess.
fn price(signed: &SignedMessage, receipt: &MessageReceipt, base_fee: &TokenAmount) -> BigInt {
    let message = &signed.message;
    if receipt.gas_used == 0 {
        return BigInt::default();
    }
    let fees = Fees::compute(
        receipt.gas_used,
        u64::try_from(message.gas_limit).unwrap_or_default(),
        base_fee.inner(),
        message.gas_fee_cap.inner(),
        message.gas_premium.inner(),
    );
    let spent = fees.base_fee_burn + fees.miner_tip + fees.over_estimation_burn;
    spent.atto() / receipt.gas_used
}

/// Whether a message emitted events that contracts' logs are made of: with topics or data.
fn has_logs(chain: &dyn Chain, receipt: &MessageReceipt) -> Result<bool, Error> {
    let Some(root) = &receipt.events_root else {
        return Ok(false);
    };
    let events = chain.store().events(root).map_err(Error::other)?;
    let mut entries = events.iter().flat_map(|event| &event.entries);
    Ok(entries.any(|entry| matches!(entry.key.as_str(), "d" | "t1" | "t2" | "t3" | "t4")))
}
