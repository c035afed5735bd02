//! The full node: `lotus daemon`.

mod auth;
mod chain;
mod common;
mod export;
mod gas;
mod graph;
mod mining;
mod mpool;
mod open;
mod state;
mod sync;
mod wallet;

use lotus_core::api::chain::{CHAIN, ChainServer};
use lotus_core::api::gas::{GAS, GasServer};
use lotus_core::api::mining::{MINING, MiningServer};
use lotus_core::api::mpool::{MPOOL, MpoolServer};
use lotus_core::api::state::miner::{STATE_MINER, StateMinerServer};
use lotus_core::api::state::{STATE, StateServer};
use lotus_core::api::sync::{SYNC, SyncServer};
use lotus_core::api::v0::state::{STATE_V0, StateV0Server};
use lotus_core::api::wallet::{WALLET, WalletServer};
use lotus_core::api::{FULL_NODE_V0, FULL_NODE_V1, FULL_NODE_V2};
use lotus_core::error::Needs;
use lotus_core::types::ApiVersion;
use lotus_core::{Api, Error, Role};

pub(crate) use auth::AuthRpc;
pub(crate) use common::CommonRpc;
pub(crate) use state::invocation;

use crate::daemon::{Daemon, Options, Parts, StartError};
use chain::ChainRpc;
use gas::GasRpc;
use mining::MiningRpc;
use mpool::MpoolRpc;
use open::Opened;
use state::StateRpc;
use sync::SyncRpc;
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
    /// Opens the repo and serves `/rpc/v0`, `/rpc/v1` and `/rpc/v2`.
    ///
    /// # Errors
    /// [`StartError`] names what to change; nothing is left running.
    pub async fn start(mut options: Options) -> Result<Daemon, StartError> {
        let chain = std::mem::take(&mut options.chain);
        let parts = Parts::open(Role::FullNode, options).await?;
        let keystore = parts.keystore.clone();
        let datastore = parts.repo.datastore_dir();
        let opened = tokio::task::spawn_blocking(move || open::open(chain, keystore, datastore));
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
        let wallet = WalletRpc::new(wallet, chain.clone());
        let headers = ChainRpc {
            chain: chain.clone(),
            shutdown,
        };
        let block_delay = chain.network().block_delay;
        let common = |version, surface| CommonRpc::new(&parts, version, surface, block_delay).api();
        let v1 = Api::unserved_of(FULL_NODE_V1.layers)
            .overlay(common(ApiVersion::FULL_V1, FULL_NODE_V1)?)
            .overlay(AuthRpc::new(&parts, FULL_NODE_V1).api()?)
            .overlay(Api::new(wallet.into_rpc(), WALLET)?)
            .overlay(Api::new(headers.into_rpc(), CHAIN)?)
            .overlay(Api::new(gas.into_rpc(), GAS)?)
            .overlay(Api::new(mpool.into_rpc(), MPOOL)?)
            .overlay(Api::new(mining.into_rpc(), MINING)?)
            .overlay(Api::new(StateServer::into_rpc(state.clone()), STATE)?)
            .overlay(Api::new(
                StateMinerServer::into_rpc(state.clone()),
                STATE_MINER,
            )?)
            .overlay(Api::new(sync.into_rpc(), SYNC)?)
            .overlay(Api::lacking_of(FULL_NODE_V1.layers));
        let v0 = v1
            .clone()
            .overlay(Api::unserved_of(&FULL_NODE_V0.layers[1..]))
            .overlay(common(ApiVersion::FULL_V0, FULL_NODE_V0)?)
            .overlay(Api::new(StateV0Server::into_rpc(state), STATE_V0)?)
            .overlay(Api::lacking_of(&FULL_NODE_V0.layers[1..]));
        let v2 = Api::unserved_of(FULL_NODE_V2.layers);
        let paths = [
            (FULL_NODE_V0.path, v0),
            (FULL_NODE_V1.path, v1),
            (FULL_NODE_V2.path, v2),
        ];
        Daemon::serve(parts, paths, Some((chain, ready))).await
    }
}
