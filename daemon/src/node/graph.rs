//! The graph of IPLD that the chain is made of.

use std::collections::HashSet;

use fvm_ipld_encoding::DAG_CBOR;
use ipld_core::ipld::Ipld;
use lotus_core::Error;
use lotus_core::types::{Cid, Message, ObjStat, SignedMessage};

use crate::chain::Chain;

/// The bytes of a block.
///
/// # Errors
/// It is not here.
pub(super) fn read(chain: &dyn Chain, cid: &Cid) -> Result<Vec<u8>, Error> {
    let block = chain.store().blocks().block(cid.inner());
    let block = block.map_err(Error::other)?;
    // The words of Lotus's blockstore.
    block.ok_or_else(|| Error::Other(format!("blockstore get: ipld: could not find {cid}")))
}

/// A message in the chain, or one that waits.
///
/// # Errors
/// Nobody has seen it, or the CID is that of something else.
pub(super) fn message(chain: &dyn Chain, cid: &Cid) -> Result<Message, Error> {
    let failed = |why: String| Error::Other(format!("failed to load message: {why}"));
    if let Some(block) = chain
        .store()
        .blocks()
        .block(cid.inner())
        .map_err(Error::other)?
    {
        let signed = SignedMessage::from_cbor(&block).map(|signed| signed.message);
        return signed
            .or_else(|_| Message::from_cbor(&block))
            .map_err(|error| failed(error.to_string()));
    }
    if let Ok(pool) = chain.pool() {
        let (pending, _) = pool.messages().pending();
        let is_it = |signed: &SignedMessage| {
            let own = signed.cid().is_ok_and(|own| own == *cid);
            own || signed.message.cid().is_ok_and(|own| own == *cid)
        };
        if let Some(signed) = pending.into_iter().find(is_it) {
            return Ok(signed.message);
        }
    }
    Err(failed(format!("ipld: could not find {cid}")))
}

/// How large the graph below a block is, less what is below `base` too.
///
/// # Errors
/// A block is not here, or is not what its CID says.
pub(super) fn stat(chain: &dyn Chain, object: &Cid, base: Option<&Cid>) -> Result<ObjStat, Error> {
    let mut seen = HashSet::new();
    if let Some(base) = base {
        walk(chain, base.inner(), &mut seen)?;
    }
    walk(chain, object.inner(), &mut seen)
}

/// Counts the blocks below one that are not among `seen`, and adds them to those.
fn walk(
    chain: &dyn Chain,
    root: &cid::Cid,
    seen: &mut HashSet<cid::Cid>,
) -> Result<ObjStat, Error> {
    let mut stat = ObjStat::default();
    let mut next = vec![*root];
    while let Some(cid) = next.pop() {
        if !seen.insert(cid) {
            continue;
        }
        let block = read(chain, &cid.into())?;
        stat.links += 1;
        stat.size += block.len() as u64;
        if cid.codec() != DAG_CBOR {
            continue;
        }
        let node: Ipld = fvm_ipld_encoding::from_slice(&block).map_err(Error::other)?;
        // A sector's commitment is no block of the chain, nor is an actor's code where it is built in.
        node.references(&mut next);
        next.retain(|link| link.codec() == DAG_CBOR);
    }
    Ok(stat)
}
