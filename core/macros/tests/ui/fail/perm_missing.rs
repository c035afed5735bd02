//! A method without a permission.

#[lotus_core::permissioned]
#[jsonrpsee::proc_macros::rpc(server)]
pub trait Test {
    #[method(name = "Ask")]
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
