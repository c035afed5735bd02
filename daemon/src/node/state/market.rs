//! `StateMarket`: the built-in storage market. Nobody can publish deals on a local network, so that
//! it has balances and no deals.

use std::collections::BTreeMap;
use std::sync::Arc;

use fvm_ipld_amt::Amt;
use fvm_shared::address::Address as FvmAddress;
use fvm_shared::bigint::BigInt;
use fvm_shared::econ;
use ipld_core::ipld::Ipld;
use jsonrpsee::core::async_trait;
use lotus_chain::vm::actors::{market, power, reward};
use lotus_chain::vm::manifest::{ActorKind, MARKET_ACTOR_ID, POWER_ACTOR_ID, REWARD_ACTOR_ID};
use lotus_core::Error;
use lotus_core::api::state::market::StateMarketServer;
use lotus_core::types::{
    Address, Cid, DealCollateralBounds, MarketBalance, MarketDeal, TipSetKey, TokenAmount,
};

use crate::chain::{Chain, blocking};
use crate::node::builtin::Builtin;
use crate::node::unserved;

/// How wide the maps of balances are, in bits.
const BALANCES_WIDTH: u32 = 6;

/// The part of the supply that all deals' collateral is to lock, in percent
/// (`ProviderCollateralSupplyTarget`).
const COLLATERAL_TARGET: u32 = 1;

/// All FIL that there will ever be (Lotus `build.FilBase`).
const TOTAL_FIL: u32 = 2_000_000_000;

/// What Lotus asks beyond the least, because the least may rise before the deal is published, in
/// percent (`dealProviderCollateralNum`).
const MARGIN: u32 = 110;

/// The methods of `StateMarket`.
pub(crate) struct MarketRpc {
    pub(crate) chain: Arc<dyn Chain>,
}

impl MarketRpc {
    /// Works on the market as of a tipset.
    async fn run<T: Send + 'static>(
        &self,
        tipset: TipSetKey,
        work: impl FnOnce(&Builtin, market::State) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let work = move |chain: &dyn Chain| {
            let actors = Builtin::at(chain, &tipset)?;
            let market = actors.singleton(MARKET_ACTOR_ID, ActorKind::Market)?;
            work(&actors, market)
        };
        blocking(&self.chain, work).await
    }
}

/// What an address has in the market.
fn balance(
    actors: &Builtin,
    market: &market::State,
    address: &FvmAddress,
) -> Result<MarketBalance, Error> {
    let of = |table: &cid::Cid| {
        let table = actors.map_of_width::<econ::TokenAmount>(table, BALANCES_WIDTH)?;
        let amount = table.get(&address.to_bytes()).map_err(Error::other)?;
        Ok::<_, Error>(amount.cloned().unwrap_or_default().into())
    };
    Ok(MarketBalance {
        escrow: of(&market.escrow_table)?,
        locked: of(&market.locked_table)?,
    })
}

/// The published deals, whatever is in them.
fn proposals<'a>(
    actors: &'a Builtin,
    market: &market::State,
) -> Result<Amt<Ipld, &'a lotus_chain::store::ChainBlockstore>, Error> {
    Amt::load(&market.proposals, &actors.blocks).map_err(Error::other)
}

/// The least collateral of a deal, before the margin: its share of what all deals are to lock.
fn least(size: u64, raw_power: &BigInt, baseline: &BigInt, circulating: &BigInt) -> BigInt {
    let size = BigInt::from(size);
    let whole = raw_power.max(baseline).max(&size) * 100;
    circulating * COLLATERAL_TARGET * &size / whole
}

#[async_trait]
impl StateMarketServer for MarketRpc {
    async fn state_market_balance(
        &self,
        address: Address,
        tipset: TipSetKey,
    ) -> Result<MarketBalance, Error> {
        self.run(tipset, move |actors, market| {
            let id = FvmAddress::new_id(actors.id(&address)?);
            balance(actors, &market, &id)
        })
        .await
    }

