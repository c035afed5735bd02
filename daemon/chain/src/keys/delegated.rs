//! Delegated keys (`f410f`): a secp256k1 key that signs as an Ethereum account does, over the
//! keccak-256 hash.
//!
//! To sign a Filecoin message is to sign the Ethereum transaction that it stands for: the EIP-1559
//! one whose execution on Filecoin is that message (Lotus `chain/types/ethtypes`, FIP-0055).

use fvm_ipld_encoding::strict_bytes;
use fvm_shared::bigint::{BigInt, Sign};
use k256::ecdsa::{SigningKey, VerifyingKey};
use lotus_types::{Address, Message, TokenAmount};
use rlp::RlpStream;
use sha3::{Digest, Keccak256};

use super::{VerifyError, secp256k1};

/// The Ethereum address manager, which creates contracts: `f010`.
pub(super) const EAM_ACTOR: Address = Address::new_id(10);

/// `CreateExternal` of the Ethereum address manager.
pub(super) const CREATE_EXTERNAL: u64 = 4;

/// `InvokeContract` of an EVM contract: FRC-0042's hash of `InvokeEVM`.
pub(super) const INVOKE_CONTRACT: u64 = 3_844_450_837;

/// The type byte of an EIP-1559 transaction.
pub(super) const EIP_1559: u8 = 2;

/// A message that stands for no Ethereum transaction, so that no delegated key can sign it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// Neither a contract is called nor one is created.
    #[error(
        "invalid methodnum {0}: only allowed method is InvokeContract({INVOKE_CONTRACT}), or \
         CreateExternal({CREATE_EXTERNAL}) of f010; a plain transfer from an f410f address is \
         InvokeContract without params"
    )]
    Method(u64),
    /// The message's version is not 0.
    #[error("unsupported msg version: {0}")]
    Version(u64),
    /// The receiver has no Ethereum address.
    #[error(
        "failed to convert To address {0}: only f0 and f410f addresses have an Ethereum address"
    )]
    Receiver(Address),
    /// The parameters are not exactly one CBOR byte string that is not empty.
    #[error(
        "failed to parse input params: they are one CBOR byte string, or absent if it is empty"
    )]
    Params,
    /// The signature is that of no kind of transaction.
    #[error("a signature of {0} bytes is that of no Ethereum transaction")]
    Signature(usize),
    /// A transaction of old has one price for gas, not two.
    #[error("the fee cap and the premium of a legacy transaction must be equal")]
    TwoPrices,
    /// An amount or the gas limit is below zero.
    #[error("{0} is negative")]
    Negative(&'static str),
}

/// The key's `f410f` address.
pub(super) fn address(key: &SigningKey) -> Address {
    address_of(key.verifying_key())
}

pub(super) fn sign(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    secp256k1::sign_hash(key, &keccak256(message))
}

pub(super) fn verify(
    signature: &[u8],
    signer: &Address,
    message: &[u8],
) -> Result<(), VerifyError> {
    let public_key = secp256k1::recover(signature, &keccak256(message))?;
    if address_of(&public_key) == *signer {
        Ok(())
    } else {
        Err(VerifyError::Mismatch(*signer))
    }
}

/// The unsigned EIP-1559 transaction that a message stands for, as a delegated key signs it.
pub(super) fn unsigned_transaction(
    message: &Message,
    chain_id: u64,
) -> Result<Vec<u8>, TransactionError> {
    let mut transaction = RlpStream::new_list(9);
    append_fields(&mut transaction, message, chain_id)?;
    let mut bytes = vec![EIP_1559];
    bytes.extend_from_slice(&transaction.out());
    Ok(bytes)
}

/// The nine fields of an EIP-1559 transaction that are signed.
pub(super) fn append_fields(
    list: &mut RlpStream,
    message: &Message,
    chain_id: u64,
) -> Result<(), TransactionError> {
    list.append(&chain_id)
        .append(&message.nonce)
        .append(&magnitude("GasPremium", &message.gas_premium)?)
        .append(&magnitude("GasFeeCap", &message.gas_fee_cap)?)
        .append(&gas_limit(message)?);
    append_call(list, message)?;
    // The access list.
    list.begin_list(0);
    Ok(())
}

/// The six fields of a transaction from before EIP-1559.
pub(super) fn append_legacy_fields(
    list: &mut RlpStream,
    message: &Message,
) -> Result<(), TransactionError> {
    if message.gas_fee_cap != message.gas_premium {
        return Err(TransactionError::TwoPrices);
    }
    list.append(&message.nonce)
        .append(&magnitude("GasFeeCap", &message.gas_fee_cap)?)
        .append(&gas_limit(message)?);
    append_call(list, message)
}

/// Receiver, value and input, which all kinds of transaction have in this order.
fn append_call(list: &mut RlpStream, message: &Message) -> Result<(), TransactionError> {
    if message.version != 0 {
        return Err(TransactionError::Version(message.version));
    }
    list.append(&receiver(message)?)
        .append(&magnitude("Value", &message.value)?)
        .append(&input(&message.params)?);
    Ok(())
}

fn gas_limit(message: &Message) -> Result<u64, TransactionError> {
    u64::try_from(message.gas_limit).map_err(|_| TransactionError::Negative("GasLimit"))
}

/// The receiver's Ethereum address; nothing when a contract is created.
pub(super) fn receiver(message: &Message) -> Result<Vec<u8>, TransactionError> {
    let (create, method) = (message.to == EAM_ACTOR, message.method);
    match method {
        CREATE_EXTERNAL if create => Ok(Vec::new()),
        INVOKE_CONTRACT if !create => {
            let eth = message
                .to
                .to_eth()
                .ok_or(TransactionError::Receiver(message.to))?;
            Ok(eth.to_vec())
        }
        _ => Err(TransactionError::Method(method)),
    }
}

/// What is inside the CBOR byte string of the parameters.
pub(super) fn input(params: &[u8]) -> Result<Vec<u8>, TransactionError> {
    if params.is_empty() {
        return Ok(Vec::new());
    }
    let input: strict_bytes::ByteBuf =
        fvm_ipld_encoding::from_slice(params).map_err(|_| TransactionError::Params)?;
    // The chain rebuilds the message from the transaction, with the shortest encoding; a message
    // with another one would be refused there, as its signature is over something else.
    let canonical = fvm_ipld_encoding::to_vec(&input).map_err(|_| TransactionError::Params)?;
    if input.0.is_empty() || canonical != params {
        return Err(TransactionError::Params);
    }
    Ok(input.0)
}

/// An amount as RLP has it: big-endian without leading zeros, nothing for zero.
fn magnitude(field: &'static str, amount: &TokenAmount) -> Result<Vec<u8>, TransactionError> {
    let (sign, bytes) = BigInt::to_bytes_be(amount.atto());
    match sign {
        Sign::Minus => Err(TransactionError::Negative(field)),
        Sign::NoSign => Ok(Vec::new()),
        Sign::Plus => Ok(bytes),
    }
}

/// An Ethereum address is the end of the public key's hash.
pub(super) fn address_of(key: &VerifyingKey) -> Address {
    let hash = keccak256(&secp256k1::uncompressed(key)[1..]);
    let eth = hash.last_chunk().expect("20 of 32 bytes");
    Address::from_eth(eth)
}

pub(super) fn keccak256(message: &[u8]) -> [u8; 32] {
    Keccak256::digest(message).into()
}
