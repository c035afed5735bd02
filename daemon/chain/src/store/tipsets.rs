//! Block headers and tipsets, as blocks of IPLD.

use fvm_ipld_blockstore::Blockstore;
use lotus_types::{BlockHeader, Cid, TipSet, TipSetKey};

use super::StoreError;

/// What is read and not found or not understood is called so.
const HEADER: &str = "block header";

pub(super) fn put_header(store: &impl Blockstore, header: &BlockHeader) -> Result<Cid, StoreError> {
    let cbor = header.to_cbor().map_err(lotus_types::TipSetError::Block)?;
    let cid = Cid::of_dag_cbor(&cbor);
    let put = store.put_keyed(cid.inner(), &cbor);
    put.map_err(|error| StoreError::from_library(HEADER, cid.inner(), error))?;
    Ok(cid)
}

pub(super) fn header(store: &impl Blockstore, cid: &Cid) -> Result<BlockHeader, StoreError> {
    let cbor = read(store, HEADER, cid)?;
    BlockHeader::from_cbor(&cbor)
        .map_err(|error| StoreError::from_library(HEADER, cid.inner(), error))
}

pub(super) fn tipset(store: &impl Blockstore, key: &TipSetKey) -> Result<TipSet, StoreError> {
    let first = key.cids().first().ok_or(StoreError::EmptyKey)?;
    let headers = key.cids().iter().map(|cid| header(store, cid));
    let tipset = TipSet::new(headers.collect::<Result<_, _>>()?)?;
    if tipset.key() != key {
        // Blocks in another order, or CBOR that is not as Filecoin encodes it.
        return Err(StoreError::Malformed {
            what: "tipset",
            cid: Box::new(*first),
            why: format!("its blocks make {}, and not {key}", tipset.key()),
        });
    }
    Ok(tipset)
}

/// The block with this CID, which must be there.
pub(super) fn read(
    store: &impl Blockstore,
    what: &'static str,
    cid: &Cid,
) -> Result<Vec<u8>, StoreError> {
    match store.get(cid.inner()) {
        Ok(Some(block)) => Ok(block),
        Ok(None) => Err(StoreError::Missing { what, cid: *cid }),
        Err(error) => Err(StoreError::from_library(what, cid.inner(), error)),
    }
}
