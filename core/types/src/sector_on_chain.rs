//! What the chain knows of a sector. All times are epochs.

use super::{BigInt, Cid, TokenAmount};
use crate::object;

/// A proven sector (go-state-types `miner.SectorOnChainInfo`).
#[object]
#[derive(Eq, Hash)]
pub struct SectorOnChainInfo {
    /// Its number.
    pub sector_number: u64,
    /// The kind of the proof with which it was sealed (go-state-types `abi.RegisteredSealProof`).
    pub seal_proof: i64,
    /// The commitment to its sealed data.
    #[required]
    #[serde(rename = "SealedCID")]
    pub sealed_cid: Cid,
    /// When it was proven.
    pub activation: i64,
    /// When it expires.
    pub expiration: i64,
    /// The unverified deals in it: bytes times epochs.
    pub deal_weight: BigInt,
    /// The verified deals in it: bytes times epochs.
    pub verified_deal_weight: BigInt,
    /// What was pledged for it, in attoFIL.
    pub initial_pledge: TokenAmount,
    /// The reward of a day that was expected of it when it was proven, in attoFIL; absent since it
    /// is no longer recorded (FIP-0098).
    pub expected_day_reward: Option<TokenAmount>,
    /// The reward of the period that its pledge is computed from, in attoFIL; absent since it is
    /// no longer recorded (FIP-0098).
    pub expected_storage_pledge: Option<TokenAmount>,
    /// Since when it has the power it has.
    pub power_base_epoch: i64,
    /// The reward of a day that was expected of the sector it replaced, in attoFIL; absent since it
    /// is no longer recorded (FIP-0098).
    pub replaced_day_reward: Option<TokenAmount>,
    /// The commitment to its sealed data before new data was snapped in; absent if none was.
    #[serde(rename = "SectorKeyCID")]
    pub sector_key_cid: Option<Cid>,
    /// Bits; 1 is that its power does not depend on when its deals end (FIP-0045).
    pub flags: u64,
    /// What it costs each day, in attoFIL (FIP-0100).
    pub daily_fee: TokenAmount,
}

/// A sector that is to be proven (go-state-types `miner.SectorPreCommitInfo`).
#[object]
#[derive(Eq, Hash)]
pub struct SectorPreCommitInfo {
    /// The kind of the proof with which it is sealed (go-state-types `abi.RegisteredSealProof`).
    pub seal_proof: i64,
    /// Its number.
    pub sector_number: u64,
    /// The commitment to its sealed data; may be undefined in a question about a deposit.
    #[serde(rename = "SealedCID")]
    pub sealed_cid: Option<Cid>,
    /// The epoch of the randomness with which it was sealed.
    pub seal_rand_epoch: i64,
    /// Its deals, by their numbers. On the wire none are `null`.
    #[nil]
    #[serde(rename = "DealIDs")]
    pub deal_ids: Vec<u64>,
    /// When it is to expire.
    pub expiration: i64,
    /// The commitment to its data; absent if it has none.
    pub unsealed_cid: Option<Cid>,
}

/// A sector that was announced to the chain (go-state-types `miner.SectorPreCommitOnChainInfo`).
#[object]
#[derive(Eq, Hash)]
pub struct SectorPreCommitOnChainInfo {
    /// What was announced.
    pub info: SectorPreCommitInfo,
    /// What is lost if it is not proven, in attoFIL.
    pub pre_commit_deposit: TokenAmount,
    /// When it was announced.
    pub pre_commit_epoch: i64,
}

/// When a sector ends (Lotus `miner.SectorExpiration`).
#[object]
#[derive(Eq, Hash)]
pub struct SectorExpiration {
    /// When it expires.
    pub on_time: i64,
    /// When it is terminated for being faulty; 0 if it is not.
    pub early: i64,
}

/// When a sector is to be proven (Lotus `miner.SectorLocation`).
#[object]
#[derive(Eq, Hash)]
pub struct SectorPartition {
    /// The index of the deadline.
    pub deadline: u64,
    /// The index of the partition in the deadline.
    pub partition: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sector_of_today_has_no_expected_rewards() {
        let json = r#"{"SectorNumber":9,"SealProof":8,"SealedCID":{"/":"bafy2bzacea3wsdh6y3a36tb3skempjoxqpuyompjbmfeyf34fi3uy6uue42v4"},"Activation":1,"Expiration":2,"DealWeight":"0","VerifiedDealWeight":"0","InitialPledge":"3","ExpectedDayReward":null,"ExpectedStoragePledge":null,"PowerBaseEpoch":1,"ReplacedDayReward":null,"SectorKeyCID":null,"Flags":1,"DailyFee":"4"}"#;
        let sector: SectorOnChainInfo = serde_json::from_str(json).unwrap();
        assert_eq!(sector.expected_day_reward, None);
        assert_eq!(serde_json::to_string(&sector).unwrap(), json);
        // Nodes from before the fee do not have the field.
        let old = json.replace(r#","DailyFee":"4""#, "");
        let sector: SectorOnChainInfo = serde_json::from_str(&old).unwrap();
        assert_eq!(sector.daily_fee, TokenAmount::default());
    }

    #[test]
    fn a_question_about_a_deposit_may_leave_out_the_data() {
        let info: SectorPreCommitInfo =
            serde_json::from_str(r#"{"sealproof":8,"Expiration":7}"#).unwrap();
        assert_eq!((info.seal_proof, info.expiration), (8, 7));
        let json = serde_json::to_string(&info).unwrap();
        assert_eq!(
            json,
            r#"{"SealProof":8,"SectorNumber":0,"SealedCID":null,"SealRandEpoch":0,"DealIDs":null,"Expiration":7,"UnsealedCid":null}"#
        );
    }
}
