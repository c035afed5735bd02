//! New blocks (Lotus `chain/consensus/filcns/mine.go`).

use std::sync::Arc;

use fvm_shared::address::Protocol;
use lotus_types::{
    Address, BlockHeader, BlockMsg, BlockTemplate, Message, Signature, SignatureType,
    SignedMessage, TipSet,
};

use super::base_fee::BLOCK_GAS_LIMIT;
use super::inclusion::Inclusion;
use super::{Chain, ChainError, MessageSource, beacon, election};
use crate::keys::{self, Key};
use crate::store::put_messages;

/// How many rounds between two tipsets may be null: a day's at 30 seconds. Executing the next tipset
/// runs cron for each.
pub const MAX_NULL_ROUNDS: i64 = 2880;

/// Whether an epoch can follow a tipset.
pub(crate) fn check_epoch(epoch: i64, parents: &TipSet) -> Result<(), ChainError> {
    let parent = parents.height();
    let ahead = epoch.checked_sub(parent);
    if ahead.is_some_and(|ahead| (1..=MAX_NULL_ROUNDS + 1).contains(&ahead)) {
        return Ok(());
    }
    let most = MAX_NULL_ROUNDS;
    Err(ChainError::Epoch {
        epoch,
        parent,
        most,
    })
}

/// The bytes that a message has on the chain.
pub(super) fn chain_length(signed: &SignedMessage) -> Result<usize, ChainError> {
    Ok(match signed.signature.signature_type {
        SignatureType::Bls => signed.message.to_cbor()?.len(),
        SignatureType::Secp256k1 | SignatureType::Delegated => signed.to_cbor()?.len(),
    })
}

impl Chain {
    /// The time of a block: that of its parents, and a block delay for each epoch since.
    pub fn timestamp(&self, parents: &TipSet, epoch: i64) -> u64 {
        let epochs = u64::try_from(epoch - parents.height()).unwrap_or_default();
        let since = epochs.saturating_mul(self.block_delay());
        parents.min_timestamp().saturating_add(since)
    }

    /// Makes a block of a template: executes the parents, and fills in what a miner cannot know
    /// (Lotus's `MinerCreateBlock`). `sign` gets the worker's address and the bytes that it signs.
    /// The block is not part of the chain until it is submitted.
    ///
    /// # Errors
    /// The parents are not here, the miner is none, a BLS signature is malformed, or `sign` fails.
    pub fn create_block(
        &self,
        template: &BlockTemplate,
        sign: impl FnOnce(&Address, &[u8]) -> Result<Signature, String>,
    ) -> Result<BlockMsg, ChainError> {
        let parents = self.store().tipset(&template.parents)?;
        check_epoch(template.epoch, &parents)?;
        let execution = self.executed(&parents)?;
        let worker = self.worker_key(&execution.state, &template.miner)?;
        let worker = worker.ok_or(ChainError::NotAMiner(template.miner))?;

        let (bls, secp): (Vec<_>, Vec<_>) = template
            .messages
            .iter()
            .cloned()
            .partition(|signed| signed.signature.signature_type == SignatureType::Bls);
        let aggregate = keys::aggregate(bls.iter().map(|signed| &signed.signature))
            .map_err(|error| ChainError::Sign(error.to_string()))?;
        let bls: Vec<Message> = bls.into_iter().map(|signed| signed.message).collect();
        let mut header = BlockHeader {
            miner: template.miner,
            ticket: template.ticket.clone(),
            election_proof: template.eproof.clone(),
            beacon_entries: template.beacon_values.clone(),
            win_po_st_proof: template.winning_po_st_proof.clone(),
            parents: template.parents.cids().to_vec(),
            parent_weight: self.weight(&parents)?,
            height: template.epoch,
            parent_state_root: execution.state,
            parent_message_receipts: execution.receipts,
            messages: put_messages(self.store().blocks(), &bls, &secp)?,
            bls_aggregate: Some(aggregate),
            timestamp: template.timestamp,
            block_sig: None,
            fork_signaling: 0,
            parent_base_fee: self.base_fee(&parents)?,
        };
        let signature = sign(&worker, &header.signing_bytes()?).map_err(ChainError::Sign)?;
        header.block_sig = Some(signature);
        let bls = bls.iter().map(Message::cid).collect::<Result<_, _>>()?;
        let secp = secp
            .iter()
            .map(SignedMessage::cid)
            .collect::<Result<_, _>>()?;
        Ok(BlockMsg {
            header: Some(header),
            bls_messages: bls,
            secpk_messages: secp,
        })
    }

