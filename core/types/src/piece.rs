//! Pieces: the data of clients as it lies in sectors, with the deals that put it there.

use super::{Address, Bytes, Cid, DealProposal};
use crate::object;

/// A piece by its content (go-state-types `abi.PieceInfo`).
#[object]
#[derive(Eq, Hash)]
pub struct PieceInfo {
    /// Its size in bytes, padding included; a power of two.
    pub size: u64,
    /// The commitment to its data (CommP). `null` where there is no piece because a call failed.
    #[serde(rename = "PieceCID")]
    pub piece_cid: Option<Cid>,
}

/// A piece of a sector (Lotus `api.SectorPiece`).
#[object]
#[derive(Eq)]
pub struct SectorPiece {
    /// The piece.
    pub piece: PieceInfo,
    /// Why it is there; `null` for filler.
    pub deal_info: Option<PieceDealInfo>,
}

/// The deal, or the direct commitment, that a piece is stored for (Lotus `piece.PieceDealInfo`).
///
/// A deal of the market actor has `deal_id`, `publish_cid` and `deal_proposal`; a direct commitment
/// (FIP-0076) has `piece_activation_manifest`.
#[object]
#[derive(Eq)]
pub struct PieceDealInfo {
    /// The message that published the deal.
    pub publish_cid: Option<Cid>,
    /// The deal's number.
    #[serde(rename = "DealID")]
    pub deal_id: u64,
    /// What client and provider agreed upon.
    pub deal_proposal: Option<DealProposal>,
    /// When the sector must be sealed, and until when it must live.
    pub deal_schedule: DealSchedule,
    /// What the miner actor is told when the piece is committed directly.
    pub piece_activation_manifest: Option<PieceActivationManifest>,
    /// Whether an unsealed copy stays on disk for fast retrieval.
    pub keep_unsealed: bool,
}

/// The time of a deal (Lotus `piece.DealSchedule`), in epochs.
#[object]
#[derive(Copy, Eq, Hash)]
pub struct DealSchedule {
    /// The epoch by which the sector must be proven.
    pub start_epoch: i64,
    /// The epoch in which the deal ends.
    pub end_epoch: i64,
}

/// A piece as a sector's commitment activates it (go-state-types `miner.PieceActivationManifest`,
/// FIP-0076).
#[object]
#[derive(Eq, Hash)]
pub struct PieceActivationManifest {
    /// The commitment to its data (CommP).
    #[serde(rename = "CID")]
    #[required]
    pub cid: Cid,
    /// Its size in bytes, padding included.
    pub size: u64,
    /// The allocation of DataCap that it claims, if it is verified.
    pub verified_allocation_key: Option<VerifiedAllocationKey>,
    /// The actors that are told of it.
    #[nil]
    pub notify: Vec<DataActivationNotification>,
}

/// An allocation of DataCap (go-state-types `miner.VerifiedAllocationKey`).
#[object]
#[derive(Copy, Eq, Hash)]
pub struct VerifiedAllocationKey {
    /// The ID of the client's actor.
    pub client: u64,
    /// The allocation's number at the verified registry.
    #[serde(rename = "ID")]
    pub id: u64,
}

/// An actor to be told that a piece is stored (go-state-types `miner.DataActivationNotification`).
#[object]
#[derive(Eq, Hash)]
pub struct DataActivationNotification {
    /// The actor.
    pub address: Address,
    /// What it is told besides the piece.
    #[nil]
    pub payload: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_call_returns_no_piece() {
        let json = r#"{"Size":0,"PieceCID":null}"#;
        let piece: PieceInfo = serde_json::from_str(json).unwrap();
        assert_eq!(piece, PieceInfo::default());
        assert_eq!(serde_json::to_string(&piece).unwrap(), json);
    }

    #[test]
    fn a_manifest_without_its_commitment_is_refused() {
        let error = serde_json::from_str::<PieceActivationManifest>(r#"{"Size":8}"#).unwrap_err();
        assert!(error.to_string().contains("CID"), "{error}");
    }
}
