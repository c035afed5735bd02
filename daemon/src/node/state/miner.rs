//! `StateMiner`: who the storage miners are, what they hold and what they have to prove.

use fvm_shared::address::Address as FvmAddress;
use jsonrpsee::core::async_trait;
use lotus_chain::vm::actors::{miner, power};
use lotus_core::Error;
use lotus_core::api::state::miner::StateMinerServer;
use lotus_core::types::{
    Address, BeneficiaryTerm, BitField, Bytes, Deadline, DeadlineInfo, Fault, MinerInfo,
    MinerPower, MinerSectors, Partition, PeerId, PendingBeneficiaryChange, PowerClaim,
    SectorExpiration, SectorOnChainInfo, SectorPartition, SectorPreCommitInfo,
    SectorPreCommitOnChainInfo, TipSetKey, TokenAmount,
};

use super::provider::{self, Provider};
use super::{StateRpc, deadline};
use crate::node::unserved;

impl StateRpc {
    /// Runs work on a miner where it may block.
    async fn miner<T: Send + 'static>(
        &self,
        miner: Address,
        tipset: TipSetKey,
        work: impl FnOnce(Provider) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.run(move |chain| work(Provider::read(chain, &miner, &tipset)?))
            .await
    }

    /// What is asked about the sectors of a miner that has none.
    async fn no_sectors<T: Default + Send + 'static>(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<T, Error> {
        self.miner(miner, tipset, |miner| {
            miner.without_sectors()?;
            Ok(T::default())
        })
        .await
    }

    /// What is asked about one sector of a miner that has none; the words are Lotus's.
    async fn no_such_sector<T: Send + 'static>(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<T, Error> {
        self.no_sectors::<()>(miner, tipset).await?;
        let why = format!("sector {sector} not due at any deadline");
        Err(Error::Other(why))
    }
}

/// A miner's information as Lotus tells it.
fn info(info: miner::MinerInfo) -> Result<MinerInfo, Error> {
    let change = info.pending_worker_key;
    let peer_id = match info.peer_id.is_empty() {
        true => None,
        // What is no peer id is none, as in Lotus.
        false => PeerId::from_bytes(&info.peer_id).ok(),
    };
    let term = info.beneficiary_term;
    let pending = info
        .pending_beneficiary_term
        .map(|change| PendingBeneficiaryChange {
            new_beneficiary: change.new_beneficiary.into(),
            new_quota: change.new_quota.into(),
            new_expiration: change.new_expiration,
            approved_by_beneficiary: change.approved_by_beneficiary,
            approved_by_nominee: change.approved_by_nominee,
        });
    Ok(MinerInfo {
        owner: info.owner.into(),
        worker: info.worker.into(),
        new_worker: change
            .as_ref()
            .map(|change| change.new_worker.into())
            .unwrap_or_default(),
        control_addresses: info
            .control_addresses
            .into_iter()
            .map(Address::from)
            .collect(),
        worker_change_epoch: change.map_or(-1, |change| change.effective_at),
        peer_id,
        multiaddrs: info
            .multi_address
            .into_iter()
            .map(|address| Bytes(address.0))
            .collect(),
        window_post_proof_type: info.window_post_proof_type.into(),
        sector_size: info.sector_size as u64,
        window_post_partition_sectors: info.window_post_partition_sectors,
        consensus_fault_elapsed: info.consensus_fault_elapsed,
        pending_owner_address: info.pending_owner_address.map(Address::from),
        beneficiary: info.beneficiary.into(),
        beneficiary_term: Some(BeneficiaryTerm {
            quota: term.quota.into(),
            used_quota: term.used_quota.into(),
            expiration: term.expiration,
        }),
        pending_beneficiary_term: pending,
    })
}

#[async_trait]
impl StateMinerServer for StateRpc {
    async fn state_list_miners(&self, tipset: TipSetKey) -> Result<Vec<Address>, Error> {
        self.run(move |chain| {
            let state = chain.state(&tipset)?;
            let (power, blocks) = provider::power(chain.store(), &state)?;
            let claims = power.claims(blocks).map_err(Error::other)?;
            let mut miners = Vec::new();
            let listed = claims.for_each(|key, _| {
                miners.push(Address::from(FvmAddress::from_bytes(&key.0)?));
                Ok(())
            });
            listed.map_err(Error::other)?;
            Ok(miners)
        })
        .await
    }

