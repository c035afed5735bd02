//! jsonrpsee expands first and does not know `perm`.

#[jsonrpsee::proc_macros::rpc(server)]
#[lotus_core::permissioned]
pub trait Test {
    #[method(name = "Ask", perm = read)]
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
