//! A message that waits, with what is computed of it once.

use fvm_shared::econ;
use lotus_types::{Cid, MessageError, SignatureType, SignedMessage};

/// A signed message in the pool.
#[derive(Debug)]
pub(super) struct Entry {
    /// The message.
    pub(super) signed: SignedMessage,
    /// The CID by which the chain knows it.
    pub(super) cid: Cid,
    /// Its length on the chain, in bytes: the signature does not count if it is aggregated.
    pub(super) chain_length: usize,
    /// Its length with its signature, in bytes.
    pub(super) size: usize,
    /// The most that its gas may cost (Lotus `RequiredFunds`: without its value).
    pub(super) required: econ::TokenAmount,
}

impl Entry {
    /// # Errors
    /// It has no binary form.
    pub(super) fn new(signed: SignedMessage) -> Result<Entry, MessageError> {
        let cbor = signed.to_cbor()?;
        let (cid, chain_length) = match signed.signature.signature_type {
            SignatureType::Bls => {
                let message = signed.message.to_cbor()?;
                (Cid::of_dag_cbor(&message), message.len())
            }
            SignatureType::Secp256k1 | SignatureType::Delegated => {
                (Cid::of_dag_cbor(&cbor), cbor.len())
            }
        };
        let required = signed.message.gas_fee_cap.inner() * signed.message.gas_limit;
        Ok(Entry {
            signed,
            cid,
            chain_length,
            size: cbor.len(),
            required,
        })
    }

    pub(super) fn nonce(&self) -> u64 {
        self.signed.message.nonce
    }

    pub(super) fn premium(&self) -> &econ::TokenAmount {
        self.signed.message.gas_premium.inner()
    }

    pub(super) fn fee_cap(&self) -> &econ::TokenAmount {
        self.signed.message.gas_fee_cap.inner()
    }

    /// The gas limit; no message with a negative one is ever in the pool.
    pub(super) fn gas_limit(&self) -> u64 {
        u64::try_from(self.signed.message.gas_limit).unwrap_or(u64::MAX)
    }
}
