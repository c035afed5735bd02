//! Messages as the virtual machine has them.

use fvm_ipld_encoding::RawBytes;
use fvm_shared::message::Message as FvmMessage;
use lotus_types::{Message, MessageError};

use super::ChainError;
use crate::store;
use crate::vm::executor;

/// The message as the virtual machine has it.
pub(super) fn message(message: &Message) -> Result<FvmMessage, ChainError> {
    let address = |name, address: &lotus_types::Address| {
        let inner = address.inner().copied();
        inner.ok_or(MessageError::UndefinedAddress(name))
    };
    let gas_limit = u64::try_from(message.gas_limit);
    Ok(FvmMessage {
        version: message.version,
        from: address("From", &message.from)?,
        to: address("To", &message.to)?,
        sequence: message.nonce,
        value: message.value.inner().clone(),
        method_num: message.method,
        params: RawBytes::new(message.params.to_vec()),
        gas_limit: gas_limit.map_err(|_| ChainError::NegativeGasLimit)?,
        gas_fee_cap: message.gas_fee_cap.inner().clone(),
        gas_premium: message.gas_premium.inner().clone(),
    })
}

/// A message in a block as the virtual machine has it.
pub(super) fn chain_message(
    included: &store::ChainMessage,
) -> Result<executor::ChainMessage, ChainError> {
    Ok(executor::ChainMessage {
        message: message(included.message())?,
        chain_length: included.to_cbor()?.len(),
    })
}
