//! What a message will cost: its gas, and what to pay for it (Lotus `node/impl/gasutils`).

mod fee_cap;
mod gas_limit;
mod premium;

use std::sync::Arc;

use fvm_shared::econ;
use fvm_shared::error::ExitCode;
use lotus_types::{Address, Message, MessageError, MessageSendSpec, TipSetKey, TokenAmount};

use crate::mempool::{MempoolError, MessagePool, View, ViewError};
use crate::vm::exit_code::Named;

/// In how many epochs a message that names no premium shall be in a block.
const EPOCHS_UNTIL_INCLUDED: u64 = 10;

/// Through how many epochs of a rising base fee a message that names no fee cap shall last.
const EPOCHS_OF_RISING_FEES: i64 = 20;

/// Why there is no estimate.
#[derive(Debug, thiserror::Error)]
pub enum EstimateError {
    /// The message ran out of gas with that of a whole block.
    #[error("call ran out of gas")]
    OutOfGas,
    /// The message failed.
    #[error(
        "message execution failed (exit=[{}], revert reason=[none], vm error=[{error}])",
        Named(*exit_code)
    )]
    Failed {
        /// How.
        exit_code: ExitCode,
        /// Why.
        error: String,
        /// What it returned nevertheless.
        data: Vec<u8>,
    },
    /// The message has no binary form.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The sender cannot send messages.
    #[error(transparent)]
    Mempool(#[from] MempoolError),
    /// The chain could not be asked.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// Estimates what messages will cost.
#[derive(Debug, Clone)]
pub struct Estimator {
    view: Arc<dyn View>,
    pool: Arc<MessagePool>,
    default_max_fee: TokenAmount,
    prices: Arc<premium::Prices>,
}

impl Estimator {
    /// Estimates on `view` and what waits in `pool`. What a message that names no limit may cost
    /// altogether is `default_max_fee`, in attoFIL (Lotus `Fees.DefaultMaxFee`).
    pub fn new(
        view: Arc<dyn View>,
        pool: Arc<MessagePool>,
        default_max_fee: TokenAmount,
    ) -> Estimator {
        Estimator {
            view,
            pool,
            default_max_fee,
            prices: Arc::default(),
        }
    }

    pub(crate) fn pool(&self) -> &Arc<MessagePool> {
        &self.pool
    }

    /// The gas that a message uses, in gas units, after those of its sender that wait already;
    /// never less than it uses then. Its nonce, its gas limit and its fees do not matter.
    ///
    /// # Errors
    /// The message would fail, or its sender cannot send it.
    pub fn gas_limit(&self, message: &Message, tipset: &TipSetKey) -> Result<i64, EstimateError> {
        gas_limit::estimate(self.view.as_ref(), &self.pool, message, tipset)
    }

    /// The premium, in attoFIL per unit of gas, with which a message is likely to be in a block
    /// within so many epochs: what it took to be in the better paid half of the blocks of twice as
    /// many tipsets before this one. It is the same for every sender and gas limit.
    ///
    /// Lotus adds some noise, so that not all nodes name the same; here there is only one.
    ///
    /// # Errors
    /// The tipset or one before it is not here.
    pub fn premium(
        &self,
        epochs_until_included: u64,
        tipset: &TipSetKey,
    ) -> Result<TokenAmount, EstimateError> {
        let view = self.view.as_ref();
        let premium = self.prices.estimate(view, epochs_until_included, tipset)?;
        Ok(premium.into())
    }

    /// A fee cap, in attoFIL per unit of gas, that lasts for so many epochs even if the base fee
    /// rises as fast as it can, and leaves room for the message's premium.
    ///
    /// # Errors
    /// The tipset is not here.
    pub fn fee_cap(
        &self,
        message: &Message,
        epochs: i64,
        tipset: &TipSetKey,
    ) -> Result<TokenAmount, EstimateError> {
        let tipset = self.view.tipset(tipset)?;
        let in_future = fee_cap::after(tipset.base_fee().inner(), epochs);
        Ok((in_future + message.gas_premium.inner()).into())
    }

    /// The message with estimates where its gas limit, premium and fee cap are 0. What it may cost
    /// stays below the limit of `spec`, or the default.
    ///
    /// # Errors
    /// As [`Estimator::gas_limit`].
    pub fn message(
        &self,
        message: Message,
        spec: Option<&MessageSendSpec>,
        tipset: &TipSetKey,
    ) -> Result<Message, EstimateError> {
        let mut done = self.messages(vec![message], spec, tipset)?;
        // One in, one out.
        Ok(done.pop().unwrap_or_default())
    }

    /// [`Estimator::message`] for messages that are sent one after the other, so that each may need
    /// what those before it do.
    ///
    /// # Errors
    /// As [`Estimator::gas_limit`], for the first that fails.
    pub fn messages(
        &self,
        mut messages: Vec<Message>,
        spec: Option<&MessageSendSpec>,
        tipset: &TipSetKey,
    ) -> Result<Vec<Message>, EstimateError> {
        let overestimation = self.pool.config().gas_limit_overestimation;
        for index in 0..messages.len() {
            let (before, rest) = messages.split_at_mut(index);
            let Some(message) = rest.first_mut() else {
                break;
            };
            if message.gas_limit == 0 {
                let view = self.view.as_ref();
                let gas = gas_limit::estimate_after(view, &self.pool, before, message, tipset)?;
                message.gas_limit = (gas as f64 * overestimation) as i64;
            }
            if *message.gas_premium.inner() == econ::TokenAmount::default() {
                message.gas_premium = self.premium(EPOCHS_UNTIL_INCLUDED, tipset)?;
            }
            if *message.gas_fee_cap.inner() == econ::TokenAmount::default() {
                message.gas_fee_cap = self.fee_cap(message, EPOCHS_OF_RISING_FEES, tipset)?;
            }
            fee_cap::limit(message, spec, &self.default_max_fee);
        }
        Ok(messages)
    }

    /// The key that signs for a sender.
    ///
    /// # Errors
    /// It cannot send messages.
    pub(crate) fn key(&self, sender: &Address) -> Result<Address, MempoolError> {
        let (key, _) = self.pool.sender_at_head(sender)?;
        Ok(key)
    }
}
