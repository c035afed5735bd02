//! Keys and signatures.

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    Address, Bytes, KeyInfo, KeyType, Message, Signature, SignedMessage, TokenAmount,
};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Wallet.
#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Wallet {
    /// Returns the balance of an address on the chain, in attoFIL.
    #[method(name = "WalletBalance", perm = read)]
    async fn wallet_balance(&self, address: Address) -> Result<TokenAmount, Error>;

    /// Returns the default address; an error when there is none.
    #[method(name = "WalletDefaultAddress", perm = write)]
    async fn wallet_default_address(&self) -> Result<Address, Error>;

    /// Moves a key to the trash (`trash-…` in the keystore), from where only a hand restores it.
    #[method(name = "WalletDelete", perm = admin)]
    async fn wallet_delete(&self, address: Address) -> Result<(), Error>;

    /// Returns the private key of an address.
    #[method(name = "WalletExport", perm = admin)]
    async fn wallet_export(&self, address: Address) -> Result<KeyInfo, Error>;

    /// Returns whether the wallet holds the key of an address.
    #[method(name = "WalletHas", perm = write)]
    async fn wallet_has(&self, address: Address) -> Result<bool, Error>;

    /// Stores a private key and returns its address. Does not change the default address.
    #[method(name = "WalletImport", perm = admin)]
    async fn wallet_import(&self, key: KeyInfo) -> Result<Address, Error>;

    /// Lists the addresses of the wallet, sorted.
    #[method(name = "WalletList", perm = write)]
    async fn wallet_list(&self) -> Result<Vec<Address>, Error>;

    /// Makes a new key and returns its address. The first key becomes the default.
    #[method(name = "WalletNew", perm = write)]
    async fn wallet_new(&self, key_type: KeyType) -> Result<Address, Error>;

    /// Makes an address of the wallet the default.
    #[method(name = "WalletSetDefault", perm = write)]
    async fn wallet_set_default(&self, address: Address) -> Result<(), Error>;

    /// Signs bytes with the key of an address.
    #[method(name = "WalletSign", perm = sign)]
    async fn wallet_sign(&self, address: Address, data: Bytes) -> Result<Signature, Error>;

    /// Signs a message with the key of an address.
    #[method(name = "WalletSignMessage", perm = sign)]
    async fn wallet_sign_message(
        &self,
        address: Address,
        message: Message,
    ) -> Result<SignedMessage, Error>;

    /// Checks the text of an address and returns it as this node prints it.
    #[method(name = "WalletValidateAddress", perm = read)]
    async fn wallet_validate_address(&self, address: String) -> Result<Address, Error>;

    /// Returns whether a signature over bytes was made with the key of an address.
    #[method(name = "WalletVerify", perm = read)]
    async fn wallet_verify(
        &self,
        address: Address,
        data: Bytes,
        signature: Signature,
    ) -> Result<bool, Error>;
}
