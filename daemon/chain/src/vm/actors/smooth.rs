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

/// Below this (2⁻⁵⁰ in Q.128) a squared velocity counts as none.
static EPSILON: LazyLock<BigInt> = LazyLock::new(|| BigInt::from(1_u128 << 78));
/// ln 2 in Q.128.
static LN_2: LazyLock<BigInt> =
    LazyLock::new(|| BigInt::from(235_865_763_225_513_294_137_944_142_764_154_484_399_u128));
/// A rational approximation of ln between 1 and 2 in Q.128: the numerator's coefficients, highest
/// first.
static LN_NUMERATOR: LazyLock<Vec<BigInt>> = LazyLock::new(|| {
    integers(&[
        "261417938209272870992496419296200268025",
        "7266615505142943436908456158054846846897",
        "32458783941900493142649393804518050491988",
        "17078670566130897220338060387082146864806",
        "-35150353308172866634071793531642638290419",
        "-20351202052858059355702509232125230498980",
        "-1563932590352680681114104005183375350999",
    ])
});
/// Its denominator's.
static LN_DENOMINATOR: LazyLock<Vec<BigInt>> = LazyLock::new(|| {
    integers(&[
        "49928077726659937662124949977867279384",
        "2508163877009111928787629628566491583994",
        "21757751789594546643737445330202599887121",
        "53400635271583923415775576342898617051826",
        "41248834748603606604000911015235164348839",
        "9015227820322455780436733526367238305537",
        "340282366920938463463374607431768211456",
    ])
});

fn integers(decimals: &[&str]) -> Vec<BigInt> {
    decimals
        .iter()
        .map(|text| text.parse().expect("a constant in decimal digits"))
        .collect()
}

/// The sum of the ratio of two moving values over the next `duration` epochs, in Q.128: what a byte
/// is expected to be rewarded, when the one is the reward and the other the network's power.
///
/// The power's position must not be 0.
pub fn sum_of_ratio(
    duration: ChainEpoch,
    reward: &FilterEstimate,
    power: &FilterEstimate,
) -> BigInt {
    let duration = BigInt::from(duration) << PRECISION;
    let squared: BigInt = (&power.velocity * &power.velocity) >> PRECISION;
    if squared > *EPSILON {
        let moved: BigInt = (&power.velocity * &duration) >> PRECISION;
        let begin = ln(&power.position);
        let growth = ln(&(moved + &power.position)) - begin;
        let first: BigInt = (&growth * &reward.position * &power.velocity) >> PRECISION;
        let second: BigInt = ((&power.velocity * &duration - &growth * &power.position)
            * &reward.velocity)
            >> PRECISION;
        return (first + second).div_floor(&squared);
    }
    let half: BigInt = &duration >> 1;
    let moved: BigInt = (&reward.velocity * half) >> PRECISION;
    ((moved + &reward.position) * duration).div_floor(&power.position)
}

/// The natural logarithm in Q.128.
fn ln(value: &BigInt) -> BigInt {
    // A number of 2^63 bits does not fit into memory.
    let exponent = i64::try_from(value.bits()).unwrap_or(i64::MAX) - 1 - PRECISION.cast_signed();
    let mantissa = match exponent {
        1.. => value >> exponent,
        _ => value << exponent.unsigned_abs(),
    };
    let numerator = polynomial(&LN_NUMERATOR, &mantissa) << PRECISION;
    let logarithm = numerator.div_floor(&polynomial(&LN_DENOMINATOR, &mantissa));
    &*LN_2 * exponent + logarithm
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

    #[test]
    fn the_logarithm_is_near_enough() {
        let q128 = |x: f64| BigInt::from((x * 2_f64.powi(64)) as i128) << 64;
        for x in [0.3, 1.0, 1.5, 2.0, 1_000.0] {
            let difference: BigInt = (ln(&q128(x)) - q128(f64::ln(x))) >> 80;
            assert!(difference.magnitude() < &(1_u64 << 12).into(), "{x}");
        }
    }

    #[test]
    fn a_steady_ratio_adds_up() {
        let steady = |position: i64| FilterEstimate::new(position.into(), 0.into());
        let sum = sum_of_ratio(10, &steady(30), &steady(6));
        assert_eq!(sum >> PRECISION, 50.into());
    }

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
