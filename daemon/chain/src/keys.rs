//! Keys of accounts: their addresses, what they sign, and how signatures are verified. The wallet and
//! the chain share it.

mod bls;
mod delegated;
mod ethereum;
mod key;
mod secp256k1;

use fvm_shared::address::Protocol;
use lotus_types::{Address, Message, MessageError, Signature, SignatureType, SignedMessage};

pub(crate) use bls::key_of_seed as bls_key_of_seed;
pub use bls::{aggregate, verify_aggregate};
pub use delegated::TransactionError;
pub use ethereum::{RawTransactionError, Transaction, from_raw};
pub use key::{Key, KeyError};

/// The EIP-155 chain ID of a local network; it is part of what delegated keys sign.
pub const LOCAL_CHAIN_ID: u64 = 31_415_926;

/// Why a signature was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// An ID address names an account, and only the chain knows its key.
    #[error("must resolve ID addresses before using them to verify a signature")]
    IdAddress,
    /// The signature is too short or too long.
    #[error("signature has {got} bytes, a signature of its type {wanted}")]
    Length {
        /// The length in bytes that it must have.
        wanted: usize,
        /// The length in bytes that it has.
        got: usize,
    },
    /// The bytes are no signature.
    #[error("malformed signature")]
    Malformed,
    /// Somebody else signed, or something else was signed.
    #[error("signature did not match: it is not by {0} over this message")]
    Mismatch(Address),
    /// Some signature of an aggregate is not by its signer, or a message is in it twice.
    #[error("the aggregate of the BLS signatures does not match its messages")]
    Aggregate,
}

/// Why a message has no bytes that its sender could sign.
#[derive(Debug, thiserror::Error)]
pub enum SigningBytesError {
    /// It is incomplete.
    #[error("serializing message: {0}")]
    Message(#[from] MessageError),
    /// It stands for no Ethereum transaction.
    #[error("failed to reconstruct Ethereum transaction: {0}")]
    Transaction(#[from] TransactionError),
}

/// Why a message is not signed by its sender.
#[derive(Debug, thiserror::Error)]
pub enum VerifyMessageError {
    /// There is nothing that its sender could have signed.
    #[error(transparent)]
    Bytes(#[from] SigningBytesError),
    /// It was not signed, or by somebody else.
    #[error(transparent)]
    Signature(#[from] VerifyError),
}

/// What a signer signs to sign a message (Lotus `chain/messagesigner.SigningBytes`): the bytes of
/// its CID, or for a delegated signer the Ethereum transaction that the message stands for.
///
/// # Errors
/// The message is incomplete, or stands for no Ethereum transaction.
pub fn signing_bytes(
    message: &Message,
    signer: &Address,
    chain_id: u64,
) -> Result<Vec<u8>, SigningBytesError> {
    match signer.protocol() {
        Some(Protocol::Delegated) => Ok(delegated::unsigned_transaction(message, chain_id)?),
        _ => Ok(message.cid()?.to_bytes()),
    }
}

/// Verifies that `signature` is by `signer` over `bytes` (Lotus `lib/sigs.Verify`). It needs no
/// wallet, and no chain unless the signer is an ID address.
///
/// # Errors
/// It is not, or the signer is an ID address.
pub fn verify(signature: &Signature, signer: &Address, bytes: &[u8]) -> Result<(), VerifyError> {
    if signer.protocol() == Some(Protocol::ID) {
        return Err(VerifyError::IdAddress);
    }
    match signature.signature_type {
        SignatureType::Secp256k1 => secp256k1::verify(&signature.data, signer, bytes),
        SignatureType::Bls => bls::verify(&signature.data, signer, bytes),
        SignatureType::Delegated => delegated::verify(&signature.data, signer, bytes),
    }
}

/// Verifies that a message is signed by `signer`, the key behind its `from` address (Lotus
/// `consensus.AuthenticateMessage`).
///
/// # Errors
/// It is not, or has no form that the signer could have signed.
pub fn verify_message(
    signed: &SignedMessage,
    signer: &Address,
    chain_id: u64,
) -> Result<(), VerifyMessageError> {
    if signer.protocol() == Some(Protocol::Delegated)
        && signed.signature.signature_type == SignatureType::Delegated
    {
        return ethereum::verify(signed, signer, chain_id);
    }
    let bytes = signing_bytes(&signed.message, signer, chain_id)?;
    Ok(verify(&signed.signature, signer, &bytes)?)
}
