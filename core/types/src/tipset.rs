//! Tipsets: the blocks of one epoch that build on the same parents.

use std::fmt;

use fvm_ipld_encoding::BytesSer;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{BigInt, BlockError, BlockHeader, Cid, TokenAmount};
use crate::{go, object};

/// Which blocks make a tipset, in its order (Lotus `types.TipSetKey`).
///
/// On the wire it is an array of CIDs; `null` is read as the empty key, which most calls take for
/// the heaviest tipset.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TipSetKey(#[serde(deserialize_with = "go::zero")] pub Vec<Cid>);

impl TipSetKey {
    /// The blocks' CIDs.
    pub fn cids(&self) -> &[Cid] {
        &self.0
    }

    /// Whether it names no block.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The binary form: the bytes of the CIDs, one after the other.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(Cid::to_bytes).collect()
    }

    /// Reads what [`TipSetKey::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are not a sequence of CIDs.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<TipSetKey, cid::Error> {
        let mut cids = Vec::new();
        while !bytes.is_empty() {
            cids.push(cid::Cid::read_bytes(&mut bytes)?.into());
        }
        Ok(TipSetKey(cids))
    }

    /// The CID that stands for the whole key: that of its bytes as a CBOR byte string (Lotus
    /// `TipSetKey.Cid`). Its hash is the hash of the tipset as Ethereum's methods know it.
    pub fn cid(&self) -> Cid {
        let block = fvm_ipld_encoding::to_vec(&BytesSer(&self.to_bytes()))
            .expect("a byte string in memory can always be encoded");
        Cid::of_dag_cbor(&block)
    }
}

impl FromIterator<Cid> for TipSetKey {
    fn from_iter<I: IntoIterator<Item = Cid>>(cids: I) -> TipSetKey {
        TipSetKey(cids.into_iter().collect())
    }
}

impl Extend<Cid> for TipSetKey {
    fn extend<I: IntoIterator<Item = Cid>>(&mut self, cids: I) {
        self.0.extend(cids);
    }
}

/// Lotus's text: the CIDs in braces, separated by commas.
impl fmt::Display for TipSetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, cid) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{cid}")?;
        }
        f.write_str("}")
    }
}

/// The blocks of one epoch that build on the same parents (Lotus `types.TipSet`): at least one,
/// ordered by their tickets.
///
/// On the wire it is `{"Cids":[…],"Blocks":[…],"Height":…}`; of what is read only the blocks count.
#[derive(Clone, PartialEq, Eq)]
pub struct TipSet {
    key: TipSetKey,
    blocks: Vec<BlockHeader>,
}

/// Blocks that make no tipset; the words are mostly Lotus's.
#[derive(Debug, thiserror::Error)]
pub enum TipSetError {
    /// No blocks.
    #[error("cannot create tipset without blocks")]
    Empty,
    /// A block has no ticket, so it cannot be ordered.
    #[error("cannot create tipset with a block that has no ticket")]
    NoTicket,
    /// Blocks of several epochs.
    #[error("cannot create tipset with mismatching heights")]
    Heights,
    /// Blocks with different parents.
    #[error("cannot create tipset with mismatching parents")]
    Parents,
    /// A block is there twice.
    #[error("cannot create tipset with the same block twice: {0}")]
    Twice(Cid),
    /// A block has no binary form.
    #[error(transparent)]
    Block(#[from] BlockError),
}

impl TipSet {
    /// The tipset of these blocks, whatever their order.
    ///
    /// # Errors
    /// There are none, they differ in height or parents, one has no ticket or no binary form, or
    /// one is there twice.
    pub fn new(blocks: Vec<BlockHeader>) -> Result<TipSet, TipSetError> {
        let mut ranked = Vec::with_capacity(blocks.len());
        for block in blocks {
            let ticket = block.ticket.as_ref().ok_or(TipSetError::NoTicket)?;
            ranked.push((ticket.digest(), block.cid()?, block));
        }
        // Equal tickets, which no honest miner makes, are ordered by the bytes of the CID.
        ranked.sort_by_cached_key(|(digest, cid, _)| (*digest, cid.to_bytes()));
        if let Some(twice) = ranked.windows(2).find(|pair| pair[0].1 == pair[1].1) {
            return Err(TipSetError::Twice(twice[0].1));
        }
        let (key, blocks): (TipSetKey, Vec<BlockHeader>) = ranked
            .into_iter()
            .map(|(_, cid, block)| (cid, block))
            .unzip();
        let first = blocks.first().ok_or(TipSetError::Empty)?;
        if blocks.iter().any(|block| block.height != first.height) {
            return Err(TipSetError::Heights);
        }
        if blocks.iter().any(|block| block.parents != first.parents) {
            return Err(TipSetError::Parents);
        }
        Ok(TipSet { key, blocks })
    }

