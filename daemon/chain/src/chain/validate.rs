//! Blocks from elsewhere: nothing of them is believed (Lotus `chain/consensus/filcns/filecoin.go`,
//! `ValidateBlock`).

use std::sync::Arc;

use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::address::Protocol;
use lotus_types::{
    Address, BlockHeader, BlockMsg, Cid, Message, SignatureType, SignedMessage, TipSet, TipSetKey,
};

use super::inclusion::Inclusion;
use super::refused::Refused;
use super::{Chain, ChainError, beacon, election, make};
use crate::keys::{self, VerifyMessageError};
use crate::mempool::BLOCK_MESSAGE_LIMIT;
use crate::store::state::StateReader;
use crate::store::{ChainBlockstore, StoreError, put_messages};

/// How many epochs back the chain does not change any more (Lotus `ChainFinality`).
pub const FINALITY: i64 = 900;

impl From<Refused> for ChainError {
    fn from(refused: Refused) -> ChainError {
        ChainError::Refused(Box::new(refused))
    }
}

/// What a block has that every block must have.
struct Parts<'a> {
    header: &'a BlockHeader,
    ticket: &'a [u8],
    election: &'a lotus_types::ElectionProof,
    aggregate: &'a lotus_types::Signature,
    signature: &'a lotus_types::Signature,
}

impl<'a> Parts<'a> {
    fn of(block: &'a BlockMsg) -> Result<Parts<'a>, ChainError> {
        let header = block.header.as_ref().ok_or(Refused::Lacks("Header"))?;
        let ticket = header.ticket.as_ref().ok_or(Refused::Lacks("Ticket"))?;
        let election = header.election_proof.as_ref();
        let aggregate = header.bls_aggregate.as_ref();
        let signature = header.block_sig.as_ref();
        if header.miner.protocol() != Some(Protocol::ID) {
            return Err(Refused::MinerAddress(header.miner).into());
        }
        if !header.win_po_st_proof.is_empty() {
            return Err(Refused::Proofs.into());
        }
        Ok(Parts {
            header,
            ticket: &ticket.vrf_proof,
            election: election.ok_or(Refused::Lacks("ElectionProof"))?,
            aggregate: aggregate.ok_or(Refused::Lacks("BLSAggregate"))?,
            signature: signature.ok_or(Refused::Lacks("BlockSig"))?,
        })
    }
}

impl Chain {
    /// Takes a block into the chain (Lotus's `SyncSubmitBlock`), of which everything is verified. Its
    /// messages must be in the store. Returns the new head, if the block made the head move.
    ///
    /// # Errors
    /// [`ChainError::Refused`] if it is not valid: then the chain is as it was.
    pub fn submit_block(&self, block: &BlockMsg) -> Result<Option<Arc<TipSet>>, ChainError> {
        let parts = Parts::of(block)?;
        let header = parts.header;
        let parents = self.check_place(header)?;
        let state = self.check_parents(header, &parents)?;
        self.check_miner(&parts, &parents, &state)?;
        let (bls, secp) = self.read_messages(block)?;
        self.check_messages(&parts, &bls, &secp)?;
        put_messages(self.store().blocks(), &bls, &secp)?;
        self.accept(header)
    }

    /// Where it is in the chain.
    fn check_place(&self, header: &BlockHeader) -> Result<Arc<TipSet>, ChainError> {
        let key = TipSetKey(header.parents.clone());
        let parents = match self.store().tipset(&key) {
            Ok(parents) => parents,
            Err(StoreError::Failed { place, why }) => {
                return Err(StoreError::Failed { place, why }.into());
            }
            Err(_) => return Err(Refused::Parents(key).into()),
        };
        make::check_epoch(header.height, &parents)
            .map_err(|error| Refused::Epoch(error.to_string()))?;
        let head = self.head().height();
        if header.height < head - FINALITY {
            let height = header.height;
            let finality = FINALITY;
            return Err(Refused::Final {
                height,
                head,
                finality,
            }
            .into());
        }
        let wanted = self.timestamp(&parents, header.height);
        if header.timestamp != wanted {
            let got = header.timestamp;
            return Err(Refused::Timestamp { wanted, got }.into());
        }
        Ok(parents)
    }

    /// What it says of its parents.
    fn check_parents(
        &self,
        header: &BlockHeader,
        parents: &Arc<TipSet>,
    ) -> Result<StateReader<ChainBlockstore>, ChainError> {
        let wanted = self.weight(parents)?;
        if header.parent_weight != wanted {
            let got = header.parent_weight.clone();
            return Err(Refused::Weight { wanted, got }.into());
        }
        let wanted = self.base_fee(parents)?;
        if header.parent_base_fee != wanted {
            let got = header.parent_base_fee.clone();
            return Err(Refused::BaseFee { wanted, got }.into());
        }
        let execution = self.executed(parents)?;
        let (wanted, got) = (execution.state, header.parent_state_root);
        if got != wanted {
            return Err(Refused::State { wanted, got }.into());
        }
        let (wanted, got) = (execution.receipts, header.parent_message_receipts);
        if got != wanted {
            return Err(Refused::Receipts { wanted, got }.into());
        }
        self.state(parents)
    }

