//! Blocks, which on Filecoin are tipsets.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{EthAddress, EthBigInt, EthBytes, EthHash, EthNonce, EthTx, EthUint64};
use crate::object;

/// A tipset in the guise of a block (Lotus `EthBlock`). What Filecoin has not is zero, or what
/// Ethereum's tools take for none.
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthBlock {
    /// The hash in the CID of the tipset's key.
    pub hash: EthHash,
    /// The same of the parent.
    pub parent_hash: EthHash,
    /// The hash of no uncles.
    pub sha3_uncles: EthHash,
    /// Zero.
    pub miner: EthAddress,
    /// Zero.
    pub state_root: EthHash,
    /// Zero if it has transactions, else the hash of none.
    pub transactions_root: EthHash,
    /// Zero.
    pub receipts_root: EthHash,
    /// A Bloom filter of 256 bytes that has every log, whatever logs there are.
    pub logs_bloom: EthBytes,
    /// Zero.
    pub difficulty: EthUint64,
    /// Zero.
    pub total_difficulty: EthUint64,
    /// The epoch.
    pub number: EthUint64,
    /// The gas that all its blocks may use, in gas units.
    pub gas_limit: EthUint64,
    /// The gas that its transactions used, in gas units.
    pub gas_used: EthUint64,
    /// When it was made, in seconds of Unix time.
    pub timestamp: EthUint64,
    /// Empty.
    pub extra_data: EthBytes,
    /// Zero.
    pub mix_hash: EthHash,
    /// Zero.
    pub nonce: EthNonce,
    /// The base fee, in attoFIL per unit of gas.
    pub base_fee_per_gas: EthBigInt,
    /// Zero.
    pub size: EthUint64,
    /// Its transactions, or their hashes.
    pub transactions: Vec<EthBlockTransaction>,
    /// None.
    pub uncles: Vec<EthHash>,
}

/// A transaction of a block, whole or by its hash, as the caller wanted it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum EthBlockTransaction {
    /// Its hash.
    Hash(EthHash),
    /// All of it.
    Whole(Box<EthTx>),
}

impl<'de> Deserialize<'de> for EthBlockTransaction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EthBlockTransaction, D::Error> {
        struct HashOrWhole;

        impl<'de> Visitor<'de> for HashOrWhole {
            type Value = EthBlockTransaction;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a hash of 32 bytes, or a transaction")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<EthBlockTransaction, E> {
                text.parse()
                    .map(EthBlockTransaction::Hash)
                    .map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                transaction: A,
            ) -> Result<EthBlockTransaction, A::Error> {
                // `EthTx::deserialize` would be the derived one, which `#[object]` wraps.
                Deserialize::deserialize(MapAccessDeserializer::new(transaction))
                    .map(|transaction| EthBlockTransaction::Whole(Box::new(transaction)))
            }
        }

        deserializer.deserialize_any(HashOrWhole)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn transactions_round_trip(hash in any::<[u8; 32]>(), nonce in any::<u64>()) {
            let whole = EthTx { nonce: EthUint64(nonce), ..EthTx::default() };
            for transaction in [
                EthBlockTransaction::Hash(EthHash(hash)),
                EthBlockTransaction::Whole(Box::new(whole)),
            ] {
                let json = serde_json::to_string(&transaction).unwrap();
                let read: EthBlockTransaction = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(read, transaction);
            }
        }
    }

    #[test]
    fn anything_else_is_no_transaction() {
        let read: EthBlockTransaction =
            serde_json::from_str(r#"{"NONCE":"0x5","accessList":null}"#).unwrap();
        let whole = EthTx {
            nonce: 5.into(),
            ..EthTx::default()
        };
        assert_eq!(read, EthBlockTransaction::Whole(Box::new(whole)));
        for bad in ["null", "7", "[]", r#""0x""#] {
            assert!(
                serde_json::from_str::<EthBlockTransaction>(bad).is_err(),
                "{bad}"
            );
        }
    }
}
