//! `Node`: how the node is doing.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonrpsee::core::async_trait;
use lotus_core::Error;
use lotus_core::api::status::StatusServer;
use lotus_core::types::{NodeChainStatus, NodeStatus, NodeSyncStatus};

use super::selector::FINALITY;
use crate::chain::{Chain, blocking};

/// Over how many tipsets the shorter of the two means goes.
const RECENT: i64 = 100;

/// The methods of `Node`.
pub(crate) struct StatusRpc {
    pub(crate) chain: Arc<dyn Chain>,
}

/// How full the chain has been lately; zeros while it is shorter than a finality, as in Lotus.
fn fullness(chain: &dyn Chain) -> Result<NodeChainStatus, Error> {
    let mut status = NodeChainStatus::default();
    let mut tipset = chain.head();
    if tipset.height() <= FINALITY {
        return Ok(status);
    }
    let mut blocks: u32 = 0;
    for seen in 1..=FINALITY {
        blocks = blocks.saturating_add(u32::try_from(tipset.blocks().len()).unwrap_or(u32::MAX));
        if seen == RECENT {
            status.blocks_per_tipset_last100 = f64::from(blocks) / 100.0;
        }
        if seen == FINALITY {
            status.blocks_per_tipset_last_finality = f64::from(blocks) / 900.0;
        }
        tipset = chain.tipset(&tipset.parents())?;
    }
    Ok(status)
}

#[async_trait]
impl StatusServer for StatusRpc {
    async fn node_status(&self, include_chain_status: bool) -> Result<NodeStatus, Error> {
        let work = move |chain: &dyn Chain| {
            let head = chain.head();
            let delay = chain.network().block_delay.max(1);
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.unwrap_or_default().as_secs();
            Ok(NodeStatus {
                sync_status: NodeSyncStatus {
                    epoch: u64::try_from(head.height()).unwrap_or_default(),
                    behind: now.saturating_sub(head.min_timestamp()) / delay,
                },
                chain_status: match include_chain_status {
                    true => fullness(chain)?,
                    false => NodeChainStatus::default(),
                },
                ..NodeStatus::default()
            })
        };
        blocking(&self.chain, work).await
    }
}
