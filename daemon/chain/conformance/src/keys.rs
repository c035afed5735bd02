//! Keys that sign: deterministic, funded in the genesis.

use bls_signatures::Serialize as _;
use fvm_shared::address::Address;
use fvm_shared::crypto::signature::Signature;

/// A key and its address.
#[derive(Clone)]
pub struct Key {
    pub address: Address,
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    Secp256k1(Box<k256::ecdsa::SigningKey>),
    Bls(bls_signatures::PrivateKey),
    /// Signs nothing that actors verify.
    Ethereum,
}

impl Key {
    pub fn secp256k1(n: u64) -> Self {
        let key = k256::ecdsa::SigningKey::from_bytes(&seed(n).into()).expect("a valid scalar");
        let public = key.verifying_key().to_encoded_point(false);
        let address = Address::new_secp256k1(public.as_bytes()).expect("65 bytes");
        Self {
            address,
            secret: Secret::Secp256k1(Box::new(key)),
        }
    }

    pub fn bls(n: u64) -> Self {
        let key = bls_signatures::PrivateKey::new(seed(n));
        let address = Address::new_bls(&key.public_key().as_bytes()).expect("48 bytes");
        Self {
            address,
            secret: Secret::Bls(key),
        }
    }

    pub fn ethereum(n: u64) -> Self {
        let address = Address::new_delegated(10, &seed(n)[..20]).expect("20 bytes");
        Self {
            address,
            secret: Secret::Ethereum,
        }
    }

    /// A signature over `data`; of an Ethereum key, a wrong one.
    pub fn sign(&self, data: &[u8]) -> Signature {
        match &self.secret {
            Secret::Secp256k1(key) => {
                let hash = blake2b_simd::Params::new().hash_length(32).hash(data);
                let (signature, id) = key
                    .sign_prehash_recoverable(hash.as_bytes())
                    .expect("32 bytes can be signed");
                let mut bytes = signature.to_bytes().to_vec();
                bytes.push(id.to_byte());
                Signature::new_secp256k1(bytes)
            }
            Secret::Bls(key) => Signature::new_bls(key.sign(data).as_bytes()),
            Secret::Ethereum => Signature::new_secp256k1(vec![1; 65]),
        }
    }
}

/// 32 bytes that are a valid scalar for both curves.
fn seed(n: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(
        blake2b_simd::Params::new()
            .hash_length(32)
            .hash(&n.to_be_bytes())
            .as_bytes(),
    );
    bytes[0] &= 0x3f;
    bytes
}
