//! What tells one Filecoin network from another.

use super::BigInt;
use crate::object;

/// The parameters of a network (Lotus `api.NetworkParams`).
#[object]
#[derive(Eq, Hash)]
pub struct NetworkParams {
    /// Its name, such as `mainnet` or `calibrationnet`.
    pub network_name: String,
    /// How long an epoch lasts, in seconds.
    pub block_delay_secs: u64,
    /// The power with which a miner may win elections, in bytes.
    pub consensus_miner_min_power: BigInt,
    /// How many epochs lie between a sector's pre-commitment and its proof's challenge.
    pub pre_commit_challenge_delay: i64,
    /// When it was upgraded.
    pub fork_upgrade_params: ForkUpgradeParams,
    /// Its chain ID in transactions as Ethereum signs them.
    #[serde(rename = "Eip155ChainID")]
    pub eip155_chain_id: i64,
    /// The time of its genesis, in seconds since 1970.
    pub genesis_timestamp: u64,
}

/// The epochs of a network's upgrades (Lotus `api.ForkUpgradeParams`); one that is negative was
/// in force from the start.
#[object]
#[derive(Eq, Hash)]
pub struct ForkUpgradeParams {
    /// The epoch of the upgrade Smoke.
    pub upgrade_smoke_height: i64,
    /// The epoch of the upgrade Breeze.
    pub upgrade_breeze_height: i64,
    /// The epoch of the upgrade Ignition.
    pub upgrade_ignition_height: i64,
    /// The epoch of the upgrade Liftoff.
    pub upgrade_liftoff_height: i64,
    /// The epoch of the upgrade Assembly.
    pub upgrade_assembly_height: i64,
    /// The epoch of the upgrade Refuel.
    pub upgrade_refuel_height: i64,
    /// The epoch of the upgrade Tape.
    pub upgrade_tape_height: i64,
    /// The epoch of the upgrade Kumquat.
    pub upgrade_kumquat_height: i64,
    /// For how many epochs after Breeze the base fee was held at its least.
    pub breeze_gas_tamping_duration: i64,
    /// The epoch of the upgrade Calico.
    pub upgrade_calico_height: i64,
    /// The epoch of the upgrade Persian.
    pub upgrade_persian_height: i64,
    /// The epoch of the upgrade Orange.
    pub upgrade_orange_height: i64,
    /// The epoch of the upgrade Claus.
    pub upgrade_claus_height: i64,
    /// The epoch of the upgrade Trust.
    pub upgrade_trust_height: i64,
    /// The epoch of the upgrade Norwegian.
    pub upgrade_norwegian_height: i64,
    /// The epoch of the upgrade Turbo.
    pub upgrade_turbo_height: i64,
    /// The epoch of the upgrade Hyperdrive.
    pub upgrade_hyperdrive_height: i64,
    /// The epoch of the upgrade Chocolate.
    pub upgrade_chocolate_height: i64,
    /// The epoch of the upgrade Oh Snap.
    pub upgrade_oh_snap_height: i64,
    /// The epoch of the upgrade Skyr.
    pub upgrade_skyr_height: i64,
    /// The epoch of the upgrade Shark.
    pub upgrade_shark_height: i64,
    /// The epoch of the upgrade Hygge.
    pub upgrade_hygge_height: i64,
    /// The epoch of the upgrade Lightning.
    pub upgrade_lightning_height: i64,
    /// The epoch of the upgrade Thunder.
    pub upgrade_thunder_height: i64,
    /// The epoch of the upgrade Watermelon.
    pub upgrade_watermelon_height: i64,
    /// The epoch of the upgrade Dragon.
    pub upgrade_dragon_height: i64,
    /// The epoch of the upgrade Phoenix.
    pub upgrade_phoenix_height: i64,
    /// The epoch of the upgrade Waffle.
    pub upgrade_waffle_height: i64,
    /// The epoch of the upgrade Tuktuk.
    pub upgrade_tuktuk_height: i64,
    /// The epoch of the upgrade Teep.
    pub upgrade_teep_height: i64,
    /// The epoch of the upgrade Tock.
    pub upgrade_tock_height: i64,
    /// The epoch of the upgrade Golden Week.
    pub upgrade_golden_week_height: i64,
    /// The epoch of the upgrade Fire Horse.
    pub upgrade_fire_horse_height: i64,
    /// The epoch of the upgrade Xx.
    pub upgrade_xx_height: i64,
}
