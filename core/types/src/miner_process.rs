//! What a miner's process is set up to do.

use super::Address;
use super::open_enum::text_enum;
use crate::object;

/// Which addresses send and pay for a miner's messages (Lotus `api.AddressConfig`), besides its
/// worker and its owner.
#[object]
#[derive(Eq, Hash)]
pub struct AddressConfig {
    /// For pre-commits.
    #[nil]
    pub pre_commit_control: Vec<Address>,
    /// For commits.
    #[nil]
    pub commit_control: Vec<Address>,
    /// For terminations.
    #[nil]
    pub terminate_control: Vec<Address>,
    /// For publishing deals.
    #[nil]
    pub deal_publish_control: Vec<Address>,
    /// Whether the owner is never used in their place.
    pub disable_owner_fallback: bool,
    /// Whether the worker is never used in their place.
    pub disable_worker_fallback: bool,
}

text_enum! {
    /// A part of a miner that a process can run (Lotus `api.MinerSubsystem`).
    pub enum MinerSubsystem {
        /// Making blocks.
        Mining = "Mining",
        /// Sealing sectors.
        Sealing = "Sealing",
        /// Keeping track of where sectors are.
        SectorStorage = "SectorStorage",
        /// A part that the process itself does not know by name.
        Unknown = "Unknown",
    }
}
