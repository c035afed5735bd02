//! `StateVerified`: who has data cap, and what it is set aside for.

use std::collections::BTreeMap;
use std::sync::Arc;

use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::bigint::BigInt as Number;
use fvm_shared::bigint::bigint_ser::BigIntDe;
use fvm_shared::econ;
use jsonrpsee::core::async_trait;
use lotus_chain::vm::actors::datacap::token::GRANULARITY;
use lotus_chain::vm::actors::verifreg::{self, State};
use lotus_chain::vm::actors::{datacap, market};
use lotus_chain::vm::keys;
use lotus_chain::vm::manifest::{ActorKind, DATACAP_ACTOR_ID, MARKET_ACTOR_ID, VERIFREG_ACTOR_ID};
use lotus_core::Error;
use lotus_core::api::state::verified::StateVerifiedServer;
use lotus_core::types::{Address, Allocation, BigInt, Claim, TipSetKey};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::chain::{Chain, blocking};
use crate::node::builtin::Builtin;

/// The methods of `StateVerified`.
pub(crate) struct VerifiedRpc {
    pub(crate) chain: Arc<dyn Chain>,
}

impl VerifiedRpc {
    /// Works on the registry as of a tipset.
    async fn run<T: Send + 'static>(
        &self,
        tipset: TipSetKey,
        work: impl FnOnce(&Builtin, State) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let work = move |chain: &dyn Chain| {
            let actors = Builtin::at(chain, &tipset)?;
            let registry = actors.singleton(VERIFREG_ACTOR_ID, ActorKind::VerifiedRegistry)?;
            work(&actors, registry)
        };
        blocking(&self.chain, work).await
    }
}

/// A claim as the registry keeps it.
#[derive(Clone, Serialize_tuple, Deserialize_tuple)]
struct StoredClaim {
    provider: u64,
    client: u64,
    data: cid::Cid,
    size: u64,
    term_min: i64,
    term_max: i64,
    term_start: i64,
    sector: u64,
}

impl From<&StoredClaim> for Claim {
    fn from(claim: &StoredClaim) -> Claim {
        Claim {
            provider: claim.provider,
            client: claim.client,
            data: claim.data.into(),
            size: claim.size,
            term_min: claim.term_min,
            term_max: claim.term_max,
            term_start: claim.term_start,
            sector: claim.sector,
        }
    }
}

fn allocation(stored: &verifreg::Allocation) -> Allocation {
    Allocation {
        client: stored.client,
        provider: stored.provider,
        data: stored.data.into(),
        size: stored.size.0,
        term_min: stored.term_min,
        term_max: stored.term_max,
        expiration: stored.expiration,
    }
}

/// The number in a key of a map: a varint.
fn number(key: &[u8]) -> u64 {
    let places = key.iter().enumerate().take(10);
    places.fold(0, |number, (place, byte)| {
        number | u64::from(byte & 0x7f) << (7 * place)
    })
}

/// What one actor has in a map of maps, by number.
fn of_one<V, W>(
    actors: &Builtin,
    root: &cid::Cid,
    id: u64,
    convert: impl Fn(&V) -> W,
) -> Result<BTreeMap<u64, W>, Error>
where
    V: Serialize + DeserializeOwned,
{
    let outer = actors.map::<cid::Cid>(root)?;
    let inner = outer.get(&keys::unsigned(id)).map_err(Error::other)?;
    match inner {
        Some(inner) => all_of(actors, inner, convert),
        None => Ok(BTreeMap::new()),
    }
}

fn all_of<V, W>(
    actors: &Builtin,
    root: &cid::Cid,
    convert: impl Fn(&V) -> W,
) -> Result<BTreeMap<u64, W>, Error>
where
    V: Serialize + DeserializeOwned,
{
    let mut found = BTreeMap::new();
    let listed = actors.map::<V>(root)?.for_each(|key, value| {
        found.insert(number(&key.0), convert(value));
        Ok(())
    });
    listed.map_err(Error::other)?;
    Ok(found)
}

/// What everybody has in a map of maps.
fn of_all<V, W>(
    actors: &Builtin,
    root: &cid::Cid,
    convert: impl Fn(&V) -> W,
) -> Result<BTreeMap<u64, W>, Error>
where
    V: Serialize + DeserializeOwned,
{
    let mut roots = Vec::new();
    let listed = actors.map::<cid::Cid>(root)?.for_each(|_, inner| {
        roots.push(*inner);
        Ok(())
    });
    listed.map_err(Error::other)?;
    let mut found = BTreeMap::new();
    for inner in roots {
        found.append(&mut all_of(actors, &inner, &convert)?);
    }
    Ok(found)
}

