//! What the `state` commands print of storage miners, as Lotus (`cli/state.go`).

use std::fmt;

use lotus_core::types::{DeadlineInfo, MinerInfo, MinerPower, PowerClaim, TokenAmount};
use multiaddr::Multiaddr;
use serde::Serialize;

use super::size::Size;

/// Everything about a miner.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Miner {
    pub(super) available_balance: TokenAmount,
    pub(super) info: MinerInfo,
    pub(super) power: MinerPower,
    pub(super) deadline: DeadlineInfo,
    /// Seconds between two epochs.
    pub(super) block_delay: u64,
}

impl fmt::Display for Miner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { info, power, .. } = self;
        writeln!(f, "Available Balance: {}", self.available_balance)?;
        writeln!(f, "Owner:\t{}", info.owner)?;
        writeln!(f, "Worker:\t{}", info.worker)?;
        for (number, address) in info.control_addresses.iter().enumerate() {
            writeln!(f, "Control {number}: \t{address}")?;
        }
        if !info.beneficiary.is_undefined() {
            writeln!(f, "Beneficiary:\t{}", info.beneficiary)?;
        }
        if info.beneficiary != info.owner
            && let Some(term) = &info.beneficiary_term
        {
            writeln!(f, "Beneficiary Quota:\t{}", term.quota)?;
            writeln!(f, "Beneficiary Used Quota:\t{}", term.used_quota)?;
            writeln!(f, "Beneficiary Expiration:\t{}", term.expiration)?;
        }
        match &info.peer_id {
            Some(id) => writeln!(f, "PeerID:\t{id}")?,
            None => writeln!(f, "PeerID:\t")?,
        }
        write!(f, "Multiaddrs:\t")?;
        for bytes in &info.multiaddrs {
            match Multiaddr::try_from(bytes.to_vec()) {
                Ok(address) => write!(f, "{address} ")?,
                Err(_) => write!(f, "<undecodable> ")?,
            }
        }
        writeln!(f)?;
        writeln!(f, "Consensus Fault End:\t{}", info.consensus_fault_elapsed)?;
        let size = info.sector_size;
        writeln!(f, "SectorSize:\t{} ({size})", Size::bytes(size))?;
        let PowerClaim {
            raw_byte_power,
            quality_adj_power,
        } = &power.miner_power;
        let total = &power.total_power;
        let share = percentage(raw_byte_power, &total.raw_byte_power);
        writeln!(
            f,
            "Byte Power:   {} / {} ({share})",
            Size::bytes(raw_byte_power.clone()),
            Size::bytes(total.raw_byte_power.clone())
        )?;
        let share = percentage(quality_adj_power, &total.quality_adj_power);
        writeln!(
            f,
            "Actual Power: {} / {} ({share})",
            Size::quantity(quality_adj_power.clone()),
            Size::quantity(total.quality_adj_power.clone())
        )?;
        let (now, start) = (self.deadline.current_epoch, self.deadline.period_start);
        let away = Away(now.abs_diff(start).saturating_mul(self.block_delay));
        write!(f, "\nProving Period Start:\t{start} ")?;
        match now.cmp(&start) {
            std::cmp::Ordering::Greater => write!(f, "({away} ago)"),
            std::cmp::Ordering::Equal => write!(f, "(now)"),
            std::cmp::Ordering::Less => write!(f, "(in {away})"),
        }
    }
}

/// The power of a miner, or of the network.
pub(super) struct Power<'a> {
    pub(super) of_miner: bool,
    pub(super) power: &'a MinerPower,
}

impl fmt::Display for Power<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = &self.power.total_power.quality_adj_power;
        let all = Size::bytes(total.clone());
        if !self.of_miner {
            return write!(f, "{total}({all})");
        }
        // What cannot win does not count.
        let own = match self.power.has_min_power {
            true => self.power.miner_power.quality_adj_power.clone(),
            false => Default::default(),
        };
        let size = Size::bytes(own.clone());
        let share = percentage(&own, total);
        write!(f, "{own}({size}) / {total}({all}) ~= {share}")
    }
}

/// A share in hundredths, with four digits; of nothing it is nothing.
fn percentage(part: &lotus_core::types::BigInt, whole: &lotus_core::types::BigInt) -> String {
    use fvm_shared::bigint::{BigInt, Sign};
    if whole.inner().sign() == Sign::NoSign {
        return "0.0000%".to_owned();
    }
    let millionths: BigInt = part.inner() * 1_000_000 / whole.inner();
    let digits = format!("{:0>5}", millionths.to_string());
    let (hundredths, rest) = digits.split_at(digits.len() - 4);
    format!("{hundredths}.{rest}%")
}

/// A time in seconds, by its two largest units.
struct Away(u64);

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            (7 * 86_400, "week"),
            (86_400, "day"),
            (3600, "hour"),
            (60, "minute"),
            (1, "second"),
        ];
        let mut left = self.0;
        let mut parts = Vec::new();
        for (seconds, name) in units {
            let count = left / seconds;
            left %= seconds;
            match count {
                0 => {}
                1 => parts.push(format!("1 {name}")),
                _ => parts.push(format!("{count} {name}s")),
            }
        }
        parts.truncate(2);
        f.write_str(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_four_digits() {
        assert_eq!(percentage(&1.into(), &3.into()), "33.3333%");
        assert_eq!(percentage(&4096.into(), &4096.into()), "100.0000%");
        assert_eq!(percentage(&1.into(), &10_000.into()), "0.0100%");
        assert_eq!(percentage(&1.into(), &0.into()), "0.0000%");
    }

    #[test]
    fn a_time_has_its_two_largest_units() {
        assert_eq!(Away(30).to_string(), "30 seconds");
        assert_eq!(Away(86_400 + 3661).to_string(), "1 day 1 hour");
        assert_eq!(Away(86_460).to_string(), "1 day 1 minute");
    }
}
