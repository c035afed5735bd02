//! jsonrpsee does not know `perm`, so this cannot go unnoticed.

#[jsonrpsee::proc_macros::rpc(server)]
pub trait Test {
    #[method(name = "Ask", perm = read)]
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
