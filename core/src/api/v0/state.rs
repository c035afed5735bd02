//! Searches for messages, and sectors to come, with the parameters of old.

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    Address, Cid, MessageReceipt, MsgLookup, SectorPreCommitOnChainInfo, TipSetKey,
};
use crate::{Error, permissioned};

/// Lotus `api/v0api/full.go`, group State, where it differs from v1.
#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait StateV0 {
    /// Returns the receipt of a message, searching back from a tipset (empty is the head); `null`
    /// if it was not executed. It may be the receipt of a message that replaced it.
    #[method(name = "StateGetReceipt", perm = read)]
    async fn state_get_receipt(
        &self,
        message: Cid,
        tipset: TipSetKey,
    ) -> Result<Option<MessageReceipt>, Error>;

    /// Returns where a message, or one that replaced it, was executed, searching the whole chain;
    /// `null` if it was not.
    #[method(name = "StateSearchMsg", perm = read)]
    async fn state_search_msg_v0(&self, message: Cid) -> Result<Option<MsgLookup>, Error>;

    /// Returns where a message, or one that replaced it, was executed, searching as many epochs
    /// back as `limit` says; `null` if it was not.
    #[method(name = "StateSearchMsgLimited", perm = read)]
    async fn state_search_msg_limited(
        &self,
        message: Cid,
        limit: i64,
    ) -> Result<Option<MsgLookup>, Error>;

    /// Returns what is on the chain of a sector between its pre-commit and its proof; an error if
    /// there is none.
    #[method(name = "StateSectorPreCommitInfo", perm = read)]
    async fn state_sector_pre_commit_info_v0(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<SectorPreCommitOnChainInfo, Error>;

    /// Waits until a message, or one that replaced it, was executed and `confidence` epochs have
    /// passed since, and returns where.
    #[method(name = "StateWaitMsg", perm = read)]
    async fn state_wait_msg_v0(&self, message: Cid, confidence: u64) -> Result<MsgLookup, Error>;

    /// `StateWaitMsg` that looks as many epochs back as `limit` says for a message executed
    /// already.
    #[method(name = "StateWaitMsgLimited", perm = read)]
    async fn state_wait_msg_limited(
        &self,
        message: Cid,
        confidence: u64,
        limit: i64,
    ) -> Result<MsgLookup, Error>;
}
