//! One permission for a whole trait, as an argument.

#[lotus_core::permissioned(read)]
#[jsonrpsee::proc_macros::rpc(server)]
pub trait Test {
    #[method(name = "Ask")]
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
