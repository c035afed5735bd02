//! Where a message is, and what became of it (Lotus `chain/stmgr/searchwait.go`).

use std::sync::Arc;

use lotus_types::{Cid, Message, MessageReceipt, MsgLookup, SignedMessage, TipSet};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use super::validate::FINALITY;
use super::{Chain, ChainError};
use crate::store::state::StateReader;
use crate::store::{NullRound, StoreError};

/// A message that was executed.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageLookup {
    /// The CID of the message: the one that was asked for, or the one that replaced it.
    pub message: Cid,
    /// The tipset that holds it.
    pub holder: Arc<TipSet>,
    /// The tipset after that, whose state and receipts contain the outcome.
    pub tipset: Arc<TipSet>,
    /// The outcome.
    pub receipt: MessageReceipt,
}

/// As Lotus's methods return it; the return value is not decoded.
impl From<MessageLookup> for MsgLookup {
    fn from(found: MessageLookup) -> MsgLookup {
        MsgLookup {
            message: found.message,
            receipt: found.receipt,
            return_dec: Value::Null,
            tip_set: found.tipset.key().clone(),
            height: found.tipset.height(),
        }
    }
}

impl Chain {
    /// Looks for a message that was executed in the chain that ends with `from`, or with the head
    /// (Lotus's `StateSearchMsg`). As there, the messages of `from` itself are not known to be
    /// executed yet. At most `limit` epochs are searched; all of them if it is negative.
    ///
    /// With `allow_replaced` a message that makes the same call, with other gas, is found too.
    ///
    /// # Errors
    /// [`ChainError::Replaced`] if another message has its nonce; or the store fails.
    pub fn search_message(
        &self,
        cid: &Cid,
        from: Option<&Arc<TipSet>>,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<Option<MessageLookup>, ChainError> {
        let from = from.cloned().unwrap_or_else(|| self.head());
        let lowest = match limit {
            0.. => from.height().saturating_sub(limit),
            _ => -1,
        };
        let mut found = self.find(cid, &from)?;
        if found.is_none()
            && let Some(message) = self.message(cid)?
        {
            found = self.find_successor(cid, &message, &from, allow_replaced)?;
        }
        Ok(found.filter(|found| found.holder.height() > lowest))
    }

    /// A message that is in the store, in the chain or not.
    ///
    /// # Errors
    /// The store fails.
    pub fn message(&self, cid: &Cid) -> Result<Option<Message>, ChainError> {
        let Some(block) = self.store().blocks().block(cid.inner())? else {
            return Ok(None);
        };
        let signed = SignedMessage::from_cbor(&block).map(|signed| signed.message);
        Ok(signed.or_else(|_| Message::from_cbor(&block)).ok())
    }

    /// Looks for exactly this message.
    fn find(&self, cid: &Cid, from: &Arc<TipSet>) -> Result<Option<MessageLookup>, ChainError> {
        let store = self.store();
        let mut tipset = from.clone();
        // The index knows the chain of the head; on a fork it is first walked back to that.
        while !store.is_in_chain(&tipset)? {
            let Some(holder) = store.parent(&tipset)? else {
                return Ok(None);
            };
            let messages = store.messages_in_order(&holder)?;
            for (place, message) in messages.iter().flatten().enumerate() {
                if message.cid()? == *cid {
                    return self.lookup(*cid, holder, tipset, place);
                }
            }
            tipset = holder;
        }
        let Some(found) = store.search_message(cid)? else {
            return Ok(None);
        };
        let executed = found.executed;
        let executed = executed.filter(|executed| executed.tipset.height() <= tipset.height());
        Ok(executed.map(|executed| MessageLookup {
            message: *cid,
            holder: found.tipset,
            tipset: executed.tipset,
            receipt: executed.receipt,
        }))
    }

    /// Looks for the message that has this one's sender and nonce.
    fn find_successor(
        &self,
        cid: &Cid,
        message: &Message,
        from: &Arc<TipSet>,
        allow_replaced: bool,
    ) -> Result<Option<MessageLookup>, ChainError> {
        let store = self.store();
        // Nonces only grow, so the tipset that used this one up is found by halving.
        let used_up = |tipset: &TipSet| -> Result<bool, ChainError> {
            let actor = self.state_before(tipset)?.actor(&message.from)?;
            Ok(actor.is_some_and(|actor| actor.sequence > message.nonce))
        };
        if from.height() == 0 || !used_up(from)? {
            return Ok(None);
        }
        let (mut low, mut high) = (1, from.height());
        let mut tipset = from.clone();
        while low < high {
            let middle = low + (high - low) / 2;
            let above = store.tipset_by_height(middle, Some(from), NullRound::After)?;
            if used_up(&above)? {
                high = middle;
                tipset = above;
            } else {
                low = above.height() + 1;
            }
        }
        let Some(holder) = store.parent(&tipset)? else {
            return Ok(None);
        };
        let state = StateReader::open(store.blocks(), &tipset.parent_state())?;
        let sender = state.lookup_id(&message.from)?;
        let messages = store.messages_in_order(&holder)?;
        for (place, included) in messages.iter().flatten().enumerate() {
            let other = included.message();
            if other.nonce != message.nonce || state.lookup_id(&other.from)? != sender {
                continue;
            }
            let by = included.cid()?;
            if by != *cid && !(allow_replaced && same_call(message, other)) {
                let (cid, by) = (Box::new(*cid), Box::new(by));
                return Err(ChainError::Replaced { cid, by });
            }
            return self.lookup(by, holder, tipset, place);
        }
        Ok(None)
    }

    fn lookup(
        &self,
        message: Cid,
        holder: Arc<TipSet>,
        tipset: Arc<TipSet>,
        place: usize,
    ) -> Result<Option<MessageLookup>, ChainError> {
        let receipts = self.store().receipts(&tipset.parent_receipts())?;
        let what = "receipt of message";
        let receipt = receipts.into_iter().nth(place);
        let receipt = receipt.ok_or(StoreError::Missing { what, cid: message })?;
        Ok(Some(MessageLookup {
            message,
            holder,
            tipset,
            receipt,
        }))
    }

    /// Waits until a message has been executed, and `confidence` epochs lie above that (Lotus's
    /// `StateWaitMsg`; of more than the chain's finality, 900, no more are waited for). The other
    /// parameters are those of [`Chain::search_message`].
    ///
    /// Where blocks are made when messages come, as many as are waited for are made at once.
    /// Needs a tokio runtime. Dropping the future gives up.
    ///
    /// # Errors
    /// [`ChainError::UnknownMessage`] if nobody has seen it; or as [`Chain::search_message`].
    pub async fn wait_message(
        &self,
        cid: Cid,
        confidence: u64,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<MessageLookup, ChainError> {
        let confidence = i64::try_from(confidence).map_or(FINALITY, |most| most.min(FINALITY));
        let mut changes = self.subscribe();
        loop {
            let chain = self.clone();
            let look = move || {
                let found = chain.search_message(&cid, None, limit, allow_replaced)?;
                if found.is_none() && chain.message(&cid)?.is_none() {
                    return Err(ChainError::UnknownMessage(cid));
                }
                Ok(found)
            };
            let found = tokio::task::spawn_blocking(look).await;
            if let Some(found) = found.map_err(|_| ChainError::Closed)?? {
                let height = found.tipset.height().saturating_add(confidence);
                if self.head().height() >= height {
                    return Ok(found);
                }
                self.want(height);
            }
            match changes.recv().await {
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Err(ChainError::Closed),
            }
            // One look is enough for all that has happened meanwhile.
            while changes.try_recv().is_ok() {}
        }
    }

    /// Asks for blocks up to a height, where they are made on demand.
    fn want(&self, height: i64) {
        self.0.wanted.send_if_modified(|wanted| {
            let more = height > *wanted;
            *wanted = height.max(*wanted);
            more
        });
    }

    /// The height up to which somebody waits for blocks.
    pub(crate) fn wanted(&self) -> tokio::sync::watch::Receiver<i64> {
        self.0.wanted.subscribe()
    }
}

/// Whether two messages do the same, for whatever gas (Lotus `Message.EqualCall`).
fn same_call(one: &Message, other: &Message) -> bool {
    let free = |message: &Message| Message {
        gas_limit: 0,
        gas_fee_cap: Default::default(),
        gas_premium: Default::default(),
        ..message.clone()
    };
    free(one) == free(other)
}