    /// The key: the CIDs of the blocks.
    pub fn key(&self) -> &TipSetKey {
        &self.key
    }

    /// The CIDs of the blocks, in order.
    pub fn cids(&self) -> &[Cid] {
        self.key.cids()
    }

    /// The blocks, ordered by ticket.
    pub fn blocks(&self) -> &[BlockHeader] {
        &self.blocks
    }

    /// The block with the smallest ticket, which stands for the tipset (Lotus
    /// `TipSet.MinTicketBlock`).
    pub fn min_ticket_block(&self) -> &BlockHeader {
        &self.blocks[0]
    }

    /// The epoch.
    pub fn height(&self) -> i64 {
        self.min_ticket_block().height
    }

    /// The key of the parent tipset.
    pub fn parents(&self) -> TipSetKey {
        TipSetKey(self.min_ticket_block().parents.clone())
    }

    /// The weight of the chain that ends with the parents.
    pub fn parent_weight(&self) -> &BigInt {
        &self.min_ticket_block().parent_weight
    }

    /// The state after the parents' messages.
    pub fn parent_state(&self) -> Cid {
        self.min_ticket_block().parent_state_root
    }

    /// The receipts of the parents' messages.
    pub fn parent_receipts(&self) -> Cid {
        self.min_ticket_block().parent_message_receipts
    }

    /// The base fee that its messages pay, in attoFIL per unit of gas.
    pub fn base_fee(&self) -> &TokenAmount {
        &self.min_ticket_block().parent_base_fee
    }

    /// The earliest time at which one of its blocks was made, in seconds since 1970.
    pub fn min_timestamp(&self) -> u64 {
        let earliest = self.blocks.iter().map(|block| block.timestamp).min();
        earliest.unwrap_or_default()
    }
}

impl fmt::Debug for TipSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TipSet({} {})", self.height(), self.key)
    }
}

/// A tipset as it is written; on input only its blocks count.
#[object]
struct Wire {
    /// The CIDs of the blocks, in order.
    cids: TipSetKey,
    /// The blocks, ordered by ticket.
    blocks: Vec<BlockHeader>,
    /// The epoch.
    height: i64,
}

