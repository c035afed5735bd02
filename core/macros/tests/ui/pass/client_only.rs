//! A trait that is only called, never served here, has a table too. Attributes by their full paths.

#[lotus_core::permissioned]
#[jsonrpsee::proc_macros::rpc(client)]
pub trait Remote {
    /// Without a namespace.
    #[method(name = "eth_chainId", perm = read)]
    async fn chain_id(&self) -> Result<u64, lotus_core::Error>;
}

fn main() {
    assert_eq!(
        (REMOTE[0].name, REMOTE[0].bare_name()),
        ("eth_chainId", "eth_chainId")
    );
}
