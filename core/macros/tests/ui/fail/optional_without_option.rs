//! A method that says that parameters may be left out, and has none that could be.

#[lotus_core::permissioned]
#[jsonrpsee::proc_macros::rpc(server)]
pub trait Test {
    #[method(name = "Ask", perm = read, optional)]
    async fn ask(&self, first: Option<u64>, last: u64) -> Result<(), lotus_core::Error>;
}

fn main() {}
