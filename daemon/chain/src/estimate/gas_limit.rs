//! The gas that a message uses.

use fvm_shared::address::Protocol;
use fvm_shared::econ;
use fvm_shared::error::ExitCode;
use fvm_shared::message::Message as VmMessage;
use lotus_types::{
    Address, Bytes, Message, Signature, SignatureType, SignedMessage, TipSetKey, TokenAmount,
};

use super::EstimateError;
use crate::mempool::{BLOCK_GAS_LIMIT, MempoolError, MessagePool, View};

/// A fee longer than any that is paid; each byte of a message costs gas, also those of its fees.
const LONG_FEE: u64 = u64::MAX;

pub(super) fn estimate(
    view: &dyn View,
    pool: &MessagePool,
    message: &Message,
    tipset: &TipSetKey,
) -> Result<i64, EstimateError> {
    estimate_after(view, pool, &[], message, tipset)
}

/// The gas of `message` after those of its sender that wait, and `before`.
pub(super) fn estimate_after(
    view: &dyn View,
    pool: &MessagePool,
    before: &[Message],
    message: &Message,
    tipset: &TipSetKey,
) -> Result<i64, EstimateError> {
    let tipset = view.tipset(tipset)?;
    let account = view.account(&message.from, &tipset)?;
    let account = account.ok_or(MempoolError::NoSender(message.from))?;
    let key = account.key.ok_or(MempoolError::NotASender(message.from))?;
    let mut nonce = account.nonce;
    let mut messages = Vec::new();
    let (pending, _) = pool.pending_filter(|sender| *sender == key);
    for waits in pending {
        let waits = waits.message;
        if waits.nonce == nonce {
            messages.push(prepared(waits, &key, nonce)?);
            nonce += 1;
        }
    }
    for earlier in before.iter().filter(|other| other.from == message.from) {
        messages.push(prepared(earlier.clone(), &key, nonce)?);
        nonce += 1;
    }
    let mut last = message.clone();
    last.gas_limit = BLOCK_GAS_LIMIT.cast_signed();
    last.gas_fee_cap = TokenAmount::default();
    last.gas_premium = TokenAmount::default();
    messages.push(prepared(last, &key, nonce)?);

    let applied = view.simulate(&tipset, messages)?;
    let Some(applied) = applied.last() else {
        return Err(EstimateError::OutOfGas);
    };
    let receipt = &applied.receipt;
    match receipt.exit_code {
        ExitCode::OK => Ok(i64::try_from(receipt.gas_used).unwrap_or(i64::MAX)),
        ExitCode::SYS_OUT_OF_GAS => Err(EstimateError::OutOfGas),
        exit_code => Err(EstimateError::Failed {
            exit_code,
            error: applied.error.clone().unwrap_or_default(),
            data: receipt.return_data.to_vec(),
        }),
    }
}

/// A message as the machine takes it, and the length that it would have on the chain.
fn prepared(
    mut message: Message,
    key: &Address,
    nonce: u64,
) -> Result<(VmMessage, usize), EstimateError> {
    message.nonce = nonce;
    let length = chain_length(message.clone(), key)?;
    let bytes = message.to_cbor()?;
    let message = fvm_ipld_encoding::from_slice(&bytes)
        .map_err(|error| EstimateError::Message(error.into()))?;
    Ok((message, length))
}

/// At least the length that a message will have on the chain when its fees are known and it is
/// signed by `key`.
fn chain_length(mut message: Message, key: &Address) -> Result<usize, EstimateError> {
    let long = econ::TokenAmount::from_atto(LONG_FEE);
    for fee in [&mut message.gas_fee_cap, &mut message.gas_premium] {
        if *fee.inner() < long {
            *fee = long.clone().into();
        }
    }
    let signature_type = match key.protocol() {
        // Aggregated in the block.
        Some(Protocol::BLS) => return Ok(message.to_cbor()?.len()),
        Some(Protocol::Delegated) => SignatureType::Delegated,
        _ => SignatureType::Secp256k1,
    };
    let signature = Signature {
        signature_type,
        data: Bytes(vec![0; 65]),
    };
    Ok(SignedMessage { message, signature }.to_cbor()?.len())
}
