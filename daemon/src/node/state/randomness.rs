//! `StateRandomness`: the chain's randomness, and its methods of `/rpc/v0`.

use std::sync::Arc;

use jsonrpsee::core::async_trait;
use lotus_chain::chain::randomness::draw;
use lotus_core::Error;
use lotus_core::api::state::randomness::StateRandomnessServer;
use lotus_core::api::v0::chain::ChainV0Server;
use lotus_core::types::{BeaconEntry, Bytes, DomainSeparationTag, TipSetKey};

use crate::chain::{Chain, RandomnessSource, blocking};

/// The methods of randomness.
#[derive(Clone)]
pub(crate) struct RandomnessRpc {
    pub(crate) chain: Arc<dyn Chain>,
}

impl RandomnessRpc {
    async fn digest(
        &self,
        source: RandomnessSource,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<[u8; 32], Error> {
        let work = move |chain: &dyn Chain| chain.digest(source, epoch, &chain.tipset(&tipset)?);
        blocking(&self.chain, work).await
    }

    async fn draw(
        &self,
        source: RandomnessSource,
        purpose: DomainSeparationTag,
        epoch: i64,
        entropy: &Bytes,
        tipset: TipSetKey,
    ) -> Result<Bytes, Error> {
        let digest = self.digest(source, epoch, tipset).await?;
        let drawn = draw(&digest, purpose.into(), epoch, entropy);
        Ok(Bytes::from(drawn.to_vec()))
    }

    async fn entry(&self, epoch: i64) -> Result<BeaconEntry, Error> {
        blocking(&self.chain, move |chain| chain.beacon_entry(epoch)).await
    }
}

#[async_trait]
impl StateRandomnessServer for RandomnessRpc {
    async fn state_get_beacon_entry(&self, epoch: i64) -> Result<BeaconEntry, Error> {
        self.entry(epoch).await
    }

    async fn state_get_randomness_from_beacon(
        &self,
        purpose: DomainSeparationTag,
        epoch: i64,
        entropy: Bytes,
        tipset: TipSetKey,
    ) -> Result<Bytes, Error> {
        let source = RandomnessSource::Beacon;
        self.draw(source, purpose, epoch, &entropy, tipset).await
    }

    async fn state_get_randomness_from_tickets(
        &self,
        purpose: DomainSeparationTag,
        epoch: i64,
        entropy: Bytes,
        tipset: TipSetKey,
    ) -> Result<Bytes, Error> {
        let source = RandomnessSource::Tickets;
        self.draw(source, purpose, epoch, &entropy, tipset).await
    }

    async fn state_get_randomness_digest_from_beacon(
        &self,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<Bytes, Error> {
        let digest = self.digest(RandomnessSource::Beacon, epoch, tipset).await?;
        Ok(Bytes::from(digest.to_vec()))
    }

    async fn state_get_randomness_digest_from_tickets(
        &self,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<Bytes, Error> {
        let source = RandomnessSource::Tickets;
        let digest = self.digest(source, epoch, tipset).await?;
        Ok(Bytes::from(digest.to_vec()))
    }
}

#[async_trait]
impl ChainV0Server for RandomnessRpc {
    async fn beacon_get_entry(&self, epoch: i64) -> Result<BeaconEntry, Error> {
        self.entry(epoch).await
    }

    async fn chain_get_randomness_from_beacon(
        &self,
        tipset: TipSetKey,
        personalization: DomainSeparationTag,
        epoch: i64,
        entropy: Bytes,
    ) -> Result<Bytes, Error> {
        let source = RandomnessSource::Beacon;
        self.draw(source, personalization, epoch, &entropy, tipset)
            .await
    }

    async fn chain_get_randomness_from_tickets(
        &self,
        tipset: TipSetKey,
        personalization: DomainSeparationTag,
        epoch: i64,
        entropy: Bytes,
    ) -> Result<Bytes, Error> {
        let source = RandomnessSource::Tickets;
        self.draw(source, personalization, epoch, &entropy, tipset)
            .await
    }
}
