//! A permission that Lotus does not have.

#[lotus_core::permissioned]
#[jsonrpsee::proc_macros::rpc(server)]
pub trait Test {
    #[method(name = "Ask", perm = root)]
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
