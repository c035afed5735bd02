//! How often a draw wins: a Poisson distribution by power (Lotus `chain/types/electionproof.go`).

use fvm_shared::bigint::{BigInt, Integer, Sign};

use super::randomness::blake2b;

/// How many blocks an epoch is expected to have (`ExpectedLeadersPerEpoch`).
pub(super) const BLOCKS_PER_EPOCH: i64 = 5;
/// The most that one draw wins (`MaxWinCount`).
const MOST: i64 = 3 * BLOCKS_PER_EPOCH;
/// The binary digits after the point of the numbers below.
const PRECISION: u64 = 256;
/// And of those in between, so that rounding does not show.
const WORKING: u64 = 512;

/// How often a proof wins with this share of the power. The total is positive.
///
/// Lotus computes e^-λ with a rational approximation that is right to 15 digits; this computes the
/// series, so the two could differ once in 10¹⁵ draws.
pub(super) fn win_count(vrf_proof: &[u8], miner: &BigInt, network: &BigInt) -> i64 {
    let draw = BigInt::from_bytes_be(Sign::Plus, &blake2b(vrf_proof));
    let lambda: BigInt = ((miner * BLOCKS_PER_EPOCH) << PRECISION).div_floor(network);
    let mut probability = exp_neg(&lambda);
    let mut above = (BigInt::from(1) << PRECISION) - &probability;
    let mut wins = 0;
    while draw < above && wins < MOST {
        wins += 1;
        probability = ((probability / wins) * &lambda) >> PRECISION;
        above -= &probability;
    }
    wins
}

/// e^-x for an x that is not negative and small, as the sum of its series.
fn exp_neg(x: &BigInt) -> BigInt {
    let x = x << (WORKING - PRECISION);
    let mut term = BigInt::from(1) << WORKING;
    let mut sum = BigInt::default();
    let mut n = 0;
    while term.sign() != Sign::NoSign {
        sum += &term;
        n += 1;
        // The signs alternate; truncating keeps both sides alike.
        term = -((term * &x) / (BigInt::from(n) << WORKING));
    }
    sum >> (WORKING - PRECISION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_right() {
        for x in [0.0_f64, 0.125, 1.0, 2.5, 5.0] {
            let fixed = BigInt::from((x * f64::from(1 << 30)) as i64) << (PRECISION - 30);
            let result = exp_neg(&fixed) >> (PRECISION - 60);
            let result = result.to_string().parse::<f64>().unwrap() / 2_f64.powi(60);
            assert!((result - (-x).exp()).abs() < 1e-14, "{x}: {result}");
        }
    }

    /// Of many draws about as many win as were expected, and power counts in proportion.
    #[test]
    fn power_wins_in_proportion() {
        let draws = 2000_u32;
        let total = |miner: i64| -> i64 {
            let won = (0..draws).map(|draw| {
                win_count(
                    &draw.to_be_bytes(),
                    &BigInt::from(miner),
                    &BigInt::from(100),
                )
            });
            won.sum()
        };
        let (all, tenth, none) = (total(100), total(10), total(0));
        assert!((9_000..11_000).contains(&all), "{all} of 10000");
        assert!((850..1_150).contains(&tenth), "{tenth} of 1000");
        assert_eq!(none, 0);
    }
}
