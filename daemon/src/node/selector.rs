//! Which tipset a selector of `/rpc/v2` means (Lotus `node/impl/full/chain_v2.go`).

use std::sync::Arc;

use lotus_chain::store::NullRound;
use lotus_core::Error;
use lotus_core::types::{TipSet, TipSetAnchor, TipSetSelector, TipSetTag};

use crate::chain::Chain;

/// How many epochs lie between the head and what can never be reverted, without F3 (Lotus
/// `policy.ChainFinality`).
pub(super) const FINALITY: i64 = 900;

/// How many epochs lie between the head and what almost surely stays, on `/rpc/v2` (Lotus
/// `buildconstants.SafeHeightDistance`).
pub(super) const SAFE_DISTANCE: i64 = 200;

/// The tipset that a selector names.
///
/// # Errors
/// It names none, or several; or the tipset is not here.
pub(super) fn select(chain: &dyn Chain, selector: &TipSetSelector) -> Result<Arc<TipSet>, Error> {
    let valid = selector.validate();
    valid.map_err(|error| Error::Other(format!("validating selector: {error}")))?;
    if let Some(key) = &selector.key {
        return chain.tipset(key);
    }
    if let Some(height) = &selector.height {
        let from = anchor(chain, height.anchor.as_ref())?;
        let null = match height.previous {
            true => NullRound::Before,
            false => NullRound::After,
        };
        return at(chain, height.at.unwrap_or_default(), &from, null);
    }
    tagged(chain, selector.tag.as_ref().unwrap_or(&TipSetTag::Latest))
}

/// The tipset of an epoch, or next to it, in the chain that ends with `from`.
///
/// # Errors
/// The epoch is after `from`, or the chain does not reach back to it.
pub(super) fn at(
    chain: &dyn Chain,
    epoch: i64,
    from: &Arc<TipSet>,
    null: NullRound,
) -> Result<Arc<TipSet>, Error> {
    let found = chain.store().tipset_by_height(epoch, Some(from), null);
    found.map_err(Error::other)
}

/// The last tipset at least so many epochs below the head.
///
/// # Errors
/// The chain does not reach back to it.
pub(super) fn below_head(chain: &dyn Chain, epochs: i64) -> Result<Arc<TipSet>, Error> {
    let head = chain.head();
    let epoch = head.height().saturating_sub(epochs).max(0);
    at(chain, epoch, &head, NullRound::Before)
}

/// The last tipset that can never be reverted. There is no F3 here, so that it is far below the head.
///
/// # Errors
/// The chain does not reach back to it.
pub(super) fn finalized(chain: &dyn Chain) -> Result<Arc<TipSet>, Error> {
    below_head(chain, FINALITY)
}

/// Without an anchor it is the last finalized tipset, with an empty one the head.
fn anchor(chain: &dyn Chain, anchor: Option<&TipSetAnchor>) -> Result<Arc<TipSet>, Error> {
    match anchor {
        None => finalized(chain),
        Some(TipSetAnchor { key: Some(key), .. }) => chain.tipset(key),
        Some(TipSetAnchor { tag: Some(tag), .. }) => tagged(chain, tag),
        Some(_) => Ok(chain.head()),
    }
}

fn tagged(chain: &dyn Chain, tag: &TipSetTag) -> Result<Arc<TipSet>, Error> {
    match tag {
        TipSetTag::Latest => Ok(chain.head()),
        TipSetTag::Finalized => finalized(chain),
        TipSetTag::Safe => below_head(chain, SAFE_DISTANCE),
        TipSetTag::Other(tag) => Err(Error::Other(format!("unknown tipset tag: {tag}"))),
    }
}
