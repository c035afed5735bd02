//! The networks that a chain from a file may be of: what they are called, and the epochs at which
//! their rules changed.
//!
//! The epochs are those of Lotus `build/buildconstants/params_mainnet.go` and `params_calibnet.go`,
//! up to Fire Horse, which was the last when this was written.

use lotus_core::types::ForkUpgradeParams;

use super::NetworkId;

/// Seconds between two epochs on Filecoin's networks.
const BLOCK_DELAY: u64 = 30;

/// An epoch that is never reached (Lotus's for the next upgrade, which has no name yet).
const NEVER: i64 = 9_999_999_999;

/// Mainnet. Its genesis has the name of the test network that it began as.
const MAINNET: [&str; 2] = ["mainnet", "testnetnet"];

/// The test network that follows mainnet.
const CALIBRATION: &str = "calibrationnet";

/// What tells the network whose genesis has this name from others. `block_delay` is what the chain
/// itself shows, in seconds.
pub(super) fn identify(name: String, block_delay: Option<u64>, version: u32) -> NetworkId {
    let (name, chain_id, known) = match name.as_str() {
        name if MAINNET.contains(&name) => (MAINNET[0].to_owned(), 314, true),
        CALIBRATION => (name, 314_159, true),
        "butterflynet" => (name, 3_141_592, true),
        _ => (name, 31_415_926, false),
    };
    let shown = block_delay.filter(|delay| !known && *delay > 0);
    NetworkId {
        name,
        chain_id,
        block_delay: shown.unwrap_or(BLOCK_DELAY),
        version,
    }
}

/// The epochs of a network's upgrades; `None` if they are not known.
pub(super) fn upgrades(name: &str) -> Option<ForkUpgradeParams> {
    match name {
        "mainnet" => Some(mainnet()),
        CALIBRATION => Some(calibration()),
        _ => None,
    }
}

/// The version of the rules at an epoch (Lotus `StateManager.GetNetworkVersion`): an upgrade is in
/// force from the epoch after its own, and one that is negative never was one.
pub(super) fn version(upgrades: &ForkUpgradeParams, epoch: i64) -> u32 {
    let all = [
        (upgrades.upgrade_breeze_height, 1),
        (upgrades.upgrade_smoke_height, 2),
        (upgrades.upgrade_ignition_height, 3),
        (upgrades.upgrade_assembly_height, 4),
        (upgrades.upgrade_tape_height, 5),
        (upgrades.upgrade_kumquat_height, 6),
        (upgrades.upgrade_calico_height, 7),
        (upgrades.upgrade_persian_height, 8),
        (upgrades.upgrade_orange_height, 9),
        (upgrades.upgrade_trust_height, 10),
        (upgrades.upgrade_norwegian_height, 11),
        (upgrades.upgrade_turbo_height, 12),
        (upgrades.upgrade_hyperdrive_height, 13),
        (upgrades.upgrade_chocolate_height, 14),
        (upgrades.upgrade_oh_snap_height, 15),
        (upgrades.upgrade_skyr_height, 16),
        (upgrades.upgrade_shark_height, 17),
        (upgrades.upgrade_hygge_height, 18),
        (upgrades.upgrade_lightning_height, 19),
        (upgrades.upgrade_thunder_height, 20),
        (upgrades.upgrade_watermelon_height, 21),
        (upgrades.upgrade_dragon_height, 22),
        (upgrades.upgrade_waffle_height, 23),
        (upgrades.upgrade_tuktuk_height, 24),
        (upgrades.upgrade_teep_height, 25),
        (upgrades.upgrade_tock_height, 26),
        (upgrades.upgrade_golden_week_height, 27),
        (upgrades.upgrade_fire_horse_height, 28),
    ];
    let last = all.iter().rfind(|(height, _)| (0..epoch).contains(height));
    last.map_or(0, |(_, version)| *version)
}

