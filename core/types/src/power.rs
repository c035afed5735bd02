//! How much storage power miners have.

use super::BigInt;
use crate::object;

/// The power of a miner and that of all together (Lotus `api.MinerPower`).
#[object]
#[derive(Eq, Hash)]
pub struct MinerPower {
    /// The miner's.
    pub miner_power: PowerClaim,
    /// That of all miners who have enough to take part.
    pub total_power: PowerClaim,
    /// Whether the miner has enough to win elections.
    pub has_min_power: bool,
}

/// Storage power, in bytes (Lotus `power.Claim`).
#[object]
#[derive(Eq, Hash)]
pub struct PowerClaim {
    /// The size of the proven sectors.
    pub raw_byte_power: BigInt,
    /// The same, verified deals counted tenfold: by this elections are won.
    pub quality_adj_power: BigInt,
}
