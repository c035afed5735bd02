//! Tipsets by selector, and which of them are final.

use jsonrpsee::proc_macros::rpc;

use crate::types::{FinalityStatus, TipSet, TipSetSelector};
use crate::{Error, permissioned};

/// Lotus `api/v2api/full.go`, group Chain.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait ChainV2 {
    /// Returns the tipset that a selector names.
    ///
    /// For an epoch without a tipset it is the first one after it, or with `previous` the last one
    /// before it. A selector that names no tipset or more than one is an error.
    #[method(name = "ChainGetTipSet", perm = read)]
    async fn chain_get_tip_set(&self, selector: TipSetSelector) -> Result<TipSet, Error>;

    /// Returns which tipsets are final, and by which rule.
    #[method(name = "ChainGetTipSetFinalityStatus", perm = read)]
    async fn chain_get_tip_set_finality_status(&self) -> Result<FinalityStatus, Error>;
}
