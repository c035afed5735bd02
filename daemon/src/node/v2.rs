//! `/rpc/v2`: tipsets and actors by selector.

use std::sync::Arc;

use jsonrpsee::core::async_trait;
use lotus_core::Error;
use lotus_core::api::v2::chain::ChainV2Server;
use lotus_core::api::v2::state::StateV2Server;
use lotus_core::types::{Actor, Address, FinalityStatus, TipSet, TipSetSelector};

use super::selector;
use super::state::actor;
use crate::chain::{Chain, blocking};

/// The methods of `/rpc/v2` that are not Ethereum's.
#[derive(Clone)]
pub(crate) struct V2Rpc {
    pub(crate) chain: Arc<dyn Chain>,
}

/// The tipset that a selector names, for a method that wants more than that.
fn select(chain: &dyn Chain, selector: &TipSetSelector) -> Result<Arc<TipSet>, Error> {
    let selected = selector::select(chain, selector);
    selected.map_err(|error| Error::Other(format!("getting tipset: {error}")))
}

#[async_trait]
impl ChainV2Server for V2Rpc {
    async fn chain_get_tip_set(&self, selector: TipSetSelector) -> Result<TipSet, Error> {
        let work = move |chain: &dyn Chain| Ok((*selector::select(chain, &selector)?).clone());
        blocking(&self.chain, work).await
    }

    /// What F3 and the calculation of FRC-0089 would say is absent, as on a Lotus node that runs
    /// neither: the blocks of a local network are too few for the latter ever to be sure.
    async fn chain_get_tip_set_finality_status(&self) -> Result<FinalityStatus, Error> {
        let work = |chain: &dyn Chain| {
            Ok(FinalityStatus {
                ec_finality_threshold_depth: -1,
                finalized_tip_set: Some((*selector::finalized(chain)?).clone()),
                head: Some((*chain.head()).clone()),
                ..FinalityStatus::default()
            })
        };
        blocking(&self.chain, work).await
    }
}

#[async_trait]
impl StateV2Server for V2Rpc {
    async fn state_get_actor(
        &self,
        address: Address,
        selector: TipSetSelector,
    ) -> Result<Actor, Error> {
        let work = move |chain: &dyn Chain| {
            let tipset = select(chain, &selector)?;
            actor(&chain.state_at(&tipset.parent_state())?, &address)
        };
        blocking(&self.chain, work).await
    }

    async fn state_get_id(
        &self,
        address: Address,
        selector: TipSetSelector,
    ) -> Result<Address, Error> {
        let work = move |chain: &dyn Chain| {
            let tipset = select(chain, &selector)?;
            let state = chain.state_at(&tipset.parent_state())?;
            let id = state.lookup_id(&address).map_err(Error::other)?;
            id.map(Address::new_id).ok_or(Error::ActorNotFound)
        };
        blocking(&self.chain, work).await
    }
}
