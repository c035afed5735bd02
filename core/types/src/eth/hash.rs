//! Hashes, and the nonce of a block.

use cid::multihash::Multihash;
use fvm_ipld_encoding::DAG_CBOR;

use super::hex::fixed_hex;
use crate::Cid;

/// The multicodec of a blake2b hash of 256 bits.
const BLAKE2B_256: u64 = 0xb220;

fixed_hex! {
    /// A hash of 32 bytes (Lotus `EthHash`): of a block, a transaction, a topic; also the identity
    /// of a filter or a subscription.
    pub struct EthHash([u8; 32]);
}

fixed_hex! {
    /// The nonce of a block, which on Filecoin is always zero (Lotus `EthNonce`).
    pub struct EthNonce([u8; 8]);
}

impl EthHash {
    /// The hash in the CID of a tipset or a message. `None` if the CID is not that of DAG-CBOR by
    /// blake2b-256.
    pub fn from_cid(cid: &Cid) -> Option<EthHash> {
        let (cid, hash) = (cid.inner(), cid.inner().hash());
        let filecoin = cid.version() == cid::Version::V1
            && cid.codec() == DAG_CBOR
            && hash.code() == BLAKE2B_256;
        filecoin.then(|| hash.digest().try_into().map(EthHash).ok())?
    }

    /// The CID of the tipset or the message of which this is the hash. An Ethereum transaction is
    /// hashed otherwise, and its hash is in no CID.
    pub fn to_cid(&self) -> Cid {
        let hash = Multihash::wrap(BLAKE2B_256, &self.0)
            .expect("a digest of 32 bytes fits a multihash of 64");
        cid::Cid::new_v1(DAG_CBOR, hash).into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn json_and_cid_round_trip(bytes in any::<[u8; 32]>(), nonce in any::<[u8; 8]>()) {
            let hash = EthHash(bytes);
            let json = serde_json::to_string(&hash).unwrap();
            prop_assert_eq!(json.len(), 68);
            prop_assert_eq!(serde_json::from_str::<EthHash>(&json).unwrap(), hash);
            prop_assert_eq!(EthHash::from_cid(&hash.to_cid()), Some(hash));
            let json = serde_json::to_string(&EthNonce(nonce)).unwrap();
            prop_assert_eq!(serde_json::from_str::<EthNonce>(&json).unwrap(), EthNonce(nonce));
        }
    }

    #[test]
    fn only_filecoin_s_cids_have_a_hash() {
        // The message of Lotus's documentation.
        let text = "bafy2bzacebbpdegvr3i4cosewthysg5xkxpqfn2wfcz6mv2hmoktwbdxkax4s";
        let hash = EthHash::from_cid(&text.parse().unwrap()).unwrap();
        assert!(
            hash.to_string()
                .starts_with("0x42f190d58ed1c13a44b4cf891bb755df0")
        );
        assert_eq!(hash.to_cid().to_string(), text);
        let sha256 = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
        assert_eq!(EthHash::from_cid(&sha256.parse().unwrap()), None);
    }

    #[test]
    fn the_length_is_exact() {
        for bad in [r#""""#, r#""0x""#, r#""0x07""#, "null", "7"] {
            assert!(serde_json::from_str::<EthHash>(bad).is_err(), "{bad}");
            assert!(crate::go::from_str::<EthHash>(bad).is_err(), "{bad}");
        }
    }
}
