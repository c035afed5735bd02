//! A blockstore in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;

/// The blocks.
#[derive(Debug, Default)]
pub(crate) struct Memory(pub(crate) Mutex<HashMap<Cid, Vec<u8>>>);

impl Blockstore for Memory {
    fn get(&self, cid: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(self.0.lock().unwrap().get(cid).cloned())
    }

    fn put_keyed(&self, cid: &Cid, block: &[u8]) -> anyhow::Result<()> {
        self.0.lock().unwrap().insert(*cid, block.to_vec());
        Ok(())
    }
}
