//! Stands in for `filecoin-proofs-api` in the conformance run, and **refuses every proof**.
//!
//! `fvm` depends on the proofs library unconditionally, with gigabytes of parameters and a hundred
//! crates behind it; a devnet has no proofs to verify. The types below are what `fvm` and
//! `fvm_shared` name; each function answers with an error, so that nothing that would need a proof
//! can be accepted by mistake.

use std::collections::BTreeMap;

/// Why every proof is refused.
#[derive(Debug)]
pub struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("proofs are not verified here: this build has no proofs library")
    }
}

impl std::error::Error for Refused {}

/// 32 bytes of a commitment, a ticket or a prover's id.
pub type Commitment = [u8; 32];
/// See [`Commitment`].
pub type ProverId = [u8; 32];

/// The number of a sector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SectorId(u64);

impl From<u64> for SectorId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// What is public of a sealed sector.
#[derive(Clone, Debug)]
pub struct PublicReplicaInfo;

impl PublicReplicaInfo {
    /// The replica of a proof type with its commitment.
    pub fn new(_: RegisteredPoStProof, _: Commitment) -> Self {
        Self
    }
}

/// A size in bytes before Fr32 padding.
#[derive(Clone, Copy, Debug)]
pub struct UnpaddedBytesAmount(pub u64);

/// A piece's commitment and size.
#[derive(Clone, Debug)]
pub struct PieceInfo {
    /// Its commitment.
    pub commitment: Commitment,
    /// Its size.
    pub size: UnpaddedBytesAmount,
}

/// How seals are aggregated.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum RegisteredAggregationProof {
    SnarkPackV1,
    SnarkPackV2,
}

/// Kinds of seal proofs.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, non_camel_case_types)]
pub enum RegisteredSealProof {
    StackedDrg2KiBV1,
    StackedDrg8MiBV1,
    StackedDrg512MiBV1,
    StackedDrg32GiBV1,
    StackedDrg64GiBV1,
    StackedDrg2KiBV1_1,
    StackedDrg8MiBV1_1,
    StackedDrg512MiBV1_1,
    StackedDrg32GiBV1_1,
    StackedDrg64GiBV1_1,
    StackedDrg2KiBV1_1_Feat_SyntheticPoRep,
    StackedDrg8MiBV1_1_Feat_SyntheticPoRep,
    StackedDrg512MiBV1_1_Feat_SyntheticPoRep,
    StackedDrg32GiBV1_1_Feat_SyntheticPoRep,
    StackedDrg64GiBV1_1_Feat_SyntheticPoRep,
    StackedDrg2KiBV1_2_Feat_NonInteractivePoRep,
    StackedDrg8MiBV1_2_Feat_NonInteractivePoRep,
    StackedDrg512MiBV1_2_Feat_NonInteractivePoRep,
    StackedDrg32GiBV1_2_Feat_NonInteractivePoRep,
    StackedDrg64GiBV1_2_Feat_NonInteractivePoRep,
}

/// Kinds of proofs of spacetime.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, non_camel_case_types)]
pub enum RegisteredPoStProof {
    StackedDrgWinning2KiBV1,
    StackedDrgWinning8MiBV1,
    StackedDrgWinning512MiBV1,
    StackedDrgWinning32GiBV1,
    StackedDrgWinning64GiBV1,
    StackedDrgWindow2KiBV1_2,
    StackedDrgWindow8MiBV1_2,
    StackedDrgWindow512MiBV1_2,
    StackedDrgWindow32GiBV1_2,
    StackedDrgWindow64GiBV1_2,
}

/// Kinds of replica update proofs.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum RegisteredUpdateProof {
    StackedDrg2KiBV1,
    StackedDrg8MiBV1,
    StackedDrg512MiBV1,
    StackedDrg32GiBV1,
    StackedDrg64GiBV1,
}

/// Seals.
pub mod seal {
    use super::*;

    /// Refused.
    #[allow(clippy::too_many_arguments)]
    pub fn verify_seal(
        _: RegisteredSealProof,
        _: Commitment,
        _: Commitment,
        _: ProverId,
        _: SectorId,
        _: [u8; 32],
        _: [u8; 32],
        _: &[u8],
    ) -> Result<bool, Refused> {
        Err(Refused)
    }

    /// Refused.
    pub fn get_seal_inputs(
        _: RegisteredSealProof,
        _: Commitment,
        _: Commitment,
        _: ProverId,
        _: SectorId,
        _: [u8; 32],
        _: [u8; 32],
    ) -> Result<Vec<Vec<u8>>, Refused> {
        Err(Refused)
    }

    /// Refused.
    pub fn verify_aggregate_seal_commit_proofs(
        _: RegisteredSealProof,
        _: RegisteredAggregationProof,
        _: Vec<u8>,
        _: &[Commitment],
        _: &[[u8; 32]],
        _: Vec<Vec<u8>>,
    ) -> Result<bool, Refused> {
        Err(Refused)
    }

    /// Refused.
    pub fn compute_comm_d(_: RegisteredSealProof, _: &[PieceInfo]) -> Result<Commitment, Refused> {
        Err(Refused)
    }
}

/// Proofs of spacetime.
pub mod post {
    use super::*;

    /// Refused.
    pub fn verify_window_post(
        _: &[u8; 32],
        _: &[(RegisteredPoStProof, &[u8])],
        _: &BTreeMap<SectorId, PublicReplicaInfo>,
        _: ProverId,
    ) -> Result<bool, Refused> {
        Err(Refused)
    }
}

/// Replica updates.
pub mod update {
    use super::*;

    /// Refused.
    pub fn verify_empty_sector_update_proof(
        _: RegisteredUpdateProof,
        _: &[u8],
        _: Commitment,
        _: Commitment,
        _: Commitment,
    ) -> Result<bool, Refused> {
        Err(Refused)
    }
}
