//! BLS keys (`f3`): BLS12-381 with public keys in G1 and signatures in G2, without proof of
//! possession (ciphersuite `BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_`).
//!
//! A private key is stored little-endian, as Lotus has it from filecoin-ffi. The address is the
//! public key itself. Source: `lib/sigs/bls`.

use bls_signatures::{PrivateKey, PublicKey, Serialize};
use fvm_shared::address::Payload;
use lotus_types::{Address, KeyInfo, Signature, SignatureType};
use zeroize::Zeroizing;

use super::VerifyError;
use super::key::{KeyError, random_seed, scalar_bytes};

/// The length of a signature in bytes: a compressed point of G2.
const SIGNATURE_LEN: usize = 96;

/// A new private key: 32 bytes, little-endian.
pub(super) fn generate() -> Result<Zeroizing<Vec<u8>>, KeyError> {
    Ok(key_of_seed(&*random_seed()?))
}

/// The private key that 32 secret bytes lead to, by the standard's key generation.
pub(crate) fn key_of_seed(seed: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    PrivateKey::new(seed).as_bytes().into()
}

/// The key that the bytes stand for.
pub(super) fn private_key(info: &KeyInfo) -> Result<PrivateKey, KeyError> {
    let out_of_range = KeyError::OutOfRange {
        key_type: info.key_type().clone(),
        hint: "; is it big-endian? BLS keys are stored little-endian",
    };
    let bytes = scalar_bytes(info)?;
    if *bytes == [0; 32] {
        return Err(out_of_range);
    }
    PrivateKey::from_bytes(bytes).map_err(|_| out_of_range)
}

/// The key's `f3` address.
pub(super) fn address(key: &PrivateKey) -> Address {
    Address::from_bls(&key.public_key().as_bytes()).expect("a compressed G1 point has 48 bytes")
}

pub(super) fn sign(key: &PrivateKey, message: &[u8]) -> Vec<u8> {
    key.sign(message).as_bytes()
}

pub(super) fn verify(
    signature: &[u8],
    signer: &Address,
    message: &[u8],
) -> Result<(), VerifyError> {
    let Some(Payload::BLS(public_key)) = signer.payload() else {
        return Err(VerifyError::Mismatch(*signer));
    };
    if signature.len() != SIGNATURE_LEN {
        return Err(VerifyError::Length {
            wanted: SIGNATURE_LEN,
            got: signature.len(),
        });
    }
    let signature =
        bls_signatures::Signature::from_bytes(signature).map_err(|_| VerifyError::Malformed)?;
    // An f3 address can hold any 48 bytes, a point or not.
    let public_key =
        PublicKey::from_bytes(public_key).map_err(|_| VerifyError::Mismatch(*signer))?;
    if public_key.verify(signature, message) {
        Ok(())
    } else {
        Err(VerifyError::Mismatch(*signer))
    }
}

/// The empty sum: the point at infinity, compressed.
fn infinity() -> Vec<u8> {
    let mut bytes = vec![0; SIGNATURE_LEN];
    bytes[0] = 0xc0;
    bytes
}

/// The aggregate of BLS signatures, which is itself one (Lotus `consensus.AggregateSignatures`).
///
/// # Errors
/// One of them is no BLS signature.
pub fn aggregate<'a>(
    signatures: impl IntoIterator<Item = &'a Signature>,
) -> Result<Signature, VerifyError> {
    let points = signatures.into_iter().map(|signature| {
        if signature.signature_type != SignatureType::Bls {
            return Err(VerifyError::Malformed);
        }
        bls_signatures::Signature::from_bytes(&signature.data).map_err(|_| VerifyError::Malformed)
    });
    let points = points.collect::<Result<Vec<_>, _>>()?;
    let data = if points.is_empty() {
        infinity()
    } else {
        let sum = bls_signatures::aggregate(&points).map_err(|_| VerifyError::Malformed)?;
        sum.as_bytes()
    };
    Ok(Signature {
        signature_type: SignatureType::Bls,
        data: data.into(),
    })
}

/// Verifies that `aggregate` is made of one signature for each of these messages, each by the signer
/// beside it. No message may be there twice.
///
/// # Errors
/// It is not, or a signer is no BLS key.
pub fn verify_aggregate(
    aggregate: &Signature,
    messages: &[(Address, Vec<u8>)],
) -> Result<(), VerifyError> {
    if aggregate.signature_type != SignatureType::Bls {
        return Err(VerifyError::Malformed);
    }
    if messages.is_empty() {
        return if *aggregate.data == *infinity() {
            Ok(())
        } else {
            Err(VerifyError::Aggregate)
        };
    }
    let signature = bls_signatures::Signature::from_bytes(&aggregate.data)
        .map_err(|_| VerifyError::Malformed)?;
    let mut keys = Vec::with_capacity(messages.len());
    let mut bytes = Vec::with_capacity(messages.len());
    for (signer, message) in messages {
        let Some(Payload::BLS(key)) = signer.payload() else {
            return Err(VerifyError::Mismatch(*signer));
        };
        keys.push(PublicKey::from_bytes(key).map_err(|_| VerifyError::Mismatch(*signer))?);
        bytes.push(message.as_slice());
    }
    if bls_signatures::verify_messages(&signature, &bytes, &keys) {
        Ok(())
    } else {
        Err(VerifyError::Aggregate)
    }
}
