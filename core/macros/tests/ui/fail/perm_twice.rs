//! Which of the two counts?

#[lotus_core::permissioned]
#[jsonrpsee::proc_macros::rpc(server)]
pub trait Test {
    #[method(name = "Ask", perm = read, perm = admin)]
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
