//! A private key that was checked, with the address that belongs to it.

use lotus_types::{Address, KeyInfo, KeyType, Signature, SignatureType};
use zeroize::Zeroizing;

use super::{bls, delegated, secp256k1};

/// A wallet's key (Lotus `chain/wallet/key`). Neither it nor its `Debug` shows the secret.
#[derive(Debug)]
pub struct Key {
    info: KeyInfo,
    address: Address,
}

/// Bytes that are no key of their type, or a type that no wallet key has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A type that this wallet cannot hold.
    #[error("unsupported key type: {0}; this wallet holds secp256k1, bls and delegated keys")]
    UnsupportedType(KeyType),
    /// A key on a Ledger device.
    #[error(
        "no wallet backends supporting key type: secp256k1-ledger; Ledger devices are not \
         supported here, choose secp256k1, bls or delegated"
    )]
    Ledger,
    /// The private key has the wrong length.
    #[error("a {key_type} private key has 32 bytes, got {got}")]
    Length {
        /// The type that the key is said to have.
        key_type: KeyType,
        /// The length in bytes.
        got: usize,
    },
    /// The private key is zero, or not below the order of its curve's group.
    #[error("the {key_type} private key is out of range{hint}")]
    OutOfRange {
        /// The type that the key is said to have.
        key_type: KeyType,
        /// What is commonly wrong with such a key.
        hint: &'static str,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness for a new key: {0}")]
    Randomness(String),
}

impl Key {
    /// The address that belongs to it.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The private key.
    pub fn info(&self) -> &KeyInfo {
        &self.info
    }

    /// The private key.
    pub fn into_info(self) -> KeyInfo {
        self.info
    }

    /// Makes a key of the operating system's randomness.
    ///
    /// # Errors
    /// The type is none that can be made here, or there is no randomness.
    pub fn generate(key_type: KeyType) -> Result<Key, KeyError> {
        let private_key = match &key_type {
            KeyType::Secp256k1 | KeyType::Delegated => secp256k1::generate()?,
            KeyType::Bls => bls::generate()?,
            KeyType::Secp256k1Ledger => return Err(KeyError::Ledger),
            _ => return Err(KeyError::UnsupportedType(key_type)),
        };
        Key::new(KeyInfo::new(key_type, private_key))
    }

    /// Checks a key and computes its address.
    ///
    /// # Errors
    /// The bytes are no key of their type, or the type is none that signs.
    pub fn new(info: KeyInfo) -> Result<Key, KeyError> {
        let address = match info.key_type() {
            KeyType::Secp256k1 => secp256k1::address(&secp256k1::signing_key(&info)?),
            KeyType::Delegated => delegated::address(&secp256k1::signing_key(&info)?),
            KeyType::Bls => bls::address(&bls::private_key(&info)?),
            KeyType::Secp256k1Ledger => return Err(KeyError::Ledger),
            other => return Err(KeyError::UnsupportedType(other.clone())),
        };
        Ok(Key { info, address })
    }

    /// Signs as the key's type does (Lotus `lib/sigs`), whatever the bytes are; for a message to the
    /// chain they are its [`super::signing_bytes`].
    ///
    /// # Errors
    /// The bytes of the key are not one, which [`Key::new`] has ruled out.
    pub fn sign(&self, message: &[u8]) -> Result<Signature, KeyError> {
        let (signature_type, data) = match self.info.key_type() {
            KeyType::Secp256k1 => {
                let key = secp256k1::signing_key(&self.info)?;
                (SignatureType::Secp256k1, secp256k1::sign(&key, message))
            }
            KeyType::Delegated => {
                let key = secp256k1::signing_key(&self.info)?;
                (SignatureType::Delegated, delegated::sign(&key, message))
            }
            KeyType::Bls => (
                SignatureType::Bls,
                bls::sign(&bls::private_key(&self.info)?, message),
            ),
            other => return Err(KeyError::UnsupportedType(other.clone())),
        };
        Ok(Signature {
            signature_type,
            data: data.into(),
        })
    }
}

/// 32 bytes of the operating system's randomness.
pub(super) fn random_seed() -> Result<Zeroizing<[u8; 32]>, KeyError> {
    use rand::TryRng;

    let mut seed = Zeroizing::new([0; 32]);
    rand::rngs::SysRng
        .try_fill_bytes(&mut *seed)
        .map_err(|error| KeyError::Randomness(error.to_string()))?;
    Ok(seed)
}

/// The 32 bytes of a private key.
pub(super) fn scalar_bytes(info: &KeyInfo) -> Result<&[u8; 32], KeyError> {
    info.private_key().try_into().map_err(|_| KeyError::Length {
        key_type: info.key_type().clone(),
        got: info.private_key().len(),
    })
}
