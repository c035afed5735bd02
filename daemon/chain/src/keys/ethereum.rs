//! Ethereum transactions and the messages that they are (Lotus `chain/types/ethtypes`; FIP-0055, and
//! FIP-0091 for those from before EIP-1559).
//!
//! A message of a delegated key is a transaction that can be read back from it: the form of its
//! signature says which of the three kinds of transaction it was.

mod form;
mod raw;
#[cfg(test)]
mod tests;

use fvm_shared::bigint::{BigInt, Sign};
use lotus_types::{Address, EthAddress, EthHash, SignedMessage};

pub use raw::{RawTransactionError, from_raw};

use super::delegated::{self, keccak256};
use super::{SigningBytesError, TransactionError, VerifyMessageError};
use form::{Form, SCALARS};

/// A message as the transaction that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its identity.
    pub hash: EthHash,
    /// Whether it is of EIP-1559; otherwise of old.
    pub eip_1559: bool,
    /// The receiver; nobody if it makes a contract.
    pub to: Option<EthAddress>,
    /// What it says.
    pub input: Vec<u8>,
    /// The recovery id, with what EIP-155 adds.
    pub v: BigInt,
    /// The first half of the signature.
    pub r: BigInt,
    /// The second half of the signature.
    pub s: BigInt,
}

impl Transaction {
    /// The transaction that a message of a delegated key is.
    ///
    /// # Errors
    /// It is none.
    pub fn of(signed: &SignedMessage, chain_id: u64) -> Result<Transaction, TransactionError> {
        let data = &signed.signature.data;
        let form = Form::of(data)?;
        let (scalars, v) = form.split(data)?;
        let (r, s) = scalars.split_at(SCALARS / 2);
        let message = &signed.message;
        let bytes = form.encode(message, chain_id, Some([v, r, s]))?;
        let number = |bytes| BigInt::from_bytes_be(Sign::Plus, bytes);
        let receiver = delegated::receiver(message)?;
        Ok(Transaction {
            hash: EthHash(keccak256(&bytes)),
            eip_1559: form == Form::Eip1559,
            to: receiver.as_slice().try_into().ok().map(EthAddress),
            input: delegated::input(&message.params)?,
            v: number(v),
            r: number(r),
            s: number(s),
        })
    }
}

/// Checks that `signer` signed the transaction that a message is.
///
/// # Errors
/// It did not, or the message is no transaction.
pub(super) fn verify(
    signed: &SignedMessage,
    signer: &Address,
    chain_id: u64,
) -> Result<(), VerifyMessageError> {
    let form = Form::of(&signed.signature.data).map_err(SigningBytesError::from)?;
    let bytes = form.encode(&signed.message, chain_id, None);
    let bytes = bytes.map_err(SigningBytesError::from)?;
    let signature = form.verifiable(&signed.signature.data, chain_id)?;
    Ok(delegated::verify(&signature, signer, &bytes)?)
}
