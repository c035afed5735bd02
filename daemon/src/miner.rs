//! The storage miner: `lotus-miner run`.

use futures_util::future::BoxFuture;
use lotus_core::api::MINER;
use lotus_core::types::ApiVersion;
use lotus_core::{Api, Role};

use crate::chain::options::BLOCK_DELAY;
use crate::daemon::{Daemon, Options, Parts, StartError};
use crate::node::{AuthRpc, CommonRpc};

/// A storage miner.
#[derive(Debug)]
pub struct Miner;

impl Miner {
    /// Opens the repo and serves `/rpc/v0`.
    ///
    /// # Errors
    /// [`StartError`] names what to change; nothing is left running.
    pub fn start(options: Options) -> BoxFuture<'static, Result<Daemon, StartError>> {
        // As `Node::start`.
        Box::pin(Self::open(options))
    }

    async fn open(options: Options) -> Result<Daemon, StartError> {
        let parts = Parts::open(Role::StorageMiner, options).await?;
        let v0 = Api::unserved_of(MINER.layers)
            .overlay(CommonRpc::new(&parts, ApiVersion::MINER, MINER, BLOCK_DELAY).api()?)
            .overlay(AuthRpc::new(&parts, MINER).api()?);
        Daemon::serve(parts, [("/rpc/v0", v0)], None).await
    }
}
