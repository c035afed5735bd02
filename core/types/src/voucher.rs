//! Vouchers: promises of payment that are redeemed through a payment channel.

use super::{Address, Bytes, Signature, TokenAmount};
use crate::object;

/// A voucher (go-state-types `paych.SignedVoucher`): the receiver of a channel may redeem it.
#[object]
#[derive(Eq, Hash)]
pub struct SignedVoucher {
    /// The channel.
    pub channel_addr: Address,
    /// The first epoch in which it may be redeemed; 0 is any.
    pub time_lock_min: i64,
    /// The last epoch in which it may be; 0 is any.
    pub time_lock_max: i64,
    /// The blake2b-256 hash of a secret that has to be shown. On the wire none is `null`.
    #[nil]
    pub secret_hash: Bytes,
    /// A call that has to succeed, if there is one.
    pub extra: Option<ModVerifyParams>,
    /// Its lane in the channel: vouchers of one lane replace each other.
    pub lane: u64,
    /// Its place in the lane; the highest is what counts.
    pub nonce: u64,
    /// What the lane is worth in all with this voucher, in attoFIL.
    pub amount: TokenAmount,
    /// The first epoch in which the channel may be closed once it is redeemed; 0 is any.
    pub min_settle_height: i64,
    /// Other lanes that are settled with it. On the wire none are `null`.
    #[nil]
    pub merges: Vec<VoucherMerge>,
    /// The signature of who pays; absent before it is signed.
    pub signature: Option<Signature>,
}

/// A call that has to succeed for a voucher to be redeemed (go-state-types
/// `paych.ModVerifyParams`).
#[object]
#[derive(Eq, Hash)]
pub struct ModVerifyParams {
    /// The actor.
    pub actor: Address,
    /// The number of its method.
    pub method: u64,
    /// What it is given beside the proof. On the wire nothing is `null`.
    #[nil]
    pub data: Bytes,
}

/// A lane that a voucher settles beside its own (go-state-types `paych.Merge`).
#[object]
#[derive(Eq, Hash)]
pub struct VoucherMerge {
    /// The lane.
    pub lane: u64,
    /// The nonce that the lane continues after.
    pub nonce: u64,
}

/// What a voucher is wanted for (Lotus `api.VoucherSpec`).
#[object]
#[derive(Eq, Hash)]
pub struct VoucherSpec {
    /// What it pays, in attoFIL.
    pub amount: TokenAmount,
    /// The first epoch in which it may be redeemed; 0 is any.
    pub time_lock_min: i64,
    /// The last epoch in which it may be; 0 is any.
    pub time_lock_max: i64,
    /// The first epoch in which the channel may be closed once it is redeemed; 0 is any.
    pub min_settle: i64,
    /// A call that has to succeed, if there is one.
    pub extra: Option<ModVerifyParams>,
}

/// A new voucher, or how much the channel lacks for it (Lotus `api.VoucherCreateResult`).
#[object]
#[derive(Eq, Hash)]
pub struct VoucherCreateResult {
    /// The voucher; absent if the channel does not hold enough.
    pub voucher: Option<SignedVoucher>,
    /// What would have to be added to the channel, in attoFIL; 0 if there is a voucher.
    pub shortfall: TokenAmount,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsigned_voucher_is_full_of_nothing() {
        let voucher = SignedVoucher {
            amount: TokenAmount::from_atto(7),
            extra: Some(ModVerifyParams::default()),
            ..SignedVoucher::default()
        };
        let json = serde_json::to_string(&voucher).unwrap();
        assert_eq!(
            json,
            r#"{"ChannelAddr":"<empty>","TimeLockMin":0,"TimeLockMax":0,"SecretHash":null,"Extra":{"Actor":"<empty>","Method":0,"Data":null},"Lane":0,"Nonce":0,"Amount":"7","MinSettleHeight":0,"Merges":null,"Signature":null}"#
        );
        assert_eq!(
            serde_json::from_str::<SignedVoucher>(&json).unwrap(),
            voucher
        );
    }
}
