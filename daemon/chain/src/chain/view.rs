//! The chain as the message pool sees it, and the pool as the chain does.

use std::sync::Arc;

use fvm_shared::econ;
use fvm_shared::message::Message as FvmMessage;
use lotus_types::{Address, Cid, SignatureType, SignedMessage, TipSet, TipSetKey, TokenAmount};
use tokio::sync::watch;

use super::{Chain, ChainError, MessageSource};
use crate::keys;
use crate::mempool::select::Space;
use crate::mempool::{Account, BLOCK_MESSAGE_LIMIT, MessagePool, Verifier, View, ViewError};
use crate::store::{ChainMessage, HeadChange};
use crate::vm::{Applied, ApplyKind, VmError};

impl Chain {
    /// Keeps a message by which the chain would know it, so that blocks from elsewhere can name it,
    /// and so that it is known what replaced it (Lotus `ChainStore.PutMessage`). Whoever pushes
    /// messages to the pool puts them here, too.
    ///
    /// # Errors
    /// It has no binary form, or so much waits for the disk that it had to be written, and that
    /// failed.
    pub fn put_message(&self, signed: &SignedMessage) -> Result<Cid, ChainError> {
        let cid = signed.cid()?;
        let cbor = match signed.signature.signature_type {
            SignatureType::Bls => signed.message.to_cbor()?,
            SignatureType::Secp256k1 | SignatureType::Delegated => signed.to_cbor()?,
        };
        self.store().blocks().insert([(*cid.inner(), cbor)])?;
        Ok(cid)
    }
}

impl From<ChainError> for ViewError {
    fn from(error: ChainError) -> ViewError {
        match error {
            ChainError::Store(error) => ViewError::Store(error),
            ChainError::Vm(error) => ViewError::Vm(error),
            other => ViewError::Vm(VmError::Message(other.to_string())),
        }
    }
}

impl View for Chain {
    fn tipset(&self, key: &TipSetKey) -> Result<Arc<TipSet>, ViewError> {
        Ok(Chain::tipset(self, key)?)
    }

    fn parent(&self, tipset: &TipSet) -> Result<Option<Arc<TipSet>>, ViewError> {
        Ok(self.store().parent(tipset)?)
    }

    fn path(&self, from: &Arc<TipSet>, to: &Arc<TipSet>) -> Result<HeadChange, ViewError> {
        Ok(self.store().path(from, to)?)
    }

    fn messages(&self, tipset: &TipSet) -> Result<Vec<ChainMessage>, ViewError> {
        let messages = self.store().messages_in_order(tipset)?;
        Ok(messages.iter().flatten().cloned().collect())
    }

    fn account(&self, address: &Address, after: &TipSet) -> Result<Option<Account>, ViewError> {
        let execution = self.executed(after)?;
        Ok(Account::read(
            self.store().blocks(),
            &execution.state,
            address,
        )?)
    }

    fn execute(&self, tipset: &TipSet) -> Result<(), ViewError> {
        self.executed(tipset)?;
        Ok(())
    }

    fn base_fee(&self, on: &TipSet) -> Result<econ::TokenAmount, ViewError> {
        Ok(Chain::base_fee(self, on)?.inner().clone())
    }

    fn simulate(
        &self,
        after: &TipSet,
        messages: Vec<(FvmMessage, usize)>,
    ) -> Result<Vec<Applied>, ViewError> {
        let messages = messages.into_iter().map(|(message, chain_length)| {
            let kind = ApplyKind::Explicit { chain_length };
            (message, kind)
        });
        Ok(self.try_out(messages.collect(), after, false)?)
    }
}

impl Verifier for Chain {
    fn verify(&self, message: &SignedMessage, key: &Address) -> Result<(), String> {
        keys::verify_message(message, key, self.chain_id()).map_err(|error| error.to_string())
    }
}

/// What the pool cannot do is logged: the chain goes on without its messages.
impl MessageSource for MessagePool {
    fn select(
        &self,
        base: &Arc<TipSet>,
        base_fee: &TokenAmount,
        gas_limit: i64,
    ) -> Vec<SignedMessage> {
        let space = Space {
            gas: gas_limit.max(0).cast_unsigned(),
            messages: BLOCK_MESSAGE_LIMIT,
        };
        let selected = MessagePool::select(self, base, base_fee.inner(), space);
        selected.unwrap_or_else(|error| {
            tracing::error!(%error, "no messages could be selected for a block");
            Vec::new()
        })
    }

    fn head_changed(&self, change: &HeadChange) {
        if let Err(error) = MessagePool::head_changed(self, change) {
            tracing::error!(%error, "the message pool could not follow the head");
        }
    }

    fn arrivals(&self) -> watch::Receiver<u64> {
        MessagePool::arrivals(self)
    }
}
