//! `Eth`: a chain in the guise of Ethereum's (Lotus `node/impl/eth`). There is no EVM here, so what
//! needs one to be answered says so.

mod blocks;
mod call;
mod chain;
mod fees;
mod filters;
mod index;
mod native;
mod receipt;
mod tipset;

use std::sync::Arc;

use fvm_shared::state::ActorState;
use jsonrpsee::core::async_trait;
use lotus_chain::keys;
use lotus_chain::mempool::Origin;
use lotus_chain::vm::manifest::ActorKind;
use lotus_core::Error;
use lotus_core::api::eth::EthServer;
use lotus_core::types::{
    Address, EthAddress, EthBigInt, EthBlockNumberOrHash, EthBlockTag, EthBytes, EthCall,
    EthFeeHistory, EthHash, EthSyncingResult, EthUint64,
};

use super::unserved;
use crate::chain::{Chain, blocking};
use blocks::Strict;
pub(super) use filters::FilterRpc;
use index::Index;

/// How many epochs below the head a block is called safe on `/rpc/v1` (Lotus
/// `ethtypes.SafeEpochDelay`).
pub(super) const SAFE_DISTANCE: i64 = 30;

/// The methods of `Eth` and `EthChain`.
#[derive(Clone)]
pub(crate) struct Eth {
    chain: Arc<dyn Chain>,
    index: Arc<Index>,
    /// How many epochs below the head a block is called safe.
    safe_distance: i64,
}

impl Eth {
    pub(super) fn new(chain: Arc<dyn Chain>) -> Eth {
        Eth {
            chain,
            index: Arc::default(),
            safe_distance: SAFE_DISTANCE,
        }
    }

    /// The same methods, where safe is something else.
    pub(super) fn with_safe_distance(&self, safe_distance: i64) -> Eth {
        Eth {
            safe_distance,
            ..self.clone()
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Eth, &dyn Chain) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let eth = self.clone();
        blocking(&self.chain, move |chain| work(&eth, chain)).await
    }

    /// An actor in the state after a block.
    fn actor(
        &self,
        chain: &dyn Chain,
        address: &EthAddress,
        block: &EthBlockNumberOrHash,
    ) -> Result<Option<ActorState>, Error> {
        let address = filecoin(address)?;
        let tipset = self.block(chain, block, Strict::No)?;
        let state = chain.state_at(&chain.outcome(&tipset)?.state)?;
        state.actor(&address).map_err(Error::other)
    }

    async fn send(&self, transaction: EthBytes, origin: Origin) -> Result<EthHash, Error> {
        self.run(move |_, chain| {
            let chain_id = chain.network().chain_id;
            let signed = keys::from_raw(&transaction, chain_id).map_err(Error::other)?;
            let own = keys::Transaction::of(&signed, chain_id).map_err(Error::other)?;
            chain.pool()?.push(signed, origin)?;
            Ok(own.hash)
        })
        .await
    }
}

/// The Filecoin address that an Ethereum one stands for.
fn filecoin(address: &EthAddress) -> Result<Address, Error> {
    let filecoin = address.to_filecoin();
    filecoin.map_err(|error| Error::Other(format!("cannot get Filecoin address: {error}")))
}

/// Whether only the EVM knows what is inside of an actor.
fn is_contract(actor: &ActorState) -> bool {
    ActorKind::of(&actor.code) == Some(ActorKind::Evm)
}

#[async_trait]
impl EthServer for Eth {
    /// None, as in Lotus: the wallet's keys sign messages and no transactions.
    async fn eth_accounts(&self) -> Result<Vec<EthAddress>, Error> {
        Ok(Vec::new())
    }

    async fn eth_address_to_filecoin_address(&self, address: EthAddress) -> Result<Address, Error> {
        address.to_filecoin().map_err(Error::other)
    }

    async fn eth_base_fee(&self) -> Result<EthBigInt, Error> {
        self.run(|_, chain| fees::next_base_fee(chain)).await
    }

    async fn eth_call(
        &self,
        call: EthCall,
        block: EthBlockNumberOrHash,
    ) -> Result<EthBytes, Error> {
        self.run(move |eth, chain| {
            let tipset = eth.block(chain, &block, Strict::No)?;
            call::execute(chain, &call, &tipset)
        })
        .await
    }

    async fn eth_chain_id(&self) -> Result<EthUint64, Error> {
        Ok(self.chain.network().chain_id.into())
    }

    async fn eth_estimate_gas(
        &self,
        call: EthCall,
        block: Option<EthBlockNumberOrHash>,
    ) -> Result<EthUint64, Error> {
        self.run(move |eth, chain| {
            let tipset = match &block {
                Some(block) => eth.block(chain, block, Strict::No)?,
                None => chain.head(),
            };
            call::estimate(chain, &call, &tipset)
        })
        .await
    }

