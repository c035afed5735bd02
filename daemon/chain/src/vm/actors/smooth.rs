//! Fixed-point maths that the reward, power and miner actors share: Q.128 numbers, polynomials, and
//! the alpha-beta filter that smooths what is observed each epoch.

use std::sync::LazyLock;

use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::bigint::{BigInt, Integer, bigint_ser};
use fvm_shared::clock::ChainEpoch;

/// Binary digits behind the point of a Q.128 number.
pub const PRECISION: u64 = 128;

/// How much of a residual moves the position: 9.25 · 10⁻⁴ in Q.128.
static ALPHA: LazyLock<BigInt> =
    LazyLock::new(|| BigInt::from(314_760_000_000_000_000_000_000_000_000_000_000_u128));
/// How much of it moves the velocity: 2.84 · 10⁻⁷ in Q.128.
static BETA: LazyLock<BigInt> =
    LazyLock::new(|| BigInt::from(96_640_100_000_000_000_000_000_000_000_000_u128));

/// A value that moves, as a filter estimates it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct FilterEstimate {
    /// Where it is, in Q.128.
    #[serde(with = "bigint_ser")]
    pub position: BigInt,
    /// By how much it moves in an epoch, in Q.128.
    #[serde(with = "bigint_ser")]
    pub velocity: BigInt,
}

impl FilterEstimate {
    /// An estimate from whole numbers.
    pub fn new(position: BigInt, velocity: BigInt) -> Self {
        Self {
            position: position << PRECISION,
            velocity: velocity << PRECISION,
        }
    }

    /// The position as a whole number.
    pub fn estimate(&self) -> BigInt {
        &self.position >> PRECISION
    }

    /// The estimate after `observation` has been seen `delta` epochs (at least one) later.
    #[must_use]
    pub fn next(&self, observation: &BigInt, delta: ChainEpoch) -> Self {
        let delta = BigInt::from(delta) << PRECISION;
        let moved: BigInt = (&delta * &self.velocity) >> PRECISION;
        let expected = moved + &self.position;
        let residual = (observation << PRECISION) - &expected;
        let correction: BigInt = (&*ALPHA * &residual) >> PRECISION;
        Self {
            position: expected + correction,
            velocity: (residual * &*BETA).div_floor(&delta) + &self.velocity,
        }
    }
}

/// The value of a polynomial, highest coefficient first, at `x`; all in Q.128.
pub fn polynomial(coefficients: &[BigInt], x: &BigInt) -> BigInt {
    coefficients
        .iter()
        .fold(BigInt::default(), |value, coefficient| {
            ((value * x) >> PRECISION) + coefficient
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen on mainnet; the built-in actors have it as a test of their rounding.
    #[test]
    fn velocities_round_towards_minus_infinity() {
        let estimate = FilterEstimate {
            position: "12340768897043811082913117521041414330876498465539749838848"
                .parse()
                .unwrap(),
            velocity: "-37396269384748225153347462373739139597454335279104"
                .parse()
                .unwrap(),
        };
        let next = estimate.next(&36_266_252_337_034_982_540_u128.into(), 3);
        assert_eq!(
            next.position.to_string(),
            "12340768782449774548722755900999027209659079673176744001536"
        );
        assert_eq!(
            next.velocity.to_string(),
            "-37396515542149801792802995707072472930787668612438"
        );
    }
}
