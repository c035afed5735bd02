//! A client that was made read-only has what the permission `read` allows, channels included.

use jsonrpsee::core::ClientError;
use jsonrpsee::core::client::SubscriptionClientT;
use lotus_core::ReadOnly;
use lotus_core::api::chain::{ChainClient, ChainReader};
use lotus_core::api::common::{CommonClient, CommonReader};
use lotus_core::api::wallet::{WalletClient, WalletReader};
use lotus_core::types::Address;

#[allow(dead_code)]
async fn reads<C: SubscriptionClientT + Send + Sync>(
    client: ReadOnly<C>,
    address: Address,
) -> Result<(), ClientError> {
    client.version().await?;
    client.wallet_balance(address).await?;
    let _heads = client.chain_notify().await?;
    Ok(())
}

/// The traits of both do not get in each other's way.
#[allow(dead_code)]
async fn writes<C: SubscriptionClientT + Send + Sync>(client: &C) -> Result<(), ClientError> {
    client.version().await?;
    client.wallet_list().await?;
    client.chain_head().await?;
    Ok(())
}

fn main() {}
