//! What the registry's methods take and return.

use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use fvm_shared::sector::StoragePower;

/// What [`super::ADD_VERIFIER`] and [`super::ADD_VERIFIED_CLIENT`] take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct VerifierParams {
    /// Who.
    pub address: Address,
    /// How much, in bytes.
    #[serde(with = "bigint_ser")]
    pub allowance: StoragePower,
}

/// How each of several went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct BatchReturn {
    /// How many went well.
    pub success_count: u32,
    /// The others.
    pub fail_codes: Vec<FailCode>,
}

/// One that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct FailCode {
    /// Which, from 0.
    pub index: u32,
    /// Why.
    pub code: ExitCode,
}

impl BatchReturn {
    /// How each went, in order.
    pub fn of(codes: impl IntoIterator<Item = ExitCode>) -> Self {
        let mut batch = Self {
            success_count: 0,
            fail_codes: Vec::new(),
        };
        for (index, code) in (0..).zip(codes) {
            if code.is_success() {
                batch.success_count += 1;
            } else {
                batch.fail_codes.push(FailCode { index, code });
            }
        }
        batch
    }
}

/// What [`super::REMOVE_EXPIRED_ALLOCATIONS`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct RemoveExpiredAllocationsParams {
    /// Whose.
    pub client: ActorID,
    /// Which; all if none is named.
    pub allocation_ids: Vec<u64>,
}

/// What [`super::REMOVE_EXPIRED_ALLOCATIONS`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct RemoveExpiredAllocationsReturn {
    /// Which were looked at.
    pub considered: Vec<u64>,
    /// How each went.
    pub results: BatchReturn,
    /// What the client has back, in bytes.
    #[serde(with = "bigint_ser")]
    pub datacap_recovered: StoragePower,
}

/// What [`super::GET_CLAIMS`] and [`super::REMOVE_EXPIRED_CLAIMS`] take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ClaimIdsParams {
    /// Whose.
    pub provider: ActorID,
    /// Which.
    pub claim_ids: Vec<u64>,
}

/// What [`super::GET_CLAIMS`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct GetClaimsReturn {
    /// How each went.
    pub batch_info: BatchReturn,
    /// Those that there are: none.
    pub claims: Vec<()>,
}

/// What [`super::EXTEND_CLAIM_TERMS`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ExtendClaimTermsParams {
    /// Provider, claim and the greatest term that it is to have.
    pub terms: Vec<(ActorID, u64, ChainEpoch)>,
}

/// What [`super::REMOVE_EXPIRED_CLAIMS`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct RemoveExpiredClaimsReturn {
    /// Which were looked at.
    pub considered: Vec<u64>,
    /// How each went.
    pub results: BatchReturn,
}

/// What the receiver hook returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct AllocationsReturn {
    /// How each allocation went.
    pub allocation_results: BatchReturn,
    /// How each extension of a claim went.
    pub extension_results: BatchReturn,
    /// The new allocations' ids.
    pub new_allocations: Vec<u64>,
}
