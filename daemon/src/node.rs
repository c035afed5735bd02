//! The full node: `lotus daemon`.

mod auth;
mod common;
mod wallet;

use std::sync::Arc;

use lotus_core::api::wallet::{WALLET, WalletServer};
use lotus_core::api::{FULL_NODE_V0, FULL_NODE_V1, FULL_NODE_V2};
use lotus_core::types::{ApiVersion, Network};
use lotus_core::{Api, Role};

pub(crate) use auth::AuthRpc;
pub(crate) use common::CommonRpc;

use crate::daemon::{Daemon, Options, Parts, StartError};
use crate::wallet::Wallet;

/// The EIP-155 chain id of a network, which is part of what delegated keys sign.
fn chain_id(network: Network) -> u64 {
    match network {
        Network::Mainnet => 314,
        Network::Testnet => 31_415_926,
    }
}

/// A full node.
#[derive(Debug)]
pub struct Node;

impl Node {
    /// Opens the repo and serves `/rpc/v0`, `/rpc/v1` and `/rpc/v2`.
    ///
    /// # Errors
    /// [`StartError`] names what to change; nothing is left running.
    pub async fn start(options: Options) -> Result<Daemon, StartError> {
        let chain_id = chain_id(options.network);
        let parts = Parts::open(Role::FullNode, options).await?;
        let wallet = Arc::new(Wallet::new(parts.keystore.clone(), chain_id));
        let common = |version, surface| CommonRpc::new(&parts, version, surface).api();
        let v1 = Api::unserved_of(FULL_NODE_V1.layers)
            .overlay(common(ApiVersion::FULL_V1, FULL_NODE_V1)?)
            .overlay(AuthRpc::new(&parts, FULL_NODE_V1).api()?)
            .overlay(Api::new(wallet::WalletRpc::new(wallet).into_rpc(), WALLET)?);
        let v0 = v1
            .clone()
            .overlay(Api::unserved_of(&FULL_NODE_V0.layers[1..]))
            .overlay(common(ApiVersion::FULL_V0, FULL_NODE_V0)?);
        let v2 = Api::unserved_of(FULL_NODE_V2.layers);
        let paths = [
            (FULL_NODE_V0.path, v0),
            (FULL_NODE_V1.path, v1),
            (FULL_NODE_V2.path, v2),
        ];
        Daemon::serve(parts, paths).await
    }
}
