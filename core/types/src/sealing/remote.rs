//! Sectors that were sealed, in part or wholly, by somebody else.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{SectorLog, SectorState};
use crate::go::Object;
use crate::object;
use crate::{Bytes, Cid, SectorId, SectorPiece, SectorPreCommitInfo, TipSetKey, TokenAmount};

/// A sector that comes from elsewhere, at whatever step it is (Lotus `api.RemoteSectorMeta`).
///
/// Which fields must be set depends on `state`: those that the steps before it would have set.
#[object]
#[derive(Eq)]
pub struct RemoteSectorMeta {
    /// The step at which sealing goes on here: `Packing`, `GetTicket`, `PreCommitting`,
    /// `SubmitCommit`, `Proving` or `Available`.
    pub state: SectorState,
    /// Which sector.
    pub sector: SectorId,
    /// How it is sealed (go-state-types `abi.RegisteredSealProof`).
    #[serde(rename = "Type")]
    pub seal_proof: i64,
    /// Its pieces.
    #[nil]
    pub pieces: Vec<SectorPiece>,
    /// The randomness that its replica is bound to.
    #[nil]
    pub ticket_value: Bytes,
    /// The epoch of that randomness.
    pub ticket_epoch: i64,
    /// What pre-commit phase 1 put out.
    #[nil]
    pub pre_commit1_out: Bytes,
    /// The commitment to its data.
    pub comm_d: Option<Cid>,
    /// The commitment to its replica.
    pub comm_r: Option<Cid>,
    /// What the chain was told by its pre-commit.
    pub pre_commit_info: Option<SectorPreCommitInfo>,
    /// The deposit for it, in attoFIL.
    pub pre_commit_deposit: Option<TokenAmount>,
    /// The message of its pre-commit.
    pub pre_commit_message: Option<Cid>,
    /// The tipset in which that message was executed.
    pub pre_commit_tip_set: TipSetKey,
    /// The randomness that its proof answers.
    #[nil]
    pub seed_value: Bytes,
    /// The epoch of that randomness.
    pub seed_epoch: i64,
    /// Its proof of replication.
    #[nil]
    pub commit_proof: Bytes,
    /// The message that committed it.
    pub commit_message: Option<Cid>,
    /// What happened to it so far; shown, and nothing else.
    #[nil]
    pub log: Vec<SectorLog>,
    /// Where its unsealed copy is.
    pub data_unsealed: Option<SectorLocation>,
    /// Where its replica is.
    pub data_sealed: Option<SectorLocation>,
    /// Where the files for its proofs are.
    pub data_cache: Option<SectorLocation>,
    /// The URL that computes commit phase 1; here if empty.
    pub remote_commit1_endpoint: String,
    /// The URL that computes commit phase 2; here if empty.
    pub remote_commit2_endpoint: String,
    /// The URL that is told when the sector is sealed; nobody if empty.
    pub remote_sealing_done_endpoint: String,
}

/// Where a sector's file is (Lotus `storiface.SectorLocation`).
#[object]
#[derive(Eq, Hash)]
pub struct SectorLocation {
    /// Whether it is in this machine's storage already; then `url` is a path.
    pub local: bool,
    /// Where to fetch it.
    #[serde(rename = "URL")]
    pub url: String,
    /// What to send along when it is fetched.
    #[nil]
    pub headers: Vec<HttpHeader>,
}

/// A header of an HTTP request (Lotus `storiface.SecDataHttpHeader`). Its value may be a
/// credential, so `Debug` does not show it.
#[derive(Clone, Default, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase", default)]
pub struct HttpHeader {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl fmt::Debug for HttpHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpHeader")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Serialize for HttpHeader {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        HttpHeader::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for HttpHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<HttpHeader, D::Error> {
        HttpHeader::deserialize(Object(deserializer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_a_header_s_value() {
        let json =
            r#"{"Local":false,"URL":"u","Headers":[{"Key":"Authorization","Value":"hunter2"}]}"#;
        let location: SectorLocation = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&location).unwrap(), json);
        let debug = format!("{location:?}");
        assert!(
            debug.contains("Authorization") && !debug.contains("hunter2"),
            "{debug}"
        );
    }
}