/// The number of the allocation of a deal that has not begun; 0 if it has none.
fn of_deal(actors: &Builtin, deal: u64) -> Result<u64, Error> {
    let market: market::State = actors.singleton(MARKET_ACTOR_ID, ActorKind::Market)?;
    let pending = actors.map::<u64>(&market.pending_deal_allocation_ids)?;
    let found = pending.get(&keys::unsigned(deal)).map_err(Error::other)?;
    Ok(found.copied().unwrap_or_default())
}

#[async_trait]
impl StateVerifiedServer for VerifiedRpc {
    async fn state_verified_client_status(
        &self,
        client: Address,
        tipset: TipSetKey,
    ) -> Result<Option<BigInt>, Error> {
        self.run(tipset, move |actors, _| {
            let id = actors.id(&client)?;
            let cap: datacap::State = actors.singleton(DATACAP_ACTOR_ID, ActorKind::Datacap)?;
            let width = cap.token.hamt_bit_width;
            let balances = actors.map_of_width::<econ::TokenAmount>(&cap.token.balances, width)?;
            let tokens = balances.get(&keys::unsigned(id)).map_err(Error::other)?;
            // A byte is a whole token.
            Ok(tokens.map(|tokens| BigInt::from(tokens.atto() / Number::from(GRANULARITY))))
        })
        .await
    }

    async fn state_verifier_status(
        &self,
        verifier: Address,
        tipset: TipSetKey,
    ) -> Result<Option<BigInt>, Error> {
        self.run(tipset, move |actors, registry| {
            let id = fvm_shared::address::Address::new_id(actors.id(&verifier)?);
            let verifiers = actors.map::<BigIntDe>(&registry.verifiers)?;
            let cap = verifiers.get(&id.to_bytes()).map_err(Error::other)?;
            Ok(cap.map(|cap| BigInt::from(cap.0.clone())))
        })
        .await
    }

    async fn state_verified_registry_root_key(&self, tipset: TipSetKey) -> Result<Address, Error> {
        self.run(tipset, |_, registry| Ok(registry.root_key.into()))
            .await
    }

    async fn state_get_allocation(
        &self,
        client: Address,
        number: u64,
        tipset: TipSetKey,
    ) -> Result<Option<Allocation>, Error> {
        let mut all = self.state_get_allocations(client, tipset).await?;
        Ok(all.remove(&number))
    }

    async fn state_get_allocations(
        &self,
        client: Address,
        tipset: TipSetKey,
    ) -> Result<BTreeMap<u64, Allocation>, Error> {
        self.run(tipset, move |actors, registry| {
            let id = actors.id(&client)?;
            of_one(actors, &registry.allocations, id, allocation)
        })
        .await
    }

    async fn state_get_all_allocations(
        &self,
        tipset: TipSetKey,
    ) -> Result<BTreeMap<u64, Allocation>, Error> {
        self.run(tipset, |actors, registry| {
            of_all(actors, &registry.allocations, allocation)
        })
        .await
    }

    async fn state_get_allocation_for_pending_deal(
        &self,
        deal: u64,
        tipset: TipSetKey,
    ) -> Result<Option<Allocation>, Error> {
        self.run(tipset, move |actors, registry| {
            let number = of_deal(actors, deal)?;
            if number == 0 {
                return Ok(None);
            }
            let mut all = of_all(actors, &registry.allocations, allocation)?;
            Ok(all.remove(&number))
        })
        .await
    }

    async fn state_get_allocation_id_for_pending_deal(
        &self,
        deal: u64,
        tipset: TipSetKey,
    ) -> Result<u64, Error> {
        self.run(tipset, move |actors, _| of_deal(actors, deal))
            .await
    }

    async fn state_get_claim(
        &self,
        provider: Address,
        number: u64,
        tipset: TipSetKey,
    ) -> Result<Option<Claim>, Error> {
        let mut all = self.state_get_claims(provider, tipset).await?;
        Ok(all.remove(&number))
    }

    async fn state_get_claims(
        &self,
        provider: Address,
        tipset: TipSetKey,
    ) -> Result<BTreeMap<u64, Claim>, Error> {
        self.run(tipset, move |actors, registry| {
            let id = actors.id(&provider)?;
            of_one(actors, &registry.claims, id, |claim: &StoredClaim| {
                claim.into()
            })
        })
        .await
    }

    async fn state_get_all_claims(&self, tipset: TipSetKey) -> Result<BTreeMap<u64, Claim>, Error> {
        self.run(tipset, |actors, registry| {
            of_all(actors, &registry.claims, |claim: &StoredClaim| claim.into())
        })
        .await
    }
}
