//! The chain as the pool sees it.

use std::sync::Arc;

use fvm_shared::econ;
use fvm_shared::message::Message as FvmMessage;
use lotus_chain::chain::{self, ChainError};
use lotus_chain::mempool::{Account, View, ViewError};
use lotus_chain::store::{ChainMessage, HeadChange};
use lotus_chain::vm::{Applied, ApplyKind, VmError};
use lotus_core::types::{Address, Message, TipSet, TipSetKey};

/// The chain on which messages wait.
#[derive(Debug)]
pub(super) struct ChainView(pub(super) chain::Chain);

fn failed(error: ChainError) -> ViewError {
    match error {
        ChainError::Store(error) => error.into(),
        ChainError::Vm(error) => error.into(),
        other => VmError::Message(other.to_string()).into(),
    }
}

impl View for ChainView {
    fn tipset(&self, key: &TipSetKey) -> Result<Arc<TipSet>, ViewError> {
        self.0.tipset(key).map_err(failed)
    }

    fn parent(&self, tipset: &TipSet) -> Result<Option<Arc<TipSet>>, ViewError> {
        Ok(self.0.store().parent(tipset)?)
    }

    fn path(&self, from: &Arc<TipSet>, to: &Arc<TipSet>) -> Result<HeadChange, ViewError> {
        Ok(self.0.store().path(from, to)?)
    }

    fn messages(&self, tipset: &TipSet) -> Result<Vec<ChainMessage>, ViewError> {
        let messages = self.0.store().messages_in_order(tipset)?;
        Ok(messages.into_iter().flatten().collect())
    }

    fn account(&self, address: &Address, after: &TipSet) -> Result<Option<Account>, ViewError> {
        let after = self.0.executed(&Arc::new(after.clone()));
        let state = after.map_err(failed)?.state;
        Ok(Account::read(self.0.store().blocks(), &state, address)?)
    }

    fn base_fee(&self, on: &TipSet) -> Result<econ::TokenAmount, ViewError> {
        Ok(self.0.base_fee(on).map_err(failed)?.into())
    }

    fn simulate(
        &self,
        after: &TipSet,
        messages: Vec<(FvmMessage, usize)>,
    ) -> Result<Vec<Applied>, ViewError> {
        let messages: Vec<_> = messages
            .into_iter()
            .map(|(message, chain_length)| (own(message), ApplyKind::Explicit { chain_length }))
            .collect();
        let applied = self.0.simulate(&messages, &Arc::new(after.clone()), false);
        applied.map_err(failed)
    }
}

/// The message as the API has it.
fn own(message: FvmMessage) -> Message {
    Message {
        version: message.version,
        to: message.to.into(),
        from: message.from.into(),
        nonce: message.sequence,
        value: message.value.into(),
        gas_limit: i64::try_from(message.gas_limit).unwrap_or(i64::MAX),
        gas_fee_cap: message.gas_fee_cap.into(),
        gas_premium: message.gas_premium.into(),
        method: message.method_num,
        params: message.params.to_vec().into(),
    }
}
