//! What is in the database: blocks of IPLD, and indexes of the chain that ends with the head. The
//! indexes never disagree with the head because they are written in the same transaction.

use lotus_types::{Cid, TipSetKey};
use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};

use super::error::Failure;
use crate::database::Schema;

/// All tables.
pub(super) static SCHEMA: Schema = Schema {
    version: 1,
    create,
    cache_bytes: 32 * 1024 * 1024,
};

/// `head`: the key of the head. `genesis`: the CID of the genesis block.
const VALUES: TableDefinition<&str, &[u8]> = TableDefinition::new("values");

/// Multihash → block of IPLD. A hash and not a CID, as in Lotus: one block may be known as raw bytes
/// and as DAG-CBOR.
const BLOCKS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("blocks");

/// Epoch → key of the tipset of the chain that ends with the head.
const HEIGHTS: TableDefinition<u64, &[u8]> = TableDefinition::new("heights");

/// CID of a message → epoch of the tipset in that chain that holds it, and which of its messages it
/// is in the order of execution.
const MESSAGES: TableDefinition<&[u8], (u64, u32)> = TableDefinition::new("messages");

/// Key of a tipset → weight of the chain that ends with it.
const WEIGHTS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("weights");

fn create(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(VALUES)?;
    transaction.open_table(BLOCKS)?;
    transaction.open_table(HEIGHTS)?;
    transaction.open_table(MESSAGES)?;
    transaction.open_table(WEIGHTS)?;
    Ok(())
}

/// A block of IPLD, by its multihash.
pub(super) fn block(
    transaction: &ReadTransaction,
    hash: &[u8],
) -> Result<Option<Vec<u8>>, Failure> {
    let block = transaction.open_table(BLOCKS)?.get(hash)?;
    Ok(block.map(|block| block.value().to_vec()))
}

/// A block of IPLD that is there or will be when the transaction is done.
pub(super) fn staged_block(
    transaction: &WriteTransaction,
    hash: &[u8],
) -> Result<Option<Vec<u8>>, Failure> {
    let table = transaction.open_table(BLOCKS)?;
    let block = table.get(hash)?;
    Ok(block.map(|block| block.value().to_vec()))
}

/// Whether a block of IPLD is there, by its multihash.
pub(super) fn has_block(transaction: &ReadTransaction, hash: &[u8]) -> Result<bool, Failure> {
    Ok(transaction.open_table(BLOCKS)?.get(hash)?.is_some())
}

/// Adds blocks of IPLD: multihash, content.
pub(super) fn insert_blocks<H: AsRef<[u8]>, B: AsRef<[u8]>>(
    transaction: &WriteTransaction,
    blocks: impl IntoIterator<Item = (H, B)>,
) -> Result<(), Failure> {
    let mut table = transaction.open_table(BLOCKS)?;
    for (hash, block) in blocks {
        table.insert(hash.as_ref(), block.as_ref())?;
    }
    Ok(())
}

/// The key of the head, if there is one.
pub(super) fn head(transaction: &ReadTransaction) -> Result<Option<TipSetKey>, Failure> {
    let head = transaction.open_table(VALUES)?.get("head")?;
    head.map(|head| key(head.value())).transpose()
}

pub(super) fn set_head(transaction: &WriteTransaction, head: &TipSetKey) -> Result<(), Failure> {
    let mut values = transaction.open_table(VALUES)?;
    values.insert("head", head.to_bytes().as_slice())?;
    Ok(())
}

/// The CID of the genesis block, if there is one.
pub(super) fn genesis(transaction: &ReadTransaction) -> Result<Option<Cid>, Failure> {
    let genesis = transaction.open_table(VALUES)?.get("genesis")?;
    genesis
        .map(|genesis| match cid::Cid::try_from(genesis.value()) {
            Ok(cid) => Ok(cid.into()),
            Err(error) => Err(Failure::Damaged(format!("the genesis: {error}"))),
        })
        .transpose()
}

pub(super) fn set_genesis(transaction: &WriteTransaction, genesis: &Cid) -> Result<(), Failure> {
    let mut values = transaction.open_table(VALUES)?;
    values.insert("genesis", genesis.to_bytes().as_slice())?;
    Ok(())
}

