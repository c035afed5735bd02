//! What F3 has decided, and who had a say in it.

use crate::object;
use crate::{BigInt, BitField, Bytes, Cid, TipSetKey};

/// The proof that an instance of F3 finalised a part of the chain (go-f3 `certs.FinalityCertificate`).
#[object]
pub struct FinalityCertificate {
    /// The instance's number; they count from 0 without gaps.
    #[serde(rename = "GPBFTInstance")]
    pub gpbft_instance: u64,
    /// What was finalised: from the last tipset of the instance before to the newest one.
    #[serde(rename = "ECChain")]
    #[nil]
    pub ec_chain: Vec<F3TipSet>,
    /// What was decided beside it.
    #[required]
    pub supplemental_data: SupplementalData,
    /// Who signed: positions in the instance's power table.
    pub signers: BitField,
    /// Their aggregated BLS signature.
    #[nil]
    pub signature: Bytes,
    /// How the power table of the next instance differs from that of this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub power_table_delta: Vec<PowerTableDelta>,
}

/// A tipset as F3 decides on it (go-f3 `gpbft.TipSet`).
#[object]
#[derive(Eq, Hash)]
pub struct F3TipSet {
    /// Its blocks.
    pub key: TipSetKey,
    /// 32 bytes of commitments of the chain; zero for now.
    pub commitments: Bytes,
    /// Its epoch.
    pub epoch: i64,
    /// The power table as of this tipset.
    #[required]
    pub power_table: Cid,
}

/// What an instance of F3 decides beside the chain (go-f3 `gpbft.SupplementalData`).
#[object]
#[derive(Eq, Hash)]
pub struct SupplementalData {
    /// 32 bytes of commitments; zero for now.
    pub commitments: Bytes,
    /// The power table of the next instance.
    #[required]
    pub power_table: Cid,
}

/// How a participant's power or key changed between two instances (go-f3 `certs.PowerTableDelta`).
#[object]
#[derive(Eq, Hash)]
pub struct PowerTableDelta {
    /// The miner's actor ID.
    #[serde(rename = "ParticipantID")]
    pub participant_id: u64,
    /// How much power it gained; negative if it lost some.
    pub power_delta: BigInt,
    /// Its new BLS public key; empty if it kept its key.
    #[nil]
    pub signing_key: Bytes,
}

/// A participant's row in a power table (go-f3 `gpbft.PowerEntry`).
#[object]
#[derive(Eq, Hash)]
pub struct PowerEntry {
    /// The miner's actor ID.
    #[serde(rename = "ID")]
    pub id: u64,
    /// Its quality-adjusted power.
    pub power: BigInt,
    /// Its BLS public key.
    #[nil]
    pub pub_key: Bytes,
}
