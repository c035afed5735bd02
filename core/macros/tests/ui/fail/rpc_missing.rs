//! A table without an API.

#[lotus_core::permissioned]
pub trait Test {
    #[method(name = "Ask", perm = read)]
    async fn ask(&self) -> Result<(), lotus_core::Error>;
}

fn main() {}