impl Serialize for TipSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Wire<'a> {
            cids: &'a TipSetKey,
            blocks: &'a [BlockHeader],
            height: i64,
        }

        Wire {
            cids: &self.key,
            blocks: &self.blocks,
            height: self.height(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TipSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TipSet, D::Error> {
        let wire = <Wire as Deserialize>::deserialize(deserializer)?;
        TipSet::new(wire.blocks).map_err(D::Error::custom)
    }
}

impl JsonSchema for TipSet {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TipSet".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Wire::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Bytes, Ticket};

    // The example of Filecoin.ChainHead in Lotus's API documentation: a tipset of mainnet.
    const REAL: &str = include_str!("fixtures/tipset.json");

    fn real() -> TipSet {
        serde_json::from_str(REAL).unwrap()
    }

    fn block(ticket: u8) -> BlockHeader {
        let vrf_proof = Bytes(vec![ticket]);
        let mut block = real().blocks()[0].clone();
        block.ticket = Some(Ticket { vrf_proof });
        block
    }

    proptest! {
        #[test]
        fn blocks_are_ordered_by_their_tickets(tickets in prop::collection::vec(0u8..20, 0..6)) {
            let blocks: Vec<BlockHeader> = tickets.iter().map(|ticket| block(*ticket)).collect();
            let distinct: std::collections::HashSet<_> = tickets.iter().collect();
            match TipSet::new(blocks.clone()) {
                Err(TipSetError::Empty) => prop_assert!(tickets.is_empty()),
                Err(TipSetError::Twice(_)) => prop_assert!(distinct.len() < tickets.len()),
                Err(error) => prop_assert!(false, "{}", error),
                Ok(tipset) => {
                    prop_assert_eq!(distinct.len(), tickets.len());
                    let ranks = tipset.blocks().iter().map(|b| b.ticket.as_ref().unwrap().digest());
                    prop_assert!(ranks.is_sorted());
                    let mut reversed = blocks;
                    reversed.reverse();
                    prop_assert_eq!(&TipSet::new(reversed).unwrap(), &tipset);
                    let json = serde_json::to_string(&tipset).unwrap();
                    prop_assert_eq!(serde_json::from_str::<TipSet>(&json).unwrap(), tipset);
                }
            }
        }

        #[test]
        fn keys_round_trip(blocks in prop::collection::vec(any::<[u8; 2]>(), 0..5)) {
            let key: TipSetKey = blocks.iter().map(|block| Cid::of_dag_cbor(block)).collect();
            prop_assert_eq!(&TipSetKey::from_bytes(&key.to_bytes()).unwrap(), &key);
            let json = serde_json::to_string(&key).unwrap();
            prop_assert_eq!(serde_json::from_str::<TipSetKey>(&json).unwrap(), key);
        }

        #[test]
        fn no_bytes_of_a_key_panic(bytes in any::<Vec<u8>>()) {
            if let Ok(key) = TipSetKey::from_bytes(&bytes) {
                prop_assert_eq!(key.to_bytes(), bytes);
            }
        }
    }

    #[test]
    fn a_real_tipset_keeps_its_cid_and_its_json() {
        let tipset = real();
        assert_eq!(tipset.height(), 4_863_283);
        let cid = "bafy2bzacedo7hjsumaajt6sbor42qycvjyk6goqe4oi4o4ddsjxkdeqrqf42c";
        assert_eq!(tipset.cids(), [cid.parse().unwrap()]);
        assert_eq!(serde_json::to_string(&tipset).unwrap(), REAL.trim());
    }

    #[test]
    fn of_what_is_read_only_the_blocks_count() {
        let other = Cid::of_dag_cbor(b"another");
        let blocks = serde_json::to_string(real().blocks()).unwrap();
        let text = format!(r#"{{"cids":[{{"/":"{other}"}}],"BLOCKS":{blocks},"Height":7}}"#);
        assert_eq!(serde_json::from_str::<TipSet>(&text).unwrap(), real());
    }

    #[test]
    fn refuses_what_is_no_tipset() {
        let error = |blocks| TipSet::new(blocks).unwrap_err().to_string();
        let with = |change: fn(&mut BlockHeader)| {
            let mut other = block(2);
            change(&mut other);
            error(vec![block(1), other])
        };
        assert_eq!(error(vec![]), "cannot create tipset without blocks");
        assert!(with(|block| block.height += 1).ends_with("mismatching heights"));
        assert!(with(|block| block.parents.reverse()).ends_with("mismatching parents"));
        assert!(with(|block| block.ticket = None).ends_with("has no ticket"));
        assert!(error(vec![block(1), block(1)]).contains("the same block twice"));
        for bad in [r#"{"Cids":[],"Blocks":[],"Height":0}"#, "{}", "[]"] {
            assert!(serde_json::from_str::<TipSet>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_absent_key_is_the_empty_key() {
        for empty in ["null", "[]"] {
            assert!(serde_json::from_str::<TipSetKey>(empty).unwrap().is_empty());
        }
        assert_eq!(serde_json::to_string(&TipSetKey::default()).unwrap(), "[]");
        assert_eq!(TipSetKey::default().to_string(), "{}");
    }
}
