//! secp256k1 keys (`f1`): ECDSA over the message's blake2b-256 hash.
//!
//! Signatures are `r ‖ s ‖ v`, 65 bytes, deterministic (RFC 6979) and with a low `s`; `v` from 0 to
//! 3 says which of the possible public keys signed. As in Lotus (`lib/sigs/secp`) they are verified
//! by recovering that key, so a high `s` passes too.

use k256::ecdsa::{RecoveryId, SigningKey, VerifyingKey};
use lotus_types::{Address, KeyInfo};
use zeroize::Zeroizing;

use super::VerifyError;
use super::key::{KeyError, random_seed, scalar_bytes};

/// The length of a signature in bytes.
const SIGNATURE_LEN: usize = 65;

/// A new private key: 32 bytes, big-endian.
pub(super) fn generate() -> Result<Zeroizing<Vec<u8>>, KeyError> {
    loop {
        let seed = random_seed()?;
        // All but one in 2^127 are in range.
        if SigningKey::from_slice(&*seed).is_ok() {
            return Ok(seed.to_vec().into());
        }
    }
}

/// The key that the bytes stand for; it is wiped when dropped.
pub(super) fn signing_key(info: &KeyInfo) -> Result<SigningKey, KeyError> {
    SigningKey::from_slice(scalar_bytes(info)?).map_err(|_| KeyError::OutOfRange {
        key_type: info.key_type().clone(),
        hint: "",
    })
}

/// The key's `f1` address.
pub(super) fn address(key: &SigningKey) -> Address {
    address_of(key.verifying_key())
}

pub(super) fn sign(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    sign_hash(key, &hash(message))
}

pub(super) fn verify(
    signature: &[u8],
    signer: &Address,
    message: &[u8],
) -> Result<(), VerifyError> {
    let public_key = recover(signature, &hash(message))?;
    if address_of(&public_key) == *signer {
        Ok(())
    } else {
        Err(VerifyError::Mismatch(*signer))
    }
}

/// Signs a hash of 32 bytes.
pub(super) fn sign_hash(key: &SigningKey, hash: &[u8; 32]) -> Vec<u8> {
    let (signature, recovery_id) = key.sign_prehash_recoverable(hash);
    let mut bytes = signature.to_vec();
    bytes.push(recovery_id.to_byte());
    bytes
}

/// The public key that signed a hash of 32 bytes.
pub(super) fn recover(signature: &[u8], hash: &[u8; 32]) -> Result<VerifyingKey, VerifyError> {
    if signature.len() != SIGNATURE_LEN {
        return Err(VerifyError::Length {
            wanted: SIGNATURE_LEN,
            got: signature.len(),
        });
    }
    let (scalars, recovery_id) = signature.split_at(SIGNATURE_LEN - 1);
    let recover = || {
        let recovery_id = RecoveryId::try_from(recovery_id[0])?;
        let signature = k256::ecdsa::Signature::from_slice(scalars)?;
        VerifyingKey::recover_from_prehash(hash, &signature, recovery_id)
    };
    recover().map_err(|_| VerifyError::Malformed)
}

/// The public key as SEC 1 writes it in full: `0x04 ‖ x ‖ y`.
pub(super) fn uncompressed(key: &VerifyingKey) -> [u8; 65] {
    key.to_sec1_point(false)
        .as_bytes()
        .try_into()
        .expect("an uncompressed point of secp256k1 has 65 bytes")
}

fn address_of(key: &VerifyingKey) -> Address {
    Address::from_secp256k1(&uncompressed(key)).expect("the public key has 65 bytes")
}

fn hash(message: &[u8]) -> [u8; 32] {
    let digest = blake2b_simd::Params::new().hash_length(32).hash(message);
    digest
        .as_bytes()
        .try_into()
        .expect("the hash has the length that was asked for")
}
