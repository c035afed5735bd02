//! An attribute of its own beside `#[method]`.

#[lotus_core::permissioned]
#[jsonrpsee::proc_macros::rpc(server)]
pub trait Test {
    #[method(name = "Ask")]
    #[perm(read)]
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
