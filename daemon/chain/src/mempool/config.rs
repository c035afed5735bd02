//! The limits of the pool (Lotus `chain/messagepool/config.go`).

use lotus_types::{MpoolConfig, Percent};

/// By how much a replacement must pay more at least, in hundredths.
pub(super) const MIN_REPLACE_RATIO: Percent = Percent(110);

/// How long pruning rests, in nanoseconds.
const PRUNE_COOLDOWN: i64 = 60_000_000_000;

/// Limits that the pool cannot have; the words are Lotus's where it has them.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Replacements would be too cheap.
    #[error("'ReplaceByFeeRatio' is less than required {0} < {MIN_REPLACE_RATIO}")]
    ReplaceByFeeRatio(Percent),
    /// Estimates would be below what is used.
    #[error("'GasLimitOverestimation' cannot be less than 1")]
    GasLimitOverestimation,
    /// The pool would be pruned to more than it may hold, or to less than nothing.
    #[error("'SizeLimitLow' must be between 0 and 'SizeLimitHigh' ({low}, {high})")]
    SizeLimits {
        /// `SizeLimitLow`.
        low: i64,
        /// `SizeLimitHigh`.
        high: i64,
    },
    /// It could not be kept.
    #[error(transparent)]
    Local(#[from] super::LocalError),
}

/// The limits that a new pool has.
pub fn default_config() -> MpoolConfig {
    MpoolConfig {
        priority_addrs: Vec::new(),
        size_limit_high: 30_000,
        size_limit_low: 20_000,
        replace_by_fee_ratio: Percent(125),
        prune_cooldown: PRUNE_COOLDOWN,
        gas_limit_overestimation: 1.25,
    }
}

pub(super) fn validate(config: &MpoolConfig) -> Result<(), ConfigError> {
    if config.replace_by_fee_ratio < MIN_REPLACE_RATIO {
        return Err(ConfigError::ReplaceByFeeRatio(config.replace_by_fee_ratio));
    }
    let factor = config.gas_limit_overestimation;
    if !factor.is_finite() || factor < 1.0 {
        return Err(ConfigError::GasLimitOverestimation);
    }
    let (low, high) = (config.size_limit_low, config.size_limit_high);
    if low < 0 || low > high {
        return Err(ConfigError::SizeLimits { low, high });
    }
    Ok(())
}