    /// Whether its miner made it, and could.
    fn check_miner(
        &self,
        parts: &Parts<'_>,
        parents: &TipSet,
        state: &StateReader<ChainBlockstore>,
    ) -> Result<(), ChainError> {
        let header = parts.header;
        let miner = &header.miner;
        let worker = self.worker_key(&header.parent_state_root, miner)?;
        let worker = worker.ok_or(Refused::Miner(*miner))?;
        let entries = beacon::entries(parents, header.height);
        if header.beacon_entries != entries {
            return Err(Refused::Beacon.into());
        }
        let entry = entries.last().cloned();
        let entry = entry.unwrap_or_else(|| beacon::last(parents));

        let wrong = |what| move |why| ChainError::from(Refused::Signature { what, why });
        keys::verify(parts.signature, &worker, &header.signing_bytes()?)
            .map_err(wrong("signature"))?;
        let input = election::election_input(miner, header.height, &entry)?;
        election::verify(&worker, &input, &parts.election.vrf_proof)
            .map_err(wrong("election proof"))?;
        let power = self.power(state, miner)?;
        let wanted = election::wins(&parts.election.vrf_proof, &power);
        let got = parts.election.win_count;
        if wanted < 1 || got != wanted {
            return Err(Refused::WinCount { wanted, got }.into());
        }
        let input = election::ticket_input(miner, parents, header.height, &entry)?;
        election::verify(&worker, &input, parts.ticket).map_err(wrong("ticket"))
    }

    /// The messages that it was submitted with, which must be those that its header names.
    fn read_messages(
        &self,
        block: &BlockMsg,
    ) -> Result<(Vec<Message>, Vec<SignedMessage>), ChainError> {
        let (bls, secp) = (&block.bls_messages, &block.secpk_messages);
        if bls.len().saturating_add(secp.len()) > BLOCK_MESSAGE_LIMIT {
            return Err(Refused::Count.into());
        }
        let read = |cid: &Cid| -> Result<Vec<u8>, ChainError> {
            let found = self.store().blocks().block(cid.inner())?;
            let why = "it is not here; push it first".to_owned();
            Ok(found.ok_or(Refused::NoMessage { cid: *cid, why })?)
        };
        let wrong = |cid: &Cid, error: lotus_types::MessageError| {
            let (cid, why) = (*cid, error.to_string());
            ChainError::from(Refused::NoMessage { cid, why })
        };
        let bls = bls
            .iter()
            .map(|cid| Message::from_cbor(&read(cid)?).map_err(|error| wrong(cid, error)));
        let bls = bls.collect::<Result<Vec<_>, _>>()?;
        let secp = secp
            .iter()
            .map(|cid| SignedMessage::from_cbor(&read(cid)?).map_err(|error| wrong(cid, error)));
        let secp = secp.collect::<Result<Vec<_>, _>>()?;

        // In a store of its own: what is refused leaves nothing behind.
        let wanted = put_messages(&MemoryBlockstore::default(), &bls, &secp)?;
        let got = block
            .header
            .as_ref()
            .map_or(wanted, |header| header.messages);
        if got != wanted {
            return Err(Refused::Messages { wanted, got }.into());
        }
        Ok((bls, secp))
    }

    /// Whether its messages may be in it, and are signed by their senders.
    fn check_messages(
        &self,
        parts: &Parts<'_>,
        bls: &[Message],
        secp: &[SignedMessage],
    ) -> Result<(), ChainError> {
        let state = &parts.header.parent_state_root;
        let mut inclusion = Inclusion::new(self.store().blocks(), state)?;
        let mut fits = |message: &Message, cid: Cid, length| -> Result<Address, ChainError> {
            let added = inclusion.add(message, length)?;
            Ok(added.map_err(|why| Refused::Message { cid, why })?)
        };
        let mut signed_by = Vec::with_capacity(bls.len());
        for message in bls {
            let cid = message.cid()?;
            let key = fits(message, cid, message.to_cbor()?.len())?;
            signed_by.push((key, cid.to_bytes()));
        }
        keys::verify_aggregate(parts.aggregate, &signed_by).map_err(Refused::Aggregate)?;
        for signed in secp {
            let cid = signed.cid()?;
            let key = fits(&signed.message, cid, signed.to_cbor()?.len())?;
            let kind = signed.signature.signature_type;
            let verified = if kind == SignatureType::Bls || !make::signs_as(&key, signed) {
                let why = keys::VerifyError::Mismatch(key);
                Err(VerifyMessageError::Signature(why))
            } else {
                keys::verify_message(signed, &key, self.chain_id())
            };
            verified.map_err(|why| Refused::MessageSignature { cid, why })?;
        }
        Ok(())
    }
}