fn mainnet() -> ForkUpgradeParams {
    ForkUpgradeParams {
        upgrade_breeze_height: 41_280,
        breeze_gas_tamping_duration: 120,
        upgrade_smoke_height: 51_000,
        upgrade_ignition_height: 94_000,
        upgrade_refuel_height: 130_800,
        upgrade_assembly_height: 138_720,
        upgrade_tape_height: 140_760,
        upgrade_liftoff_height: 148_888,
        upgrade_kumquat_height: 170_000,
        upgrade_calico_height: 265_200,
        upgrade_persian_height: 272_400,
        upgrade_orange_height: 336_458,
        upgrade_claus_height: 343_200,
        upgrade_trust_height: 550_321,
        upgrade_norwegian_height: 665_280,
        upgrade_turbo_height: 712_320,
        upgrade_hyperdrive_height: 892_800,
        upgrade_chocolate_height: 1_231_620,
        upgrade_oh_snap_height: 1_594_680,
        upgrade_skyr_height: 1_960_320,
        upgrade_shark_height: 2_383_680,
        upgrade_hygge_height: 2_683_348,
        upgrade_lightning_height: 2_809_800,
        upgrade_thunder_height: 2_870_280,
        upgrade_watermelon_height: 3_469_380,
        upgrade_dragon_height: 3_855_360,
        upgrade_phoenix_height: 3_855_480,
        upgrade_waffle_height: 4_154_640,
        upgrade_tuktuk_height: 4_461_240,
        upgrade_teep_height: 4_878_840,
        upgrade_tock_height: 5_138_040,
        upgrade_golden_week_height: 5_348_280,
        upgrade_fire_horse_height: 6_052_800,
        upgrade_xx_height: NEVER,
    }
}

fn calibration() -> ForkUpgradeParams {
    ForkUpgradeParams {
        upgrade_breeze_height: -1,
        breeze_gas_tamping_duration: 120,
        upgrade_smoke_height: -2,
        upgrade_ignition_height: -3,
        upgrade_refuel_height: -4,
        upgrade_assembly_height: 30,
        upgrade_tape_height: 60,
        upgrade_liftoff_height: -5,
        upgrade_kumquat_height: 90,
        upgrade_calico_height: 120,
        upgrade_persian_height: 240,
        upgrade_claus_height: 270,
        upgrade_orange_height: 300,
        upgrade_trust_height: 330,
        upgrade_norwegian_height: 360,
        upgrade_turbo_height: 390,
        upgrade_hyperdrive_height: 420,
        upgrade_chocolate_height: 450,
        upgrade_oh_snap_height: 480,
        upgrade_skyr_height: 510,
        upgrade_shark_height: 16_800,
        upgrade_hygge_height: 322_354,
        upgrade_lightning_height: 489_094,
        upgrade_thunder_height: 492_214,
        upgrade_watermelon_height: 1_013_134,
        upgrade_dragon_height: 1_427_974,
        upgrade_phoenix_height: 1_428_094,
        upgrade_waffle_height: 1_779_094,
        upgrade_tuktuk_height: 2_078_794,
        upgrade_teep_height: 2_523_454,
        upgrade_tock_height: 2_543_614,
        upgrade_golden_week_height: 3_007_294,
        upgrade_fire_horse_height: 3_694_534,
        upgrade_xx_height: NEVER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_change_after_the_epoch_of_an_upgrade() {
        let (mainnet, calibration) = (mainnet(), calibration());
        for (epoch, expected) in [
            (0, 0),
            (41_280, 0),
            (41_281, 1),
            (148_888, 5),
            (2_870_280, 19),
            (2_870_281, 20),
            (5_348_280, 26),
            (5_348_281, 27),
            (7_000_000, 28),
        ] {
            assert_eq!(version(&mainnet, epoch), expected, "mainnet at {epoch}");
        }
        // What calibration began with was never an upgrade.
        for (epoch, expected) in [(0, 0), (30, 0), (31, 4), (271, 8), (301, 9), (16_801, 17)] {
            assert_eq!(version(&calibration, epoch), expected, "at {epoch}");
        }
    }

    #[test]
    fn a_network_is_known_by_the_name_in_its_genesis() {
        let id = |name: &str, delay| identify(name.to_owned(), delay, 1);
        let mainnet = id("testnetnet", None);
        assert_eq!(
            (mainnet.name.as_str(), mainnet.chain_id, mainnet.block_delay),
            ("mainnet", 314, 30)
        );
        assert_eq!(id("calibrationnet", Some(5)).block_delay, 30);
        let local = id("localnet", Some(4));
        assert_eq!((local.chain_id, local.block_delay), (31_415_926, 4));
        assert_eq!(id("localnet", Some(0)).block_delay, 30);
        assert_eq!(upgrades("localnet"), None);
    }
}
