//! Tipsets by selector, and which of them are final.

use jsonrpsee::proc_macros::rpc;

use crate::types::{FinalityStatus, TipSet, TipSetSelector};
use crate::{Error, permissioned};

/// Lotus `api/v2api/full.go`, group Chain.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait ChainV2 {
    /// Returns the tipset that a selector names.
    ///
    /// An epoch without a tipset is an error unless the selector allows the one before it, and so
    /// is a selector that names no tipset or more than one.
    #[method(name = "ChainGetTipSet", perm = read)]
    async fn chain_get_tip_set(&self, selector: TipSetSelector) -> Result<TipSet, Error>;

    /// Returns which tipsets are final, and by which rule.
    #[method(name = "ChainGetTipSetFinalityStatus", perm = read)]
    async fn chain_get_tip_set_finality_status(&self) -> Result<FinalityStatus, Error>;
}