    /// The messages that a block on top of a tipset takes from a source.
    pub(crate) fn choose(
        &self,
        source: &dyn MessageSource,
        parents: &Arc<TipSet>,
    ) -> Result<Vec<SignedMessage>, ChainError> {
        let base_fee = self.base_fee(parents)?;
        let offered = source.select(parents, &base_fee, BLOCK_GAS_LIMIT);
        if offered.is_empty() {
            return Ok(offered);
        }
        let state = self.executed(parents)?.state;
        let mut inclusion = Inclusion::new(self.store().blocks(), &state)?;
        let mut chosen = Vec::with_capacity(offered.len());
        for signed in offered {
            match inclusion.add(&signed.message, chain_length(&signed)?)? {
                Ok(key) if signs_as(&key, &signed) => chosen.push(signed),
                Ok(_) => {
                    // Its nonce is used up now; whatever follows it will not fit either.
                    tracing::warn!(message = %signed.cid()?, "left out: another kind of key signed it");
                }
                Err(unfit) => {
                    tracing::debug!(message = %signed.cid()?, %unfit, "left out of a block");
                }
            }
        }
        Ok(chosen)
    }

    /// Makes a block with these messages on top of the head, `null_rounds` epochs later than need
    /// be, and moves the head to it. `None` if the miner has not won.
    pub(crate) fn extend(
        &self,
        miner: &Address,
        key: &Key,
        parents: &Arc<TipSet>,
        null_rounds: i64,
        messages: Vec<SignedMessage>,
    ) -> Result<Option<Arc<TipSet>>, ChainError> {
        let epoch = parents
            .height()
            .saturating_add(1)
            .saturating_add(null_rounds);
        check_epoch(epoch, parents)?;
        let state = self.state(parents)?;
        let id = state
            .lookup_id(miner)?
            .ok_or(ChainError::NotAMiner(*miner))?;
        let miner = Address::new_id(id);
        let sign = |bytes: &[u8]| key.sign(bytes).map_err(|error| error.to_string());
        let beacon_values = beacon::entries(parents, epoch);
        let entry = beacon_values.last().cloned();
        let entry = entry.unwrap_or_else(|| beacon::last(parents));
        let power = self.power(&state, &miner)?;
        let (ticket, eproof) = election::draw(&miner, parents, epoch, &entry, &power, |bytes| {
            let signature = sign(bytes).map_err(ChainError::Sign)?;
            Ok(signature.data.into_vec())
        })?;
        let Some(eproof) = eproof else {
            return Ok(None);
        };
        let template = BlockTemplate {
            miner,
            parents: parents.key().clone(),
            ticket: Some(ticket),
            eproof: Some(eproof),
            beacon_values,
            messages,
            epoch,
            timestamp: self.timestamp(parents, epoch),
            winning_po_st_proof: Vec::new(),
        };
        let block = self.create_block(&template, |worker, bytes| {
            if *worker != key.address() {
                return Err(format!(
                    "{miner} signs with {worker}, not with {}",
                    key.address()
                ));
            }
            sign(bytes)
        })?;
        match &block.header {
            Some(header) => self.accept(header),
            None => Ok(None),
        }
    }
}

/// Whether a signature is of the kind that the key makes.
pub(super) fn signs_as(key: &Address, signed: &SignedMessage) -> bool {
    matches!(
        (key.protocol(), signed.signature.signature_type),
        (Some(Protocol::Secp256k1), SignatureType::Secp256k1)
            | (Some(Protocol::BLS), SignatureType::Bls)
            | (Some(Protocol::Delegated), SignatureType::Delegated)
    )
}