    async fn state_miner_info(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<MinerInfo, Error> {
        self.miner(miner, tipset, |miner| info(miner.info()?)).await
    }

    /// Who is no miner has no power, as in Lotus; the undefined address asks for all together.
    async fn state_miner_power(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<MinerPower, Error> {
        self.run(move |chain| {
            let state = chain.state(&tipset)?;
            let (power, blocks) = provider::power(chain.store(), &state)?;
            let id = state.lookup_id(&miner).map_err(Error::other)?;
            let claim = |claim: power::Claim| PowerClaim {
                raw_byte_power: claim.raw_byte_power.into(),
                quality_adj_power: claim.quality_adj_power.into(),
            };
            let found = id.map(|id| power.claim(blocks.clone(), id)).transpose();
            let own = found.map_err(Error::other)?.flatten();
            let has_min_power = match (id, &own) {
                (Some(id), Some(_)) => {
                    let meets = power.meets_consensus_minimum(blocks, id);
                    meets.map_err(Error::other)?.1
                }
                _ => false,
            };
            Ok(MinerPower {
                miner_power: own.map(claim).unwrap_or_default(),
                total_power: PowerClaim {
                    raw_byte_power: power.total_raw_byte_power.into(),
                    quality_adj_power: power.total_quality_adj_power.into(),
                },
                has_min_power,
            })
        })
        .await
    }

    async fn state_miner_available_balance(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error> {
        self.miner(miner, tipset, |miner| Ok(miner.available()?.into()))
            .await
    }

    async fn state_miner_sector_count(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<MinerSectors, Error> {
        self.no_sectors(miner, tipset).await
    }

    async fn state_miner_sectors(
        &self,
        miner: Address,
        _sectors: Option<BitField>,
        tipset: TipSetKey,
    ) -> Result<Vec<SectorOnChainInfo>, Error> {
        self.no_sectors(miner, tipset).await
    }

    async fn state_miner_active_sectors(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<Vec<SectorOnChainInfo>, Error> {
        self.no_sectors(miner, tipset).await
    }

    async fn state_miner_proving_deadline(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<DeadlineInfo, Error> {
        self.miner(miner, tipset, |miner| {
            let (start, index) = (
                miner.state.proving_period_start,
                miner.state.current_deadline,
            );
            Ok(deadline::at(start, index, miner.epoch))
        })
        .await
    }

    async fn state_miner_deadlines(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<Vec<Deadline>, Error> {
        self.miner(miner, tipset, |miner| {
            let deadlines = miner.deadlines()?.into_iter().map(|deadline| {
                let disputable = &deadline.optimistic_post_submissions_snapshot;
                Ok(Deadline {
                    disputable_proof_count: miner.count(disputable)?,
                    post_submissions: deadline.partitions_posted.into(),
                    daily_fee: deadline.daily_fee.into(),
                })
            });
            deadlines.collect()
        })
        .await
    }

    async fn state_miner_partitions(
        &self,
        miner: Address,
        deadline: u64,
        tipset: TipSetKey,
    ) -> Result<Vec<Partition>, Error> {
        self.miner(miner, tipset, move |miner| {
            let deadlines = u64::try_from(miner.deadlines()?.len()).unwrap_or_default();
            if deadline >= deadlines {
                let why = format!("failed to load the deadline: invalid deadline {deadline}");
                return Err(Error::Other(why));
            }
            miner.without_sectors()?;
            Ok(Vec::new())
        })
        .await
    }

    async fn state_miner_faults(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<BitField, Error> {
        self.no_sectors(miner, tipset).await
    }

    async fn state_miner_recoveries(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<BitField, Error> {
        self.no_sectors(miner, tipset).await
    }

    async fn state_all_miner_faults(
        &self,
        _lookback: i64,
        _tipset: TipSetKey,
    ) -> Result<Vec<Fault>, Error> {
        unserved("Filecoin.StateAllMinerFaults")
    }

    async fn state_miner_allocated(
        &self,
        miner: Address,
        tipset: TipSetKey,
    ) -> Result<BitField, Error> {
        self.miner(miner, tipset, |miner| Ok(miner.allocated()?.into()))
            .await
    }

    async fn state_miner_sector_allocated(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<bool, Error> {
        self.miner(miner, tipset, move |miner| {
            Ok(miner.allocated()?.get(sector))
        })
        .await
    }

    async fn state_miner_pre_commit_deposit_for_power(
        &self,
        _miner: Address,
        _sector: SectorPreCommitInfo,
        _tipset: TipSetKey,
    ) -> Result<TokenAmount, Error> {
        unserved("Filecoin.StateMinerPreCommitDepositForPower")
    }

    async fn state_miner_initial_pledge_collateral(
        &self,
        _miner: Address,
        _sector: SectorPreCommitInfo,
        _tipset: TipSetKey,
    ) -> Result<TokenAmount, Error> {
        unserved("Filecoin.StateMinerInitialPledgeCollateral")
    }

    async fn state_miner_initial_pledge_for_sector(
        &self,
        _duration: i64,
        _size: u64,
        _verified_size: u64,
        _tipset: TipSetKey,
    ) -> Result<TokenAmount, Error> {
        unserved("Filecoin.StateMinerInitialPledgeForSector")
    }

    async fn state_miner_creation_deposit(&self, tipset: TipSetKey) -> Result<TokenAmount, Error> {
        self.run(move |chain| {
            let deposit = chain.producer()?.creation_deposit(&*chain.tipset(&tipset)?);
            deposit.map_err(Error::other)
        })
        .await
    }

    async fn state_sector_pre_commit_info(
        &self,
        miner: Address,
        _sector: u64,
        tipset: TipSetKey,
    ) -> Result<Option<SectorPreCommitOnChainInfo>, Error> {
        self.no_sectors(miner, tipset).await
    }

    async fn state_sector_get_info(
        &self,
        miner: Address,
        _sector: u64,
        tipset: TipSetKey,
    ) -> Result<Option<SectorOnChainInfo>, Error> {
        self.no_sectors(miner, tipset).await
    }

    async fn state_sector_expiration(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<SectorExpiration, Error> {
        self.no_such_sector(miner, sector, tipset).await
    }

    async fn state_sector_partition(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<SectorPartition, Error> {
        self.no_such_sector(miner, sector, tipset).await
    }
}
