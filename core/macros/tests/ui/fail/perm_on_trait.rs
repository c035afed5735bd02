//! One permission for a whole trait, as an attribute.

#[lotus_core::permissioned]
#[jsonrpsee::proc_macros::rpc(server)]
#[perm(read)]
pub trait Test {
    #[method(name = "Ask", perm = read)]
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
