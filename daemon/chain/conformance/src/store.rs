//! The blockstore that both machines share, and the bundle in it.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use cid::Cid;
use fvm::state_tree::StateTree;
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::econ::TokenAmount;

/// Blocks in memory; clones are the same store.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<HashMap<Cid, Vec<u8>>>>);

impl Blockstore for Shared {
    fn get(&self, cid: &Cid) -> Result<Option<Vec<u8>>> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(cid)
            .cloned())
    }

    fn put_keyed(&self, cid: &Cid, block: &[u8]) -> Result<()> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(*cid, block.to_vec());
        Ok(())
    }
}

impl Shared {
    /// A store with the blocks of another.
    pub fn copy(&self) -> Self {
        let blocks = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Self(Arc::new(Mutex::new(blocks)))
    }

    /// The balances of all actors under a state root.
    pub fn supply(&self, root: &Cid) -> Result<TokenAmount> {
        let tree = StateTree::new_from_root(self, root)?;
        let mut supply = TokenAmount::default();
        tree.for_each_cacheless(|_, actor| {
            supply += &actor.balance;
            Ok(())
        })?;
        Ok(supply)
    }
}

/// Reads a bundle, compressed or not.
pub fn read_bundle(path: &Path) -> Result<Shared> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .with_context(|| format!("the bundle {} cannot be read", path.display()))?;
    if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        bytes = zstd::decode_all(bytes.as_slice()).context("the bundle cannot be decompressed")?;
    }
    let store = Shared::default();
    fvm_ipld_car::load_car(&store, bytes.as_slice()).context("the bundle is not a CAR file")?;
    Ok(store)
}
