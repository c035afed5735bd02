//! When a miner has to prove its sectors: deadlines and their partitions.

use super::{BitField, TokenAmount};
use crate::object;

/// The state of one of a miner's deadlines (Lotus `api.Deadline`).
#[object]
#[derive(Eq)]
pub struct Deadline {
    /// The partitions that were proven in this period.
    pub post_submissions: BitField,
    /// How many proofs of the last period may still be disputed.
    pub disputable_proof_count: u64,
    /// What its sectors cost each day, in attoFIL (FIP-0100).
    pub daily_fee: TokenAmount,
}

/// The sectors of a partition (Lotus `api.Partition`).
#[object]
#[derive(Eq)]
pub struct Partition {
    /// All, those that have ended included.
    pub all_sectors: BitField,
    /// Those that were not proven.
    pub faulty_sectors: BitField,
    /// Those of them that the miner has declared recovered.
    pub recovering_sectors: BitField,
    /// Those that have not expired or been terminated.
    pub live_sectors: BitField,
    /// Those that count as power.
    pub active_sectors: BitField,
}

/// Where a miner stands in its proving period (go-state-types `dline.Info`). All times are epochs.
#[object]
#[derive(Eq, Hash)]
pub struct DeadlineInfo {
    /// The epoch for which this was computed.
    pub current_epoch: i64,
    /// The first epoch of the proving period.
    pub period_start: i64,
    /// Which of the period's deadlines it is, from 0.
    pub index: u64,
    /// The first epoch in which its proof may be submitted.
    pub open: i64,
    /// The first epoch in which it may not any more.
    pub close: i64,
    /// The epoch of the randomness that says what is to be proven.
    pub challenge: i64,
    /// The first epoch in which faults may not be declared any more.
    pub fault_cutoff: i64,
    /// How many deadlines a period has.
    #[serde(rename = "WPoStPeriodDeadlines")]
    pub wpost_period_deadlines: u64,
    /// How many epochs a period has.
    #[serde(rename = "WPoStProvingPeriod")]
    pub wpost_proving_period: i64,
    /// For how many epochs a deadline is open.
    #[serde(rename = "WPoStChallengeWindow")]
    pub wpost_challenge_window: i64,
    /// How many epochs before it opens its challenge is drawn.
    #[serde(rename = "WPoStChallengeLookback")]
    pub wpost_challenge_lookback: i64,
    /// How many epochs before it opens faults have to be declared.
    pub fault_declaration_cutoff: i64,
}
