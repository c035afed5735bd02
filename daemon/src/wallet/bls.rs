//! BLS keys (`f3`): BLS12-381 with public keys in G1 and signatures in G2, without proof of
//! possession (ciphersuite `BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_`).
//!
//! A private key is stored little-endian, as Lotus has it from filecoin-ffi. The address is the
//! public key itself. Source: `lib/sigs/bls`.

use bls_signatures::{PrivateKey, PublicKey, Serialize};
use fvm_shared::address::Payload;
use lotus_core::types::{Address, KeyInfo};
use zeroize::Zeroizing;

use super::VerifyError;
use super::key::{KeyError, random_seed, scalar_bytes};

/// The length of a signature in bytes: a compressed point of G2.
const SIGNATURE_LEN: usize = 96;

/// A new private key: 32 bytes, little-endian.
pub(super) fn generate() -> Result<Zeroizing<Vec<u8>>, KeyError> {
    Ok(PrivateKey::new(*random_seed()?).as_bytes().into())
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
