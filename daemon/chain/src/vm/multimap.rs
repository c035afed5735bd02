//! A HAMT from keys to AMTs, as the built-in actors' `Multimap`: many values under a key, in the order
//! in which they were added.

use cid::Cid;
use fvm_ipld_amt::Amt;
use fvm_ipld_hamt::{BytesKey, Hamt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::blocks::Blocks;
use super::error::{ActorError, OrExit};

/// A HAMT from keys to AMTs.
#[derive(Debug)]
pub struct Multimap {
    map: Hamt<Blocks, Cid>,
    amt_bit_width: u32,
}

impl Multimap {
    /// An empty one.
    pub fn new(store: Blocks, hamt_bit_width: u32, amt_bit_width: u32) -> Self {
        Self {
            map: Hamt::new_with_bit_width(store, hamt_bit_width),
            amt_bit_width,
        }
    }

    /// The one under a root.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when it cannot be read.
    pub fn load(
        root: &Cid,
        store: Blocks,
        hamt_bit_width: u32,
        amt_bit_width: u32,
    ) -> Result<Self, ActorError> {
        let map = Hamt::load_with_bit_width(root, store, hamt_bit_width)
            .or_illegal_state("failed to load multimap")?;
        Ok(Self { map, amt_bit_width })
    }

    /// Adds a value at the end of those under a key.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE`.
    pub fn add<V: Serialize + DeserializeOwned>(
        &mut self,
        key: BytesKey,
        value: V,
    ) -> Result<(), ActorError> {
        let store = self.map.store().clone();
        let mut values: Amt<V, _> = match self
            .map
            .get(&key)
            .or_illegal_state("failed to read multimap")?
        {
            Some(root) => Amt::load(root, store).or_illegal_state("failed to load values")?,
            None => Amt::new_with_bit_width(store, self.amt_bit_width),
        };
        values
            .set(values.count(), value)
            .or_illegal_state("failed to add value")?;
        let root = values.flush().or_illegal_state("failed to flush values")?;
        self.map
            .set(key, root)
            .or_illegal_state("failed to set values")?;
        Ok(())
    }

    /// The values under a key, in order; none if there are none.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE`.
    pub fn get<V: Serialize + DeserializeOwned + Clone>(
        &self,
        key: &BytesKey,
    ) -> Result<Vec<V>, ActorError> {
        let Some(root) = self
            .map
            .get(key)
            .or_illegal_state("failed to read multimap")?
        else {
            return Ok(Vec::new());
        };
        let values: Amt<V, _> =
            Amt::load(root, self.map.store().clone()).or_illegal_state("failed to load values")?;
        let mut list = Vec::new();
        values
            .for_each(|_, value| {
                list.push(value.clone());
                Ok(())
            })
            .or_illegal_state("failed to read values")?;
        Ok(list)
    }

    /// Removes all values under a key.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE`.
    pub fn remove(&mut self, key: &BytesKey) -> Result<(), ActorError> {
        self.map
            .delete(key)
            .or_illegal_state("failed to remove values")?;
        Ok(())
    }

    /// Writes what has changed; the new root.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE`.
    pub fn flush(&mut self) -> Result<Cid, ActorError> {
        self.map
            .flush()
            .or_illegal_state("failed to flush multimap")
    }
}
