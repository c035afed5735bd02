//! Where a message is in the chain, and what became of it.

use std::sync::Arc;

use lotus_types::{Cid, MessageReceipt, TipSet};

use super::{ChainStore, StoreError, receipts, tables};

/// A message that is in the chain of the head.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundMessage {
    /// The tipset that holds it.
    pub tipset: Arc<TipSet>,
    /// Which of that tipset's messages it is, in the order of execution, from 0.
    pub place: u32,
    /// How it was executed; `None` while that tipset is the head, because only the next one says so.
    pub executed: Option<Executed>,
}

/// A message's execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Executed {
    /// The tipset with the receipt and the state after it: the next one (Lotus's
    /// `MsgLookup.TipSet`, and `Height` is its height).
    pub tipset: Arc<TipSet>,
    /// The receipt.
    pub receipt: MessageReceipt,
}

impl ChainStore {
    /// Looks for a message in the chain of the head, by the CID by which the chain knows it.
    ///
    /// # Errors
    /// The file cannot be read, or a block or the receipt is not here.
    pub fn search_message(&self, cid: &Cid) -> Result<Option<FoundMessage>, StoreError> {
        let found = self.blocks.read(|transaction| {
            let Some((epoch, place)) = tables::message(transaction, cid)? else {
                return Ok(None);
            };
            let holder = tables::at(transaction, epoch)?;
            let next = match epoch.checked_add(1) {
                Some(above) => tables::at_or_after(transaction, above)?,
                None => None,
            };
            Ok(holder.map(|holder| (holder, next, place)))
        })?;
        let Some((holder, next, place)) = found else {
            return Ok(None);
        };
        let executed = match next {
            Some(next) => {
                let tipset = self.tipset(&next)?;
                let root = tipset.parent_receipts();
                let receipt = receipts::receipt(&self.blocks, &root, place.into())?;
                let receipt = receipt.ok_or(StoreError::Missing {
                    what: "receipt of message",
                    cid: *cid,
                })?;
                Some(Executed { tipset, receipt })
            }
            None => None,
        };
        Ok(Some(FoundMessage {
            tipset: self.tipset(&holder)?,
            place,
            executed,
        }))
    }
}
