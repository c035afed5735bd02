//! How much is minted for an epoch: 30 % by time alone (simple minting), 70 % by how the network's
//! power keeps up with its baseline. Everything in Q.128, as the built-in reward actor's `logic.rs`.

use std::sync::LazyLock;

use fvm_shared::bigint::{BigInt, Integer};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::StoragePower;

use crate::vm::actors::smooth::{PRECISION, polynomial};

/// What is minted by simple minting in the end, in FIL.
pub(crate) const SIMPLE_TOTAL: u64 = 330_000_000;
/// What is minted by baseline minting in the end, in FIL.
pub(crate) const BASELINE_TOTAL: u64 = 770_000_000;

/// The baseline at effective network time 0: about 2.5 EiB.
pub(crate) static BASELINE_INITIAL: LazyLock<StoragePower> =
    LazyLock::new(|| StoragePower::from(2_888_888_880_000_000_000_u64));
/// The baseline one epoch before the first.
pub(crate) static BASELINE_BEFORE_FIRST: LazyLock<StoragePower> = LazyLock::new(|| {
    let scaled: BigInt = (&*BASELINE_INITIAL << (2 * PRECISION)) / &*BASELINE_GROWTH;
    scaled >> PRECISION
});

/// By what the baseline grows each epoch, so that it grows by 200 percent a year.
static BASELINE_GROWTH: LazyLock<BigInt> = LazyLock::new(|| {
    (BigInt::from(1) << PRECISION) + BigInt::from(224_377_702_615_002_589_582_494_545_262_197_u128)
});
/// ln 2 by the epochs of six years: the half-life of minting.
static LAMBDA: LazyLock<BigInt> =
    LazyLock::new(|| BigInt::from(37_396_271_439_864_487_274_534_522_888_786_u128));
/// e^λ − 1.
static EXP_LAMBDA_MINUS_ONE: LazyLock<BigInt> =
    LazyLock::new(|| BigInt::from(37_396_273_494_747_879_394_193_016_954_629_u128));

/// A rational approximation of e^-x: the numerator's coefficients, highest first.
static EXP_NUMERATOR: LazyLock<Vec<BigInt>> = LazyLock::new(|| {
    [
        -648_770_010_757_830_093_818_553_637_600_i128,
        67_469_480_939_593_786_226_847_644_286_976,
        -3_197_587_544_499_098_424_029_388_939_001_856,
        89_244_641_121_992_890_118_377_641_805_348_864,
        -1_579_656_163_641_440_567_800_982_336_819_953_664,
        17_685_496_037_279_256_458_459_817_590_917_169_152,
        -115_682_590_513_835_356_866_803_355_398_940_131_328,
    ]
    .into_iter()
    .map(BigInt::from)
    .chain([BigInt::from(1) << PRECISION])
    .collect()
});
/// Its denominator's.
static EXP_DENOMINATOR: LazyLock<Vec<BigInt>> = LazyLock::new(|| {
    [
        1_225_524_182_432_722_209_606_361_u128,
        114_095_592_300_906_098_243_859_450,
        5_665_570_424_063_336_070_530_214_243,
        194_450_132_448_609_991_765_137_938_448,
        5_068_267_641_632_683_791_026_134_915_072,
        104_716_890_604_972_796_896_895_427_629_056,
        1_748_338_658_439_454_459_487_681_798_864_896,
        23_704_654_329_841_312_470_660_182_937_960_448,
        259_380_097_567_996_910_282_699_886_670_381_056,
        2_250_336_698_853_390_384_720_606_936_038_375_424,
        14_978_272_436_876_548_034_486_263_159_246_028_800,
        72_144_088_983_913_131_323_343_765_784_380_833_792,
        224_599_776_407_103_106_596_571_252_037_123_047_424,
    ]
    .into_iter()
    .map(BigInt::from)
    .chain([BigInt::from(1) << PRECISION])
    .collect()
});

/// e^-x.
fn exp_neg(x: &BigInt) -> BigInt {
    let numerator: BigInt = polynomial(&EXP_NUMERATOR, x) << PRECISION;
    numerator.div_floor(&polynomial(&EXP_DENOMINATOR, x))
}

/// The baseline of the epoch after one with baseline `power`.
pub(crate) fn next_baseline(power: &StoragePower) -> StoragePower {
    (power * &*BASELINE_GROWTH) >> PRECISION
}

/// The effective network time with its fraction: where between two whole epochs the realized power
/// meets the sum of the baseline.
pub(crate) fn theta(
    effective_time: ChainEpoch,
    baseline: &BigInt,
    realized_sum: &BigInt,
    baseline_sum: &BigInt,
) -> BigInt {
    if effective_time == 0 {
        return BigInt::default();
    }
    let missing: BigInt = (baseline_sum - realized_sum) << PRECISION;
    (BigInt::from(effective_time) << PRECISION) - missing.div_floor(baseline)
}

/// What an epoch mints for all of its expected leaders, when effective network time goes from `before`
/// to `after`.
pub(crate) fn reward(
    epoch: ChainEpoch,
    before: &BigInt,
    after: &BigInt,
    simple_total: &TokenAmount,
    baseline_total: &TokenAmount,
) -> TokenAmount {
    let simple: BigInt =
        (simple_total.atto() * &*EXP_LAMBDA_MINUS_ONE * exp_neg(&(&*LAMBDA * epoch))) >> PRECISION;
    let supply = |theta: &BigInt| {
        let exponent: BigInt = (theta * &*LAMBDA) >> PRECISION;
        ((BigInt::from(1) << PRECISION) - exp_neg(&exponent)) * baseline_total.atto()
    };
    let minted: BigInt = (simple + supply(after) - supply(before)) >> PRECISION;
    TokenAmount::from_atto(minted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn theta_lies_between_whole_epochs() {
        let half = theta(
            1,
            &4096.into(),
            &(2048 + 2048).into(),
            &(2048 + 4096).into(),
        );
        assert_eq!(half, BigInt::from(1) << (PRECISION - 1));
        assert_eq!(theta(0, &1.into(), &1.into(), &1.into()), BigInt::default());
    }

    #[test]
    fn the_first_epoch_mints_what_simple_minting_says() {
        let zero = BigInt::default();
        let total = TokenAmount::from_whole(SIMPLE_TOTAL);
        let first = reward(
            0,
            &zero,
            &zero,
            &total,
            &TokenAmount::from_whole(BASELINE_TOTAL),
        );
        // What the built-in actors' own tests expect of epoch 0.
        assert_eq!(
            first,
            TokenAmount::from_atto(36_266_264_293_777_134_739_u128)
        );
    }
}
