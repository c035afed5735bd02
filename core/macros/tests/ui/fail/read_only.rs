use jsonrpsee::core::client::SubscriptionClientT;
use lotus_core::ReadOnly;
use lotus_core::api::common::{CommonClient, CommonReader};
use lotus_core::api::wallet::{WalletClient, WalletReader};
use lotus_core::types::{Address, KeyType};

async fn everything<C: SubscriptionClientT + Send + Sync>(client: ReadOnly<C>, address: Address) {
    // read
    let _ = client.version().await;
    let _ = client.wallet_balance(address).await;
    // write
    let _ = client.wallet_new(KeyType::Bls).await;
    // sign
    let _ = client.wallet_sign(address, b"x"[..].into()).await;
    // admin
    let _ = client.shutdown().await;
}

fn main() {}
