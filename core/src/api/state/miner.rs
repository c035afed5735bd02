//! Storage miners: who they are, what they hold, what they have to prove.

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    Address, BitField, Deadline, DeadlineInfo, Fault, MinerInfo, MinerPower, MinerSectors,
    Partition, SectorExpiration, SectorOnChainInfo, SectorPartition, SectorPreCommitInfo,
    SectorPreCommitOnChainInfo, TipSetKey, TokenAmount,
};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group State: storage miners and their sectors.
///
/// A miner that does not exist is error 11.
#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait StateMiner {
    /// Lists the addresses of all miners, those without power too.
    #[method(name = "StateListMiners", perm = read)]
    async fn state_list_miners(&self, tipset: TipSetKey) -> Result<Vec<Address>, Error>;

    /// Returns who owns and controls a miner, and where it is reached.
    #[method(name = "StateMinerInfo", perm = read)]
    async fn state_miner_info(&self, miner: Address, tipset: TipSetKey)
    -> Result<MinerInfo, Error>;

    /// Returns a miner's power, and that of all together.
    #[method(name = "StateMinerPower", perm = read)]
    async fn state_miner_power(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<MinerPower, Error>;

    /// Returns how many attoFIL a miner can withdraw, once what has vested is freed.
    #[method(name = "StateMinerAvailableBalance", perm = read)]
    async fn state_miner_available_balance(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error>;

    /// Returns how many sectors a miner has.
    #[method(name = "StateMinerSectorCount", perm = read)]
    async fn state_miner_sector_count(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<MinerSectors, Error>;

    /// Returns the sectors of a miner whose numbers are in `sectors`; `null` is all of them.
    #[method(name = "StateMinerSectors", perm = read)]
    async fn state_miner_sectors(
        &self,
        miner: Address,
        sectors: Option<BitField>,
        tipset: TipSetKey,
    ) -> Result<Vec<SectorOnChainInfo>, Error>;

    /// Returns the sectors of a miner that it proves.
    #[method(name = "StateMinerActiveSectors", perm = read)]
    async fn state_miner_active_sectors(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<Vec<SectorOnChainInfo>, Error>;

    /// Returns where a miner stands in its proving period.
    #[method(name = "StateMinerProvingDeadline", perm = read)]
    async fn state_miner_proving_deadline(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<DeadlineInfo, Error>;

    /// Returns a miner's deadlines, in order.
    #[method(name = "StateMinerDeadlines", perm = read)]
    async fn state_miner_deadlines(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<Vec<Deadline>, Error>;

    /// Returns the partitions of a miner's deadline, in order; `deadline` counts from 0.
    #[method(name = "StateMinerPartitions", perm = read)]
    async fn state_miner_partitions(
        &self,
        miner: Address,
        deadline: u64,
        tipset: TipSetKey,
    ) -> Result<Vec<Partition>, Error>;

    /// Returns the numbers of the sectors that a miner has not proven.
    #[method(name = "StateMinerFaults", perm = read)]
    async fn state_miner_faults(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<BitField, Error>;

    /// Returns the numbers of the sectors that a miner has declared recovered.
    #[method(name = "StateMinerRecoveries", perm = read)]
    async fn state_miner_recoveries(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<BitField, Error>;

    /// Returns the consensus faults of the last `lookback` epochs. Lotus has not implemented it.
    #[method(name = "StateAllMinerFaults", perm = read)]
    async fn state_all_miner_faults(
        &self,
        lookback: i64,
        tipset: TipSetKey,
    ) -> Result<Vec<Fault>, Error>;

    /// Returns the sector numbers that a miner has used.
    #[method(name = "StateMinerAllocated", perm = read)]
    async fn state_miner_allocated(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<BitField, Error>;

    /// Returns whether a miner has used a sector number.
    #[method(name = "StateMinerSectorAllocated", perm = read)]
    async fn state_miner_sector_allocated(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<bool, Error>;

    /// Returns how many attoFIL announcing a sector costs until it is proven.
    #[method(name = "StateMinerPreCommitDepositForPower", perm = read)]
    async fn state_miner_pre_commit_deposit_for_power(
        &self,
        miner: Address,
        sector: SectorPreCommitInfo,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error>;

    /// Returns how many attoFIL have to be pledged for a sector, from what its announcement says.
    ///
    /// It knows nothing of data that is not in a deal; `StateMinerInitialPledgeForSector` does.
    #[method(name = "StateMinerInitialPledgeCollateral", perm = read)]
    async fn state_miner_initial_pledge_collateral(
        &self,
        miner: Address,
        sector: SectorPreCommitInfo,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error>;

    /// Returns how many attoFIL have to be pledged for a sector of `size` bytes, of which
    /// `verified_size` are verified, that lasts `duration` epochs.
    #[method(name = "StateMinerInitialPledgeForSector", perm = read)]
    async fn state_miner_initial_pledge_for_sector(
        &self,
        duration: i64,
        size: u64,
        verified_size: u64,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error>;

    /// Returns how many attoFIL making a miner costs until they have vested (FIP-0077).
    #[method(name = "StateMinerCreationDeposit", perm = read)]
    async fn state_miner_creation_deposit(&self, tipset: TipSetKey) -> Result<TokenAmount, Error>;

    /// Returns a sector that was announced and not proven yet, or nothing.
    #[method(name = "StateSectorPreCommitInfo", perm = read)]
    async fn state_sector_pre_commit_info(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<Option<SectorPreCommitOnChainInfo>, Error>;

    /// Returns a proven sector, or nothing if there is none with that number.
    ///
    /// Its expiration may not be the true one; `StateSectorExpiration` returns that.
    #[method(name = "StateSectorGetInfo", perm = read)]
    async fn state_sector_get_info(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<Option<SectorOnChainInfo>, Error>;

    /// Returns when a sector ends; an error if there is none with that number.
    #[method(name = "StateSectorExpiration", perm = read)]
    async fn state_sector_expiration(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<SectorExpiration, Error>;

    /// Returns in which deadline and partition a sector is proven; an error if there is none with
    /// that number.
    #[method(name = "StateSectorPartition", perm = read)]
    async fn state_sector_partition(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<SectorPartition, Error>;
}
