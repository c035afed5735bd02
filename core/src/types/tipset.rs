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
        let wire = Wire {
            cids: self.key.clone(),
            blocks: self.blocks.clone(),
            height: self.height(),
        };
        Serialize::serialize(&wire, serializer)
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
