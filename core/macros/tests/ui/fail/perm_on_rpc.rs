//! One permission for a whole trait.

#[lotus_core::permissioned]
#[jsonrpsee::proc_macros::rpc(server, perm = read)]
pub trait Test {
    #[method(name = "Ask")]
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
