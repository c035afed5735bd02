//! Transactions that are only tried. To a contract they need the EVM.

use std::sync::Arc;

use fvm_ipld_encoding::strict_bytes::ByteBuf;
use fvm_ipld_encoding::to_vec;
use fvm_shared::error::ExitCode;
use lotus_chain::estimate::EstimateError;
use lotus_chain::mempool::BLOCK_GAS_LIMIT;
use lotus_core::Error;
use lotus_core::types::{Address, Bytes, EthBytes, EthCall, EthUint64, Message, TipSet};

use super::{filecoin, is_contract};
use crate::chain::Chain;
use crate::chain::pool::no_estimate;
use crate::node::unserved;

/// `InvokeContract`, the method by which contracts are called (FRC-0042).
const INVOKE_CONTRACT: u64 = 3_844_450_837;
/// Who calls if nobody is named: the system.
const SYSTEM: Address = Address::new_id(0);

/// The message that a transaction would be.
///
/// # Errors
/// It makes a contract or calls one.
fn message(
    chain: &dyn Chain,
    call: &EthCall,
    tipset: &Arc<TipSet>,
    method: &'static str,
) -> Result<Message, Error> {
    let Some(to) = &call.to else {
        return unserved(method);
    };
    let to = filecoin(to)?;
    let state = chain.state_at(&chain.outcome(tipset)?.state)?;
    let receiver = state.actor(&to).map_err(Error::other)?;
    if receiver.as_ref().is_some_and(is_contract) {
        return unserved(method);
    }
    let params = match call.data.is_empty() {
        true => Vec::new(),
        false => to_vec(&ByteBuf(call.data.0.clone())).map_err(Error::other)?,
    };
    let from = call.from.as_ref().map(filecoin).transpose()?;
    Ok(Message {
        to,
        from: from.unwrap_or(SYSTEM),
        value: call.value.to_amount(),
        method: INVOKE_CONTRACT,
        params: Bytes(params),
        gas_limit: BLOCK_GAS_LIMIT.cast_signed(),
        ..Message::default()
    })
}

/// What a transaction returns on top of a block.
///
/// # Errors
/// It fails, or needs the EVM.
pub(super) fn execute(
    chain: &dyn Chain,
    call: &EthCall,
    tipset: &Arc<TipSet>,
) -> Result<EthBytes, Error> {
    let mut message = message(chain, call, tipset, "Filecoin.EthCall")?;
    // As in Lotus, somebody who is not on the chain can try something too.
    let state = chain.state_at(&chain.outcome(tipset)?.state)?;
    if state.actor(&message.from).map_err(Error::other)?.is_none() {
        message.from = SYSTEM;
    }
    let called = chain.call(message, tipset)?;
    let receipt = called.msg_rct.unwrap_or_default();
    if receipt.exit_code != 0 {
        return Err(no_estimate(EstimateError::Failed {
            exit_code: ExitCode::new(receipt.exit_code),
            error: called.error,
            data: receipt.r#return.into_vec(),
        }));
    }
    if receipt.r#return.is_empty() {
        return Ok(EthBytes::default());
    }
    let returned: ByteBuf =
        fvm_ipld_encoding::from_slice(&receipt.r#return).map_err(Error::other)?;
    Ok(EthBytes(returned.0))
}

/// The gas limit that a transaction needs on top of a block.
///
/// # Errors
/// It fails, or needs the EVM.
pub(super) fn estimate(
    chain: &dyn Chain,
    call: &EthCall,
    tipset: &Arc<TipSet>,
) -> Result<EthUint64, Error> {
    let message = Message {
        gas_limit: 0,
        ..message(chain, call, tipset, "Filecoin.EthEstimateGas")?
    };
    let estimator = chain.pool()?.estimator();
    let complete = estimator.message(message, None, tipset.key());
    let complete = complete.map_err(|error| match no_estimate(error) {
        Error::Other(why) => Error::Other(format!("failed to estimate gas: {why}")),
        error => error,
    })?;
    Ok(u64::try_from(complete.gas_limit).unwrap_or_default().into())
}