/// The tipset at this epoch exactly.
pub(super) fn at(transaction: &ReadTransaction, epoch: u64) -> Result<Option<TipSetKey>, Failure> {
    let found = transaction.open_table(HEIGHTS)?.get(epoch)?;
    found.map(|found| key(found.value())).transpose()
}

/// The last tipset at or before this epoch.
pub(super) fn at_or_before(
    transaction: &ReadTransaction,
    epoch: u64,
) -> Result<Option<TipSetKey>, Failure> {
    let heights = transaction.open_table(HEIGHTS)?;
    let found = heights.range(..=epoch)?.next_back().transpose()?;
    found.map(|(_, found)| key(found.value())).transpose()
}

/// The first tipset at or after this epoch.
pub(super) fn at_or_after(
    transaction: &ReadTransaction,
    epoch: u64,
) -> Result<Option<TipSetKey>, Failure> {
    let heights = transaction.open_table(HEIGHTS)?;
    let found = heights.range(epoch..)?.next().transpose()?;
    found.map(|(_, found)| key(found.value())).transpose()
}

/// Where a message is: the epoch of its tipset, and its place in the order of execution.
pub(super) fn message(
    transaction: &ReadTransaction,
    cid: &Cid,
) -> Result<Option<(u64, u32)>, Failure> {
    let messages = transaction.open_table(MESSAGES)?;
    let found = messages.get(cid.to_bytes().as_slice())?;
    Ok(found.map(|found| found.value()))
}

/// Puts a tipset at the end of the chain, with its messages in the order of execution.
pub(super) fn apply(
    transaction: &WriteTransaction,
    epoch: u64,
    key: &TipSetKey,
    messages: &[Cid],
) -> Result<(), Failure> {
    let mut heights = transaction.open_table(HEIGHTS)?;
    heights.insert(epoch, key.to_bytes().as_slice())?;
    let mut index = transaction.open_table(MESSAGES)?;
    for (place, cid) in (0..).zip(messages) {
        let cid = cid.to_bytes();
        // It is executed where it is first; what repeats it later has no effect.
        let earlier = index.get(cid.as_slice())?.map(|found| found.value().0);
        if earlier.is_none_or(|earlier| earlier > epoch) {
            index.insert(cid.as_slice(), (epoch, place))?;
        }
    }
    Ok(())
}

/// Takes a tipset from the end of the chain.
pub(super) fn revert(
    transaction: &WriteTransaction,
    epoch: u64,
    messages: &[Cid],
) -> Result<(), Failure> {
    transaction.open_table(HEIGHTS)?.remove(epoch)?;
    let mut index = transaction.open_table(MESSAGES)?;
    for cid in messages {
        let cid = cid.to_bytes();
        let found = index.get(cid.as_slice())?.map(|found| found.value().0);
        if found == Some(epoch) {
            index.remove(cid.as_slice())?;
        }
    }
    Ok(())
}

/// The weight of the chain that ends with a tipset, as it was stored.
pub(super) fn weight(
    transaction: &ReadTransaction,
    key: &TipSetKey,
) -> Result<Option<Vec<u8>>, Failure> {
    let weights = transaction.open_table(WEIGHTS)?;
    let weight = weights.get(key.to_bytes().as_slice())?;
    Ok(weight.map(|weight| weight.value().to_vec()))
}

pub(super) fn insert_weights<'a>(
    transaction: &WriteTransaction,
    weights: impl IntoIterator<Item = (&'a TipSetKey, &'a Vec<u8>)>,
) -> Result<(), Failure> {
    let mut table = transaction.open_table(WEIGHTS)?;
    for (key, weight) in weights {
        table.insert(key.to_bytes().as_slice(), weight.as_slice())?;
    }
    Ok(())
}

fn key(bytes: &[u8]) -> Result<TipSetKey, Failure> {
    TipSetKey::from_bytes(bytes)
        .map_err(|error| Failure::Damaged(format!("the key of a tipset: {error}")))
}
