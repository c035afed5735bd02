//! A sector as the miner's process sees it.

use super::SectorState;
use crate::object;
use crate::{BigInt, Bytes, Cid, SectorPiece, TokenAmount};

/// A sector: what this process knows of it, and on request what the chain says (Lotus
/// `api.SectorInfo`).
#[object]
#[derive(Eq)]
pub struct SectorInfo {
    /// Its number.
    #[serde(rename = "SectorID")]
    pub sector_id: u64,
    /// Where it is on its way.
    pub state: SectorState,
    /// The commitment to its data.
    pub comm_d: Option<Cid>,
    /// The commitment to its replica.
    pub comm_r: Option<Cid>,
    /// Its proof of replication.
    #[nil]
    pub proof: Bytes,
    /// The deal of each piece, in their order; 0 where there is none.
    pub deals: Vec<u64>,
    /// Its pieces.
    pub pieces: Vec<SectorPiece>,
    /// The randomness that its replica is bound to.
    pub ticket: SealRandomness,
    /// The randomness that its proof answers.
    pub seed: SealRandomness,
    /// The message of its pre-commit.
    pub pre_commit_msg: Option<Cid>,
    /// The message that committed it.
    pub commit_msg: Option<Cid>,
    /// How many of its proofs turned out to be invalid.
    pub retries: u64,
    /// Always false.
    pub to_upgrade: bool,
    /// The message that put a snap deal's data in it.
    pub replica_update_message: Option<Cid>,
    /// What went wrong last; empty if nothing did.
    pub last_err: String,
    /// What happened to it, oldest first.
    pub log: Vec<SectorLog>,
    /// How it is sealed (go-state-types `abi.RegisteredSealProof`). This and what follows is from the
    /// chain, and zero unless that was asked for.
    pub seal_proof: i64,
    /// The epoch in which it was proven first.
    pub activation: i64,
    /// The epoch in which it ends.
    pub expiration: i64,
    /// Its deals, in bytes × epochs.
    pub deal_weight: BigInt,
    /// Its verified deals, in bytes × epochs.
    pub verified_deal_weight: BigInt,
    /// What is pledged for it, in attoFIL.
    pub initial_pledge: TokenAmount,
    /// The epoch in which it ends if nothing goes wrong.
    pub on_time: i64,
    /// The epoch in which it ends because it is faulty; 0 if it is not.
    pub early: i64,
}

/// Randomness of the chain that a sector is sealed with (Lotus `api.SealTicket` and
/// `api.SealSeed`).
#[object]
#[derive(Eq, Hash)]
pub struct SealRandomness {
    /// The randomness.
    #[nil]
    pub value: Bytes,
    /// The epoch from which it is.
    pub epoch: i64,
}

/// Something that happened to a sector (Lotus `api.SectorLog`).
#[object]
#[derive(Eq, Hash)]
pub struct SectorLog {
    /// What kind of event it was.
    pub kind: String,
    /// When, in seconds since 1970.
    pub timestamp: u64,
    /// Where in the program it went wrong, if it did.
    pub trace: String,
    /// The event.
    pub message: String,
}

/// Where a deal's data is (Lotus `api.SealedRef`).
#[object]
#[derive(Copy, Eq, Hash)]
pub struct SealedRef {
    /// The sector's number.
    #[serde(rename = "SectorID")]
    pub sector_id: u64,
    /// Bytes from the sector's beginning, padding included.
    pub offset: u64,
    /// Bytes of the data, without padding.
    pub size: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sector_that_is_not_sealed_yet_is_read_and_written_like_lotus_s() {
        let sector: SectorInfo =
            serde_json::from_str(r#"{"SectorID":9,"State":"WaitDeals","CommD":null}"#).unwrap();
        assert_eq!(sector.state, SectorState::WaitDeals);
        let json = serde_json::to_string(&sector).unwrap();
        let begin = r#"{"SectorID":9,"State":"WaitDeals","CommD":null,"CommR":null,"Proof":null,"Deals":[],"Pieces":[],"Ticket":{"Value":null,"Epoch":0},"#;
        assert!(json.starts_with(begin), "{json}");
        assert!(json.contains(r#""DealWeight":"0","#), "{json}");
    }

    #[test]
    fn a_state_that_is_not_known_is_kept() {
        let state: SectorState = serde_json::from_str(r#""Teleporting""#).unwrap();
        assert_eq!(state, SectorState::Other("Teleporting".to_owned()));
        assert_eq!(serde_json::to_string(&state).unwrap(), r#""Teleporting""#);
    }
}
