//! The full node: `lotus daemon`.

mod auth;
mod builtin;
mod chain;
mod common;
mod eth;
mod export;
mod gas;
mod graph;
mod mining;
mod mpool;
mod msig;
mod net;
mod open;
mod selector;
mod state;
mod status;
mod sync;
mod v2;
mod wallet;

use futures_util::future::BoxFuture;
use lotus_core::api::chain::{CHAIN, ChainServer};
use lotus_core::api::eth::chain::{ETH_CHAIN, EthChainServer};
use lotus_core::api::eth::filter::{ETH_FILTER, EthFilterServer};
use lotus_core::api::eth::{ETH, EthServer};
use lotus_core::api::gas::{GAS, GasServer};
use lotus_core::api::mining::{MINING, MiningServer};
use lotus_core::api::mpool::{MPOOL, MpoolServer};
use lotus_core::api::msig::{MSIG, MsigServer};
use lotus_core::api::net::{NET, NetServer};
use lotus_core::api::state::market::{STATE_MARKET, StateMarketServer};
use lotus_core::api::state::miner::{STATE_MINER, StateMinerServer};
use lotus_core::api::state::randomness::{STATE_RANDOMNESS, StateRandomnessServer};
use lotus_core::api::state::verified::{STATE_VERIFIED, StateVerifiedServer};
use lotus_core::api::state::{STATE, StateServer};
use lotus_core::api::status::{STATUS, StatusServer};
use lotus_core::api::sync::{SYNC, SyncServer};
use lotus_core::api::v0::chain::{CHAIN_V0, ChainV0Server};
use lotus_core::api::v0::msig::{MSIG_V0, MsigV0Server};
use lotus_core::api::v0::state::{STATE_V0, StateV0Server};
use lotus_core::api::v2::chain::{CHAIN_V2, ChainV2Server};
use lotus_core::api::v2::state::{STATE_V2, StateV2Server};
use lotus_core::api::wallet::{WALLET, WalletServer};
use lotus_core::api::{FULL_NODE_V0, FULL_NODE_V1, FULL_NODE_V2};
use lotus_core::error::Needs;
use lotus_core::types::{ApiVersion, Network};
use lotus_core::{Api, Error, Role};

pub(crate) use auth::AuthRpc;
pub(crate) use common::CommonRpc;
pub(crate) use state::invocation;

use crate::chain::options::Import;
use crate::daemon::{ChainReady, Daemon, Options, Parts, StartError};
use crate::repo::Repo;
use crate::task;
use chain::ChainRpc;
use eth::{Eth, FilterRpc};
use gas::GasRpc;
use mining::MiningRpc;
use mpool::MpoolRpc;
use msig::MsigRpc;
use net::NetRpc;
use open::Opened;
use state::StateRpc;
use state::market::MarketRpc;
use state::randomness::RandomnessRpc;
use state::verified::VerifiedRpc;
use status::StatusRpc;
use sync::SyncRpc;
use v2::V2Rpc;
use wallet::WalletRpc;

/// What a method answers that needs more than a chain in one process. The gate answers so before it
/// is asked, by [`Api::lacking_of`].
fn unserved<T>(method: &'static str) -> Result<T, Error> {
    let needs = Needs::Upstream;
    Err(Error::Unserved { method, needs })
}

/// A full node.
#[derive(Debug)]
pub struct Node;

impl Node {
    /// Imports a chain into the repo that the options name, which is made if it is missing, and
    /// stops there: nothing is served.
    ///
    /// # Errors
    /// [`StartError`] names what to change; then the repo has the chain that it had.
    pub async fn import(options: Options, import: Import) -> Result<ChainReady, StartError> {
        Network::set_current(options.network)?;
        let repo = Repo::open_or_init(&options.repo, Role::FullNode)?;
        let datastore = repo.datastore_dir();
        let imported = task::blocking(move || open::import(import, datastore));
        let ready = imported.await.map_err(StartError::Thread)??;
        repo.close()?;
        Ok(ready)
    }

