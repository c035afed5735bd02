//! A wallet that is a process of its own: keys and signatures, and no chain.

use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, Bytes, KeyInfo, KeyType, MsgMeta, Signature};
use crate::{Error, permissioned};

/// Lotus `api/api_wallet.go`: what `lotus-wallet` serves. Everything needs `admin`.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait RemoteWallet {
    /// Deletes a key.
    #[method(name = "WalletDelete", perm = admin)]
    async fn wallet_delete(&self, address: Address) -> Result<(), Error>;

    /// Returns the private key of an address. An error if the wallet does not hold it.
    #[method(name = "WalletExport", perm = admin)]
    async fn wallet_export(&self, address: Address) -> Result<KeyInfo, Error>;

    /// Returns whether the wallet holds the key of an address.
    #[method(name = "WalletHas", perm = admin)]
    async fn wallet_has(&self, address: Address) -> Result<bool, Error>;

    /// Stores a private key and returns its address.
    #[method(name = "WalletImport", perm = admin)]
    async fn wallet_import(&self, key: KeyInfo) -> Result<Address, Error>;

    /// Lists the addresses of the wallet.
    #[method(name = "WalletList", perm = admin)]
    async fn wallet_list(&self) -> Result<Vec<Address>, Error>;

    /// Makes a new key and returns its address.
    #[method(name = "WalletNew", perm = admin)]
    async fn wallet_new(&self, key_type: KeyType) -> Result<Address, Error>;

    /// Signs bytes with the key of an address.
    ///
    /// `meta` says what the bytes are. A wallet may refuse to sign what it does not know, and
    /// refuses a message that does not belong to the CID in `data`.
    #[method(name = "WalletSign", perm = admin)]
    async fn wallet_sign(
        &self,
        address: Address,
        data: Bytes,
        meta: MsgMeta,
    ) -> Result<Signature, Error>;
}
