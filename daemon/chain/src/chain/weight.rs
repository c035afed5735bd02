//! What a tipset weighs (Lotus `chain/consensus/filcns/weight.go`).

use fvm_shared::bigint::BigInt;
use lotus_types::{BigInt as Weight, TipSet};

use super::win_count::BLOCKS_PER_EPOCH;
use super::{Chain, ChainError};

/// Half of what a tipset weighs comes of the power, half of its blocks (`WRatioDen`).
const RATIO_DENOMINATOR: i64 = 2;

impl Chain {
    /// The weight of the chain that ends with a tipset: that of its parents, and what it adds.
    ///
    /// A tipset adds the logarithm of the network's power, and in proportion to that, how often its
    /// blocks won. Lotus has no weight for a network without power; here the logarithm is then 1, so
    /// that in a local network, too, more epochs and more blocks are heavier.
    ///
    /// # Errors
    /// The state before the tipset is not here.
    pub fn weight(&self, tipset: &TipSet) -> Result<Weight, ChainError> {
        if let Some(weight) = self.store().weight(tipset.key())? {
            return Ok(weight);
        }
        let state = self.state_before(tipset)?;
        let power = self.network_power(&state)?;
        let log = power.bits().saturating_sub(1).max(1);
        let wins = tipset.blocks().iter().map(|block| {
            let proof = block.election_proof.as_ref();
            proof.map_or(0, |proof| proof.win_count)
        });
        let wins: BigInt = wins.map(BigInt::from).sum();
        let base = BigInt::from(log) << 8;
        let blocks = (&base * wins) / (BLOCKS_PER_EPOCH * RATIO_DENOMINATOR);
        let weight = Weight::from(tipset.parent_weight().inner() + base + blocks);
        self.store().put_weight(tipset.key(), &weight);
        Ok(weight)
    }
}