    /// Opens the repo and serves `/rpc/v0`, `/rpc/v1` and `/rpc/v2`.
    ///
    /// # Errors
    /// [`StartError`] names what to change; nothing is left running.
    pub fn start(options: Options) -> BoxFuture<'static, Result<Daemon, StartError>> {
        // In a box its code is compiled here, and not again in every program that awaits it.
        Box::pin(Self::open(options))
    }

    async fn open(mut options: Options) -> Result<Daemon, StartError> {
        let chain = std::mem::take(&mut options.chain);
        let parts = Parts::open(Role::FullNode, options).await?;
        let keystore = parts.keystore.clone();
        let datastore = parts.repo.datastore_dir();
        let opened = task::blocking(move || open::open(chain, keystore, datastore));
        let Opened {
            chain,
            wallet,
            ready,
        } = opened.await.map_err(StartError::Thread)??;

        let shutdown = parts.shutdown.clone();
        let state = StateRpc {
            chain: chain.clone(),
        };
        let mpool = MpoolRpc {
            chain: chain.clone(),
            wallet: wallet.clone(),
            shutdown: shutdown.clone(),
        };
        let gas = GasRpc {
            chain: chain.clone(),
        };
        let mining = MiningRpc {
            chain: chain.clone(),
            wallet: wallet.clone(),
        };
        let sync = SyncRpc {
            chain: chain.clone(),
            opened: jiff::Timestamp::now(),
        };
        let msig = MsigRpc {
            chain: chain.clone(),
            wallet: wallet.clone(),
        };
        let randomness = RandomnessRpc {
            chain: chain.clone(),
        };
        let market = MarketRpc {
            chain: chain.clone(),
        };
        let verified = VerifiedRpc {
            chain: chain.clone(),
        };
        let status = StatusRpc {
            chain: chain.clone(),
        };
        let selected = V2Rpc {
            chain: chain.clone(),
        };
        let wallet = WalletRpc::new(wallet, chain.clone());
        let headers = ChainRpc {
            chain: chain.clone(),
            shutdown,
        };
        let eth = Eth::new(chain.clone());
        let filters = FilterRpc::new(chain.clone());
        let safer = eth.with_safe_distance(selector::SAFE_DISTANCE);
        let block_delay = chain.network().block_delay;
        let common = |version, surface| CommonRpc::new(&parts, version, surface, block_delay).api();
        let v1 = Api::unserved_of(FULL_NODE_V1.layers)
            .overlay(common(ApiVersion::FULL_V1, FULL_NODE_V1)?)
            .overlay(AuthRpc::new(&parts, FULL_NODE_V1).api()?)
            .overlay(Api::new(wallet.into_rpc(), WALLET)?)
            .overlay(Api::new(headers.into_rpc(), CHAIN)?)
            .overlay(Api::new(EthServer::into_rpc(eth.clone()), ETH)?)
            .overlay(Api::new(EthChainServer::into_rpc(eth), ETH_CHAIN)?)
            .overlay(Api::new(filters.clone().into_rpc(), ETH_FILTER)?)
            .overlay(Api::new(gas.into_rpc(), GAS)?)
            .overlay(Api::new(mpool.into_rpc(), MPOOL)?)
            .overlay(Api::new(mining.into_rpc(), MINING)?)
            .overlay(Api::new(StateServer::into_rpc(state.clone()), STATE)?)
            .overlay(Api::new(
                StateMinerServer::into_rpc(state.clone()),
                STATE_MINER,
            )?)
            .overlay(Api::new(sync.into_rpc(), SYNC)?)
            .overlay(Api::new(MsigServer::into_rpc(msig.clone()), MSIG)?)
            .overlay(Api::new(NetRpc.into_rpc(), NET)?)
            .overlay(Api::new(market.into_rpc(), STATE_MARKET)?)
            .overlay(Api::new(
                StateRandomnessServer::into_rpc(randomness.clone()),
                STATE_RANDOMNESS,
            )?)
            .overlay(Api::new(verified.into_rpc(), STATE_VERIFIED)?)
            .overlay(Api::new(status.into_rpc(), STATUS)?)
            .overlay(Api::lacking_of(FULL_NODE_V1.layers));
        let v0 = v1
            .clone()
            .overlay(Api::unserved_of(&FULL_NODE_V0.layers[1..]))
            .overlay(common(ApiVersion::FULL_V0, FULL_NODE_V0)?)
            .overlay(Api::new(ChainV0Server::into_rpc(randomness), CHAIN_V0)?)
            .overlay(Api::new(MsigV0Server::into_rpc(msig), MSIG_V0)?)
            .overlay(Api::new(StateV0Server::into_rpc(state), STATE_V0)?)
            .overlay(Api::lacking_of(&FULL_NODE_V0.layers[1..]));
        let v2 = Api::unserved_of(FULL_NODE_V2.layers)
            .overlay(Api::new(
                ChainV2Server::into_rpc(selected.clone()),
                CHAIN_V2,
            )?)
            .overlay(Api::new(EthServer::into_rpc(safer.clone()), ETH)?)
            .overlay(Api::new(EthChainServer::into_rpc(safer), ETH_CHAIN)?)
            .overlay(Api::new(filters.into_rpc(), ETH_FILTER)?)
            .overlay(Api::new(StateV2Server::into_rpc(selected), STATE_V2)?)
            .overlay(Api::lacking_of(FULL_NODE_V2.layers));
        let paths = [
            (FULL_NODE_V0.path, v0),
            (FULL_NODE_V1.path, v1),
            (FULL_NODE_V2.path, v2),
        ];
        Daemon::serve(parts, paths, Some((chain, ready))).await
    }
}