    async fn eth_fee_history(
        &self,
        block_count: EthUint64,
        newest_block: String,
        reward_percentiles: Option<Vec<f64>>,
    ) -> Result<EthFeeHistory, Error> {
        self.run(move |eth, chain| {
            fees::check(block_count.0, reward_percentiles.as_deref())?;
            let newest = eth.named(chain, &newest_block, Strict::No)?;
            fees::history(chain, block_count.0, newest, reward_percentiles.as_deref())
        })
        .await
    }

    async fn eth_gas_price(&self) -> Result<EthBigInt, Error> {
        self.run(|_, chain| fees::gas_price(chain)).await
    }

    async fn eth_get_balance(
        &self,
        address: EthAddress,
        block: EthBlockNumberOrHash,
    ) -> Result<EthBigInt, Error> {
        self.run(move |eth, chain| {
            let actor = eth.actor(chain, &address, &block)?;
            let balance = actor.map(|actor| actor.balance.atto().clone());
            Ok(balance.unwrap_or_default().into())
        })
        .await
    }

    async fn eth_get_code(
        &self,
        address: EthAddress,
        block: EthBlockNumberOrHash,
    ) -> Result<EthBytes, Error> {
        self.run(move |eth, chain| {
            match eth
                .actor(chain, &address, &block)?
                .as_ref()
                .is_some_and(is_contract)
            {
                true => unserved("Filecoin.EthGetCode"),
                false => Ok(EthBytes::default()),
            }
        })
        .await
    }

    async fn eth_get_storage_at(
        &self,
        address: EthAddress,
        position: EthBytes,
        block: EthBlockNumberOrHash,
    ) -> Result<EthBytes, Error> {
        self.run(move |eth, chain| {
            if position.len() > 32 {
                return Err(Error::other("supplied storage key is too long"));
            }
            match eth
                .actor(chain, &address, &block)?
                .as_ref()
                .is_some_and(is_contract)
            {
                true => unserved("Filecoin.EthGetStorageAt"),
                false => Ok(vec![0; 32].into()),
            }
        })
        .await
    }

    async fn eth_get_transaction_count(
        &self,
        sender: EthAddress,
        block: EthBlockNumberOrHash,
    ) -> Result<EthUint64, Error> {
        self.run(move |eth, chain| {
            if block == EthBlockNumberOrHash::Tag(EthBlockTag::Pending) {
                let nonce = chain.pool()?.messages().next_nonce(&filecoin(&sender)?);
                return nonce.map(EthUint64).map_err(|error| {
                    Error::Other(format!("failed to get nonce from mpool: {error}"))
                });
            }
            match eth.actor(chain, &sender, &block)? {
                Some(actor) if is_contract(&actor) => unserved("Filecoin.EthGetTransactionCount"),
                Some(actor) => Ok(actor.sequence.into()),
                None => Ok(EthUint64::default()),
            }
        })
        .await
    }

    async fn eth_max_priority_fee_per_gas(&self) -> Result<EthBigInt, Error> {
        self.run(|_, chain| fees::premium(chain)).await
    }

    /// The version of the network's rules, as in Lotus.
    async fn eth_protocol_version(&self) -> Result<EthUint64, Error> {
        Ok(u64::from(self.chain.network().version).into())
    }

    async fn eth_send_raw_transaction(&self, transaction: EthBytes) -> Result<EthHash, Error> {
        self.send(transaction, Origin::Local).await
    }

    async fn eth_send_raw_transaction_untrusted(
        &self,
        transaction: EthBytes,
    ) -> Result<EthHash, Error> {
        self.send(transaction, Origin::Untrusted).await
    }

    /// Never: there is nobody whose chain could be longer.
    async fn eth_syncing(&self) -> Result<EthSyncingResult, Error> {
        Ok(EthSyncingResult::Done)
    }

    async fn filecoin_address_to_eth_address(
        &self,
        address: Address,
        block: Option<String>,
    ) -> Result<EthAddress, Error> {
        if let Ok(eth) = EthAddress::from_filecoin(&address) {
            return Ok(eth);
        }
        self.run(move |eth, chain| {
            let block = block.unwrap_or_else(|| EthBlockTag::Finalized.to_string());
            let tipset = eth.named(chain, &block, Strict::No)?;
            let state = chain.state_at(&tipset.parent_state())?;
            let id = state.lookup_id(&address).map_err(Error::other)?;
            id.map(EthAddress::from_actor_id).ok_or_else(|| {
                Error::Other(format!(
                    "failed to lookup ID address for given Filecoin address {address} (ensure that \
                     the address has been instantiated on-chain and sufficient epochs have passed \
                     since instantiation to confirm to the given 'blkParam': \"{block}\"): actor \
                     not found"
                ))
            })
        })
        .await
    }

    /// Always, as in Lotus: Ethereum's tools take it for whether the node is there at all.
    async fn net_listening(&self) -> Result<bool, Error> {
        Ok(true)
    }

    async fn net_version(&self) -> Result<String, Error> {
        Ok(self.chain.network().chain_id.to_string())
    }

    async fn web3_client_version(&self) -> Result<String, Error> {
        Ok(format!("lotus/{}", crate::VERSION))
    }
}
