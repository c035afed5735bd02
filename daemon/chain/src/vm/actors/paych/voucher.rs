//! Vouchers: what is signed off the chain, and what the methods take.

use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_encoding::{Error, RawBytes, strict_bytes};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::econ::TokenAmount;

/// What the constructor takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ConstructorParams {
    /// Who pays.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
}

/// A promise of one party, to be handed in by the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct SignedVoucher {
    /// The channel it is for.
    pub channel_addr: Address,
    /// From when on it is good.
    pub time_lock_min: ChainEpoch,
    /// Until when; 0 for ever.
    pub time_lock_max: ChainEpoch,
    /// The BLAKE2b-256 of a secret that must be shown with it; empty if none.
    #[serde(with = "strict_bytes")]
    pub secret_pre_image: Vec<u8>,
    /// A call that must succeed.
    pub extra: Option<ModVerifyParams>,
    /// Its lane.
    pub lane: u64,
    /// Its number in the lane: only ever greater ones are accepted.
    pub nonce: u64,
    /// What is paid in the lane, all in all.
    pub amount: TokenAmount,
    /// The channel cannot be collected before; 0 for no such condition.
    pub min_settle_height: ChainEpoch,
    /// Lanes whose payments are in `amount` too.
    pub merges: Vec<Merge>,
    /// The signature over [`Self::signing_bytes`].
    pub signature: Option<Signature>,
}

/// A lane that a voucher takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Merge {
    /// The lane.
    pub lane: u64,
    /// Its vouchers up to this nonce become void.
    pub nonce: u64,
}

/// A call that a voucher depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ModVerifyParams {
    /// Who is called.
    pub actor: Address,
    /// Which method.
    pub method: MethodNum,
    /// Its parameters.
    pub data: RawBytes,
}

/// What [`super::UPDATE_CHANNEL_STATE`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct UpdateChannelParams {
    /// The voucher.
    pub sv: SignedVoucher,
    /// Its secret, if it asks for one.
    #[serde(with = "strict_bytes")]
    pub secret: Vec<u8>,
}

impl SignedVoucher {
    /// What is signed: the voucher without its signature.
    ///
    /// # Errors
    /// When it cannot be encoded, which does not happen.
    pub fn signing_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut unsigned = self.clone();
        unsigned.signature = None;
        fvm_ipld_encoding::to_vec(&unsigned)
    }
}
