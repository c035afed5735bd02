//! Where a miner stands in its proving period (go-state-types `dline.Info`).

use lotus_core::types::DeadlineInfo;

/// How many deadlines a proving period has.
const PERIOD_DEADLINES: u64 = 48;
/// How many epochs a period has: a day.
const PROVING_PERIOD: i64 = 2880;
/// For how many epochs a deadline is open.
const CHALLENGE_WINDOW: i64 = PROVING_PERIOD / PERIOD_DEADLINES as i64;
/// How many epochs before it opens its challenge is drawn.
const CHALLENGE_LOOKBACK: i64 = 20;
/// How many epochs before it opens faults have to be declared.
const FAULT_DECLARATION_CUTOFF: i64 = CHALLENGE_LOOKBACK + 50;

/// A deadline of the period that began at `period_start`, as it stands at `epoch`: that of a later
/// period if it has ended (`NextNotElapsed`).
pub(super) fn at(period_start: i64, index: u64, epoch: i64) -> DeadlineInfo {
    let opens = i64::try_from(index).unwrap_or_default() * CHALLENGE_WINDOW;
    let elapsed = epoch - (period_start + opens + CHALLENGE_WINDOW);
    let period_start = match elapsed {
        ..0 => period_start,
        _ => period_start + PROVING_PERIOD * (1 + elapsed / PROVING_PERIOD),
    };
    let open = period_start + opens;
    DeadlineInfo {
        current_epoch: epoch,
        period_start,
        index,
        open,
        close: open + CHALLENGE_WINDOW,
        challenge: open - CHALLENGE_LOOKBACK,
        fault_cutoff: open - FAULT_DECLARATION_CUTOFF,
        wpost_period_deadlines: PERIOD_DEADLINES,
        wpost_proving_period: PROVING_PERIOD,
        wpost_challenge_window: CHALLENGE_WINDOW,
        wpost_challenge_lookback: CHALLENGE_LOOKBACK,
        fault_declaration_cutoff: FAULT_DECLARATION_CUTOFF,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_has_ended_is_the_one_of_the_next_period() {
        let now = at(100, 2, 219);
        assert_eq!((now.period_start, now.open, now.close), (100, 220, 280));
        assert_eq!((now.challenge, now.fault_cutoff), (200, 150));
        assert_eq!(at(100, 2, 279).period_start, 100);
        assert_eq!(at(100, 2, 280).period_start, 100 + 2880);
        assert_eq!(at(100, 2, 280 + 2880).period_start, 100 + 2 * 2880);
        for epoch in 0..10_000 {
            let info = at(-17, 5, epoch);
            assert!(info.close > epoch && info.close - epoch <= 2880);
        }
    }
}
