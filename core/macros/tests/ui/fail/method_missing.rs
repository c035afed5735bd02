//! A function that has no wire name.

#[lotus_core::permissioned]
#[jsonrpsee::proc_macros::rpc(server)]
pub trait Test {
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