    async fn state_market_participants(
        &self,
        tipset: TipSetKey,
    ) -> Result<BTreeMap<Address, MarketBalance>, Error> {
        self.run(tipset, |actors, market| {
            let table =
                actors.map_of_width::<econ::TokenAmount>(&market.escrow_table, BALANCES_WIDTH)?;
            let mut participants = Vec::new();
            let listed = table.for_each(|key, _| {
                participants.push(FvmAddress::from_bytes(&key.0)?);
                Ok(())
            });
            listed.map_err(Error::other)?;
            let balances = participants.into_iter().map(|participant| {
                let balance = balance(actors, &market, &participant)?;
                Ok((Address::from(participant), balance))
            });
            balances.collect()
        })
        .await
    }

    async fn state_market_deals(
        &self,
        tipset: TipSetKey,
    ) -> Result<BTreeMap<String, MarketDeal>, Error> {
        self.run(tipset, |actors, market| {
            match proposals(actors, &market)?.count() {
                0 => Ok(BTreeMap::new()),
                _ => unserved("Filecoin.StateMarketDeals"),
            }
        })
        .await
    }

    async fn state_market_storage_deal(
        &self,
        deal: u64,
        tipset: TipSetKey,
    ) -> Result<MarketDeal, Error> {
        self.run(tipset, move |actors, market| {
            let proposals = proposals(actors, &market)?;
            match proposals.get(deal).map_err(Error::other)? {
                Some(_) => unserved("Filecoin.StateMarketStorageDeal"),
                None => Err(Error::Other(format!(
                    "deal {deal} not found - deal may not have completed sealing before deal \
                     proposal start epoch, or deal may have been slashed"
                ))),
            }
        })
        .await
    }

    async fn state_market_proposal_pending(
        &self,
        proposal: Cid,
        tipset: TipSetKey,
    ) -> Result<bool, Error> {
        self.run(tipset, move |actors, market| {
            let pending = actors.map::<Ipld>(&market.pending_proposals)?;
            let found = pending.contains_key(&proposal.inner().to_bytes());
            found.map_err(Error::other)
        })
        .await
    }

    async fn state_deal_provider_collateral_bounds(
        &self,
        size: u64,
        _verified: bool,
        tipset: TipSetKey,
    ) -> Result<DealCollateralBounds, Error> {
        let work = move |chain: &dyn Chain| {
            let actors = Builtin::at(chain, &tipset)?;
            let power: power::State = actors.singleton(POWER_ACTOR_ID, ActorKind::Power)?;
            let reward: reward::State = actors.singleton(REWARD_ACTOR_ID, ActorKind::Reward)?;
            let supply = chain.supply(&chain.tipset(&tipset)?)?;
            let least = least(
                size,
                &power.total_raw_byte_power,
                &reward.this_epoch_baseline_power,
                supply.fil_circulating.atto(),
            );
            Ok(DealCollateralBounds {
                min: TokenAmount::from_atto(least * MARGIN / 100),
                max: TokenAmount::from_whole(TOTAL_FIL),
            })
        };
        blocking(&self.chain, work).await
    }

    async fn state_compute_data_cid(
        &self,
        _miner: Address,
        _seal_proof: i64,
        _deals: Vec<u64>,
        _tipset: TipSetKey,
    ) -> Result<Cid, Error> {
        unserved("Filecoin.StateComputeDataCID")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deal_s_collateral_is_its_share_of_a_hundredth_of_the_supply() {
        let of = |size, power: u32, baseline: u32, circulating: u32| {
            least(size, &power.into(), &baseline.into(), &circulating.into())
        };
        assert_eq!(of(1, 10, 5, 10_000), BigInt::from(10));
        assert_eq!(of(1, 5, 10, 10_000), BigInt::from(10));
        // Nobody has any power yet: the deal is all there is.
        assert_eq!(of(7, 0, 0, 10_000), BigInt::from(100));
    }
}
