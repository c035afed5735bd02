//! Which tipset a block of Ethereum's methods is (Lotus `node/impl/eth/tipsetresolver.go`).
//!
//! The head has not been executed yet: it is `pending`, and the tipset below it `latest`.

use std::sync::Arc;

use lotus_chain::store::NullRound;
use lotus_core::Error;
use lotus_core::types::{EthBlockNumberOrHash, EthBlockTag, EthHash, EthUint64, TipSet};

use super::Eth;
use crate::chain::Chain;
use crate::node::selector;

/// What to do for the number of an epoch without a tipset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strict {
    /// It is an error.
    Yes,
    /// The tipset before it is meant.
    No,
}

impl Eth {
    /// The block that a text names: a tag or a number.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn named(
        &self,
        chain: &dyn Chain,
        block: &str,
        strict: Strict,
    ) -> Result<Arc<TipSet>, Error> {
        if let Ok(tag) = block.parse::<EthBlockTag>() {
            return self.tagged(chain, tag);
        }
        let number: EthUint64 = block
            .parse()
            .map_err(|error| Error::Other(format!("failed to parse block number: {error}")))?;
        numbered(chain, number, strict)
    }

    /// The block that a parameter means.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn block(
        &self,
        chain: &dyn Chain,
        block: &EthBlockNumberOrHash,
        strict: Strict,
    ) -> Result<Arc<TipSet>, Error> {
        match block {
            EthBlockNumberOrHash::Tag(tag) => self.tagged(chain, *tag),
            EthBlockNumberOrHash::Number(number) => numbered(chain, *number, strict),
            EthBlockNumberOrHash::Hash {
                hash,
                require_canonical,
            } => {
                let tipset = self.hashed(chain, hash)?;
                let canonical = || chain.store().is_in_chain(&tipset).map_err(Error::other);
                if *require_canonical && !canonical()? {
                    return Err(Error::other("tipset is not canonical"));
                }
                Ok(tipset)
            }
        }
    }

    /// The block with a hash.
    ///
    /// # Errors
    /// No tipset has it, or none that was in the chain when somebody asked.
    pub(super) fn hashed(&self, chain: &dyn Chain, hash: &EthHash) -> Result<Arc<TipSet>, Error> {
        match self.index.tipset(chain, hash)? {
            Some(key) => chain.tipset(&key),
            None => Err(Error::Other(format!(
                "failed to get tipset by hash: ipld: could not find {}",
                hash.to_cid()
            ))),
        }
    }

    fn tagged(&self, chain: &dyn Chain, tag: EthBlockTag) -> Result<Arc<TipSet>, Error> {
        match tag {
            EthBlockTag::Earliest => {
                let why = r#"block param "earliest" is not supported"#;
                Err(Error::other(why))
            }
            EthBlockTag::Pending => Ok(chain.head()),
            EthBlockTag::Latest => latest(chain),
            EthBlockTag::Finalized => selector::finalized(chain),
            EthBlockTag::Safe => selector::below_head(chain, self.safe_distance),
        }
    }
}

/// The newest block that has been executed; the genesis as long as there is no other.
///
/// # Errors
/// It is not here.
pub(super) fn latest(chain: &dyn Chain) -> Result<Arc<TipSet>, Error> {
    let head = chain.head();
    let parent = chain.store().parent(&head).map_err(Error::other)?;
    Ok(parent.unwrap_or(head))
}

fn numbered(chain: &dyn Chain, number: EthUint64, strict: Strict) -> Result<Arc<TipSet>, Error> {
    let head = chain.head();
    let epoch = i64::try_from(number.0).ok();
    // The genesis alone is its own latest.
    let newest = head.height().saturating_sub(1).max(0);
    let epoch = epoch
        .filter(|epoch| *epoch <= newest)
        .ok_or_else(|| Error::other("requested a future epoch (beyond 'latest')"))?;
    let found = selector::at(chain, epoch, &head, NullRound::Before);
    let tipset =
        found.map_err(|_| Error::Other(format!("failed to get tipset at height: {epoch}")))?;
    match strict == Strict::Yes && tipset.height() != epoch {
        true => Err(Error::NullRound(epoch)),
        false => Ok(tipset),
    }
}
