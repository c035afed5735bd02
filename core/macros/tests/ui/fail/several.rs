//! Every mistake is reported at once.

#[lotus_core::permissioned]
#[jsonrpsee::proc_macros::rpc(server)]
pub trait Test {
    #[method(name = "Ask")]
    async fn ask(&self) -> Result<(), lotus_core::Error>;

    #[method(name = "Tell", perm = read)]
    async fn tell(&self) -> Result<(), lotus_core::Error>;

    #[method(name = "Order", perm = superuser)]
    async fn order(&self) -> Result<(), lotus_core::Error>;

    #[subscription(name = "Watch", item = u64)]
    async fn watch(&self) -> jsonrpsee::core::SubscriptionResult;

    async fn forgotten(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
