//! `Wallet`: the RPC face of [`crate::wallet`].

use std::sync::Arc;

use fvm_shared::address::Protocol;
use jsonrpsee::core::async_trait;
use lotus_core::Error;
use lotus_core::api::wallet::WalletServer;
use lotus_core::types::{
    Address, Bytes, KeyInfo, KeyType, Message, Signature, SignedMessage, TipSetKey, TokenAmount,
};

use super::state::account_key;
use crate::chain::{Chain, blocking};
use crate::task;
use crate::wallet::{Wallet, WalletError};

/// The methods of `Wallet`.
pub(crate) struct WalletRpc {
    wallet: Arc<Wallet>,
    /// Which key an ID address stands for.
    chain: Arc<dyn Chain>,
}

impl WalletRpc {
    pub(crate) fn new(wallet: Arc<Wallet>, chain: Arc<dyn Chain>) -> Self {
        Self { wallet, chain }
    }

    /// The address of the key behind an address (Lotus `WalletAPI.WalletSign` asks the chain).
    async fn key(&self, address: Address) -> Result<Address, Error> {
        match address.protocol() {
            Some(Protocol::ID) => {
                let key = move |chain: &dyn Chain| {
                    account_key(chain, &address, &TipSetKey::default()).map_err(|error| {
                        Error::Other(format!("failed to resolve ID address {address}: {error}"))
                    })
                };
                blocking(&self.chain, key).await
            }
            _ => Ok(address),
        }
    }

    /// Runs work on the wallet where it may block: it reads and syncs files, and BLS takes a while.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Wallet) -> Result<T, WalletError> + Send + 'static,
    ) -> Result<T, Error> {
        let wallet = self.wallet.clone();
        match task::blocking(move || work(&wallet)).await {
            Ok(result) => result.map_err(Error::other),
            Err(error) => Err(Error::Other(format!("the wallet failed: {error}"))),
        }
    }
}

#[async_trait]
impl WalletServer for WalletRpc {
    async fn wallet_balance(&self, address: Address) -> Result<TokenAmount, Error> {
        blocking(&self.chain, move |chain| chain.balance(&address)).await
    }

    async fn wallet_default_address(&self) -> Result<Address, Error> {
        self.run(Wallet::default_address).await
    }

    async fn wallet_delete(&self, address: Address) -> Result<(), Error> {
        self.run(move |wallet| wallet.delete(&address)).await
    }

    async fn wallet_export(&self, address: Address) -> Result<KeyInfo, Error> {
        self.run(move |wallet| wallet.export(&address)).await
    }

    async fn wallet_has(&self, address: Address) -> Result<bool, Error> {
        self.run(move |wallet| wallet.has(&address)).await
    }

    async fn wallet_import(&self, key: KeyInfo) -> Result<Address, Error> {
        self.run(move |wallet| wallet.import(key)).await
    }

    async fn wallet_list(&self) -> Result<Vec<Address>, Error> {
        self.run(Wallet::list).await
    }

    async fn wallet_new(&self, key_type: KeyType) -> Result<Address, Error> {
        self.run(move |wallet| wallet.new_key(key_type)).await
    }

    async fn wallet_set_default(&self, address: Address) -> Result<(), Error> {
        self.run(move |wallet| wallet.set_default(&address)).await
    }

    async fn wallet_sign(&self, address: Address, data: Bytes) -> Result<Signature, Error> {
        let key = self.key(address).await?;
        self.run(move |wallet| wallet.sign(&key, &data)).await
    }

    async fn wallet_sign_message(
        &self,
        address: Address,
        message: Message,
    ) -> Result<SignedMessage, Error> {
        let key = self.key(address).await?;
        self.run(move |wallet| wallet.sign_message(&key, message))
            .await
    }

    async fn wallet_validate_address(&self, address: String) -> Result<Address, Error> {
        address.parse().map_err(Error::other)
    }

    async fn wallet_verify(
        &self,
        address: Address,
        data: Bytes,
        signature: Signature,
    ) -> Result<bool, Error> {
        let key = self.key(address).await?;
        self.run(move |_| Ok(lotus_chain::keys::verify(&signature, &key, &data).is_ok()))
            .await
    }
}
