//! The blocks that a block refers to.

use std::collections::HashSet;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::{DAG_CBOR, IPLD_RAW};
use ipld_core::ipld::Ipld;

use super::super::{StoreError, tipsets};

/// The multihash code of data that is its own hash: no block.
const IDENTITY: u64 = 0;

/// What is reached from some roots, each block once.
pub(super) struct Walk {
    seen: HashSet<Cid>,
    most: usize,
}

impl Walk {
    /// A walk that ends without a word when it has seen so many blocks.
    pub(super) fn of_at_most(most: usize) -> Walk {
        Walk {
            seen: HashSet::new(),
            most,
        }
    }

    /// Calls `visit` for every block that is reached from `root` and was not seen before. Links to
    /// what is no IPLD (sectors, pieces) are not followed, and raw blocks, such as the code of an
    /// actor, may be absent.
    pub(super) fn reach(
        &mut self,
        store: &impl Blockstore,
        what: &'static str,
        root: &Cid,
        mut visit: impl FnMut(Cid, Vec<u8>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut next = vec![*root];
        while let Some(cid) = next.pop() {
            if self.seen.len() >= self.most {
                return Ok(());
            }
            if cid.hash().code() == IDENTITY || !self.seen.insert(cid) {
                continue;
            }
            match cid.codec() {
                DAG_CBOR => {
                    let block = tipsets::read(store, what, &cid.into())?;
                    links(&cid, &block, &mut next)?;
                    visit(cid, block)?;
                }
                IPLD_RAW => {
                    if let Some(block) = store
                        .get(&cid)
                        .map_err(|error| StoreError::from_library(what, &cid, error))?
                    {
                        visit(cid, block)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Adds the links in a block of DAG-CBOR.
fn links(cid: &Cid, block: &[u8], links: &mut Vec<Cid>) -> Result<(), StoreError> {
    let block = fvm_ipld_encoding::from_slice::<Ipld>(block);
    let block = block.map_err(|error| StoreError::from_library("DAG-CBOR", cid, error))?;
    block.references(links);
    Ok(())
}
